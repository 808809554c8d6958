//! Telephone numbers: `+`, country code, a trunk zero, punctuation and length stay, the other digits are mapped.
//!
//! Takes E.164 and local spellings, `tel:` and extensions, and masked numbers (`+X XXXXXXX42`). With six to thirty digits
//! left they come back; fewer become keyed digits. The same digits get the same digits however they are punctuated.

use super::{NotThisKind, Turn};

/// Fewer digits than this are no telephone number, unless masked.
const DIGITS_MIN: usize = 2;
const DIGITS_MAX: usize = 40;
/// Country codes of two digits; 1 and 7 have one, all others three. ITU-T E.164, list of assigned codes.
const TWO_DIGITS: [u8; 43] = [
    20, 27, 28, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61,
    62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94,
];
const TWO_DIGITS_REST: [u8; 2] = [95, 98];

/// A telephone number.
pub(super) fn phone(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let (scheme, number) = match value.get(..4) {
        Some(head) if head.eq_ignore_ascii_case("tel:") => value.split_at(4),
        _ => ("", value),
    };
    let mut digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
    if !(DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) || !shaped(number) {
        return Err(NotThisKind);
    }
    let kept = kept_digits(number, &digits);
    turn.digits(digits.get_mut(kept..).unwrap_or_default()).or_else(|error| match digits.len() - kept {
        0 => Ok(()),
        _ => Err(error),
    })?;
    out.push_str(scheme);
    let mut mapped = digits.iter();
    for c in number.chars() {
        match mapped.as_slice().first().filter(|_| c.is_ascii_digit()) {
            Some(digit) => {
                out.push(char::from(b'0' + digit));
                mapped.next();
            }
            None => out.push(c),
        }
    }
    Ok(())
}

/// Whether only digits, punctuation, mask characters and an extension mark occur.
fn shaped(number: &str) -> bool {
    let lower = number.to_ascii_lowercase();
    let main = ["extension", "ext", "x"].into_iter().fold(lower, |text, mark| text.replace(mark, ""));
    main.chars().all(|c| c.is_ascii_digit() || " \t()-./+*#,;=:".contains(c))
}

/// How many leading digits stay: the country code after `+` or `00`, else a trunk zero.
fn kept_digits(number: &str, digits: &[u8]) -> usize {
    let international = number.trim_start_matches([' ', '(']);
    let skipped = if international.starts_with('+') {
        0
    } else if international.starts_with("00") {
        2
    } else {
        return usize::from(digits.first() == Some(&0));
    };
    let code = match digits.get(skipped..) {
        Some([1 | 7, ..]) => 1,
        Some([a, b, ..]) if TWO_DIGITS.contains(&(a * 10 + b)) || TWO_DIGITS_REST.contains(&(a * 10 + b)) => 2,
        _ => 3,
    };
    // A masked number has lost its code: nothing of what is left is kept.
    if international.contains(['x', 'X', '*']) && digits.len() < 8 { 0 } else { (skipped + code).min(digits.len()) }
}
