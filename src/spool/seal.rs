//! Seals payload files: joins small blocks, takes the sums of each file in one pass, in order, with many threads.
//!
//! Takes the blocks of an entry, gives a [`SealedEntry`]. Neighbouring blocks that fit into one are compressed
//! again as one (fan-out slices are often a few hundred bytes); the rest is used as it lies. The SHA-256 is that of
//! the bytes that a reader will unpack, because they are unpacked here, not remembered from before.

use super::block::{Block, Deflater};
use super::segment::Segments;
use super::{EntryPath, Error, Spool, lock};
use crate::limits::BLOCK_BYTES;
use sha2::{Digest, Sha256};
use std::io;
use std::sync::mpsc::sync_channel;

/// A payload file, ready for the archive.
pub struct SealedEntry {
    path: EntryPath,
    bytes: u64,
    records: u64,
    crc: u32,
    sha256: [u8; 32],
    compressed_bytes: u64,
    /// Offset and length of each run in the segment file.
    pieces: Vec<(u64, u32)>,
}

impl SealedEntry {
    /// Its path.
    pub fn path(&self) -> &EntryPath {
        &self.path
    }

    /// Length of the unpacked file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Records of a JSON Lines file; `None` for other texts.
    pub fn records(&self) -> Option<u64> {
        self.path.is_records().then_some(self.records)
    }

    /// CRC-32 of the unpacked file.
    pub fn crc(&self) -> u32 {
        self.crc
    }

    /// SHA-256 of the unpacked file.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Length of the deflate stream, [`STREAM_END`](super::STREAM_END) included.
    pub fn compressed_bytes(&self) -> u64 {
        self.compressed_bytes
    }

    pub(crate) fn pieces(&self) -> &[(u64, u32)] {
        &self.pieces
    }

    #[cfg(test)]
    pub(crate) fn repeat_pieces(&mut self, times: u64) {
        self.pieces = std::iter::repeat_n(self.pieces.clone(), times as usize).flatten().collect();
        let end = super::STREAM_END.len() as u64;
        self.compressed_bytes = (self.compressed_bytes - end) * times + end;
        let once = crc32fast::Hasher::new_with_initial_len(self.crc, self.bytes);
        let mut crc = crc32fast::Hasher::new();
        (0..times).for_each(|_| crc.combine(&once));
        self.crc = crc.finalize();
        self.bytes *= times;
    }
}

/// Blocks that become one run, with the slice that an error names.
type Group = Vec<(u32, Block)>;

/// A group's run and its unpacked bytes.
struct Joined {
    raw: Vec<u8>,
    run: Block,
}

impl Spool {
    /// Seals every payload file that holds at least one byte, in the order of their paths. Uses `threads` threads
    /// and about 4 MiB for each.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Misuse`] when a worker still writes; errors of the disk.
    pub fn seal(&self, threads: usize) -> Result<Vec<SealedEntry>, Error> {
        let mut sealed = Vec::new();
        for entry in self.entries() {
            let groups = self.groups(&entry)?;
            if !groups.is_empty() {
                sealed.push(self.seal_entry(entry, &groups, threads.max(1))?);
            }
        }
        self.commit()?;
        Ok(sealed)
    }

    fn groups(&self, entry: &EntryPath) -> Result<Vec<Group>, Error> {
        let state = lock(&self.state);
        let mut groups: Vec<Group> = Vec::new();
        let mut room_bytes = 0;
        for (number, slice) in state.entries.get(entry).into_iter().flatten() {
            if let Some((part, _)) = slice.parts.iter().find(|(_, blocks)| blocks.is_none()) {
                let order = super::Order { slice: *number, part: *part };
                return Err(Error::misuse(entry, order, "it is still being written"));
            }
            for (_, block) in slice.blocks() {
                match groups.last_mut() {
                    Some(group) if block.bytes as usize <= room_bytes => group.push((*number, *block)),
                    _ => {
                        room_bytes = BLOCK_BYTES;
                        groups.push(vec![(*number, *block)]);
                    }
                }
                room_bytes = room_bytes.saturating_sub(block.bytes as usize);
            }
        }
        Ok(groups)
    }

    /// The threads unpack the groups in turn; here they are hashed in order, while the next ones are unpacked.
    fn seal_entry(&self, path: EntryPath, groups: &[Group], threads: usize) -> Result<SealedEntry, Error> {
        let (mut hash, mut crc) = (Sha256::new(), crc32fast::Hasher::new());
        let mut pieces = Vec::with_capacity(groups.len());
        let (mut bytes, mut records, mut compressed_bytes) = (0, 0, super::STREAM_END.len() as u64);
        let threads = threads.min(groups.len());
        let path_of = &path;
        std::thread::scope(|scope| {
            let unpack = |worker: usize| {
                let (sender, joined) = sync_channel(1);
                scope.spawn(move || {
                    let mut deflater = self.deflater();
                    let mine = groups.iter().skip(worker).step_by(threads);
                    // Nobody takes one when the sealing has failed.
                    let _ = mine
                        .map(|group| self.join(path_of, group, &mut deflater))
                        .try_for_each(|joined| sender.send(joined));
                    lock(&self.deflaters).push(deflater);
                });
                joined
            };
            let queues: Vec<_> = (0..threads).map(unpack).collect();
            for queue in queues.iter().cycle().take(groups.len()) {
                let joined = queue.recv().map_err(|_| Error::Read(io::Error::other("a worker stopped")))?;
                let Joined { raw, run } = joined?;
                hash.update(&raw);
                crc.combine(&crc32fast::Hasher::new_with_initial_len(run.crc, u64::from(run.bytes)));
                bytes += u64::from(run.bytes);
                records += u64::from(run.records);
                compressed_bytes += u64::from(run.compressed_bytes);
                pieces.push((run.offset, run.compressed_bytes));
            }
            Ok::<_, Error>(())
        })?;
        let (crc, sha256) = (crc.finalize(), hash.finalize().into());
        Ok(SealedEntry { path, bytes, records, crc, sha256, compressed_bytes, pieces })
    }

    fn join(&self, entry: &EntryPath, group: &Group, deflater: &mut Deflater) -> Result<Joined, Error> {
        let mut raw = Vec::with_capacity(group.iter().map(|(_, block)| block.bytes as usize).sum::<usize>() + 1);
        for (slice, block) in group {
            self.unpack(entry, *slice, block, &mut raw)?;
        }
        if let [(_, run)] = group.as_slice() {
            return Ok(Joined { raw, run: *run });
        }
        let records = group.iter().map(|(_, block)| u64::from(block.records)).sum();
        let slice = group.first().map_or(0, |(slice, _)| *slice);
        let run = self.write_block(deflater, &raw, records)?;
        let run = run.ok_or_else(|| Error::Damaged { entry: entry.as_str().to_owned(), slice })?;
        Ok(Joined { raw, run })
    }

    pub(crate) fn segments(&self) -> &Segments {
        &self.segments
    }
}
