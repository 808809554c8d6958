//! Names and accounts that a program has cut off: `alice.smi…`, `Alice Smi...`
//!
//! Takes a text, gives the cut pieces that can only be the beginning of somebody, and of whom: of one value, or of
//! several (then nobody in particular is meant by it, but a name it is). A piece must say enough by itself: six
//! characters with a separator or digit, eight letters otherwise, or a first name and two letters of the second.

use super::stop::StopList;

const MARKED_BYTES_MIN: usize = 6;
const LETTERS_MIN: usize = 8;
/// Least letters of the second word of a name.
const SECOND_LETTERS_MIN: usize = 2;

/// Beginnings of names and accounts, sorted: the lower-case text and its term.
#[derive(Default)]
pub(super) struct Beginnings(Vec<(Box<str>, u32)>);

/// Whose beginning a piece is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Owner {
    One(u32),
    Several,
}

impl Beginnings {
    /// Adds a text. They come in order.
    pub(super) fn add(&mut self, text: &str, term: u32) {
        self.0.push((text.into(), term));
    }

    /// Every cut piece between two positions: its span and its owner.
    pub(super) fn find(&self, text: &str, start: usize, end: usize, stop: &StopList) -> Vec<(usize, usize, Owner)> {
        let mut found = Vec::new();
        let Some(stretch) = text.get(start..end) else { return found };
        let dots = memchr::memmem::find_iter(stretch.as_bytes(), b"...");
        let ellipses = memchr::memmem::find_iter(stretch.as_bytes(), "\u{2026}".as_bytes());
        for cut in dots.chain(ellipses) {
            let Some(before) = stretch.get(..cut) else { continue };
            let is_part = |symbol: char| symbol.is_alphanumeric() || "._-'".contains(symbol);
            let word = before.trim_end_matches(is_part).len();
            let first = before[..word].strip_suffix(' ').map(|rest| rest.trim_end_matches(is_part).len());
            let pieces = first.filter(|first| *first < word).into_iter().chain([word]);
            let owned = pieces.into_iter().find_map(|at| {
                let piece = &before[at..];
                let says_enough = if at < word { is_name(piece) } else { is_account(piece, stop) };
                says_enough.then(|| self.owner(&piece.to_lowercase())).flatten().map(|owner| (at, owner))
            });
            if let Some((at, owner)) = owned {
                found.push((start + at, start + cut, owner));
            }
        }
        found
    }

    fn owner(&self, piece: &str) -> Option<Owner> {
        let at = self.0.partition_point(|(text, _)| &**text < piece);
        let mut there = self.0.get(at..)?.iter().take_while(|(text, _)| text.starts_with(piece));
        let (_, one) = there.next()?;
        Some(if there.all(|(_, other)| other == one) { Owner::One(*one) } else { Owner::Several })
    }
}

fn is_account(piece: &str, stop: &StopList) -> bool {
    let is_marked = piece.contains(|symbol: char| !symbol.is_alphabetic());
    piece.len() >= if is_marked { MARKED_BYTES_MIN } else { LETTERS_MIN } && !stop.contains(&piece.to_lowercase())
}

fn is_name(piece: &str) -> bool {
    piece.split_once(' ').is_some_and(|(first, second)| {
        first.starts_with(char::is_uppercase)
            && second.starts_with(char::is_uppercase)
            && second.chars().count() >= SECOND_LETTERS_MIN
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_names_are_found_and_cut_words_are_not() {
        let mut beginnings = Beginnings::default();
        for (term, text) in ["ada field", "ada fielding", "alice.smith", "marlowebr", "sync"].into_iter().enumerate() {
            beginnings.add(text, u32::try_from(term).unwrap());
        }
        let stop = StopList::new(std::iter::empty());
        let found = |text: &str| {
            let mut all = beginnings.find(text, 0, text.len(), &stop);
            all.pop().map(|(start, end, owner)| (text[start..end].to_owned(), owner))
        };
        for (text, piece, owner) in [
            ("by alice.smi\u{2026}", "alice.smi", Owner::One(2)),
            ("by Alice.S... x", "Alice.S", Owner::One(2)),
            ("by Ada Fi...", "Ada Fi", Owner::Several),
            ("by Ada Fieldin...", "Ada Fieldin", Owner::One(1)),
            ("marloweb...", "marloweb", Owner::One(3)),
        ] {
            assert_eq!(found(text), Some((piece.to_owned(), owner)), "{text}");
        }
        for text in ["syn...", "marlow...", "ada fi...", "loading ...", "...", "alice...", "by Ada F..."] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
