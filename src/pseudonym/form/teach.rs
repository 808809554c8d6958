//! What the fields of files teach: typed values and people, gathered over a stretch and given to the gate at once.
//!
//! Takes values with the kind that their field declares. Logs name the same people on every line: a small memory per
//! thread drops what this thread taught lately, so that learning costs little more than reading. Never scans a text,
//! never gives a value out.

use std::cell::RefCell;
use std::hash::BuildHasher;

use crate::catalog::Kind;
use crate::limits::{MEMORY_ENTRIES, MEMORY_VALUE_BYTES_MAX};
use crate::pseudonym::dictionary::Learning;
use crate::pseudonym::gate::Gate;

/// What a stretch teaches.
pub(in crate::pseudonym) struct Teach<'t> {
    gate: &'t Gate,
    values: Vec<(Kind, String)>,
    people: Vec<Person>,
}

/// A person's names, as one object or row gives them.
#[derive(Default, Clone, PartialEq, Eq)]
pub(in crate::pseudonym) struct Person {
    pub(in crate::pseudonym) display: String,
    pub(in crate::pseudonym) given: String,
    pub(in crate::pseudonym) family: String,
}

/// A value that this thread taught lately.
#[derive(Default)]
struct Taught {
    epoch: u64,
    kind: u8,
    value: String,
}

thread_local! {
    static LATELY: RefCell<Vec<Taught>> = const { RefCell::new(Vec::new()) };
}

impl<'t> Teach<'t> {
    pub(super) fn new(gate: &'t Gate) -> Self {
        Self { gate, values: Vec::new(), people: Vec::new() }
    }

    /// A value that its field declares to be of a kind.
    pub(in crate::pseudonym) fn value(&mut self, kind: Kind, value: &str) {
        if !Learning::takes(kind) || value.trim().is_empty() || self.is_known(kind as u8, value) {
            return;
        }
        // A public service's name is nobody's own: the map leaves it as it is.
        if !matches!(kind, Kind::Domain | Kind::Host) || self.gate.claimed(kind, value, false, &mut String::new()) {
            self.values.push((kind, value.to_owned()));
        }
    }

    /// The names of one person: the given and the family name in any order stand for the display name.
    pub(in crate::pseudonym) fn person(&mut self, display: &str, given: &str, family: &str) {
        if display.trim().is_empty() || given.trim().is_empty() || family.trim().is_empty() {
            return;
        }
        let person = Person { display: display.into(), given: given.into(), family: family.into() };
        if self.people.last() != Some(&person) {
            self.people.push(person);
        }
    }

    /// Whether this thread taught the value lately; notes it.
    fn is_known(&self, kind: u8, value: &str) -> bool {
        if value.len() > MEMORY_VALUE_BYTES_MAX {
            return false;
        }
        let epoch = self.gate.epoch();
        let hash = foldhash::fast::FixedState::with_seed(epoch ^ u64::from(kind)).hash_one(value);
        LATELY.with_borrow_mut(|lately| {
            if lately.is_empty() {
                lately.resize_with(MEMORY_ENTRIES, Taught::default);
            }
            let position = usize::try_from(hash % MEMORY_ENTRIES as u64).unwrap_or(0);
            let Some(taught) = lately.get_mut(position) else { return false };
            if taught.epoch == epoch && taught.kind == kind && taught.value == value {
                return true;
            }
            (taught.epoch, taught.kind) = (epoch, kind);
            taught.value.clear();
            taught.value.push_str(value);
            false
        })
    }

    /// Gives everything to the gate.
    pub(super) fn end(self) {
        if self.values.is_empty() && self.people.is_empty() {
            return;
        }
        // Apart from the others, who wait for the lock.
        let mut lesson = Learning::default();
        for (kind, value) in &self.values {
            lesson.value(*kind, value);
        }
        for Person { display, given, family } in &self.people {
            lesson.names(display, given, family);
        }
        self.gate.learning().absorb(lesson);
    }
}
