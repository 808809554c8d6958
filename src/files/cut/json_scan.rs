//! A JSON reader that can stop anywhere and go on when more text has come.
//!
//! Takes a text that grows at its end, steps from event to event. It checks the grammar of RFC 8259 as far as cutting
//! needs it (order of tokens, brackets that match, depth); what is inside numbers and words the gate checks.

use std::sync::Arc;

use memchr::memchr2;

use crate::limits::{JSON_DEPTH_MAX, OPEN_BYTES_MAX};
use crate::record::{Open, RawText};

/// An open container.
struct Level {
    is_array: bool,
    /// Where the key stands under which it is; moved into `name` when the text is cut behind it.
    key: std::ops::Range<usize>,
    name: Option<RawText>,
    /// Where it begins in the text; none once the text was cut behind it.
    start: Option<usize>,
    /// Of an object: what stands in it before the member that is open.
    before: Option<RawText>,
}

/// What stopped the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::files) enum Step {
    /// The text ended.
    More,
    /// An item of an array ended.
    Item,
    /// A key of an object was read.
    Key,
    /// The value ended, and the white space behind it.
    Ended,
    /// It is no JSON, or too deep.
    Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrClose,
    KeyOrClose,
    Key,
    Colon,
    CommaOrClose,
    InKey,
    InString,
    InScalar,
    Nothing,
}

/// Where the reader is.
pub(in crate::files) struct Scan {
    /// Bytes read, from the start of the text.
    pub at: usize,
    /// What is open, outermost first.
    open: Vec<Level>,
    /// Where the value ended, before the white space behind it.
    pub ended_at: usize,
    expect: Expect,
    key: std::ops::Range<usize>,
}

impl Scan {
    pub(in crate::files) fn new() -> Self {
        Self { at: 0, open: Vec::new(), ended_at: 0, expect: Expect::Value, key: 0..0 }
    }

