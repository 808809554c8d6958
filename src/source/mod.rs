//! From a catalog row to a stream of raw records and a verdict.
//!
//! Takes a row, a window, the keys of parent objects and a client; gives batches of raw records to a [`Sink`] and
//! a [`Report`] that says how it ended. A list is complete only if its last page had no nextLink and every slice
//! closed; whatever else happens, the verdict says so. Holds the pages in flight and, for de-duplication, a hash
//! of each record's id; never writes to disk, never hashes or changes a record for the bundle.
//! Source: <https://learn.microsoft.com/graph/paging>, `/graph/throttling`, `/graph/json-batching`.

pub mod activity;
mod batch;
pub mod blobs;
mod count;
#[cfg(feature = "fuzz-doors")]
pub mod doors;
mod errors;
mod fan_out;
pub(crate) mod field;
pub mod hub;
pub mod inventory;
mod item;
mod ledger;
mod logs;
mod page;
mod place;
mod plan;
mod query;
mod report;
mod run;
mod seen;
pub(crate) mod shape;
mod stop;
#[cfg(test)]
mod tests;
mod walk;
pub mod workspace;

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::catalog::{Dataset, ForEach};
use crate::clock::Clock;
use crate::net::Client;
use crate::record::{Key, RawBatch, Verdict};

pub use ledger::Ledger;
pub use place::{Place, collect_from, hours_before, joined};
pub(crate) use run::{Fate, Item, Run};
pub(crate) use seen::{Mark, mark};
pub(crate) use stop::{End, Stop};

/// Takes the records.
#[async_trait::async_trait]
pub trait Sink: Send + Sync {
    /// Takes a batch; may wait until there is room. Once called it is always awaited to its end.
    ///
    /// # Errors
    /// [`SinkClosed`] when nothing more can be taken.
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed>;
    /// All records of the slice have been accepted and the service said that there are no more.
    async fn slice_closed(&self, dataset: &'static str, slice: u32);
}

/// The sink takes no more records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkClosed;

/// The time that is asked for, half-open: `since <= t < until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub since: OffsetDateTime,
    /// The instant behind the last.
    pub until: OffsetDateTime,
}

/// What to collect a dataset with.
pub struct Request<'a> {
    /// Sends the requests.
    pub client: &'a Client,
    /// The time that is asked for; only rows with a time filter use it.
    pub window: Window,
    /// For fan-out rows: the objects to ask about, in an order that a resumed run repeats.
    pub parents: &'a [Key],
    /// The dependants' wishes: for each, [`Report::keys`] gets a list.
    pub wanted: &'a [&'a ForEach],
    /// What other places have delivered of it, and what this one delivers.
    pub ledger: &'a Ledger,
    /// The part of the window that this place is asked for; `None`: all of it.
    pub hours: Option<Window>,
    /// Another place will be asked for what this one refuses to look back at.
    pub more: bool,
    /// What comes may belong to slices that other places have closed (files, when the ledger is deferred).
    pub reopen: bool,
    /// Slices that an earlier run closed: not asked for again, so that their records give no keys either.
    pub done: &'a [u32],
    /// For "how long ago".
    pub clock: Clock,
    /// When to stop asking: what came until then is kept and called partial. `None`: only the dataset's own limit
    /// ([`crate::limits::DATASET_S_MAX`]) counts.
    pub deadline: Option<tokio::time::Instant>,
    /// A log's youngest records are looked for again when its collection took longer.
    pub late_look: std::time::Duration,
}

impl<'a> Request<'a> {
    /// A request for the whole window, of nobody else's records, without a deadline.
    pub fn new(client: &'a Client, window: Window, ledger: &'a Ledger, clock: Clock) -> Self {
        let late_look = std::time::Duration::from_millis(crate::limits::LATE_LOOK_MS);
        Self {
            client,
            window,
            parents: &[],
            wanted: &[],
            ledger,
            hours: None,
            more: false,
            reopen: false,
            done: &[],
            clock,
            deadline: None,
            late_look,
        }
    }

    /// The present by the service's clock, once it has answered: this machine's may be off by hours. A fixed clock stays.
    fn now(&self) -> OffsetDateTime {
        self.by_service(self.clock.now())
    }

    /// What the service's clock shows when this machine's shows `at`.
    fn by_service(&self, at: OffsetDateTime) -> OffsetDateTime {
        let ahead_s = match self.clock {
            Clock::System => self.client.clock_skew_s().unwrap_or_default(),
            Clock::Fixed(_) => 0,
        };
        at.saturating_add(time::Duration::seconds(ahead_s))
    }

    /// From when on the window is so young that records may still arrive after `now`; `None`: it is older.
    fn young(&self, dataset: &Dataset, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let late_minutes = dataset.time.as_ref().and_then(|time| time.late_minutes);
        let margin = late_minutes.map_or(time::Duration::seconds(crate::limits::LATE_MARGIN_S), |minutes| {
            time::Duration::minutes(minutes.into())
        });
        let settled = now.saturating_sub(margin);
        (self.window.until > settled).then(|| settled.max(self.window.since))
    }
}

/// How a dataset ended.
pub struct Report {
    /// Outcome, reason, hint, error.
    pub verdict: Verdict,
    /// Records delivered.
    pub records: u64,
    /// How many the service said there are (`@odata.count`), where it said so.
    pub expected: Option<u64>,
    /// Records left out because the same list had served their id before.
    pub duplicates: u64,
    /// Pages (`$batch` items count each).
    pub pages: u64,
    /// Repeated requests.
    pub retries: u64,
    /// Slices: time slices, fan-out keys, or 1.
    pub slices: u32,
    /// Those of them that are whole, those of an earlier run included.
    pub slices_closed: u32,
    /// The window that could be served, for rows with a time filter: shorter than asked when the service keeps less.
    pub window: Option<Window>,
    /// Time of the earliest record, as the service wrote it.
    pub first: Option<String>,
    /// Time of the latest record, as the service wrote it.
    pub last: Option<String>,
    /// The keys for each of [`Request::wanted`], in the order in which their records were served.
    pub keys: Vec<Vec<Key>>,
    /// The request as a template of the catalog's row, without values.
    pub request: String,
}

/// Collects one dataset. Several can run side by side over one client.
///
/// Cancelling: trigger `cancel`; what came until then has been delivered and the verdict is `interrupted`.
/// Dropping the future instead abandons it between two batches or inside [`Sink::accept`]: use it only when the
/// sink's content is thrown away.
pub async fn collect(
    dataset: &'static Dataset,
    request: &Request<'_>,
    sink: &dyn Sink,
    cancel: &CancellationToken,
) -> Report {
    let run = run::Run::new(dataset, request, sink, cancel);
    let end = if dataset.for_each.is_some() {
        fan_out::collect(&run).await
    } else if dataset.time.is_some() {
        logs::collect(&run).await
    } else {
        walk::collect(&run).await
    };
    run.report(&end)
}
