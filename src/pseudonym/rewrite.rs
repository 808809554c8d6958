//! One pass over the bytes of a record: finds the values, asks what each is, copies everything else in runs.
//!
//! Takes one JSON value, appends one line. No tree is built; numbers stay as written, keys stay in order, duplicate
//! keys survive, insignificant white space goes. The output is valid JSON exactly if the input is (RFC 8259): every
//! byte is checked on the way. Arrays are transparent: their items are what the array is.

use std::borrow::Cow;

use super::clean::RefusalCause;
use super::gate::Gate;
use super::rules::{Case, NO_KEY, NOWHERE, Node};
use crate::catalog::{Action, Kind, Treatment};
use crate::json::{self, Error, Span, escape_into, unescape};
use crate::limits::{JSON_DEPTH_MAX, SIBLINGS_MAX};

/// What is to be done with a scalar.
#[derive(Clone, Copy)]
pub(super) struct Duty {
    pub(super) action: Action,
    /// Name in a removal mark.
    pub(super) mark: &'static str,
    /// The text may be JSON, whose bare scalars then have the same duty.
    pub(super) json: bool,
}

pub(super) const SCAN: Duty = Duty { action: Action::Scan, mark: "", json: false };

/// Typed values of a record, for the dictionary.
pub(super) type Learnt = Vec<(Kind, String)>;

/// One pass over one text.
pub(super) struct Pass<'p> {
    pub(super) gate: &'p Gate,
    pub(super) text: &'p str,
    pub(super) at: usize,
    /// Everything before this is written.
    pub(super) copied: usize,
    pub(super) out: &'p mut Vec<u8>,
    /// How many strings this JSON is wrapped in.
    layer: u8,
    pub(super) changed: bool,
    /// Values of a range whose new text is decided.
    pub(super) fixed: Vec<(Span, String)>,
    learnt: Option<&'p mut Learnt>,
    root: Node,
    scratch: String,
    /// The last sibling looked for: start of its object, its key, its value.
    memo: Option<(usize, &'p str, Option<Span>)>,
}

pub(super) fn expected<T>(offset: usize, expected: &'static str) -> Result<T, RefusalCause> {
    Err(RefusalCause::Json(Error { offset, expected }))
}

impl<'p> Pass<'p> {
    pub(super) fn new(
        gate: &'p Gate,
        text: &'p str,
        out: &'p mut Vec<u8>,
        layer: u8,
        learnt: Option<&'p mut Learnt>,
    ) -> Self {
        let (scratch, fixed) = (String::new(), Vec::new());
        Self {
            gate,
            text,
            at: 0,
            copied: 0,
            out,
            layer,
            changed: false,
            fixed,
            learnt,
            root: NOWHERE,
            scratch,
            memo: None,
        }
    }

    /// Writes the whole text; gives whether any value changed. `first` stands before the members of an object.
    pub(super) fn document(&mut self, root: Node, duty: Duty, first: Option<&str>) -> Result<bool, RefusalCause> {
        self.root = root;
        self.space();
        if let Some(member) = first {
            self.insert_first(member)?;
        }
        self.value(root, duty, 0)?;
        self.space();
        if self.at < self.text.len() {
            return Err(RefusalCause::Trailing { offset: self.at });
        }
        self.flush(self.at);
        Ok(self.changed)
    }

    fn insert_first(&mut self, member: &str) -> Result<(), RefusalCause> {
        if self.peek() != Some(b'{') {
            return Err(RefusalCause::NoObject);
        }
        let next = json::skip_space(self.text.as_bytes(), self.at + 1);
        self.flush(self.at + 1);
        self.out.extend_from_slice(member.as_bytes());
        if self.text.as_bytes().get(next) != Some(&b'}') {
            self.out.push(b',');
        }
        self.changed = true;
        // The brace is written; the pass reads it again but copies from behind it.
        Ok(())
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn flush(&mut self, to: usize) {
        if let Some(run) = self.text.as_bytes().get(self.copied..to) {
            self.out.extend_from_slice(run);
            self.copied = to;
        }
    }

    #[inline]
    fn space(&mut self) {
        if let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.flush(self.at);
            self.at = json::skip_space(self.text.as_bytes(), self.at);
            self.copied = self.at;
        }
    }

