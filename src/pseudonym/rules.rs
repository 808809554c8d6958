//! The rows of `fields.toml` compiled for lookup: a trie of paths per dataset, and a table by key.
//!
//! Takes the catalog's rows, gives for (place, key) the cases that may apply. Keys are compared without regard to
//! ASCII case, as diagnostic logs spell the same fields in other cases. Never sees a value.

use hashbrown::{HashMap, HashTable};

use crate::catalog::{Action, FieldRule, Group, Kind, fields, parent_keys};

/// A place in a trie.
pub(super) type Node = u32;
/// Not in any trie: only the rows by key hold.
pub(super) const NOWHERE: Node = 0;
/// Number of a known key; [`NO_KEY`] for others.
pub(super) type KeyNumber = u16;
/// A key that stands in no row.
pub(super) const NO_KEY: KeyNumber = 0;

/// What a sibling must say: its lower-case key and the accepted lower-case texts; none accepted: it must say something.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) sibling: Box<str>,
    pub(super) is: Vec<Box<str>>,
}

/// One row as it applies to one key.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) action: Action,
    /// The condition, if any.
    pub(super) when: Option<Condition>,
    /// Lower-case key of the sibling that names the attribute.
    pub(super) by: Option<Box<str>>,
    /// Name in the removal mark.
    pub(super) mark: &'static str,
}

#[derive(Default, Clone)]
struct Place {
    children: Vec<(KeyNumber, Node)>,
    any: Node,
    cases: Vec<Case>,
    /// Of a root: what holds for a key at any depth when nothing else decides.
    deep: Vec<(KeyNumber, Case)>,
}

/// What the gate knows about one dataset's path, for the parent member.
struct Parent {
    template: Box<str>,
    kinds: Vec<Kind>,
}

/// The compiled rows.
pub struct Rules {
    keys: HashTable<(Box<[u8]>, KeyNumber)>,
    places: Vec<Place>,
    by_key: Vec<Vec<Case>>,
    roots: HashMap<Box<str>, Node, foldhash::fast::FixedState>,
    parents: HashMap<Box<str>, Parent, foldhash::fast::FixedState>,
}

impl Rules {
    /// Compiles the rows for the datasets of a catalog: id, group, path.
    pub fn new<'a>(datasets: impl IntoIterator<Item = (&'a str, Group, &'a str)>) -> Self {
        let mut rules = Self {
            keys: HashTable::new(),
            places: vec![Place::default()],
            by_key: vec![Vec::new()],
            roots: HashMap::default(),
            parents: HashMap::default(),
        };
        for row in fields() {
            for key in &row.keys {
                let number = rules.number_of(key);
                rules.by_key[usize::from(number)].push(case(row));
            }
        }
        for (id, group, path) in datasets {
            rules.add_dataset(id, group);
            rules.add_parent(id, path);
        }
        rules
    }

    fn add_dataset(&mut self, id: &str, group: Group) {
        let root = self.new_place();
        self.roots.insert(id.into(), root);
        for row in fields() {
            if !row.datasets.iter().any(|pattern| covers(pattern, id)) && row.group != Some(group) {
                continue;
            }
            for path in &row.paths {
                if let Some(key) = path.strip_prefix("**.") {
                    let number = self.number_of(key);
                    self.places[root as usize].deep.push((number, case(row)));
                    continue;
                }
                let mut at = root;
                for key in path.split('.') {
                    at = self.child_or_new(at, key);
                }
                self.places[at as usize].cases.push(case(row));
            }
        }
        // A record of a diagnostic log holds the same record under `properties`; a page holds it under `value`.
        for wrapper in ["properties", "value"] {
            let number = self.number_of(wrapper);
            let place = &mut self.places[root as usize];
            if !place.children.iter().any(|child| child.0 == number) {
                place.children.push((number, root));
            }
        }
    }

    fn add_parent(&mut self, id: &str, path: &str) {
        let Some(end) = path.rfind('}') else { return };
        let template = path[..=end].trim_start_matches('/');
        let segments: Vec<&str> = template.split('/').collect();
        let kinds = segments
            .windows(2)
            .filter(|pair| pair[1].starts_with('{'))
            .map(|pair| {
                parent_keys().iter().find(|row| row.segment == pair[0]).map_or(Kind::PrincipalId, |row| row.kind)
            })
            .collect();
        self.parents.insert(id.into(), Parent { template: template.into(), kinds });
    }

    fn new_place(&mut self) -> Node {
        self.places.push(Place::default());
        Node::try_from(self.places.len() - 1).unwrap_or(NOWHERE)
    }

    fn child_or_new(&mut self, at: Node, key: &str) -> Node {
        let number = if key == "*" { NO_KEY } else { self.number_of(key) };
        let place = &self.places[at as usize];
        let found = if key == "*" { place.any } else { exact(place, number) };
        if found != NOWHERE {
            return found;
        }
        let new = self.new_place();
        let place = &mut self.places[at as usize];
        if key == "*" {
            place.any = new;
        } else {
            place.children.push((number, new));
        }
        new
    }

    fn number_of(&mut self, key: &str) -> KeyNumber {
        let known = self.key(key.as_bytes());
        if known != NO_KEY {
            return known;
        }
        let number = KeyNumber::try_from(self.by_key.len()).unwrap_or(NO_KEY);
        let entry = (key.to_ascii_lowercase().into_bytes().into_boxed_slice(), number);
        self.keys.insert_unique(digest(key.as_bytes()), entry, |(key, _)| digest(key));
        self.by_key.push(Vec::new());
        number
    }

    /// The number of a key, in any ASCII case.
    #[inline]
    pub(super) fn key(&self, key: &[u8]) -> KeyNumber {
        self.keys.find(digest(key), |(known, _)| known.eq_ignore_ascii_case(key)).map_or(NO_KEY, |&(_, number)| number)
    }

    /// The number of an attribute's name: as a key, or by its last step (`name.givenName`, `urn:…:User:department`,
    /// `emails[type eq "work"].value`).
    pub(super) fn attribute(&self, name: &str) -> KeyNumber {
        if memchr::memchr3(b'.', b':', b'[', name.as_bytes()).is_none() {
            return self.key(name.as_bytes());
        }
        let head = name.split('[').next().unwrap_or(name);
        [name, head, head.rsplit(['.', ':']).next().unwrap_or(head)]
            .into_iter()
            .map(|name| self.key(name.as_bytes()))
            .find(|&number| number != NO_KEY)
            .unwrap_or(NO_KEY)
    }

    /// Where records of a dataset start.
    pub(super) fn root(&self, dataset: &str) -> Node {
        self.roots.get(dataset).copied().unwrap_or(NOWHERE)
    }

    /// Where a record starts whose dataset nobody named: the record's own members say what it is.
    pub(super) fn recognise(&self, record: &str) -> Node {
        let _ = record;
        NOWHERE
    }

    /// Where a member leads.
    #[inline]
    pub(super) fn child(&self, at: Node, key: KeyNumber) -> Node {
        match self.places.get(at as usize) {
            Some(place) if at != NOWHERE => match exact(place, key) {
                NOWHERE => place.any,
                child => child,
            },
            _ => NOWHERE,
        }
    }

    /// The cases that may hold for a value: by path if there are any, then by key.
    #[inline]
    pub(super) fn cases(&self, at: Node, key: KeyNumber) -> (&[Case], &[Case]) {
        let by_path = self.places.get(at as usize).map_or(&[][..], |place| &place.cases);
        (by_path, self.by_key.get(usize::from(key)).map_or(&[][..], Vec::as_slice))
    }

    /// The cases that hold for a key at any depth of a dataset's records.
    pub(super) fn deep(&self, root: Node, key: KeyNumber) -> impl Iterator<Item = &Case> {
        let deep = self.places.get(root as usize).map_or(&[][..], |place| &place.deep);
        deep.iter().filter(move |(number, _)| *number == key).map(|(_, case)| case)
    }

    /// The path prefix of a fan-out dataset with `{n}` in it, and the kinds of the key parts.
    pub(super) fn parent(&self, dataset: &str) -> Option<(&str, &[Kind])> {
        self.parents.get(dataset).map(|parent| (&*parent.template, &*parent.kinds))
    }

    /// Every key that stands in a row and every dataset's id (the files are called so): words that are no names, also
    /// where somebody is called Cross.
    pub(super) fn vocabulary(&self) -> impl Iterator<Item = &str> {
        let keys = self.keys.iter().filter_map(|(key, _)| std::str::from_utf8(key).ok());
        keys.chain(self.roots.keys().map(|id| &**id))
    }
}

