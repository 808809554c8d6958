//! Unpacks the entries, each once: sum, lines, and what a further check wants to see.

use super::lines::Lines;
use super::{EntryCheck, Verification};
use crate::archive::{Hex, Member, ZipFile};
use crate::limits::TAG_BYTES_MAX;
use crate::spool::EntryPath;
use sha2::{Digest, Sha256};
use std::io;
use std::sync::mpsc::{channel, sync_channel};

/// Pieces that wait for their sum: 256 KiB each.
const PIECES_WAITING: usize = 8;

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
    let is_records = is_records(path);
    check.begin(path);
    // The sum and the lines take as long as unpacking: they are another thread's.
    let (whole, sha256, lines) = std::thread::scope(|scope| {
        let (sender, pieces) = sync_channel::<Vec<u8>>(PIECES_WAITING);
        let (used, spare) = channel();
        let reader = scope.spawn(move || {
            let (mut hash, mut lines) = (Sha256::new(), is_records.then(Lines::default));
            for piece in pieces {
                hash.update(&piece);
                lines.iter_mut().for_each(|lines| lines.take(&piece));
                let _ = used.send(piece);
            }
            lines.iter_mut().for_each(Lines::end);
            (hash.finalize(), lines)
        });
        let whole = zip.unpack(member, &mut |piece| {
            let mut buffer: Vec<u8> = spare.try_recv().unwrap_or_default();
            buffer.clear();
            buffer.extend_from_slice(piece);
            let _ = sender.send(buffer);
            check.piece(piece);
        })?;
        drop(sender);
        let (sum, lines) = reader.join().map_err(|_| io::Error::other("a thread stopped"))?;
        Ok::<_, io::Error>((whole, sum, lines))
    })?;
    check.end();
    if let Err(fault) = whole {
        verification.blame(fault.code(), Some(path), fault.to_string());
        return Ok(None);
    }
    if let Some((line, why)) = lines.as_ref().and_then(|lines| lines.bad) {
        verification.blame("record-malformed", Some(path), format!("line {line}: {why}"));
    }
    let records = lines.map(|lines| lines.records);
    Ok(Some(Seen { bytes: member.bytes, sha256: Hex::from_sum(sha256), records }))
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
