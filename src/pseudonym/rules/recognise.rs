//! What a record is, by its own members: which dataset's rules hold where no dataset was named.
//!
//! Takes the rows of `recognise.toml`, the paths and the categories of the datasets; gives a place in the rules. Looks at
//! the first members of an object only and at few of their values; the same record always gives the same answer.

use std::borrow::Cow;
use std::cell::RefCell;

use hashbrown::HashMap;

use super::{KeyNumber, Lately, NO_KEY, Node, Rules, Spot, squeeze};
use crate::catalog::{Recognition, bare_context, recognitions};
use crate::json;
use crate::limits::RECOGNISED_MEMBERS_MAX;

type Table<V> = HashMap<Box<str>, V, foldhash::fast::FixedState>;

/// Members that make out a dataset, a bit each.
struct Signature {
    dataset: Node,
    all: u128,
    any: u128,
    without: u128,
}

/// What a telling member tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Tells {
    Category,
    Table,
    Type,
    Context,
    Workload,
}

/// The compiled rows.
#[derive(Default)]
pub(super) struct Recogniser {
    bits: Table<u8>,
    signatures: Vec<Signature>,
    texts: [Table<Node>; 5],
    /// What the keys of the rules add, by their numbers.
    numbered: Vec<u128>,
}

/// What a key says of its object: the signatures that it is part of, and what its value tells.
#[derive(Clone, Copy, Default)]
pub(in crate::pseudonym) struct Hint {
    bits: u128,
    tells: Option<Tells>,
}

/// An object whose members are gone through, to find out what it is.
pub(in crate::pseudonym) struct Inquiry<'r> {
    rules: &'r Rules,
    found: u128,
    said: [Option<Node>; 5],
    decided: Option<Node>,
    members: usize,
}

thread_local! {
    static KEYS: RefCell<Lately<Hint>> = const { RefCell::new(Lately::new()) };
}

impl<'r> Inquiry<'r> {
    pub(super) fn new(rules: &'r Rules) -> Self {
        Self { rules, found: 0, said: [None; 5], decided: None, members: 0 }
    }

    /// The next member: its key as written, its value as written.
    #[inline]
    pub(in crate::pseudonym) fn member(&mut self, key: &str, value: &str) {
        self.hint(self.hint_of(key), value);
    }

    /// What a key says of the object.
    #[inline]
    pub(in crate::pseudonym) fn hint_of(&self, key: &str) -> Hint {
        let recogniser = &self.rules.recogniser;
        KEYS.with_borrow_mut(|keys| {
            keys.recall(self.rules.epoch, Spot::default(), key, || Hint {
                bits: recogniser.bits_of(self.rules, key),
                tells: tells(key),
            })
        })
    }

    /// The next member: what its key says, its value as written.
    #[inline]
    pub(in crate::pseudonym) fn hint(&mut self, hint: Hint, value: &str) {
        self.members += 1;
        if self.decided.is_some() || self.members > RECOGNISED_MEMBERS_MAX {
            return;
        }
        self.found |= hint.bits;
        if let Some(tells) = hint.tells {
            let slot = &mut self.said[tells as usize];
            *slot = slot.or_else(|| self.rules.recogniser.says(tells, value));
            if matches!(tells, Tells::Category | Tells::Table | Tells::Type) {
                self.decided = *slot;
            }
        }
    }

    /// The dataset that the members show, if they show one.
    pub(in crate::pseudonym) fn end(self) -> Option<Node> {
        let said = || self.said.into_iter().flatten().next();
        self.decided.or_else(said).or_else(|| self.rules.recogniser.fits(self.found))
    }
}

