//! Every identifier that the directory named, for finding it again in free text.
//!
//! Takes typed values while the directory is read ([`Learning`]), gives a frozen [`Dictionary`]: terms as hashed
//! word sequences (keyed, as log text is the attacker's choice), own domains, ids by class. A match gives the
//! pseudonym of the *canonical entry*, not of the matched letters, so that all spellings of a name stay one.
//! Measured against Aho-Corasick in pseudonyms.md: 4 M terms build in 0.5 s. Never written anywhere.

mod freezing;
mod glued;
mod learning;
mod names;
mod stop;
mod term;
mod truncated;
mod words;

pub(super) use learning::Learning;

use hashbrown::{HashMap, HashSet};

use super::gate::Gate;
use super::scan::Claims;
use crate::catalog::Kind;
use crate::limits::TERM_WORDS_MAX;
use glued::Glued;
use stop::StopList;
use term::{Needs, Term};
use truncated::{Beginnings, Owner};
use words::{Hashed, Words};

/// The frozen dictionary.
pub struct Dictionary {
    /// For the memory of what was looked for in it.
    epoch: u64,
    words: Words,
    /// Hash of a term's first word: longest term that starts with it, in words.
    firsts: HashMap<u64, u8, foldhash::fast::FixedState>,
    /// Hash of a whole sequence: position in `terms`.
    sequences: HashMap<u64, u32, foldhash::fast::FixedState>,
    terms: Vec<Term>,
    glued: Glued,
    beginnings: Beginnings,
    stop: StopList,
    ids: HashMap<u128, Kind, foldhash::fast::RandomState>,
    domains: HashSet<Box<str>, foldhash::fast::RandomState>,
    labels: HashSet<Box<str>, foldhash::fast::RandomState>,
}

impl Dictionary {
    /// How many terms, domains and ids are known.
    pub fn terms(&self) -> usize {
        self.sequences.len() + self.domains.len() + self.ids.len()
    }

    /// Each thing that is known, written so that no two are alike.
    pub(super) fn parts(&self) -> Vec<Vec<u8>> {
        let ids = self.ids.iter().map(|(id, kind)| [&[1, *kind as u8], id.to_be_bytes().as_slice()].concat());
        let domains = self.domains.iter().map(|domain| [&[2], domain.as_bytes(), &[0]].concat());
        let terms = self.terms.iter().map(|term| {
            let exact = term.exact.as_deref().unwrap_or_default();
            let head = [3, term.kind as u8, term.needs as u8];
            [head.as_slice(), term.value.as_bytes(), &[0], exact.as_bytes(), &[0]].concat()
        });
        ids.chain(domains).chain(terms).collect()
    }

    /// The class of a known id.
    pub fn is_known(&self, id: u128) -> Option<Kind> {
        self.ids.get(&id).copied()
    }

    /// Whether exactly these words are a term that a value of this kind has nothing to add to: a family name alone is
    /// found only where it is announced, so a log that names a town like it teaches something new.
    pub(super) fn has_term(&self, kind: Kind, text: &str) -> bool {
        let Some(mut terms) = self.same_texts(text) else { return true };
        terms.any(|one| one.needs == Needs::Nothing || kind == Kind::Name)
    }

