//! A spool entry, dressed as a zip with one entry.
//!
//! The `zip` crate takes already compressed bytes only from a zip that it reads. So this adapter shows the spooled
//! runs between a local header and a central directory (APPNOTE 6.3.10 §4.3), without copying them anywhere.

use crate::spool::{STREAM_END, SealedEntry, Spool};
use std::io::{self, Read, Seek, SeekFrom};

/// Sizes from here on are written as ZIP64.
const ZIP64_BYTES: u64 = 0xFFFF_FFFF;
/// `S_IFREG | 0644`, in the place where Unix keeps it.
pub(super) const REGULAR_0644: u32 = 0o100_644 << 16;

/// A zip that exists only while it is read.
pub(super) struct OneEntryZip<'a> {
    spool: &'a Spool,
    head: Vec<u8>,
    /// Start of each run in the zip, its place in the segment file, its length.
    runs: Vec<(u64, u64, u32)>,
    /// The run that is being read, and which it is.
    open: Option<(usize, Vec<u8>)>,
    tail: Vec<u8>,
    tail_start: u64,
    at: u64,
}

impl<'a> OneEntryZip<'a> {
    /// Dresses `entry` with the DOS time `(date, time)`.
    pub(super) fn new(spool: &'a Spool, entry: &SealedEntry, dos: (u16, u16)) -> Self {
        let large = is_large(entry);
        let head = header(entry, dos, large, false);
        let mut start = head.len() as u64;
        let runs = entry
            .pieces()
            .iter()
            .map(|(offset, length)| {
                let run = (start, *offset, *length);
                start += u64::from(*length);
                run
            })
            .collect();
        let mut tail = STREAM_END.to_vec();
        let directory_start = start + tail.len() as u64;
        let directory = header(entry, dos, large, true);
        let directory_bytes = directory.len() as u64;
        tail.extend(directory);
        tail.extend(ending(directory_start, directory_bytes));
        Self { spool, head, runs, tail, tail_start: start, at: 0, open: None }
    }

    fn len(&self) -> u64 {
        self.tail_start + self.tail.len() as u64
    }
}

/// Whether the entry needs ZIP64.
pub(super) fn is_large(entry: &SealedEntry) -> bool {
    entry.bytes().max(entry.compressed_bytes()) >= ZIP64_BYTES
}

/// The local header, or with `central` the directory's, of an entry that is named `x`.
fn header(entry: &SealedEntry, (date, time): (u16, u16), large: bool, central: bool) -> Vec<u8> {
    let (needed, sizes) =
        if large { (45u16, [u32::MAX; 2]) } else { (20, [entry.compressed_bytes() as u32, entry.bytes() as u32]) };
    let mut out = Vec::with_capacity(80);
    out.extend(if central { 0x0201_4b50_u32 } else { 0x0403_4b50 }.to_le_bytes());
    if central {
        out.extend((3u16 << 8 | needed).to_le_bytes());
    }
    for field in [needed, 0, 8, time, date] {
        out.extend(field.to_le_bytes());
    }
    for field in [entry.crc(), sizes[0], sizes[1]] {
        out.extend(field.to_le_bytes());
    }
    out.extend(1u16.to_le_bytes());
    out.extend(if large { 20u16 } else { 0 }.to_le_bytes());
    if central {
        out.extend([0; 6]);
        out.extend(REGULAR_0644.to_le_bytes());
        out.extend(0u32.to_le_bytes());
    }
    out.push(b'x');
    if large {
        out.extend(1u16.to_le_bytes());
        out.extend(16u16.to_le_bytes());
        out.extend(entry.bytes().to_le_bytes());
        out.extend(entry.compressed_bytes().to_le_bytes());
    }
    out
}

/// The end of the directory, with its ZIP64 forerunners when the place needs them.
fn ending(start: u64, bytes: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(98);
    if start >= ZIP64_BYTES {
        out.extend(0x0606_4b50_u32.to_le_bytes());
        out.extend(44u64.to_le_bytes());
        out.extend([45, 3, 45, 0]);
        out.extend([0; 8]);
        for field in [1, 1, bytes, start] {
            out.extend(field.to_le_bytes());
        }
        out.extend(0x0706_4b50_u32.to_le_bytes());
        out.extend(0u32.to_le_bytes());
        out.extend((start + bytes).to_le_bytes());
        out.extend(1u32.to_le_bytes());
    }
    out.extend(0x0605_4b50_u32.to_le_bytes());
    out.extend([0, 0, 0, 0, 1, 0, 1, 0]);
    out.extend((bytes as u32).to_le_bytes());
    out.extend(u32::try_from(start).unwrap_or(u32::MAX).to_le_bytes());
    out.extend([0, 0]);
    out
}

impl Read for OneEntryZip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let from_slice = |slice: &[u8], start: u64, buffer: &mut [u8]| {
            let rest = usize::try_from(start).ok().and_then(|start| slice.get(start..)).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            count
        };
        let count = if self.at < self.head.len() as u64 {
            from_slice(&self.head, self.at, buffer)
        } else if self.at >= self.tail_start {
            from_slice(&self.tail, self.at - self.tail_start, buffer)
        } else {
            let next = self.runs.partition_point(|(start, ..)| *start <= self.at);
            let found = next.checked_sub(1).and_then(|number| Some((number, *self.runs.get(number)?)));
            let (number, (start, offset, length)) = found.ok_or(io::ErrorKind::UnexpectedEof)?;
            let run = match self.open.take() {
                Some((open, run)) if open == number => run,
                _ => self.spool.segments().read(offset, length)?,
            };
            let count = from_slice(&run, self.at - start, buffer);
            self.open = Some((number, run));
            count
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for OneEntryZip<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(step) => self.len().checked_add_signed(step),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
