//! What the leak check still found is taken out: the lines, or the whole file where a file is more than its lines.
//!
//! Takes findings and the spool, replaces blocks, counts. What the run knows is looked for once more before anything is
//! taken out. The judge is the leak check's own code, asked line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Known, RUN_LOG_PATH, Stopped, Story};
use crate::catalog::Kind;
use crate::pseudonym::Gate;
use crate::pseudonym::cipher::Cipher;
use crate::spool::{BlockId, EntryPath, Error, Spool};
use crate::summary;
use crate::sweep::{ClosedWorld, Finding, LeakScan, covered, repair_block};

/// What was withheld, by payload file.
#[derive(Default)]
pub(in crate::commands) struct Withheld {
    /// Lines that an empty record or a mark stands for.
    pub lines: BTreeMap<EntryPath, u64>,
    /// Files that are not there.
    pub files: BTreeSet<EntryPath>,
    /// Blocks that were made again.
    pub blocks: u64,
}

/// What the leak check is asked with.
pub(super) struct Judge<'a> {
    pub(super) cipher: &'a dyn Cipher,
    pub(super) kept: BTreeSet<Kind>,
    pub(super) known: Known<'a>,
}

/// Takes out what was found; false when nothing can be done about some of it (names of files, the program's own words).
pub(super) fn withhold(
    spool: &Spool,
    gate: &Gate,
    judge: &Judge<'_>,
    findings: &[Finding],
    story: &dyn Story,
    withheld: &mut Withheld,
) -> Result<bool, Stopped> {
    let entries: BTreeSet<&str> = findings.iter().map(|finding| finding.entry.as_str()).collect();
    let mut taken = false;
    for name in entries {
        let Ok(entry) = EntryPath::new(name) else { continue };
        let in_name = findings.iter().any(|finding| finding.entry == name && finding.line == 0);
        // What is made again from the other files is made again.
        if [RUN_LOG_PATH, summary::PATH].contains(&name) || !spool.entries().contains(&entry) {
            continue;
        }
        if !in_name && repair(spool, gate, judge, &entry, withheld)? {
            taken = true;
            continue;
        }
        let lines = if in_name || !story.has_lines(&entry) { 0 } else { lines(spool, gate, judge, &entry, withheld)? };
        if lines > 0 {
            *withheld.lines.entry(entry).or_default() += lines;
        } else {
            discard(spool, &entry)?;
            withheld.lines.remove(&entry);
            withheld.files.insert(entry);
        }
        taken = true;
    }
    Ok(taken)
}

/// Looks for everything that the run knows in the file's blocks once more; whether that changed any.
fn repair(
    spool: &Spool,
    gate: &Gate,
    judge: &Judge<'_>,
    entry: &EntryPath,
    withheld: &mut Withheld,
) -> Result<bool, Stopped> {
    let (blocks, _) = each_block(spool, entry, &|| {
        Box::new(|block| Ok(u64::from(repair_block(spool, gate, block, judge.known.dictionaries())?)))
    })?;
    withheld.blocks += blocks;
    Ok(blocks > 0)
}

fn lines(
    spool: &Spool,
    gate: &Gate,
    judge: &Judge<'_>,
    entry: &EntryPath,
    withheld: &mut Withheld,
) -> Result<u64, Stopped> {
    let (blocks, lines) = each_block(spool, entry, &|| {
        let closed_world = ClosedWorld::new(judge.cipher, covered(&judge.kept));
        let mut scan = LeakScan::new(Some(closed_world), Some(judge.known.clone()));
        Box::new(move |block| {
            let clean = spool.read(block)?;
            let mut is_leak = |line: &[u8]| {
                scan.begin(entry.as_str());
                scan.piece(line);
                scan.end();
                scan.take_findings().iter().any(|finding| finding.line > 0)
            };
            let better = gate.withhold_lines(clean.bytes(), entry.is_records(), &mut is_leak);
            let Some((batch, lines)) = better else { return Ok(0) };
            spool.replace(block, batch)?;
            Ok(lines)
        })
    })?;
    withheld.blocks += blocks;
    Ok(lines)
}

/// What a thread does with a block; gives how much it changed.
type Work<'w> = Box<dyn FnMut(&BlockId) -> Result<u64, Error> + 'w>;

/// Works on an entry's blocks on all processors; gives how many blocks were changed, and how much in all. A block becomes
/// the same whichever thread takes it.
fn each_block<'w>(
    spool: &Spool,
    entry: &EntryPath,
    work: &(dyn Fn() -> Work<'w> + Sync),
) -> Result<(u64, u64), Stopped> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (blocks, next) = (spool.blocks(entry), AtomicUsize::new(0));
    let worker = || {
        let (mut work, mut changed, mut total) = (work(), 0, 0);
        while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let much = work(block)?;
            changed += u64::from(much > 0);
            total += much;
        }
        Ok((changed, total))
    };
    let ends: Vec<Result<(u64, u64), Error>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(blocks.len()).max(1)).map(|_| scope.spawn(worker)).collect();
        let stopped = |_| Err(Error::Read(std::io::Error::other("a worker stopped")));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(stopped)).collect()
    });
    let ends = ends.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(ends.into_iter().fold((0, 0), |sum, end| (sum.0 + end.0, sum.1 + end.1)))
}

fn discard(spool: &Spool, entry: &EntryPath) -> Result<(), Stopped> {
    for slice in spool.closed_slices(entry) {
        spool.discard_slice(entry, slice)?;
    }
    Ok(())
}
