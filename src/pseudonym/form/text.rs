//! Plain text: logs, command output, whatever is not written as its form says.
//!
//! Takes a stretch of lines, gives the same number of lines with the same line ends. A value behind a label that the
//! catalog's rows know (`DeviceId : …`, `"mail":"…"`, `<upn>…</upn>`) is treated by its row; everything else is scanned.
//! Bodies of PEM blocks (RFC 7468) are removed line by line. Every line is read by itself, so that a text may be cut
//! between any two lines; only PEM blocks look further, to both sides.

mod desk;
mod label;
mod value;

pub(super) use desk::Desk;
pub(in crate::pseudonym) use desk::teaches;
pub(super) use value::is_number_of;

use super::Teach;
use crate::pseudonym::gate::Gate;
use crate::pseudonym::mutant::is_on;
use crate::pseudonym::scan::Claims;
use crate::record::RawStretch;

/// Appends the clean lines; gives how many lines there were.
pub(super) fn clean(gate: &Gate, stretch: &RawStretch, out: &mut String) -> u64 {
    clean_lines(gate, stretch.text.expose(), out)
}

/// As [`clean`], of a text.
pub(super) fn clean_lines(gate: &Gate, text: &str, out: &mut String) -> u64 {
    lines(&mut Desk::cleaning(gate), text, 0, out).0
}

/// Gives the typed values behind labels.
pub(super) fn learn(gate: &Gate, stretch: &RawStretch, teach: &mut Teach<'_>) {
    learn_lines(gate, stretch.text.expose(), teach);
}

/// As [`learn`], of a text.
pub(super) fn learn_lines(gate: &Gate, text: &str, teach: &mut Teach<'_>) {
    lines(&mut Desk::learning(gate, teach), text, 0, &mut String::new());
}

/// Appends the lines of a text; gives their number and whether any changed.
fn lines(desk: &mut Desk<'_, '_>, text: &str, layer: u8, out: &mut String) -> (u64, bool) {
    let mut count = 0;
    let mut changed = false;
    let mut block = memchr::memmem::find(text.as_bytes(), b"-----").map(|_| Block::of(text));
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let new = match block.as_mut().and_then(|block| block.read(content)) {
            Some(mark) => !desk.learns() && removed(desk.gate, mark, content, out),
            None => clean_line(desk, content, layer, out),
        };
        if !new {
            out.push_str(content);
        }
        out.push_str(&line[content.len()..]);
        changed |= new;
        count += 1;
    }
    (count, changed)
}

/// One line, without its end.
fn clean_line(desk: &mut Desk<'_, '_>, line: &str, layer: u8, out: &mut String) -> bool {
    if line.len() < 2 || cfg!(feature = "gate-off") {
        return false;
    }
    if line.trim_ascii_start().starts_with(['{', '['])
        && let Some(changed) = desk.json(line, layer, out)
    {
        return changed;
    }
    let mut spans = if is_on("text-labels") { label::find(desk, line) } else { Vec::new() };
    if spans.is_empty() {
        spans = label::host_names(line);
    }
    if spans.is_empty() {
        return desk.scan(line, layer, out);
    }
    // Secrets go first: their patterns may reach over labels.
    let mut bare = String::new();
    if !desk.learns() && without_secrets(desk.gate, line, &mut bare) {
        let spans = label::find(desk, &bare);
        if !around(desk, &bare, &spans, layer, out) {
            out.push_str(&bare);
        }
        return true;
    }
    around(desk, line, &spans, layer, out)
}

fn without_secrets(gate: &Gate, line: &str, out: &mut String) -> bool {
    let mut claims = Claims::default();
    gate.secrets.find(gate, line, line.bytes().filter(u8::is_ascii_digit).count(), &mut claims);
    claims.write(line, out)
}

/// The values of the spans by their duty, what stands between them scanned.
fn around(desk: &mut Desk<'_, '_>, line: &str, spans: &[label::Span], layer: u8, out: &mut String) -> bool {
    let start = out.len();
    let mut changed = false;
    let mut at = 0;
    for span in spans {
        changed |= piece(desk, &line[at..span.start], layer, out);
        let value = &line[span.start..span.end];
        let new = span.wrap.treat(desk, span.duty, value, layer, out);
        if !new {
            out.push_str(value);
        }
        changed |= new;
        at = span.end;
    }
    changed |= piece(desk, &line[at..], layer, out);
    if !changed {
        out.truncate(start);
    }
    changed
}

fn piece(desk: &Desk<'_, '_>, text: &str, layer: u8, out: &mut String) -> bool {
    let changed = desk.scan(text, layer, out);
    if !changed {
        out.push_str(text);
    }
    changed
}

fn removed(gate: &Gate, mark: &str, line: &str, out: &mut String) -> bool {
    if line.starts_with("[REMOVED:") {
        return false;
    }
    out.push_str(&gate.removal_mark(mark, line));
    true
}

/// Where a text is inside a PEM block. A stretch may begin or end inside one.
struct Block {
    body: Option<&'static str>,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

impl Block {
    fn of(text: &str) -> Self {
        let first = |boundary| text.find(boundary);
        let begins_inside = match (first(END), first(BEGIN)) {
            (Some(end), Some(begin)) => end < begin,
            (Some(_), None) => true,
            _ => false,
        };
        let kind = first(END).filter(|_| begins_inside).map(|at| pem_mark(&text[at..]));
        Self { body: kind }
    }

    /// What the body that this line belongs to is removed as.
    fn read(&mut self, line: &str) -> Option<&'static str> {
        let line = line.trim();
        if let Some(at) = line.find(BEGIN).filter(|_| line.ends_with("-----") && !line.contains(END)) {
            self.body = Some(pem_mark(&line[at..]));
            return None;
        }
        if line.starts_with(END) {
            self.body = None;
            return None;
        }
        let is_body = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        let header = || line.starts_with("Proc-Type:") || line.starts_with("DEK-Info:");
        if line.is_empty() || line.starts_with("[REMOVED:") || header() {
            return None;
        }
        if !line.bytes().all(is_body) {
            self.body = None;
        }
        self.body
    }
}

fn pem_mark(boundary: &str) -> &'static str {
    let line = boundary.lines().next().unwrap_or_default();
    if line.contains("PRIVATE KEY") { "private-key" } else { "certificate" }
}

#[cfg(test)]
pub(super) mod tests;
