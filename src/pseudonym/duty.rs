//! What is to be done with a value: the rows of its place, of its key, of its dataset, and what its siblings say.

use std::borrow::Cow;
use std::cell::RefCell;

use super::form::har::{self, Body, Part};
use super::gate::Gate;
use super::mutant::is_on;
use super::rules::{Case, KeyNumber, Lately, NO_KEY, NOWHERE, Node, Spot};
use crate::catalog::Action;
use crate::json::{self, Span, unescape};
use crate::limits::SIBLINGS_MAX;

/// Outside of any record: in the page, the message or the array around the records. An object there says itself what
/// record it is.
pub(super) const ENVELOPE: Node = Node::MAX;

/// What is to be done with a scalar.
#[derive(Clone, Copy)]
pub(super) struct Duty {
    pub(super) action: Action,
    /// Name in a removal mark.
    pub(super) mark: &'static str,
    /// The text may be JSON, whose bare scalars then have the same duty.
    pub(super) json: bool,
    /// Of a value in a file: where JSON in it stands. White space in it is kept.
    pub(super) file: Option<Node>,
    /// It is the body of a message.
    pub(super) body: Option<Body>,
    /// It is what a program on a server wrote: lists, braces and both spellings of an account in one field, prose with
    /// labels in the others.
    pub(super) is_host: bool,
}

pub(super) const SCAN: Duty =
    Duty { action: Action::Scan, mark: "", json: false, file: None, body: None, is_host: false };

/// The duty of a value in a file whose field has no row.
pub(super) const SCAN_FILE: Duty = Duty { json: true, file: Some(ENVELOPE), ..SCAN };

/// The object that a value is a member of: a text and where in it the object begins. What stands behind the end of
/// the text is not known.
#[derive(Clone, Copy)]
pub(super) struct Scope<'p> {
    pub(super) text: &'p str,
    pub(super) at: usize,
}

/// What the rules say about a member of an object by its key alone.
#[derive(Clone, Copy, Default)]
pub(super) struct Member {
    pub(super) key: KeyNumber,
    /// The key stands in a row as it is written.
    pub(super) is_row: bool,
    /// Where it stands.
    pub(super) node: Node,
    /// Its duty, unless its siblings have a say.
    pub(super) duty: Option<Duty>,
}

thread_local! {
    static MEMBERS: RefCell<Lately<Member>> = const { RefCell::new(Lately::new()) };
}

