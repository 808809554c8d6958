//! The customer's files on the road of `collect`: learnt from first, imported last, the rest as plain files.
//!
//! Services go first, since what they send is whole and their own shape; a file brings what they did not have. Blocking
//! work runs on threads of its own.

use std::collections::BTreeMap;

use tokio_util::sync::CancellationToken;

use super::course::Arrival;
use super::places::Places;
use super::road::{Entrance, Road};
use super::settings::Settings;
use super::task::Task;
use crate::catalog::{Dataset, Group};
use crate::commands::closing::{State, plain as word};
use crate::commands::plain::{self, FileStory};
use crate::commands::stopped::Stopped;
use crate::files::Inputs;
use crate::import::{FileAccount, Imported, Incident, import};
use crate::manifest::{FileRow, FileState, ImportRow, RejectionRow};
use crate::pseudonym::CleanText;
use crate::record::Outcome;
use crate::source::{Ledger, Report, Request};
use std::sync::Arc;

/// What became of the files.
#[derive(Default)]
pub(super) struct Files {
    accounts: Vec<FileAccount>,
    plain: Vec<FileStory>,
}

/// Learns from all files, before the dictionary is frozen.
pub(super) async fn learn(inputs: Option<Inputs>, road: &Arc<Road>) -> Option<Inputs> {
    let (mut inputs, road) = (inputs?, Arc::clone(road));
    let learnt = tokio::task::spawn_blocking(move || {
        plain::learn_raw(&mut inputs, &road.gate, &|_| {});
        inputs
    });
    learnt.await.ok()
}

/// Datasets that files can have records of.
pub(super) fn importable<'p>(settings: &'p Settings) -> impl Iterator<Item = &'static Dataset> + 'p {
    let can = |row: &&Dataset| row.group == Group::Logs && row.for_each.is_none() || row.is_on_premises();
    settings.plan.datasets.iter().copied().filter(can)
}

/// Imports the files' records, after all other places; what is no record goes the road of plain files.
pub(super) async fn take(
    inputs: Option<Inputs>,
    incidents: &[Incident],
    (settings, places): (&Settings, &Places),
    task: &Task,
    ledgers: &BTreeMap<&'static str, Arc<Ledger>>,
    arrivals: &mut BTreeMap<&'static str, Arrival>,
    cancel: &CancellationToken,
) -> Result<Files, Stopped> {
    if inputs.is_none() && incidents.is_empty() {
        return Ok(Files::default());
    }
    let rows: Vec<(&'static Dataset, &Arc<Ledger>)> =
        importable(settings).filter_map(|row| Some((row, ledgers.get(row.id.as_str())?))).collect();
    let request = |ledger| Request { reopen: true, ..task.request(ledger, None, false) };
    let wanted: Vec<_> = rows.iter().map(|(row, ledger)| (*row, request(ledger.as_ref()))).collect();
    let sink = Entrance(Arc::clone(&task.road));
    let inputs = inputs.unwrap_or_else(Inputs::none);
    task.road.progress().say_unless_moving("  reading files");
    let before: Vec<u64> = rows.iter().map(|(_, ledger)| ledger.records()).collect();
    let Imported { inputs, reports, accounts } = import(inputs, incidents, &wanted, &sink, cancel).await;
    drop(wanted);
    for ((row, ledger), (report, before)) in rows.iter().zip(reports.into_iter().zip(before)) {
        let given = ledger.records() - before;
        note(row, report, given, (settings, places), arrivals);
        ledger.settle(&row.id, &sink).await;
    }
    let wanted: std::collections::HashSet<u32> =
        accounts.iter().filter(|account| account.plain).map(|account| account.number).collect();
    let road = Arc::clone(&task.road);
    let cleaned = tokio::task::spawn_blocking(move || {
        let mut inputs = inputs;
        plain::clean(&mut inputs, &road.gate, &road.spool, &|number| wanted.contains(&number), &|_| {})
    });
    let plain = cleaned.await.map_err(|_| Stopped::Unexpected("reading files ended early".into()))??;
    Ok(Files { accounts, plain })
}

/// Adds what the files gave to what the other places gave.
fn note(
    row: &'static Dataset,
    report: Report,
    given: u64,
    (settings, places): (&Settings, &Places),
    arrivals: &mut BTreeMap<&'static str, Arrival>,
) {
    let known = arrivals.remove(row.id.as_str());
    // A dataset that another place has whole, or that nobody has, is not changed by files without records of it.
    let arrival = match known {
        Some(known) if given == 0 => known,
        None if row.is_on_premises() && report.verdict.outcome == Outcome::Skipped => return,
        None if row.is_on_premises() => Arrival::with_file(row, None, None, settings.window, report, given),
        None if given == 0 && !settings.sources.is_from_files(row) => return,
        known => Arrival::with_file(row, known, places.absent(row), settings.window, report, given),
    };
    arrivals.insert(&row.id, arrival);
}

impl Files {
    /// Rows for the manifest.
    pub(super) fn rows(&self, state: &State<'_>) -> Result<Vec<FileRow<CleanText>>, Stopped> {
        let mut rows = Vec::with_capacity(self.accounts.len());
        for account in &self.accounts {
            let story = self.plain.iter().find(|story| story.number == account.number);
            let mut row = match story {
                Some(story) => plain::row(story, state)?,
                None => plain::row(&told(account, state), state)?,
            };
            row.import = Some(import_row(account)?).filter(|row| row.read > 0 || row.item.is_some());
            if account.rejected_count > 0 && !account.plain && row.state == FileState::Whole {
                let text = "{} records were rejected: import says which and why";
                row.state = FileState::Damaged;
                row.reason = Some(CleanText::filled(text, &[CleanText::number(account.rejected_count)]));
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// Whether a payload file is a plain one, and can be cut into lines.
    pub(super) fn has_lines(&self, entry: &crate::spool::EntryPath) -> Option<bool> {
        let file = self.plain.iter().find(|file| file.entry.as_ref() == Some(entry))?;
        Some(file.has_lines())
    }
}

/// A file that is nowhere in the bundle as a file.
fn told(account: &FileAccount, state: &State<'_>) -> FileStory {
    FileStory {
        number: account.number,
        name: state.gate.clean_path(account.name()),
        form: account.form,
        encoding: crate::record::Encoding::Utf8,
        unpacked_from: account.unpacked_from,
        entry: None,
        records: account.imported,
        end: account.end.clone(),
    }
}

fn import_row(account: &FileAccount) -> Result<ImportRow<CleanText>, Stopped> {
    let rejection = |one: &crate::import::Rejected| RejectionRow {
        line: one.line,
        record: one.record,
        reason: CleanText::fixed(one.reason),
    };
    Ok(ImportRow {
        datasets: account.recognised.iter().map(|id| word(id)).collect::<Result<_, _>>()?,
        item: account.item.map(|item| word(&item.id)).transpose()?,
        texts: Some(account.texts).filter(|texts| *texts > 0),
        read: account.records,
        imported: account.imported,
        duplicates: account.duplicates,
        outside: account.outside,
        covered: account.covered,
        not_asked: account.not_asked,
        rejected: account.rejected_count,
        rejections: account.rejected.iter().map(rejection).collect(),
    })
}
