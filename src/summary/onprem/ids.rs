//! Ids in whatever spelling, and sets of them.
//!
//! A GUID is the same in base64 of its bytes (immutable id, mS-DS-ConsistencyGuid), with braces, without dashes. An
//! address is the same without `smtp:` and in capitals. Sets keep hashes, no texts, and have an end.

use std::hash::BuildHasher;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hashbrown::HashMap;

use super::member::Found;
use crate::limits::ANSWER_DISTINCT_MAX;

/// Base64 of 16 bytes.
const ANCHOR_CHARS: usize = 24;

/// One spelling for all spellings of an id or an address.
pub(super) fn canonical(text: &str) -> String {
    let text = text.trim();
    if text.len() == ANCHOR_CHARS
        && let Some(bytes) = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
    {
        let mut bytes = bytes;
        // Windows stores the first three fields little-endian.
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        return format!("{:032x}", u128::from_be_bytes(bytes));
    }
    let bare: String = text.chars().filter(|sign| !matches!(sign, '{' | '}' | '-')).collect();
    if bare.len() == 32 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return bare.to_lowercase();
    }
    let prefix = text.get(..5).filter(|prefix| prefix.eq_ignore_ascii_case("smtp:"));
    text.get(prefix.map_or(0, str::len)..).unwrap_or(text).to_lowercase()
}

/// The first of these members that says anything, in one spelling.
pub(super) fn first_of(found: Found<'_>, keys: &[String]) -> Option<String> {
    keys.iter().find_map(|key| found.text(key)).map(|text| canonical(&text))
}

/// Texts by their hashes, each with a number.
#[derive(Default)]
pub(super) struct Marks {
    marks: HashMap<u64, u64, foldhash::fast::FixedState>,
    /// Texts came that found no place.
    pub(super) is_cut: bool,
}

pub(super) fn hash(text: &str) -> u64 {
    foldhash::fast::FixedState::default().hash_one(text)
}

impl Marks {
    /// Keeps a text with a number, unless it is there; gives the number that it has.
    pub(super) fn add(&mut self, text: &str, number: u64) -> u64 {
        let key = hash(text);
        if self.marks.len() >= ANSWER_DISTINCT_MAX && !self.marks.contains_key(&key) {
            self.is_cut = true;
            return number;
        }
        *self.marks.entry(key).or_insert(number)
    }

    pub(super) fn get(&self, text: &str) -> Option<u64> {
        self.marks.get(&hash(text)).copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vector of the documentation: one object in its spellings.
    #[test]
    fn spellings_of_one_object_are_one() {
        for spelling in [
            "QF5HMK7n80qvdYsUPIHa9Q==",
            "30475e40-e7ae-4af3-af75-8b143c81daf5",
            "{30475E40-E7AE-4AF3-AF75-8B143C81DAF5}",
            "30475e40e7ae4af3af758b143c81daf5",
        ] {
            assert_eq!(canonical(spelling), "30475e40e7ae4af3af758b143c81daf5", "{spelling}");
        }
        assert_eq!(canonical("SMTP:Ada@alderwood.example"), canonical("ada@alderwood.example"));
        assert_ne!(canonical("sip:ada@alderwood.example"), canonical("ada@alderwood.example"));
    }
}
