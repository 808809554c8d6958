//! Values that are coarsened or digested and cannot be undone: coordinates and thumbprints.
//!
//! Coordinates are rounded to whole degrees (about 111 km of latitude), enough to see another country. A thumbprint's
//! digits become a keyed digest of the same length and spelling, so that equal certificates stay equal.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::guid::{hex_digit, push_digit};
use super::{NotThisKind, Turn};

/// Fewest hexadecimal digits of a thumbprint.
const DIGITS_MIN: usize = 16;
/// Bytes of SHA-1, SHA-256, SHA-384 and SHA-512.
const DIGEST_BYTES: [usize; 4] = [20, 32, 48, 64];
const PURPOSE: &str = "thumbprint";

/// A latitude or longitude, or a pair of them.
pub(super) fn coordinates(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    // Rounding cannot be undone, and the direction that undoes says so here.
    turn.one_way("coordinates", &[])?;
    for (at, part) in value.split(',').enumerate() {
        let number = part.trim();
        let plain = number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'));
        let degrees: f64 = number.parse().ok().filter(|_| plain).ok_or(NotThisKind)?;
        if at > 1 || !(-360.0..=360.0).contains(&degrees) {
            return Err(NotThisKind);
        }
        if at > 0 {
            out.push(',');
            out.push_str(&part[..part.len() - part.trim_start().len()]);
        }
        out.push_str(&(degrees.round() as i64).to_string());
    }
    Ok(())
}

/// A certificate or key thumbprint: hexadecimal, with or without separators, or base64.
pub(super) fn thumbprint(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let digits: Vec<u8> = value.bytes().filter_map(hex_digit).collect();
    let separated = value.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | ' ' | '-'));
    if digits.len() >= DIGITS_MIN && separated {
        let Some(digest) = turn.one_way(PURPOSE, &digits)? else {
            out.push_str(value);
            return Ok(());
        };
        let upper = value.bytes().any(|b| b.is_ascii_uppercase());
        let mut nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).cycle();
        for c in value.chars() {
            if c.is_ascii_hexdigit() {
                push_digit(nibbles.next().unwrap_or_default(), upper, out);
            } else {
                out.push(c);
            }
        }
        return Ok(());
    }
    for engine in [&STANDARD, &URL_SAFE_NO_PAD] {
        let Some(bytes) = engine.decode(value).ok().filter(|bytes| DIGEST_BYTES.contains(&bytes.len())) else {
            continue;
        };
        let nibbles: Vec<u8> = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
        let Some(digest) = turn.one_way(PURPOSE, &nibbles)? else {
            out.push_str(value);
            return Ok(());
        };
        let image: Vec<u8> = digest.iter().copied().cycle().take(bytes.len()).collect();
        engine.encode_string(image, out);
        return Ok(());
    }
    Err(NotThisKind)
}
