//! LDIF (RFC 2849): entries and change records, an attribute a line.
//!
//! Takes whole logical lines, gives the same number of them in the same order. A value is treated by its attribute's
//! name without options, first as `ldap.<name>`, then as the bare key; `::` values are decoded, treated and encoded
//! again; values that nothing reads (certificates, blobs) become a mark. A line that was folded is folded again at the
//! width of its first part; what was on one line stays on one.

pub(super) mod binary;
mod line;

use std::borrow::Cow;

use self::binary::Outcome;
use self::line::{Logical, logical_lines};
use super::Teach;
use super::text::{Desk, is_number_of};
use crate::pseudonym::duty::Duty;
use crate::pseudonym::gate::Gate;
use crate::record::RawStretch;

/// Appends the clean lines; gives the number of records. None when it is no LDIF.
pub(super) fn clean(gate: &Gate, stretch: &RawStretch, out: &mut String) -> Option<u64> {
    let start = out.len();
    let records = entries(&mut Desk::cleaning(gate), stretch.text.expose(), out);
    if records.is_none() {
        out.truncate(start);
    }
    records
}

/// Teaches the typed values. None as in [`clean`].
pub(super) fn learn(gate: &Gate, stretch: &RawStretch, teach: &mut Teach<'_>) -> Option<u64> {
    entries(&mut Desk::learning(gate, teach), stretch.text.expose(), &mut String::new())
}

fn entries(desk: &mut Desk<'_, '_>, text: &str, out: &mut String) -> Option<u64> {
    let lines = logical_lines(text)?;
    let mut records = 0;
    for record in lines.split_inclusive(|line| line.content.is_empty()) {
        for line in record {
            let is_dn = line.content.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("dn:"));
            records += u64::from(is_dn);
            match rewritten(desk, line, record)? {
                Some(new) => line.write(&new, out),
                None => out.push_str(line.raw),
            }
        }
        if let Some(teach) = &mut desk.teach {
            let value = |key: &str| text_of(record, key).unwrap_or_default();
            teach.person(&value("displayName"), &value("givenName"), &value("sn"));
        }
    }
    Some(records)
}

/// A logical line with its value treated; none inside when it stays, none at all when it is no LDIF.
fn rewritten(desk: &mut Desk<'_, '_>, line: &Logical<'_>, record: &[Logical<'_>]) -> Option<Option<String>> {
    let content: &str = &line.content;
    if content.is_empty() || content == "-" {
        return Some(None);
    }
    let mut clean = String::new();
    if content.starts_with('#') {
        return Some(desk.prose(content, 0, &mut clean).then_some(clean));
    }
    let (name, value) = content.split_once(':')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-;.=*".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_name) {
        return None;
    }
    let duty = duty(desk, name, record);
    let head = |separator: &str| format!("{name}{separator}");
    if let Some(encoded) = value.strip_prefix(':') {
        let text = encoded.trim();
        return Some(match binary::base64(desk, duty, text, 0) {
            Outcome::Same => None,
            Outcome::Encoded(new) => Some(head(":: ") + &new),
            Outcome::Removed(mark) => Some(head(": ") + &mark),
        });
    }
    if let Some(reference) = value.strip_prefix('<') {
        return Some(desk.prose(reference, 0, &mut clean).then(|| head(":<") + &clean));
    }
    let text = value.trim_start_matches(' ');
    if is_number_of(name, text) {
        return Some(None);
    }
    let changed = match duty {
        Some(duty) => desk.value(duty, text, 0, &mut clean),
        None => desk.prose(text, 0, &mut clean),
    };
    let blanks = &value[..value.len() - text.len()];
    Some(changed.then(|| match is_safe(&clean) {
        true => format!("{name}:{blanks}{clean}"),
        false => head(":: ") + &binary::encode(&clean),
    }))
}

fn duty(desk: &Desk<'_, '_>, name: &str, record: &[Logical<'_>]) -> Option<Duty> {
    let bare = name.split(';').next().unwrap_or(name);
    // A condition on the object class holds for the most special one, which stands last.
    let sibling = |key: &str| {
        let values = record.iter().filter_map(|line| line.content.split_once(':'));
        let found = values.rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| Cow::Owned(value.trim().to_owned()))
    };
    desk.exact_duty(&format!("ldap.{bare}"), &sibling).or_else(|| desk.exact_duty(bare, &sibling))
}

/// The first value of an attribute as text.
fn text_of(record: &[Logical<'_>], key: &str) -> Option<String> {
    let mut values = record.iter().filter_map(|line| line.content.split_once(':'));
    let (_, value) = values.find(|(name, _)| name.eq_ignore_ascii_case(key))?;
    match value.strip_prefix(':') {
        Some(encoded) => binary::decode(encoded.trim()),
        None => Some(value.trim().to_owned()),
    }
}

/// SAFE-STRING: ASCII without line ends, not beginning with a blank, a colon or `<`.
fn is_safe(text: &str) -> bool {
    !text.starts_with([' ', ':', '<']) && !text.ends_with(' ') && !text.contains(['\0', '\r', '\n'])
}

#[cfg(test)]
mod tests;
