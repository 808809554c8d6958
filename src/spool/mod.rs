//! The spool: clean records as compressed blocks on the disk, until the archive takes them.
//!
//! Takes [`CleanBatch`]es from any number of workers, gives [`SealedEntry`]s: per payload file one valid deflate
//! stream in pieces, with its length, CRC-32, SHA-256 and record count. Nothing raw comes here, because only the
//! pseudonym room makes a `CleanBatch`. Each batch is cut into blocks where it is appended, so that blocks depend on
//! nothing but (entry, slice, part) and their content: many workers give the same bytes as one, and no block stays
//! open in memory. Small blocks are joined when the entry is sealed.
//!
//! The folder `<out>.spool/` (mode 0700) holds `blocks`, which nobody can read without the key, and `journal.jsonl`; it is
//! removed when the bundle stands.

mod block;
mod cover;
mod error;
mod folder;
mod journal;
mod past;
mod path;
mod resume;
mod seal;
mod segment;

use crate::limits::{BLOCK_BYTES, SPOOL_SYNC_BYTES};
use crate::pseudonym::CleanBatch;
use block::{Block, Deflater};
use folder::{private_folder, sync_names};
use journal::{Journal, Line};
use segment::{Segments, lock};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub use block::{Compression, STREAM_END};
pub use cover::SpoolKey;
pub use error::Error;
pub(crate) use error::is_full;
pub use past::{Account, Mark, PartAccount, Past};
pub use path::{EntryPath, PathError, check as check_path};
pub use seal::SealedEntry;

/// Where a batch belongs in its payload file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Order {
    /// The slice of the dataset, from 0 in plan order.
    pub slice: u32,
    /// The part of the slice (a page, a stretch of a file), from 0.
    pub part: u32,
}

/// Names one block for the sweep.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlockId {
    entry: EntryPath,
    order: Order,
    index: u32,
}

impl BlockId {
    /// The payload file that it belongs to.
    pub fn entry(&self) -> &EntryPath {
        &self.entry
    }
}

/// One block read back: whole lines.
pub struct CleanBlock {
    bytes: Vec<u8>,
    records: u64,
}

impl CleanBlock {
    /// The lines.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many records they are; 0 in a payload file that is not JSON Lines.
    pub fn records(&self) -> u64 {
        self.records
    }
}

/// The blocks of a slice by part; `None` while a worker still compresses that part.
#[derive(Default)]
struct Slice {
    closed: bool,
    parts: BTreeMap<u32, Option<Vec<Block>>>,
}

impl Slice {
    fn blocks(&self) -> impl Iterator<Item = (u32, &Block)> {
        self.parts.iter().flat_map(|(part, blocks)| blocks.iter().flatten().map(move |block| (*part, block)))
    }
}

#[derive(Default)]
struct State {
    entries: BTreeMap<EntryPath, BTreeMap<u32, Slice>>,
    unsynced_bytes: u64,
}

/// The spool of one run. All methods may be called from many threads.
pub struct Spool {
    folder: PathBuf,
    /// A later run can go on with it.
    is_lasting: bool,
    segments: Segments,
    journal: Mutex<Journal>,
    state: Mutex<State>,
    deflaters: Mutex<Vec<Deflater>>,
    compression: Compression,
}

impl Spool {
    /// Makes the folder and an empty spool in it, with a key that ends with the value: nobody can go on with it.
    ///
    /// # Errors
    /// [`Error::Exists`] when the folder is there, [`Error::Folder`] when it cannot be made.
    pub fn create(folder: &Path) -> Result<Self, Error> {
        let key = SpoolKey::once().map_err(|source| Error::Folder { folder: folder.to_owned(), source })?;
        let mut spool = Self::begin(folder, None, &key)?;
        spool.is_lasting = false;
        Ok(spool)
    }

