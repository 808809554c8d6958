//! The rows of `fields.toml` compiled for lookup: a trie of paths per dataset, and a table by key.
//!
//! Takes the catalog's rows, gives for (place, key) the cases that may apply. Keys are compared without regard to
//! ASCII case, as diagnostic logs spell the same fields in other cases. Never sees a value.

mod digest;
mod lately;
mod recognise;

use hashbrown::{HashMap, HashTable};

use self::digest::digest;
pub(super) use self::lately::{Lately, Place as Spot};
use self::recognise::Recogniser;
pub(super) use self::recognise::{Hint, Inquiry};
use super::memory::next_epoch;
use crate::catalog::{Action, FieldRule, Group, Kind, fields, parent_keys, recognitions};
use crate::json;
use crate::limits::RECOGNISED_MEMBERS_MAX;

/// The rows of what no other row makes out: ambiguous keys are read by their siblings.
const FILE: &str = "file";

/// A place in a trie.
pub(super) type Node = u32;
/// Not in any trie: only the rows by key hold.
pub(super) const NOWHERE: Node = 0;
/// Longest name of a column that is read in another spelling, bytes: Log Analytics allows 45 characters, portals use 45.
const COLUMN_BYTES_MAX: usize = 64;
/// Number of a known key; [`NO_KEY`] for others.
pub(super) type KeyNumber = u16;
/// A key that stands in no row.
pub(super) const NO_KEY: KeyNumber = 0;

/// What one of some siblings must say: their lower-case keys and the accepted lower-case texts; none accepted: it must
/// say something.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    siblings: Vec<Box<str>>,
    is: Vec<Box<str>>,
}

impl Condition {
    /// Whether the condition holds; `text` gives the text of a sibling, none where it is missing or null.
    pub(super) fn holds<'c, T: AsRef<str>>(&'c self, mut text: impl FnMut(&'c str) -> Option<T>) -> bool {
        self.siblings.iter().any(|key| {
            text(key).is_some_and(|text| match self.is.as_slice() {
                [] => !text.as_ref().is_empty(),
                texts => texts.iter().any(|one| one.eq_ignore_ascii_case(text.as_ref())),
            })
        })
    }
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
    /// Of a root: the records are made of what programs on servers write.
    is_host: bool,
}

/// What the gate knows about one dataset's path, for the parent member.
struct Parent {
    template: Box<str>,
    kinds: Vec<Kind>,
}

/// The compiled rows.
pub struct Rules {
    /// For what a thread remembers of them.
    pub(super) epoch: u64,
    keys: HashTable<(Box<[u8]>, KeyNumber)>,
    places: Vec<Place>,
    by_key: Vec<Vec<Case>>,
    roots: HashMap<Box<str>, Node, foldhash::fast::FixedState>,
    parents: HashMap<Box<str>, Parent, foldhash::fast::FixedState>,
    recogniser: Recogniser,
    file: Node,
    /// Ends of keys that have no row of their own.
    endings: Vec<(&'static str, KeyNumber)>,
}

impl Rules {
    /// Compiles the rows for the datasets of a catalog: id, group, path. What only files hold comes on top.
    pub fn new<'a>(datasets: impl IntoIterator<Item = (&'a str, Group, &'a str)>) -> Self {
        let mut rules = Self {
            epoch: next_epoch(),
            keys: HashTable::new(),
            places: vec![Place::default()],
            by_key: vec![Vec::new()],
            roots: HashMap::default(),
            parents: HashMap::default(),
            recogniser: Recogniser::default(),
            file: NOWHERE,
            endings: Vec::new(),
        };
        for row in fields() {
            for key in &row.keys {
                let number = rules.number_of(key);
                rules.by_key[usize::from(number)].push(case(row));
                rules.endings.extend(key.strip_prefix('*').map(|end| (end, number)));
            }
        }
        for (id, group, path) in datasets {
            let root = rules.add_dataset(id, Some(group));
            rules.add_parent(id, path);
            rules.recogniser.add_path(path, root);
        }
        for id in [FILE].into_iter().chain(recognitions().iter().map(|row| row.dataset.as_str())) {
            if !rules.roots.contains_key(id) {
                rules.add_dataset(id, None);
            }
            if id == FILE {
                rules.file = rules.root(FILE);
                rules.leave_unknown();
            }
        }
        let roots = &rules.roots;
        rules.recogniser.add_rows(|id| roots.get(id).copied().unwrap_or(NOWHERE));
        let keys = rules.keys.iter().filter_map(|(key, number)| Some((std::str::from_utf8(key).ok()?, *number)));
        rules.recogniser.number(keys, rules.by_key.len());
        rules
    }

