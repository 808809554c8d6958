//! Separated values: a row of column names, and rows of as many cells.

use super::Beginning;
use crate::files::cut::{Rows, cells};
use crate::files::name::has_ending;

/// How the rows are written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Comma, semicolon or tab.
    pub separator: u8,
    /// Bytes before the row of names.
    pub preamble: usize,
}

/// Rows that are looked at.
const ROWS_MAX: usize = 200;
/// Longest name of a column, characters.
const NAME_CHARS_MAX: usize = 160;

/// Separated values, or none.
pub(super) fn recognise(beginning: Beginning<'_>) -> Option<Shape> {
    let (preamble, told) = preamble(beginning.text);
    let text = &beginning.text[preamble..];
    let separators: &[u8] = match &told {
        Some(separator) => std::slice::from_ref(separator),
        None => b",;\t",
    };
    let is_named = preamble > 0 || has_ending(beginning.name, &["csv", "tsv"]);
    let shapes = separators.iter().filter_map(|&separator| {
        let columns = columns(text, separator, beginning.is_whole, is_named)?;
        Some((columns, Shape { separator, preamble }))
    });
    shapes.max_by_key(|(columns, _)| *columns).map(|(_, shape)| shape)
}

/// `#TYPE System.Object` (Windows PowerShell's Export-Csv) and `sep=;` (Excel): their length, and the separator.
fn preamble(text: &str) -> (usize, Option<u8>) {
    let Some(line) = text.split_inclusive('\n').next().filter(|line| line.ends_with('\n')) else { return (0, None) };
    match line.trim_ascii_end().as_bytes() {
        [b's', b'e', b'p', b'=', separator @ (b',' | b';' | b'\t')] => (line.len(), Some(*separator)),
        first if first.starts_with(b"#TYPE ") => (line.len(), None),
        _ => (0, None),
    }
}

/// How many columns there are, if the text has rows with this separator.
fn columns(text: &str, separator: u8, is_whole: bool, is_named: bool) -> Option<usize> {
    let mut rows = Rows::default();
    let mut from = 0;
    let mut counts = Vec::new();
    while counts.len() < ROWS_MAX && from < text.len() {
        let end = match rows.next_end(text, separator, is_whole) {
            Some(end) => end,
            None if is_whole => text.len(),
            None => break,
        };
        let row = cells(&text[from..end], separator);
        from = end;
        if counts.is_empty() && !is_header(&row) {
            return None;
        }
        if row.len() > 1 || !row.iter().all(String::is_empty) {
            counts.push(row.len());
        }
    }
    let (&columns, others) = counts.split_first()?;
    let same = others.iter().filter(|count| **count == columns).count();
    let is_sound = match others.len() {
        0 => is_named,
        // An export may end with a line of its own; a log with commas has rows of every length.
        rows => same * 10 >= rows * 9 || (is_named && same * 2 >= rows),
    };
    (is_sound && columns > 1).then_some(columns)
}

/// Names are short, and neither numbers nor times; few are empty.
fn is_header(row: &[String]) -> bool {
    let is_name = |cell: &String| {
        let first = cell.trim_start().chars().next();
        cell.chars().count() <= NAME_CHARS_MAX
            && !cell.contains(['\n', '{', '}'])
            && first.is_none_or(|first| !first.is_ascii_digit() && !matches!(first, '[' | '<'))
    };
    let empty = row.iter().filter(|cell| cell.trim().is_empty()).count();
    row.iter().all(is_name) && empty * 2 < row.len()
}
