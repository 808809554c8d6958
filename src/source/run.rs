//! What all lists of one dataset share: the tally, what was seen, what the service has refused so far.
//!
//! Takes pages, sorts their records into slices, leaves out what was delivered before, hands the rest to the sink.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::errors::{self, Action};
use super::page::Page;
use super::plan::Plan;
use super::query::{self, Dropped};
use super::seen::{Seen, Sight, mark};
use super::stop::Stop;
use super::{Request, Sink, Window, field};
use crate::catalog::{Dataset, ForEach};
use crate::limits::{DATASET_S_MAX, PAGE_SIZE_MIN};
use crate::net::{Refusal, UnderWay};
use crate::record::{Key, RawBatch, RawRecord};

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
    pub state: Mutex<State>,
    deadline: (Instant, &'static str),
    _under_way: UnderWay,
}

#[derive(Default)]
pub(super) struct State {
    pub tally: Tally,
    seen: HashMap<u32, Seen>,
    dropped: Dropped,
    pub floor: Option<OffsetDateTime>,
    pub closed: u32,
    held: Held,
}

/// Slices that stay open, and those of them that are whole.
#[derive(Default)]
struct Held {
    slices: Range<u32>,
    whole: Vec<u32>,
}

#[derive(Default)]
pub(super) struct Tally {
    pub records: u64,
    /// Records that are the service's, whatever became of them.
    pub served: u64,
    pub duplicates: u64,
    pub pages: u64,
    pub retries: u64,
    pub damaged: u64,
    pub expected: Option<u64>,
    pub first: Option<(OffsetDateTime, String)>,
    pub last: Option<(OffsetDateTime, String)>,
    pub keys: Vec<Vec<Key>>,
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
        let own = (Instant::now() + Duration::from_secs(DATASET_S_MAX), "dataset");
        let deadline = request.deadline.map_or(own, |at| own.min((at, "run")));
        let state = Mutex::new(state);
        Self { dataset, request, sink, cancel, headers, done, plan, state, deadline, _under_way: under_way }
    }

    /// Returns when the run is over: stopped, or out of time. Cancel-safe.
    pub(super) async fn over(&self) -> Stop {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Stop::Cancelled,
            () = tokio::time::sleep_until(self.deadline.0) => Stop::TimeUp(self.deadline.1),
        }
    }

    /// Whether the service counts more records than it sent.
    pub(super) fn is_short(&self) -> bool {
        let state = self.state();
        state.tally.expected.is_some_and(|expected| expected > state.tally.served)
    }

    /// Notes the service's own count; the latest is valid.
    pub(super) fn expect(&self, count: Option<u64>) {
        if count.is_some() {
            self.state().tally.expected = count;
        }
    }

    /// Slices that are whole, those of an earlier run included.
    pub(super) fn slices_closed(&self) -> u32 {
        let state = self.state();
        let whole = state.held.whole.len() + self.done.len();
        state.closed + u32::try_from(whole).unwrap_or(u32::MAX)
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

    /// Whether any page has come.
    pub(super) fn has_pages(&self) -> bool {
        self.state().tally.pages > 0
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
        if top || !order {
            let size = sent.size(self.dataset).unwrap_or(0);
            state.dropped.page_size = Some(query::smaller(size, &message));
        }
        state.dropped.order |= order || !top;
        let has_order = self.dataset.time.as_ref().is_some_and(|time| time.order_by.is_some());
        state.dropped.size(self.dataset) != sent.size(self.dataset) || (has_order && !sent.order && state.dropped.order)
    }

    /// Asks for pages of half the size from now on; `false` when they are as small as is sensible. `sent`: what was too
    /// slow had left out this.
    pub(super) fn shrink(&self, sent: Dropped) -> bool {
        let mut state = self.state();
        if state.dropped.size(self.dataset) < sent.size(self.dataset) {
            return true; // Another list has just learnt it.
        }
        let half = state.dropped.size(self.dataset).map_or(0, |size| size / 2);
        if half >= PAGE_SIZE_MIN {
            state.dropped.page_size = Some(half);
        }
        half >= PAGE_SIZE_MIN
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
        if page.count.is_some() && !self.dataset.counted {
            state.tally.expected = page.count;
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

    /// Leaves these slices open although they are whole: something may be added. [`Run::release`] closes them.
    pub(super) fn hold(&self, slices: Range<u32>) {
        self.state().held = Held { slices, whole: Vec::new() };
    }

    /// Closes the slices that were held and are whole.
    pub(super) async fn release(&self) {
        let held = std::mem::take(&mut self.state().held);
        for slice in held.whole {
            self.close(slice).await;
        }
    }

    /// Tells the sink that a slice is whole, and forgets what it held.
    pub(super) async fn close(&self, slice: u32) {
        {
            let held = &mut self.state().held;
            if held.slices.contains(&slice) {
                held.whole.push(slice);
                return;
            }
        }
        self.state().seen.remove(&slice);
        if !self.is_done(slice) {
            self.state().closed += 1;
            self.sink.slice_closed(self.dataset.id.as_str(), slice).await;
        }
    }

    /// Which refusals are tried again a few times: those known to be false at times, and those of a service that has
    /// answered the same question before.
    pub(super) fn doubts(refusal: &Refusal, is_answered: bool) -> bool {
        match errors::action(refusal) {
            Action::Doubt => true,
            Action::DoubtLater | Action::NotFound => is_answered,
            _ => false,
        }
    }
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
