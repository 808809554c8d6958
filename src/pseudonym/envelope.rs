//! What stands around the records of a file: Graph pages, `$batch` replies, Azure Monitor messages, query answers of Log
//! Analytics, HTTP archives, arrays.
//!
//! An object is part of the envelope if one of these keys holds a list in it, directly or through wrappers. What a
//! list in an envelope holds is records, or more envelope. Decided from what stands before the list, so that a cut
//! document reads the same.

use super::duty::{Scope, find_member};
use crate::json::{self, Known, Place, Step, Track, ends_member};
use crate::limits::SIBLINGS_MAX;
use crate::pseudonym::rules::{Hint, Inquiry};

/// Keys that hold records. Source: learn.microsoft.com/graph/paging (`value`), /graph/json-batching (`responses`, `body`),
/// /azure/azure-monitor/essentials/resource-logs-schema (`records`), /azure/azure-monitor/logs/api/response-format
/// (`tables`, `rows`), HAR 1.2 (`log`, `entries`); the others are what export scripts write.
const KEYS: [&str; 16] = [
    "value",
    "records",
    "tables",
    "rows",
    "responses",
    "body",
    "log",
    "entries",
    "events",
    "items",
    "results",
    "data",
    "result",
    "d",
    "logs",
    "content",
];

/// Deepest wrapping of a list, objects: `responses`, `body`, `result` and one to spare.
const WRAPPERS_MAX: usize = 4;

/// Whether a key of an envelope leads to records.
pub(super) fn is_envelope_key(key: &str) -> bool {
    KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
}

/// What an object in the envelope is.
pub(super) enum Look {
    /// More of the envelope.
    Envelope,
    /// A record.
    Record,
}

/// What is known of a key of an object in the envelope.
#[derive(Clone, Copy, Default)]
pub(super) struct Glance {
    leads_on: bool,
    hint: Hint,
}

/// Looks at the object that starts at `at`; its members are told to the inquiry on the way, if there is one.
pub(super) fn look<'p>(
    text: &'p str,
    at: usize,
    inquiry: Option<&mut Inquiry<'_>>,
    track: &mut Track<'p, Glance>,
) -> Look {
    track.begin();
    match leads_to_list(text, at, 0, inquiry, track) {
        Some(Found::List) => Look::Envelope,
        Some(Found::End(_)) | None => Look::Record,
    }
}

/// Where a value ends, or that it leads to a list.
enum Found {
    List,
    End(usize),
}

/// None where the text ends or is no JSON.
fn leads_to_list<'p>(
    text: &'p str,
    object: usize,
    depth: usize,
    mut inquiry: Option<&mut Inquiry<'_>>,
    track: &mut Track<'p, Glance>,
) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut at = json::skip_space(bytes, object + 1);
    if bytes.get(at) == Some(&b'}') {
        return Some(Found::End(at + 1));
    }
    for _ in 0..SIBLINGS_MAX {
        let member = member(text, at, depth, inquiry.as_deref(), track)?;
        at = match member.found {
            Found::End(end) => end,
            list @ Found::List => return Some(list),
        };
        if let Some(inquiry) = &mut inquiry {
            inquiry.hint(member.hint, &text[member.value..at]);
        }
        at = json::skip_space(bytes, at);
        match bytes.get(at) {
            Some(b',') => at = json::skip_space(bytes, at + 1),
            Some(b'}') => return Some(Found::End(at + 1)),
            _ => return None,
        }
    }
    None
}

/// A member of an object in the envelope.
struct Seen {
    hint: Hint,
    /// Where its value begins.
    value: usize,
    found: Found,
}

