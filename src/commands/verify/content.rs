//! Unpacks the entries, each once: sum, lines, and what a further check wants to see.

use super::lines::Lines;
use super::{EntryCheck, Verification};
use crate::archive::{Hex, Member, ZipFile};
use crate::limits::TAG_BYTES_MAX;
use crate::spool::EntryPath;
use sha2::{Digest, Sha256};
use std::io;

/// What an entry turned out to be.
pub(super) struct Seen {
    pub(super) bytes: u64,
    pub(super) sha256: Hex,
    /// Lines of a JSON Lines file.
    pub(super) records: Option<u64>,
}

/// Reads a payload file. `None` when it does not unpack; the finding is made here.
pub(super) fn payload(
    zip: &mut ZipFile,
    path: &str,
    member: &Member,
    check: &mut dyn EntryCheck,
    verification: &mut Verification,
) -> io::Result<Option<Seen>> {
    let (mut hash, mut lines) = (Sha256::new(), is_records(path).then(Lines::default));
    check.begin(path);
    let whole = zip.unpack(member, &mut |piece| {
        hash.update(piece);
        match &mut lines {
            Some(lines) => lines.take(piece, &mut |whole| check.piece(whole)),
            None => check.piece(piece),
        }
    })?;
    if let Some(lines) = &mut lines {
        lines.end(&mut |rest| check.piece(rest));
    }
    check.end();
    if let Err(fault) = whole {
        verification.blame(fault.code(), Some(path), fault.to_string());
        return Ok(None);
    }
    if let Some((line, why)) = lines.as_ref().and_then(|lines| lines.bad) {
        verification.blame("record-malformed", Some(path), format!("line {line}: {why}"));
    }
    let records = lines.map(|lines| lines.records);
    Ok(Some(Seen { bytes: member.bytes, sha256: Hex::from_sum(hash.finalize()), records }))
}

/// Whether the manifest counts the file's lines: JSON Lines that are no file of the customer.
fn is_records(path: &str) -> bool {
    EntryPath::new(path).map_or(path.ends_with(".jsonl"), |path| path.is_records())
}

/// Reads a tag file whole. `None` when it does not unpack or is too long; the finding is made here.
pub(super) fn tag(
    zip: &mut ZipFile,
    path: &str,
    member: &Member,
    check: &mut dyn EntryCheck,
    verification: &mut Verification,
) -> io::Result<Option<Vec<u8>>> {
    if member.bytes > TAG_BYTES_MAX {
        verification.blame("zip-bomb", Some(path), "the file is longer than any such file of a bundle");
        return Ok(None);
    }
    let mut content = Vec::new();
    check.begin(path);
    let whole = zip.unpack(member, &mut |piece| {
        content.extend_from_slice(piece);
        check.piece(piece);
    })?;
    check.end();
    if let Err(fault) = whole {
        verification.blame(fault.code(), Some(path), fault.to_string());
        return Ok(None);
    }
    Ok(Some(content))
}