    /// The key that was read last, as written.
    pub(in crate::files) fn key<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.key.clone()).unwrap_or_default()
    }

    /// Whether nothing but white space of the value was read yet.
    pub(in crate::files) fn is_fresh(&self) -> bool {
        self.open.is_empty() && self.expect == Expect::Value
    }

    /// Whether the value ended; white space may follow.
    pub(in crate::files) fn has_ended(&self) -> bool {
        self.expect == Expect::Nothing
    }

    /// How many containers are open.
    pub(in crate::files) fn depth(&self) -> usize {
        self.open.len()
    }

    /// How many arrays are open.
    pub(in crate::files) fn arrays(&self) -> usize {
        self.open.iter().filter(|level| level.is_array).count()
    }

    /// The key under which the n-th open container stands, as written.
    pub(in crate::files) fn key_of<'t>(&self, n: usize, text: &'t str) -> &'t str {
        self.open.get(n).and_then(|level| text.get(level.key.clone())).unwrap_or_default()
    }

    /// The text is cut here, between two items: what is open, outermost first. The text that follows begins here.
    pub(in crate::files) fn cut(&mut self, text: &str) -> Arc<[Open]> {
        for n in 1..self.open.len() {
            let Some(key) = self.open.get(n).map(|inner| inner.key.clone()).filter(|key| !key.is_empty()) else {
                continue;
            };
            if let Some(level) = self.open.get_mut(n - 1).filter(|level| !level.is_array) {
                let before = level.start.and_then(|start| text.get(start..key.start.saturating_sub(1)));
                level.before = before.filter(|before| before.len() <= OPEN_BYTES_MAX).map(RawText::new);
            }
        }
        for level in &mut self.open {
            level.start = None;
            if let (None, Some(key)) = (&level.name, text.get(level.key.clone()).filter(|_| !level.key.is_empty())) {
                let plain = crate::json::unescape(key.as_bytes());
                level.name = Some(RawText::new(plain.map_or_else(|_| key.to_owned(), |plain| plain.into_owned())));
            }
            level.key = 0..0;
        }
        self.at = 0;
        self.key = 0..0;
        let open = self.open.iter();
        open.map(|level| Open { name: level.name.clone(), is_array: level.is_array, before: level.before.clone() })
            .collect()
    }

    /// Skips the white space behind an item. False when the sign behind it has not come yet.
    pub(in crate::files) fn skip_to_sign(&mut self, text: &str) -> bool {
        self.at = crate::json::skip_space(text.as_bytes(), self.at);
        self.at < text.len()
    }

    /// Reads on to the next event; items and keys are events only when `stops`.
    pub(in crate::files) fn step(&mut self, text: &str, at_end: bool, stops: bool) -> Step {
        let bytes = text.as_bytes();
        loop {
            match self.expect {
                Expect::InKey | Expect::InString => {
                    let Some(end) = string_end(bytes, &mut self.at) else { return Step::More };
                    if self.expect == Expect::InString {
                        if self.value_ended() && stops {
                            return Step::Item;
                        }
                    } else {
                        self.key.end = end;
                        self.expect = Expect::Colon;
                        if stops {
                            return Step::Key;
                        }
                    }
                    continue;
                }
                Expect::InScalar => {
                    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                    let rest = bytes.get(self.at..).unwrap_or_default();
                    self.at += rest.iter().take_while(|byte| is_part(byte)).count();
                    if self.at == bytes.len() && !at_end {
                        return Step::More;
                    }
                    if self.value_ended() && stops {
                        return Step::Item;
                    }
                    continue;
                }
                _ => {}
            }
            self.at = crate::json::skip_space(bytes, self.at);
            let Some(&byte) = bytes.get(self.at) else {
                return if self.expect == Expect::Nothing && at_end { Step::Ended } else { Step::More };
            };
            if self.expect == Expect::Nothing {
                return Step::Ended;
            }
            match self.token(byte) {
                None => return Step::Wrong,
                Some(true) if stops => return Step::Item,
                Some(_) => {}
            }
        }
    }

    /// Takes one sign. Gives whether an item of an array ended; none when the sign is wrong there.
    fn token(&mut self, byte: u8) -> Option<bool> {
        self.at += 1;
        match (self.expect, byte) {
            (Expect::Value | Expect::ValueOrClose, b'{' | b'[') => return self.opened(byte == b'[').then_some(false),
            (Expect::Value | Expect::ValueOrClose, b'"') => self.expect = Expect::InString,
            (Expect::Value | Expect::ValueOrClose, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                self.expect = Expect::InScalar;
            }
            (Expect::KeyOrClose | Expect::Key, b'"') => {
                self.key = self.at..self.at;
                self.expect = Expect::InKey;
            }
            (Expect::Colon, b':') => self.expect = Expect::Value,
            (Expect::CommaOrClose, b',') => {
                self.expect = if self.open.last()?.is_array { Expect::Value } else { Expect::Key };
            }
            (Expect::ValueOrClose | Expect::CommaOrClose, b']') if self.open.last()?.is_array => {
                self.open.pop();
                return Some(self.value_ended());
            }
            (Expect::KeyOrClose | Expect::CommaOrClose, b'}') if !self.open.last()?.is_array => {
                self.open.pop();
                return Some(self.value_ended());
            }
            _ => return None,
        }
        Some(false)
    }

    fn opened(&mut self, is_array: bool) -> bool {
        let in_object = self.open.last().is_some_and(|level| !level.is_array);
        let key = if in_object { self.key.clone() } else { 0..0 };
        self.open.push(Level { is_array, key, name: None, start: Some(self.at - 1), before: None });
        self.expect = if is_array { Expect::ValueOrClose } else { Expect::KeyOrClose };
        self.open.len() <= JSON_DEPTH_MAX
    }

    /// A value ended; gives whether it is an item of an array.
    fn value_ended(&mut self) -> bool {
        self.ended_at = self.at;
        self.expect = if self.open.is_empty() { Expect::Nothing } else { Expect::CommaOrClose };
        self.open.last().is_some_and(|open| open.is_array)
    }
}

/// The position of the quote that ends a string; `at` moves behind it, or to where the search goes on.
fn string_end(bytes: &[u8], at: &mut usize) -> Option<usize> {
    loop {
        let rest = bytes.get(*at..).unwrap_or_default();
        let Some(step) = memchr2(b'"', b'\\', rest) else {
            *at = bytes.len();
            return None;
        };
        if rest[step] == b'"' {
            *at += step + 1;
            return Some(*at - 1);
        }
        if step + 1 >= rest.len() {
            *at += step;
            return None;
        }
        *at += step + 2;
    }
}