#[inline]
fn member<'p>(
    text: &'p str,
    at: usize,
    depth: usize,
    inquiry: Option<&Inquiry<'_>>,
    track: &mut Track<'p, Glance>,
) -> Option<Seen> {
    let (known, glance, value) = match track.step(text, at, Place::default(), ends_member) {
        Step::Again(known, bytes, _) => {
            let hint = track.facts(known).hint;
            return Some(Seen { hint, value: at + known.bytes, found: Found::End(at + bytes) });
        }
        Step::Key(known) => (Some(known), track.facts(known), at + known.bytes),
        Step::New => key(text, at, inquiry, track)?,
    };
    let bytes = text.as_bytes();
    let found = match bytes.get(value) {
        Some(b'[') if glance.leads_on => Found::List,
        Some(b'{') if glance.leads_on && depth < WRAPPERS_MAX => {
            leads_to_list(text, value, depth + 1, None, &mut Track::off())?
        }
        _ => {
            let end = json::skip_value(bytes, value).ok()?;
            if let Some(known) = known {
                track.note(known, &text[at..end], None);
            }
            Found::End(end)
        }
    };
    if let Some(known) = known {
        track.leave(known);
    }
    Some(Seen { hint: glance.hint, value, found })
}

/// What is known of the new key at `at`, and where its value begins.
fn key<'p>(
    text: &'p str,
    at: usize,
    inquiry: Option<&Inquiry<'_>>,
    track: &mut Track<'p, Glance>,
) -> Option<(Option<Known>, Glance, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let (span, _) = json::string_span(bytes, at).ok()?;
    let colon = json::skip_space(bytes, span.end + 1);
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    let value = json::skip_space(bytes, colon + 1);
    let key = text.get(span)?;
    let hint = inquiry.map(|inquiry| inquiry.hint_of(key)).unwrap_or_default();
    let glance = Glance { leads_on: is_envelope_key(key), hint };
    Some((track.key(&text[at..value], Place::default(), || glance), glance, value))
}

/// The names of the columns of a table, if `key` holds its rows.
pub(super) fn columns<'p>(key: &str, scope: Scope<'p>) -> Option<Vec<&'p str>> {
    if !key.eq_ignore_ascii_case("rows") {
        return None;
    }
    let bytes = scope.text.as_bytes();
    let list = find_member(bytes, scope.at, "columns")?;
    let mut names = Vec::new();
    for item in json::items(bytes, list.start).ok()? {
        let item = item.ok()?;
        // The second form is that of `.show` commands and Kusto's own answers.
        let name = ["name", "ColumnName"].into_iter().find_map(|key| find_member(bytes, item.start, key))?;
        let (name, _) = json::string_span(bytes, name.start).ok()?;
        names.push(scope.text.get(name)?);
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_envelope(text: &str) -> bool {
        matches!(look(text, 0, None, &mut Track::default()), Look::Envelope)
    }

    #[test]
    fn pages_and_messages_are_envelopes_and_records_are_none() {
        for text in [
            r#"{"@odata.context":"x","value":[]}"#,
            r#"{ "Records" : [ {"a":1} "#,
            r#"{"log":{"version":"1.2","entries":[{"#,
            r#"{"id":"1","status":200,"body":{"value":[]}}"#,
        ] {
            assert!(is_envelope(text), "{text}");
        }
        for text in [r#"{}"#, r#"{"value":{"id":1}}"#, r#"{"category":"AuditLogs","properties":{"value":[]}}"#, "{"] {
            assert!(!is_envelope(text), "{text}");
        }
    }

    #[test]
    fn an_object_ends_where_it_ends() {
        let text = r#"{"a":{"value":[1]}} , {"b":2}"#;
        assert!(matches!(leads_to_list(text, 0, 0, None, &mut Track::off()), Some(Found::End(19))));
    }

    #[test]
    fn columns_stand_before_their_rows() {
        let text = r#"{"columns":[{"name":"A","type":"string"},{"ColumnName":"B"}],"rows":[["#;
        assert_eq!(columns("rows", Scope { text, at: 0 }), Some(vec!["A", "B"]));
        assert!(columns("cells", Scope { text, at: 0 }).is_none());
    }
}
