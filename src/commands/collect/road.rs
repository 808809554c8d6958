//! The road from a raw batch to the spool: gate, compression, disk. The sink of every source.
//!
//! Takes raw batches, writes clean blocks. Work happens on blocking threads, one batch at a time for each list, so that
//! a slow disk slows the requests. A full disk closes the road for all.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::progress::Progress;
use crate::catalog::{Catalog, Dataset};
use crate::commands::closing::path;
use crate::commands::stopped::Stopped;
use crate::limits::BLOCK_BYTES;
use crate::pseudonym::cipher::Ff1;
use crate::pseudonym::{Gate, GateError};
use crate::record::RawBatch;
use crate::source::{Sink, SinkClosed};
use crate::spool::{EntryPath, Error, Order, Past, Spool};

/// Gate and spool, shared by all sources.
pub(super) struct Road {
    /// The gate.
    pub gate: Arc<Gate>,
    /// The clean blocks.
    pub spool: Spool,
    /// The cipher, for the leak check.
    pub cipher: Arc<Ff1>,
    catalog: &'static Catalog,
    progress: Arc<Progress>,
    /// What an earlier run has left, if this one goes on with it.
    pub(super) past: Past,
    /// Lines of the earlier run were written with another dictionary.
    pub(super) early: AtomicBool,
    parts: Mutex<HashMap<(&'static str, u32), u32>>,
    refused: Mutex<HashMap<(&'static str, u32), u64>>,
    /// Why nothing more can be taken.
    broken: Mutex<Option<Broken>>,
    closed: AtomicBool,
}

enum Broken {
    Spool(Error),
    Gate(GateError),
    Worker,
    Beside(Stopped),
}

impl Road {
    /// A road into an open spool.
    pub(super) fn new(
        catalog: &'static Catalog,
        (gate, cipher): (Gate, Arc<Ff1>),
        spool: Spool,
        past: Past,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            gate: Arc::new(gate),
            spool,
            cipher,
            catalog,
            progress,
            past,
            early: AtomicBool::new(false),
            parts: Mutex::default(),
            refused: Mutex::default(),
            broken: Mutex::default(),
            closed: AtomicBool::new(false),
        }
    }

    /// Whether kept lines were written with another dictionary.
    pub(super) fn is_early(&self) -> bool {
        self.early.load(Ordering::Relaxed)
    }

    /// The display.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The gate, the cipher and the spool.
    pub(super) fn into_parts(self) -> (Arc<Gate>, Arc<Ff1>, Spool) {
        (self.gate, self.cipher, self.spool)
    }

    /// Records of a dataset that the gate could not read.
    pub(super) fn refused(&self, dataset: &str) -> u64 {
        lock(&self.refused).iter().filter(|((of, _), _)| *of == dataset).map(|(_, count)| count).sum()
    }

    /// Why the road is closed, if it is. Asked once, at the end.
    pub(super) fn breakdown(&self) -> Option<Stopped> {
        lock(&self.broken).take().map(|broken| match broken {
            Broken::Spool(error) => Stopped::Spool(error),
            Broken::Gate(error) => Stopped::Unexpected(error.to_string()),
            Broken::Beside(stopped) => stopped,
            Broken::Worker => Stopped::Unexpected("a worker ended early".into()),
        })
    }

    /// Cleans and stores a batch piece by piece, so that a page of 5 MB needs no second 5 MB. Gives records and bytes.
    fn take(&self, mut batch: RawBatch) -> Result<(u64, u64), Broken> {
        let row = self.catalog.dataset(batch.dataset).ok_or(Broken::Worker)?;
        let entry = entry_path(row).map_err(|_| Broken::Worker)?;
        let (mut total, mut total_bytes) = (0, 0);
        let mut rest = std::mem::take(&mut batch.records).into_iter().peekable();
        while rest.peek().is_some() {
            let mut room = BLOCK_BYTES;
            batch.records.clear();
            batch.records.extend(std::iter::from_fn(|| {
                let record = rest.next_if(|_| room > 0)?;
                room = room.saturating_sub(record.bytes());
                Some(record)
            }));
            let clean = self.gate.clean_batch(&batch).map_err(Broken::Gate)?;
            if !clean.refused().is_empty() {
                *lock(&self.refused).entry((batch.dataset, batch.slice)).or_default() += clean.refused().len() as u64;
            }
            (total, total_bytes) = (total + clean.records(), total_bytes + clean.bytes().len() as u64);
            let order = Order { slice: batch.slice, part: self.next_part(batch.dataset, batch.slice) };
            self.spool.append(&entry, order, clean).map_err(Broken::Spool)?;
        }
        Ok((total, total_bytes))
    }

    /// Batches of one slice come one after another, so counting is enough to keep their order.
    fn next_part(&self, dataset: &'static str, slice: u32) -> u32 {
        let mut parts = lock(&self.parts);
        let next = parts.entry((dataset, slice)).or_default();
        *next += 1;
        *next - 1
    }

    /// Closes the road because something went wrong beside it.
    pub(super) fn break_off(&self, stopped: Stopped) {
        let _ = self.close(Broken::Beside(stopped));
    }

    /// Closes a slice in the journal. One with records that the gate refused stays open there: a run that goes on must see
    /// them again to know of them.
    fn close_slice(&self, dataset: &'static str, slice: u32) -> Result<(), Error> {
        let row = self.catalog.dataset(dataset).and_then(|row| entry_path(row).ok());
        let Some(entry) = row.filter(|_| !lock(&self.refused).contains_key(&(dataset, slice))) else { return Ok(()) };
        self.spool.note_traits(self.gate.fresh_traits())?;
        self.spool.close_slice(&entry, slice)
    }

    fn close(&self, broken: Broken) -> SinkClosed {
        self.closed.store(true, Ordering::Relaxed);
        lock(&self.broken).get_or_insert(broken);
        SinkClosed
    }
}

/// The road as a source sees it; the trait needs its own handle because work moves to other threads.
pub(super) struct Entrance(pub Arc<Road>);

#[async_trait::async_trait]
impl Sink for Entrance {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let road = Arc::clone(&self.0);
        if road.closed.load(Ordering::Relaxed) {
            return Err(SinkClosed);
        }
        let dataset = batch.dataset;
        let worker = Arc::clone(&road);
        let taken = tokio::task::spawn_blocking(move || worker.take(batch)).await;
        match taken {
            Ok(Ok((records, bytes))) => {
                road.progress.add(dataset, records, bytes);
                Ok(())
            }
            Ok(Err(broken)) => Err(road.close(broken)),
            Err(_) => Err(road.close(Broken::Worker)),
        }
    }

    async fn slice_closed(&self, dataset: &'static str, slice: u32) {
        lock(&self.0.parts).remove(&(dataset, slice));
        self.0.progress.part_done();
        if let Err(error) = self.0.close_slice(dataset, slice) {
            self.0.close(Broken::Spool(error));
        }
    }
}

/// `data/GROUP/ID.jsonl`.
pub(super) fn entry_path(row: &Dataset) -> Result<EntryPath, Stopped> {
    path(&format!("data/{}/{}.jsonl", row.group.as_str(), row.id))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
