//! What was wrong with a value that its pseudonym hides: `data/traits.jsonl`.
//!
//! Many faults of synchronisation and provisioning are properties of a text (a trailing blank, an illegal character, two
//! objects with one address), and a pseudonym has none of them. Takes raw values while they are mapped, keeps for each
//! violator its pseudonym and the names of the rules it breaks, gives lines sorted by pseudonym. Never keeps a value or
//! its length; values that break no rule leave nothing. The result depends on the set of values alone, not on their order.

mod objects;
mod violations;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

pub(super) use violations::Violations;

use super::clean::CleanBatch;
use super::gate::Gate;
use crate::catalog::Kind;
use crate::limits::TRAITS_MAX;
use objects::Objects;

/// What was noted so far; shared by all workers.
#[derive(Default)]
pub(super) struct Traits {
    violators: Mutex<Violators>,
    objects: Mutex<Objects>,
}

/// The first [`TRAITS_MAX`] violators in the order of their pseudonyms, whatever came when.
#[derive(Default)]
struct Violators {
    noted: BTreeMap<(Box<str>, Kind), Violations>,
    is_cut: bool,
    /// What was noted since the journal was told.
    fresh: Vec<NotedTrait>,
}

/// One violator as the journal keeps it: its pseudonym, its kind, the set of its violations.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NotedTrait(Box<str>, Kind, Violations);

impl Violators {
    fn note(&mut self, kind: Kind, token: &str, violations: Violations) {
        let known = self.noted.entry((token.into(), kind)).or_default();
        let all = known.and(violations);
        if *known != all {
            self.fresh.push(NotedTrait(token.into(), kind, violations));
        }
        *known = all;
        if self.noted.len() > TRAITS_MAX {
            self.noted.pop_last();
            self.is_cut = true;
        }
    }
}

#[derive(serde::Serialize)]
struct Line<'a> {
    kind: &'a str,
    value: &'a str,
    violations: Vec<&'static str>,
}

impl Gate {
    /// Notes what is wrong with a value that became `token`.
    pub(super) fn note_value(&self, kind: Kind, value: &str, token: &str) {
        let torn = kind == Kind::IpRange && !self.keeps_members(value);
        let violations = if torn { Violations::RANGE } else { Violations::of(kind, value) };
        self.note_trait(kind, token, violations);
    }

    /// Notes violations of the value behind `token`.
    pub(super) fn note_trait(&self, kind: Kind, token: &str, violations: Violations) {
        if !violations.is_empty() && token.len() <= TOKEN_BYTES_MAX {
            self.traits.violators.lock().unwrap_or_else(PoisonError::into_inner).note(kind, token, violations);
        }
    }

    /// What was noted since the last call.
    pub fn fresh_traits(&self) -> Vec<NotedTrait> {
        std::mem::take(&mut self.traits.violators.lock().unwrap_or_else(PoisonError::into_inner).fresh)
    }

    /// Takes up what an earlier run has noted.
    pub fn adopt_traits(&self, noted: &[NotedTrait]) {
        let mut violators = self.traits.violators.lock().unwrap_or_else(PoisonError::into_inner);
        noted.iter().for_each(|NotedTrait(token, kind, violations)| violators.note(*kind, token, *violations));
        violators.fresh.clear();
    }

    /// The lines of `data/traits.jsonl`: one object for each violator, sorted by its pseudonym. Call it when every record
    /// is through; it may be called again. A last line with `*` says that there were more than [`TRAITS_MAX`].
    pub fn traits(&self) -> CleanBatch {
        self.note_duplicates();
        let violators = self.traits.violators.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = Vec::new();
        let mut records = 0;
        let mut write = |kind: &str, value: &str, violations: Violations| {
            let line = Line { kind, value, violations: violations.names().collect() };
            // Writing JSON of texts to a Vec cannot fail.
            if serde_json::to_writer(&mut bytes, &line).is_ok() {
                bytes.push(b'\n');
                records += 1;
            }
        };
        for ((token, kind), violations) in &violators.noted {
            write(kind.name(), token, *violations);
        }
        if violators.is_cut {
            write("*", "*", Violations::MORE);
        }
        CleanBatch { bytes, records, refused: Vec::new() }
    }
}

/// Longest pseudonym that is listed, bytes: an address of two tokens of 250 characters; texts are not listed.
const TOKEN_BYTES_MAX: usize = 512;

#[cfg(test)]
mod tests;
