//! Opens the spool of a killed run.
//!
//! Takes the folder, gives a spool with exactly the slices that were closed and whose blocks are whole; everything
//! else is forgotten and will be collected again.

use super::block::Block;
use super::journal::{self, Journal, Line};
use super::segment::Segments;
use super::{EntryPath, Error, Slice, Spool, State};
use std::collections::BTreeMap;
use std::path::Path;

type Closed = BTreeMap<(EntryPath, u32), Vec<(u32, Block)>>;

impl Spool {
    /// Opens the spool of an earlier run. Reads every block once.
    ///
    /// # Errors
    /// [`Error::Folder`] when there is none, [`Error::Journal`] when its journal is damaged.
    pub fn reopen(folder: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Folder { folder: folder.to_owned(), source };
        let (journal_path, fresh_path) = (folder.join("journal.jsonl"), folder.join("journal.jsonl.new"));
        let closed = replay(journal::read(&journal_path)?);
        let segments = Segments::reopen(&folder.join("blocks")).map_err(failed)?;

        // The journal is written anew, so that a torn line or a forgotten slice never stands in the middle of it.
        match std::fs::remove_file(&fresh_path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(failed(source)),
            _ => {}
        }
        let spool = Self::assemble(folder, segments, Journal::create(&fresh_path)?, State::default());
        let mut end = 0;
        for ((entry, slice), blocks) in closed {
            if !spool.is_whole(&entry, slice, &blocks) {
                continue;
            }
            end = blocks.iter().map(|(_, block)| block.offset + u64::from(block.compressed_bytes)).fold(end, u64::max);
            spool.adopt(entry, slice, blocks)?;
        }
        spool.segments.truncate(end).map_err(failed)?;
        spool.commit()?;
        std::fs::rename(&fresh_path, &journal_path).map_err(failed)?;
        Ok(spool)
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
        super::lock(&self.journal).append(&line)?;
        let mut adopted = Slice { closed: true, ..Slice::default() };
        for (part, block) in blocks {
            adopted.parts.entry(part).or_default().get_or_insert_default().push(block);
        }
        super::lock(&self.state).entries.entry(entry).or_default().insert(slice, adopted);
        Ok(())
    }
}

fn replay(lines: Vec<Line>) -> Closed {
    let mut closed = Closed::new();
    for line in lines {
        match line {
            Line::Open { .. } => {}
            Line::Close { entry, slice, blocks } => {
                closed.insert((entry, slice), blocks);
            }
            Line::Discard { entry, slice } => {
                closed.remove(&(entry, slice));
            }
            Line::Replace { entry, slice, part, index, block } => {
                let blocks = closed.get_mut(&(entry, slice)).into_iter().flatten();
                if let Some((_, place)) = blocks.filter(|(of, _)| *of == part).nth(index as usize) {
                    *place = block;
                }
            }
        }
    }
    closed
}
