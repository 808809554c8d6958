//! From what was learnt to a dictionary that never changes.
//!
//! Takes texts and what they stand for, leaves out what says too little, gives the tables that a search needs. Folding
//! the words is most of the work and is shared among the processors; the tables are filled in the order of the texts, so
//! that the same lessons give the same dictionary.

use hashbrown::{HashMap, HashSet};

use super::Dictionary;
use super::glued::Glued;
use super::learning::{Entry, Learning};
use super::stop::StopList;
use super::term::{Needs, Term};
use super::truncated::Beginnings;
use super::words::{self, Words};
use crate::catalog::Kind;
use crate::limits::TERM_WORDS_MAX;
use crate::pseudonym::memory::next_epoch;

/// Shortest single word without a digit, letters.
const WORD_LETTERS_MIN: usize = 5;
/// Shortest single word of digits only: shorter ones are error codes, ports and years.
const NUMBER_DIGITS_MIN: usize = 8;
/// Shortest single word with letters beyond ASCII: `José` is hardly an English word.
const FOREIGN_LETTERS_MIN: usize = 3;
/// Fewer texts are not worth a second thread.
const SHARE_MIN: usize = 4096;

/// A text that says enough, folded and hashed.
struct Folded {
    first: u64,
    sequence: u64,
    words: usize,
    /// The word, if it is an account that may stand inside another word.
    account: Option<String>,
    exact: Option<Box<str>>,
}

impl Learning {
    /// Builds the dictionary. `vocabulary`: words of the schema, which are never terms on their own.
    pub(in crate::pseudonym) fn freeze<'v>(self, vocabulary: impl Iterator<Item = &'v str>) -> Dictionary {
        let mut labels: HashSet<Box<str>, foldhash::fast::RandomState> = HashSet::default();
        for domain in &self.domains {
            labels.extend(domain.split('.').next().map(Box::from));
        }
        let mut dictionary = Dictionary {
            epoch: next_epoch(),
            words: Words::default(),
            firsts: HashMap::default(),
            sequences: HashMap::with_capacity_and_hasher(self.terms.len(), foldhash::fast::FixedState::default()),
            terms: Vec::with_capacity(self.terms.len()),
            glued: Glued::default(),
            beginnings: Beginnings::default(),
            stop: StopList::new(vocabulary),
            ids: self.ids,
            domains: self.domains,
            labels,
        };
        let mut entries: Vec<_> = self.terms.into_iter().collect();
        entries.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let folded = fold_all(&entries, &dictionary.stop, &dictionary.words);
        for ((text, entry), folded) in entries.into_iter().zip(folded) {
            if folded.is_some_and(|folded| !dictionary.add(&text, entry, folded)) {
                break;
            }
        }
        dictionary.glued.seal();
        dictionary
    }
}

fn fold_all(entries: &[(Box<str>, Entry)], stop: &StopList, hash: &Words) -> Vec<Option<Folded>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = entries.len().div_ceil(threads).max(SHARE_MIN);
    let fold_share = |share: &[(Box<str>, Entry)]| -> Vec<Option<Folded>> {
        share.iter().map(|(text, entry)| fold(text, entry, stop, hash)).collect()
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            entries.chunks(share).map(|share| (share, scope.spawn(move || fold_share(share)))).collect();
        // A thread that stopped would leave names in the texts: its share is folded here.
        workers.into_iter().flat_map(|(share, worker)| worker.join().unwrap_or_else(|_| fold_share(share))).collect()
    })
}

/// None where a text says too little.
fn fold(text: &str, entry: &Entry, stop: &StopList, hash: &Words) -> Option<Folded> {
    let mut parts = words::split(text);
    if !(1..=TERM_WORDS_MAX).contains(&parts.len()) || !is_telling(&parts, text.is_ascii(), stop) {
        return None;
    }
    let mut hashes = parts.iter().map(|part| hash.of(part));
    let first = hashes.next()?;
    let sequence = hashes.fold(words::start(first), words::extend);
    let words = parts.len();
    let exact = entry.exact.then(|| trimmed(text)).filter(|exact| words > 1 || !exact.is_ascii());
    let account = parts.pop().filter(|_| words == 1 && matches!(entry.kind, Kind::Account));
    Some(Folded { first, sequence, words, account, exact })
}

impl Dictionary {
    /// Adds a text, in order. False: the dictionary is full.
    fn add(&mut self, text: &str, entry: Entry, folded: Folded) -> bool {
        let Entry { value, kind, needs, .. } = entry;
        let Ok(position) = u32::try_from(self.terms.len()) else { return false };
        let longest = self.firsts.entry(folded.first).or_insert(0);
        *longest = (*longest).max(u8::try_from(folded.words).unwrap_or(u8::MAX));
        if let Some(word) = &folded.account {
            self.glued.add(word, position);
        }
        if needs == Needs::Nothing && matches!(kind, Kind::Account | Kind::Name) {
            self.beginnings.add(text, position);
        }
        let next = self.sequences.insert(folded.sequence, position);
        self.terms.push(Term { value, kind, exact: folded.exact, needs, next });
        true
    }
}

/// The text from its first to its last word: what stands around the words is not part of a match.
pub(super) fn trimmed(text: &str) -> Box<str> {
    text.trim_matches(|symbol: char| !symbol.is_alphanumeric()).into()
}

/// Whether words say enough to be looked for.
fn is_telling(words: &[String], is_ascii: bool, stop: &StopList) -> bool {
    match words {
        [word] if word.bytes().all(|byte| byte.is_ascii_digit()) => word.len() >= NUMBER_DIGITS_MIN,
        [word] => {
            let has_digit = word.len() >= 3 && word.chars().any(char::is_numeric);
            let least = if is_ascii { WORD_LETTERS_MIN } else { FOREIGN_LETTERS_MIN };
            (word.chars().count() >= least || has_digit) && !stop.contains(word)
        }
        words => words.iter().any(|word| word.chars().count() >= 2 && !stop.contains(word)),
    }
}
