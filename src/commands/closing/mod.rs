//! From a full spool to a bundle with a name: sweep, seal, manifest, report, zip, leak check. Shared by all commands
//! that write bundles.
//!
//! Takes the spool and a [`Story`], which knows what the bundle is about; gives [`Closed`]. Blocking. Nothing gets the
//! final name before the finished file was read back. Lines in which the leak check still finds something are withheld
//! and the bundle is made again; a bundle with a hit never gets its name.

mod answers;
#[cfg(test)]
mod answers_tests;
#[cfg(test)]
mod findings_tests;
mod withhold;

use std::collections::BTreeSet;
use std::sync::Arc;

use time::OffsetDateTime;

use super::stopped::Stopped;
use super::verify;
use crate::archive::{self, Bundle, CleanDocument, Draft, Hex, Output, TopFolder, Word, Written};
use crate::catalog::{Catalog, Group};
use crate::manifest::{LeakCheck, Manifest, Privacy};
use crate::pseudonym::cipher::{Cipher, Ff1};
use crate::pseudonym::key::MasterKey;
use crate::pseudonym::{CleanText, Gate, Policy, Rules};
use crate::record::{RawBatch, RawRecord, RawText};
use crate::report;
use crate::spool::{EntryPath, Order, SealedEntry, Spool};
use crate::sweep::{self, Known, Repaired, SHAPES, covered};

pub(in crate::commands) use withhold::Withheld;

/// Name and version of the pseudonym scheme.
const SCHEME: &str = "ff1-1";
/// Id of the program's own log among the datasets, for the gate.
const RUN_LOG: &str = "run-log";
const RUN_LOG_PATH: &str = "data/run-log.jsonl";
/// How often a bundle is made again with the lines withheld in which something was found.
const ROUNDS_MAX: usize = 3;

/// A gate and its cipher under a key.
pub(in crate::commands) fn gate(catalog: &Catalog, key: &MasterKey, policy: Policy) -> (Gate, Arc<Ff1>) {
    let cipher = Arc::new(Ff1::new(key));
    let rows = catalog.datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str()));
    let rules = Rules::new(rows.chain([(RUN_LOG, Group::Logs, "/run-log")]));
    let well_known = |guid| Catalog::embedded().is_ok_and(|catalog| catalog.well_known(guid).is_some());
    (Gate::new(cipher.clone(), policy, rules, well_known), cipher)
}

/// What only the command knows about its bundle.
pub(in crate::commands) trait Story {
    /// The manifest of what is sealed.
    fn manifest(&self, state: &State<'_>) -> Result<Manifest<CleanText>, Stopped>;
    /// The program's own log, one JSON object a line, still raw.
    fn run_log(&self, state: &State<'_>) -> Result<Vec<Vec<u8>>, Stopped>;
    /// Whether single lines of a payload file can be withheld; else it is withheld as a whole.
    fn has_lines(&self, entry: &EntryPath) -> bool;
    /// Whether a dataset lacks something, so that nothing can be said to be missing from it.
    fn is_cut(&self, _dataset: &str) -> bool {
        false
    }
    /// The payload files that were written before the gate was frozen.
    fn is_early(&self, entry: &EntryPath) -> bool;
    /// Whether something is missing that may come when the run goes on later.
    fn may_go_on(&self) -> bool {
        false
    }
}

/// How things stand when the story is asked.
pub(in crate::commands) struct State<'a> {
    /// The gate.
    pub gate: &'a Gate,
    /// The payload files; empty for [`Story::run_log`].
    pub sealed: &'a [SealedEntry],
    /// What the sweep did.
    pub repaired: &'a Repaired,
    /// What had to be withheld.
    pub withheld: &'a Withheld,
}

impl State<'_> {
    /// The manifest's words about privacy.
    pub(in crate::commands) fn privacy(&self, key: &MasterKey) -> Result<Privacy<CleanText>, Stopped> {
        let policy = self.gate.policy();
        Ok(Privacy {
            policy: self.gate.clean_text(&RawText::new(policy.name())),
            policy_sha256: Hex::try_from(policy.sha256())
                .map_err(|_| Stopped::Unexpected("a sum is not hexadecimal".into()))?,
            keep: Some(policy.kept_names().into_iter().map(Word::of).collect()),
            scheme: plain(SCHEME)?,
            key_id: plain(&key.id())?,
            // A bundle that does not pass what is claimed here never gets its name.
            leak_check: LeakCheck {
                closed_world: covered(&policy.kept()).len() == SHAPES.len(),
                dictionary: true,
                terms: self.repaired.terms,
                blocks_repaired: self.repaired.blocks_repaired + self.withheld.blocks,
            },
        })
    }
}

