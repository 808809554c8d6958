//! XML, LDIF, registry exports.

use super::Beginning;
use crate::files::cut::{Tag, next_tag};
use crate::record::Form;

/// One of the three, or none.
pub(super) fn recognise(beginning: Beginning<'_>) -> Option<Form> {
    let text = beginning.text.trim_ascii_start();
    if text.starts_with('<') {
        return is_xml(text).then_some(Form::Xml);
    }
    let first = text.lines().next().unwrap_or_default().trim_ascii_end();
    if matches!(first, "Windows Registry Editor Version 5.00" | "REGEDIT4") {
        return Some(Form::Registry);
    }
    is_ldif(text).then_some(Form::Ldif)
}

/// XML 1.0: a declaration, a comment or a start tag comes first. HTML is no XML: its tags need not end.
fn is_xml(text: &str) -> bool {
    let small: String = text.chars().take(14).collect::<String>().to_ascii_lowercase();
    if small.starts_with("<!doctype html") || small.starts_with("<html") {
        return false;
    }
    match next_tag(text, 0) {
        Ok((Tag::Start(_) | Tag::Empty, ..)) => true,
        Ok((Tag::Other, ..)) => text.starts_with("<?xml") || text.starts_with("<!"),
        Ok((Tag::End(_), ..)) => false,
        // A comment or a tag that is longer than what is known.
        Err(_) => text.starts_with("<?xml") || text.starts_with("<!--"),
    }
}

/// RFC 2849: comments, then `version: 1` or the first `dn`.
fn is_ldif(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim_ascii().is_empty());
    let Some(first) = lines.next() else { return false };
    let names = |attribute: &str| {
        first.split_once(':').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case(attribute) && (attribute == "dn" || value.trim_ascii() == "1")
        })
    };
    let is_attribute = |line: &str| {
        let name = line.split_once(':').map_or("", |(name, _)| name);
        line.starts_with(' ')
            || (!name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b';' | b'.' | b'=')))
    };
    (names("dn") || names("version")) && lines.next().is_none_or(is_attribute)
}
