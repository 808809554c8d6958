//! The search: every planted identifier in every spelling, over every reading of every file. It shares no line with
//! the product's detectors, decoders and leak check.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;

use super::people::{CLASSES, DOMAIN_SID, Person, entra_sid, guid_stored, guid_text};
use super::{edge, spell, views};

#[derive(Clone, Copy)]
struct Label {
    class: usize,
    person: usize,
    spelling: &'static str,
    /// What must not stand beside it: more of the same makes another value.
    apart: fn(u8) -> bool,
}

/// Class and person of each identifier that was found, by file; and in which spellings and readings.
#[derive(Default)]
pub struct Found {
    pub people: BTreeMap<(&'static str, String), BTreeSet<usize>>,
    pub ways: BTreeMap<(&'static str, &'static str, &'static str), usize>,
}

pub struct Search {
    /// Over texts in lower case.
    folded: (AhoCorasick, Vec<Label>),
    /// Over texts as they are: base64 tells cases apart.
    exact: (AhoCorasick, Vec<Label>),
}

#[derive(Default)]
struct Needles {
    bytes: Vec<Vec<u8>>,
    labels: Vec<Label>,
}

impl Needles {
    fn add(&mut self, label: Label, spelling: &'static str, text: impl Into<Vec<u8>>) {
        let bytes = text.into();
        if bytes.len() >= 4 {
            self.bytes.push(bytes);
            self.labels.push(Label { spelling, ..label });
        }
    }

    fn build(self) -> (AhoCorasick, Vec<Label>) {
        (AhoCorasick::new(&self.bytes).unwrap(), self.labels)
    }
}

/// The symbols of a base64 text that are the same wherever the bytes stand in it, for the three alignments.
fn base64_cores(bytes: &[u8]) -> Vec<String> {
    let mut cores = Vec::new();
    for shift in 0..3 {
        let padded = [&[0; 2][..shift], bytes].concat();
        let (skip, keep) = ((shift * 8usize).div_ceil(6), padded.len() * 8 / 6);
        if keep > skip + 10 {
            let core = spell::base64(&padded)[skip..keep].to_owned();
            let url = core.replace('+', "-").replace('/', "_");
            cores.extend((url != core).then_some(url));
            cores.push(core);
        }
    }
    cores
}

fn nothing(_: u8) -> bool {
    false
}

fn digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

fn address_byte(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b':'
}

fn names(person: &Person) -> Vec<(&'static str, String)> {
    let core = format!("{} {}", person.given, person.family);
    let mut all = vec![
        ("given family", core),
        ("other order", edge::reordered(person)),
        ("family, given", format!("{}, {}", person.family, person.given)),
    ];
    let plain: Vec<_> =
        all.iter().filter_map(|(_, name)| Some(("without marks", spell::without_marks(name)?))).collect();
    all.extend(plain);
    all
}

fn guids(id: [u8; 16]) -> Vec<(&'static str, String)> {
    let stored = guid_stored(id);
    vec![
        ("guid", guid_text(id)),
        ("without dashes", spell::hex(&id)),
        ("octets", spell::octets(&stored)),
        ("stored, hexadecimal", spell::hex(&stored)),
        ("stored, registry", spell::registry(&stored)),
        ("entra sid", entra_sid(id)),
    ]
}

/// Further forms of a value that belong to its class alone.
fn forms(person: &Person, class: &str) -> Vec<(&'static str, String)> {
    match class {
        "name" => names(person),
        "object-id" => guids(person.object_id),
        "device-id" => guids(person.device_id),
        "immutable-id" => guids(person.on_premises_id),
        "sid" => {
            let bytes = spell::sid_bytes(&person.sid);
            vec![("binary, hexadecimal", spell::hex(&bytes)), ("binary, registry", spell::registry(&bytes))]
        }
        "ipv4" => {
            let reversed = person.ipv4.split('.').rev().collect::<Vec<_>>().join(".");
            vec![("dashed", person.ipv4.replace('.', "-")), ("reversed", reversed + ".in-addr.arpa")]
        }
        "ipv6" => {
            let number = u128::from(person.ipv6.parse::<std::net::Ipv6Addr>().unwrap());
            let full = format!("{number:032x}");
            let groups = |trim: bool| -> String {
                let groups = full.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap());
                let short =
                    groups.map(|group| if trim && group != "0000" { group.trim_start_matches('0') } else { group });
                short.collect::<Vec<_>>().join(":")
            };
            let nibbles = full.chars().rev().map(String::from).collect::<Vec<_>>().join(".");
            vec![("long", groups(false)), ("without zeros", groups(true)), ("nibbles", nibbles)]
        }
        _ => Vec::new(),
    }
}

fn binary(person: &Person, class: &str) -> Vec<Vec<u8>> {
    let both = |id: [u8; 16]| vec![id.to_vec(), guid_stored(id).to_vec()];
    match class {
        "object-id" => both(person.object_id),
        "device-id" => both(person.device_id),
        "immutable-id" => both(person.on_premises_id),
        "sid" => vec![spell::sid_bytes(&person.sid)],
        _ => Vec::new(),
    }
}

impl Search {
    pub fn new(people: &[Person]) -> Self {
        let (mut folded, mut exact) = (Needles::default(), Needles::default());
        for (person, who) in people.iter().enumerate() {
            for (class, name) in CLASSES.iter().enumerate() {
                let apart: fn(u8) -> bool = match *name {
                    "ipv4" | "sid" => digit,
                    "ipv6" => address_byte,
                    _ => nothing,
                };
                let label = Label { class, person, spelling: "", apart };
                let loose = Label { apart: nothing, ..label };
                let value = who.value(name);
                let mut values = vec![("as it is", value.clone())];
                values.extend(forms(who, name));
                for (form, value) in &values {
                    match *name == "immutable-id" && *form == "as it is" {
                        true => exact.add(label, form, value.as_bytes()),
                        false => folded.add(label, form, value.to_lowercase()),
                    }
                }
                // Escapes of the value as planted; their digits are folded, their letters are not.
                for (form, spelt) in [
                    ("JSON escapes", spell::json_ascii(&value)),
                    ("percent", spell::percent(&value)),
                    ("percent, @ only", spell::percent_at(&value)),
                    ("percent twice", spell::percent(&value).replace('%', "%25")),
                    ("entities", spell::html(&value)),
                    ("quoted-printable", spell::quoted_printable(&value)),
                ] {
                    if spelt != value {
                        folded.add(loose, form, spelt.to_lowercase());
                    }
                }
                folded.add(loose, "hexadecimal", spell::hex(value.as_bytes()));
                folded.add(loose, "hexadecimal UTF-16", spell::hex(&spell::utf16le(&value)));
                folded.add(loose, "registry UTF-16", spell::registry(&spell::utf16le(&value)));
                exact.add(loose, "UTF-16LE", spell::utf16le(&value));
                exact.add(loose, "UTF-16BE", spell::utf16be(&value));
                let texts = [value.as_bytes().to_vec(), spell::utf16le(&value)];
                for bytes in texts.into_iter().chain(binary(who, name)) {
                    base64_cores(&bytes).into_iter().for_each(|core| exact.add(loose, "base64", core));
                }
            }
        }
        debug_assert!(DOMAIN_SID.len() > 20);
        Self { folded: folded.build(), exact: exact.build() }
    }

