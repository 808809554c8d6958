//! Accounts glued into a word: `xjdoe12y`, `SvcAfieldBackup`.
//!
//! Takes a word that is no term, gives the longest account in it. Only accounts that say enough: with a digit and three
//! letters, or of eight letters; shorter ones down to six letters where the spelling shows where they begin and end.
//! A bit filter over the first six letters answers for nearly every place without a look into memory.

use hashbrown::HashMap;

/// Letters that are looked up: the shortest account that is found inside a word.
const HEAD_BYTES: usize = 6;
/// Shortest account of letters only that may stand anywhere in a word.
const LETTERS_MIN: usize = 8;
/// Least letters of an account with digits.
const DIGITED_LETTERS_MIN: usize = 3;
/// Shortest run that can be a random token, bytes: 22 are 128 bits in base64, 16 a shorter kind.
const TOKEN_BYTES_MIN: usize = 16;
/// How far a run is looked at on each side of a word, bytes.
const RUN_BYTES_MAX: usize = 48;
/// Longest word that is searched, bytes: longer ones are digests and tokens.
const WORD_BYTES_MAX: usize = 32;

struct Account {
    text: Box<str>,
    /// It must begin and end where the spelling changes.
    bounded: bool,
    term: u32,
}

/// The accounts that are looked for inside words.
#[derive(Default)]
pub(super) struct Glued {
    /// Bits of the heads, a power of two of words.
    filter: Vec<u64>,
    accounts: HashMap<u64, Vec<Account>, foldhash::fast::FixedState>,
}

impl Glued {
    /// Adds an account (folded, one word) if it says enough.
    pub(super) fn add(&mut self, text: &str, term: u32) {
        let bytes = text.as_bytes();
        if bytes.len() < HEAD_BYTES || !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return;
        }
        let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
        let is_hex = bytes.iter().all(u8::is_ascii_hexdigit);
        let bounded = match letters == bytes.len() {
            true => letters < LETTERS_MIN,
            false if letters >= DIGITED_LETTERS_MIN && !is_hex => false,
            false => return,
        };
        let Some(head) = bytes.first_chunk().map(head) else { return };
        self.accounts.entry(head).or_default().push(Account { text: text.into(), bounded, term });
    }

    /// Makes the filter: sixteen bits for each head, so that one place in sixteen needs a look.
    pub(super) fn seal(&mut self) {
        let words = (self.accounts.len() / 4).next_power_of_two().max(64);
        self.filter = vec![0; words];
        for head in self.accounts.keys() {
            let (word, bit) = place(*head, words);
            if let Some(bits) = self.filter.get_mut(word) {
                *bits |= bit;
            }
        }
    }

    /// The term of the longest account at the first place in the word `text[from..to]` that has one, and its span in the
    /// word. In a random token only long ones are believed: a million tokens hold a dozen short ones by chance.
    #[inline]
    pub(super) fn find(&self, text: &str, from: usize, to: usize) -> Option<(u32, usize, usize)> {
        let bytes = text.as_bytes().get(from..to)?;
        if bytes.len() <= HEAD_BYTES || bytes.len() > WORD_BYTES_MAX || self.accounts.is_empty() {
            return None;
        }
        for (start, window) in bytes.windows(HEAD_BYTES).enumerate() {
            let Some(head) = window.first_chunk().map(head) else { break };
            let (at, bit) = place(head, self.filter.len());
            if self.filter.get(at).is_none_or(|bits| bits & bit == 0) {
                continue;
            }
            let there = self.accounts.get(&head).map(Vec::as_slice).unwrap_or_default();
            let longest = there.iter().filter(|account| account.is_at(bytes, start)).max_by_key(|one| one.text.len());
            if let Some(account) = longest
                && (account.text.len() >= LETTERS_MIN || !is_in_token(text.as_bytes(), from, to))
            {
                return Some((account.term, start, start + account.text.len()));
            }
        }
        None
    }
}

