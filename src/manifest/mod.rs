//! The manifest: what was asked, what came, what is missing and why.
//!
//! Takes typed facts whose texts have been through the gate, gives `manifest.json`; reads one back. The published
//! schema is `packaging/manifest.schema.json`. Additive changes raise `minor`, and a reader ignores what it does not
//! know; anything else raises `major`, and an older reader says so instead of guessing. Never reads a record.

mod parts;
mod read;

pub use parts::{
    Case, Dataset, EntryRow, FileRow, FileState, ImportRow, LeakCheck, Moment, Privacy, Refusal, RejectionRow, Run,
    SourcePart, SourceRow, Tenant, Text, Tool, Window,
};
pub use read::ReadError;

use crate::archive::{CleanDocument, Word};
use crate::pseudonym::CleanText;
use serde::{Deserialize, Serialize};

/// The format's name.
pub const FORMAT: &str = "entra-bundle";
/// Raised when an older reader could misread.
pub const MAJOR: u32 = 1;
/// Raised when something is added. 1: `privacy.keep`, `files`; 2: `files[].import`, `datasets[].sources`.
pub const MINOR: u32 = 2;
/// The file's name in the top folder.
pub const FILE_NAME: &str = "manifest.json";

/// The id under which all redacted files stand among the datasets; each has its row in [`Manifest::files`].
pub const FILES: &str = "files";

/// Name and version of the format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// Always [`FORMAT`].
    pub name: Word,
    /// See [`MAJOR`].
    pub major: u32,
    /// See [`MINOR`].
    pub minor: u32,
}

impl Default for Format {
    fn default() -> Self {
        Self { name: Word::of(FORMAT), major: MAJOR, minor: MINOR }
    }
}

/// The whole of `manifest.json`. `T` is [`CleanText`] when it is written and [`String`] when it is read.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct Manifest<T> {
    /// The format.
    pub format: Format,
    /// The program.
    pub tool: Tool,
    /// The support case and the asked-for profiles.
    pub case: Case<T>,
    /// The tenant.
    pub tenant: Tenant<T>,
    /// The asked-for time window.
    pub window: Window,
    /// The run.
    pub run: Run,
    /// What was done for privacy.
    pub privacy: Privacy<T>,
    /// Every planned dataset, in plan order.
    pub datasets: Vec<Dataset<T>>,
    /// Every payload file, sorted by path.
    pub entries: Vec<EntryRow>,
    /// Every file of the customer that was redacted, in the order of reading; left out when there is none.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileRow<T>>,
}

impl<T> Manifest<T> {
    /// Records in the bundle: those of a file that was imported lie and count in their own datasets.
    pub fn records(&self) -> u64 {
        let all: u64 = self.datasets.iter().map(|dataset| dataset.records).sum();
        let elsewhere: u64 = self.files.iter().filter(|file| file.entry.is_none()).map(|file| file.records).sum();
        all.saturating_sub(elsewhere)
    }
}

impl Manifest<CleanText> {
    /// The tag file.
    ///
    /// # Errors
    /// When JSON cannot be written, which no value of these types causes.
    pub fn document(&self) -> Result<CleanDocument, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(CleanDocument::assembled(FILE_NAME, bytes))
    }
}

#[cfg(test)]
pub(crate) mod tests;
