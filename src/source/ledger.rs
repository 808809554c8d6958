//! What has arrived of one dataset, from whichever place.
//!
//! Outlives the single collection, so that a second place gives only what the first one did not.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::Sink;
use super::query::Dropped;
use super::seen::Seen;
use crate::record::Key;

/// The account of one dataset. One collection at a time may use it.
#[derive(Default)]
pub struct Ledger(Mutex<State>);

#[derive(Default)]
pub(super) struct State {
    pub tally: Tally,
    pub seen: HashMap<u32, Seen>,
    pub dropped: Dropped,
    pub floor: Option<OffsetDateTime>,
    /// Why there is a floor, unless the service has refused.
    pub floor_of: Option<&'static str>,
    pub closed: HashSet<u32>,
    /// Closed slices are not told to the sink yet: files may still bring what no service had.
    pub deferred: bool,
    pub held: Held,
}

/// Slices that stay open, and those of them that are whole.
#[derive(Default)]
pub(super) struct Held {
    pub slices: Range<u32>,
    pub whole: Vec<u32>,
}

#[derive(Clone, Default)]
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

impl Ledger {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another place begins: what it repeats of the others is no duplicate of its own, and what the others refused is
    /// no rule for it.
    pub(super) fn begin(&self, wanted: usize) {
        let mut state = self.state();
        state.seen.values_mut().for_each(Seen::begin);
        (state.floor, state.floor_of, state.dropped, state.held) = (None, None, Dropped::default(), Held::default());
        (state.tally.expected, state.tally.served, state.tally.damaged) = (None, state.tally.records, 0);
        state.tally.keys.resize_with(wanted, Vec::new);
    }

    /// An account whose slices stay open for the sink until [`Ledger::settle`].
    pub fn deferred() -> Self {
        let ledger = Self::default();
        ledger.state().deferred = true;
        ledger
    }

    /// An account that an earlier run began: the slices that it closed, how many records are in them, and the times of
    /// the first and the last of these.
    pub fn resumed(closed: &[u32], records: u64, times: &[String]) -> Self {
        let ledger = Self::default();
        {
            let mut state = ledger.state();
            state.closed.extend(closed);
            (state.tally.records, state.tally.served) = (records, records);
            for text in times {
                if let Some(at) = super::field::instant(text) {
                    state.tally.note_time(at, text);
                }
            }
        }
        ledger
    }

    /// Tells the sink about the slices that were closed meanwhile.
    pub async fn settle(&self, dataset: &'static str, sink: &dyn Sink) {
        let mut closed: Vec<u32> = self.closed().collect();
        closed.sort_unstable();
        self.state().deferred = false;
        for slice in closed {
            sink.slice_closed(dataset, slice).await;
        }
    }

    /// Records that were delivered.
    pub fn records(&self) -> u64 {
        self.state().tally.records
    }

    pub(super) fn closed(&self) -> impl Iterator<Item = u32> + use<> {
        self.state().closed.iter().copied().collect::<Vec<_>>().into_iter()
    }
}

impl Tally {
    pub(super) fn note_time(&mut self, at: OffsetDateTime, text: &str) {
        if self.first.as_ref().is_none_or(|(first, _)| at < *first) {
            self.first = Some((at, text.to_owned()));
        }
        if self.last.as_ref().is_none_or(|(last, _)| at > *last) {
            self.last = Some((at, text.to_owned()));
        }
    }
}
