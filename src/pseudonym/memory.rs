//! A thread's memory of values it mapped or scanned lately: direct-mapped, of fixed size, without locks.
//!
//! Logs repeat the same few thousand values; a small table that fits the CPU's caches saves most of the work
//! (performance.md: a general hash map is slower than no cache). Entries carry the gate's epoch, so that a
//! frozen dictionary or another gate never sees older answers. Holds raw values, in memory only.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::catalog::Kind;
use crate::limits::{MEMORY_ENTRIES, MEMORY_VALUE_BYTES_MAX, TEXT_LAYERS_MAX};

/// Epochs are unique in the process: a thread's memory never mixes two gates, or a gate before and after freezing, or two
/// dictionaries.
static EPOCHS: AtomicU64 = AtomicU64::new(1);

/// An epoch that nobody had.
pub(super) fn next_epoch() -> u64 {
    EPOCHS.fetch_add(1, Ordering::Relaxed)
}

/// Which question was asked: a kind (or none: a scan) at a depth of strings in strings.
pub(super) type Question = u8;

/// The question's number. Five layers of fewer than 48 kinds fit a byte.
#[inline]
pub(super) fn question(kind: Option<Kind>, layer: u8) -> Question {
    layer.min(TEXT_LAYERS_MAX) * 48 + kind.map_or(47, |kind| kind as u8)
}

#[derive(Default)]
struct Entry {
    hash: u64,
    epoch: u64,
    question: Question,
    changed: bool,
    value: String,
    answer: String,
}

thread_local! {
    static ENTRIES: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

#[inline]
fn hash(epoch: u64, question: Question, value: &str) -> u64 {
    let mut hasher = foldhash::fast::FixedState::with_seed(epoch).build_hasher();
    hasher.write(value.as_bytes());
    hasher.write_u8(question);
    hasher.finish()
}

#[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the entry")]
fn position(hash: u64) -> usize {
    hash as usize % MEMORY_ENTRIES
}

/// The answer from memory or from `compute`, which appends the changed value and says whether it changed.
/// A value that stays as it is appends nothing.
#[inline]
pub(super) fn recall(
    epoch: u64,
    question: Question,
    value: &str,
    out: &mut String,
    compute: impl FnOnce(&mut String) -> bool,
) -> bool {
    if value.len() > MEMORY_VALUE_BYTES_MAX {
        return compute(out);
    }
    let hash = hash(epoch, question, value);
    let known = ENTRIES.with_borrow_mut(|entries| {
        if entries.is_empty() {
            entries.resize_with(MEMORY_ENTRIES, Entry::default);
        }
        let entry = entries.get(position(hash))?;
        if entry.hash != hash || entry.epoch != epoch || entry.question != question || entry.value != value {
            return None;
        }
        if entry.changed {
            out.push_str(&entry.answer);
        }
        Some(entry.changed)
    });
    if let Some(changed) = known {
        return changed;
    }
    let start = out.len();
    let changed = compute(out);
    ENTRIES.with_borrow_mut(|entries| {
        if let Some(entry) = entries.get_mut(position(hash)) {
            (entry.hash, entry.epoch, entry.question, entry.changed) = (hash, epoch, question, changed);
            entry.value.clear();
            entry.value.push_str(value);
            entry.answer.clear();
            entry.answer.push_str(&out[start..]);
        }
    });
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_computed_once_per_epoch_and_question() {
        let mut computed = 0;
        let mut ask = |epoch, question| {
            let mut out = String::new();
            let changed = recall(epoch, question, "value", &mut out, |out| {
                computed += 1;
                out.push_str("answer");
                true
            });
            assert!(changed && out == "answer");
        };
        ask(u64::MAX, 1);
        ask(u64::MAX, 1);
        ask(u64::MAX, 2);
        ask(u64::MAX - 1, 1);
        assert_eq!(computed, 3);
    }
}
