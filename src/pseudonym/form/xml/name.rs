//! Start tags, and which key a value in them stands behind.

use std::borrow::Cow;

use crate::limits::XML_SIBLINGS_MAX;

/// Attributes that give an element's text its key: `<attr name="mail">`, `<Data Name="…">`, CLIXML's `<S N="…">`.
const NAMING: [&str; 4] = ["name", "n", "key", "attributename"];
/// Elements that only wrap a value: the key is the one outside.
const WRAPPERS: [&str; 12] =
    ["value", "values", "dn-value", "item", "items", "string", "s", "v", "li", "anytype", "oc-value", "element"];

/// One attribute of a start tag; spans are into the walked text.
pub(super) struct Attribute<'t> {
    pub(super) name: &'t str,
    /// As written, without the quotes.
    pub(super) value: &'t str,
    /// Where the value starts.
    pub(super) start: usize,
}

/// An open element.
pub(super) struct Element<'t> {
    pub(super) name: &'t str,
    /// What its naming attribute says, decoded.
    pub(super) key: Option<String>,
    pub(super) is_base64: bool,
    /// The key that holds for it comes from itself or from outside, nearest first.
    pub(super) siblings: Vec<(String, String)>,
}

impl<'t> Element<'t> {
    pub(super) fn new(name: &'t str, attributes: &[Attribute<'t>]) -> Self {
        let is_naming =
            |attribute: &&Attribute<'_>| NAMING.iter().any(|name| local(attribute.name).eq_ignore_ascii_case(name));
        let key = attributes.iter().find(is_naming).and_then(|found| super::decode(found.value)).map(Cow::into_owned);
        let is_base64 = attributes.iter().any(|attribute| {
            let name = local(attribute.name);
            (name.eq_ignore_ascii_case("encoding")
                || name.eq_ignore_ascii_case("dt")
                || name.eq_ignore_ascii_case("type"))
                && (attribute.value.eq_ignore_ascii_case("base64")
                    || attribute.value.ends_with("base64Binary")
                    || attribute.value == "bin.base64")
        });
        Self { name, key, is_base64, siblings: Vec::new() }
    }

    /// Whether it only wraps a value.
    pub(super) fn is_wrapper(&self) -> bool {
        let name = local(self.name);
        WRAPPERS.iter().any(|wrapper| wrapper.eq_ignore_ascii_case(name))
    }

    /// Remembers the text of a child.
    pub(super) fn note(&mut self, key: &str, text: &str) {
        if self.siblings.len() < XML_SIBLINGS_MAX {
            self.siblings.push((key.to_owned(), text.to_owned()));
        }
    }
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Length of the name at the start of a text; 0 when there is none.
pub(super) fn name_length(text: &str) -> usize {
    let is_first = |symbol: char| symbol.is_alphabetic() || symbol == '_' || symbol == ':';
    let is_part = |symbol: char| {
        symbol.is_alphanumeric() || "-._:\u{b7}".contains(symbol) || ('\u{300}'..='\u{36f}').contains(&symbol)
    };
    if !text.starts_with(is_first) {
        return 0;
    }
    text.find(|symbol| !is_part(symbol)).unwrap_or(text.len())
}

/// The attributes of a start tag. `text` is what stands between the name and the end, `at` where that starts. None when
/// it is not well-formed.
pub(super) fn attributes(text: &str, at: usize) -> Option<Vec<Attribute<'_>>> {
    let mut found: Vec<Attribute<'_>> = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if trimmed.is_empty() {
            return Some(found);
        }
        if trimmed.len() == rest.len() {
            return None;
        }
        let length = name_length(trimmed);
        let (name, tail) = trimmed.split_at(length);
        let tail = tail.trim_start().strip_prefix('=').filter(|_| length > 0)?.trim_start();
        let quote = tail.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, after) = tail[1..].split_once(quote)?;
        if value.contains('<') || found.iter().any(|other| other.name == name) || !references_are_closed(value) {
            return None;
        }
        found.push(Attribute { name, value, start: at + text.len() - tail.len() + 1 });
        rest = after;
    }
}

/// Whether every `&` begins a reference.
pub(super) fn references_are_closed(text: &str) -> bool {
    text.match_indices('&').all(|(at, _)| {
        let rest = &text[at + 1..];
        rest.find(';').is_some_and(|end| {
            let name = &rest[..end];
            let number = name.strip_prefix('#');
            match number.map(|digits| digits.strip_prefix('x').map_or((digits, 10), |hex| (hex, 16))) {
                Some((digits, radix)) => {
                    u32::from_str_radix(digits, radix).is_ok_and(|code| char::from_u32(code).is_some())
                }
                None => end > 0 && name_length(name) == end,
            }
        })
    })
}
