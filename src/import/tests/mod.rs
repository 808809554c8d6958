//! Whole imports: files on the disk, a sink that remembers, and the account of every record.

mod kinds;
mod servers;
mod shapes;
mod shared;

use std::path::PathBuf;
use std::sync::Mutex;

use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::catalog::{Catalog, Dataset};
use crate::clock::Clock;
use crate::files::Inputs;
use crate::net::{Client, mock::Mock};
use crate::record::RawBatch;
use crate::source::{Ledger, Request, Sink, SinkClosed, Window};

/// Keeps what it gets: dataset and record.
#[derive(Default)]
pub(super) struct Shelf(Mutex<Vec<(&'static str, serde_json::Value)>>);

#[async_trait::async_trait]
impl Sink for Shelf {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let mut kept = self.0.lock().unwrap();
        for record in &batch.records {
            kept.push((batch.dataset, serde_json::from_slice(record.expose()).unwrap()));
        }
        Ok(())
    }

    async fn slice_closed(&self, _: &'static str, _: u32) {}
}

impl Shelf {
    /// The values of a member of a dataset's records, sorted.
    pub(super) fn values(&self, dataset: &str, name: &str) -> Vec<String> {
        let kept = self.0.lock().unwrap();
        let of = kept.iter().filter(|(of, _)| *of == dataset);
        let mut values: Vec<String> = of.map(|(_, record)| record[name].as_str().unwrap_or("-").to_owned()).collect();
        values.sort();
        values
    }

    pub(super) fn records(&self, dataset: &str) -> Vec<serde_json::Value> {
        let kept = self.0.lock().unwrap();
        kept.iter().filter(|(of, _)| *of == dataset).map(|(_, record)| record.clone()).collect()
    }
}

/// Files of a folder of its own.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }
}

pub(super) const WINDOW: Window =
    Window { since: datetime!(2000-01-01 0:00 UTC), until: datetime!(2040-01-01 0:00 UTC) };

pub(super) async fn run(paths: &[PathBuf], datasets: &[&str], window: Window, shelf: &Shelf) -> Imported {
    run_with(paths, &[], datasets, window, shelf).await
}

pub(super) async fn run_with(
    paths: &[PathBuf],
    incidents: &[Incident],
    datasets: &[&str],
    window: Window,
    shelf: &Shelf,
) -> Imported {
    let client = mock().await.client();
    let ledgers: Vec<Ledger> = datasets.iter().map(|_| Ledger::default()).collect();
    let catalog = Catalog::embedded().unwrap();
    let rows = datasets.iter().map(|id| catalog.dataset(id).unwrap());
    let wanted: Vec<(&'static Dataset, Request<'_>)> =
        rows.zip(ledgers.iter().map(|ledger| request(&client, ledger, window))).collect();
    let inputs = Inputs::find(paths).unwrap();
    let imported = import(inputs, incidents, &wanted, shelf, &CancellationToken::new()).await;
    for account in &imported.accounts {
        assert!(account.adds_up(), "{account:?}");
    }
    imported
}

/// A server that is never asked.
pub(super) async fn mock() -> Mock {
    Mock::start(|_, _| crate::net::mock::Reply::json("{}")).await
}

pub(super) fn request<'a>(client: &'a Client, ledger: &'a Ledger, window: Window) -> Request<'a> {
    Request::new(client, window, ledger, Clock::Fixed(datetime!(2026-02-01 12:00 UTC)))
}

/// What became of a file's records: read, imported, duplicates, outside, not asked for, rejected; and whether it is plain.
pub(super) fn sums(account: &FileAccount) -> ([u64; 6], bool) {
    let FileAccount { records, imported, duplicates, outside, not_asked, rejected_count, plain, .. } = account;
    ([*records, *imported, *duplicates, *outside, *not_asked, *rejected_count], *plain)
}