/// What is closed.
pub(in crate::commands) struct Closing {
    /// The gate.
    pub gate: Arc<Gate>,
    /// The cipher of the same key, for the leak check.
    pub cipher: Arc<Ff1>,
    /// The clean blocks.
    pub spool: Spool,
    /// The zip to write.
    pub output: Output,
    /// Its top folder.
    pub folder: TopFolder,
    /// The instant that all entries carry.
    pub instant: OffsetDateTime,
}

/// A bundle that stands.
pub(in crate::commands) struct Closed {
    /// Its manifest.
    pub manifest: Manifest<CleanText>,
    /// The same as in the bundle.
    pub manifest_json: Vec<u8>,
    /// The file.
    pub written: Written,
    /// The spool is kept: the run may go on.
    pub is_kept: bool,
}

impl Closing {
    /// Makes the bundle.
    ///
    /// # Errors
    /// [`Stopped`]; then nothing is left behind.
    pub(in crate::commands) fn close(self, story: &dyn Story) -> Result<Closed, Stopped> {
        let Self { gate, cipher, spool, mut output, folder, instant } = self;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let early: BTreeSet<EntryPath> = spool.entries().into_iter().filter(|entry| story.is_early(entry)).collect();
        let repaired = sweep::repair(&spool, &gate, &|entry| early.contains(entry), threads)?;
        write_traits(&spool, &gate)?;
        let mut withheld = Withheld::default();
        let mut rounds = 1..=ROUNDS_MAX;
        loop {
            let round = rounds.next();
            let state = State { gate: &gate, sealed: &[], repaired: &repaired, withheld: &withheld };
            write_run_log(&spool, &gate, story.run_log(&state)?)?;
            let summary = answers::write_summary(&spool, story, instant)?;
            let sealed = spool.seal(threads)?;
            let manifest = story.manifest(&State { sealed: &sealed, ..state })?;
            let page =
                report::render(&manifest, summary.as_ref()).map_err(|error| Stopped::Unexpected(error.to_string()))?;
            let draft = draft(output, &spool, &sealed, (&manifest, page), &folder, instant)?;
            let findings = look(&draft, &gate, &cipher, &repaired);
            match findings {
                Ok(findings) if findings.is_empty() => {
                    let document = manifest.document().map_err(|error| Stopped::Unexpected(error.to_string()))?;
                    let written = draft.publish()?;
                    // What it has is kept, unless lines of it were taken out.
                    let may_go_on = manifest.run.interrupted || story.may_go_on();
                    let is_kept = may_go_on && withheld.blocks == 0 && spool.is_lasting();
                    if is_kept {
                        spool.commit()?;
                    } else {
                        spool.remove()?;
                    }
                    return Ok(Closed { manifest_json: document.bytes().to_vec(), manifest, written, is_kept });
                }
                Ok(findings) => {
                    let known = Known::new(&gate, repaired.late.as_ref());
                    let judge = withhold::Judge { cipher: &*cipher, kept: gate.policy().kept(), known };
                    if round.is_none() || !withhold::withhold(&spool, &gate, &judge, &findings, story, &mut withheld)? {
                        drop(draft);
                        spool.remove()?;
                        return Err(Stopped::leak(&findings));
                    }
                    output = draft.rewind()?;
                }
                // A disk that gave other bytes back than it got, or somebody else's hand on the file: the work itself is
                // checked whenever it is read.
                Err(stopped) => {
                    drop(draft);
                    return Err(stopped);
                }
            }
        }
    }
}

