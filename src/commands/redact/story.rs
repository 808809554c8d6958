//! What a finished redaction is about: its rows for the manifest, its log, its last words.

use std::fmt::Write as _;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::args::RedactArgs;
use crate::archive::Written;
use crate::clock::Clock;
use crate::commands::closing::{State, Story, plain};
use crate::commands::plain::{FileStory, dataset, row};
use crate::commands::stopped::Stopped;
use crate::commands::words::size;
use crate::manifest::{Case, EntryRow, FileRow, FileState, Format, Manifest, Moment, Run, Tenant, Tool, Window};
use crate::pseudonym::CleanText;
use crate::pseudonym::key::MasterKey;
use crate::record::RawText;
use crate::report::grouped;
use crate::spool::EntryPath;

/// The run, told for the manifest and the log.
pub(super) struct Telling<'a> {
    pub(super) args: &'a RedactArgs,
    pub(super) key: &'a MasterKey,
    pub(super) started: OffsetDateTime,
    pub(super) clock: Clock,
    pub(super) files: Vec<FileStory>,
}

impl Story for Telling<'_> {
    fn manifest(&self, state: &State<'_>) -> Result<Manifest<CleanText>, Stopped> {
        let clean = |text: &str| state.gate.clean_text(&RawText::new(text));
        let files = self.rows(state)?;
        Ok(Manifest {
            format: Format::default(),
            tool: Tool::this(),
            case: Case { id: self.args.case.as_deref().map(clean), profiles: Vec::new() },
            tenant: Tenant { id: self.args.tenant.as_deref().map(clean), cloud: plain("global")? },
            window: Window { since: None, until: None },
            run: Run {
                started: Moment(self.started),
                ended: Moment(self.clock.now()),
                resumed: false,
                interrupted: false,
                requests: 0,
                retries: 0,
                throttled: 0,
            },
            privacy: state.privacy(self.key)?,
            datasets: vec![dataset(&files, "redact")?],
            files,
            entries: state.sealed.iter().map(EntryRow::from).collect(),
        })
    }

    /// One line for the run, one for each file.
    fn run_log(&self, state: &State<'_>) -> Result<Vec<Vec<u8>>, Stopped> {
        let time = |instant: OffsetDateTime| instant.format(&Rfc3339).unwrap_or_default();
        let mut lines = vec![serde_json::json!({
            "time": time(self.started), "event": "run started", "version": env!("CARGO_PKG_VERSION"),
            "policy": state.gate.policy().name(),
        })];
        lines.extend(self.rows(state)?.iter().enumerate().map(|(number, file)| {
            serde_json::json!({
                "event": "file ended", "file": number + 1, "state": file.state, "form": file.form, "bytes": file.bytes,
                "records": file.records, "reason": file.reason.as_ref().map(CleanText::as_str),
            })
        }));
        lines.push(serde_json::json!({"time": time(self.clock.now()), "event": "run ended"}));
        Ok(lines.iter().map(|line| line.to_string().into_bytes()).collect())
    }

    fn has_lines(&self, entry: &EntryPath) -> bool {
        let file = self.files.iter().find(|file| file.entry.as_ref() == Some(entry));
        file.is_some_and(FileStory::has_lines)
    }

    /// Everything is learnt before the first file is cleaned.
    fn is_early(&self, _: &EntryPath) -> bool {
        false
    }
}

impl Telling<'_> {
    fn rows(&self, state: &State<'_>) -> Result<Vec<FileRow<CleanText>>, Stopped> {
        self.files.iter().map(|file| row(file, state)).collect()
    }
}

/// The last words on stderr.
pub(super) fn summary(manifest: &Manifest<CleanText>, written: &Written) -> String {
    let mut text = String::new();
    let records: u64 = manifest.datasets.iter().map(|dataset| dataset.records).sum();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{} files, {} lines or records", grouped(manifest.files.len() as u64), grouped(records));
    for file in manifest.files.iter().filter(|file| file.state != FileState::Whole) {
        let state = if file.state == FileState::Withheld { "withheld" } else { "damaged" };
        let _ = writeln!(text, "  {} is {state}: {}", file.name, file.reason.as_ref().map_or("", CleanText::as_str));
    }
    let _ = writeln!(text, "{}  ({})", written.path.display(), size(written.bytes as f64));
    let _ = writeln!(text, "SHA-256 {}", written.sha256.as_str());
    let _ = writeln!(text, "Check it: entra-bundle verify {}", written.path.display());
    text
}
