//! A walk over the bytes of a JSON text: finds the values, says what each is, and hands it over.
//!
//! Takes one JSON value, or a stretch of a document that is cut between the items of arrays. No tree is built; every
//! byte is checked against the grammar (RFC 8259) on the way. Arrays are transparent: their items are what the array
//! is. In files the records may stand in an envelope (a page, a message, an array): there each object is asked what it
//! is. What is done with the values is the matter of the [`Hands`]: rewriting, or learning.

mod item;
mod reopen;

use super::clean::RefusalCause;
use super::duty::{Duty, ENVELOPE, Judge, Member, SCAN_FILE, Scope};
use super::envelope::{self, Look, is_envelope_key};
use super::form::har::Part;
use super::gate::Gate;
use super::rules::{Inquiry, Node};
use crate::catalog::Action;
use crate::json::{self, Error, Span, unescape};
use crate::limits::JSON_DEPTH_MAX;

/// The text that is walked over.
#[derive(Clone, Copy)]
pub(super) struct Here<'p> {
    pub(super) gate: &'p Gate,
    pub(super) text: &'p str,
    /// How many strings this JSON is wrapped in.
    pub(super) layer: u8,
    /// How it is read.
    pub(super) manner: Manner,
}

/// How a text is read.
#[derive(Clone, Copy, Default)]
pub(super) struct Manner {
    /// It is a file's: white space is kept, JSON in strings follows the rules of its place.
    pub(super) is_file: bool,
    /// Where the records of the file start, if the file as a whole says so.
    pub(super) records: Option<Node>,
    /// It is an HTTP archive.
    pub(super) is_archive: bool,
    /// The document goes on behind the text.
    pub(super) goes_on: bool,
}

