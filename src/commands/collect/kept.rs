//! What of an earlier run's work is kept when it goes on.
//!
//! Kept are datasets that were whole and, of logs at one place and of fan-outs, closed slices. Collected again are the
//! datasets that fill the dictionary or whose records are walked to: what they teach is nowhere on the disk. A fan-out is
//! kept only if its objects are the same as before, by a keyed digest. From what is kept the gate remembers, with the
//! key, which names the logs had; lines written with another dictionary are looked through once more by the sweep.

use std::collections::BTreeSet;
use std::sync::Arc;

use time::OffsetDateTime;

use super::course::{Arrival, Part};
use super::road::{Road, entry_path};
use super::settings::Settings;
use crate::catalog::{Catalog, Dataset};
use crate::commands::stopped::Stopped;
use crate::manifest::Moment;
use crate::pseudonym::digest;
use crate::record::{Key, Outcome, RawText, Verdict};
use crate::source::field;
use crate::source::{Ledger, Report, Window};
use crate::spool::{Account, EntryPath, PartAccount, Past, Spool};

/// What there is of a dataset.
pub(super) enum Kept {
    /// Nothing.
    Nothing,
    /// Some slices.
    Begun(Arc<Ledger>),
    /// Everything.
    Whole(Box<Arrival>),
}

/// Whether slices of a dataset may be kept: nothing depends on its raw records, and no file adds to it.
pub(super) fn can_be(catalog: &Catalog, settings: &Settings, row: &Dataset, has_files: bool) -> bool {
    let is_parent = catalog.datasets().iter().any(|child| {
        let walks = child.for_each.as_ref().is_some_and(|each| each.dataset == row.id);
        walks && settings.plan.datasets.iter().any(|planned| planned.id == child.id)
    });
    let has_more = has_files && super::files::importable(settings).any(|one| one.id == row.id);
    !(row.teaches || is_parent || has_more)
}

/// Throws away what cannot be kept.
pub(super) fn sift(
    spool: &Spool,
    past: &Past,
    catalog: &Catalog,
    settings: &Settings,
    has_files: bool,
) -> Result<(), Stopped> {
    let mut kept = BTreeSet::new();
    for row in &settings.plan.datasets {
        if !past.frozen.is_empty() && can_be(catalog, settings, row, has_files) {
            kept.insert(entry_path(row)?);
        }
    }
    for entry in spool.entries().iter().filter(|entry| !kept.contains(entry)) {
        spool.discard(entry)?;
    }
    Ok(())
}

