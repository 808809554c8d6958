//! Words that are never identifiers on their own: the schema's, the products', and ordinary English of error texts.
//! The list stands in `stop-words.txt`, one or more words a line.

use hashbrown::HashSet;

const WORDS: &str = include_str!("stop-words.txt");

/// The stop list.
pub(super) struct StopList(HashSet<Box<str>, foldhash::fast::FixedState>);

impl StopList {
    /// The file's words, and those of the schema.
    pub(super) fn new<'v>(vocabulary: impl Iterator<Item = &'v str>) -> Self {
        let file = WORDS.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
        let split = |word: &'v str| word.split(|symbol: char| !symbol.is_alphanumeric());
        Self(file.chain(vocabulary.flat_map(split)).map(|word| word.to_lowercase().into()).collect())
    }

    /// Whether a folded word is in it.
    pub(super) fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}
