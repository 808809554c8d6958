//! Rows of separated values (RFC 4180, and what Excel, PowerShell and the portals write).
//!
//! Each row is read as a record under the names of its columns, so that rules, siblings and JSON in cells work as in
//! JSON. Cells that do not change keep their bytes; the others keep their quotes, and get some where they need them.

use std::net::IpAddr;

use super::Teach;
use crate::json::{self, Span, escape_into, unescape};
use crate::pseudonym::gate::Gate;
use crate::pseudonym::guid;
use crate::pseudonym::lesson::{NameKeys, learn_row};
use crate::pseudonym::rewrite::clean_row;
use crate::pseudonym::values::starts_like_json;
use crate::pseudonym::walk::{Here, Manner};
use crate::record::{Context, RawStretch, RawText};

/// What stands between the items of a list in a cell.
const SEPARATORS: [char; 5] = [';', ',', '|', '\n', '\r'];

/// A table, by its head.
struct Table<'t> {
    here: Here<'t>,
    keys: Vec<&'t str>,
    separator: u8,
    has_header: bool,
}

/// The value of a cell, without quotes and padding.
struct Cell {
    /// With its quotes.
    span: Span,
    is_quoted: bool,
    /// What stands around the value inside the cell: padding, Excel's `="…"`.
    before: String,
    value: String,
    after: String,
}

impl<'t> Table<'t> {
    fn new(gate: &'t Gate, stretch: &'t RawStretch) -> Option<Self> {
        let Context::Columns { names, separator, has_header } = &stretch.context else { return None };
        let keys: Vec<&str> = names.iter().map(bare_name).collect();
        let by_columns = || Some(gate.rules.table(keys.iter().copied())).filter(|&node| node != gate.rules.file());
        let records = stretch.dataset.map(|dataset| gate.rules.root(dataset)).or_else(by_columns);
        let manner = Manner { is_file: true, records, ..Manner::default() };
        let here = Here { gate, text: stretch.text.expose(), layer: 0, manner };
        Some(Self { here, keys, separator: *separator, has_header: *has_header })
    }

    /// The row as a JSON object of its cells that are not empty.
    fn record(&self, cells: &[Cell]) -> String {
        let mut record = b"{".to_vec();
        for (number, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.value.is_empty()) {
            record.extend_from_slice(if record.len() > 1 { b",\"" } else { b"\"" });
            escape_into(self.keys.get(number).copied().unwrap_or_default(), &mut record);
            record.extend_from_slice(b"\":");
            match is_list(&cell.value) {
                false => quote(&cell.value, &mut record),
                true => {
                    record.push(b'[');
                    for (position, (item, _)) in items(&cell.value).enumerate() {
                        record.extend_from_slice(if position > 0 { b"," } else { b"" });
                        quote(item, &mut record);
                    }
                    record.push(b']');
                }
            }
        }
        record.push(b'}');
        String::from_utf8(record).unwrap_or_default()
    }

    /// The new values of the cells that are not empty, in order; none where the row cannot be read as a record.
    fn clean_values(&self, cells: &[Cell]) -> Option<Vec<String>> {
        let mut clean = Vec::new();
        clean_row(self.here, &self.record(cells), &mut clean).ok()?;
        let filled = cells.iter().filter(|cell| !cell.value.is_empty());
        let members = json::members(&clean, 0).ok()?;
        filled.zip(members).map(|(cell, member)| value_of(&clean, member.ok()?.1, &cell.value)).collect()
    }

    fn clean_row(&self, cells: &[Cell], copied: &mut usize, out: &mut String) {
        let text = self.here.text;
        let scanned = |cell: &Cell| {
            let mut new = String::new();
            if self.here.gate.scan(&cell.value, 0, &mut new) { new } else { cell.value.clone() }
        };
        let filled = || cells.iter().filter(|cell| !cell.value.is_empty());
        let values = self.clean_values(cells).unwrap_or_else(|| filled().map(scanned).collect());
        for (cell, new) in filled().zip(values) {
            if new != cell.value {
                out.push_str(&text[*copied..cell.span.start]);
                self.write(cell, &new, out);
                *copied = cell.span.end;
            }
        }
    }

    fn write(&self, cell: &Cell, new: &str, out: &mut String) {
        let content = [&cell.before, new, &cell.after].concat();
        let needs_quotes = |byte| byte == self.separator || matches!(byte, b'"' | b'\r' | b'\n');
        if cell.is_quoted || new.bytes().any(needs_quotes) {
            out.extend(["\"", &content.replace('"', "\"\""), "\""]);
        } else {
            out.push_str(&content);
        }
    }

    /// The cells of the row that starts at `at`, and where the next row starts.
    fn row(&self, mut at: usize, cells: &mut Vec<Cell>) -> usize {
        let bytes = self.here.text.as_bytes();
        cells.clear();
        loop {
            let start = at;
            let padding = bytes[at..].iter().take_while(|&&byte| byte == b' ').count();
            let is_quoted = bytes.get(at + padding) == Some(&b'"');
            if is_quoted {
                at = quoted_end(bytes, at + padding + 1);
            }
            let is_end = |&byte: &u8| byte == self.separator || byte == b'\n';
            at += bytes[at..].iter().position(is_end).unwrap_or(bytes.len() - at);
            let is_last = bytes.get(at) != Some(&self.separator);
            let has_return = is_last && at > start && bytes[at - 1] == b'\r';
            cells.push(self.cell(start..at - usize::from(has_return), is_quoted));
            if is_last {
                return (at + 1).min(bytes.len());
            }
            at += 1;
        }
    }

