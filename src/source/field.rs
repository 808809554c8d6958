//! Single properties of a raw record, and the instants in them.
//!
//! Takes the bytes of one JSON object, gives spans of top-level members. Never builds a tree.

use std::borrow::Cow;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::json::{self, Span};

/// The value of each named top-level member; stops at the last one it needs.
pub(crate) fn find<const N: usize>(record: &[u8], names: [&str; N]) -> [Option<Span>; N] {
    let mut found = [const { None }; N];
    let mut missing = N;
    let Ok(members) = json::members(record, 0) else { return found };
    for (key, span) in members.map_while(Result::ok) {
        for (name, slot) in names.iter().zip(&mut found) {
            if slot.is_none() && key == name.as_bytes() {
                *slot = Some(span.clone());
                missing -= 1;
            }
        }
        if missing == 0 {
            break;
        }
    }
    found
}

/// A scalar as text: a string's content, otherwise the literal as written; `None` for null, objects and arrays.
pub(crate) fn text<'a>(record: &'a [u8], span: &Span) -> Option<Cow<'a, str>> {
    let raw = record.get(span.clone())?;
    match raw.first()? {
        b'"' => json::unescape(raw.get(1..raw.len() - 1)?).ok(),
        b'{' | b'[' | b'n' => None,
        _ => std::str::from_utf8(raw).ok().map(Cow::Borrowed),
    }
}

/// Whether the value's text, or that of one of an array's items, is among `wanted`.
pub(crate) fn is_one_of(record: &[u8], span: &Span, wanted: &[String]) -> bool {
    let matches = |span: &Span| text(record, span).is_some_and(|text| wanted.iter().any(|one| *one == text));
    match json::items(record, span.start) {
        Ok(mut items) => items.any(|item| item.is_ok_and(|span| matches(&span))),
        Err(_) => matches(span),
    }
}

/// An instant (RFC 3339, any number of digits behind the second); one without an offset is taken for UTC.
pub(crate) fn instant(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339)).ok()
}

/// The instants that a message names (`2026-01-05`, `2026-01-05T10:00:00.1Z`).
pub(super) fn instants_in(message: &str) -> Vec<OffsetDateTime> {
    let words = message.split(|symbol: char| !(symbol.is_ascii_alphanumeric() || "-:.+".contains(symbol)));
    words
        .filter(|word| word.len() >= 10 && word.starts_with(|symbol: char| symbol.is_ascii_digit()))
        .map(|word| word.trim_end_matches(['.', ':', '-']))
        .filter_map(|word| instant(word).or_else(|| instant(&format!("{word}T00:00:00Z"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn members_are_found_by_exact_name_at_the_top_only() {
        let record = br#"{"x":{"id":"inner"},"Id":"case","id":"a\u0062","n":7,"list":["p","q"],"none":null}"#;
        let names = ["id", "n", "list", "none", "absent"];
        let found = find(record, names);
        let texts: Vec<_> = found.iter().map(|span| span.as_ref().and_then(|span| text(record, span))).collect();
        assert_eq!(texts, [Some("ab".into()), Some("7".into()), None, None, None]);
        assert!(is_one_of(record, found[2].as_ref().unwrap(), &["q".into()]));
        assert!(!is_one_of(record, found[0].as_ref().unwrap(), &["a".into()]));
        assert_eq!(find(b"[1]", ["id"]), [None]);
    }

    #[test]
    fn instants_are_read_in_every_form_seen() {
        for text in ["2026-01-05T10:00:00Z", "2026-01-05T10:00:00", "2026-01-05T11:00:00.0000000+01:00"] {
            assert_eq!(instant(text), Some(datetime!(2026-01-05 10:00 UTC)), "{text}");
        }
        assert_eq!(instant("yesterday"), None);
        let message = "The minimum allowed date is 2026-01-05T10:00:00Z. It was (2025-12-01) before.";
        let found = instants_in(message);
        assert_eq!(found, [datetime!(2026-01-05 10:00 UTC), datetime!(2025-12-01 0:00 UTC)]);
    }
}
