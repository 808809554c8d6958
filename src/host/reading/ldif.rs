//! LDIF exports of Active Directory (`ldifde`): the records that the search itself would give.
//!
//! One record per entry, of the dataset that its classes say: `{"dn", <LDAP display name>: value}`, read by the same
//! rows (`catalog/directory.toml`) as over LDAP. Attributes that can hold several values are arrays always; binary SIDs
//! and GUIDs are text; certificates and key credentials are counted; passwords and key material are left out. An entry
//! that is too long goes on in a further record.
//! Source: RFC 2849; learn.microsoft.com/windows/win32/adschema/attributes-all.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::out::Out;
use super::xml::put;
use super::{Read, binary};
use crate::catalog::{ReadAs, attribute_reading, is_never_asked};
use crate::limits::HOST_RECORD_BYTES_MAX;
use crate::record::RawStretch;

/// Classes in the order in which they decide, and the dataset of their entries.
const CLASSES: [(&str, &str); 5] = [
    ("computer", "ad-computers"),
    ("user", "ad-users"),
    ("inetOrgPerson", "ad-users"),
    ("group", "ad-groups"),
    ("contact", "ad-contacts"),
];
/// The dataset of all other entries.
const FOREST: &str = "ad-forest";

#[derive(Default)]
struct Ldif {
    /// A line that may go on, and where it begins.
    pending: Option<(u64, String)>,
    entry: Option<Entry>,
}

struct Entry {
    line: u64,
    members: Map<String, Value>,
    counts: Map<String, Value>,
    dataset: Option<&'static str>,
    bytes: usize,
    parts: u64,
}

impl Ldif {
    fn line(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        match (text.strip_prefix(' '), &mut self.pending) {
            (Some(more), Some((_, logical))) if logical.len() < HOST_RECORD_BYTES_MAX => logical.push_str(more),
            _ => {
                self.flush_line(out);
                self.pending = Some((line, text.to_owned()));
            }
        }
    }

    fn flush_line(&mut self, out: &mut Out<'_>) {
        let Some((line, text)) = self.pending.take() else { return };
        if text.trim().is_empty() {
            return self.close(out);
        }
        // Comments; `-` ends a part of a change.
        if text.starts_with('#') || text.trim_end() == "-" {
            return;
        }
        let Some((name, value)) = attribute(&text) else { return out.unknown(line, &text) };
        if name.eq_ignore_ascii_case("dn") {
            self.close(out);
            self.entry = Some(Entry::new(line, value));
        } else if let Some(entry) = &mut self.entry {
            entry.add(name, value);
            if entry.bytes > HOST_RECORD_BYTES_MAX {
                entry.give(true, out);
            }
        } else if !name.eq_ignore_ascii_case("version") {
            out.unknown(line, &text);
        }
    }

    fn close(&mut self, out: &mut Out<'_>) {
        if let Some(mut entry) = self.entry.take() {
            entry.give(false, out);
        }
    }
}

impl Entry {
    fn new(line: u64, dn: String) -> Self {
        let members = Map::from_iter([("dn".to_owned(), Value::from(dn))]);
        Self { line, members, counts: Map::new(), dataset: None, bytes: 0, parts: 0 }
    }

    fn add(&mut self, name: &str, value: String) {
        let (base, option) = name.split_once(';').unwrap_or((name, ""));
        let name = if option.starts_with("range=") || option == "binary" { base } else { name };
        if is_never_asked(base) {
            return;
        }
        let row = attribute_reading(base).map(|(_, row)| row);
        if row.is_some_and(|row| row.read_as == ReadAs::Count) {
            let key = format!("{base}Count");
            let count = self.counts.get(&key).and_then(Value::as_u64).unwrap_or_default();
            self.counts.insert(key, Value::from(count + 1));
            return;
        }
        if base.eq_ignore_ascii_case("objectClass") {
            let place = |class: &str| CLASSES.iter().position(|(known, _)| known.eq_ignore_ascii_case(class));
            let dataset = place(&value).and_then(|at| CLASSES.get(at)).map(|row| row.1);
            // A computer is a user too, and says so first.
            if dataset.is_some() && self.dataset != Some("ad-computers") {
                self.dataset = dataset;
            }
        }
        self.bytes += name.len() + value.len();
        match row.is_some_and(|row| row.is_many) && !self.members.contains_key(name) {
            true => {
                self.members.insert(name.to_owned(), Value::Array(vec![Value::from(value)]));
            }
            false => put(&mut self.members, name, Value::from(value)),
        }
    }

    /// Gives the record. `goes_on`: more of the entry follows.
    fn give(&mut self, goes_on: bool, out: &mut Out<'_>) {
        let dn = self.members.get("dn").cloned();
        let mut record = std::mem::take(&mut self.members);
        if self.parts > 0 {
            record.insert("part".to_owned(), Value::from(self.parts + 1));
        }
        if goes_on {
            self.members.extend(dn.map(|dn| ("dn".to_owned(), dn)));
            (self.parts, self.bytes) = (self.parts + 1, 0);
        } else {
            record.append(&mut self.counts);
        }
        out.record_of(self.dataset.unwrap_or(FOREST), self.line, record);
    }
}

/// `name: value`, `name:: base64`, `name:< url`.
fn attribute(line: &str) -> Option<(&str, String)> {
    let (name, rest) = line.split_once(':')?;
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-;.=*_".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_part) {
        return None;
    }
    let Some(base64) = rest.strip_prefix(':') else { return Some((name, rest.trim_start_matches(' ').to_owned())) };
    let base64 = base64.trim();
    let base = name.split(';').next().unwrap_or(name);
    let spelt = binary::spelt(base, base64.to_owned());
    if spelt != base64 || binary::stays(base) {
        return Some((name, spelt));
    }
    // A value beyond ASCII is a text in base64.
    let text = STANDARD.decode(base64).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.filter(|text| text.chars().all(|symbol| !symbol.is_control() || symbol.is_whitespace()));
    Some((name, text.unwrap_or(spelt)))
}

impl Read for Ldif {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        let first = out.first_line();
        (first..).zip(stretch.text.expose().lines()).for_each(|(line, text)| self.line(line, text, out));
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.flush_line(out);
        self.close(out);
    }
}

/// The reader.
pub(super) fn reader(_: &str) -> Box<dyn Read> {
    Box::new(Ldif::default())
}
