//! The ladder: a text is also looked at the way a program would read it, and written back in the same spelling.
//!
//! Rungs: percent-encoding (RFC 3986), `\uXXXX` (RFC 8259), character references (HTML). JSON inside strings is
//! `Gate::nested`, base64 is [`base64`]. Each rung takes a text and gives another text and how to write it back; a new one is a function
//! in [`RUNGS`]. Depth is bounded by `TEXT_LAYERS_MAX`.

pub(super) mod base64;
pub(super) mod chain;
mod escapes;

use crate::limits::TEXT_LAYERS_MAX;

/// A text as a program reads it, and the way back.
pub(super) struct Decoded {
    text: String,
    encode: fn(&str, &Escaped) -> String,
    escaped: Escaped,
}

/// Which characters were escaped in the original, so that the same are escaped again.
#[derive(Default)]
pub(super) struct Escaped {
    /// One bit for each ASCII character.
    ascii: u128,
    beyond_ascii: bool,
}

impl Escaped {
    fn note(&mut self, symbol: char) {
        match u32::from(symbol) {
            code @ 0..128 => self.ascii |= 1 << code,
            _ => self.beyond_ascii = true,
        }
    }

    fn holds(&self, symbol: char) -> bool {
        match u32::from(symbol) {
            code @ 0..128 => self.ascii & 1 << code != 0,
            _ => self.beyond_ascii,
        }
    }
}

type Rung = fn(&str) -> Option<Decoded>;
const RUNGS: [Rung; 3] = [escapes::percent, escapes::backslash, escapes::reference];

/// Replaces what identifies somebody in a text at a depth of strings in strings; false: it stays.
pub(super) type Scan<'s> = &'s mut dyn FnMut(&str, u8, &mut String) -> bool;

/// Scans what the rungs make of the text. True: the whole text is rewritten.
pub(super) fn climb(text: &str, layer: u8, out: &mut String, scan: Scan<'_>) -> bool {
    if layer >= TEXT_LAYERS_MAX {
        return false;
    }
    for rung in RUNGS {
        if let Some(decoded) = rung(text) {
            let mut clean = String::new();
            if scan(&decoded.text, layer + 1, &mut clean) {
                out.push_str(&(decoded.encode)(&clean, &decoded.escaped));
                return true;
            }
        }
    }
    false
}
