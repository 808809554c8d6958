//! One object of the directory on its way to a record.
//!
//! Takes an entry as it came and its further ranges, gives one JSON object: `dn` first, then its attributes in the order
//! of the query. Attributes that are never to be asked for are dropped, and counted, whatever the server sends; so is what
//! was not asked for. Knows nothing of any single attribute: rows say how each is read.
//! Source: [MS-ADTS] §3.1.1.3.1.3.3 (range retrieval).

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::message::Entry;
use super::value;
use crate::catalog::{DirectoryQuery, ReadAs, attribute_reading, is_never_asked};
use crate::limits::LDAP_VALUES_MAX;

/// A range that goes on: of which attribute, from which value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub name: String,
    pub from: usize,
}

/// An object.
pub(super) struct Object {
    pub dn: String,
    /// Values by lower-case name; binary values of things that are only counted are not kept.
    attributes: HashMap<String, Vec<Vec<u8>>>,
    counts: HashMap<String, usize>,
    /// Ranges that go on.
    pub open: Vec<Open>,
    /// Attributes that were dropped because they are never asked for.
    pub dropped: u64,
    /// Values that are more than the cap.
    pub is_cut: bool,
}

/// An attribute's name without options, and its range (first, last; `None`: to the end).
fn option(name: &str) -> (&str, Option<(usize, Option<usize>)>) {
    let mut parts = name.split(';');
    let plain = parts.next().unwrap_or(name);
    let range = parts.find_map(|part| {
        let (first, last) =
            part.get(6..).filter(|_| part.to_ascii_lowercase().starts_with("range="))?.split_once('-')?;
        let last = if last == "*" { None } else { Some(last.parse().ok()?) };
        Some((first.parse().ok()?, last))
    });
    (plain, range)
}

impl Object {
    pub(super) fn of(entry: Entry) -> Self {
        let mut object = Self {
            dn: String::new(),
            attributes: HashMap::new(),
            counts: HashMap::new(),
            open: Vec::new(),
            dropped: 0,
            is_cut: false,
        };
        object.add(entry);
        object
    }

    /// Adds what came, for a range also where it goes on.
    pub(super) fn add(&mut self, entry: Entry) {
        if self.dn.is_empty() {
            self.dn = entry.dn;
        }
        for (name, values) in entry.attributes {
            let (plain, range) = option(&name);
            if is_never_asked(plain) {
                self.dropped += 1;
                continue;
            }
            let key = plain.to_ascii_lowercase();
            let held = self.counts.entry(key.clone()).or_default();
            // A range that does not begin where the last one ended would repeat or skip values.
            if range.is_some_and(|(first, _)| first != *held) {
                continue;
            }
            *held += values.len();
            let is_full = *held >= LDAP_VALUES_MAX;
            if let Some((_, Some(_))) = range {
                match values.is_empty() || is_full {
                    true => self.is_cut = true,
                    false => self.open.push(Open { name: plain.to_owned(), from: *held }),
                }
            }
            let is_counted = attribute_reading(plain).is_some_and(|(_, row)| row.read_as == ReadAs::Count);
            let kept = self.attributes.entry(key).or_default();
            if !is_counted {
                kept.extend(values);
            }
        }
    }

    /// Adds what came of a range that goes on; nothing of it means that the list stays cut.
    pub(super) fn follow(&mut self, open: &Open, entry: Option<Entry>) {
        let is_it = |name: &str| {
            let (plain, range) = option(name);
            plain.eq_ignore_ascii_case(&open.name) && range.is_some_and(|(first, _)| first == open.from)
        };
        match entry.filter(|entry| entry.attributes.iter().any(|(name, _)| is_it(name))) {
            Some(entry) => self.add(entry),
            None => self.is_cut = true,
        }
    }

    /// Whether an attribute came.
    pub(super) fn has(&self, name: &str) -> bool {
        self.counts.get(&name.to_ascii_lowercase()).is_some_and(|count| *count > 0)
    }

    /// The first value of an attribute, as text.
    pub(super) fn first(&self, name: &str) -> Option<String> {
        let values = self.attributes.get(&name.to_ascii_lowercase())?;
        values.first().map(|bytes| value::text(bytes, ReadAs::Text))
    }

