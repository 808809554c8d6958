//! Attributes that must be unique among the objects of a directory, and those with a length of their own.
//!
//! Takes the records of the directory while it is read. For each value it keeps three hashes (pseudonym, object,
//! spelling), no text; when two objects meet at one pseudonym, the pseudonym too. Sources:
//! learn.microsoft.com/microsoft-365/enterprise/prepare-for-directory-synchronization,
//! learn.microsoft.com/entra/identity/hybrid/connect/tshoot-connect-sync-errors (AttributeValueMustBeUnique).

use std::hash::{BuildHasher, Hasher};
use std::sync::PoisonError;

use hashbrown::{HashMap, HashSet};

use super::Violations;
use crate::catalog::{Action, Kind};
use crate::json;
use crate::limits::{TRAIT_OBJECTS_MAX, TRAIT_VALUES_MAX};
use crate::pseudonym::gate::Gate;
use crate::pseudonym::rules::Node;

/// An attribute with rules of its own.
struct Attribute {
    key: &'static str,
    /// Values of one space must be unique; 0: none.
    space: u8,
    chars_max: usize,
    never: &'static str,
}

const ATTRIBUTES: [Attribute; 6] = [
    Attribute { key: "userPrincipalName", space: 1, chars_max: 1024, never: "" },
    Attribute { key: "mail", space: 1, chars_max: 256, never: "" },
    Attribute { key: "proxyAddresses", space: 1, chars_max: 256, never: "" },
    Attribute { key: "mailNickname", space: 2, chars_max: 64, never: "\\!#$%&*+/=?^`{}|~<>()';:,[]\"@ " },
    Attribute { key: "onPremisesSamAccountName", space: 3, chars_max: 20, never: "\"/\\[]:;|=,+*?<>@" },
    Attribute { key: "onPremisesImmutableId", space: 4, chars_max: 256, never: "" },
];

/// Who holds a value, and how it is spelt there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Holder {
    object: u64,
    spelling: u32,
    lower: u32,
}

/// A value that several objects hold.
struct Shared {
    kind: Kind,
    token: Box<str>,
    holders: Vec<Holder>,
}

/// Values of unique attributes.
pub(super) struct Objects {
    single: HashMap<u64, Holder, foldhash::fast::FixedState>,
    shared: HashMap<u64, Shared, foldhash::fast::FixedState>,
    /// Hashes above it are not kept: a sample that does not depend on the order.
    limit: u64,
}

impl Default for Objects {
    fn default() -> Self {
        Self { single: HashMap::default(), shared: HashMap::default(), limit: u64::MAX }
    }
}

impl Objects {
    fn note(&mut self, hash: u64, holder: Holder, kind: Kind, token: &str) {
        if hash > self.limit {
            return;
        }
        let first = *self.single.entry(hash).or_insert(holder);
        if first != holder {
            let shared = || Shared { kind, token: token.into(), holders: vec![first] };
            let shared = self.shared.entry(hash).or_insert_with(shared);
            if let Err(at) = shared.holders.binary_search(&holder) {
                shared.holders.insert(at, holder);
                shared.holders.truncate(TRAIT_OBJECTS_MAX);
            }
            (shared.kind, shared.token) = match (kind, token) < (shared.kind, &*shared.token) {
                true => (kind, token.into()),
                false => (shared.kind, std::mem::take(&mut shared.token)),
            };
        }
        if self.single.len() > TRAIT_VALUES_MAX {
            self.limit /= 2;
            let limit = self.limit;
            self.single.retain(|hash, _| *hash <= limit);
            self.shared.retain(|hash, _| *hash <= limit);
        }
    }
}

/// What the spellings of a value in several objects come to.
fn judged(holders: &[Holder]) -> Violations {
    let mut found = Violations::default();
    for (at, one) in holders.iter().enumerate() {
        for other in holders.iter().skip(at + 1).filter(|other| other.object != one.object) {
            found = found.and(match (one.spelling == other.spelling, one.lower == other.lower) {
                (true, _) => Violations::DUPLICATE,
                (false, true) => Violations::DUPLICATE_CASE,
                (false, false) => Violations::DUPLICATE_FORM,
            });
        }
    }
    found
}

impl Gate {
    /// Notes the attributes of a directory object that has an `id`. Before freezing.
    pub(in crate::pseudonym) fn note_object(&self, root: Node, record: &[u8]) {
        let Ok(members) = json::members(record, json::skip_space(record, 0)) else { return };
        let members: Vec<_> = members.map_while(Result::ok).collect();
        let Some((_, id)) = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(b"id")) else { return };
        let object = self.trait_hash(0, record.get(id.clone()).unwrap_or_default());
        let mut seen = HashSet::new();
        for (key, span) in &members {
            let Some(row) = ATTRIBUTES.iter().find(|row| row.key.as_bytes().eq_ignore_ascii_case(key)) else {
                continue;
            };
            let number = self.rules.key(row.key.as_bytes());
            let (by_path, by_key) = self.rules.cases(self.rules.child(root, number), number);
            let case = by_path.iter().chain(by_key).find(|case| case.when.is_none());
            let Some(Action::Kind(kind)) = case.map(|case| case.action) else { continue };
            for text in texts(record.get(span.clone()).unwrap_or_default()) {
                self.note_attribute(row, kind, &text, object, &mut seen);
            }
        }
    }

    fn note_attribute(&self, row: &Attribute, kind: Kind, value: &str, object: u64, seen: &mut HashSet<u64>) {
        // A proxy address competes with mail addresses: the prefix says only which one is the primary.
        let (kind, address) = match value.split_once(':') {
            Some((prefix, address)) if kind == Kind::ProxyAddress && prefix.eq_ignore_ascii_case("smtp") => {
                (Kind::Mail, address)
            }
            _ if kind == Kind::Upn => (Kind::Mail, value),
            _ => (kind, value),
        };
        let mut token = String::new();
        if !self.typed(kind, address, 0, &mut token) {
            return;
        }
        self.note_trait(kind, &token, Violations::of_attribute(address, row.chars_max, row.never));
        let hash = self.trait_hash(row.space, token.as_bytes());
        // One object may hold an address in several attributes and spellings.
        if seen.insert(hash) {
            let half = |text: &str| (self.trait_hash(0, text.as_bytes()) >> 32) as u32;
            let holder = Holder { object, spelling: half(address), lower: half(&address.to_lowercase()) };
            let mut objects = self.traits.objects.lock().unwrap_or_else(PoisonError::into_inner);
            objects.note(hash, holder, kind, &token);
        }
    }

    /// Turns values that several objects hold into traits.
    pub(super) fn note_duplicates(&self) {
        let objects = self.traits.objects.lock().unwrap_or_else(PoisonError::into_inner);
        for shared in objects.shared.values() {
            self.note_trait(shared.kind, &shared.token, judged(&shared.holders));
        }
    }

    fn trait_hash(&self, space: u8, bytes: &[u8]) -> u64 {
        let mut hasher = foldhash::fast::FixedState::with_seed(self.trait_seed).build_hasher();
        hasher.write(bytes);
        hasher.write_u8(space);
        hasher.finish()
    }
}

/// The text of a string, or the texts of an array of strings.
fn texts(raw: &[u8]) -> Vec<String> {
    match serde_json::from_slice(raw) {
        Ok(serde_json::Value::String(text)) => vec![text],
        Ok(serde_json::Value::Array(items)) => {
            items.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}
