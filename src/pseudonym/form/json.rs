//! JSON Lines and JSON documents, whole or cut (RFC 8259).
//!
//! Every byte outside the values that change stays: white space, line ends, order and spelling of keys, numbers. What
//! is no JSON from some point on is cleaned as plain text from there.

use super::Teach;
use super::text::{clean_lines, learn_lines};
use crate::pseudonym::gate::Gate;
use crate::pseudonym::lesson::{Lesson, NameKeys};
use crate::pseudonym::rewrite::Pass;
use crate::pseudonym::walk::{Here, Manner, Trail};
use crate::record::{Context, Open, RawStretch};

/// The dataset of HTTP archives.
const ARCHIVE: &str = "har";

fn manner(gate: &Gate, stretch: &RawStretch) -> Manner {
    let is_archive = stretch.dataset == Some(ARCHIVE);
    let records = stretch.dataset.map(|dataset| gate.rules.root(dataset));
    Manner { is_file: true, records, is_archive, goes_on: stretch.goes_on }
}

fn opens(stretch: &RawStretch) -> &[Open] {
    match &stretch.context {
        Context::Inside(opens) => opens,
        Context::Nothing | Context::Columns { .. } => &[],
    }
}

/// Appends the clean document, or stretch of one; gives how many records began in it.
pub(super) fn clean(gate: &Gate, stretch: &RawStretch, out: &mut String) -> Option<u64> {
    let text = stretch.text.expose();
    let mut bytes = Vec::with_capacity(text.len() + text.len() / 16 + 64);
    let here = Here { gate, text, layer: 0, manner: manner(gate, stretch) };
    let records = clean_one(here, opens(stretch), &mut bytes, &mut Trail::default());
    append(bytes, out)?;
    Some(records)
}

/// Appends the clean lines; gives how many of them hold something.
pub(super) fn clean_each_line(gate: &Gate, stretch: &RawStretch, out: &mut String) -> Option<u64> {
    let text = stretch.text.expose();
    let mut bytes = Vec::with_capacity(text.len() + text.len() / 16 + 64);
    let manner = Manner { goes_on: false, ..manner(gate, stretch) };
    let mut records = 0;
    let mut trail = Trail::default();
    for line in text.split_inclusive('\n') {
        let content = content(line);
        if !content.trim_ascii().is_empty() {
            records += 1;
            let here = Here { gate, text: content, layer: 0, manner };
            clean_one(here, &[], &mut bytes, &mut trail);
        } else {
            bytes.extend_from_slice(content.as_bytes());
        }
        bytes.extend_from_slice(&line.as_bytes()[content.len()..]);
    }
    append(bytes, out)?;
    Some(records)
}

/// A line without its end.
fn content(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

fn clean_one<'p>(here: Here<'p>, opens: &'p [Open], out: &mut Vec<u8>, trail: &mut Trail<'p>) -> u64 {
    let mut pass = Pass::over(here, out, None).follow(std::mem::take(trail));
    let walked = pass.stretch(opens);
    let rest = walked.is_err().then(|| pass.give_up());
    *trail = pass.into_trail();
    let Some(rest) = rest else { return walked.unwrap_or_default() };
    let mut text = String::new();
    let lines = clean_lines(here.gate, here.text.get(rest..).unwrap_or_default(), &mut text);
    out.extend_from_slice(text.as_bytes());
    lines
}

fn append(bytes: Vec<u8>, out: &mut String) -> Option<()> {
    let text = String::from_utf8(bytes).ok()?;
    match out.is_empty() {
        true => *out = text,
        false => out.push_str(&text),
    }
    Some(())
}

/// Learns from a document, or a stretch of one.
pub(super) fn learn(gate: &Gate, stretch: &RawStretch, teach: &mut Teach<'_>) -> Option<()> {
    let here = Here { gate, text: stretch.text.expose(), layer: 0, manner: manner(gate, stretch) };
    learn_one(here, opens(stretch), NameKeys::new(gate), teach, &mut Trail::default());
    Some(())
}

fn learn_one<'p>(here: Here<'p>, opens: &'p [Open], names: NameKeys, teach: &mut Teach<'_>, trail: &mut Trail<'p>) {
    let mut lesson = Lesson::over(here, names, teach).follow(std::mem::take(trail));
    let rest = lesson.stretch(opens).is_err().then(|| lesson.give_up());
    *trail = lesson.into_trail();
    if let Some(rest) = rest {
        learn_lines(here.gate, here.text.get(rest..).unwrap_or_default(), teach);
    }
}

/// Learns from lines.
pub(super) fn learn_each_line(gate: &Gate, stretch: &RawStretch, teach: &mut Teach<'_>) -> Option<()> {
    let names = NameKeys::new(gate);
    let manner = Manner { goes_on: false, ..manner(gate, stretch) };
    let mut trail = Trail::default();
    for line in stretch.text.expose().split_inclusive('\n') {
        learn_one(Here { gate, text: content(line), layer: 0, manner }, &[], names, teach, &mut trail);
    }
    Some(())
}