    /// The record.
    pub(super) fn record(self, query: &'static DirectoryQuery) -> Vec<u8> {
        let Self { dn, mut attributes, counts, .. } = self;
        let mut record = Map::new();
        record.insert("dn".to_owned(), Value::String(dn));
        for name in query.asked() {
            let key = name.to_ascii_lowercase();
            let Some(values) = attributes.remove(&key) else { continue };
            let row = attribute_reading(name).map(|(_, row)| row);
            let read_as = row.map_or(ReadAs::Text, |row| row.read_as);
            let count = counts.get(&key).copied().unwrap_or_default();
            if read_as == ReadAs::Count {
                record.insert(format!("{name}Count"), Value::from(count));
                continue;
            }
            let mut texts: Vec<Value> = values.iter().map(|bytes| Value::String(value::text(bytes, read_as))).collect();
            let is_list = row.is_some_and(|row| row.is_many) || texts.len() != 1;
            let value = if is_list { Value::Array(texts) } else { texts.pop().unwrap_or_default() };
            record.insert(name.to_owned(), value);
        }
        Value::Object(record).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::directory_queries;

    fn entry(attributes: &[(&str, &[&[u8]])]) -> Entry {
        let own = |values: &[&[u8]]| values.iter().map(|value| value.to_vec()).collect();
        let attributes = attributes.iter().map(|(name, values)| ((*name).to_owned(), own(values))).collect();
        Entry { dn: "CN=Crew,DC=contoso,DC=test".into(), attributes }
    }

    fn record(dataset: &str, object: Object) -> serde_json::Value {
        let query = directory_queries(dataset).next().unwrap();
        serde_json::from_slice(&object.record(query)).unwrap()
    }

    #[test]
    fn a_record_holds_what_was_asked_and_nothing_else() {
        let object = Object::of(entry(&[
            ("CN", &[b"Crew"]),
            ("proxyAddresses", &[b"SMTP:crew@contoso.test"]),
            ("unicodePwd", &[b"secret"]),
            ("msLAPS-Password", &[b"secret"]),
            ("userCertificate", &[b"one", b"two"]),
            ("somethingElse", &[b"unasked"]),
            ("displayName", &[&[0xff, 0xfe]]),
            ("title", &[b"one", b"two"]),
        ]));
        assert_eq!(object.dropped, 2);
        let record = record("ad-users", object);
        let expected = serde_json::json!({
            "dn": "CN=Crew,DC=contoso,DC=test", "cn": "Crew", "userCertificateCount": 2, "displayName": "//4=",
            "proxyAddresses": ["SMTP:crew@contoso.test"], "title": ["one", "two"],
        });
        assert_eq!(record, expected);
    }

    #[test]
    fn ranges_are_joined_and_say_where_they_go_on() {
        let mut object = Object::of(entry(&[("member;range=0-1", &[b"a", b"b"]), ("member", &[])]));
        assert_eq!(std::mem::take(&mut object.open), [Open { name: "member".into(), from: 2 }]);
        let open = Open { name: "member".into(), from: 2 };
        object.follow(&open, Some(entry(&[("member;range=2-3", &[b"c", b"d"])])));
        assert_eq!(std::mem::take(&mut object.open), [Open { name: "member".into(), from: 4 }]);
        // The same range once more is no progress and adds nothing.
        object.add(entry(&[("member;range=2-3", &[b"c", b"d"])]));
        object.add(entry(&[("member;Range=4-*", &[b"e"])]));
        assert!(object.open.is_empty() && !object.is_cut);
        assert_eq!(record("ad-groups", object)["member"], serde_json::json!(["a", "b", "c", "d", "e"]));
    }

    #[test]
    fn a_range_without_values_does_not_go_on_for_ever() {
        let object = Object::of(entry(&[("member;range=0-1499", &[])]));
        assert!(object.open.is_empty() && object.is_cut);
        for came in [None, Some(entry(&[("member;range=0-*", &[b"a"])])), Some(entry(&[("cn", &[b"a"])]))] {
            let mut object = Object::of(entry(&[("member;range=0-0", &[b"a"])]));
            let open = object.open.pop().unwrap();
            object.follow(&open, came);
            assert!(object.is_cut);
        }
        assert_eq!(option("member;range=x-9").1, None);
        assert_eq!(option("member;binary;range=0-*"), ("member", Some((0, None))));
        assert_eq!(option("cn"), ("cn", None));
        assert_eq!(option("a;ran\u{fc}=").1, None);
    }
}