    fn cell(&self, span: Span, is_quoted: bool) -> Cell {
        let raw = &self.here.text[span.clone()];
        let inner = raw.trim_matches(' ').strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
        let (raw, is_quoted) = match inner.filter(|_| is_quoted) {
            Some(inner) => (inner.replace("\"\"", "\""), true),
            // A quote that does not end, or ends before the cell does, is a character like others.
            None => (raw.to_owned(), false),
        };
        let trimmed = raw.trim_matches([' ', '\t']);
        let value = match trimmed.strip_prefix("=\"").and_then(|value| value.strip_suffix('"')) {
            Some(value) => value,
            None => {
                trimmed.strip_prefix('\'').filter(|value| value.starts_with(['=', '+', '-', '@'])).unwrap_or(trimmed)
            }
        };
        let start = value.as_ptr() as usize - raw.as_ptr() as usize;
        let (before, after) = (raw[..start].to_owned(), raw[start + value.len()..].to_owned());
        Cell { span, is_quoted, before, value: value.to_owned(), after }
    }
}

fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    escape_into(text, out);
    out.push(b'"');
}

/// The new value of a cell; of a list between the separators that it came with.
fn value_of(clean: &[u8], span: Span, old: &str) -> Option<String> {
    let text = |span: Span| -> Option<String> {
        let raw = clean.get(span)?;
        let raw = raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")).unwrap_or(raw);
        Some(unescape(raw).ok()?.into_owned())
    };
    if clean.get(span.start) != Some(&b'[') {
        return text(span);
    }
    let mut joined = String::with_capacity(old.len());
    for (item, (_, separator)) in json::items(clean, span.start).ok()?.zip(items(old)) {
        joined.push_str(&text(item.ok()?)?);
        joined.push_str(separator);
    }
    Some(joined)
}

/// Whether a cell holds several addresses or ids: exports write lists so.
fn is_list(value: &str) -> bool {
    let is_id = |item: &str| {
        !item.contains(' ') && (item.contains('@') || guid::parse(item).is_some() || item.parse::<IpAddr>().is_ok())
    };
    value.contains(SEPARATORS)
        && !starts_like_json(value)
        && items(value).all(|(item, _)| item.is_empty() || is_id(item))
}

/// The items of a list, each with what separates it from the next.
fn items(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = value;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(SEPARATORS).unwrap_or(rest.len());
        let (item, tail) = rest.split_at(end);
        let next = tail.find(|symbol: char| !SEPARATORS.contains(&symbol) && symbol != ' ').unwrap_or(tail.len());
        let (separator, tail) = tail.split_at(next);
        rest = tail;
        Some((item, separator))
    })
}

/// Behind the quote that ends a quoted cell.
fn quoted_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(step) = memchr::memchr(b'"', bytes.get(at..).unwrap_or_default()) {
        at += step + 1;
        if bytes.get(at) != Some(&b'"') {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// The name of a column without what exports put around it.
fn bare_name(name: &RawText) -> &str {
    name.expose().trim_matches(|symbol: char| symbol.is_whitespace() || symbol == '\u{feff}' || symbol == '"')
}

/// Appends the clean rows; gives how many rows there were.
pub(super) fn clean(gate: &Gate, stretch: &RawStretch, out: &mut String) -> Option<u64> {
    let table = Table::new(gate, stretch)?;
    let text = table.here.text;
    let (mut at, mut copied, mut rows) = (0, 0, 0);
    let mut cells = Vec::new();
    out.reserve(text.len() + text.len() / 16);
    while at < text.len() {
        at = table.row(at, &mut cells);
        match rows == 0 && table.has_header {
            true => clean_header(&table, &cells, &mut copied, out),
            false => table.clean_row(&cells, &mut copied, out),
        }
        rows += 1;
    }
    out.push_str(&text[copied..]);
    Some(rows - u64::from(rows > 0 && table.has_header))
}

/// Names of columns are text.
fn clean_header(table: &Table<'_>, cells: &[Cell], copied: &mut usize, out: &mut String) {
    for cell in cells {
        let mut new = String::new();
        if table.here.gate.scan(&cell.value, 0, &mut new) {
            out.push_str(&table.here.text[*copied..cell.span.start]);
            table.write(cell, &new, out);
            *copied = cell.span.end;
        }
    }
}

/// Learns from the rows.
pub(super) fn learn(gate: &Gate, stretch: &RawStretch, teach: &mut Teach<'_>) -> Option<()> {
    let table = Table::new(gate, stretch)?;
    let names = NameKeys::new(gate);
    let (mut at, mut is_header) = (0, table.has_header);
    let mut cells = Vec::new();
    while at < table.here.text.len() {
        at = table.row(at, &mut cells);
        if !std::mem::take(&mut is_header) {
            // The record is this module's own and valid.
            let _ = learn_row(table.here, names, &table.record(&cells), teach);
        }
    }
    Some(())
}
