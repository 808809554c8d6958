//! Free text: secrets, then patterns, then the dictionary. What no detector claims stays.
//!
//! Takes a text, gives another one, or says that it stays. Every detector claims spans; a span that is claimed,
//! also one that is left as it is (a well-known id), is closed to the detectors after it. Each detector runs only
//! where the bytes it needs occur at all, so that ordinary text costs one look.

mod account;
mod address;
mod context;
mod dn;
mod host;
pub(super) mod id;
mod mail;
mod phone;
mod sid;

use std::collections::BTreeMap;

use super::decode::{self, Reader};
use super::duty::SCAN;
use super::expression;
use super::gate::Gate;
use super::memory::{question, recall};
use super::mutant::is_on;
use super::values::starts_like_json;

/// The claims on one text: spans that a detector has decided about, replaced or kept as they are. They never overlap.
#[derive(Default)]
pub(super) struct Claims(BTreeMap<usize, (usize, Option<String>)>);

impl Claims {
    /// Whether nothing in the span is claimed yet.
    pub(super) fn is_free(&self, start: usize, end: usize) -> bool {
        self.0.range(..end).next_back().is_none_or(|(_, (claimed, _))| *claimed <= start)
    }

    /// Leaves the span as it is and closes it.
    pub(super) fn keep(&mut self, start: usize, end: usize) {
        self.claim(start, end, None);
    }

    /// Replaces the span.
    pub(super) fn replace(&mut self, start: usize, end: usize, text: String) {
        self.claim(start, end, Some(text));
    }

    fn claim(&mut self, start: usize, end: usize, text: Option<String>) {
        if start < end && self.is_free(start, end) {
            self.0.insert(start, (end, text));
        }
    }

    /// Frees the span for a claim. Claims that lie within it give way to a replacement; others stay. Gives whether it
    /// is free now.
    pub(super) fn make_room(&mut self, start: usize, end: usize, is_replacement: bool) -> bool {
        if self.is_free(start, end) {
            return true;
        }
        let overlapping = |(at, (stop, _)): (&usize, &(usize, Option<String>))| (*stop > start).then_some((*at, *stop));
        let there: Vec<(usize, usize)> = self.0.range(..end).rev().map_while(overlapping).collect();
        let is_inside = is_replacement && there.iter().all(|(at, stop)| *at >= start && *stop <= end);
        if is_inside {
            there.iter().for_each(|(at, _)| drop(self.0.remove(at)));
        }
        is_inside
    }

    /// The claims in order: start, end, the new text of a replacement.
    pub(super) fn into_spans(self) -> impl Iterator<Item = (usize, usize, Option<String>)> {
        self.0.into_iter().map(|(start, (end, text))| (start, end, text))
    }

    /// The stretches between the claims, in order.
    pub(super) fn gaps(&self, length: usize) -> Vec<(usize, usize)> {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut at = 0;
        for (start, (end, _)) in &self.0 {
            if *start > at {
                gaps.push((at, *start));
            }
            at = *end;
        }
        if at < length {
            gaps.push((at, length));
        }
        gaps
    }

    /// Writes the text with the replacements; false and nothing when there is none.
    pub(super) fn write(self, text: &str, out: &mut String) -> bool {
        if self.0.values().all(|(_, new)| new.is_none()) {
            return false;
        }
        let mut at = 0;
        for (start, (end, new)) in self.0 {
            if let Some(new) = new {
                out.push_str(text.get(at..start).unwrap_or_default());
                out.push_str(&new);
                at = end;
            }
        }
        out.push_str(text.get(at..).unwrap_or_default());
        true
    }
}

/// Which bytes occur in a text.
#[derive(Clone, Copy)]
pub(super) struct Traits {
    bits: u16,
    digits: usize,
}

const AT: u16 = 1;
const DOT: u16 = 1 << 1;
const COLON: u16 = 1 << 2;
const BACKSLASH: u16 = 1 << 3;
/// May begin an escape.
const SIGN: u16 = 1 << 4;
const EQUALS: u16 = 1 << 5;
const DASH: u16 = 1 << 6;
const PHONE: u16 = 1 << 7;
const SLASH: u16 = 1 << 8;
const BRACKET: u16 = 1 << 9;
const DIGIT: u16 = 1 << 10;

static TRAITS: [u16; 256] = {
    let mut table = [0u16; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let sign = if decode::is_sign(byte) { SIGN } else { 0 };
        table[at] = sign
            | match byte {
                b'@' => AT,
                b'.' => DOT,
                b':' => COLON,
                b'\\' => BACKSLASH,
                b'=' => EQUALS,
                b'-' => DASH,
                b'+' | b'(' => PHONE,
                b'/' => SLASH,
                b'[' => BRACKET,
                b'0'..=b'9' => DIGIT,
                _ => 0,
            };
        at += 1;
    }
    table
};

impl Traits {
    fn of(text: &str) -> Self {
        let mut traits = Self { bits: 0, digits: 0 };
        for &byte in text.as_bytes() {
            let bit = TRAITS[usize::from(byte)];
            traits.bits |= bit;
            traits.digits += usize::from(bit & DIGIT != 0);
        }
        traits
    }

    #[inline]
    fn has(self, bits: u16) -> bool {
        self.bits & bits != 0
    }
}