impl Recogniser {
    /// Notes a dataset's own path, and its category of Azure Monitor.
    pub(super) fn add_path(&mut self, path: &str, dataset: Node) {
        let context: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{')).collect();
        if !context.is_empty() {
            self.note(Tells::Context, &context.join("/"), dataset);
        }
    }

    /// Notes the rows; `root` gives where the records of a dataset start. Rows win over paths.
    pub(super) fn add_rows(&mut self, root: impl Fn(&str) -> Node) {
        for row in recognitions() {
            let dataset = root(&row.dataset);
            for (tells, texts) in [
                (Tells::Category, &row.categories),
                (Tells::Table, &row.tables),
                (Tells::Type, &row.types),
                (Tells::Context, &row.contexts),
                (Tells::Workload, &row.workloads),
            ] {
                for text in texts {
                    self.texts[tells as usize].insert(text.to_ascii_lowercase().into(), dataset);
                }
            }
            self.add_signature(row, dataset);
        }
    }

    fn add_signature(&mut self, row: &Recognition, dataset: Node) {
        if row.keys.is_empty() && row.any.is_empty() {
            return;
        }
        let mut set = |keys: &[String]| keys.iter().map(|key| self.bit(key)).fold(0, |all, bit| all | bit);
        let (all, any, without) = (set(&row.keys), set(&row.any), set(&row.without));
        self.signatures.push(Signature { dataset, all, any, without });
    }

    /// The bit of a member. Rows beyond the 128th member would make out nothing; a test counts them.
    fn bit(&mut self, key: &str) -> u128 {
        let mut squeezed = String::new();
        squeeze(key, &mut squeezed);
        let next = u8::try_from(self.bits.len()).unwrap_or(u8::MAX);
        1u128.checked_shl(u32::from(*self.bits.entry(squeezed.into()).or_insert(next))).unwrap_or(0)
    }

    fn note(&mut self, tells: Tells, text: &str, dataset: Node) {
        self.texts[tells as usize].entry(text.to_ascii_lowercase().into()).or_insert(dataset);
    }

    /// Notes the keys of the rules by their numbers, so that a record's keys need no second spelling.
    pub(super) fn number<'k>(&mut self, keys: impl Iterator<Item = (&'k str, KeyNumber)>, count: usize) {
        let mut squeezed = String::new();
        let mut numbered = vec![0; count];
        for (key, number) in keys {
            if let Some(slot) = numbered.get_mut(usize::from(number)) {
                *slot = self.seen(key, &mut squeezed);
            }
        }
        self.numbered = numbered;
    }

    fn bits_of(&self, rules: &Rules, key: &str) -> u128 {
        match rules.key(key.as_bytes()) {
            NO_KEY => self.seen(key, &mut String::new()),
            number => self.numbered.get(usize::from(number)).copied().unwrap_or_default(),
        }
    }

    /// The dataset of a table with these columns.
    pub(super) fn columns<'c>(&self, names: impl Iterator<Item = &'c str>) -> Option<Node> {
        let mut squeezed = String::new();
        self.fits(names.fold(0, |found, name| found | self.seen(name, &mut squeezed)))
    }

    fn seen(&self, key: &str, squeezed: &mut String) -> u128 {
        squeeze(key, squeezed);
        self.bits.get(squeezed.as_str()).map_or(0, |&bit| 1u128.checked_shl(u32::from(bit)).unwrap_or(0))
    }

    fn fits(&self, found: u128) -> Option<Node> {
        let fits = |one: &&Signature| {
            one.all & !found == 0 && (one.any == 0 || one.any & found != 0) && one.without & found == 0
        };
        self.signatures.iter().find(fits).map(|one| one.dataset)
    }

    fn says(&self, tells: Tells, raw: &str) -> Option<Node> {
        let text = json::unescape(raw.strip_prefix('"')?.strip_suffix('"')?.as_bytes()).ok()?;
        let text = if tells == Tells::Context { Cow::Owned(bare_context(&text)) } else { text };
        self.texts[tells as usize].get(text.to_ascii_lowercase().as_str()).copied()
    }
}

fn tells(key: &str) -> Option<Tells> {
    const TELLING: [(&str, Tells); 8] = [
        ("category", Tells::Category),
        ("type", Tells::Table),
        ("tablename", Tells::Table),
        ("$table", Tells::Table),
        ("@odata.type", Tells::Type),
        ("@odata.context", Tells::Context),
        ("workload", Tells::Workload),
        ("officeworkload", Tells::Workload),
    ];
    TELLING.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|&(_, tells)| tells)
}

#[cfg(test)]
mod tests;
