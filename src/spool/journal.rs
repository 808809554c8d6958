//! The journal: what the run is, which slices are closed, where their blocks lie, which datasets are whole. A killed run
//! resumes from it.
//!
//! One JSON object a line, appended; payload names, offsets, sums, counts, keyed digests and clean texts, never a value. Order of writes: a block is
//! written before the line that names it. A line is handed to the system at once, so it survives the death of the
//! process; blocks first and then lines are forced to the disk every
//! [`SPOOL_SYNC_BYTES`](crate::limits::SPOOL_SYNC_BYTES) and at the end. A power cut can still keep a line and
//! lose its block: therefore the reader checks the CRC-32 of every block and forgets a slice that fails.

use super::block::Block;
use super::past::{Account, Mark};
use super::{EntryPath, Error};
use crate::pseudonym::NotedTrait;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// What one line says.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Line {
    /// The first line.
    Open {
        version: u32,
        block_bytes: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
    },
    /// A slice is complete: its blocks in order, each with its part.
    Close { entry: EntryPath, slice: u32, blocks: Vec<(u32, Block)> },
    /// A block was made again.
    Replace { entry: EntryPath, slice: u32, part: u32, index: u32, block: Block },
    /// A closed slice was thrown away, to be collected again.
    Discard { entry: EntryPath, slice: u32 },
    /// The dictionary is frozen; its keyed digest.
    Frozen { digest: String },
    /// A fan-out begins; the keyed digest of its objects.
    Parents { entry: EntryPath, digest: String },
    /// What was wrong with values since the last such line.
    Traits { noted: Vec<NotedTrait> },
    /// A dataset is whole.
    Whole { entry: EntryPath, account: Box<Account> },
}

/// The version that this program writes and reads.
const VERSION: u32 = 3;

/// The open journal.
pub(super) struct Journal {
    file: File,
}

impl Journal {
    /// A new journal with its first line.
    pub(super) fn create(path: &Path, mark: Option<&Mark>) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)
            .map_err(|source| Error::Folder { folder: path.to_owned(), source })?;
        let mut journal = Self { file };
        let (version, block_bytes) = (VERSION, crate::limits::BLOCK_BYTES);
        journal.append(&Line::Open { version, block_bytes, mark: mark.cloned() })?;
        Ok(journal)
    }

    /// Appends one line with one write.
    pub(super) fn append(&mut self, line: &Line) -> Result<(), Error> {
        let mut bytes = serde_json::to_vec(line).map_err(|error| Error::Write(error.into()))?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).map_err(|source| Error::writing(source, bytes.len() as u64))
    }

    /// Waits until every line is on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// The lines of a journal, the first included. What was never forced to the disk may be torn, or full of zeros, after a
/// power cut: the journal ends at its first line that is none. Every beginning of a journal is one that a killed run could
/// have left. Of a run that was killed before it had written the first line there is none.
///
/// # Errors
/// [`Error::Journal`] when the first line is not one of this program's.
pub(super) fn read(path: &Path) -> Result<Vec<Line>, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Folder { folder: path.to_owned(), source })?;
    let mut lines = Vec::new();
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(line) = line.strip_suffix(b"\n") else { break };
        match (serde_json::from_slice(line), number) {
            (Ok(line @ Line::Open { version: VERSION, .. }), 0) => lines.push(line),
            // Zeros: the first line did not reach the disk either.
            (Err(_), 0) if line.iter().all(|byte| *byte == 0) => break,
            (_, 0) => return Err(Error::Journal { line: 1 }),
            (Ok(Line::Open { .. }) | Err(_), _) => break,
            (Ok(line), _) => lines.push(line),
        }
    }
    Ok(lines)
}
