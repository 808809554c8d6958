//! Single members of an object of which perhaps only the beginning is there.

use crate::json::{self, Span};

/// The value of a top-level member, by its exact name.
pub(super) fn member(object: &str, name: &str) -> Option<Span> {
    let members = json::members(object.as_bytes(), 0).ok()?;
    members.map_while(Result::ok).find(|(key, _)| *key == name.as_bytes()).map(|(_, span)| span)
}

/// The same without regard to case.
pub(super) fn member_of_any_case(object: &[u8], name: &str) -> Option<Span> {
    let members = json::members(object, 0).ok()?;
    members.map_while(Result::ok).find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|(_, span)| span)
}

/// A member's text, if it is a string.
pub(super) fn string(object: &str, name: &str) -> Option<String> {
    unquoted(object.get(member(object, name)?)?)
}

/// The text of a JSON string.
pub(super) fn unquoted(value: &str) -> Option<String> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    json::unescape(inner.as_bytes()).ok().map(std::borrow::Cow::into_owned)
}