impl Gate {
    /// Scans a text. False: it stays as it is and nothing was appended.
    pub(super) fn scan(&self, text: &str, layer: u8, out: &mut String) -> bool {
        if cfg!(feature = "gate-off") || text.len() < 2 || is_timestamp(text.as_bytes()) {
            return false;
        }
        recall(self.epoch(), question(None, layer), text, out, |out| self.scan_anew(text, layer, out))
    }

    fn scan_anew(&self, text: &str, layer: u8, out: &mut String) -> bool {
        self.look(text, layer).write(text, out)
    }

    /// What is to be replaced in a text that stands `layer` strings or encodings deep.
    pub(super) fn look(&self, text: &str, layer: u8) -> Claims {
        let mut out = String::new();
        if starts_like_json(text)
            && is_on("nested")
            && let Some(changed) = self.nested(SCAN, text, layer, &mut out)
        {
            let mut claims = Claims::default();
            match changed {
                true => claims.replace(0, text.len(), out),
                false => claims.keep(0, text.len()),
            }
            return claims;
        }
        self.find(text, Traits::of(text), layer)
    }

    /// What the detectors claim.
    fn find(&self, text: &str, traits: Traits, layer: u8) -> Claims {
        let mut claims = Claims::default();
        if traits.has(BRACKET) {
            keep_marks(text, &mut claims);
            if is_on("physical-id") {
                id::find_physical(self, text, &mut claims);
            }
        }
        if is_on("secrets") {
            self.secrets.find(self, text, traits.digits, &mut claims);
        }
        let reader = Reader {
            look: &|text, layer| self.look(text, layer),
            seal_id: &|id| self.sealed_known_id(id),
            seal_sid: &|bytes| self.sealed_sid(bytes),
            mark: &|rule, value| self.removal_mark(rule, value),
        };
        if traits.has(EQUALS) && is_on("expression") {
            expression::find(self, text, layer, &mut claims);
        }
        if traits.has(EQUALS) && is_on("dn") {
            // A comma behind a backslash is part of a name, which only a reader of names knows.
            dn::find(self, text, dn::Escapes::Own, &mut claims);
        }
        if traits.has(SIGN) && is_on("escapes") {
            decode::find_escaped(text, layer, &mut claims, &reader);
        }
        if traits.has(EQUALS) && is_on("dn") {
            dn::find(self, text, dn::Escapes::Any, &mut claims);
        }
        if traits.digits > 0 && is_on("hexadecimal") {
            decode::hex::find(text, layer, &mut claims, &reader);
        }
        if is_on("base64") {
            decode::base64::find(text, layer, &mut claims, &reader);
        }
        if traits.has(EQUALS | BACKSLASH) && is_on("announced-id") {
            id::find_announced(self, text, &mut claims);
        }
        if traits.has(AT) && is_on("mail") {
            mail::find(self, text, &mut claims);
        }
        if traits.has(SLASH) && is_on("personal-site") {
            host::find_personal_site(self, text, &mut claims);
        }
        if traits.digits > 0 {
            self.find_numbers(text, traits, &mut claims);
        }
        if traits.has(BACKSLASH) {
            if is_on("share") {
                host::find_share(self, text, &mut claims);
            }
            if is_on("account") {
                account::find(self, text, &mut claims);
            }
        }
        if traits.has(DOT) && is_on("host") {
            host::find(self, self.dictionary(), text, &mut claims);
        }
        if traits.has(BACKSLASH) && is_on("breaks") {
            decode::find_behind_breaks(text, layer, &mut claims, &reader);
        }
        if let Some(dictionary) = self.dictionary().filter(|_| is_on("dictionary")) {
            if claims.0.is_empty() {
                dictionary.find(self, text, 0, text.len(), &mut claims);
            } else {
                for (start, end) in claims.gaps(text.len()) {
                    dictionary.find(self, text, start, end, &mut claims);
                }
            }
        }
        claims
    }

    fn find_numbers(&self, text: &str, traits: Traits, claims: &mut Claims) {
        if traits.has(DASH) {
            if is_on("sid") {
                sid::find(self, text, claims);
            }
            if traits.digits >= 3 && is_on("guid") {
                id::find_dashed(self, text, claims);
            }
        }
        if traits.has(COLON | DASH) && is_on("mac") {
            address::find_mac(self, text, claims);
        }
        if traits.has(COLON) && is_on("v6") {
            address::find_v6(self, text, claims);
        }
        if traits.has(DOT) && traits.digits >= 4 && is_on("v4") {
            address::find_v4(self, text, claims);
        }
        if traits.has(DASH) && traits.digits >= 4 {
            if is_on("dashed-v4") {
                address::find_dashed(self, text, claims);
            }
            if traits.has(DOT) && is_on("dashed-v6") {
                address::find_dashed_v6(self, text, claims);
            }
        }
        if traits.has(PHONE | DASH) && traits.digits >= 7 && is_on("phone") {
            phone::find(self, text, claims);
        }
    }
}

/// Marks of what was removed earlier stay.
fn keep_marks(text: &str, claims: &mut Claims) {
    for (start, _) in text.match_indices("[REMOVED:") {
        if let Some(length) = text[start..].find(']') {
            claims.keep(start, start + length + 1);
        }
    }
}

/// `2026-02-01T15:30:51.0273716Z`: a fast way out for the commonest text in logs.
#[inline]
fn is_timestamp(bytes: &[u8]) -> bool {
    (19..=35).contains(&bytes.len())
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b' ')
        && bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b':' | b'T' | b'Z' | b'.' | b'+' | b' '))
}

/// Whether a byte belongs to a word: ASCII letters and digits and everything beyond ASCII.
#[inline]
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}
