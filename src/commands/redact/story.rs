//! What a finished redaction is about: its rows for the manifest, its log, its last words.

use std::fmt::Write as _;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::args::RedactArgs;
use super::walk::FileStory;
use crate::archive::{Hex, Word, Written};
use crate::clock::Clock;
use crate::commands::closing::{State, Story, plain};
use crate::commands::stopped::Stopped;
use crate::commands::words::size;
use crate::files::FileEnd;
use crate::manifest::{
    Case, Dataset, EntryRow, FILES, FileRow, FileState, Format, Manifest, Moment, Run, SourceRow, Tenant, Tool, Window,
};
use crate::pseudonym::CleanText;
use crate::pseudonym::key::MasterKey;
use crate::record::{Encoding, Form, Outcome, RawText};
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
            datasets: vec![dataset(&files)?],
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
        file.is_some_and(|file| {
            file.encoding == Encoding::Utf8 && matches!(file.form, Some(Form::Text | Form::JsonLines))
        })
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

fn row(file: &FileStory, state: &State<'_>) -> Result<FileRow<CleanText>, Stopped> {
    let (file_state, reason, bytes, sha256) = match &file.end {
        FileEnd::Whole { bytes, repaired } => {
            let text = "{} bytes are no characters in the file's encoding and were written as the nearest ones";
            let reason = (*repaired > 0).then(|| CleanText::filled(text, &[CleanText::number(*repaired)]));
            (FileState::Whole, reason, *bytes, None)
        }
        FileEnd::Damaged { reason } => (FileState::Damaged, Some(CleanText::fixed(reason)), 0, None),
        FileEnd::Withheld { reason, bytes, sha256 } => {
            (FileState::Withheld, Some(CleanText::fixed(reason)), *bytes, sha256.map(Hex::from_sum))
        }
    };
    let mut row = FileRow {
        name: file.name.clone(),
        state: file_state,
        reason,
        form: file.form.map(form).transpose()?,
        unpacked_from: file.unpacked_from.map(plain).transpose()?,
        bytes,
        records: file.records,
        sha256,
        entry: file.entry.clone(),
        import: None,
    };
    let Some(entry) = &file.entry else { return Ok(row) };
    if let Some(lines) = state.withheld.lines.get(entry) {
        let text = "{} lines are withheld: the leak check still found identifiers in them; a mark stands for each";
        row.state = FileState::Damaged;
        row.reason = Some(CleanText::filled(text, &[CleanText::number(*lines)]));
    } else if state.withheld.files.contains(entry) {
        row.state = FileState::Withheld;
        row.reason = Some(CleanText::fixed("the leak check still found identifiers in it"));
        (row.records, row.entry) = (0, None);
    }
    Ok(row)
}

fn form(form: Form) -> Result<Word, Stopped> {
    plain(match form {
        Form::JsonLines => "json-lines",
        Form::Json => "json",
        Form::Csv => "csv",
        Form::Xml => "xml",
        Form::Ldif => "ldif",
        Form::Registry => "registry",
        Form::Text => "text",
    })
}

/// All files as one row among the datasets, so that the bundle has one verdict.
fn dataset(files: &[FileRow<CleanText>]) -> Result<Dataset<CleanText>, Stopped> {
    let missing = files.iter().filter(|file| file.state != FileState::Whole).count();
    let outcome = match missing {
        0 => Outcome::Complete,
        all if all == files.len() && files.iter().all(|file| file.state == FileState::Withheld) => Outcome::Failed,
        _ => Outcome::Partial,
    };
    let count = |number: usize| CleanText::number(number as u64);
    Ok(Dataset {
        id: plain(FILES)?,
        category: None,
        outcome,
        reason: (missing > 0).then(|| {
            CleanText::filled("{} of {} files are withheld or damaged", &[count(missing), count(files.len())])
        }),
        hint: (missing > 0).then(|| CleanText::fixed("manifest.json says under files which ones and why")),
        records: files.iter().map(|file| file.records).sum(),
        expected: None,
        duplicates: 0,
        pages: 0,
        retries: 0,
        slices: None,
        source: SourceRow { kind: plain("file")?, request: CleanText::fixed("redact"), permission: None },
        sources: Vec::new(),
        window: None,
        first: None,
        last: None,
        entry: None,
        error: None,
    })
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
