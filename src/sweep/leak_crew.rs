//! The leak check on many processors: one thread reads, the others look.
//!
//! Takes entries and their bytes in order, like [`LeakScan`], cuts them into stretches of whole lines, and gives the same
//! findings in the same order, whatever the number of threads: a line means the same wherever it is looked at. Where it
//! does not (pages: a `<style>` goes on over lines), the reading thread looks itself. Memory: the bytes that wait are
//! capped, so a slow crew holds the reader up.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::leak_scan::{Finding, Found, LeakScan, listed};
use crate::limits::{LEAK_STRETCH_BYTES, LEAK_WAITING_BYTES_MAX, RECORD_BYTES_MAX};

/// Stretches on their way for each thread: one that is looked at, three that wait.
const STRETCHES_EACH: usize = 4;

/// Whole lines of an entry.
struct Stretch {
    entry: Arc<str>,
    /// Lines before it; none for the first stretch, with which the entry's name is looked at.
    line: Option<u64>,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Stretch>,
    /// Bytes that wait or are looked at.
    on_way_bytes: usize,
    stretches: usize,
    is_closed: bool,
    /// Buffers to use again.
    spare: Vec<Vec<u8>>,
    found: Found,
}

#[derive(Default)]
struct Desk {
    queue: Mutex<Queue>,
    more: Condvar,
    less: Condvar,
}

/// The reading thread's end: takes entries as [`LeakScan`] does.
pub struct LeakCrew<'o, 'a> {
    desk: &'o Desk,
    aside: LeakScan<'a>,
    is_aside: bool,
    entry: Arc<str>,
    line: Option<u64>,
    folds: bool,
    held: Vec<u8>,
    /// How much of it is whole lines.
    whole: usize,
    stretch_bytes: usize,
    waiting_bytes_max: usize,
}

/// Runs `feed` with a crew of `threads`, each with a scan of its own that `scan` makes.
pub fn with_crew<'a, R>(
    threads: usize,
    scan: &(dyn Fn() -> LeakScan<'a> + Sync),
    feed: impl FnOnce(&mut LeakCrew<'_, 'a>) -> R,
) -> R {
    crew_of(threads, LEAK_STRETCH_BYTES, scan, feed)
}

fn crew_of<'a, R>(
    threads: usize,
    stretch_bytes: usize,
    scan: &(dyn Fn() -> LeakScan<'a> + Sync),
    feed: impl FnOnce(&mut LeakCrew<'_, 'a>) -> R,
) -> R {
    let desk = Desk::default();
    let threads = threads.max(1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| desk.look(&mut scan()));
        }
        feed(&mut LeakCrew {
            desk: &desk,
            aside: scan(),
            is_aside: false,
            entry: Arc::default(),
            line: None,
            folds: false,
            held: Vec::new(),
            whole: 0,
            stretch_bytes,
            waiting_bytes_max: (threads * STRETCHES_EACH * stretch_bytes).min(LEAK_WAITING_BYTES_MAX),
        })
    })
}

impl LeakCrew<'_, '_> {
    /// An entry begins.
    pub fn begin(&mut self, entry: &str) {
        self.is_aside = entry.ends_with(".html");
        if self.is_aside {
            return self.aside.begin(entry);
        }
        (self.entry, self.line, self.folds) = (entry.into(), None, entry.ends_with(".ldif"));
    }

    /// Its next bytes.
    pub fn piece(&mut self, bytes: &[u8]) {
        if self.is_aside {
            return self.aside.piece(bytes);
        }
        let before = self.held.len();
        self.held.extend_from_slice(bytes);
        // What follows a line feed decides whether the line ends there, so the last bytes are looked at again.
        let new = self.held.get(before.saturating_sub(2)..).unwrap_or_default();
        if let Some(end) = last_end(new, self.folds) {
            self.whole = before.saturating_sub(2) + end;
        }
        if self.whole > 0 && self.held.len() >= self.stretch_bytes {
            self.hand_over(self.whole);
        } else if self.held.len() > RECORD_BYTES_MAX {
            self.hand_over(self.held.len());
        }
    }

    /// The entry ended.
    pub fn end(&mut self) {
        if self.is_aside {
            self.aside.end();
            return self.desk.note(self.aside.take_findings());
        }
        if self.line.is_none() || !self.held.is_empty() {
            self.hand_over(self.held.len());
        }
    }

    /// What was found so far, by entry and form. Waits until everything was looked at.
    pub fn findings(&mut self) -> Vec<Finding> {
        listed(&self.desk.wait(|queue| queue.stretches == 0).found)
    }

    fn hand_over(&mut self, bytes: usize) {
        let mut queue = self
            .desk
            .wait(|queue| queue.stretches == 0 || queue.on_way_bytes.saturating_add(bytes) <= self.waiting_bytes_max);
        let mut rest = queue.spare.pop().unwrap_or_default();
        rest.extend_from_slice(self.held.get(bytes..).unwrap_or_default());
        self.held.truncate(bytes);
        let full = std::mem::replace(&mut self.held, rest);
        self.whole = 0;
        let lines = memchr::memchr_iter(b'\n', &full).count() as u64 + u64::from(full.last() != Some(&b'\n'));
        let line = self.line.replace(self.line.unwrap_or_default() + lines);
        queue.on_way_bytes += bytes;
        queue.stretches += 1;
        queue.waiting.push_back(Stretch { entry: Arc::clone(&self.entry), line, bytes: full });
        drop(queue);
        self.desk.more.notify_one();
    }
}

impl Drop for LeakCrew<'_, '_> {
    fn drop(&mut self) {
        self.desk.lock().is_closed = true;
        self.desk.more.notify_all();
    }
}

