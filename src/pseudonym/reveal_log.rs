//! The local log of what was revealed, why and by whom: one JSON line each, chained by hashes.
//!
//! Takes pseudonyms only, never the values behind them. Each line carries the hash of the line before and its own
//! (SHA-256 over the line without its hash), so a line that was changed or removed in the middle shows at the next
//! reveal; the end can still be cut off, which a copy of the last hash elsewhere would show. The file is the
//! owner's alone (0600) and each line is on the medium before anything is revealed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::key::private_folder;
use crate::limits::REVEAL_LINE_BYTES_MAX;

/// One reveal.
#[derive(Clone, Serialize, Deserialize)]
pub struct Entry {
    /// When, RFC 3339, UTC.
    pub time: String,
    /// Account name on this machine.
    pub user: String,
    /// What the user gave as reason.
    pub reason: String,
    /// The pseudonyms that were revealed.
    pub tokens: Vec<String>,
    /// Keyed digests of the texts that were revealed without proof: they may have been real values.
    pub unverified: Vec<String>,
    /// How many texts were not revealed.
    pub refused: usize,
    /// The name of the key.
    pub key_id: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    entry: Entry,
    /// Hash of the line before; empty for the first.
    previous: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    hash: String,
}

/// The log cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("the reveal log {path} cannot be written, so nothing is revealed: {reason}")]
pub struct LogError {
    path: PathBuf,
    reason: std::io::Error,
}

/// What the chain looked like before the new line.
#[derive(Debug, PartialEq, Eq)]
pub enum Chain {
    /// Every line follows from the one before.
    Whole,
    /// This line (counted from 1) does not: somebody changed, removed or damaged a line here.
    BrokenAt(usize),
}

/// Appends an entry, has it written to the medium, and says whether the chain in front of it is whole.
///
/// # Errors
/// [`LogError`] when the file cannot be opened, locked, read or written.
pub fn append(path: &Path, entry: Entry) -> Result<Chain, LogError> {
    let failed = |reason| LogError { path: path.into(), reason };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private_folder(folder).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    // Two reveals at once must not both follow the same line.
    file.lock().map_err(failed)?;
    let (chain, previous, ends_whole) = read_chain(&file).map_err(failed)?;
    let mut line = Line { entry, previous, hash: String::new() };
    line.hash = hash_of(&line).map_err(failed)?;
    let mut text = serde_json::to_string(&line).map_err(|error| failed(error.into()))?;
    text.push('\n');
    if !ends_whole {
        text.insert(0, '\n');
    }
    file.seek(SeekFrom::End(0))
        .and_then(|_| file.write_all(text.as_bytes()))
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    Ok(chain)
}

/// The state of the chain, the hash of the last line, and whether the file ends with a whole line.
fn read_chain(file: &File) -> std::io::Result<(Chain, String, bool)> {
    let mut source = BufReader::new(file);
    let (mut chain, mut previous, mut ends_whole) = (Chain::Whole, String::new(), true);
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        if source.by_ref().take(REVEAL_LINE_BYTES_MAX).read_until(b'\n', &mut text)? == 0 {
            break;
        }
        ends_whole = text.ends_with(b"\n");
        let line = serde_json::from_slice::<Line>(&text).ok();
        let hash = line.as_ref().map(|line| line.hash.clone()).unwrap_or_default();
        let follows = line.is_some_and(|mut line| {
            line.hash.clear();
            line.previous == previous && hash_of(&line).is_ok_and(|expected| expected == hash)
        });
        if !follows && chain == Chain::Whole {
            chain = Chain::BrokenAt(number);
        }
        previous = hash;
    }
    Ok((chain, previous, ends_whole))
}

/// Hash of a line whose `hash` is empty.
fn hash_of(line: &Line) -> std::io::Result<String> {
    let text = serde_json::to_vec(line)?;
    Ok(Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(reason: &str) -> Entry {
        Entry {
            time: "2026-01-01T00:00:00Z".into(),
            user: "someone".into(),
            reason: reason.into(),
            tokens: vec!["px0123456789ab".into()],
            unverified: Vec::new(),
            refused: 0,
            key_id: "0011223344556677".into(),
        }
    }

    #[test]
    fn a_whole_chain_is_whole_and_every_change_shows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("home/reveal-log.jsonl");
        for at in 0..4 {
            assert_eq!(append(&path, entry(&format!("case {at}"))).unwrap(), Chain::Whole);
        }
        let whole = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        let rows = [
            (whole.replace("case 1", "case 9"), 2),
            (format!("{}\n{}\n{}\n", lines[0], lines[2], lines[3]), 2),
            (format!("{}\n{}\n", lines[1], lines[2]), 1),
            (format!("{whole}not json\n"), 5),
            (whole[..whole.len() - 9].to_owned(), 4),
        ];
        for (text, at) in rows {
            std::fs::write(&path, text).unwrap();
            assert_eq!(append(&path, entry("next")).unwrap(), Chain::BrokenAt(at));
            assert_eq!(append(&path, entry("again")).unwrap(), Chain::BrokenAt(at), "it stays visible");
            let last = std::fs::read_to_string(&path).unwrap().lines().last().unwrap().to_owned();
            assert!(serde_json::from_str::<Line>(&last).is_ok(), "the new line stands alone");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_log_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reveal-log.jsonl");
        append(&path, entry("case")).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
