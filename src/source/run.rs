//! What all lists of one dataset share: the tally, what was seen, what the service has refused so far.
//!
//! Takes pages, sorts their records into slices, leaves out what was delivered before, hands the rest to the sink.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::MutexGuard;
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::errors::{self, Action};
pub(super) use super::item::Scope;
pub(crate) use super::item::{Fate, Item};
use super::ledger::{Held, State};
use super::page::Page;
use super::plan::Plan;
use super::query::{self, Dropped};
use super::seen::{Sight, mark};
use super::stop::Stop;
use super::{Request, Sink, Window, field};
use crate::catalog::{Dataset, ForEach};
use crate::limits::{DATASET_S_MAX, PAGE_SIZE_MIN};
use crate::net::{Refusal, UnderWay};
use crate::record::{Key, RawBatch, RawRecord};

/// One dataset being collected.
pub(crate) struct Run<'a> {
    pub dataset: &'static Dataset,
    pub request: &'a Request<'a>,
    pub sink: &'a dyn Sink,
    pub cancel: &'a CancellationToken,
    pub headers: Vec<(String, String)>,
    done: HashSet<u32>,
    /// The time slices of a log.
    pub(super) plan: Plan,
    deadline: (Instant, &'static str),
    _under_way: UnderWay,
}

/// Records by slice, in the order served; whether any was new in this pass; what became of each.
type Sorted = (Vec<(u32, Vec<RawRecord>)>, bool, Vec<Fate>);

impl<'a> Run<'a> {
    pub(crate) fn new(
        dataset: &'static Dataset,
        request: &'a Request<'a>,
        sink: &'a dyn Sink,
        cancel: &'a CancellationToken,
    ) -> Self {
        let plan = if dataset.time.is_some() { Plan::of(request.window) } else { Plan::undivided(request.window) };
        request.ledger.begin(request.wanted.len());
        let under_way = request.client.begin(dataset.throttle);
        let headers = query::headers(dataset);
        let closed = request.ledger.closed().filter(|_| !request.reopen);
        let done = closed.chain(request.done.iter().copied()).collect();
        let own = (Instant::now() + Duration::from_secs(DATASET_S_MAX), "dataset");
        let deadline = request.deadline.map_or(own, |at| own.min((at, "run")));
        Self { dataset, request, sink, cancel, headers, done, plan, deadline, _under_way: under_way }
    }

