//! Rewriting: one pass over the bytes of a record that copies everything but the values that change, in runs.
//!
//! Takes one JSON value (or a stretch of a cut document), appends it clean. Numbers stay as written, keys stay in
//! order, duplicate keys survive. In records of services insignificant white space goes; in files every byte outside
//! the values stays. The output is valid JSON exactly if the input is.

use std::borrow::Cow;

use super::clean::RefusalCause;
use super::duty::{Duty, ENVELOPE, SCAN, SCAN_FILE};
use super::form::teaches;
use super::gate::Gate;
use super::ranges::Range;
use super::rules::Node;
use super::walk::{Hands, Here, Manner, Trail, Walk};
use crate::catalog::{Action, Kind, Treatment};
use crate::json::{self, Answer, Span, escape_into, unescape};
use crate::record::Open;

/// Typed values of a record, for the dictionary.
pub(super) type Learnt = Vec<(Kind, String)>;

/// One pass over one text.
pub(super) struct Pass<'p, 'o>(Walk<'p, Writing<'o>>);

/// The hands of a pass.
struct Writing<'o> {
    out: &'o mut Vec<u8>,
    /// Everything before this is written.
    copied: usize,
    changed: bool,
    learnt: Option<&'o mut Learnt>,
    /// The range of addresses that is being written.
    range: Option<Range>,
    scratch: String,
}

impl<'p, 'o> Pass<'p, 'o> {
    /// Over a record of a service.
    pub(super) fn new(
        gate: &'p Gate,
        text: &'p str,
        out: &'o mut Vec<u8>,
        layer: u8,
        learnt: Option<&'o mut Learnt>,
    ) -> Self {
        Self::over(Here { gate, text, layer, manner: Manner::default() }, out, learnt)
    }

    /// Over a text of a file.
    pub(super) fn over(here: Here<'p>, out: &'o mut Vec<u8>, learnt: Option<&'o mut Learnt>) -> Self {
        Self(Walk::new(here, Writing { out, copied: 0, changed: false, learnt, range: None, scratch: String::new() }))
    }

    /// Writes the whole text; gives whether any value changed. `first` stands before the members of an object.
    pub(super) fn document(&mut self, root: Node, duty: Duty, first: Option<&str>) -> Result<bool, RefusalCause> {
        self.0.space();
        if let Some(member) = first {
            self.insert_first(member)?;
        }
        self.0.document(root, duty)?;
        Ok(self.end())
    }

    /// Writes a document of a file, or a stretch of one; gives how many records began in it.
    pub(super) fn stretch(&mut self, opens: &'p [Open]) -> Result<u64, RefusalCause> {
        match opens {
            [] => {
                self.0.space();
                self.0.document(ENVELOPE, SCAN_FILE)?;
            }
            opens => self.0.resume(opens)?,
        }
        self.end();
        Ok(self.0.records)
    }

    /// After an error: writes what is behind the pass, gives where the rest begins.
    pub(super) fn give_up(&mut self) -> usize {
        let at = self.0.at.max(self.0.hands.copied);
        self.0.hands.flush(self.0.here, at);
        at
    }

    /// Goes on with what the passes before saw, which wrote to the same place.
    pub(super) fn follow(mut self, trail: Trail<'p>) -> Self {
        self.0.follow(trail);
        self
    }

    /// What was seen, for the next pass.
    pub(super) fn into_trail(self) -> Trail<'p> {
        self.0.into_trail()
    }

    fn end(&mut self) -> bool {
        self.0.hands.flush(self.0.here, self.0.at);
        self.0.hands.changed
    }

    fn insert_first(&mut self, member: &str) -> Result<(), RefusalCause> {
        if self.0.peek() != Some(b'{') {
            return Err(RefusalCause::NoObject);
        }
        let (here, at) = (self.0.here, self.0.at);
        let next = json::skip_space(here.text.as_bytes(), at + 1);
        let hands = &mut self.0.hands;
        hands.flush(here, at + 1);
        hands.out.extend_from_slice(member.as_bytes());
        if here.text.as_bytes().get(next) != Some(&b'}') {
            hands.out.push(b',');
        }
        hands.changed = true;
        // The brace is written; the pass reads it again but copies from behind it.
        Ok(())
    }
}

impl Writing<'_> {
    fn flush(&mut self, here: Here<'_>, to: usize) {
        if let Some(run) = here.text.as_bytes().get(self.copied..to) {
            self.out.extend_from_slice(run);
            self.copied = to;
        }
    }

    #[inline]
    fn rewrite(&mut self, here: Here<'_>, span: Span, escaped: bool, duty: Duty) -> Result<(), RefusalCause> {
        if let Some(text) = self.range.as_ref().and_then(|range| range.decided(&span)).map(str::to_owned) {
            self.flush(here, span.start);
            self.out.extend_from_slice(text.as_bytes());
            self.copied = span.end;
            self.changed = true;
            return Ok(());
        }
        let raw = &here.text[span.clone()];
        let value = if escaped { unescape(raw.as_bytes())? } else { Cow::Borrowed(raw) };
        if let (Some(learnt), Action::Kind(kind)) = (self.learnt.as_deref_mut(), duty.action) {
            let kind = if duty.is_host { teaches(kind, &value) } else { Some(kind) };
            learnt.extend(kind.map(|kind| (kind, value.clone().into_owned())));
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        if here.gate.apply(duty, &value, here.layer, &mut scratch) {
            self.flush(here, span.start);
            escape_into(&scratch, self.out);
            self.copied = span.end;
            self.changed = true;
        }
        self.scratch = scratch;
        Ok(())
    }
}