    fn value(&mut self, node: Node, duty: Duty, depth: usize) -> Result<(), RefusalCause> {
        if duty.action == Action::Drop && !matches!(self.peek(), Some(b'n' | b't' | b'f')) {
            return self.drop_value(duty);
        }
        if !self.fixed.is_empty() && self.decided() {
            return Ok(());
        }
        match self.peek() {
            Some(b'"') => self.string(duty),
            Some(b'{') if depth < JSON_DEPTH_MAX => self.object(node, depth),
            Some(b'[') if depth < JSON_DEPTH_MAX => self.array(node, duty, depth),
            Some(b'{' | b'[') => expected(self.at, "less nesting"),
            Some(b'-' | b'0'..=b'9') => self.number(duty),
            _ => {
                self.at = json::skip_value(self.text.as_bytes(), self.at)?;
                Ok(())
            }
        }
    }

    fn array(&mut self, node: Node, duty: Duty, depth: usize) -> Result<(), RefusalCause> {
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let is_range = duty.action == Action::IpRanges && self.peek() == Some(b'{') && depth + 1 < JSON_DEPTH_MAX;
            if !is_range || !self.range(node, depth + 1)? {
                self.value(node, duty, depth + 1)?;
            }
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return expected(self.at, "a comma or a closing bracket"),
            }
            self.space();
        }
    }

    pub(super) fn object(&mut self, node: Node, depth: usize) -> Result<(), RefusalCause> {
        let scope = self.at;
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return expected(self.at, "a key");
            }
            let (key, escaped) = self.string_span()?;
            let mut number = self.key_number(&self.text[key.clone()], escaped)?;
            if number == NO_KEY {
                let start = key.start;
                self.rewrite_string(key, escaped, SCAN)?;
                number = self.gate.rules.attribute(&self.text[start..self.at - 1]);
            }
            self.space();
            if self.peek() != Some(b':') {
                return expected(self.at, "a colon");
            }
            self.at += 1;
            self.space();
            let child = self.gate.rules.child(node, number);
            let duty = self.duty(child, number, scope);
            self.value(child, duty, depth + 1)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return expected(self.at, "a comma or a closing brace"),
            }
            self.space();
        }
    }

    #[inline]
    fn key_number(&self, key: &str, escaped: bool) -> Result<u16, RefusalCause> {
        Ok(match escaped {
            true => self.gate.rules.key(unescape(key.as_bytes())?.as_bytes()),
            false => self.gate.rules.key(key.as_bytes()),
        })
    }

    fn string(&mut self, duty: Duty) -> Result<(), RefusalCause> {
        let (span, escaped) = self.string_span()?;
        if span.is_empty() {
            return Ok(());
        }
        self.rewrite_string(span, escaped, duty)
    }

    #[inline]
    fn rewrite_string(&mut self, span: Span, escaped: bool, duty: Duty) -> Result<(), RefusalCause> {
        let text: &'p str = self.text;
        let raw = &text[span.clone()];
        let value = if escaped { unescape(raw.as_bytes())? } else { Cow::Borrowed(raw) };
        if let (Some(learnt), Action::Kind(kind)) = (self.learnt.as_deref_mut(), duty.action) {
            learnt.push((kind, value.clone().into_owned()));
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        if self.gate.apply(duty, &value, self.layer, &mut scratch) {
            self.flush(span.start);
            escape_into(&scratch, self.out);
            self.copied = span.end;
            self.changed = true;
        }
        self.scratch = scratch;
        Ok(())
    }

    fn number(&mut self, duty: Duty) -> Result<(), RefusalCause> {
        let start = self.at;
        self.at = json::skip_value(self.text.as_bytes(), start)?;
        let Action::Kind(kind) = duty.action else { return Ok(()) };
        if cfg!(feature = "gate-off") || self.gate.policy.treatment(kind) == Treatment::Keep {
            return Ok(());
        }
        let text: &'p str = self.text;
        let mut mapped = String::new();
        let changed = self.gate.typed(kind, &text[start..self.at], self.layer, &mut mapped);
        if changed {
            self.flush(start);
            if kind == Kind::Coordinates {
                self.out.extend_from_slice(mapped.as_bytes());
            } else {
                self.out.push(b'"');
                escape_into(&mapped, self.out);
                self.out.push(b'"');
            }
            self.copied = self.at;
            self.changed = true;
        }
        Ok(())
    }

    /// Any value but null, true and false becomes a mark.
    fn drop_value(&mut self, duty: Duty) -> Result<(), RefusalCause> {
        let start = self.at;
        let end = json::skip_value(self.text.as_bytes(), start)?;
        let text: &'p str = self.text;
        let raw = &text[start..end];
        self.at = end;
        if cfg!(feature = "gate-off") || raw == "\"\"" || raw == "[]" || raw == "{}" || raw.starts_with("\"[REMOVED:") {
            return Ok(());
        }
        self.flush(start);
        self.out.push(b'"');
        let mark = self.gate.removal_mark(duty.mark, raw.trim_matches('"'));
        escape_into(&mark, self.out);
        self.out.push(b'"');
        self.copied = end;
        self.changed = true;
        Ok(())
    }

    fn duty(&mut self, child: Node, key: u16, scope: usize) -> Duty {
        if child == NOWHERE && key == NO_KEY {
            return SCAN;
        }
        let gate = self.gate;
        let (by_path, by_key) = gate.rules.cases(child, key);
        for case in by_path.iter().chain(by_key).chain(gate.rules.deep(self.root, key)) {
            if self.holds(case, scope) {
                return self.duty_of(case, scope);
            }
        }
        SCAN
    }

    fn duty_of(&mut self, case: &'p Case, scope: usize) -> Duty {
        let mut duty = Duty { action: case.action, mark: case.mark, json: case.action == Action::Json };
        if case.action == Action::Named {
            let name = case.by.as_deref().and_then(|by| self.sibling(by, scope));
            let number = name.map_or(NO_KEY, |name| self.gate.rules.attribute(&name));
            let named = self.gate.rules.cases(NOWHERE, number).1.iter().find(|named| named.when.is_none());
            duty = match named {
                Some(named) if named.action != Action::Named => {
                    Duty { action: named.action, mark: named.mark, json: true }
                }
                _ => Duty { json: true, ..SCAN },
            };
        }
        duty
    }

    fn holds(&mut self, case: &'p Case, scope: usize) -> bool {
        let Some(when) = &case.when else { return true };
        match self.sibling(&when.sibling, scope) {
            None => false,
            Some(text) if when.is.is_empty() => !text.is_empty(),
            Some(text) => when.is.iter().any(|one| one.eq_ignore_ascii_case(&text)),
        }
    }

    /// The text of a member of the object at `scope`: of a string, or a number or word as written; null is none.
    fn sibling(&mut self, key: &'p str, scope: usize) -> Option<Cow<'p, str>> {
        let text: &'p str = self.text;
        let span = match &self.memo {
            Some((at, name, span)) if *at == scope && *name == key => span.clone(),
            _ => {
                let span = find_member(text.as_bytes(), scope, key);
                self.memo = Some((scope, key, span.clone()));
                span
            }
        }?;
        let raw = text.get(span)?;
        match raw.strip_prefix('"') {
            Some(rest) => unescape(rest.strip_suffix('"')?.as_bytes()).ok(),
            None if raw == "null" => None,
            None => Some(Cow::Borrowed(raw)),
        }
    }
}

fn find_member(bytes: &[u8], scope: usize, key: &str) -> Option<Span> {
    json::members(bytes, scope)
        .ok()?
        .take(SIBLINGS_MAX)
        .map_while(Result::ok)
        .find(|(name, _)| name.eq_ignore_ascii_case(key.as_bytes()))
        .map(|(_, span)| span)
}