impl Road {
    /// The dictionary is frozen: notes which one it is.
    pub(super) fn freeze(&self) -> Result<(), Stopped> {
        self.gate.freeze();
        let digest = self.gate.dictionary().map(|known| known.digest(&*self.cipher)).unwrap_or_default();
        self.spool.note_frozen(&digest)?;
        if self.past.frozen.iter().any(|before| *before != digest) {
            self.early.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        self.gate.adopt_traits(&self.past.traits);
        Ok(())
    }

    /// Takes up what is kept of a dataset. `is_single`: one place is asked for it. Blocking: disk and CPU.
    pub(super) fn take_up(&self, row: &'static Dataset, parents: &[Key], is_single: bool) -> Result<Kept, Stopped> {
        let entry = entry_path(row)?;
        if row.for_each.is_some() {
            let parents = digest(&*self.cipher, "parents", &walked(parents));
            // In this order: a run that is killed in between must not find the old lists under the new objects.
            let is_same = self.past.parents.get(&entry) == Some(&parents);
            if !is_same {
                self.spool.discard(&entry)?;
            }
            self.spool.note_parents(&entry, &parents)?;
            if !is_same {
                return Ok(Kept::Nothing);
            }
        }
        let slices = self.spool.slices(&entry);
        let records = |slices: &[(u32, u64)]| slices.iter().map(|(_, records)| records).sum::<u64>();
        if let Some(account) = self.past.accounts.get(&entry)
            && account.records == records(&slices)
        {
            self.look_through(row, &entry)?;
            return Ok(Kept::Whole(Box::new(arrival(row, account))));
        }
        let is_log = row.for_each.is_none() && row.time.is_some() && is_single;
        if !is_log && row.for_each.is_none() {
            self.spool.discard(&entry)?;
            return Ok(Kept::Nothing);
        }
        // An object without records may have been refused: it is asked about again.
        let (kept, empty): (Vec<_>, Vec<_>) = slices.into_iter().partition(|(_, records)| is_log || *records > 0);
        for (slice, _) in empty {
            self.spool.discard_slice(&entry, slice)?;
        }
        if kept.is_empty() {
            return Ok(Kept::Nothing);
        }
        let times = self.look_through(row, &entry)?;
        let closed: Vec<u32> = kept.iter().map(|(slice, _)| *slice).collect();
        Ok(Kept::Begun(Arc::new(Ledger::resumed(&closed, records(&kept), &times))))
    }

    /// Remembers what the lines teach; gives the times of the earliest and the latest record.
    fn look_through(&self, row: &Dataset, entry: &EntryPath) -> Result<Vec<String>, Stopped> {
        let name = row.time.as_ref().map(|time| time.property.as_str());
        let mut ends: Option<[(OffsetDateTime, String); 2]> = None;
        for block in self.spool.blocks(entry) {
            let block = self.spool.read(&block)?;
            self.gate.remember(&row.id, block.bytes());
            let Some(name) = name else { continue };
            for line in block.bytes().split(|byte| *byte == b'\n') {
                let [span] = field::find(line, [name]);
                let text = span.and_then(|span| Some(field::text(line, &span)?.into_owned()));
                let Some((at, text)) = text.and_then(|text| Some((field::instant(&text)?, text))) else { continue };
                match &mut ends {
                    None => ends = Some([(at, text.clone()), (at, text)]),
                    Some([first, _]) if at < first.0 => *first = (at, text),
                    Some([_, last]) if at > last.0 => *last = (at, text),
                    Some(_) => {}
                }
            }
        }
        Ok(ends.into_iter().flatten().map(|(_, text)| text).collect())
    }

    /// Notes that a dataset is whole, if that is all there is to say.
    pub(super) fn note_whole(&self, arrival: &Arrival) -> Result<(), Stopped> {
        let report = &arrival.report;
        if report.verdict.outcome != Outcome::Complete || report.verdict.error.is_some() {
            return Ok(());
        }
        let clean = |text: &RawText| self.gate.clean_text(text).as_str().to_owned();
        let seconds = |window: Window| (window.since.unix_timestamp(), window.until.unix_timestamp());
        let moment = |text: &Option<String>| text.clone().filter(|text| Moment::try_from(text.clone()).is_ok());
        let part = |part: &Part| PartAccount {
            kind: part.kind,
            request: clean(&RawText::new(&part.request)),
            window_s: seconds(part.window),
            outcome: part.outcome,
            records: part.records,
        };
        let account = Account {
            records: report.records,
            expected: report.expected,
            duplicates: report.duplicates,
            pages: report.pages,
            retries: report.retries,
            slices: report.slices,
            window_s: report.window.map(seconds),
            first: moment(&report.first),
            last: moment(&report.last),
            reason: report.verdict.reason.as_ref().map(clean),
            hint: report.verdict.hint.as_ref().map(clean),
            parts: arrival.parts.iter().map(part).collect(),
        };
        self.spool.note_traits(self.gate.fresh_traits())?;
        Ok(self.spool.note_whole(&entry_path(arrival.dataset)?, &account)?)
    }
}

/// The objects of a fan-out as one text.
fn walked(parents: &[Key]) -> Vec<u8> {
    let parts = |key: &Key| key.parts().flat_map(|part| [part.as_bytes(), b"/"].concat()).collect::<Vec<u8>>();
    parents.iter().flat_map(|key| [parts(key), vec![b'\n']].concat()).collect()
}

/// How a whole dataset had arrived.
fn arrival(dataset: &'static Dataset, account: &Account) -> Arrival {
    let instant = |at: i64| OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let window = |(since, until)| Window { since: instant(since), until: instant(until) };
    let text = |text: &Option<String>| text.as_ref().map(RawText::new);
    let part = |part: &PartAccount| Part {
        kind: part.kind,
        request: part.request.clone(),
        window: window(part.window_s),
        outcome: part.outcome,
        records: part.records,
    };
    let report = Report {
        verdict: Verdict { reason: text(&account.reason), hint: text(&account.hint), ..Verdict::complete() },
        records: account.records,
        expected: account.expected,
        duplicates: account.duplicates,
        pages: account.pages,
        retries: account.retries,
        slices: account.slices,
        slices_closed: account.slices,
        window: account.window_s.map(window),
        first: account.first.clone(),
        last: account.last.clone(),
        keys: Vec::new(),
        request: dataset.path.clone(),
    };
    Arrival { dataset, report, parts: account.parts.iter().map(part).collect() }
}
