//! The giving side: what the reader finds goes to the runs, and every record into its file's account.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::account::{FileAccount, Imported};
use super::incident::{self, Incident};
use super::reader::{Found, Reader, Told};
use super::server;
use super::sorter::{Sorter, What};
use crate::catalog::Dataset;
use crate::files::{FileEnd, Inputs};
use crate::limits::IMPORT_BATCHES_MAX;
use crate::record::{Outcome, Verdict};
use crate::source::{End, Item, Report, Request, Run, Sink, Stop, Window};

const FOREIGN: &str = "it is no record of a dataset: the file is among the plain files as well";
const ENDED: &str = "the run was over before it was read to its end";

/// Imports files. The records of a dataset that is not in `wanted` are counted, not given. `incidents` become records of
/// the dataset `authenticator`.
///
/// Cancelling: trigger `cancel`; what came until then has been delivered, and the verdicts are `interrupted`.
pub async fn import(
    inputs: Inputs,
    incidents: &[Incident],
    wanted: &[(&'static Dataset, Request<'_>)],
    sink: &dyn Sink,
    cancel: &CancellationToken,
) -> Imported {
    let runs: Vec<Run<'_>> = wanted.iter().map(|(dataset, request)| Run::new(dataset, request, sink, cancel)).collect();
    let (sender, receiver) = mpsc::channel(IMPORT_BATCHES_MAX);
    let sorter = Sorter::new(wanted.iter().map(|(dataset, _)| *dataset).collect());
    let window = wanted.first().map(|(_, request)| request.window);
    let reading = tokio::task::spawn_blocking(move || read(inputs, sorter, window, sender));
    let mut desk =
        Desk { runs: &runs, accounts: Vec::new(), open: false, refused: None, cut: None, given: vec![0; runs.len()] };
    let stop = desk.take(receiver, cancel).await;
    let inputs = reading.await.unwrap_or_else(|_| Inputs::none());
    let mut ends = Vec::new();
    for run in &runs {
        ends.push(match &stop {
            Some(stop) => End::Stopped(stop.clone()),
            None => incident::deliver(run, incidents).await,
        });
    }
    let Desk { mut accounts, given, .. } = desk;
    accounts.sort_by_key(|account| account.number);
    let reports =
        runs.iter().zip(&ends).zip(given).map(|((run, end), given)| report(run, end, given, &accounts)).collect();
    Imported { inputs, reports, accounts }
}

/// Walks over the files, in a thread of its own.
pub(super) fn read(
    mut inputs: Inputs,
    sorter: Option<Sorter>,
    window: Option<Window>,
    sender: mpsc::Sender<Told>,
) -> Inputs {
    // None: a catalogue that does not parse, which the tests exclude for a released binary.
    let Some(sorter) = sorter else { return inputs };
    let mut reader = Reader::new(sender, sorter, window);
    let walked = inputs.walk(&mut reader);
    if !walked.is_closed && !reader.put_off.is_empty() {
        reader.is_second = true;
        inputs.walk(&mut reader);
    }
    inputs
}

struct Desk<'r, 'a> {
    runs: &'r [Run<'a>],
    accounts: Vec<FileAccount>,
    /// Whether the last account is of a file that is being read.
    open: bool,
    /// Why the file that is being read is refused.
    refused: Option<&'static str>,
    /// Why the end of the file that is being read is not.
    cut: Option<&'static str>,
    /// Records given to each run.
    given: Vec<u64>,
}

impl Desk<'_, '_> {
    /// Takes what the reader tells, to its end or until the run is over.
    async fn take(&mut self, mut receiver: mpsc::Receiver<Told>, cancel: &CancellationToken) -> Option<Stop> {
        loop {
            let told = tokio::select! {
                biased;
                () = cancel.cancelled() => return self.stopped(Stop::Cancelled),
                stop = over(self.runs) => return self.stopped(stop),
                told = receiver.recv() => told?,
            };
            if let Err(stop) = self.note(told).await {
                return self.stopped(stop);
            }
        }
    }

    fn stopped(&mut self, stop: Stop) -> Option<Stop> {
        if let Some(account) = self.accounts.last_mut().filter(|_| self.open) {
            account.end = FileEnd::Damaged { reason: ENDED };
        }
        Some(stop)
    }

