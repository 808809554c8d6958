//! A storage account that diagnostic settings write to, and containers with what an event hub captured.
//!
//! Takes datasets of the sixteen categories, gives what the account's `insights-logs-*` containers have of the hours:
//! only this tenant's blobs, only the hours of arrival in which such events can have come. A blob may grow while it is
//! read, end in the middle of a line and repeat events; each event is delivered once. Never writes to the account.
//! Source: <https://learn.microsoft.com/entra/identity/monitoring-health/howto-archive-logs-to-storage-account>.

mod account;
pub(crate) mod avro;
mod find;
mod lines;
mod listing;
mod path;
mod read;
mod reading;
#[cfg(test)]
mod tests;
mod verdicts;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use time::{Duration, OffsetDateTime};

use super::{End, Run, Stop, Window};
use crate::catalog::route;
use crate::limits::{LANES, ROUTED_LATE_HOURS};
use crate::net::Client;

pub use account::{Account, AccountError, Credential, Secret};
use reading::Reading;

/// Collects from it; one end for each run, in their order.
pub(super) async fn collect(runs: &[Run<'_>], place: &Account) -> Vec<End> {
    match place.capture() {
        Some(container) => {
            let all: Vec<&Run<'_>> = runs.iter().collect();
            one(&all, place, (container, ".avro")).await
        }
        // Each has its own container; the budget of pages in memory is common to all.
        None => {
            let each: Vec<_> = runs.iter().map(|run| own(run, place).boxed()).collect();
            stream::iter(each).buffered(LANES).collect().await
        }
    }
}

/// A run's own container.
async fn own(run: &Run<'_>, place: &Account) -> End {
    let Some(row) = route(&run.dataset.id) else { return End::Stopped(verdicts::not_a_category()) };
    let mut ends = one(&[run], place, (&row.container(), ".json")).await;
    ends.pop().unwrap_or(End::Closed)
}

/// Reads a container for all runs that have records in it.
async fn one(runs: &[&Run<'_>], place: &Account, (container, ending): (&str, &str)) -> Vec<End> {
    let Some(first) = runs.first() else { return Vec::new() };
    let hours = hours(runs, first.request.now());
    let client = first.request.client;
    let found = tokio::select! {
        stop = first.over() => return stopped(runs, stop),
        found = find::find(place, client, (container, ending), hours) => found,
    };
    let found = match found {
        Ok(found) => found,
        Err((stop, retries)) => {
            runs.iter().for_each(|run| run.note(0, retries));
            return stopped(runs, stop);
        }
    };
    runs.iter().for_each(|run| run.note(found.pages, found.retries));
    if let Some(stop) = verdicts::nothing(&found) {
        return stopped(runs, stop);
    }
    let begins = found.blobs.first().and_then(|dated| dated.hour).map(|hour| hour.since);
    if let Some(begins) = begins.filter(|_| !found.has_older) {
        runs.iter().for_each(|run| run.begin_at(begins));
    }
    let mut reading = Reading::new(runs, place, container);
    let end = reading.read(&found.blobs).await;
    if matches!(end, End::Closed) {
        for run in runs {
            run.close_all().await;
        }
    }
    vec![end; runs.len()]
}

/// The hours of arrival in which events of the runs' hours can have come.
fn hours(runs: &[&Run<'_>], now: OffsetDateTime) -> Window {
    let since = runs.iter().map(|run| run.hours().since).min().unwrap_or(now);
    let until = runs.iter().map(|run| run.hours().until).max().unwrap_or(now);
    // An hour that has just begun counts.
    let latest = until.saturating_add(Duration::hours(ROUTED_LATE_HOURS)).min(now.saturating_add(Duration::HOUR));
    Window { since, until: latest.max(until) }
}

fn stopped(runs: &[&Run<'_>], stop: Stop) -> Vec<End> {
    runs.iter().map(|_| End::Stopped(stop.clone())).collect()
}

impl Account {
    /// Names of the containers that diagnostic settings have made, for a preflight; `None`: the credential may not list
    /// them, or the account does not answer. Cancel-safe.
    pub async fn routed(&self, client: &Client) -> Option<Vec<String>> {
        let mut names = Vec::new();
        let mut followed = std::collections::HashSet::new();
        let mut marker: Option<String> = None;
        loop {
            let page = self.containers(client, "insights-logs-", marker.as_deref()).await.ok()?.value;
            names.extend(page.containers);
            let Some(next) = page.marker else { return Some(names) };
            // Markers that lead back are no list.
            if !followed.insert(next.clone()) {
                return None;
            }
            marker = Some(next);
        }
    }
}

/// For [`super::doors`]: a page of a listing.
#[cfg(feature = "fuzz-doors")]
pub(super) fn fuzz_list(body: &bytes::Bytes) {
    let _ = listing::read(body);
}

/// For [`super::doors`]: a blob in pieces of `size` bytes. Wherever a sound blob is cut, the same events come out.
#[cfg(feature = "fuzz-doors")]
pub(super) fn fuzz_cut(body: &bytes::Bytes, size: usize) {
    let cut = |size: usize| {
        let mut cutter = lines::Cutter::new();
        let mut events = Vec::new();
        body.chunks(size.max(1)).for_each(|piece| events.extend(cutter.push(bytes::Bytes::copy_from_slice(piece))));
        let (last, tail) = cutter.finish();
        events.extend(last);
        (events, tail, cutter.damaged)
    };
    let (pieces, whole) = (cut(size), cut(usize::MAX));
    let is_sound = [&pieces, &whole].iter().all(|(_, tail, damaged)| *tail == lines::Tail::Clean && *damaged == 0);
    assert!(!is_sound || pieces.0 == whole.0, "events depend on where a blob is cut");
}
