//! What all lists of one dataset share: the tally, what was seen, what the service has refused so far.
//!
//! Takes pages, sorts their records into slices, leaves out what was delivered before, hands the rest to the sink.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::page::Page;
use super::plan::Plan;
use super::query::{self, Dropped};
use super::seen::{Seen, Sight, mark};
use super::stop::{self, End, Stop};
use super::{Report, Request, Sink, Window, errors, field};
use crate::catalog::{Dataset, ForEach};
use crate::net::{Refusal, UnderWay};
use crate::record::{Key, Outcome, RawBatch, RawRecord, RawText};

/// One dataset being collected.
pub(super) struct Run<'a> {
    pub dataset: &'static Dataset,
    pub request: &'a Request<'a>,
    pub sink: &'a dyn Sink,
    pub cancel: &'a CancellationToken,
    pub headers: Vec<(String, String)>,
    done: HashSet<u32>,
    /// The time slices of a log.
    pub plan: Plan,
    state: Mutex<State>,
    _under_way: UnderWay,
}

#[derive(Default)]
struct State {
    tally: Tally,
    seen: HashMap<u32, Seen>,
    dropped: Dropped,
    floor: Option<OffsetDateTime>,
}

#[derive(Default)]
struct Tally {
    records: u64,
    /// Records that are the service's, whatever became of them.
    served: u64,
    duplicates: u64,
    pages: u64,
    retries: u64,
    damaged: u64,
    expected: Option<u64>,
    first: Option<(OffsetDateTime, String)>,
    last: Option<(OffsetDateTime, String)>,
    keys: Vec<Vec<Key>>,
}

/// Where a list's records belong.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// Records outside are another list's; `None`: all are taken.
    pub window: Option<Window>,
    /// The slice of records that have no time, or whose time does not matter.
    pub slice: u32,
    /// Whether a record's time decides its slice.
    pub by_time: bool,
    /// The object they belong to.
    pub key: Option<&'a Key>,
}

/// Records by slice, in the order served, and whether any was new in this pass.
type Sorted = (Vec<(u32, Vec<RawRecord>)>, bool);

