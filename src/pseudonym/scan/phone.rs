//! Telephone numbers in text: with `+`, with the area in brackets, or as 3-3-4 digits. Other forms are found in
//! fields only: bare digits are too many things.

use super::{Claims, is_word_byte};
use crate::catalog::Kind;
use crate::pseudonym::gate::Gate;

/// Claims telephone numbers.
pub(super) fn find(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    for start in 0..bytes.len() {
        if start > 0 && is_word_byte(bytes[start - 1]) {
            continue;
        }
        let end = match bytes[start] {
            b'+' => international(bytes, start),
            b'(' => grouped(bytes, start + 1, b")").and_then(|at| rest(bytes, at)),
            b'0'..=b'9' if start == 0 || !b"-.+/:".contains(&bytes[start - 1]) => {
                grouped(bytes, start, b"-").and_then(|at| rest(bytes, at))
            }
            _ => None,
        };
        let Some(end) = end else { continue };
        if !claims.is_free(start, end) {
            continue;
        }
        let mut new = String::new();
        if gate.claimed(Kind::Phone, &text[start..end], false, &mut new) {
            claims.replace(start, end, new);
        }
    }
}

/// `+` and 8 to 15 digits (E.164) with blanks, dots, dashes and brackets between.
fn international(bytes: &[u8], start: usize) -> Option<usize> {
    if !matches!(bytes.get(start + 1), Some(b'1'..=b'9')) {
        return None;
    }
    let (mut digits, mut end, mut gap) = (0, start, 0);
    for (at, byte) in bytes.iter().enumerate().skip(start + 1) {
        match byte {
            b'0'..=b'9' if digits == 15 => return None,
            b'0'..=b'9' => (digits, end, gap) = (digits + 1, at + 1, 0),
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if gap < 2 => gap += 1,
            _ => break,
        }
    }
    let glued = bytes.get(end).is_some_and(|&byte| is_word_byte(byte) || b":=".contains(&byte));
    // `+10000-12-31`: a year.
    let is_date = matches!(bytes[..end], [.., b'-', b'0'..=b'1', _, b'-', b'0'..=b'3', _]);
    (!is_date && digits >= 8 && !glued).then_some(end)
}

/// Three or four digits and one of the closing bytes; the position behind it.
fn grouped(bytes: &[u8], start: usize, close: &[u8]) -> Option<usize> {
    let digits = bytes.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let closes = bytes.get(start + digits).is_some_and(|byte| close.contains(byte));
    let wanted = if close == b")" { 2..=4 } else { 3..=3 };
    (wanted.contains(&digits) && closes).then_some(start + digits + 1)
}

/// Three digits, a separator, four digits.
fn rest(bytes: &[u8], start: usize) -> Option<usize> {
    let start = if bytes.get(start) == Some(&b' ') { start + 1 } else { start };
    let group = bytes.get(start..start + 8)?;
    let fits = group.iter().enumerate().all(|(at, byte)| match at {
        3 => matches!(byte, b'-' | b' ' | b'.'),
        _ => byte.is_ascii_digit(),
    });
    let glued = bytes.get(start + 8).is_some_and(|&byte| is_word_byte(byte) || byte == b'-');
    (fits && !glued).then_some(start + 8)
}