/// Gives back what a thread took, even if it stops in the middle.
struct Taken<'o> {
    desk: &'o Desk,
    bytes: usize,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut queue = self.desk.lock();
        queue.on_way_bytes = queue.on_way_bytes.saturating_sub(self.bytes);
        queue.stretches = queue.stretches.saturating_sub(1);
        // Nobody may wait for a thread that is gone; the scope tells of it.
        queue.is_closed |= std::thread::panicking();
        drop(queue);
        self.desk.less.notify_one();
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, is_ready: impl Fn(&Queue) -> bool) -> MutexGuard<'_, Queue> {
        let waiting = self.less.wait_while(self.lock(), |queue| !queue.is_closed && !is_ready(queue));
        waiting.unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Stretch> {
        let waiting = self.more.wait_while(self.lock(), |queue| !queue.is_closed && queue.waiting.is_empty());
        waiting.unwrap_or_else(PoisonError::into_inner).waiting.pop_front()
    }

    fn look(&self, scan: &mut LeakScan<'_>) {
        while let Some(Stretch { entry, line, mut bytes }) = self.next() {
            let taken = Taken { desk: self, bytes: bytes.len() };
            match line {
                None => scan.begin(&entry),
                Some(line) => scan.resume(&entry, line),
            }
            scan.piece(&bytes);
            scan.end();
            self.note(scan.take_findings());
            bytes.clear();
            if bytes.capacity() <= 4 * LEAK_STRETCH_BYTES {
                self.lock().spare.push(bytes);
            }
            drop(taken);
        }
    }

    fn note(&self, findings: Vec<Finding>) {
        if findings.is_empty() {
            return;
        }
        let mut queue = self.lock();
        for Finding { entry, shape, count, line } in findings {
            let slot = queue.found.entry((entry, shape)).or_insert((0, line));
            *slot = (slot.0 + count, slot.1.min(line));
        }
    }
}

/// Behind the last line that ends for sure. A folded line (LDIF) ends where the next one does not begin with a blank;
/// in UTF-16 there is a zero between the line feed and that.
fn last_end(bytes: &[u8], folds: bool) -> Option<usize> {
    let ends = memchr::memrchr_iter(b'\n', bytes).map(|at| at + 1);
    let goes_on = |end: &usize| {
        let rest = bytes.get(*end..).unwrap_or_default();
        matches!(rest, [] | [0] | [b' ', ..] | [0, b' ', ..])
    };
    ends.into_iter().find(|end| !folds || !goes_on(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pseudonym::cipher::Ff1;
    use crate::pseudonym::key::MasterKey;
    use crate::sweep::{ClosedWorld, SHAPES};

    /// Entries of every form, with something to be found in their middle and at their ends.
    fn entries() -> Vec<(String, Vec<u8>)> {
        let line = |number: usize| match number % 7 {
            0 => format!("{{\"upn\":\"ada.{number}@alderwood.test\",\"n\":{number}}}\n"),
            3 => format!("{{\"h\":\"srv{number}.alderwood.test\"}}\n"),
            _ => format!("{{\"n\":{number},\"text\":\"nothing to see\"}}\n"),
        };
        let lines: String = (0..500).map(line).collect();
        let ldif = "dn: x\r\nmail: ada.field@alder\r\n wood.test\r\ncn: y\r\n\r\n".repeat(60);
        let page = "<p>\n<style>\n.a{}\nb@c.test\n</style>\nada@x.test\n".repeat(20);
        let wide: Vec<u8> = lines.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let folded: Vec<u8> = ldif.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let long = format!("{}ada@x.test", "x ".repeat(3000));
        [
            ("data/a.jsonl", lines.clone().into_bytes()),
            ("data/ada@x.test.txt", lines.into_bytes()),
            ("data/b.txt", wide),
            ("data/c.ldif", ldif.into_bytes()),
            ("data/d.ldif", folded),
            ("data/empty@x.test", Vec::new()),
            ("data/long.txt", long.into_bytes()),
            ("report.html", page.into_bytes()),
        ]
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .to_vec()
    }

    #[test]
    fn any_number_of_threads_finds_the_same_as_one_scan() {
        let cipher = Ff1::new(&MasterKey::from_bytes([1; 32]));
        let scan = || LeakScan::new(Some(ClosedWorld::new(&cipher, SHAPES.to_vec())), None);
        let mut alone = scan();
        for (name, bytes) in entries() {
            alone.begin(&name);
            bytes.chunks(1000).for_each(|piece| alone.piece(piece));
            alone.end();
        }
        assert_eq!(alone.findings().len(), 11, "{:?}", alone.findings());
        for (threads, stretch_bytes, step) in [(1, 1, 7), (4, 1, 1000), (3, 300, 64), (8, 4096, 100), (2, 1 << 20, 999)]
        {
            let found = crew_of(threads, stretch_bytes, &scan, |crew| {
                for (name, bytes) in entries() {
                    crew.begin(&name);
                    bytes.chunks(step).for_each(|piece| crew.piece(piece));
                    crew.end();
                }
                assert!(crew.waiting_bytes_max <= threads * STRETCHES_EACH * stretch_bytes);
                crew.findings()
            });
            assert_eq!(found, alone.findings(), "{threads} threads, {stretch_bytes} bytes");
        }
    }

    #[test]
    fn folded_lines_are_not_cut() {
        let wide: Vec<u8> = "a\n b\nc".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, plain, folded) in [
            (&b"a\n b\nc"[..], Some(5), Some(5)),
            (b"a\n b\n", Some(5), None),
            (b"a\n\n", Some(3), Some(2)),
            (b"a", None, None),
            (&wide, Some(9), Some(9)),
            (&wide[..9], Some(9), None),
        ] {
            assert_eq!((last_end(bytes, false), last_end(bytes, true)), (plain, folded), "{bytes:?}");
        }
    }
}
