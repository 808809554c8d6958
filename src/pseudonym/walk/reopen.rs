//! A walk that begins inside open containers: a stretch of a document that is cut between the items of an array.
//!
//! What the containers are is told by their keys and by what stood in them before the cut, so that the values of all
//! stretches together come out as those of the whole document.

use super::*;
use crate::record::Open;

impl<'p, H: Hands> Walk<'p, H> {
    /// A stretch of a document that begins inside open containers, outermost first.
    pub(in crate::pseudonym) fn resume(&mut self, opens: &'p [Open]) -> Result<(), RefusalCause> {
        let spot = Spot { node: ENVELOPE, part: Part::None, said: None };
        let walked = self.reopen(opens, spot, SCAN_FILE, 0);
        self.end(walked)
    }

    /// Goes on inside containers that were open before the text began.
    fn reopen(&mut self, opens: &'p [Open], spot: Spot, duty: Duty, depth: usize) -> Result<(), RefusalCause> {
        let [open, inner @ ..] = opens else { return Ok(()) };
        if depth >= JSON_DEPTH_MAX {
            return expected(self.at, "less nesting");
        }
        if open.is_array {
            let item = spot.item();
            if !inner.is_empty() {
                self.reopen(inner, Spot { part: Part::None, ..item }, duty, depth + 1)?;
            }
            return self.more_items(item, duty, depth);
        }
        let before = open.before.as_ref().map_or("{", |before| before.expose());
        let key = inner.first().and_then(|inner| inner.name.as_ref()).map_or("", |name| name.expose());
        if spot.node == ENVELOPE && !is_envelope_key(key) {
            let node = self.record(self.here.gate.rules.object(before, 0), spot.said);
            return self.inside(node, |walk| walk.reopen_object(inner, Spot { node, ..spot }, before, key, depth));
        }
        self.reopen_object(inner, spot, before, key, depth)
    }

    fn reopen_object(
        &mut self,
        inner: &'p [Open],
        spot: Spot,
        before: &'p str,
        key: &str,
        depth: usize,
    ) -> Result<(), RefusalCause> {
        let scope = Scope { text: before, at: 0 };
        let node = if spot.node == ENVELOPE { self.here.gate.rules.file() } else { spot.node };
        let member = self.judge.member(node, key);
        let (child, duty) = self.member_of(spot, key, member, scope, before);
        let around = self.judge.enter(scope);
        self.reopen(inner, child, duty, depth + 1)?;
        self.more_members(spot, scope, H::Object::default(), depth)?;
        self.judge.leave(around);
        Ok(())
    }
}
