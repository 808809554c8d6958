//! The ladder: a text is also looked at the way a program would read it, and written back in the same spelling.
//!
//! Rungs: percent-encoding (RFC 3986), `\uXXXX` (RFC 8259), character references (HTML). JSON inside strings is
//! `Gate::nested`. Each rung takes a text and gives another text and how to write it back; a new one is a function
//! in [`RUNGS`]. Depth is bounded by `TEXT_LAYERS_MAX`.

pub(super) mod chain;
mod escapes;

use super::gate::Gate;
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

/// Scans what the rungs make of the text. True: the whole text is rewritten.
pub(super) fn climb(gate: &Gate, text: &str, layer: u8, out: &mut String) -> bool {
    if layer >= TEXT_LAYERS_MAX {
        return false;
    }
    for rung in RUNGS {
        if let Some(decoded) = rung(text) {
            let mut clean = String::new();
            if gate.scan(&decoded.text, layer + 1, &mut clean) {
                out.push_str(&(decoded.encode)(&clean, &decoded.escaped));
                return true;
            }
        }
    }
    false
}
