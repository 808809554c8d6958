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

use super::decode;
use super::duty::SCAN;
use super::gate::Gate;
use super::memory::{question, recall};
use super::values::starts_like_json;

/// A span that a detector has decided about: replaced, or kept as it is.
struct Claim {
    start: usize,
    end: usize,
    text: Option<String>,
}

/// The claims on one text.
#[derive(Default)]
pub(super) struct Claims(Vec<Claim>);

impl Claims {
    /// Whether nothing in the span is claimed yet.
    pub(super) fn is_free(&self, start: usize, end: usize) -> bool {
        self.0.iter().all(|claim| end <= claim.start || claim.end <= start)
    }

    /// Leaves the span as it is and closes it.
    pub(super) fn keep(&mut self, start: usize, end: usize) {
        self.0.push(Claim { start, end, text: None });
    }

    /// Replaces the span.
    pub(super) fn replace(&mut self, start: usize, end: usize, text: String) {
        self.0.push(Claim { start, end, text: Some(text) });
    }

    /// The stretches between the claims, in order.
    pub(super) fn gaps(&mut self, length: usize) -> Vec<(usize, usize)> {
        self.0.sort_unstable_by_key(|claim| claim.start);
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut at = 0;
        for claim in &self.0 {
            if claim.start > at {
                gaps.push((at, claim.start));
            }
            at = at.max(claim.end);
        }
        if at < length {
            gaps.push((at, length));
        }
        gaps
    }

    /// Writes the text with the replacements; false and nothing when there is none.
    pub(super) fn write(mut self, text: &str, out: &mut String) -> bool {
        if self.0.iter().all(|claim| claim.text.is_none()) {
            return false;
        }
        self.0.sort_unstable_by_key(|claim| claim.start);
        let mut at = 0;
        for claim in &self.0 {
            if let Some(new) = &claim.text {
                out.push_str(text.get(at..claim.start).unwrap_or_default());
                out.push_str(new);
                at = claim.end;
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
const PERCENT: u16 = 1 << 4;
const EQUALS: u16 = 1 << 5;
const DASH: u16 = 1 << 6;
const PHONE: u16 = 1 << 7;
const AMPERSAND: u16 = 1 << 8;
const SLASH: u16 = 1 << 9;
const BEYOND: u16 = 1 << 10;
const BRACKET: u16 = 1 << 11;
const DIGIT: u16 = 1 << 12;

static TRAITS: [u16; 256] = {
    let mut table = [0u16; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = match at as u8 {
            b'@' => AT,
            b'.' => DOT,
            b':' => COLON,
            b'\\' => BACKSLASH,
            b'%' => PERCENT,
            b'=' => EQUALS,
            b'-' => DASH,
            b'+' | b'(' => PHONE,
            b'&' => AMPERSAND,
            b'/' => SLASH,
            b'[' => BRACKET,
            b'0'..=b'9' => DIGIT,
            0x80.. => BEYOND,
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
            traits.digits += usize::from(bit == DIGIT);
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
        let traits = Traits::of(text);
        if traits.has(BEYOND)
            && let Some(visible) = without_invisible(text)
        {
            let mut clean = String::new();
            if self.scan(&visible, layer, &mut clean) {
                out.push_str(&clean);
                return true;
            }
        }
        if starts_like_json(text)
            && let Some(changed) = self.nested(SCAN, text, layer, out)
        {
            return changed;
        }
        if traits.has(PERCENT | BACKSLASH | AMPERSAND) {
            let mut scan = |text: &str, layer: u8, out: &mut String| self.scan(text, layer, out);
            if decode::climb(text, layer, out, &mut scan) {
                return true;
            }
        }
        self.find(text, traits, layer).write(text, out)
    }

    /// What the detectors claim.
    fn find(&self, text: &str, traits: Traits, layer: u8) -> Claims {
        let mut claims = Claims::default();
        if traits.has(BRACKET) {
            keep_marks(text, &mut claims);
            id::find_physical(self, text, &mut claims);
        }
        self.secrets.find(self, text, traits.digits, &mut claims);
        decode::base64::find(text, layer, &mut claims, &mut |text, layer, out| self.scan(text, layer, out));
        if traits.has(EQUALS) {
            dn::find(self, text, &mut claims);
        }
        if traits.has(AT) {
            mail::find(self, text, &mut claims);
        }
        if traits.has(SLASH) {
            host::find_personal_site(self, text, &mut claims);
        }
        if traits.digits > 0 {
            self.find_numbers(text, traits, &mut claims);
        }
        if traits.has(BACKSLASH) {
            host::find_share(self, text, &mut claims);
            account::find(self, text, &mut claims);
        }
        if traits.has(DOT) {
            host::find(self, self.dictionary(), text, &mut claims);
        }
        if let Some(dictionary) = self.dictionary() {
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
            sid::find(self, text, claims);
            if traits.digits >= 3 {
                id::find_dashed(self, text, claims);
            }
        }
        if text.len() >= 32 {
            id::find_plain(&|id| self.sealed_known_id(id), text, claims);
        }
        if traits.has(EQUALS) && text.len() >= 24 {
            id::find_base64(&|id| self.sealed_known_id(id), text, claims);
        }
        if traits.has(COLON | DASH) {
            address::find_mac(self, text, claims);
        }
        if traits.has(COLON) {
            address::find_v6(self, text, claims);
        }
        if traits.has(DOT) && traits.digits >= 4 {
            address::find_v4(self, text, claims);
        }
        if traits.has(DASH) && traits.digits >= 4 {
            address::find_dashed(self, text, claims);
        }
        if traits.has(PHONE | DASH) && traits.digits >= 7 {
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

/// The text without zero-width characters and soft hyphens, if it has any.
fn without_invisible(text: &str) -> Option<String> {
    let is_invisible =
        |symbol: char| matches!(symbol, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    text.contains(is_invisible).then(|| text.replace(is_invisible, ""))
}

/// Whether a byte belongs to a word: ASCII letters and digits and everything beyond ASCII.
#[inline]
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}
