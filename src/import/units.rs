//! The records in a stretch of JSON: out of Graph pages, `$batch` replies, Azure Monitor messages, answers of Log
//! Analytics, arrays, or one after another.
//!
//! Takes a stretch and what is open where it begins, gives the span of each record and what the wrappers say about it.
//! An object is a wrapper if one of these keys holds a list in it, directly or through wrappers; decided from what stands
//! before the list, so that a document which was cut reads the same. Source: learn.microsoft.com/graph/paging (`value`),
//! /graph/json-batching (`responses`, `body`), /azure/azure-monitor/essentials/resource-logs-schema (`records`),
//! /azure/azure-monitor/logs/api/response-format (`tables`, `rows`); the others are what export scripts write.

use std::rc::Rc;

use super::lookup;
use crate::json::{self, Span};
use crate::limits::{JSON_DEPTH_MAX, SIBLINGS_MAX};
use crate::record::Open;

const KEYS: [&str; 12] =
    ["value", "records", "tables", "rows", "responses", "body", "events", "items", "results", "data", "result", "logs"];
/// Deepest wrapping of a list, objects.
const WRAPPERS_MAX: usize = 4;

pub(super) const BROKEN: &str = "it breaks off, or is no JSON";
pub(super) const TORN: &str = "it is longer than a record can be";
pub(super) const NO_OBJECT: &str = "it is no object";

/// What wrappers say about the records in a list.
#[derive(Clone, Default)]
pub(super) struct Hint {
    /// `@odata.context` of the page, as written between its quotes.
    pub context: Option<Rc<str>>,
    /// The columns, if the items are rows: their names, and whether they are dynamic.
    pub columns: Option<Rc<[(String, bool)]>>,
}

/// Something in a list.
pub(super) enum Unit {
    /// An object.
    Object(Span),
    /// An array in `rows`.
    Row(Span),
    /// Something else, and where.
    Other(usize, &'static str),
}

enum Role {
    /// Records, or more wrappers.
    List(Hint),
    /// An object around lists; where it begins in the text, or what of it stands before the text.
    Wrapper { start: Option<usize>, before: Option<String> },
    /// The inside of a record that is longer than a stretch.
    Torn,
}

struct Level {
    is_array: bool,
    role: Role,
}

/// Gives every record of a stretch to `take`, in order.
pub(super) fn walk(text: &str, context: &[Open], goes_on: bool, take: &mut dyn FnMut(Unit, &Hint)) {
    let mut walk = Walk { text, open: Vec::new(), goes_on, take };
    walk.reopen(context);
    let mut at = json::skip_space(text.as_bytes(), 0);
    while let Some(next) = walk.step(at) {
        at = json::skip_space(text.as_bytes(), next);
    }
}

struct Walk<'t, 'f> {
    text: &'t str,
    open: Vec<Level>,
    goes_on: bool,
    take: &'f mut dyn FnMut(Unit, &Hint),
}

impl Walk<'_, '_> {
    /// Rebuilds what is open where the stretch begins.
    fn reopen(&mut self, context: &[Open]) {
        for (n, open) in context.iter().enumerate() {
            let name = open.name.as_ref().map(|name| name.expose());
            let leads = name.is_none_or(is_list_key);
            let inner = context.get(n + 1).and_then(|inner| inner.name.as_ref());
            let torn = Role::Torn;
            let role = match (self.open.last().map(|level| &level.role), open.is_array) {
                (Some(Role::Torn), _) => torn,
                (Some(Role::List(hint)), true) if hint.columns.is_some() => torn,
                (Some(Role::Wrapper { .. }), _) if !leads => torn,
                (_, true) => Role::List(self.hint(name.unwrap_or_default(), usize::MAX)),
                (_, false) if inner.is_some_and(|inner| is_list_key(inner.expose())) => {
                    Role::Wrapper { start: None, before: open.before.as_ref().map(|text| text.expose().to_owned()) }
                }
                (_, false) => torn,
            };
            self.open.push(Level { is_array: open.is_array, role });
        }
    }

    /// What the wrapper that is open says about the list under `key`, whose value begins at `at`.
    fn hint(&self, key: &str, at: usize) -> Hint {
        let Some(Role::Wrapper { start, before }) = self.open.last().map(|level| &level.role) else {
            return match self.open.last().map(|level| &level.role) {
                Some(Role::List(hint)) => hint.clone(),
                _ => Hint::default(),
            };
        };
        let said = match (start, before) {
            (Some(start), _) => self.text.get(*start..at.min(self.text.len())).unwrap_or_default(),
            (None, Some(before)) => before,
            (None, None) => return Hint::default(),
        };
        let context = lookup::string(said, "@odata.context").map(|text| Rc::from(text.as_str()));
        let columns = key.eq_ignore_ascii_case("rows").then(|| columns(said)).flatten();
        Hint { context, columns }
    }

