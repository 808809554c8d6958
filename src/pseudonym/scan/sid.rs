//! Security identifiers in text: `S-1-5-21-…`, `S-1-12-1-…`. Well-known ones are left alone by the map.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Claims, is_word_byte};
use crate::catalog::Kind;
use crate::pseudonym::gate::Gate;

impl Gate {
    /// The pseudonym of a security identifier in bytes.
    pub(in crate::pseudonym) fn sealed_sid(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut new = String::new();
        let is_mapped = self.claimed(Kind::Sid, &STANDARD.encode(bytes), false, &mut new);
        is_mapped.then(|| STANDARD.decode(new).ok())?
    }
}

/// Claims every SID.
pub(super) fn find(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    for dash in memchr::memchr_iter(b'-', bytes) {
        let Some(start) = dash.checked_sub(1) else { continue };
        let starts_here = matches!(bytes[start], b'S' | b's')
            && bytes.get(dash + 1..dash + 3) == Some(b"1-")
            && (start == 0 || !is_word_byte(bytes[start - 1]));
        if !starts_here {
            continue;
        }
        let mut end = dash + bytes[dash..].iter().take_while(|&&byte| byte == b'-' || byte.is_ascii_digit()).count();
        while end > dash && bytes[end - 1] == b'-' {
            end -= 1;
        }
        if end < dash + 4 || !claims.is_free(start, end) {
            continue;
        }
        let mut new = String::new();
        if gate.claimed(Kind::Sid, &text[start..end], true, &mut new) {
            claims.replace(start, end, new);
        } else {
            claims.keep(start, end);
        }
    }
}
