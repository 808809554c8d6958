//! XML 1.0: documents, and stretches of documents that are cut between elements.
//!
//! Takes the characters, gives the same with the values changed and every other byte as it was. The text of an element
//! and the values of attributes are treated by their names (`userPrincipalName`, `<Data Name="TargetUserName">`,
//! `parent.child`); character references are read and written again; comments, CDATA sections and processing
//! instructions are read as text. What is not well-formed is refused, so that it is read as plain text.
//! Source: w3.org/TR/xml; element names of the sync engine: MS-UPSDBDAP.

mod name;
mod walk;

use super::Teach;
use super::text::Desk;
use crate::pseudonym::gate::Gate;
use crate::record::{Context, RawStretch};
use crate::xml::character;
use walk::Walk;

/// Appends the clean text; gives the number of elements. None when it is not well-formed.
pub(super) fn clean(gate: &Gate, stretch: &RawStretch, out: &mut String) -> Option<u64> {
    let start = out.len();
    let elements = document(&mut Desk::cleaning(gate), stretch, out);
    if elements.is_none() {
        out.truncate(start);
    }
    elements
}

/// Teaches the typed values. None as in [`clean`].
pub(super) fn learn(gate: &Gate, stretch: &RawStretch, teach: &mut Teach<'_>) -> Option<u64> {
    document(&mut Desk::learning(gate, teach), stretch, &mut String::new())
}

fn document(desk: &mut Desk<'_, '_>, stretch: &RawStretch, out: &mut String) -> Option<u64> {
    let mut walk = Walk::new(desk, stretch.text.expose(), 0, out);
    if let Context::Inside(open) = &stretch.context {
        for tag in open.iter() {
            walk.enter(tag.name.as_ref()?.expose())?;
        }
    }
    walk.run(stretch.goes_on)
}

/// A whole document inside a text.
pub(super) fn walk(desk: &mut Desk<'_, '_>, text: &str, layer: u8, out: &mut String) -> Option<u64> {
    Walk::new(desk, text, layer, out).run(false)
}

/// Reads the character references of a text; none when there is one that only the document's own type explains.
pub(super) fn decode(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    if !text.contains('&') {
        return Some(text.into());
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let end = at + rest[at..].find(';')?;
        out.push(character(&rest[at + 1..end])?);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Some(out.into())
}

/// Writes a text so that it can stand in an element or between the same quotes as `old`, which says what it escaped
/// beyond need.
pub(super) fn encode(text: &str, old: &str, quote: Option<char>, out: &mut String) {
    let escapes = |name: &str, symbol: char| quote == Some(symbol) || old.contains(name);
    for symbol in text.chars() {
        match symbol {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' if !old.contains('>') => out.push_str("&gt;"),
            '"' if escapes("&quot;", '"') => out.push_str("&quot;"),
            '\'' if escapes("&apos;", '\'') => out.push_str("&apos;"),
            '\r' => out.push_str("&#13;"),
            '\n' if quote.is_some() => out.push_str("&#10;"),
            '\t' if quote.is_some() => out.push_str("&#9;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests;
