//! XML 1.0 as far as several rooms read it: elements with their texts, character references.
//!
//! Takes characters, gives paths and texts, or the character that a reference stands for. Never expands an entity of the
//! document's own, never goes deeper than its cap.
//! Source: w3.org/TR/xml.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::limits::XML_DEPTH_MAX;

/// Calls `ended` at the end of each element with its path from the root (itself last) and the text in it, not that of
/// its children. `None`: no well-formed XML, or nested too deeply.
pub(crate) fn elements(xml: &str, mut ended: impl FnMut(&[String], &str)) -> Option<()> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) if path.len() >= XML_DEPTH_MAX => return None,
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                text.clear();
            }
            Event::Empty(empty) => {
                path.push(empty.name().as_ref().to_owned());
                ended(&path, "");
                path.pop();
                text.clear();
            }
            Event::End(_) => {
                ended(&path, &text);
                path.pop();
                text.clear();
            }
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(name) => text.push(character(&name)?),
            Event::CData(part) => text.push_str(&part),
            Event::Eof => break,
            _ => {}
        }
    }
    path.is_empty().then_some(())
}

/// The character that a reference (`amp`, `#x2F`) stands for; none: only the document's own type explains it.
pub(crate) fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_end_with_their_own_text_and_references_are_resolved() {
        let mut seen = Vec::new();
        let xml = "\u{feff}<?xml version=\"1.0\"?><a x=\"y\"><b>1&amp;2&#x2F;</b><c/><d><![CDATA[<]]></d></a>";
        elements(xml, |path, text| seen.push((path.join("."), text.to_owned()))).unwrap();
        let expected = [("a.b", "1&2/"), ("a.c", ""), ("a.d", "<"), ("a", "")];
        assert_eq!(seen, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
        for bad in ["<a>", "<a></b>", "<a>&nothing;</a>"] {
            assert!(elements(bad, |_, _| {}).is_none(), "{bad}");
        }
        assert!(elements(&"<a>".repeat(1_000), |_, _| {}).is_none());
    }
}