/// A hash of a key that does not see ASCII case: length, first and last eight bytes. The table compares the rest.
#[inline]
fn digest(key: &[u8]) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let word = |bytes: &[u8]| {
        let mut word = [0u8; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word) | CASE
    };
    let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first) | CASE, u64::from_le_bytes(*last) | CASE),
        _ => (word(key), 0),
    };
    let mixed =
        (first ^ key.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ last.wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    (mixed ^ mixed >> 29).wrapping_mul(0xff51_afd7_ed55_8ccd)
}

#[inline]
fn exact(place: &Place, key: KeyNumber) -> Node {
    if key == NO_KEY {
        return NOWHERE;
    }
    place.children.iter().find(|child| child.0 == key).map_or(NOWHERE, |child| child.1)
}

fn covers(pattern: &str, id: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == id, |start| id.starts_with(start))
}

fn case(row: &'static FieldRule) -> Case {
    let lower = |text: &String| text.to_ascii_lowercase().into_boxed_str();
    Case {
        action: row.action,
        when: row
            .when
            .as_ref()
            .map(|when| Condition { sibling: lower(&when.sibling), is: when.is.iter().map(lower).collect() }),
        by: row.by.as_ref().map(lower),
        mark: row.mark.as_deref().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_before_keys_and_wrappers_are_transparent() {
        let rules = Rules::new([("audits", Group::Logs, "/auditLogs/directoryAudits")]);
        let root = rules.root("audits");
        let id = rules.key(b"ID");
        let step = |at, key: &[u8]| rules.child(at, rules.key(key));
        let user = step(step(root, b"initiatedBy"), b"user");
        assert_eq!(rules.cases(rules.child(user, id), id).0[0].action, Action::Kind(Kind::UserId));
        assert_eq!(step(root, b"properties"), root);
        assert_eq!(step(root, b"nothing of the sort"), NOWHERE);
        assert_eq!(rules.cases(NOWHERE, rules.key(b"ipaddress")).1[0].action, Action::Kind(Kind::Ip));
        assert_eq!(rules.root("unknown"), NOWHERE);
    }

    #[test]
    fn the_parent_ends_at_the_last_placeholder() {
        let rules = Rules::new([
            ("group-members", Group::Objects, "/groups/{0}/members"),
            ("schemas", Group::Config, "/servicePrincipals/{0}/synchronization/jobs/{1}/schema"),
        ]);
        assert_eq!(rules.parent("group-members"), Some(("groups/{0}", &[Kind::GroupId][..])));
        let (template, kinds) = rules.parent("schemas").unwrap();
        assert_eq!(template, "servicePrincipals/{0}/synchronization/jobs/{1}");
        assert_eq!(kinds, [Kind::ServicePrincipalId, Kind::ConfigId]);
    }
}