    async fn note(&mut self, told: Told) -> Result<(), Stop> {
        match told {
            Told::Begin { number, name, form, unpacked_from } => {
                self.open = true;
                self.accounts.push(FileAccount::new(number, name, form, unpacked_from));
            }
            Told::Records(found) => return self.give(found).await,
            Told::Plain => self.accounts.last_mut().into_iter().for_each(|account| account.plain = true),
            Told::Item(item) => self.accounts.last_mut().into_iter().for_each(|account| account.item = Some(item)),
            Told::Counted { passed_over, texts } => {
                let Some(account) = self.accounts.last_mut() else { return Ok(()) };
                account.texts = texts;
                account.records += passed_over;
                account.not_asked += passed_over;
                // What nobody asks for is no reason to keep the file as it is.
                account.item.and_then(|item| item.dataset.as_deref()).into_iter().for_each(|id| account.recognise(id));
            }
            Told::Cut(reason) => self.cut = Some(reason),
            Told::Refused(reason) => self.refused = Some(reason),
            Told::End(end) => {
                self.open = false;
                let (refused, cut) = (self.refused.take(), self.cut.take());
                if let Some(account) = self.accounts.last_mut() {
                    // A file without any record of a dataset is a plain file.
                    let is_empty = account.form.is_some() && account.recognised.is_empty();
                    account.plain |= is_empty && refused.is_none();
                    let end = match (cut, end) {
                        (Some(reason), FileEnd::Whole { .. }) => FileEnd::Damaged { reason },
                        (_, end) => end,
                    };
                    account.end = match (refused, end) {
                        (Some(reason), FileEnd::Whole { bytes, .. }) => {
                            FileEnd::Withheld { reason, bytes, sha256: None }
                        }
                        (_, end) => end,
                    };
                }
            }
        }
        Ok(())
    }

    async fn give(&mut self, found: Vec<Found>) -> Result<(), Stop> {
        let Some(account) = self.accounts.last_mut() else { return Ok(()) };
        let pass = account.number.saturating_add(1);
        // For each run its items, and whether the account is to hear of each.
        let mut batches: Vec<(Vec<Item>, Vec<bool>)> = self.runs.iter().map(|_| Default::default()).collect();
        for one in found {
            account.records += 1;
            match one.what {
                What::NotAsked(dataset) => {
                    account.recognise(dataset);
                    account.not_asked += 1;
                }
                What::Old(dataset) => {
                    account.recognise(dataset);
                    account.outside += 1;
                }
                What::Rejected(reason) => account.reject(one.rejected(reason)),
                What::Foreign => {
                    account.plain = true;
                    account.reject(one.rejected(FOREIGN));
                }
                What::Taken(dataset, targets) => {
                    account.recognise(dataset);
                    for (n, (at, item)) in targets.into_iter().enumerate() {
                        if let Some((items, is_first)) = batches.get_mut(at) {
                            items.push(item);
                            is_first.push(n == 0);
                        }
                    }
                }
            }
        }
        for ((run, given), (items, is_first)) in self.runs.iter().zip(&mut self.given).zip(batches) {
            if items.is_empty() {
                continue;
            }
            *given += items.len() as u64;
            // Without anything that identifies a record, equal ones of a server are as many as they are.
            let is_bare = run.dataset.is_on_premises() && run.dataset.id_property.is_empty();
            let fates = run.deliver_each(items, if is_bare { 0 } else { pass }).await?;
            fates.iter().zip(is_first).filter(|(_, is_first)| *is_first).for_each(|(fate, _)| account.note(*fate));
        }
        Ok(())
    }
}

/// Returns when the runs' time is up; never, if there are none.
async fn over(runs: &[Run<'_>]) -> Stop {
    match runs.first() {
        Some(run) => run.over().await,
        None => std::future::pending().await,
    }
}

/// Nothing proves that files hold all there was, unless another place has closed every slice.
fn report(run: &Run<'_>, end: &End, given: u64, accounts: &[FileAccount]) -> Report {
    let mut report = run.report(end);
    report.request = "--input".to_owned();
    if run.dataset.is_on_premises() {
        if matches!(end, End::Closed) {
            report.verdict = server::verdict(run.dataset, accounts);
        }
        return report;
    }
    if matches!(end, End::Closed) && report.verdict.outcome != Outcome::Complete {
        report.verdict = match given {
            0 => Verdict::because(Outcome::Unavailable, "none of the files holds records of it")
                .with_hint("see `files` in the manifest for what was found in each"),
            _ => Verdict::because(
                Outcome::Partial,
                "it comes from files: nothing proves that they hold every record of the window",
            )
            .with_hint("see `files` in the manifest for what became of each record"),
        };
    }
    report
}