    /// `group`: none for a dataset that only files hold; the rows of what nothing makes out hold for it too.
    fn add_dataset(&mut self, id: &str, group: Option<Group>) -> Node {
        let root = self.new_place();
        self.places[root as usize].is_host = group == Some(Group::Onprem);
        self.roots.insert(id.into(), root);
        for row in fields() {
            let by_id = row.datasets.iter().any(|pattern| covers(pattern, id) || group.is_none() && pattern == FILE);
            if !by_id && (group.is_none() || row.group != group) {
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
        // A record of a diagnostic log holds the same record under `properties`; a page holds it under `value`; what Azure
        // Monitor says of a record stands beside it.
        for wrapper in ["properties", "value", "records", "@bundle.envelope"] {
            let number = self.number_of(wrapper);
            let place = &mut self.places[root as usize];
            if !place.children.iter().any(|child| child.0 == number) {
                place.children.push((number, root));
            }
        }
        root
    }

    /// Below an object that nothing is known of, nothing is known either: every object is asked what it is.
    fn leave_unknown(&mut self) {
        let file = self.file;
        for place in self.places.iter_mut().skip(file as usize).filter(|place| place.any == NOWHERE) {
            place.any = file;
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

    /// The number of an attribute's name: as a key, in another spelling, or by its last step (`name.givenName`,
    /// `urn:…:User:department`, `emails[type eq "work"].value`).
    pub(super) fn attribute(&self, name: &str) -> KeyNumber {
        lately::name(self.epoch, name, || self.attribute_anew(name))
    }

    fn attribute_anew(&self, name: &str) -> KeyNumber {
        let whole = self.column(name);
        if whole != NO_KEY || !name.contains(['.', ':', '[', '/']) {
            return whole;
        }
        let head = name.split('[').next().unwrap_or(name);
        match self.column(head) {
            NO_KEY => self.column(head.rsplit(['.', ':', '/']).next().unwrap_or(head)),
            number => number,
        }
    }

    /// The number of a column or label: the key that it spells with blanks, dashes or underscores, with the type that
    /// Log Analytics appends (`UserId_g`), or with a unit in brackets (`TimeGenerated [UTC]`);
    /// else of the row that holds for its ending.
    pub(super) fn column(&self, name: &str) -> KeyNumber {
        let exact = self.key(name.as_bytes());
        if exact != NO_KEY || name.len() > COLUMN_BYTES_MAX {
            return exact;
        }
        let mut squeezed = String::new();
        squeeze(name, &mut squeezed);
        match self.key(squeezed.as_bytes()) {
            NO_KEY => self.endings.iter().find(|(end, _)| squeezed.ends_with(end)).map_or(NO_KEY, |ending| ending.1),
            number => number,
        }
    }

    /// Where records of a dataset start.
    pub(super) fn root(&self, dataset: &str) -> Node {
        self.roots.get(dataset).copied().unwrap_or(NOWHERE)
    }

    /// Where a record starts whose dataset nobody named: its own members say what it is. What says nothing, and what is
    /// no object, starts at [`Rules::file`].
    pub(super) fn recognise(&self, record: &str) -> Node {
        self.object(record, json::skip_space(record.as_bytes(), 0)).unwrap_or(self.file)
    }

    /// What the object at `at` is by its own members, if it says so.
    pub(super) fn object(&self, text: &str, at: usize) -> Option<Node> {
        let mut inquiry = self.inquire();
        for (key, span) in json::members(text.as_bytes(), at).ok()?.take(RECOGNISED_MEMBERS_MAX).map_while(Result::ok) {
            if let (Ok(key), Some(value)) = (std::str::from_utf8(key), text.get(span)) {
                inquiry.member(key, value);
            }
        }
        inquiry.end()
    }

    /// The same for somebody who goes through the members anyway.
    pub(super) fn inquire(&self) -> Inquiry<'_> {
        Inquiry::new(self)
    }

    /// Where the rows of a table start, by its columns.
    pub(super) fn table<'c>(&self, columns: impl Iterator<Item = &'c str>) -> Node {
        self.recogniser.columns(columns).unwrap_or(self.file)
    }

    /// Where everything starts of which nothing is known; objects below it are asked what they are.
    #[inline]
    pub(super) fn file(&self) -> Node {
        self.file
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

    /// Whether a dataset's records are made of what programs on servers write.
    #[inline]
    pub(super) fn is_host(&self, root: Node) -> bool {
        self.places.get(root as usize).is_some_and(|place| place.is_host)
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

#[inline]
fn exact(place: &Place, key: KeyNumber) -> Node {
    if key == NO_KEY {
        return NOWHERE;
    }
    place.children.iter().find(|child| child.0 == key).map_or(NOWHERE, |child| child.1)
}

/// Appends nothing but the letters and digits of a name, in lower case, without the type or unit at its end.
fn squeeze(name: &str, out: &mut String) {
    out.clear();
    let name = match name.rfind(" [").or_else(|| name.rfind(" (")) {
        Some(at) if name.ends_with([']', ')']) => &name[..at],
        _ => name,
    };
    let name = match name.as_bytes() {
        [.., b'_', b's' | b'g' | b'd' | b'b' | b't'] => &name[..name.len() - 2],
        _ => name,
    };
    out.extend(name.chars().filter(|symbol| symbol.is_alphanumeric()).map(|symbol| symbol.to_ascii_lowercase()));
}

fn covers(pattern: &str, id: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == id, |start| id.starts_with(start))
}

fn case(row: &'static FieldRule) -> Case {
    let lower = |text: &String| text.to_ascii_lowercase().into_boxed_str();
    let lowered = |texts: &[String]| texts.iter().map(lower).collect();
    Case {
        action: row.action,
        when: row.when.as_ref().map(|when| Condition { siblings: lowered(&when.sibling), is: lowered(&when.is) }),
        by: row.by.as_ref().map(lower),
        mark: row.mark.as_deref().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
