//! A row of Log Analytics as the record it was made from.
//!
//! Takes the columns of an answer or an export, then row after row of JSON values; gives records under Graph's names:
//! text that holds an object is opened where Graph has an object, columns without value are left out, and what only
//! Azure Monitor says stands in `@bundle.envelope`. Never fails: text that should hold an object and does not (the
//! service cuts text at 32 kB) stays text. Which column is what: `catalog/columns.toml`.
//! Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format>.

use std::borrow::Cow;

use bytes::Bytes;

use super::{ENVELOPE, Shaped};
use crate::catalog::{ColumnAs, Route, TIME_GENERATED, column, route_of_table};
use crate::json;
use crate::source::field;
use crate::source::seen::mark;

/// Where the value of a column goes.
struct Place {
    /// `"ipAddress":`
    key: Vec<u8>,
    /// `"IPAddress":`, for a value that another column has put into the property already.
    own_key: Vec<u8>,
    read: ColumnAs,
    /// An earlier column of the same property.
    rival: Option<usize>,
}

/// The columns of a table.
pub(crate) struct Frame {
    route: Option<&'static Route>,
    places: Vec<Place>,
    /// Columns that together identify a row.
    id: Vec<usize>,
    /// Columns with the time of the event, the best first.
    time: Vec<usize>,
}

impl Frame {
    /// The frame of a table, for these columns; of each, whether the service calls it `dynamic`. Any table, any columns.
    pub(crate) fn of<'n>(table: &str, columns: impl IntoIterator<Item = (&'n str, bool)>) -> Self {
        let route = route_of_table(table);
        let mut names: Vec<String> = Vec::new();
        let mut own: Vec<&str> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        for (name, is_dynamic) in columns {
            let (property, read) = column(table, name, route);
            let read = if is_dynamic && read == ColumnAs::Property { ColumnAs::Json } else { read };
            let is_record = read != ColumnAs::Envelope;
            let rival = names
                .iter()
                .zip(&places)
                .position(|(other, place)| is_record && place.read != ColumnAs::Envelope && *other == property);
            places.push(Place { key: key(&property), own_key: key(name), read, rival });
            names.push(property);
            own.push(name);
        }
        let property = |wanted: &str| {
            let is_it = |(name, place): (&String, &Place)| {
                name.eq_ignore_ascii_case(wanted) && place.read != ColumnAs::Envelope
            };
            names.iter().zip(&places).position(is_it)
        };
        let id =
            route.map(|row| row.id.iter().filter_map(|name| property(name)).collect::<Vec<_>>()).unwrap_or_default();
        let id = if route.is_some_and(|row| row.id.len() == id.len()) { id } else { Vec::new() };
        let generated = own.iter().position(|name| name.eq_ignore_ascii_case(TIME_GENERATED));
        let time = route.and_then(|row| property(&row.time)).into_iter().chain(generated).collect();
        Self { route, places, id, time }
    }

    /// The record of a row: JSON values in the order of the columns.
    pub(crate) fn shape(&self, cells: &[&[u8]]) -> Shaped {
        let value = |at: usize| cells.get(at).copied().filter(|cell| has_value(cell));
        let mut record = Vec::with_capacity(cells.iter().map(|cell| cell.len() + 16).sum());
        let mut rest: Vec<u8> = Vec::new();
        record.push(b'{');
        for (at, place) in self.places.iter().enumerate() {
            let Some(cell) = value(at) else { continue };
            let taken = place.rival.and_then(value);
            match (place.read, taken) {
                (ColumnAs::Envelope, _) => append(&place.key, cell, &mut rest),
                (_, Some(other)) if other == cell => {}
                (_, Some(_)) => append(&place.own_key, cell, &mut rest),
                (read, None) => append(&place.key, &readable(cell, read), &mut record),
            }
        }
        if !rest.is_empty() {
            rest.insert(0, b'{');
            rest.push(b'}');
            append(&key(ENVELOPE), &rest, &mut record);
        }
        record.push(b'}');
        let id: Option<Vec<&[u8]>> = self.id.iter().map(|&at| value(at)).collect();
        let id = id.filter(|parts| !parts.is_empty()).map(|parts| mark(&parts.concat()));
        let at = self.time.iter().find_map(|&at| {
            let cell = value(at)?;
            let text = field::text(cell, &(0..cell.len()))?;
            Some((field::instant(&text)?, text.into_owned()))
        });
        Shaped { route: self.route, record: Bytes::from(record), id, at }
    }
}

fn key(name: &str) -> Vec<u8> {
    let mut out = vec![b'"'];
    json::escape_into(name, &mut out);
    out.extend_from_slice(b"\":");
    out
}

/// Appends a member; the object's brace, if it is open already, is in `out`.
fn append(key: &[u8], value: &[u8], out: &mut Vec<u8>) {
    if !matches!(out.last(), None | Some(b'{')) {
        out.push(b',');
    }
    out.extend_from_slice(key);
    out.extend_from_slice(value);
}

fn has_value(cell: &[u8]) -> bool {
    !matches!(cell, b"" | b"null" | b"\"\"")
}

/// The value as Graph has it.
fn readable(cell: &[u8], read: ColumnAs) -> Cow<'_, [u8]> {
    let is_text = cell.first() == Some(&b'"');
    match read {
        ColumnAs::Json if is_text => opened(cell, |first| matches!(first, b'{' | b'[')),
        ColumnAs::Number if is_text => opened(cell, |first| matches!(first, b'-' | b'0'..=b'9')),
        ColumnAs::Text if matches!(cell.first(), Some(b'{' | b'[')) => {
            let mut out = vec![b'"'];
            json::escape_into(&String::from_utf8_lossy(cell), &mut out);
            out.push(b'"');
            Cow::Owned(out)
        }
        _ => Cow::Borrowed(cell),
    }
}

/// The JSON value that a text holds, if it begins as wanted and is whole; else the text.
fn opened(cell: &[u8], wanted: impl Fn(u8) -> bool) -> Cow<'_, [u8]> {
    let inner = || -> Option<Vec<u8>> {
        let text = json::unescape(cell.get(1..cell.len().checked_sub(1)?)?).ok()?;
        let text = text.trim();
        text.bytes().next().filter(|&first| wanted(first))?;
        let end = json::skip_value(text.as_bytes(), 0).ok().filter(|&end| end == text.len())?;
        // A line break between two members would be the end of the record's line.
        Some(text.bytes().take(end).filter(|byte| !matches!(byte, b'\n' | b'\r')).collect())
    };
    inner().map_or(Cow::Borrowed(cell), Cow::Owned)
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