fn draft(
    output: Output,
    spool: &Spool,
    sealed: &[SealedEntry],
    (manifest, page): (&Manifest<CleanText>, CleanDocument),
    folder: &TopFolder,
    instant: OffsetDateTime,
) -> Result<Draft, Stopped> {
    let unexpected = |error: &dyn std::fmt::Display| Stopped::Unexpected(error.to_string());
    let document = manifest.document().map_err(|error| unexpected(&error))?;
    let bundle = Bundle {
        folder: folder.clone(),
        instant,
        case: manifest.case.id.as_ref(),
        key_id: Some(manifest.privacy.key_id.clone()),
        documents: vec![document, page],
        signer: None,
    };
    Ok(archive::write(output, spool, sealed, &bundle)?)
}

/// Reads the finished file back: verification, closed world, dictionary.
fn look(draft: &Draft, gate: &Gate, cipher: &Ff1, repaired: &Repaired) -> Result<Vec<sweep::Finding>, Stopped> {
    let known = Known::new(gate, repaired.late.as_ref());
    let check = verify::check(draft.path(), cipher as &dyn Cipher, &gate.policy().kept(), Some(known));
    match check {
        // The test build without a gate leaks on purpose, to show that the leak suite would see it.
        Ok(_) if cfg!(feature = "gate-off") => Ok(Vec::new()),
        Err(error) => Err(Stopped::ReadBack(error)),
        Ok(check) if check.findings.is_empty() && !check.is_ok() => {
            Err(Stopped::Damaged(check.verification.findings.len()))
        }
        Ok(check) => Ok(check.findings),
    }
}

/// Writes the program's own log, through the same gate as everything else; a log of an earlier round is replaced.
fn write_run_log(spool: &Spool, gate: &Gate, lines: Vec<Vec<u8>>) -> Result<(), Stopped> {
    let records = lines.into_iter().map(|line| RawRecord::new(line.into())).collect();
    let batch = RawBatch { dataset: RUN_LOG, slice: 0, parent: None, records };
    let clean = gate.clean_batch(&batch).map_err(|error| Stopped::Unexpected(error.to_string()))?;
    let entry = path(RUN_LOG_PATH)?;
    spool.discard_slice(&entry, 0)?;
    spool.append(&entry, Order { slice: 0, part: 0 }, clean)?;
    Ok(spool.close_slice(&entry, 0)?)
}

/// Writes what was wrong with values, without the values. No file when nothing was.
fn write_traits(spool: &Spool, gate: &Gate) -> Result<(), Stopped> {
    let traits = gate.traits();
    if traits.records() == 0 {
        return Ok(());
    }
    let entry = path("data/traits.jsonl")?;
    spool.append(&entry, Order { slice: 0, part: 0 }, traits)?;
    Ok(spool.close_slice(&entry, 0)?)
}

/// A payload path that this program chose.
pub(in crate::commands) fn path(text: &str) -> Result<EntryPath, Stopped> {
    EntryPath::new(text).map_err(|error| Stopped::Unexpected(error.to_string()))
}

/// A machine word of this program or its catalogue.
pub(in crate::commands) fn plain(word: &str) -> Result<Word, Stopped> {
    Word::new(word).map_err(|_| Stopped::Unexpected("a name of the catalogue is not plain".into()))
}

/// `entra-bundle-CASE-20260915T120000Z`: the bundle's folder, and its file unless `--out` names one.
pub(in crate::commands) fn default_stem(case: Option<&str>, now: OffsetDateTime) -> String {
    let (date, clock) = (now.date(), now.time());
    let case = case.map(|case| format!("{case}-")).unwrap_or_default();
    format!(
        "entra-bundle-{case}{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    )
}

/// The same as the name of a folder.
pub(in crate::commands) fn top_folder(case: Option<&str>, now: OffsetDateTime) -> Result<TopFolder, Stopped> {
    TopFolder::new(&default_stem(case, now)).map_err(|_| Stopped::Unexpected("the folder's name is not plain".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_default_name_holds_case_and_time() {
        let now = datetime!(2026-09-08 07:06:05 UTC);
        assert_eq!(default_stem(Some("260908"), now), "entra-bundle-260908-20260908T070605Z");
        assert_eq!(default_stem(None, now), "entra-bundle-20260908T070605Z");
    }
}