    /// The terms of exactly these words; none where there is no word.
    fn same_texts(&self, text: &str) -> Option<impl Iterator<Item = &Term>> {
        let mut words = std::iter::successors(self.words.next(text, 0, text.len()), |word| {
            self.words.next(text, word.end, text.len())
        });
        let first = words.next()?;
        let sequence = words.fold(words::start(first.hash), |sequence, word| words::extend(sequence, word.hash));
        let term = |position: u32| self.terms.get(position as usize);
        let first = self.sequences.get(&sequence).copied().and_then(term);
        Some(std::iter::successors(first, move |one| one.next.and_then(term)))
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether the whole text is one term.
    pub(super) fn is_term(&self, text: &str) -> bool {
        let mut is_whole = false;
        self.each(text, 0, text.len(), &|_| true, |_, from, to| is_whole |= from == 0 && to == text.len());
        is_whole
    }

    /// Whether a name is one of the customer's domains or lies under one.
    pub(super) fn is_under_own_domain(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        let mut rest = lower.as_str();
        loop {
            if self.domains.contains(rest) {
                return true;
            }
            match rest.split_once('.') {
                Some((_, parent)) => rest = parent,
                None => return false,
            }
        }
    }

    /// Whether a word is one of the customer's domains, or the NetBIOS form of one.
    pub(super) fn is_own_domain(&self, name: &str) -> bool {
        self.labels.contains(name.to_lowercase().as_str()) || self.is_under_own_domain(name)
    }

    /// Claims every term between two positions: at each word the longest term that starts there, else an account that
    /// is glued into it; and what a program has cut off.
    pub(super) fn find(&self, gate: &Gate, text: &str, start: usize, end: usize, claims: &mut Claims) {
        for (from, to, owner) in self.beginnings.find(text, start, end, &self.stop) {
            let mut new = String::new();
            let is_new = match owner {
                Owner::One(position) => self.terms.get(position as usize).is_some_and(|term| {
                    !gate.is_kept(term.kind) && gate.claimed(term.kind, &term.value, true, &mut new)
                }),
                Owner::Several => !gate.is_kept(Kind::Name) && gate.opaque(&text[from..to], &mut new),
            };
            if is_new && claims.is_free(from, to) {
                claims.replace(from, to, new);
            }
        }
        self.each(text, start, end, &|word| is_token(gate, word), |term, from, to| {
            if gate.is_kept(term.kind) {
                return;
            }
            let mut new = String::new();
            if gate.claimed(term.kind, &term.value, true, &mut new) && new != text[from..to] {
                claims.replace(from, to, new);
            }
        });
    }

    /// How many identifiers stand in a text that should be clean: terms, hosts under own domains, mapped ids.
    /// A count only; what was found is not given out. `in_prose`: terms of one word do not count, because the text
    /// is this program's own, and somebody may be called like one of its words.
    pub fn leaks_in(&self, gate: &Gate, text: &str, in_prose: bool) -> u64 {
        let mut found = 0;
        let mut new = String::new();
        self.each(text, 0, text.len(), &|word| is_token(gate, word), |term, from, to| {
            new.clear();
            let is_mapped = !gate.is_kept(term.kind) && gate.claimed(term.kind, &term.value, true, &mut new);
            let found_text = &text[from..to];
            let is_plain_word = in_prose && found_text.chars().all(char::is_alphabetic);
            found += u64::from(is_mapped && !is_plain_word && new != found_text);
        });
        let is_name = |symbol: char| symbol.is_alphanumeric() || "-._".contains(symbol);
        let has_dot = memchr::memchr(b'.', text.as_bytes()).is_some();
        let names = text[..if has_dot { text.len() } else { 0 }].split(|symbol| !is_name(symbol));
        let names = names.filter(|name| name.contains('.'));
        let hosts = names.filter(|name| self.is_under_own_domain(name.trim_end_matches('.'))).count();
        found + hosts as u64 + self.ids_in(gate, text)
    }

    /// How many mapped ids stand in a text that should be clean.
    pub fn ids_in(&self, gate: &Gate, text: &str) -> u64 {
        // An id has its first dash behind eight digits.
        let dashes = memchr::memchr_iter(b'-', text.as_bytes()).filter_map(|dash| dash.checked_sub(8));
        let is_edge = |at: Option<usize>| {
            at.and_then(|at| text.as_bytes().get(at)).is_none_or(|byte| !byte.is_ascii_alphanumeric())
        };
        let dashes = dashes.filter(|start| is_edge(start.checked_sub(1)) && is_edge(Some(start + 36)));
        let ids = dashes.filter_map(|start| super::guid::parse_dashed(text.as_bytes().get(start..start + 36)?));
        let is_mapped = |id: u128| self.is_known(id).is_some_and(|kind| !gate.keeps_id(kind)) && !(gate.well_known)(id);
        ids.filter(|&id| is_mapped(id)).count() as u64
    }

    /// `is_token`: whether a word is a pseudonym, in which nothing is looked for.
    fn each(
        &self,
        text: &str,
        start: usize,
        end: usize,
        is_token: &dyn Fn(&str) -> bool,
        mut found: impl FnMut(&Term, usize, usize),
    ) {
        let mut at = start;
        while let Some(word) = self.words.next(text, at, end) {
            at = word.end;
            if let Some(&longest) = self.firsts.get(&word.hash)
                && let Some((term, to)) = self.longest(text, &word, usize::from(longest), end)
            {
                let to = closed(text, word.start, to, end, &term.value);
                at = to;
                found(term, word.start, to);
            } else if let Some(span) = text.get(word.start..word.end)
                && let Some((position, from, to)) = self.glued.find(text, word.start, word.end)
                && let Some(term) = self.terms.get(position as usize)
                && !is_token(span)
                // `notificationRecipients` is a word of the schema, whatever else is in it.
                && !self.stop.contains(&span.to_lowercase())
            {
                found(term, word.start + from, word.start + to);
            }
        }
    }

    fn longest(&self, text: &str, first: &Hashed, longest: usize, end: usize) -> Option<(&Term, usize)> {
        let mut sequence = words::start(first.hash);
        let mut last_end = first.end;
        let mut best = None;
        for count in 1..=longest.min(TERM_WORDS_MAX) {
            if count > 1 {
                let Some(next) = self.words.next(text, last_end, end) else { break };
                if !words::joins(&text[last_end..next.start]) {
                    break;
                }
                sequence = words::extend(sequence, next.hash);
                last_end = next.end;
            }
            if let Some(term) = self.same_words(sequence, text, first.start, last_end) {
                best = Some((term, last_end));
            }
        }
        best
    }

    /// The term of these words: the one with just these separators, or else one whose separators do not matter.
    fn same_words(&self, sequence: u64, text: &str, start: usize, end: usize) -> Option<&Term> {
        let mut next = self.sequences.get(&sequence).copied();
        let mut loose = None;
        while let Some(term) = next.and_then(|position| self.terms.get(position as usize)) {
            if term.fits(text, start, end) {
                if term.exact.is_some() {
                    return Some(term);
                }
                loose = loose.or(Some(term));
            }
            next = term.next;
        }
        loose
    }
}

/// Where a term ends: the bracket that closes a name is no word, but belongs to it (`Ada Field (Crew)`).
fn closed(text: &str, from: usize, to: usize, end: usize, value: &str) -> usize {
    let is_closed = [('(', ')'), ('[', ']')].into_iter().any(|(opening, closing)| {
        value.trim_end().ends_with(closing) && text[to..end].starts_with(closing) && text[from..to].contains(opening)
    });
    if is_closed { to + 1 } else { to }
}

/// Whether a word is a pseudonym of this key.
fn is_token(gate: &Gate, word: &str) -> bool {
    word.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("px"))
        && gate.cipher.open_atom(&word.to_ascii_lowercase()).is_some()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