impl Account {
    fn is_at(&self, word: &[u8], start: usize) -> bool {
        let end = start + self.text.len();
        let Some(found) = word.get(start..end) else { return false };
        if !found.eq_ignore_ascii_case(self.text.as_bytes()) {
            return false;
        }
        // One spelling throughout: letters of a random token change theirs.
        let is_lower = |byte: &u8| !byte.is_ascii_uppercase();
        let is_even = found.iter().skip(1).all(is_lower) || !found.iter().any(u8::is_ascii_lowercase);
        let edge = |one: Option<&u8>, other: Option<&u8>| match (one, other) {
            (Some(one), Some(other)) => {
                one.is_ascii_digit() != other.is_ascii_digit() || one.is_ascii_lowercase() != other.is_ascii_lowercase()
            }
            _ => true,
        };
        let before = start.checked_sub(1).and_then(|at| word.get(at));
        is_even && (!self.bounded || edge(before, word.get(start)) && edge(word.get(end - 1), word.get(end)))
    }
}

/// Whether the word stands in random base64: a run of sixteen letters or more, of all three kinds, where three neighbours in
/// ten or more are of different kinds. Random ones change at six in ten; names of machines and accounts at one or two.
fn is_in_token(text: &[u8], from: usize, to: usize) -> bool {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_+/=".contains(byte);
    let before = text.get(..from).unwrap_or_default().iter().rev().take(RUN_BYTES_MAX).take_while(is_part).count();
    let behind = text.get(to..).unwrap_or_default().iter().take(RUN_BYTES_MAX).take_while(is_part).count();
    let run = text.get(from - before..to + behind).unwrap_or_default();
    let kind = |byte: &u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let kinds: [bool; 3] = [0, 1, 2].map(|one| run.iter().any(|byte| kind(byte) == one));
    let changes = run.windows(2).filter(|two| match two {
        [one, other] => kind(one) < 3 && kind(other) < 3 && kind(one) != kind(other),
        _ => false,
    });
    let changes = changes.count();
    run.len() >= TOKEN_BYTES_MIN && kinds == [true; 3] && changes * 10 >= run.len() * 3
}

/// Six letters in lower case as a number.
#[inline]
fn head(bytes: &[u8; HEAD_BYTES]) -> u64 {
    bytes.iter().fold(0, |head, byte| head << 8 | u64::from(byte.to_ascii_lowercase()))
}

#[inline]
fn place(head: u64, words: usize) -> (usize, u64) {
    let mixed = head.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed >> 32) as usize & (words - 1), 1 << (mixed >> 58))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_inside_words_that_show_them() {
        let mut glued = Glued::default();
        for (term, text) in ["jdoe12", "afield", "marlowebr", "short", "a12345", "alderwood"].into_iter().enumerate() {
            glued.add(text, u32::try_from(term).unwrap());
        }
        glued.seal();
        for (word, wanted) in [
            ("xjdoe12y", Some((0, 1, 7))),
            ("JDOE12old", Some((0, 0, 6))),
            ("SvcAfieldBackup", Some((1, 3, 9))),
            ("afield2", Some((1, 0, 6))),
            ("xmarlowebrx", Some((2, 1, 10))),
            ("alderwoodadmin", Some((5, 0, 9))),
            ("xafieldy", None),
            ("datafields", None),
            ("xjDoE12y", None),
            ("shorter", None),
            ("ffa12345", None),
            ("jdoe1", None),
        ] {
            assert_eq!(glued.find(word, 0, word.len()), wanted, "{word}");
        }
        assert_eq!(Glued::default().find("anything", 0, 8), None);
        // By chance in a token, whole or cut by its own signs; not in a name that happens to be long.
        let token = "8Kq-aZ3jdoe12Xv_Qm7RbT";
        let word = token.find("aZ3jdoe12Xv").unwrap();
        assert_eq!(glued.find(token, word, word + 11), None);
        let long = "8KqaZ3marlowebrXvQm7RbT";
        assert_eq!(glued.find(long, 0, long.len()), Some((2, 6, 15)));
        let host = "WKS-jdoe12old-Building7";
        assert_eq!(glued.find(host, 4, 13), Some((0, 0, 6)));
    }
}