    /// The next token; none at the end.
    fn step(&mut self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let first = *bytes.get(at)?;
        match (self.open.last(), first) {
            (_, b',') => Some(at + 1),
            (Some(level), b']' | b'}') if level.is_array == (first == b']') => {
                self.open.pop();
                Some(at + 1)
            }
            (Some(level), b'"') if !level.is_array => self.member(at),
            (Some(level), _) if !level.is_array => self.broken(at),
            (Some(Level { role: Role::Torn, .. }), _) => self.skip(at),
            _ => self.item(at, first),
        }
    }

    fn member(&mut self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let Ok((key, _)) = json::string_span(bytes, at) else { return self.broken(at) };
        let colon = json::skip_space(bytes, key.end + 1);
        if bytes.get(colon) != Some(&b':') {
            return self.broken(colon);
        }
        let value = json::skip_space(bytes, colon + 1);
        let key = self.text.get(key)?;
        let is_list = is_list_key(key) && !matches!(self.open.last()?.role, Role::Torn);
        match bytes.get(value)? {
            b'[' if is_list => self.push(value, true, Role::List(self.hint(key, at))),
            b'{' if is_list && matches!(look(self.text, value, 1), Look::Wrapper) => {
                self.push(value, false, Role::Wrapper { start: Some(value), before: None })
            }
            _ => self.skip(value),
        }
    }

    /// An item of a list, or a document.
    fn item(&mut self, at: usize, first: u8) -> Option<usize> {
        let hint = match self.open.last().map(|level| &level.role) {
            Some(Role::List(hint)) => hint.clone(),
            _ => Hint::default(),
        };
        match first {
            b'{' => match look(self.text, at, 0) {
                Look::Wrapper => self.push(at, false, Role::Wrapper { start: Some(at), before: None }),
                Look::Record(end) => {
                    (self.take)(Unit::Object(at..end), &hint);
                    Some(end)
                }
                Look::Broken => self.broken(at),
            },
            b'[' if hint.columns.is_some() => match json::skip_value(self.text.as_bytes(), at) {
                Ok(end) => {
                    (self.take)(Unit::Row(at..end), &hint);
                    Some(end)
                }
                Err(_) => self.broken(at),
            },
            b'[' => self.push(at, true, Role::List(hint)),
            _ => match json::skip_value(self.text.as_bytes(), at) {
                Ok(end) => {
                    (self.take)(Unit::Other(at, NO_OBJECT), &hint);
                    Some(end)
                }
                Err(_) => self.broken(at),
            },
        }
    }

    fn push(&mut self, at: usize, is_array: bool, role: Role) -> Option<usize> {
        if self.open.len() >= JSON_DEPTH_MAX {
            return self.broken(at);
        }
        self.open.push(Level { is_array, role });
        Some(at + 1)
    }

    fn skip(&mut self, at: usize) -> Option<usize> {
        match json::skip_value(self.text.as_bytes(), at) {
            Ok(end) => Some(end),
            // The next stretch begins inside of it.
            Err(_) if self.goes_on => None,
            Err(_) => self.broken(at),
        }
    }

    fn broken(&mut self, at: usize) -> Option<usize> {
        (self.take)(Unit::Other(at, if self.goes_on { TORN } else { BROKEN }), &Hint::default());
        None
    }
}

fn is_list_key(key: &str) -> bool {
    KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
}

enum Look {
    Wrapper,
    /// A record that ends there.
    Record(usize),
    Broken,
}

/// Looks at the object that starts at `at`.
fn look(text: &str, object: usize, depth: usize) -> Look {
    let bytes = text.as_bytes();
    let whole = |bytes| json::skip_value(bytes, object).map_or(Look::Broken, Look::Record);
    let Ok(mut members) = json::members(bytes, object) else { return Look::Broken };
    // What has both is a line of Azure Monitor, whatever its other members are called.
    let (mut has_category, mut has_properties) = (false, false);
    for _ in 0..SIBLINGS_MAX {
        // A list that is cut is not whole, so its value is looked at before it is stepped over.
        let Some((key, value)) = peek(bytes, &members) else { break };
        has_category |= key.eq_ignore_ascii_case(b"category");
        has_properties |= key.eq_ignore_ascii_case(b"properties");
        if !(has_category && has_properties) && std::str::from_utf8(key).is_ok_and(is_list_key) {
            match bytes.get(value) {
                Some(b'[') => return Look::Wrapper,
                Some(b'{') if depth < WRAPPERS_MAX && matches!(look(text, value, depth + 1), Look::Wrapper) => {
                    return Look::Wrapper;
                }
                _ => {}
            }
        }
        match members.next() {
            Some(Ok(_)) => {}
            _ => return Look::Broken,
        }
    }
    match members.next() {
        None => Look::Record(members.end()),
        Some(Ok(_)) => whole(bytes),
        Some(Err(_)) => Look::Broken,
    }
}

/// The next member's key, and where its value begins.
fn peek<'t>(bytes: &'t [u8], members: &json::Members<'_>) -> Option<(&'t [u8], usize)> {
    let mut at = json::skip_space(bytes, members.end());
    if bytes.get(at) == Some(&b',') {
        at = json::skip_space(bytes, at + 1);
    }
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let (key, _) = json::string_span(bytes, at).ok()?;
    let colon = json::skip_space(bytes, key.end + 1);
    (bytes.get(colon) == Some(&b':'))
        .then(|| (bytes.get(key), json::skip_space(bytes, colon + 1)))
        .and_then(|(key, value)| Some((key?, value)))
}

