//! Words of a text, hashed: runs of letters and digits, folded like the canonical form.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::pseudonym::canonical::canonical;

/// Most bytes between two words of one term: `", "`, `" - "`.
const JOINT_BYTES_MAX: usize = 3;

/// A word of a text: where it stands and the hash of its folded form.
pub(super) struct Hashed {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) hash: u64,
}

/// The hash function of one dictionary, keyed by the process.
#[derive(Clone, Default)]
pub(super) struct Words(foldhash::fast::RandomState);

impl Words {
    /// The next word in `text[from..end]`.
    #[inline]
    pub(super) fn next(&self, text: &str, from: usize, end: usize) -> Option<Hashed> {
        let bytes = text.as_bytes().get(..end)?;
        let mut start = from;
        // Words of ASCII only are the rule; the first byte beyond ASCII sends the search to the slow path.
        while start < end && !bytes[start].is_ascii_alphanumeric() {
            if bytes[start] >= 0x80 {
                return self.next_beyond(text, start, end);
            }
            start += 1;
        }
        let mut hasher = self.0.build_hasher();
        let mut folded = [0u8; 32];
        let mut length = 0;
        let mut at = start;
        while at < end && bytes[at].is_ascii_alphanumeric() {
            if length == folded.len() {
                hasher.write(&folded);
                length = 0;
            }
            folded[length] = bytes[at].to_ascii_lowercase();
            length += 1;
            at += 1;
        }
        if at < end && bytes[at] >= 0x80 {
            return self.next_beyond(text, start, end);
        }
        if at == start {
            return None;
        }
        hasher.write(&folded[..length]);
        Some(Hashed { start, end: at, hash: hasher.finish() })
    }

    fn next_beyond(&self, text: &str, from: usize, end: usize) -> Option<Hashed> {
        let tail = text.get(from..end)?;
        let start = from + tail.find(char::is_alphanumeric)?;
        // Combining marks belong to the letter before them.
        let is_part = |symbol: char| symbol.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&symbol);
        let length = text[start..end].find(|symbol| !is_part(symbol)).unwrap_or(end - start);
        Some(Hashed { start, end: start + length, hash: self.of(&text[start..start + length]) })
    }

    /// The hash of one word.
    pub(super) fn of(&self, word: &str) -> u64 {
        let folded = folded(word);
        let mut hasher = self.0.build_hasher();
        let mut chunks = folded.as_bytes().chunks(32).peekable();
        while let Some(chunk) = chunks.next() {
            hasher.write(chunk);
            if chunk.len() == 32 && chunks.peek().is_none() {
                break;
            }
        }
        hasher.finish()
    }
}

/// The hash of a sequence of one word.
pub(super) fn start(word: u64) -> u64 {
    word
}

/// The hash of a sequence with one word more.
pub(super) fn extend(sequence: u64, word: u64) -> u64 {
    (sequence.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Whether what stands between two words may stand inside a term.
pub(super) fn joins(between: &str) -> bool {
    between.len() <= JOINT_BYTES_MAX && !between.contains(['\n', '\r', '"', ';', '|', '<', '>', '=', '/', '\\'])
}

/// Whether a text is an exact term, case and diacritics aside.
pub(super) fn is_same(exact: &str, text: &str) -> bool {
    exact.eq_ignore_ascii_case(text) || !(exact.is_ascii() && text.is_ascii()) && folded(text) == folded(exact)
}

/// The canonical form without diacritics: who types a name on another keyboard leaves them out.
pub(super) fn folded(word: &str) -> Cow<'_, str> {
    let form = canonical(word);
    if form.is_ascii() {
        return form;
    }
    let mut plain = String::with_capacity(form.len());
    for symbol in form.nfd().filter(|symbol| !is_combining_mark(*symbol)) {
        match symbol {
            '\u{f8}' => plain.push('o'),
            '\u{142}' => plain.push('l'),
            '\u{111}' | '\u{f0}' => plain.push('d'),
            '\u{131}' => plain.push('i'),
            '\u{e6}' => plain.push_str("ae"),
            '\u{153}' => plain.push_str("oe"),
            '\u{fe}' => plain.push_str("th"),
            '\u{2bc}' | '\u{2019}' => plain.push('\''),
            other => plain.push(other),
        }
    }
    Cow::Owned(plain)
}

/// The folded words of a text.
pub(super) fn split(text: &str) -> Vec<String> {
    let is_part = |symbol: char| symbol.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&symbol);
    text.split(|symbol| !is_part(symbol))
        .filter(|word| word.contains(char::is_alphanumeric))
        .map(|word| folded(word).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_and_the_slow_path_hash_alike() {
        let words = Words::default();
        let long = "a".repeat(64) + &"B".repeat(7);
        for word in ["Ada", "x", "0412", &"q".repeat(32), &long] {
            let text = format!(" -{word}, next");
            let found = words.next(&text, 0, text.len()).unwrap();
            assert_eq!(&text[found.start..found.end], word);
            assert_eq!(found.hash, words.of(word), "{} letters", word.len());
        }
    }

    #[test]
    fn words_beyond_ascii_are_found_whole() {
        let words = Words::default();
        let text = "an Zo\u{eb} R\u{f8}d\u{2014}x";
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(word) = words.next(text, at, text.len()) {
            found.push(&text[word.start..word.end]);
            at = word.end;
        }
        assert_eq!(found, ["an", "Zo\u{eb}", "R\u{f8}d", "x"]);
        assert_eq!(words.of("ZO\u{cb}"), words.of("zo\u{eb}"));
        assert_eq!(words.of("R\u{f8}d"), words.of("rod"));
    }
}
