//! The dictionary half of the leak check: identifiers that this run has seen, looked for in the finished files.
//!
//! Takes readings of texts, gives counts. It proves the engine, not the collection: an identifier that the run never saw
//! is the closed world's matter. Only the run that collected has the dictionaries; they are never written down.

use super::views::View;
use crate::pseudonym::{Dictionary, Gate};

/// What the run knows.
#[derive(Clone)]
pub struct Known<'g> {
    gate: &'g Gate,
    dictionaries: Vec<&'g Dictionary>,
}

impl<'g> Known<'g> {
    /// The gate's frozen dictionary, and the late one that [`super::repair`] gave.
    pub fn new(gate: &'g Gate, late: Option<&'g Dictionary>) -> Self {
        Self { gate, dictionaries: gate.dictionary().into_iter().chain(late).collect() }
    }

    /// The dictionaries.
    pub fn dictionaries(&self) -> impl Iterator<Item = &'g Dictionary> {
        self.dictionaries.iter().copied()
    }

    /// How many terms are looked for.
    pub fn terms(&self) -> u64 {
        self.dictionaries.iter().map(|dictionary| dictionary.terms() as u64).sum()
    }

    /// How many known ids stand in a text.
    pub(super) fn ids(&self, text: &str) -> u64 {
        self.dictionaries.iter().map(|dictionary| dictionary.ids_in(self.gate, text)).sum()
    }

    /// How many known identifiers stand in a reading. `in_prose`: see [`Dictionary::leaks_in`].
    pub fn count(&self, view: View<'_>, in_prose: bool) -> u64 {
        self.dictionaries.iter().map(|dictionary| dictionary.leaks_in(self.gate, view.text, in_prose)).sum()
    }
}
