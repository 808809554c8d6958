//! Rows of separated values (RFC 4180).
//!
//! Takes a growing text, cuts behind rows; a line end inside a quoted cell is none. A line before the names of the columns
//! (`#TYPE …` of PowerShell, `sep=;` of Excel) is given as text of its own.

use std::sync::Arc;

use memchr::{memchr, memchr2};

use super::{Cut, Cutter, Lines};
use crate::files::sizes::Sizes;
use crate::record::{Context, Form, RawText};

/// Steps from row to row. Knows nothing of cells.
#[derive(Clone, Default)]
pub(crate) struct Rows {
    at: usize,
    in_quotes: bool,
}

impl Rows {
    /// The position behind the next row end; none when the text ends before it.
    pub(crate) fn next_end(&mut self, text: &str, separator: u8, at_end: bool) -> Option<usize> {
        let bytes = text.as_bytes();
        loop {
            let rest = bytes.get(self.at..).unwrap_or_default();
            if self.in_quotes {
                let Some(step) = memchr(b'"', rest) else {
                    self.at = bytes.len();
                    return None;
                };
                match rest.get(step + 1) {
                    Some(b'"') => self.at += step + 2,
                    None if !at_end => {
                        self.at += step;
                        return None;
                    }
                    _ => {
                        self.at += step + 1;
                        self.in_quotes = false;
                    }
                }
                continue;
            }
            let Some(step) = memchr2(b'"', b'\n', rest) else {
                self.at = bytes.len();
                return None;
            };
            let before = (self.at + step).checked_sub(1).and_then(|at| bytes.get(at));
            self.at += step + 1;
            if rest.get(step) == Some(&b'\n') {
                return Some(self.at);
            }
            self.in_quotes = before.is_none_or(|byte| *byte == b'\n' || *byte == separator);
        }
    }

    /// The text before `end` was given.
    fn cut(&mut self, end: usize) {
        self.at = self.at.saturating_sub(end);
    }
}

/// The cells of a row, unquoted.
pub(crate) fn cells(row: &str, separator: u8) -> Vec<String> {
    let mut rest = row.trim_end_matches(['\r', '\n']);
    let mut cells = Vec::new();
    loop {
        let mut cell = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            while let Some((part, behind)) = quoted.split_once('"') {
                cell.push_str(part);
                quoted = behind;
                let Some(more) = behind.strip_prefix('"') else { break };
                cell.push('"');
                quoted = more;
            }
            rest = quoted;
        }
        let (plain, behind) = match memchr(separator, rest.as_bytes()) {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        cell.push_str(plain);
        cells.push(cell);
        match behind {
            Some(behind) => rest = behind,
            None => return cells,
        }
    }
}

/// Cuts behind rows.
pub(in crate::files) struct Csv {
    sizes: Sizes,
    separator: u8,
    /// Bytes before the names of the columns.
    preamble: usize,
    rows: Rows,
    /// End of the last row within a stretch.
    last: usize,
    names: Option<Arc<[RawText]>>,
    rest: Option<Lines>,
}

impl Csv {
    pub(in crate::files) fn new(separator: u8, preamble: usize, sizes: Sizes) -> Self {
        Self { sizes, separator, preamble, rows: Rows::default(), last: 0, names: None, rest: None }
    }

    fn given(&mut self, text: &str, end: usize) -> Cut {
        let has_header = self.names.is_none();
        let separator = self.separator;
        let names = self.names.get_or_insert_with(|| {
            let header = Rows::default().next_end(text, separator, true).unwrap_or(text.len());
            cells(&text[..header], separator).into_iter().map(RawText::new).collect()
        });
        let context = Context::Columns { names: names.clone(), separator, has_header };
        self.rows.cut(end);
        self.last = 0;
        Cut { bytes: end, form: Form::Csv, context, goes_on: false }
    }
}

impl Cutter for Csv {
    fn next(&mut self, text: &str, at_end: bool) -> Option<Cut> {
        if self.preamble > 0 {
            return (text.len() >= self.preamble || at_end)
                .then(|| Cut::alone(std::mem::take(&mut self.preamble).min(text.len()), Form::Text));
        }
        if let Some(rest) = &mut self.rest {
            return rest.next(text, at_end);
        }
        let target = self.sizes.target(text, at_end)?;
        while self.last < target {
            match self.rows.next_end(text, self.separator, at_end) {
                Some(end) if end > target && self.last > 0 => {
                    // The row that was just read belongs to the next stretch.
                    let last = self.last;
                    self.rows = Rows { at: last, in_quotes: false };
                    return Some(self.given(text, last));
                }
                Some(end) => self.last = end,
                None if at_end && !self.rows.in_quotes => self.last = text.len(),
                None if self.last > 0 && (at_end || text.len() >= self.sizes.stretch || self.sizes.eager) => {
                    let last = self.last;
                    self.rows = Rows { at: last, in_quotes: false };
                    return Some(self.given(text, last));
                }
                None if at_end || text.len() >= self.sizes.whole => {
                    // A quote that nothing closes: the rest has no rows.
                    return self.rest.insert(Lines::new(Form::Text, self.sizes)).next(text, at_end);
                }
                None => return None,
            }
        }
        let last = self.last;
        Some(self.given(text, last))
    }
}
