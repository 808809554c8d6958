//! Repairs blocks that were written before an identifier in them was known.
//!
//! Takes the spool (before it is sealed), the gate and which files were written before the gate was frozen. Those were
//! never searched for the directory's names; and no block was searched for what the logs taught afterwards. Both
//! dictionaries are looked for in the blocks that need it, and blocks with finds are replaced. One block a thread is in
//! memory. What a block becomes depends on nothing but the block, so any number of threads gives the same bundle.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::pseudonym::{CleanBatch, Dictionary, Gate};
use crate::spool::{BlockId, EntryPath, Error, Spool};

/// What the repair did, and the late dictionary, which the leak check wants too.
pub struct Repaired {
    /// Blocks read back.
    pub blocks_seen: u64,
    /// Of these, blocks that were replaced.
    pub blocks_repaired: u64,
    /// Terms that are known by now: the frozen dictionary's and the late one's.
    pub terms: u64,
    /// What was learnt from the logs, if anything.
    pub late: Option<Dictionary>,
}

/// Repairs the blocks. `early`: whether a file was written before [`Gate::freeze`]. Call it once, when nothing is
/// appended any more: it takes the gate's late notes.
///
/// # Errors
/// Errors of the spool.
pub fn repair(
    spool: &Spool,
    gate: &Gate,
    early: &(dyn Fn(&EntryPath) -> bool + Sync),
    threads: usize,
) -> Result<Repaired, Error> {
    let late = gate.late_dictionary();
    let frozen = gate.dictionary().filter(|frozen| frozen.terms() > 0);
    let terms = frozen.map_or(0, Dictionary::terms) + late.as_ref().map_or(0, Dictionary::terms);
    let mut work = Vec::new();
    for entry in spool.entries() {
        let frozen = frozen.filter(|_| early(&entry));
        if frozen.is_some() || late.is_some() {
            work.extend(spool.blocks(&entry).into_iter().map(|block| (block, frozen)));
        }
    }
    let blocks_repaired = repair_all(spool, gate, &work, late.as_ref(), threads)?;
    Ok(Repaired { blocks_seen: work.len() as u64, blocks_repaired, terms: terms as u64, late })
}

type Work<'d> = (BlockId, Option<&'d Dictionary>);

fn repair_all(
    spool: &Spool,
    gate: &Gate,
    work: &[Work<'_>],
    late: Option<&Dictionary>,
    threads: usize,
) -> Result<u64, Error> {
    let (next, repaired) = (AtomicUsize::new(0), AtomicU64::new(0));
    let worker = || {
        while let Some((block, frozen)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            let raised = repair_block(spool, gate, block, [*frozen, late].into_iter().flatten());
            match raised {
                Ok(changed) => repaired.fetch_add(u64::from(changed), Ordering::Relaxed),
                Err(error) => {
                    // The others stop at their next block.
                    next.store(work.len(), Ordering::Relaxed);
                    return Err(error);
                }
            };
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.clamp(1, work.len().max(1))).map(|_| scope.spawn(worker)).collect();
        let stopped = |_| Error::Read(std::io::Error::other("a worker stopped"));
        workers.into_iter().try_for_each(|worker| worker.join().map_err(stopped)?)
    })?;
    Ok(repaired.into_inner())
}

/// Looks for dictionaries' identifiers in one block and puts a better one in its place; whether it did.
///
/// # Errors
/// Errors of the spool.
pub fn repair_block<'d>(
    spool: &Spool,
    gate: &Gate,
    block: &BlockId,
    dictionaries: impl IntoIterator<Item = &'d Dictionary>,
) -> Result<bool, Error> {
    let clean = spool.read(block)?;
    let entry = block.entry().as_str();
    let is_json = entry.ends_with(".jsonl") || entry.ends_with(".json");
    let mut better: Option<CleanBatch> = None;
    for dictionary in dictionaries {
        let lines = better.as_ref().map_or(clean.bytes(), CleanBatch::bytes);
        let repaired = if is_json { gate.repair(dictionary, lines) } else { gate.repair_lines(dictionary, lines) };
        better = repaired.or(better);
    }
    match better {
        Some(batch) => spool.replace(block, batch).map(|()| true),
        None => Ok(false),
    }
}
