//! Whole datasets against a scripted loopback server.

mod fans;
mod lists;
mod logs;
mod office;
mod purview;
mod service;
mod table;
mod workspace;

use std::sync::Mutex;

use time::macros::datetime;

use super::*;
use crate::net::mock::Mock;
use crate::record::Outcome;

/// Keeps what it gets.
#[derive(Default)]
pub(super) struct Shelf {
    /// Slice, parent, record.
    records: Mutex<Vec<(u32, Option<String>, String)>>,
    closed: Mutex<Vec<u32>>,
    /// Takes no more after so many batches.
    full_after: Option<usize>,
    /// Cancels after so many batches.
    cancel_after: Option<(usize, CancellationToken)>,
    batches: Mutex<usize>,
    delay_ms: u64,
}

#[async_trait::async_trait]
impl Sink for Shelf {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        tokio::time::sleep(std::time::Duration::from_millis(self.delay_ms)).await;
        let parent = batch.parent.as_ref().map(|key| key.0.join("/"));
        let count = {
            let mut batches = self.batches.lock().unwrap();
            *batches += 1;
            *batches
        };
        if self.full_after.is_some_and(|most| count > most) {
            return Err(SinkClosed);
        }
        let mut records = self.records.lock().unwrap();
        for record in &batch.records {
            records.push((batch.slice, parent.clone(), String::from_utf8(record.expose().to_vec()).unwrap()));
        }
        if let Some((_, token)) = self.cancel_after.as_ref().filter(|(after, _)| count >= *after) {
            token.cancel();
        }
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, slice: u32) {
        self.closed.lock().unwrap().push(slice);
    }
}

impl Shelf {
    /// The records' ids, sorted.
    fn ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.records.lock().unwrap().iter().map(|(_, _, record)| id(record)).collect();
        ids.sort();
        ids
    }

    fn closed(&self) -> Vec<u32> {
        let mut closed = self.closed.lock().unwrap().clone();
        closed.sort_unstable();
        closed
    }
}

fn id(record: &str) -> String {
    let [span] = field::find(record.as_bytes(), ["id"]);
    span.and_then(|span| field::text(record.as_bytes(), &span))
        .map_or_else(|| record.to_owned(), |text| text.into_owned())
}

/// A catalog row: the given lines over sensible defaults.
pub(super) fn row(lines: &str) -> &'static Dataset {
    let mut table: toml::Table = toml::from_str(
        r#"
        id = "users"
        group = "objects"
        version = "v1.0"
        path = "/users"
        throttle = "directory"
        clouds = ["global"]
        profiles = []
        why = "x"
        source = "x"
        source_date = "2026-01"
        [permission]
        application = ["User.Read.All"]
        delegated = ["User.Read.All"]
        "#,
    )
    .unwrap();
    table.extend(toml::from_str::<toml::Table>(lines).unwrap());
    Box::leak(Box::new(table.try_into().unwrap()))
}

pub(super) const WINDOW: Window =
    Window { since: datetime!(2026-01-01 0:00 UTC), until: datetime!(2026-01-09 0:00 UTC) };

/// Collects over the mock's usual client.
pub(super) async fn run(mock: &Mock, dataset: &'static Dataset, shelf: &Shelf) -> Report {
    run_with(&mock.client(), dataset, shelf, |_| {}).await
}

pub(super) async fn run_with<'a>(
    client: &'a Client,
    dataset: &'static Dataset,
    shelf: &Shelf,
    change: impl FnOnce(&mut Request<'a>),
) -> Report {
    let clock = Clock::Fixed(datetime!(2026-01-10 12:00 UTC));
    let ledger: &'static Ledger = Box::leak(Box::default());
    let mut request = Request::new(client, WINDOW, ledger, clock);
    change(&mut request);
    let cancel = shelf.cancel_after.as_ref().map(|(_, token)| token.clone()).unwrap_or_default();
    collect(dataset, &request, shelf, &cancel).await
}

pub(super) fn reason(report: &Report) -> &str {
    report.verdict.reason.as_ref().map_or("", |text| text.expose())
}

pub(super) fn hint(report: &Report) -> &str {
    report.verdict.hint.as_ref().map_or("", |text| text.expose())
}

pub(super) fn is(report: &Report, outcome: Outcome) {
    assert_eq!(report.verdict.outcome, outcome, "{} / {}", reason(report), hint(report));
}