    fn look(&self, place: &str, reading: &'static str, text: &[u8], exact: bool, found: &mut Found) {
        let (automaton, labels) = if exact { &self.exact } else { &self.folded };
        for hit in automaton.find_overlapping_iter(text) {
            let label = labels[hit.pattern().as_usize()];
            let beside = |at: Option<&u8>| at.is_some_and(|byte| (label.apart)(*byte));
            if beside(hit.start().checked_sub(1).and_then(|at| text.get(at))) || beside(text.get(hit.end())) {
                continue;
            }
            let class = CLASSES[label.class];
            found.people.entry((class, place.to_owned())).or_default().insert(label.person);
            *found.ways.entry((class, label.spelling, reading)).or_default() += 1;
        }
    }

    /// Searches a file and everything in it.
    pub fn file(&self, name: &str, bytes: &[u8], found: &mut Found) {
        for (inner, bytes) in views::unpacked(name, bytes) {
            self.look(name, "bytes", &bytes, true, found);
            for (reading, text) in views::readings(&views::characters(&bytes)) {
                self.look(name, reading, text.as_bytes(), true, found);
                self.look(name, reading, text.to_lowercase().as_bytes(), false, found);
            }
            if inner != name {
                self.look(name, "name inside", inner.to_lowercase().as_bytes(), false, found);
            }
        }
    }

    /// Searches a name or another short text.
    pub fn text(&self, place: &str, text: &str, found: &mut Found) {
        self.file(place, text.as_bytes(), found);
    }
}

impl Found {
    /// How many distinct people of a class, over all files.
    pub fn distinct(&self, class: &str) -> usize {
        let all: BTreeSet<usize> =
            self.people.iter().filter(|((one, _), _)| *one == class).flat_map(|(_, people)| people).copied().collect();
        all.len()
    }

    /// Class by file, the largest first; for people who read a failed test.
    pub fn table(&self) -> String {
        let mut rows: Vec<_> =
            self.people.iter().map(|((class, place), people)| (people.len(), *class, place)).collect();
        rows.sort_unstable_by(|one, other| other.cmp(one));
        let mut out: String =
            rows.iter().map(|(count, class, place)| format!("{count:>6} {class:<13} {place}\n")).collect();
        for ((class, spelling, reading), count) in &self.ways {
            out += &format!("{count:>6} × {class}, spelt: {spelling}, read: {reading}\n");
        }
        out
    }
}
