//! Findings and how they are shown.

use super::LeakReport;
use crate::limits::FINDINGS_MAX;
use crate::sweep::Shape;
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

/// Something that is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// A stable code in kebab case.
    pub code: Cow<'static, str>,
    /// The entry, below the top folder where it is inside one; characters that a bundle cannot have are `?`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What is wrong, and what to do where that differs from asking for a new copy.
    pub message: String,
}

/// What a verification found.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// Empty for a sound bundle. At most [`FINDINGS_MAX`], and one that says so.
    pub findings: Vec<Finding>,
    /// Payload files.
    pub entries: u64,
    /// Records in them.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What the leak check did, if there was a key.
    pub leak_check: Option<LeakReport>,
}

#[derive(serde::Serialize)]
struct Document<'a> {
    ok: bool,
    findings: &'a [Finding],
    entries: u64,
    records: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    leak_check: Option<&'a LeakReport>,
}

impl Verification {
    /// Whether nothing was found.
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn blame(&mut self, code: &'static str, path: Option<&str>, message: impl Into<String>) {
        let path = path.map(legible);
        match self.findings.len() {
            0..FINDINGS_MAX => self.findings.push(Finding { code: code.into(), path, message: message.into() }),
            FINDINGS_MAX => {
                let message = format!("more than {FINDINGS_MAX} findings; the rest is left out");
                self.findings.push(Finding { code: "and-more".into(), path: None, message });
            }
            _ => {}
        }
    }

    pub(super) fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { findings, entries, records, bytes, leak_check } = self;
        let (entries, records, bytes, leak_check) = (*entries, *records, *bytes, leak_check.as_ref());
        let document = Document { ok: self.is_ok(), findings, entries, records, bytes, leak_check };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }

    pub(super) fn write_text(&self, file: &Path, out: &mut dyn Write) -> io::Result<()> {
        let Self { entries, records, bytes, .. } = self;
        if self.is_ok() {
            writeln!(out, "verified: {}", file.display())?;
            writeln!(out, "  {entries} files, {records} records, {bytes} bytes")?;
            writeln!(out, "  every name, length, check sum, count and line agrees; nothing is missing or added")?;
            return self.leak_check.as_ref().map_or(Ok(()), |report| report.write_text(out));
        }
        writeln!(out, "NOT verified: {}", file.display())?;
        for Finding { code, path, message } in &self.findings {
            match path {
                Some(path) => writeln!(out, "  {code}: {path}: {message}")?,
                None => writeln!(out, "  {code}: {message}")?,
            }
        }
        writeln!(out, "Do not rely on this bundle. Get it again from where it was made, and verify it there too.")
    }
}

impl LeakReport {
    /// Says of a clean bundle what the leak check proves, and what not.
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let names = |shapes: &[Shape]| shapes.iter().map(|shape| shape.name()).collect::<Vec<_>>().join(", ");
        if !self.closed_world {
            return writeln!(out, "  leak check: did not run, the bundle's policy is none that this program knows");
        }
        writeln!(out, "  leak check with the key {}: every {}", self.key_id, names(&self.judged))?;
        writeln!(out, "  is a pseudonym of this key, or public; also inside JSON, URLs and base64")?;
        if !self.left_out.is_empty() {
            writeln!(out, "  not judged, as the policy keeps such values: {}", names(&self.left_out))?;
        }
        writeln!(
            out,
            "  not proved: names, ids, SIDs, telephone numbers and IP addresses, which show no form or no check"
        )
    }
}

/// A name from an untrusted zip, safe for a terminal.
pub(super) fn legible(path: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    path.chars().take(200).map(|letter| if plain(letter) { letter } else { '?' }).collect()
}