    /// Returns when the run is over: stopped, or out of time. Cancel-safe.
    pub(crate) async fn over(&self) -> Stop {
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

    /// Slices that are whole, those of an earlier run and of other places included.
    pub(super) fn slices_closed(&self) -> u32 {
        let state = self.state();
        let own = state.closed.iter().chain(&state.held.whole).filter(|slice| !self.done.contains(slice)).count();
        u32::try_from(own + self.done.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.request.ledger.state()
    }

    /// The part of the window that this place is asked for.
    pub(crate) fn hours(&self) -> Window {
        self.request.hours.unwrap_or(self.request.window)
    }

    /// All slices that no earlier run and no other place has closed.
    pub(crate) fn open_slices(&self) -> Vec<u32> {
        (0..self.plan.len()).filter(|&slice| !self.is_done(slice)).collect()
    }

    /// Whether all slices are asked for.
    pub(super) fn is_fresh(&self) -> bool {
        self.done.is_empty()
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
            let next = match query::smaller(size, &message) {
                0 if self.dataset.pages_only_with_size => size / 2,
                next => next,
            };
            if next == 0 && self.dataset.pages_only_with_size {
                return false;
            }
            state.dropped.page_size = Some(next);
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
        let now = self.request.now();
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
        let (batches, fresh, _) = self.sort(page, scope, pass);
        self.hand_over(batches, scope).await?;
        Ok(fresh)
    }

    fn sort(&self, page: Page, scope: &Scope<'_>, pass: u32) -> Sorted {
        {
            let mut state = self.state();
            state.tally.damaged += page.damaged;
            if page.count.is_some() && !self.dataset.counted {
                state.tally.expected = page.count;
            }
        }
        let time_name = self.dataset.time.as_ref().map_or("", |time| time.property.as_str());
        let names = [self.dataset.id_property.as_str(), time_name];
        let has_ids = !self.dataset.id_property.is_empty();
        let items = page.records.into_iter().map(|record| {
            let [id, time] = field::find(&record, names);
            let time = time.and_then(|span| field::text(&record, &span));
            let at = time.and_then(|text| Some((field::instant(&text)?, text.into_owned())));
            let id = id.filter(|span| has_ids && field::text(&record, span).is_some()).map(|span| mark(&record[span]));
            Item { record, id, at }
        });
        let (batches, fresh, fates) = self.sort_items(items, scope, pass);
        (batches, fresh || page.damaged > 0, fates)
    }

    fn sort_items(&self, items: impl Iterator<Item = Item>, scope: &Scope<'_>, pass: u32) -> Sorted {
        let mut batches: Vec<(u32, Vec<RawRecord>)> = Vec::new();
        let mut fresh = false;
        let mut fates = Vec::with_capacity(items.size_hint().0);
        let mut state = self.state();
        for Item { record, id, at } in items {
            if let (Some((at, _)), Some(window)) = (&at, scope.window)
                && !(window.since <= *at && *at < window.until)
            {
                fresh = true;
                fates.push(Fate::Outside);
                continue;
            }
            let slice = at.as_ref().filter(|_| scope.by_time).map_or(scope.slice, |(at, _)| self.plan.slice_of(*at));
            if self.is_done(slice) {
                fresh = true;
                fates.push(Fate::Covered);
                continue;
            }
            let seen = state.seen.entry(slice).or_default();
            let sight = match id {
                Some(id) => seen.by_id(id, pass),
                None => seen.by_content(mark(&record), pass),
            };
            fresh |= sight != Sight::Duplicate;
            state.tally.duplicates += u64::from(sight == Sight::Duplicate);
            fates.push(if sight == Sight::New { Fate::Delivered } else { Fate::Duplicate });
            if sight != Sight::New {
                continue;
            }
            state.tally.served += 1;
            if let Some((at, time)) = at {
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
        (batches, fresh, fates)
    }

    /// Hands records of any place to the sink: those of [`Run::hours`] that nobody has delivered before. `pass` tells
    /// apart readings of the same thing: only what one reading has twice counts as a duplicate.
    ///
    /// Not cancel-safe: the rest of the items is lost.
    pub(crate) async fn deliver_items(&self, items: Vec<Item>, pass: u32) -> Result<(), Stop> {
        self.deliver_each(items, pass).await.map(|_| ())
    }

    /// The same; says of each item what became of it.
    pub(crate) async fn deliver_each(&self, items: Vec<Item>, pass: u32) -> Result<Vec<Fate>, Stop> {
        let slice = self.plan.slice_of(self.hours().since);
        let scope = Scope { window: Some(self.hours()), slice, by_time: true, key: None };
        let (batches, _, fates) = self.sort_items(items.into_iter(), &scope, pass);
        self.hand_over(batches, &scope).await?;
        Ok(fates)
    }

    async fn hand_over(&self, batches: Vec<(u32, Vec<RawRecord>)>, scope: &Scope<'_>) -> Result<(), Stop> {
        for (slice, records) in batches {
            let count = records.len() as u64;
            let batch = RawBatch { dataset: self.dataset.id.as_str(), slice, parent: scope.key.cloned(), records };
            self.sink.accept(batch).await.map_err(|_| Stop::SinkClosed)?;
            self.state().tally.records += count;
        }
        Ok(())
    }

    /// Closes every slice that [`Run::hours`] covers to its end: the place has given all it has.
    pub(crate) async fn close_all(&self) {
        for slice in self.open_slices() {
            let window = self.plan.window(&(slice..slice + 1));
            if self.hours().since <= window.since && window.until <= self.hours().until {
                self.close(slice).await;
            }
        }
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
        // Another place may still have what this one refuses to look back at.
        let begins = self.plan.window(&(slice..slice + 1)).since;
        if self.request.more && self.floor().is_some_and(|floor| begins < floor) {
            return;
        }
        let is_new = !self.is_done(slice) && self.state().closed.insert(slice);
        if self.state().deferred {
            return;
        }
        self.state().seen.remove(&slice);
        // What the verdict will speak of is asked for again by a run that goes on: else it would not know it.
        let is_plain = self.state().tally.damaged == 0 && self.floor().is_none_or(|floor| begins >= floor);
        if is_new && is_plain {
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
