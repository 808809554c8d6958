//! A thread's memory of what the rules say about a key at a place: direct-mapped, of fixed size, without locks.
//!
//! The records of a log have the same few hundred keys. Takes a place and a key, gives what was computed for just them.
//! With the faster search for ends of strings it took both walks over sign-ins from 174 to 129 instructions a byte.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};

use super::{COLUMN_BYTES_MAX, KeyNumber, Node};
use crate::limits::LATELY_ENTRIES;

/// Where a key stands.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::pseudonym) struct Place {
    /// The object.
    pub(in crate::pseudonym) node: Node,
    /// The record.
    pub(in crate::pseudonym) root: Node,
    /// In a file.
    pub(in crate::pseudonym) is_file: bool,
}

struct Entry<V> {
    hash: u64,
    /// Of the rules.
    epoch: u64,
    place: Place,
    key: String,
    value: V,
}

/// What was said lately.
pub(in crate::pseudonym) struct Lately<V>(Vec<Option<Entry<V>>>);

impl<V: Copy> Lately<V> {
    pub(in crate::pseudonym) const fn new() -> Self {
        Self(Vec::new())
    }

    /// What stands there for the key, or what `compute` gives.
    #[inline]
    pub(in crate::pseudonym) fn recall(
        &mut self,
        epoch: u64,
        place: Place,
        key: &str,
        compute: impl FnOnce() -> V,
    ) -> V {
        let seed = epoch ^ u64::from(place.node) << 32 ^ u64::from(place.root);
        let mut hasher = foldhash::fast::FixedState::with_seed(seed).build_hasher();
        hasher.write(key.as_bytes());
        let hash = hasher.finish();
        if self.0.is_empty() {
            self.0.resize_with(LATELY_ENTRIES, || None);
        }
        let slot = self.0.get_mut(position(hash));
        if let Some(Some(entry)) = &slot
            && entry.hash == hash
            && entry.epoch == epoch
            && entry.place == place
            && entry.key == key
        {
            return entry.value;
        }
        let value = compute();
        if let Some(slot) = slot {
            *slot = Some(Entry { hash, epoch, place, key: key.to_owned(), value });
        }
        value
    }
}

thread_local! {
    static NAMES: RefCell<Lately<KeyNumber>> = const { RefCell::new(Lately::new()) };
}

/// The number of an attribute's name, wherever it stands: labels in texts are words, and most are the same few hundred.
#[inline]
pub(super) fn name(epoch: u64, name: &str, compute: impl FnOnce() -> KeyNumber) -> KeyNumber {
    if name.len() > COLUMN_BYTES_MAX {
        return compute();
    }
    NAMES.with_borrow_mut(|names| names.recall(epoch, Place::default(), name, compute))
}

#[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the entry")]
fn position(hash: u64) -> usize {
    hash as usize % LATELY_ENTRIES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_computed_once_for_each_place_and_epoch() {
        let mut lately = Lately::new();
        let mut computed = 0;
        let mut ask = |epoch, node, key: &str| {
            let place = Place { node, ..Place::default() };
            lately.recall(epoch, place, key, || {
                computed += 1;
                key.len()
            })
        };
        for (epoch, node, key) in
            [(1, 1, "id"), (1, 1, "id"), (2, 1, "id"), (1, 2, "id"), (1, 1, "name"), (1, 1, "name")]
        {
            assert_eq!(ask(epoch, node, key), key.len());
        }
        assert_eq!(computed, 4);
    }
}