/// Finds duties.
pub(super) struct Judge<'p> {
    gate: &'p Gate,
    /// Whether the values are a file's.
    is_file: bool,
    /// Where the record stands that the values belong to.
    pub(super) root: Node,
    /// The object whose members are read, and the one around it.
    around: [Option<Scope<'p>>; 2],
    /// How often an object around was asked.
    pub(super) outside: u32,
    /// The last sibling looked for: start of its object, its key, its value.
    memo: Option<(*const u8, &'p str, Option<Span>)>,
}

impl<'p> Judge<'p> {
    pub(super) fn new(gate: &'p Gate, is_file: bool) -> Self {
        let root = if is_file { gate.rules.file() } else { NOWHERE };
        Self { gate, is_file, root, around: [None; 2], outside: 0, memo: None }
    }

    /// An object begins; gives what [`Judge::leave`] needs at its end.
    #[inline]
    pub(super) fn enter(&mut self, scope: Scope<'p>) -> [Option<Scope<'p>>; 2] {
        let [inner, _] = self.around;
        std::mem::replace(&mut self.around, [Some(scope), inner])
    }

    /// The object ended.
    #[inline]
    pub(super) fn leave(&mut self, before: [Option<Scope<'p>>; 2]) {
        self.around = before;
    }

    /// The duty of the member `key` that stands at `child`.
    #[inline]
    pub(super) fn duty(&mut self, child: Node, key: KeyNumber, scope: Scope<'p>) -> Duty {
        let duty = self.by_rows(child, key, scope);
        self.in_file(child, duty)
    }

    /// What is known about the member `key` of an object at `node` without a look at the others.
    #[inline]
    pub(super) fn member(&self, node: Node, key: &str) -> Member {
        let place = Spot { node, root: self.root, is_file: self.is_file };
        let rules = &self.gate.rules;
        MEMBERS.with_borrow_mut(|members| {
            members.recall(rules.epoch, place, key, || self.member_anew(node, rules.key(key.as_bytes()), key))
        })
    }

    /// The same; `listed` is the key's number as it is read, `written` the key with its escapes.
    pub(super) fn member_anew(&self, node: Node, listed: KeyNumber, written: &str) -> Member {
        let rules = &self.gate.rules;
        let key = if listed == NO_KEY { rules.attribute(written) } else { listed };
        let child = rules.child(node, key);
        Member { key, is_row: listed != NO_KEY, node: child, duty: self.fixed(child, key) }
    }

    /// The duty, if the first case that may hold has no condition.
    fn fixed(&self, child: Node, key: KeyNumber) -> Option<Duty> {
        let duty = match self.cases(child, key).next() {
            None => SCAN,
            Some(case) if case.when.is_none() && case.action != Action::Named => case_duty(case),
            Some(_) => return None,
        };
        Some(self.in_file(child, duty))
    }

    #[inline]
    fn in_file(&self, child: Node, duty: Duty) -> Duty {
        if !self.is_file {
            return Duty { is_host: self.gate.rules.is_host(self.root), ..duty };
        }
        let is_open = matches!(duty.action, Action::Scan | Action::Kind(_));
        let is_known = child != NOWHERE && child != self.gate.rules.file();
        let inside = if is_known { child } else { ENVELOPE };
        Duty { json: duty.json || is_open, file: Some(inside), ..duty }
    }

    /// The duty of a member of a part of an HTTP archive (HAR).
    #[cold]
    pub(super) fn duty_in_archive(&mut self, part: Part, key: &str, duty: Duty, scope: Scope<'p>) -> Duty {
        if !is_on("har") {
            return duty;
        }
        let mut sibling = |key| self.sibling(key, scope);
        match part {
            Part::Pairs if key.eq_ignore_ascii_case("value") => match sibling("name") {
                Some(name) => named(self.gate, &name),
                None => duty,
            },
            Part::Cookies if key.eq_ignore_ascii_case("value") => {
                Duty { action: Action::Drop, mark: "cookie", ..SCAN_FILE }
            }
            Part::Body if key.eq_ignore_ascii_case("text") => {
                let mime = sibling("mimetype").unwrap_or_default().into_owned();
                let is_base64 = sibling("encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
                Duty { body: Some(Body::new(&mime, is_base64)), ..duty }
            }
            Part::Message if key.eq_ignore_ascii_case("url") => Duty { body: Some(Body::Url), ..duty },
            _ => duty,
        }
    }

    #[inline]
    fn by_rows(&mut self, child: Node, key: KeyNumber, scope: Scope<'p>) -> Duty {
        for case in self.cases(child, key) {
            if self.holds(case, scope) {
                return self.duty_of(case, scope);
            }
        }
        SCAN
    }

    /// The cases that may hold, in their order.
    #[inline]
    fn cases(&self, child: Node, key: KeyNumber) -> impl Iterator<Item = &'p Case> + use<'p> {
        let rules = &self.gate.rules;
        let (by_path, by_key) = rules.cases(child, key);
        let by_path = if is_on("rules-by-path") { by_path } else { Default::default() };
        let by_key = if is_on("rules-by-key") { by_key } else { Default::default() };
        by_path.iter().chain(by_key).chain(rules.deep(self.root, key))
    }

    fn duty_of(&mut self, case: &'p Case, scope: Scope<'p>) -> Duty {
        let mut duty = case_duty(case);
        if case.action == Action::Named {
            let name = case.by.as_deref().and_then(|by| self.sibling(by, scope));
            duty = by_name(self.gate, name.as_deref());
        }
        duty
    }

    fn holds(&mut self, case: &'p Case, scope: Scope<'p>) -> bool {
        case.when.as_ref().is_none_or(|when| when.holds(|key| self.sibling(key, scope)))
    }

    /// The text of a member of an object: of a string, or a number or word as written; null is none. `../key` is a member
    /// of the object around it.
    fn sibling(&mut self, key: &'p str, scope: Scope<'p>) -> Option<Cow<'p, str>> {
        if let Some(key) = key.strip_prefix("../") {
            let [_, outer] = self.around;
            self.outside = self.outside.wrapping_add(1);
            return self.sibling(key, outer?);
        }
        let start = scope.text.get(scope.at..)?.as_ptr();
        let span = match &self.memo {
            Some((at, name, span)) if *at == start && *name == key => span.clone(),
            _ => {
                let span = find_member(scope.text.as_bytes(), scope.at, key);
                self.memo = Some((start, key, span.clone()));
                span
            }
        }?;
        let raw = scope.text.get(span)?;
        match raw.strip_prefix('"') {
            Some(rest) => unescape(rest.strip_suffix('"')?.as_bytes()).ok(),
            None if raw == "null" => None,
            None => Some(Cow::Borrowed(raw)),
        }
    }
}

fn case_duty(case: &Case) -> Duty {
    Duty { action: case.action, mark: case.mark, json: case.action == Action::Json, ..SCAN }
}

/// The duty of a value in a message whose name stands beside it.
pub(super) fn named(gate: &Gate, name: &str) -> Duty {
    match har::is_secret_name(name) {
        true => Duty { action: Action::Drop, mark: "http-secret", ..SCAN_FILE },
        false => Duty { json: true, file: Some(ENVELOPE), ..by_name(gate, Some(name)) },
    }
}

fn by_name(gate: &Gate, name: Option<&str>) -> Duty {
    let number = name.map_or(NO_KEY, |name| gate.rules.attribute(name));
    let named = gate.rules.cases(NOWHERE, number).1.iter().find(|named| named.when.is_none());
    match named {
        Some(named) if named.action != Action::Named => {
            Duty { action: named.action, mark: named.mark, json: true, ..SCAN }
        }
        _ => Duty { json: true, ..SCAN },
    }
}

/// The value of the first member that is called so (ASCII case aside).
pub(super) fn find_member(bytes: &[u8], scope: usize, key: &str) -> Option<Span> {
    json::members(bytes, scope)
        .ok()?
        .take(SIBLINGS_MAX)
        .map_while(Result::ok)
        .find(|(name, _)| name.eq_ignore_ascii_case(key.as_bytes()))
        .map(|(_, span)| span)
}
