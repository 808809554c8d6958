//! GUIDs in every spelling that occurs in Entra and Active Directory data.
//!
//! Takes a text, gives the GUID as the big-endian number of its dashed form together with its spelling, and writes
//! another GUID in the same spelling. Forms that show raw bytes (base64, LDAP filter escapes, spaced hex) are in
//! .NET's mixed-endian order: the first three fields little-endian.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How a GUID was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `74e5…-…`, with dashes or not, between the given brackets, after `urn:uuid:` or not.
    Text { dashes: bool, brackets: Option<(char, char)>, urn: bool, upper: bool },
    /// 24 characters ending in `==`: ImmutableId, ms-DS-ConsistencyGuid.
    Base64,
    /// `\74\E5…`, an LDAP filter.
    Ldap { upper: bool },
    /// `74 E5 …`, or with `-` or `:` between the bytes.
    Spaced { separator: char, upper: bool },
    /// `{3764…}`: the hexadecimal form of the base64 form, a common name in Entra Connect.
    HexOfBase64 { upper: bool },
}

/// The GUID that `text` is, and how it is written.
pub(crate) fn parse(text: &str) -> Option<(u128, Spelling)> {
    let upper = text.bytes().any(|b| b.is_ascii_uppercase()) && !text.bytes().any(|b| (b'a'..=b'f').contains(&b));
    match text.len() {
        24 => base64_guid(text.as_bytes()).map(|guid| (guid, Spelling::Base64)),
        48 if text.starts_with('\\') => {
            let guid = byte_pairs(text, 3, 1, |at| at == b'\\')?;
            Some((guid, Spelling::Ldap { upper }))
        }
        47 => {
            let separator = text.chars().nth(2).filter(|c| matches!(c, ' ' | '-' | ':'))?;
            let guid = byte_pairs(text, 3, 0, |at| char::from(at) == separator)?;
            Some((guid, Spelling::Spaced { separator, upper }))
        }
        50 => {
            let inner = text.strip_prefix('{')?.strip_suffix('}')?;
            let mut bytes = [0; 24];
            for (byte, pair) in bytes.iter_mut().zip(inner.as_bytes().chunks_exact(2)) {
                *byte = hex_pair(pair)?;
            }
            base64_guid(&bytes).map(|guid| (guid, Spelling::HexOfBase64 { upper }))
        }
        32..=45 => textual(text, upper),
        _ => None,
    }
}

/// Appends `guid` in the spelling.
pub(crate) fn write(guid: u128, spelling: Spelling, out: &mut String) {
    match spelling {
        Spelling::Text { dashes, brackets, urn, upper } => {
            if urn {
                out.push_str("urn:uuid:");
            }
            out.extend(brackets.map(|(open, _)| open));
            for (at, byte) in guid.to_be_bytes().into_iter().enumerate() {
                if dashes && matches!(at, 4 | 6 | 8 | 10) {
                    out.push('-');
                }
                push_hex(byte, upper, out);
            }
            out.extend(brackets.map(|(_, close)| close));
        }
        Spelling::Base64 => STANDARD.encode_string(mixed_endian(guid), out),
        Spelling::Ldap { upper } => {
            for byte in mixed_endian(guid) {
                out.push('\\');
                push_hex(byte, upper, out);
            }
        }
        Spelling::Spaced { separator, upper } => {
            for (at, byte) in mixed_endian(guid).into_iter().enumerate() {
                if at > 0 {
                    out.push(separator);
                }
                push_hex(byte, upper, out);
            }
        }
        Spelling::HexOfBase64 { upper } => {
            out.push('{');
            STANDARD.encode(mixed_endian(guid)).bytes().for_each(|byte| push_hex(byte, upper, out));
            out.push('}');
        }
    }
}

/// Lower case with dashes.
pub(crate) fn dashed(guid: u128) -> String {
    let mut text = String::with_capacity(36);
    write(guid, Spelling::Text { dashes: true, brackets: None, urn: false, upper: false }, &mut text);
    text
}

/// The bytes in .NET's and Active Directory's order; also undoes itself (see [`from_mixed_endian`]).
pub(crate) fn mixed_endian(guid: u128) -> [u8; 16] {
    let mut bytes = guid.to_be_bytes();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

/// The GUID of bytes in .NET's order.
pub(crate) fn from_mixed_endian(bytes: [u8; 16]) -> u128 {
    u128::from_be_bytes(mixed_endian(u128::from_be_bytes(bytes)))
}

fn textual(text: &str, upper: bool) -> Option<(u128, Spelling)> {
    let (rest, urn) = match text.get(..9) {
        Some(head) if head.eq_ignore_ascii_case("urn:uuid:") => (&text[9..], true),
        _ => (text, false),
    };
    let bracketed =
        |open, close| rest.strip_prefix(open)?.strip_suffix(close).map(|inner| (inner, Some((open, close))));
    let (inner, brackets) = bracketed('{', '}').or_else(|| bracketed('(', ')')).unwrap_or((rest, None));
    let bytes = inner.as_bytes();
    let dashes = match bytes.len() {
        36 => true,
        32 => false,
        _ => return None,
    };
    let mut guid = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if dashes && matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
        } else {
            guid = (guid << 4) | u128::from(hex_digit(*byte)?);
        }
    }
    Some((guid, Spelling::Text { dashes, brackets, urn, upper }))
}

fn base64_guid(text: &[u8]) -> Option<u128> {
    let mut bytes = [0; 18];
    let length = text.ends_with(b"==").then(|| STANDARD.decode_slice(text, &mut bytes).ok())??;
    let head: [u8; 16] = bytes.get(..16)?.try_into().ok()?;
    (length == 16).then(|| from_mixed_endian(head))
}

/// Sixteen hexadecimal pairs, `step` apart, the first at `start`; every other byte must satisfy `between`.
fn byte_pairs(text: &str, step: usize, start: usize, between: impl Fn(u8) -> bool) -> Option<u128> {
    let bytes = text.as_bytes();
    let mut found = [0; 16];
    for (at, byte) in found.iter_mut().enumerate() {
        *byte = hex_pair(bytes.get(start + step * at..start + step * at + 2)?)?;
    }
    let rest = (0..bytes.len()).filter(|at| (at + step - start) % step == 2);
    rest.into_iter().all(|at| between(bytes[at])).then(|| from_mixed_endian(found))
}

pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    match pair {
        [high, low] => Some((hex_digit(*high)? << 4) | hex_digit(*low)?),
        _ => None,
    }
}

fn push_hex(byte: u8, upper: bool, out: &mut String) {
    for digit in [byte >> 4, byte & 15] {
        push_digit(digit, upper, out);
    }
}

/// Appends one hexadecimal digit (0–15).
pub(crate) fn push_digit(digit: u8, upper: bool, out: &mut String) {
    let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    out.push(char::from(digits[usize::from(digit & 15)]));
}