impl<'a> Run<'a> {
    pub(super) fn new(
        dataset: &'static Dataset,
        request: &'a Request<'a>,
        sink: &'a dyn Sink,
        cancel: &'a CancellationToken,
    ) -> Self {
        let plan = Plan::of(request.window);
        let keys = vec![Vec::new(); request.wanted.len()];
        let state = State { tally: Tally { keys, ..Tally::default() }, ..State::default() };
        let under_way = request.client.begin(dataset.throttle);
        let (headers, done) = (query::headers(dataset), request.done.iter().copied().collect());
        Self { dataset, request, sink, cancel, headers, done, plan, state: Mutex::new(state), _under_way: under_way }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_done(&self, slice: u32) -> bool {
        self.done.contains(&slice)
    }

    /// Notes requests that were repeated and pages that came.
    pub(super) fn note(&self, pages: u64, retries: u32) {
        let mut state = self.state();
        state.tally.pages += pages;
        state.tally.retries += u64::from(retries);
    }

    pub(super) fn dropped(&self) -> Dropped {
        self.state().dropped
    }

    /// Leaves out the option that the service complains about; `false` when the request had none left. `sent` is
    /// what the refused request had left out already.
    pub(super) fn drop_options(&self, sent: Dropped, refusal: &Refusal) -> bool {
        let mut state = self.state();
        if state.dropped != sent {
            return true; // Another list has just learnt it.
        }
        let message = refusal.message.expose().to_ascii_lowercase();
        let (top, order) = (message.contains("top") || message.contains("page size"), message.contains("order"));
        state.dropped.page_size |= top || !order;
        state.dropped.order |= order || !top;
        let has_size = self.dataset.page_size.is_some() && !self.dataset.page_size_by_prefer;
        let has_order = self.dataset.time.as_ref().is_some_and(|time| time.order_by.is_some());
        (has_size && !sent.page_size && state.dropped.page_size) || (has_order && !sent.order && state.dropped.order)
    }

    /// The earliest instant that the service still serves, as far as it has said so.
    pub(super) fn floor(&self) -> Option<OffsetDateTime> {
        self.state().floor
    }

    /// Learns from a refusal how far back the service goes; `false` when that gives nothing to try.
    pub(super) fn raise_floor(&self, since: OffsetDateTime, refusal: &Refusal) -> bool {
        let now = self.request.clock.now();
        let days = self.dataset.time.as_ref().map_or(30, |time| i64::from(time.retention_days));
        // A retention of exactly so many days, or counted a little differently.
        let margins = [time::Duration::ZERO, time::Duration::HOUR, time::Duration::DAY];
        let usual = [days, 30, 7].into_iter().flat_map(|days| {
            margins.map(|margin| now.saturating_sub(time::Duration::days(days)).saturating_add(margin))
        });
        let named = field::instants_in(refusal.message.expose());
        let later = |at: &OffsetDateTime| *at > since && *at <= now;
        // The service names what was asked and what is allowed: the latest is the latter.
        let floor = named.into_iter().filter(later).max().or_else(|| usual.filter(later).min());
        let mut state = self.state();
        match floor.map(query::ceil_second) {
            None => false,
            Some(floor) => {
                state.floor = state.floor.max(Some(floor));
                true
            }
        }
    }

    /// Hands a page's records to the sink; says whether any was new in this pass over the list.
    ///
    /// Not cancel-safe: the rest of the page is lost.
    pub(super) async fn deliver(&self, page: Page, scope: &Scope<'_>, pass: u32) -> Result<bool, Stop> {
        let (batches, fresh) = self.sort(page, scope, pass);
        for (slice, records) in batches {
            let count = records.len() as u64;
            let batch = RawBatch { dataset: self.dataset.id.as_str(), slice, parent: scope.key.cloned(), records };
            self.sink.accept(batch).await.map_err(|_| Stop::SinkClosed)?;
            self.state().tally.records += count;
        }
        Ok(fresh)
    }

    fn sort(&self, page: Page, scope: &Scope<'_>, pass: u32) -> Sorted {
        let mut batches: Vec<(u32, Vec<RawRecord>)> = Vec::new();
        let mut fresh = page.damaged > 0;
        let mut state = self.state();
        state.tally.damaged += page.damaged;
        if page.count.is_some() {
            state.tally.expected = state.tally.expected.max(page.count);
        }
        let time_name = self.dataset.time.as_ref().map_or("", |time| time.property.as_str());
        let names = [self.dataset.id_property.as_str(), time_name];
        let has_ids = !self.dataset.id_property.is_empty();
        for record in page.records {
            let [id, time] = field::find(&record, names);
            let time = time.and_then(|span| field::text(&record, &span));
            let at = time.as_deref().and_then(field::instant);
            if let (Some(at), Some(window)) = (at, scope.window)
                && !(window.since <= at && at < window.until)
            {
                fresh = true;
                continue;
            }
            let slice = at.filter(|_| scope.by_time).map_or(scope.slice, |at| self.plan.slice_of(at));
            if self.is_done(slice) {
                fresh = true;
                continue;
            }
            let id = id.filter(|span| has_ids && field::text(&record, span).is_some());
            let seen = state.seen.entry(slice).or_default();
            let sight = match id {
                Some(span) => seen.by_id(mark(&record[span]), pass),
                None => seen.by_content(mark(&record), pass),
            };
            fresh |= sight != Sight::Duplicate;
            state.tally.duplicates += u64::from(sight == Sight::Duplicate);
            if sight != Sight::New {
                continue;
            }
            state.tally.served += 1;
            if let (Some(at), Some(time)) = (at, time) {
                state.tally.note_time(at, &time);
            }
            for (wanted, keys) in self.request.wanted.iter().zip(&mut state.tally.keys) {
                keys.extend(key_of(&record, wanted, scope.key));
            }
            let record = RawRecord::new(record);
            match batches.iter_mut().find(|(of, _)| *of == slice) {
                Some((_, records)) => records.push(record),
                None => batches.push((slice, vec![record])),
            }
        }
        batches.sort_by_key(|(slice, _)| *slice);
        (batches, fresh)
    }

    /// Tells the sink that a slice is whole, and forgets what it held.
    pub(super) async fn close(&self, slice: u32) {
        self.state().seen.remove(&slice);
        if !self.is_done(slice) {
            self.sink.slice_closed(self.dataset.id.as_str(), slice).await;
        }
    }

    /// Sums up.
    pub(super) fn report(self, end: &End) -> Report {
        let window = self.dataset.time.as_ref().map(|_| self.request.window);
        let slices = match (&self.dataset.for_each, &self.dataset.time) {
            (Some(_), _) => u32::try_from(self.request.parents.len()).unwrap_or(u32::MAX),
            (None, Some(_)) => self.plan.len(),
            (None, None) => 1,
        };
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (floor, tally) = (state.floor, state.tally);
        let mut verdict = stop::verdict(self.dataset, end, tally.records);
        let listed = self.dataset.for_each.is_none() && self.dataset.time.is_none() && self.request.done.is_empty();
        let short = tally.expected.filter(|&expected| listed && expected > tally.served);
        if verdict.outcome == Outcome::Complete {
            let lack = match (tally.damaged, short) {
                (0, None) => None,
                (0, Some(expected)) => {
                    Some(format!("the service counted {expected} records and sent {}", tally.served))
                }
                (damaged, _) => Some(format!("{damaged} members of the list were not objects and were left out")),
            };
            if let Some(lack) = lack {
                verdict.outcome = Outcome::Partial;
                verdict.reason = Some(RawText::new(lack));
                verdict.hint = Some(RawText::new("run again; if it happens again, report it to Microsoft"));
            }
        }
        let window =
            window.map(|asked| Window { since: floor.map_or(asked.since, |floor| floor.max(asked.since)), ..asked });
        if let Some(floor) = floor.filter(|_| verdict.outcome == Outcome::Complete) {
            verdict.reason =
                Some(RawText::new(format!("the service refuses to look back further than {}", query::stamp(floor))));
            verdict.hint = Some(RawText::new("older records exist only where diagnostic settings have routed them"));
        }
        Report {
            verdict,
            records: tally.records,
            expected: tally.expected.filter(|_| self.dataset.for_each.is_none()),
            duplicates: tally.duplicates,
            pages: tally.pages,
            retries: tally.retries,
            slices,
            window,
            first: tally.first.map(|(_, text)| text),
            last: tally.last.map(|(_, text)| text),
            // Answers to several parents arrive in any order; what is asked next should not depend on it.
            keys: tally.keys.into_iter().map(sorted).collect(),
            request: query::template(self.dataset),
        }
    }

    /// Which refusals are tried again a few times.
    pub(super) fn doubts(refusal: &Refusal) -> bool {
        errors::action(refusal) == errors::Action::Doubt
    }
}

fn sorted(mut keys: Vec<Key>) -> Vec<Key> {
    keys.sort_unstable();
    keys
}

impl Tally {
    fn note_time(&mut self, at: OffsetDateTime, text: &str) {
        if self.first.as_ref().is_none_or(|(first, _)| at < *first) {
            self.first = Some((at, text.to_owned()));
        }
        if self.last.as_ref().is_none_or(|(last, _)| at > *last) {
            self.last = Some((at, text.to_owned()));
        }
    }
}

/// The key that a dependant walks to, if the record meets its conditions.
fn key_of(record: &Bytes, wanted: &ForEach, parent: Option<&Key>) -> Option<Key> {
    for condition in &wanted.conditions {
        let [span] = field::find(record, [&condition.property]);
        if !field::is_one_of(record, &span?, &condition.is) {
            return None;
        }
    }
    let [span] = field::find(record, [&wanted.property]);
    let part = field::text(record, &span?)?.into();
    let parts = parent.map(|key| key.0.as_slice()).unwrap_or_default().iter().cloned().chain([part]);
    Some(Key(parts.collect()))
}
