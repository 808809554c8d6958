//! JSON: one value a line, one document, or several.

use super::Beginning;
use crate::files::cut::{Scan, Step};
use crate::files::name::has_ending;

/// How it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A value a line.
    Lines,
    /// A document, or documents one after another.
    Document {
        /// `har`, if it is an HTTP archive.
        dataset: Option<&'static str>,
    },
}

/// Lines that are looked at.
const LINES_MAX: usize = 1000;

/// JSON, or none.
pub(super) fn recognise(beginning: Beginning<'_>) -> Option<Shape> {
    let text = beginning.text.trim_ascii_start();
    if !text.starts_with(['{', '[']) {
        return are_lines(beginning).then_some(Shape::Lines);
    }
    let document = || Shape::Document { dataset: is_http_archive(text).then_some("har") };
    let mut scan = Scan::new();
    match scan.step(text, beginning.is_whole, false) {
        Step::More if !scan.has_ended() => Some(document()),
        Step::More | Step::Ended => {
            let spans_lines = memchr::memchr(b'\n', &text.as_bytes()[..scan.ended_at]).is_some();
            let rest = text[scan.ended_at..].trim_ascii_start();
            let names_lines = has_ending(beginning.name, &["jsonl", "ndjson", "log"]);
            match rest.chars().next() {
                None if spans_lines || !names_lines => Some(document()),
                None => Some(Shape::Lines),
                Some(_) if !spans_lines && are_lines(beginning) => Some(Shape::Lines),
                Some('{' | '[') => Some(document()),
                Some(_) => None,
            }
        }
        _ => are_lines(beginning).then_some(Shape::Lines),
    }
}

/// Whether at least half of the lines are JSON objects or arrays: some programs write a line of plain text between them.
/// A file that is named for it may hold other values.
fn are_lines(beginning: Beginning<'_>) -> bool {
    let named = has_ending(beginning.name, &["jsonl", "ndjson"]);
    let (mut lines, mut values, mut containers) = (0, 0, 0);
    for line in beginning.text.split_inclusive('\n').take(LINES_MAX) {
        let is_torn = !line.ends_with('\n') && !beginning.is_whole;
        let line = line.trim_ascii();
        if line.is_empty() || is_torn {
            continue;
        }
        lines += 1;
        let is_value = crate::json::value_span(line.as_bytes(), 0).is_ok_and(|span| span.end == line.len());
        values += usize::from(is_value);
        containers += usize::from(is_value && line.starts_with(['{', '[']));
    }
    lines > 0 && (containers * 2 >= lines || (named && values == lines))
}

/// HTTP Archive 1.2: `{"log": {"version", "creator", "pages", "entries"}}`.
fn is_http_archive(text: &str) -> bool {
    let mut scan = Scan::new();
    let (mut has_creator, mut has_version) = (false, false);
    loop {
        match scan.step(text, false, true) {
            Step::Key => {}
            Step::Item => continue,
            _ => return has_creator && has_version,
        }
        match (scan.depth(), scan.key(text)) {
            (1, "log") => {}
            (1, _) => return false,
            (2, "entries") if scan.key_of(1, text) == "log" => return true,
            (2, "creator") => has_creator = true,
            (2, "version") => has_version = true,
            _ => {}
        }
    }
}