impl Hands for Writing<'_> {
    type Object = ();

    #[inline]
    fn space(&mut self, here: Here<'_>, span: Span) {
        if !here.manner.is_file {
            self.flush(here, span.start);
            self.copied = span.end;
        }
    }

    #[inline]
    fn key(&mut self, here: Here<'_>, span: Span, escaped: bool) -> Result<(), RefusalCause> {
        self.rewrite(here, span, escaped, SCAN)
    }

    #[inline]
    fn string(&mut self, here: Here<'_>, span: Span, escaped: bool, duty: Duty) -> Result<(), RefusalCause> {
        self.rewrite(here, span, escaped, duty)
    }

    fn number(&mut self, here: Here<'_>, span: Span, duty: Duty) {
        let Action::Kind(kind) = duty.action else { return };
        if cfg!(feature = "gate-off") || here.gate.policy.treatment(kind) == Treatment::Keep {
            return;
        }
        let mut mapped = String::new();
        let changed = here.gate.typed(kind, &here.text[span.clone()], here.layer, &mut mapped);
        if changed {
            self.flush(here, span.start);
            if kind == Kind::Coordinates {
                self.out.extend_from_slice(mapped.as_bytes());
            } else {
                self.out.push(b'"');
                escape_into(&mapped, self.out);
                self.out.push(b'"');
            }
            self.copied = span.end;
            self.changed = true;
        }
    }

    /// The value becomes a mark.
    fn removed(&mut self, here: Here<'_>, span: Span, duty: Duty) {
        let raw = &here.text[span.clone()];
        if cfg!(feature = "gate-off") || raw == "\"\"" || raw == "[]" || raw == "{}" || raw.starts_with("\"[REMOVED:") {
            return;
        }
        self.flush(here, span.start);
        self.out.push(b'"');
        let mark = here.gate.removal_mark(duty.mark, raw.trim_matches('"'));
        escape_into(&mark, self.out);
        self.out.push(b'"');
        self.copied = span.end;
        self.changed = true;
    }

    fn row(&mut self, here: Here<'_>, cells: &[Span], record: &str) -> Result<(), RefusalCause> {
        let mut clean = Vec::with_capacity(record.len() + 64);
        if !clean_row(here, record, &mut clean)? {
            return Ok(());
        }
        let values: Vec<_> = json::members(&clean, 0)?.collect::<Result<_, _>>()?;
        for (cell, (_, value)) in cells.iter().zip(values) {
            let value = &clean[value];
            if value != &here.text.as_bytes()[cell.clone()] {
                self.flush(here, cell.start);
                self.out.extend_from_slice(value);
                self.copied = cell.end;
                self.changed = true;
            }
        }
        Ok(())
    }

    fn copies(&mut self, here: Here<'_>, start: usize) -> usize {
        self.range = here.gate.range(here.text, start);
        self.range.as_ref().map_or(1, Range::items)
    }

    fn copy(&mut self, here: Here<'_>, number: usize, start: usize, end: usize) {
        if let Some(range) = &mut self.range {
            range.turn_to(number);
        }
        if number > 0 {
            self.flush(here, end);
            self.out.push(b',');
            self.copied = start;
        }
    }

    /// The run that is not written yet comes before whatever is written next.
    #[inline]
    fn mark(&self, start: usize) -> usize {
        self.out.len() + start.saturating_sub(self.copied)
    }

    #[inline]
    fn answer(&mut self, here: Here<'_>, mark: usize, member: Span) -> Answer {
        if self.copied <= member.start {
            return None;
        }
        self.flush(here, member.end);
        Some(mark..self.out.len())
    }

    #[inline]
    fn again(&mut self, here: Here<'_>, member: Span, answer: std::ops::Range<usize>) {
        self.flush(here, member.start);
        self.out.extend_from_within(answer);
        self.copied = member.end;
        self.changed = true;
    }

    #[inline]
    fn member(&mut self, (): &mut (), _: u16, _: Span) {}

    #[inline]
    fn close(&mut self, _: Here<'_>, (): ()) {}
}

/// Appends a row of a file, written as a record; gives whether any value changed.
pub(super) fn clean_row(here: Here<'_>, record: &str, out: &mut Vec<u8>) -> Result<bool, RefusalCause> {
    let here = Here { text: record, ..here };
    let root = row_root(here, record);
    Pass::over(here, out, None).document(root, SCAN_FILE, None)
}

/// Where a row stands.
pub(super) fn row_root(here: Here<'_>, record: &str) -> Node {
    here.manner.records.unwrap_or_else(|| here.gate.rules.recognise(record))
}
