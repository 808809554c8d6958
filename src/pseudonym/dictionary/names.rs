//! The ways in which a person's name is written.
//!
//! Takes a display name (and given and family name where they are known), gives texts that stand for it: both orders,
//! without middle names, without what stands in brackets behind it, with `ae` for `ä`, with an initial, in one word.
//! Case and diacritics are folded when texts are compared, so they need no ways of their own.

use super::term::Needs;

/// Shortest name in one word, letters: `adafield`.
const ONE_WORD_LETTERS_MIN: usize = 8;
/// Shortest family name behind an initial, letters.
const INITIALS_LETTERS_MIN: usize = 4;

/// A text to look for.
pub(super) struct Way {
    pub(super) text: String,
    /// Whether its separators matter.
    pub(super) exact: bool,
    pub(super) needs: Needs,
}

fn way(text: String) -> Way {
    Way { text, exact: false, needs: Needs::Nothing }
}

/// All ways of writing a name.
pub(super) fn ways(name: &str) -> Vec<Way> {
    let mut all = Vec::new();
    let spellings = [Some(name.to_owned()), transliterated(name)];
    for spelling in spellings.into_iter().flatten() {
        orders(&spelling, &mut all);
        // "Ada Field (Crew)", "Ada Field [External]", "Ada Field | Crew".
        if let Some(at) = spelling.find(['(', '[', '|']).filter(|at| spelling[..*at].trim().contains([' ', ','])) {
            orders(spelling[..at].trim(), &mut all);
        }
    }
    all
}

/// The ways that given and family name allow.
pub(super) fn ways_of_parts(given: &str, family: &str) -> Vec<Way> {
    let mut all = Vec::new();
    for (given, family) in [
        Some((given.to_owned(), family.to_owned())),
        transliterated(given).map(|given| (given, family.to_owned())),
        transliterated(family).map(|family| (given.to_owned(), family)),
        transliterated(given).zip(transliterated(family)),
    ]
    .into_iter()
    .flatten()
    {
        all.push(way(format!("{given} {family}")));
        all.push(way(format!("{family} {given}")));
        short(&given, &family, &mut all);
    }
    all
}

fn orders(name: &str, all: &mut Vec<Way>) {
    let name = name.trim();
    let words: Vec<&str> = name.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let is_lone = words.len() == 1 && name.is_ascii() && name.bytes().all(|byte| !byte.is_ascii_digit());
    let needs = if is_lone { Needs::Announced } else { Needs::Nothing };
    all.push(Way { text: name.to_owned(), exact: words.len() == 1, needs });
    // "Family, Given Middle": the comma tells where the family name ends.
    if let Some((family, given)) = name.split_once(',') {
        let (family, given) = (family.trim(), given.trim());
        all.push(way(format!("{given} {family}")));
        let first = given.split(' ').next().unwrap_or(given);
        if first != given {
            all.push(way(format!("{first} {family}")));
            all.push(way(format!("{family} {first}")));
        }
        short(first, family, all);
        return;
    }
    let [first, .., last] = words.as_slice() else { return };
    if words.len() > 2 {
        all.push(way(format!("{first} {last}")));
    }
    all.push(way(format!("{last} {first}")));
    short(first, last, all);
}

/// In one word, and with an initial.
fn short(given: &str, family: &str, all: &mut Vec<Way>) {
    let is_plain = |name: &str| !name.is_empty() && name.chars().all(char::is_alphabetic);
    if !is_plain(given) || !is_plain(family) {
        return;
    }
    if given.chars().count() + family.chars().count() >= ONE_WORD_LETTERS_MIN && given.chars().count() > 1 {
        all.push(way(format!("{given}{family}")));
        all.push(way(format!("{family}{given}")));
    }
    if let Some(initial) = given.chars().next().filter(|_| family.chars().count() >= INITIALS_LETTERS_MIN) {
        for text in [
            format!("{initial}. {family}"),
            format!("{initial}.{family}"),
            format!("{family}, {initial}"),
            format!("{family} {initial}"),
        ] {
            all.push(Way { text, exact: true, needs: Needs::Initials });
        }
    }
}

/// `ae` for `ä` and the like, as keyboards and old systems write them.
fn transliterated(name: &str) -> Option<String> {
    let long = |symbol: char| match symbol {
        '\u{e4}' => Some("ae"),
        '\u{c4}' => Some("Ae"),
        '\u{f6}' | '\u{f8}' => Some("oe"),
        '\u{d6}' | '\u{d8}' => Some("Oe"),
        '\u{fc}' => Some("ue"),
        '\u{dc}' => Some("Ue"),
        '\u{e5}' => Some("aa"),
        '\u{c5}' => Some("Aa"),
        _ => None,
    };
    name.contains(|symbol| long(symbol).is_some()).then(|| {
        name.chars().fold(String::with_capacity(name.len()), |mut out, symbol| {
            match long(symbol) {
                Some(letters) => out.push_str(letters),
                None => out.push(symbol),
            }
            out
        })
    })
}
