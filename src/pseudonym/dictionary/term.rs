//! A term of the dictionary: which value it stands for, and where it may be found.

use super::words;
use crate::catalog::Kind;

/// What must hold where a term is found, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Needs {
    /// Nothing more than its words.
    Nothing,
    /// A capital: `Paris`, a place that could be a word.
    Capital,
    /// A capital, and a word before it that speaks of people: a family name alone (`Mr Field`, `surname: Field`).
    Announced,
    /// Capitals, and a full stop behind the initial: `A. Field`, `Field, A.`
    Initials,
}

/// Words that speak of the person who is named after them (folded).
const PERSONS: [&str; 38] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "prof",
    "professor",
    "herr",
    "herrn",
    "frau",
    "mme",
    "madame",
    "monsieur",
    "sr",
    "sra",
    "senor",
    "senora",
    "signor",
    "signora",
    "dhr",
    "mevr",
    "dear",
    "hello",
    "hi",
    "hallo",
    "liebe",
    "lieber",
    "bonjour",
    "surname",
    "lastname",
    "sn",
    "givenname",
    "firstname",
    "nachname",
    "vorname",
    "employee",
    "colleague",
    "mitarbeiter",
];
/// How far before a name such a word is looked for, bytes.
const BEFORE_BYTES_MAX: usize = 24;

/// A term: which value it stands for.
#[derive(Clone)]
pub(super) struct Term {
    /// The value as its field gave it; its pseudonym is that of the field.
    pub(super) value: Box<str>,
    pub(super) kind: Kind,
    /// The lower-case text that must stand there, for terms whose separators matter.
    pub(super) exact: Option<Box<str>>,
    pub(super) needs: Needs,
    /// Another term of the same words (`ada.field` and "Ada Field").
    pub(super) next: Option<u32>,
}

impl Term {
    /// Whether the words at a place are this term.
    pub(super) fn fits(&self, text: &str, start: usize, end: usize) -> bool {
        let Some(found) = text.get(start..end) else { return false };
        if self.exact.as_ref().is_some_and(|exact| !words::is_same(exact, found)) {
            return false;
        }
        // One foreign word: without its diacritics it may be an English one.
        if self.exact.as_ref().is_some_and(|exact| !exact.is_ascii() && exact.chars().all(char::is_alphabetic))
            && found.is_ascii()
        {
            return false;
        }
        match self.needs {
            Needs::Nothing => true,
            Needs::Capital => found.starts_with(char::is_uppercase),
            Needs::Announced => found.starts_with(char::is_uppercase) && is_announced(text.get(..start)),
            Needs::Initials => {
                let mut parts = found.split(|symbol: char| !symbol.is_alphanumeric()).filter(|part| !part.is_empty());
                let is_stopped = found.contains('.') || text.get(end..).is_some_and(|rest| rest.starts_with('.'));
                is_stopped && parts.all(|part| part.starts_with(char::is_uppercase))
            }
        }
    }
}

fn is_announced(before: Option<&str>) -> bool {
    let Some(before) = before else { return false };
    let start = before.len().saturating_sub(BEFORE_BYTES_MAX);
    let tail = (start..before.len()).find_map(|at| before.get(at..)).unwrap_or_default();
    let Some(word) = tail
        .trim_end_matches(|symbol: char| !symbol.is_alphanumeric())
        .rsplit(|symbol: char| !symbol.is_alphanumeric())
        .next()
    else {
        return false;
    };
    let far = tail.len() - tail.trim_end_matches(|symbol: char| !symbol.is_alphanumeric()).len();
    far <= 4 && PERSONS.contains(&&*words::folded(word))
}
