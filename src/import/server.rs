//! Files of a server: which item a file is, what its reader finds, and what that comes to for a dataset.
//!
//! Takes stretches of a file that `host` recognised, gives records for the sorter. Older records than the item asks for are
//! told, not given; of a file that is longer than the item allows, only the beginning is read, and that is told too.

use std::collections::BTreeSet;

use bytes::Bytes;
use time::{Duration, OffsetDateTime};

use super::account::FileAccount;
use super::reader::Found;
use super::sorter::{Sorter, What};
use crate::catalog::host::{Item, Origin, items};
use crate::catalog::{Dataset, Service};
use crate::files::FileEnd;
use crate::host::reading::{Reading, Record, Tally};
use crate::record::{Outcome, RawStretch, Verdict};
use crate::source::{Window, field};

/// A file of a server that is being read.
pub(super) struct Server {
    item: &'static Item,
    reading: Reading,
    /// Records before this are too old.
    floor: Option<OffsetDateTime>,
    bytes: u64,
    records: u64,
}

impl Server {
    /// The reader of an item for a file of that name; none: it stays the file that it is.
    pub(super) fn of(item: &'static Item, name: &str, window: Option<Window>) -> Option<Self> {
        let reading = Reading::of(item.reader.as_deref()?, name)?;
        let floor = item.age_days_max.zip(window).map(|(days, window)| {
            let oldest = window.until.saturating_sub(Duration::days(i64::from(days)));
            oldest.min(window.since)
        });
        Some(Self { item, reading, floor, bytes: 0, records: 0 })
    }

    /// Reads a stretch. `false`: the file is longer than its item allows, and nothing more of it is read.
    pub(super) fn take(&mut self, stretch: &RawStretch, sorter: &Sorter, found: &mut Vec<Found>) -> bool {
        self.bytes += stretch.text.expose().len() as u64;
        if self.item.bytes_max.is_some_and(|most| self.bytes > most) {
            return false;
        }
        let (item, floor, count) = (self.item, self.floor, &mut self.records);
        self.reading.take(stretch, &mut |record| found.push(sorted(item, floor, sorter, record, count)));
        true
    }

    /// The file has ended.
    pub(super) fn end(self, sorter: &Sorter, found: &mut Vec<Found>) -> Tally {
        let Self { item, reading, floor, mut records, .. } = self;
        reading.end(&mut |record| found.push(sorted(item, floor, sorter, record, &mut records)))
    }
}

fn sorted(
    item: &'static Item,
    floor: Option<OffsetDateTime>,
    sorter: &Sorter,
    record: Record,
    count: &mut u64,
) -> Found {
    *count += 1;
    let dataset = match item.dataset.as_deref() {
        Some(own) if !item.spreads => own,
        _ => record.dataset,
    };
    let what = match floor {
        Some(floor) if instant(&record.json).is_some_and(|at| at < floor) => What::Old(dataset),
        _ => sorter.given(dataset, Bytes::from(record.json)),
    };
    Found { line: record.line, record: *count, what }
}

/// When a record says that it happened.
fn instant(record: &[u8]) -> Option<OffsetDateTime> {
    let [time] = field::find(record, ["time"]);
    field::instant(&field::text(record, &time?)?)
}

/// How a dataset of a server ended, when every file was read. [`Outcome::Skipped`]: nobody gave any data of a server.
pub(super) fn verdict(row: &'static Dataset, accounts: &[FileAccount]) -> Verdict {
    let of_row = |account: &&FileAccount| {
        let own = account.item.is_some_and(|item| item.dataset.as_deref() == Some(row.id.as_str()) && !item.spreads);
        own || account.item.is_some() && account.recognised.contains(&row.id.as_str())
    };
    let files: Vec<&FileAccount> = accounts.iter().filter(of_row).collect();
    let is_server = accounts.iter().any(|account| account.item.is_some());
    if files.is_empty() && (!is_server || row.service == Service::Ldap) {
        return Verdict::because(Outcome::Skipped, "no data of a server was given");
    }
    let found: BTreeSet<&str> = files.iter().filter_map(|account| Some(account.item?.id.as_str())).collect();
    let copied =
        |item: &&Item| item.dataset.as_deref() == Some(row.id.as_str()) && !matches!(item.from, Origin::Ldap { .. });
    let lacking: Vec<&str> = items().iter().filter(copied).map(|item| item.id.as_str()).collect();
    let lacking: Vec<&str> = lacking.into_iter().filter(|id| !found.contains(id)).collect();
    if files.is_empty() {
        return Verdict::because(Outcome::Unavailable, format!("none of the files is one of: {}", lacking.join(", ")))
            .with_hint(format!("`entra-bundle catalog show {}` says where they lie", row.id));
    }
    let found: Vec<&str> = found.into_iter().collect();
    let mut reason = format!("from {} of a server: {}", files_of(files.len()), found.join(", "));
    if !lacking.is_empty() {
        reason = format!("{reason}; not among them: {}", lacking.join(", "));
    }
    let broken = files.iter().filter(|account| !matches!(account.end, FileEnd::Whole { .. })).count();
    if broken > 0 {
        let reason = format!("{} could not be read whole; {reason}", files_of(broken));
        return Verdict::because(Outcome::Partial, reason)
            .with_hint("see `files` in the manifest for what is wrong with each");
    }
    Verdict { reason: Some(crate::record::RawText::new(reason)), ..Verdict::complete() }
}

fn files_of(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}