    /// The same; `mark` says which run it is, so that it can go on after a kill with the same key.
    ///
    /// # Errors
    /// As [`Spool::create`].
    pub fn begin(folder: &Path, mark: Option<&Mark>, key: &SpoolKey) -> Result<Self, Error> {
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::AlreadyExists => Error::Exists { folder: folder.to_owned() },
            _ if is_full(&source) => Error::DiskFull { needed_bytes: BLOCK_BYTES as u64 },
            _ => Error::Folder { folder: folder.to_owned(), source },
        };
        private_folder().create(folder).map_err(failed)?;
        let segments = Segments::create(&folder.join("blocks"), key).map_err(failed)?;
        let journal = Journal::create(&folder.join("journal.jsonl"), mark)?;
        sync_names(folder);
        Ok(Self::assemble(folder, segments, journal, State::default()))
    }

    fn assemble(folder: &Path, segments: Segments, journal: Journal, state: State) -> Self {
        let (journal, state, deflaters) = (Mutex::new(journal), Mutex::new(state), Mutex::default());
        let (folder, compression) = (folder.to_owned(), Compression::default());
        Self { folder, is_lasting: true, segments, journal, state, deflaters, compression }
    }

    /// The same spool; blocks from now on are made so small.
    #[must_use]
    pub fn compressing(mut self, compression: Compression) -> Self {
        self.compression = compression;
        lock(&self.deflaters).clear();
        self
    }

    fn deflater(&self) -> Deflater {
        lock(&self.deflaters).pop().unwrap_or_else(|| Deflater::new(self.compression))
    }

    /// Compresses a batch and writes it. Blocking: disk and CPU. Parts may come in any order, each once.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Write`], or [`Error::Misuse`] for a part that came twice, a closed slice, or
    /// lines that are not as many as the batch says.
    pub fn append(&self, entry: &EntryPath, order: Order, batch: CleanBatch) -> Result<(), Error> {
        if entry.is_records() && !is_lines(&batch) {
            return Err(Error::misuse(entry, order, "a batch is not the lines it says"));
        }
        self.reserve(entry, order)?;
        let written = self.write_blocks(entry, order, batch.bytes());
        let mut state = lock(&self.state);
        let parts = state.entries.get_mut(entry).and_then(|slices| Some(&mut slices.get_mut(&order.slice)?.parts));
        let Some(parts) = parts else { return Err(Error::misuse(entry, order, "its slice was discarded meanwhile")) };
        match written {
            Ok(blocks) => {
                let bytes: u64 = blocks.iter().map(|block| u64::from(block.compressed_bytes)).sum();
                parts.insert(order.part, Some(blocks));
                state.unsynced_bytes += bytes;
                Ok(())
            }
            Err(error) => {
                parts.remove(&order.part);
                Err(error)
            }
        }
    }

    fn reserve(&self, entry: &EntryPath, order: Order) -> Result<(), Error> {
        let mut state = lock(&self.state);
        let slice = state.entries.entry(entry.clone()).or_default().entry(order.slice).or_default();
        if slice.closed {
            return Err(Error::misuse(entry, order, "its slice is closed"));
        }
        match slice.parts.insert(order.part, None) {
            None => Ok(()),
            Some(before) => {
                slice.parts.insert(order.part, before);
                Err(Error::misuse(entry, order, "it came twice"))
            }
        }
    }

    fn write_blocks(&self, entry: &EntryPath, order: Order, bytes: &[u8]) -> Result<Vec<Block>, Error> {
        let mut deflater = self.deflater();
        let blocks = block::cut(bytes)
            .map(|raw| {
                let records = if entry.is_records() { memchr::memchr_iter(b'\n', raw).count() } else { 0 };
                self.write_block(&mut deflater, raw, records as u64)?
                    .ok_or_else(|| Error::misuse(entry, order, "a record is too long for a block"))
            })
            .collect();
        lock(&self.deflaters).push(deflater);
        blocks
    }

    /// `None` for a block that a `u32` cannot measure.
    fn write_block(&self, deflater: &mut Deflater, raw: &[u8], records: u64) -> Result<Option<Block>, Error> {
        let unmeasured = |_| Error::Write(std::io::ErrorKind::InvalidData.into());
        let run = deflater.deflate(raw).map_err(unmeasured)?;
        let (Ok(bytes), Ok(compressed_bytes), Ok(records)) =
            (u32::try_from(raw.len()), u32::try_from(run.len()), u32::try_from(records))
        else {
            return Ok(None);
        };
        let offset = self.segments.append(run)?;
        Ok(Some(Block { offset, compressed_bytes, bytes, crc: crc32fast::hash(raw), records }))
    }

    /// Declares a slice complete: a resumed run will not collect it again. A slice may be empty.
    ///
    /// # Errors
    /// [`Error::Misuse`] when a part is missing or still being written; errors of the disk.
    pub fn close_slice(&self, entry: &EntryPath, slice: u32) -> Result<(), Error> {
        let mut state = lock(&self.state);
        let open = state.entries.entry(entry.clone()).or_default().entry(slice).or_default();
        let whole = open.parts.iter().enumerate().all(|(at, (part, blocks))| *part as usize == at && blocks.is_some());
        if !whole {
            return Err(Error::misuse(entry, Order { slice, part: 0 }, "a slice is closed before its parts are there"));
        }
        open.closed = true;
        let blocks = open.blocks().map(|(part, block)| (part, *block)).collect();
        let sync = state.unsynced_bytes >= SPOOL_SYNC_BYTES;
        drop(state);
        lock(&self.journal).append(&Line::Close { entry: entry.clone(), slice, blocks })?;
        if sync { self.commit() } else { Ok(()) }
    }

    /// Throws a slice away, closed or not, so that it can be collected again from its first part.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn discard_slice(&self, entry: &EntryPath, slice: u32) -> Result<(), Error> {
        let removed = lock(&self.state).entries.get_mut(entry).and_then(|slices| slices.remove(&slice));
        match removed {
            Some(Slice { closed: true, .. }) => {
                lock(&self.journal).append(&Line::Discard { entry: entry.clone(), slice })
            }
            _ => Ok(()),
        }
    }

    /// Forces blocks and then the journal to the disk.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn commit(&self) -> Result<(), Error> {
        let unsynced_bytes = std::mem::take(&mut lock(&self.state).unsynced_bytes);
        let failed = |source| Error::writing(source, unsynced_bytes);
        self.segments.sync().map_err(failed)?;
        lock(&self.journal).sync().map_err(failed)
    }

    /// The payload files that have at least one slice.
    pub fn entries(&self) -> Vec<EntryPath> {
        lock(&self.state).entries.keys().cloned().collect()
    }

    /// The slices of a payload file that are closed.
    pub fn closed_slices(&self, entry: &EntryPath) -> Vec<u32> {
        let state = lock(&self.state);
        let slices = state.entries.get(entry).into_iter().flatten();
        slices.filter(|(_, slice)| slice.closed).map(|(number, _)| *number).collect()
    }

    /// The blocks of a payload file, in order.
    pub fn blocks(&self, entry: &EntryPath) -> Vec<BlockId> {
        let mut ids = Vec::new();
        for (slice, content) in lock(&self.state).entries.get(entry).into_iter().flatten() {
            for (part, blocks) in &content.parts {
                let order = Order { slice: *slice, part: *part };
                let count = blocks.as_ref().map_or(0, Vec::len) as u32;
                ids.extend((0..count).map(|index| BlockId { entry: entry.clone(), order, index }));
            }
        }
        ids
    }

    /// Reads a block back.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub fn read(&self, id: &BlockId) -> Result<CleanBlock, Error> {
        let block = self.find(id)?;
        let mut bytes = Vec::new();
        self.unpack(&id.entry, id.order.slice, &block, &mut bytes)?;
        Ok(CleanBlock { bytes, records: u64::from(block.records) })
    }

    /// Puts other lines in a block's place. The number of records stays.
    ///
    /// # Errors
    /// [`Error::Misuse`] for another number of records; errors of the disk.
    pub fn replace(&self, id: &BlockId, batch: CleanBatch) -> Result<(), Error> {
        let before = self.find(id)?;
        if id.entry.is_records() && (!is_lines(&batch) || batch.records() != u64::from(before.records)) {
            return Err(Error::misuse(&id.entry, id.order, "a repaired block has other records"));
        }
        let mut deflater = self.deflater();
        let written = self.write_block(&mut deflater, batch.bytes(), u64::from(before.records));
        lock(&self.deflaters).push(deflater);
        let block = written?.ok_or_else(|| Error::misuse(&id.entry, id.order, "a record is too long for a block"))?;
        let mut state = lock(&self.state);
        let slice = state.entries.get_mut(&id.entry).and_then(|slices| slices.get_mut(&id.order.slice));
        let Some(slice) = slice else { return Err(unknown(id)) };
        let place = slice.parts.get_mut(&id.order.part).and_then(|part| part.as_mut()?.get_mut(id.index as usize));
        *place.ok_or_else(|| unknown(id))? = block;
        let closed = slice.closed;
        drop(state);
        if !closed {
            return Ok(());
        }
        let (entry, Order { slice, part }, index) = (id.entry.clone(), id.order, id.index);
        lock(&self.journal).append(&Line::Replace { entry, slice, part, index, block })
    }

    fn find(&self, id: &BlockId) -> Result<Block, Error> {
        let state = lock(&self.state);
        let part =
            state.entries.get(&id.entry).and_then(|slices| slices.get(&id.order.slice)?.parts.get(&id.order.part));
        part.and_then(|blocks| blocks.as_ref()?.get(id.index as usize)).copied().ok_or_else(|| unknown(id))
    }

    fn unpack(&self, entry: &EntryPath, slice: u32, block: &Block, raw: &mut Vec<u8>) -> Result<(), Error> {
        let damaged = || Error::Damaged { entry: entry.as_str().to_owned(), slice };
        let run = self.segments.read(block.offset, block.compressed_bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => damaged(),
            _ => Error::Read(error),
        })?;
        block::inflate_into(&run, block, raw).map_err(|_| damaged())
    }

    /// Whether a later run can go on with it.
    pub fn is_lasting(&self) -> bool {
        self.is_lasting
    }

    /// Removes the folder. Called when the bundle stands. That somebody else has removed it is no error.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn remove(self) -> Result<(), Error> {
        let folder = self.folder.clone();
        drop(self);
        match std::fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::Folder { folder, source }),
            _ => Ok(()),
        }
    }
}

/// What nobody can go on with is not left behind, however its run ended.
impl Drop for Spool {
    fn drop(&mut self) {
        if !self.is_lasting {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn unknown(id: &BlockId) -> Error {
    Error::misuse(&id.entry, id.order, "no such block")
}

fn is_lines(batch: &CleanBatch) -> bool {
    let bytes = batch.bytes();
    let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
    lines == batch.records() && bytes.last().is_none_or(|last| *last == b'\n')
}

#[cfg(test)]
mod tests;
