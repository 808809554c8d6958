//! Names of redacted files in the bundle: `data/files/` and what the gate leaves of the name, in characters that every
//! system can unpack, unique also where case does not count.
//!
//! Takes a raw name with `/` between folders, gives the clean name for the manifest and the payload path. Works through
//! the files in their order, so the same files get the same names.

use std::collections::HashSet;

use crate::limits::ENTRY_PATH_CHARS_MAX;
use crate::pseudonym::{CleanText, Gate};
use crate::record::RawText;
use crate::spool::EntryPath;

/// The names given so far, lower case, and their folders.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// The clean name of a file, and its path; none when 100,000 files are called alike.
    pub(super) fn entry(&mut self, gate: &Gate, name: &RawText, number: u32) -> (CleanText, Option<EntryPath>) {
        let clean = gate.clean_path(name);
        let parts: Vec<String> = clean.as_str().split('/').map(plain).filter(|part| !part.is_empty()).collect();
        let mut path = format!("data/files/{}", parts.join("/"));
        if parts.is_empty() || path.len() > ENTRY_PATH_CHARS_MAX - 8 {
            let ending = parts.last().and_then(|last| last.rsplit_once('.')).map_or("", |(_, ending)| ending);
            let ending = if ending.is_empty() || ending.len() > 16 { "txt" } else { ending };
            path = format!("data/files/file-{}.{ending}", number + 1);
        }
        let (stem, ending) = match path.rsplit_once('.') {
            Some((stem, ending)) if !ending.contains('/') && !stem.ends_with('/') => (stem, format!(".{ending}")),
            _ => (path.as_str(), String::new()),
        };
        let candidates = std::iter::once(path.clone()).chain((2..100_000).map(|n| format!("{stem}-{n}{ending}")));
        for candidate in candidates {
            if let Ok(entry) = EntryPath::new(&candidate)
                && self.take(&candidate)
            {
                return (clean, Some(entry));
            }
            if candidate == path && EntryPath::new(&path).is_err() {
                let plain = format!("data/files/file-{}.txt", number + 1);
                self.take(&plain);
                return (clean, EntryPath::new(&plain).ok());
            }
        }
        (clean, None)
    }

    /// A file must not be called like a folder, nor a folder like a file.
    fn take(&mut self, path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let folders: Vec<String> =
            lower.match_indices('/').skip(1).map(|(at, _)| format!("{}/", &lower[..at])).collect();
        let is_folder = self.taken.contains(&format!("{lower}/"));
        let in_file = folders.iter().any(|folder| self.taken.contains(folder.trim_end_matches('/')));
        if is_folder || in_file || !self.taken.insert(lower) {
            return false;
        }
        self.taken.extend(folders);
        true
    }
}

/// One part of a path in plain characters.
fn plain(part: &str) -> String {
    let kept = |symbol: char| if symbol.is_ascii_alphanumeric() || "._-".contains(symbol) { symbol } else { '_' };
    let plain: String = part.chars().map(kept).collect();
    plain.trim_end_matches('.').to_owned()
}
