//! Members of objects: the key, what the rules say of it, the value. What came lately is not looked at again.

use super::*;
use crate::json::{Known, Step, ends_member, unescape};
use crate::pseudonym::duty::Member;

/// What is known of a key at a place.
#[derive(Clone, Copy, Default)]
pub(super) struct KeyFacts {
    member: Member,
    key_bytes: usize,
}

/// A member whose key is behind.
struct Begun<'p> {
    member: Member,
    /// As written, between its quotes.
    key: &'p str,
    span: Span,
    escaped: bool,
    known: Option<Known>,
}

impl<'p, H: Hands> Walk<'p, H> {
    pub(super) fn object(&mut self, spot: Spot, depth: usize) -> Result<(), RefusalCause> {
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
    pub(super) fn more_members(
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
        let start = self.at;
        let place = Place { node: spot.node, root: self.judge.root, depth };
        let begun = match self.trail.members.step(self.here.text, start, place, ends_member) {
            Step::Again(known, bytes, answer) => {
                self.at = start + bytes;
                if let Some(answer) = answer {
                    self.hands.again(self.here, start..self.at, answer);
                }
                let key = self.trail.members.facts(known).member.key;
                self.hands.member(object, key, start + known.bytes..self.at);
                return Ok(());
            }
            Step::Key(known) => self.known_member(start, known),
            Step::New => self.new_member(spot, place)?,
        };
        let member = begun.member;
        let mark = self.hands.mark(start);
        if !member.is_row {
            self.hands.key(self.here, begun.span, begun.escaped)?;
        }
        let before = self.here.text.get(scope.at..start).unwrap_or_default();
        let (child, duty) = self.member_of(spot, begun.key, member, scope, before);
        let value = self.at;
        let outside = self.judge.outside;
        self.value(child, duty, depth + 1)?;
        if let Some(known) = begun.known {
            // What its siblings or the object around have a say in may be another thing the next time.
            if member.duty.is_some() && duty.action != Action::IpRanges && self.judge.outside == outside {
                let text: &'p str = self.here.text;
                let answer = self.hands.answer(self.here, mark, start..self.at);
                self.trail.members.note(known, &text[start..self.at], answer);
            }
            self.trail.members.leave(known);
        }
        self.hands.member(object, member.key, value..self.at);
        Ok(())
    }

    /// Behind a key that came lately.
    fn known_member(&mut self, start: usize, known: Known) -> Begun<'p> {
        let text: &'p str = self.here.text;
        let KeyFacts { member, key_bytes } = self.trail.members.facts(known);
        let span = start + 1..start + 1 + key_bytes;
        self.at = start + known.bytes;
        Begun { member, key: &text[span.clone()], span, escaped: false, known: Some(known) }
    }

    /// From a key's quote to its value.
    fn new_member(&mut self, spot: Spot, place: Place) -> Result<Begun<'p>, RefusalCause> {
        let text: &'p str = self.here.text;
        let start = self.at;
        if self.peek() != Some(b'"') {
            return expected(self.at, "a key");
        }
        let (span, escaped) = self.string_span()?;
        let key = &text[span.clone()];
        let end = self.at;
        self.space();
        if self.peek() != Some(b':') {
            return expected(self.at, "a colon");
        }
        self.at += 1;
        self.space();
        let rules = &self.here.gate.rules;
        let node = if spot.node == ENVELOPE { rules.file() } else { spot.node };
        if escaped {
            let member = self.judge.member_anew(node, rules.key(unescape(key.as_bytes())?.as_bytes()), key);
            return Ok(Begun { member, key, span, escaped, known: None });
        }
        // White space that is left out has to be left out each time.
        let is_tight = self.here.manner.is_file || self.at == end + 1;
        let member = self.judge.member(node, key);
        let known = match is_tight && spot.node != ENVELOPE && !self.here.manner.is_archive {
            true => {
                let facts = KeyFacts { member, key_bytes: span.len() };
                self.trail.members.key(&text[start..self.at], place, || facts)
            }
            false => None,
        };
        Ok(Begun { member, key, span, escaped, known })
    }

    /// Where a member stands, and its duty. `before`: its object as far as it is behind.
    #[inline]
    pub(super) fn member_of(
        &mut self,
        spot: Spot,
        key: &str,
        member: Member,
        scope: Scope<'p>,
        before: &str,
    ) -> (Spot, Duty) {
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
}