/// The names of the columns of a table: `columns` of the object whose beginning this is.
fn columns(object: &str) -> Option<Rc<[(String, bool)]>> {
    let list = lookup::member(object, "columns")?;
    let mut names = Vec::new();
    for item in json::items(object.as_bytes(), list.start).ok()? {
        let item = object.get(item.ok()?)?;
        // The second form is that of Kusto's own answers, the third that of scripts.
        let name = lookup::string(item, "name").or_else(|| lookup::string(item, "ColumnName"));
        let name = name.or_else(|| lookup::unquoted(item))?;
        let kind = lookup::string(item, "type").or_else(|| lookup::string(item, "ColumnType"));
        names.push((name, kind.is_some_and(|kind| kind == "dynamic")));
    }
    Some(names.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RawText;

    fn found(text: &str, context: &[Open], goes_on: bool) -> Vec<String> {
        let mut found = Vec::new();
        walk(text, context, goes_on, &mut |unit, hint| {
            let said = hint.columns.as_ref().map_or(String::new(), |columns| {
                columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join("+")
            });
            let said = hint.context.as_deref().map_or(said.clone(), |context| format!("{context}{said}"));
            found.push(match unit {
                Unit::Object(span) => format!("{said}{}", &text[span]),
                Unit::Row(span) => format!("{said}{}", &text[span]),
                Unit::Other(at, reason) => format!("{at}: {reason}"),
            });
        });
        found
    }

    #[test]
    fn records_are_found_in_every_wrapper() {
        for (text, expected) in [
            (r#"{"id":1}"#, vec![r#"{"id":1}"#]),
            (r#"[{"id":1}, {"id":2}]"#, vec![r#"{"id":1}"#, r#"{"id":2}"#]),
            (r#"{"@odata.context":"c","value":[{"id":1}],"x":2}"#, vec![r#"c{"id":1}"#]),
            (r#"{"value":[],"@odata.count":0}"#, vec![]),
            (r#"{"records":[{"a":1},{"a":[2]}]}"#, vec![r#"{"a":1}"#, r#"{"a":[2]}"#]),
            (r#"{"responses":[{"id":"1","status":200,"body":{"value":[{"id":7}]}}]}"#, vec![r#"{"id":7}"#]),
            (
                r#"{"tables":[{"name":"P","columns":[{"name":"A"},{"name":"B"}],"rows":[[1,2],["x",null]]}]}"#,
                vec!["A+B[1,2]", r#"A+B["x",null]"#],
            ),
            (
                r#"{"category":"c","properties":{},"value":[1]}"#,
                vec![r#"{"category":"c","properties":{},"value":[1]}"#],
            ),
            (r#"{"value":{"id":1}}"#, vec![r#"{"value":{"id":1}}"#]),
            ("{}", vec!["{}"]),
            ("[null,3]", vec!["1: it is no object", "6: it is no object"]),
            (r#"[{"id":1},{"id":"#, vec![r#"{"id":1}"#, "10: it breaks off, or is no JSON"]),
            ("[[{\"a\":1}]]", vec!["{\"a\":1}"]),
        ] {
            assert_eq!(found(text, &[], false), expected, "{text}");
        }
    }

    #[test]
    fn a_document_that_is_cut_goes_on() {
        let open = |name: Option<&str>, is_array, before: Option<&str>| Open {
            name: name.map(RawText::new),
            is_array,
            before: before.map(RawText::new),
        };
        let page = [open(None, false, Some(r#"{"@odata.context":"c","#)), open(Some("value"), true, None)];
        assert_eq!(found(r#",{"id":2}],"n":1}"#, &page, false), [r#"c{"id":2}"#]);
        let table = [
            open(None, false, Some("{")),
            open(Some("tables"), true, None),
            open(None, false, Some(r#"{"columns":[{"name":"A"}],"#)),
            open(Some("rows"), true, None),
        ];
        assert_eq!(found(r#",[2]],"z":1},{"columns":["B"],"rows":[[3]]}]}"#, &table, false), ["A[2]", "B[3]"]);
        // The beginning of a document: what is open at its end is no fault.
        assert_eq!(found(r#"{"value":[{"id":1}"#, &[], true), [r#"{"id":1}"#]);
        // A record that is cut in itself.
        let torn = [open(None, true, None), open(None, false, Some("{\"id\":1,")), open(Some("list"), true, None)];
        assert_eq!(found(r#",5,6],"z":[7]},{"id":2}]"#, &torn, false), [r#"{"id":2}"#]);
        assert_eq!(found(r#"[{"id":1,"list":[4"#, &[], true), ["1: it is longer than a record can be"]);
    }
}
