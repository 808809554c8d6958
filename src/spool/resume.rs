//! Opens the spool of a killed run.
//!
//! Takes the folder, gives a spool with exactly the slices that were closed and whose blocks are whole, and what the
//! journal says besides; everything else is forgotten and will be collected again.

use super::block::Block;
use super::folder::sync_names;
use super::journal::{self, Journal, Line};
use super::past::{Account, Mark, Past};
use super::segment::{Segments, lock};
use super::{EntryPath, Error, Slice, Spool, SpoolKey, State};
use crate::pseudonym::NotedTrait;
use std::collections::BTreeMap;
use std::path::Path;

/// What the lines of a journal come to.
#[derive(Default)]
struct Replayed {
    closed: BTreeMap<(EntryPath, u32), Vec<(u32, Block)>>,
    past: Past,
}

impl Spool {
    /// What run a spool is of, without opening it; `None` when it says nothing about that.
    ///
    /// # Errors
    /// [`Error::Folder`] when there is none, [`Error::Journal`] when its journal is damaged.
    pub fn mark(folder: &Path) -> Result<Option<Mark>, Error> {
        Ok(replay(journal::read(&folder.join("journal.jsonl"))?).past.mark)
    }

    /// Opens the spool of an earlier run and says what else that has left. Reads every block once.
    ///
    /// # Errors
    /// [`Error::Folder`] when there is none, [`Error::Journal`] when its journal is damaged.
    pub fn reopen(folder: &Path, key: &SpoolKey) -> Result<(Self, Past), Error> {
        let failed = |source| Error::Folder { folder: folder.to_owned(), source };
        let (journal_path, fresh_path) = (folder.join("journal.jsonl"), folder.join("journal.jsonl.new"));
        let Replayed { closed, mut past } = replay(journal::read(&journal_path)?);
        let segments = Segments::reopen(&folder.join("blocks"), key).map_err(failed)?;

        // The journal is written anew, so that a torn line or a forgotten slice never stands in the middle of it.
        match std::fs::remove_file(&fresh_path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(failed(source)),
            _ => {}
        }
        let journal = Journal::create(&fresh_path, past.mark.as_ref())?;
        let spool = Self::assemble(folder, segments, journal, State::default());
        let mut end = 0;
        for ((entry, slice), blocks) in closed {
            if !spool.is_whole(&entry, slice, &blocks) {
                past.accounts.remove(&entry);
                continue;
            }
            end = blocks.iter().map(|(_, block)| block.end()).fold(end, u64::max);
            spool.adopt(entry, slice, blocks)?;
        }
        spool.repeat(&past)?;
        spool.segments.truncate(end).map_err(failed)?;
        spool.commit()?;
        std::fs::rename(&fresh_path, &journal_path).map_err(failed)?;
        sync_names(folder);
        Ok((spool, past))
    }

    /// Writes again what the earlier journal said.
    fn repeat(&self, past: &Past) -> Result<(), Error> {
        past.frozen.iter().try_for_each(|digest| self.note_frozen(digest))?;
        past.parents.iter().try_for_each(|(entry, digest)| self.note_parents(entry, digest))?;
        self.note_traits(past.traits.clone())?;
        past.accounts.iter().try_for_each(|(entry, account)| self.note_whole(entry, account))
    }

    /// Notes the dictionary that blocks are written with from now on.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn note_frozen(&self, digest: &str) -> Result<(), Error> {
        lock(&self.journal).append(&Line::Frozen { digest: digest.to_owned() })
    }

    /// Notes the objects that a fan-out walks to.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn note_parents(&self, entry: &EntryPath, digest: &str) -> Result<(), Error> {
        lock(&self.journal).append(&Line::Parents { entry: entry.clone(), digest: digest.to_owned() })
    }

    /// Notes what was wrong with values. To be called before the slices that hold them are closed.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn note_traits(&self, noted: Vec<NotedTrait>) -> Result<(), Error> {
        if noted.is_empty() { Ok(()) } else { lock(&self.journal).append(&Line::Traits { noted }) }
    }

    /// Notes that a dataset is whole.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn note_whole(&self, entry: &EntryPath, account: &Account) -> Result<(), Error> {
        lock(&self.journal).append(&Line::Whole { entry: entry.clone(), account: Box::new(account.clone()) })
    }

    /// Throws away everything of a payload file, so that it can be written anew.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn discard(&self, entry: &EntryPath) -> Result<(), Error> {
        let slices: Vec<u32> =
            lock(&self.state).entries.get(entry).map(|slices| slices.keys().copied().collect()).unwrap_or_default();
        for slice in slices {
            self.discard_slice(entry, slice)?;
        }
        lock(&self.state).entries.remove(entry);
        Ok(())
    }

    /// Records in each slice of a payload file.
    pub fn slices(&self, entry: &EntryPath) -> Vec<(u32, u64)> {
        let state = lock(&self.state);
        let slices = state.entries.get(entry).into_iter().flatten();
        let records = |slice: &Slice| slice.blocks().map(|(_, block)| u64::from(block.records)).sum();
        slices.map(|(number, slice)| (*number, records(slice))).collect()
    }

    fn is_whole(&self, entry: &EntryPath, slice: u32, blocks: &[(u32, Block)]) -> bool {
        let mut raw = Vec::new();
        blocks.iter().all(|(_, block)| {
            raw.clear();
            self.unpack(entry, slice, block, &mut raw).is_ok()
        })
    }

    fn adopt(&self, entry: EntryPath, slice: u32, blocks: Vec<(u32, Block)>) -> Result<(), Error> {
        let line = Line::Close { entry: entry.clone(), slice, blocks: blocks.clone() };
        lock(&self.journal).append(&line)?;
        let mut adopted = Slice { closed: true, ..Slice::default() };
        for (part, block) in blocks {
            adopted.parts.entry(part).or_default().get_or_insert_default().push(block);
        }
        lock(&self.state).entries.entry(entry).or_default().insert(slice, adopted);
        Ok(())
    }
}

fn replay(lines: Vec<Line>) -> Replayed {
    let Replayed { mut closed, mut past } = Replayed::default();
    for line in lines {
        match line {
            Line::Open { mark, .. } => past.mark = mark,
            Line::Close { entry, slice, blocks } => {
                closed.insert((entry, slice), blocks);
            }
            Line::Discard { entry, slice } => {
                past.accounts.remove(&entry);
                closed.remove(&(entry, slice));
            }
            Line::Replace { entry, slice, part, index, block } => {
                let blocks = closed.get_mut(&(entry, slice)).into_iter().flatten();
                if let Some((_, place)) = blocks.filter(|(of, _)| *of == part).nth(index as usize) {
                    *place = block;
                }
            }
            Line::Frozen { digest } if past.frozen.contains(&digest) => {}
            Line::Frozen { digest } => past.frozen.push(digest),
            Line::Parents { entry, digest } => {
                past.parents.insert(entry, digest);
            }
            Line::Traits { noted } => past.traits.extend(noted),
            Line::Whole { entry, account } => {
                past.accounts.insert(entry, *account);
            }
        }
    }
    Replayed { closed, past }
}
