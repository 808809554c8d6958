//! A walk over the bytes of a JSON text: finds the values, says what each is, and hands it over.
//!
//! Takes one JSON value, or a stretch of a document that is cut between the items of arrays. No tree is built; every
//! byte is checked against the grammar (RFC 8259) on the way. Arrays are transparent: their items are what the array
//! is. In files the records may stand in an envelope (a page, a message, an array): there each object is asked what it
//! is. What is done with the values is the matter of the [`Hands`]: rewriting, or learning.

mod item;
mod member;
mod reopen;

use self::member::KeyFacts;
use super::clean::RefusalCause;
use super::duty::{Duty, ENVELOPE, Judge, SCAN_FILE, Scope};
use super::envelope::{self, Glance, Look, is_envelope_key};
use super::form::har::Part;
use super::gate::Gate;
use super::rules::{Inquiry, Node};
use crate::catalog::Action;
use crate::json::{self, Answer, Error, Place, Span, Track};
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
    /// Where that will stand which is written from here on.
    fn mark(&self, _start: usize) -> usize {
        0
    }
    /// What was written for a member since the mark, if it may come again; none when it stays as it is.
    fn answer(&mut self, _: Here<'_>, _mark: usize, _member: Span) -> Answer {
        None
    }
    /// A member comes again: the same is written for it.
    fn again(&mut self, _: Here<'_>, _member: Span, _answer: std::ops::Range<usize>) {}
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

/// What the walks over a stretch saw, one after the other.
#[derive(Default)]
pub(super) struct Trail<'p> {
    members: Track<'p, KeyFacts>,
    /// Of objects in the envelope, when they are asked what they are.
    glances: Track<'p, Glance>,
}

impl Trail<'_> {
    /// Of a text that comes once.
    pub(super) fn off() -> Self {
        Self { members: Track::off(), glances: Track::off() }
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
    trail: Trail<'p>,
    /// The text ended where the document was cut.
    is_cut: bool,
}

pub(super) fn expected<T>(offset: usize, expected: &'static str) -> Result<T, RefusalCause> {
    Err(RefusalCause::Json(Error { offset, expected }))
}

impl<'p, H: Hands> Walk<'p, H> {
    pub(super) fn new(here: Here<'p>, hands: H) -> Self {
        let judge = Judge::new(here.gate, here.manner.is_file);
        let (columns, trail) = (Vec::new(), Trail::off());
        Self { here, hands, at: 0, records: 0, judge, columns, trail, is_cut: false }
    }

    /// Goes on with what the walks over the texts before saw; all of them write to the same place.
    pub(super) fn follow(&mut self, trail: Trail<'p>) {
        self.trail = trail;
        self.trail.members.begin();
    }

    /// What was seen, for the next walk.
    pub(super) fn into_trail(self) -> Trail<'p> {
        self.trail
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
        match envelope::look(self.here.text, self.at, inquiry.as_mut(), &mut self.trail.glances) {
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
