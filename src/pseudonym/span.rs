//! Where the string at the reader's place ends. Checks every byte of it (RFC 8259 section 7), copies nothing.

use super::clean::RefusalCause;
use super::rewrite::{Pass, expected};
use crate::json::Span;

/// Bytes that end a run inside a string: the quote, the backslash, control characters.
static ENDS_RUN: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < 0x20 {
        table[at] = true;
        at += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

fn escape_length(bytes: &[u8], at: usize) -> Result<usize, RefusalCause> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') if bytes.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => Ok(6),
        _ => expected(at, "a valid escape"),
    }
}

impl Pass<'_> {
    /// The span between the quotes of the string at `at`, and whether it has escapes; steps behind it.
    #[inline]
    pub(super) fn string_span(&mut self) -> Result<(Span, bool), RefusalCause> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            while bytes.get(at).is_some_and(|&byte| !ENDS_RUN[usize::from(byte)]) {
                at += 1;
            }
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += escape_length(bytes, at)?;
                }
                Some(_) => return expected(at, "no control character in a string"),
                None => return expected(at, "the end of a string"),
            }
        }
        self.at = at + 1;
        Ok((start..at, escaped))
    }
}