/// What is done with the values.
pub(super) trait Hands {
    /// What is gathered about an open object.
    type Object: Default;
    /// White space that says nothing.
    fn space(&mut self, here: Here<'_>, span: Span);
    /// A key that stands in no row, between its quotes.
    fn key(&mut self, here: Here<'_>, span: Span, escaped: bool) -> Result<(), RefusalCause>;
    /// A string, between its quotes; not empty.
    fn string(&mut self, here: Here<'_>, span: Span, escaped: bool, duty: Duty) -> Result<(), RefusalCause>;
    /// A number.
    fn number(&mut self, here: Here<'_>, span: Span, duty: Duty);
    /// A value of any type but null, true and false that is to be removed.
    fn removed(&mut self, here: Here<'_>, span: Span, duty: Duty);
    /// A row of a table: its cells, and the record that they make under the names of the columns.
    fn row(&mut self, here: Here<'_>, cells: &[Span], record: &str) -> Result<(), RefusalCause>;
    /// How often the item of an array of address ranges that begins here is walked over.
    fn copies(&mut self, _: Here<'_>, _start: usize) -> usize {
        1
    }
    /// The next copy of the item, from 0; the one before it, if any, ended at `end`.
    fn copy(&mut self, _: Here<'_>, _number: usize, _start: usize, _end: usize) {}
    /// A member is behind.
    fn member(&mut self, object: &mut Self::Object, key: u16, value: Span);
    /// The object ended.
    fn close(&mut self, here: Here<'_>, object: Self::Object);
}

/// Where a value stands: by the rules, and in what of the few shapes that have rules of their own.
#[derive(Clone, Copy)]
struct Spot {
    node: Node,
    part: Part,
    /// In an envelope: what it says that its records are.
    said: Option<Node>,
}

impl Spot {
    /// Where the items of an array stand.
    fn item(self) -> Self {
        Self { part: if self.part == Part::Rows { Part::Row } else { self.part }, ..self }
    }
}

/// A walk.
pub(super) struct Walk<'p, H> {
    pub(super) here: Here<'p>,
    pub(super) hands: H,
    pub(super) at: usize,
    /// How many records began.
    pub(super) records: u64,
    judge: Judge<'p>,
    columns: Vec<&'p str>,
    /// The text ended where the document was cut.
    is_cut: bool,
}

pub(super) fn expected<T>(offset: usize, expected: &'static str) -> Result<T, RefusalCause> {
    Err(RefusalCause::Json(Error { offset, expected }))
}

impl<'p, H: Hands> Walk<'p, H> {
    pub(super) fn new(here: Here<'p>, hands: H) -> Self {
        let judge = Judge::new(here.gate, here.manner.is_file);
        Self { here, hands, at: 0, records: 0, judge, columns: Vec::new(), is_cut: false }
    }

    /// From the first byte of the value that is the text to the end of the text.
    pub(super) fn document(&mut self, root: Node, duty: Duty) -> Result<(), RefusalCause> {
        if root != ENVELOPE {
            self.judge.root = root;
        }
        let walked = self.value(Spot { node: root, part: Part::None, said: None }, duty, 0);
        self.end(walked)
    }

    fn end(&mut self, walked: Result<(), RefusalCause>) -> Result<(), RefusalCause> {
        if !self.is_cut {
            walked?;
            self.space();
        }
        if self.at < self.here.text.len() {
            return Err(RefusalCause::Trailing { offset: self.at });
        }
        Ok(())
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.here.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    pub(super) fn space(&mut self) {
        if let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            let start = self.at;
            self.at = json::skip_space(self.here.text.as_bytes(), start);
            self.hands.space(self.here, start..self.at);
        }
    }

    fn value(&mut self, spot: Spot, duty: Duty, depth: usize) -> Result<(), RefusalCause> {
        if duty.action == Action::Drop && !matches!(self.peek(), Some(b'n' | b't' | b'f')) {
            match json::skip_value(self.here.text.as_bytes(), self.at) {
                Ok(end) => {
                    self.hands.removed(self.here, self.at..end, duty);
                    self.at = end;
                    return Ok(());
                }
                // A cut list: its items are removed one by one.
                Err(_) if self.here.manner.goes_on && self.peek() == Some(b'[') => {}
                Err(error) => return Err(error.into()),
            }
        }
        match self.peek() {
            Some(b'"') => self.string(duty),
            Some(b'{') if depth < JSON_DEPTH_MAX => match spot.node {
                ENVELOPE => self.in_envelope(spot, depth),
                node if node == self.here.gate.rules.file() => self.unknown(spot, depth),
                _ => self.object(spot, depth),
            },
            Some(b'[') if depth < JSON_DEPTH_MAX && spot.part == Part::Row => self.row(spot.said),
            Some(b'[') if depth < JSON_DEPTH_MAX => self.array(spot, duty, depth),
            Some(b'{' | b'[') => expected(self.at, "less nesting"),
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                self.at = json::skip_value(self.here.text.as_bytes(), start)?;
                self.hands.number(self.here, start..self.at, duty);
                Ok(())
            }
            _ => {
                self.at = json::skip_value(self.here.text.as_bytes(), self.at)?;
                Ok(())
            }
        }
    }

    /// An object in the envelope: more of the envelope, or a record.
    fn in_envelope(&mut self, spot: Spot, depth: usize) -> Result<(), RefusalCause> {
        let mut inquiry = self.here.manner.records.is_none().then(|| self.here.gate.rules.inquire());
        match envelope::look(self.here.text, self.at, inquiry.as_mut()) {
            Look::Envelope => self.object(spot, depth),
            Look::Record => {
                let node = self.record(inquiry.and_then(Inquiry::end), spot.said);
                self.inside(node, |walk| walk.object(Spot { node, ..spot }, depth))
            }
        }
    }

    /// An object that nothing is known of is asked what it is.
    fn unknown(&mut self, spot: Spot, depth: usize) -> Result<(), RefusalCause> {
        match self.here.gate.rules.object(self.here.text, self.at) {
            Some(node) => self.inside(node, |walk| walk.object(Spot { node, ..spot }, depth)),
            None => self.object(spot, depth),
        }
    }

    /// Where a record starts: by the file, by itself, by its envelope.
    fn record(&mut self, own: Option<Node>, said: Option<Node>) -> Node {
        self.records += 1;
        self.here.manner.records.or(own).or(said).unwrap_or(self.here.gate.rules.file())
    }

    fn inside<T>(&mut self, record: Node, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.judge.root, record);
        let walked = walk(self);
        self.judge.root = outer;
        walked
    }

    fn array(&mut self, spot: Spot, duty: Duty, depth: usize) -> Result<(), RefusalCause> {
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        let item = spot.item();
        self.item(item, duty, depth)?;
        self.more_items(item, duty, depth)
    }

    /// The rest of an array, behind an item; `spot` is that of the items.
    fn more_items(&mut self, spot: Spot, duty: Duty, depth: usize) -> Result<(), RefusalCause> {
        loop {
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                None if self.here.manner.goes_on => {
                    self.is_cut = true;
                    return expected(self.at, "the next stretch");
                }
                _ => return expected(self.at, "a comma or a closing bracket"),
            }
            self.space();
            self.item(spot, duty, depth)?;
        }
    }

    fn object(&mut self, spot: Spot, depth: usize) -> Result<(), RefusalCause> {
        let scope = Scope { text: self.here.text, at: self.at };
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let around = self.judge.enter(scope);
        let mut object = H::Object::default();
        self.one_member(spot, scope, &mut object, depth)?;
        self.more_members(spot, scope, object, depth)?;
        self.judge.leave(around);
        Ok(())
    }

    /// The rest of an object, behind a member.
    fn more_members(
        &mut self,
        spot: Spot,
        scope: Scope<'p>,
        mut object: H::Object,
        depth: usize,
    ) -> Result<(), RefusalCause> {
        loop {
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    self.hands.close(self.here, object);
                    return Ok(());
                }
                _ => return expected(self.at, "a comma or a closing brace"),
            }
            self.space();
            self.one_member(spot, scope, &mut object, depth)?;
        }
    }

    #[inline]
    fn one_member(
        &mut self,
        spot: Spot,
        scope: Scope<'p>,
        object: &mut H::Object,
        depth: usize,
    ) -> Result<(), RefusalCause> {
        if self.peek() != Some(b'"') {
            return expected(self.at, "a key");
        }
        let text: &'p str = self.here.text;
        let (span, escaped) = self.string_span()?;
        let (key, start) = (&text[span.clone()], span.start);
        let rules = &self.here.gate.rules;
        let node = if spot.node == ENVELOPE { rules.file() } else { spot.node };
        let member = match escaped {
            true => self.judge.member_anew(node, rules.key(unescape(key.as_bytes())?.as_bytes()), key),
            false => self.judge.member(node, key),
        };
        if !member.is_row {
            self.hands.key(self.here, span, escaped)?;
        }
        self.space();
        if self.peek() != Some(b':') {
            return expected(self.at, "a colon");
        }
        self.at += 1;
        self.space();
        let before = text.get(scope.at..start - 1).unwrap_or_default();
        let (child, duty) = self.member_of(spot, key, member, scope, before);
        let start = self.at;
        self.value(child, duty, depth + 1)?;
        self.hands.member(object, member.key, start..self.at);
        Ok(())
    }

    /// Where a member stands, and its duty. `before`: its object as far as it is behind.
    #[inline]
    fn member_of(&mut self, spot: Spot, key: &str, member: Member, scope: Scope<'p>, before: &str) -> (Spot, Duty) {
        let rules = &self.here.gate.rules;
        let mut child = Spot { node: member.node, part: Part::None, said: spot.said };
        let mut duty = member.duty.unwrap_or_else(|| self.judge.duty(member.node, member.key, scope));
        if spot.node == ENVELOPE && is_envelope_key(key) {
            child.node = ENVELOPE;
            if let Some(columns) = envelope::columns(key, scope) {
                let node = rules.table(columns.iter().copied());
                child.said = Some(node).filter(|&node| node != rules.file());
                child.part = Part::Rows;
                self.columns = columns;
            } else {
                // `@odata.context` says it, for one.
                child.said = rules.object(before, 0).or(spot.said);
            }
        }
        if self.here.manner.is_archive {
            child.part = Part::of(key, child.part);
            duty = self.judge.duty_in_archive(spot.part, key, duty, scope);
        }
        (child, duty)
    }

    fn string(&mut self, duty: Duty) -> Result<(), RefusalCause> {
        let (span, escaped) = self.string_span()?;
        if span.is_empty() {
            return Ok(());
        }
        self.hands.string(self.here, span, escaped, duty)
    }

    #[inline]
    fn string_span(&mut self) -> Result<(Span, bool), RefusalCause> {
        let (span, escaped) = json::string_span(self.here.text.as_bytes(), self.at)?;
        self.at = span.end + 1;
        Ok((span, escaped))
    }
}
