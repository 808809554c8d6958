//! Values of attributes: from the directory's bytes to the text that a record holds.
//!
//! Takes bytes and how a row says they are read, gives text. What is not of that form comes as base64 instead, so that
//! nothing is lost and nothing is guessed.
//! Source: [MS-DTYP] §2.3.4 (GUID), §2.4.2 (SID).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::catalog::ReadAs;

/// One value as text.
pub(super) fn text(bytes: &[u8], read_as: ReadAs) -> String {
    let read = match read_as {
        ReadAs::Text => std::str::from_utf8(bytes).ok().map(str::to_owned),
        ReadAs::Guid => guid(bytes),
        ReadAs::Sid => sid(bytes),
        ReadAs::Base64 | ReadAs::Count => None,
    };
    read.unwrap_or_else(|| STANDARD.encode(bytes))
}

/// 16 bytes, the first three groups little endian; a directory that writes the text itself is taken at its word.
fn guid(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.len() == 36
        && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    {
        return Some(text.to_ascii_lowercase());
    }
    let b: [u8; 16] = bytes.try_into().ok()?;
    let head = [b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]];
    let mut out = String::with_capacity(36);
    for (place, byte) in head.iter().chain(&b[8..]).enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        let _ = write!(out, "{byte:02x}"); // a String takes everything
    }
    Some(out)
}

/// Revision, count, authority (48 bits, big endian), subauthorities (32 bits, little endian).
fn sid(bytes: &[u8]) -> Option<String> {
    let (&[1, count], rest) = bytes.split_first_chunk::<2>()? else { return None };
    let (authority, rest) = rest.split_first_chunk::<6>()?;
    if count > 15 || rest.len() != usize::from(count) * 4 {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let mut out = format!("S-1-{authority}");
    for part in rest.as_chunks::<4>().0 {
        let _ = write!(out, "-{}", u32::from_le_bytes(*part)); // a String takes everything
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_has_the_names_that_other_systems_use() {
        let guid = STANDARD.decode("QF5HMK7n80qvdYsUPIHa9Q==").unwrap();
        assert_eq!(text(&guid, ReadAs::Guid), "30475e40-e7ae-4af3-af75-8b143c81daf5");
        assert_eq!(text(&guid, ReadAs::Base64), "QF5HMK7n80qvdYsUPIHa9Q==");
        let sid = STANDARD.decode("AQUAAAAAAAUVAAAAE96EgCpsCzhEeoZSTwQAAA==").unwrap();
        assert_eq!(text(&sid, ReadAs::Sid), "S-1-5-21-2156191251-940272682-1384544836-1103");
        // Binary values that happen to be text are read by their row all the same.
        let builtin = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0];
        assert!(std::str::from_utf8(&builtin).is_ok());
        assert_eq!(text(&builtin, ReadAs::Sid), "S-1-5-32-544");
        assert_eq!(text(b"0123456789abcdef", ReadAs::Guid), "33323130-3534-3736-3839-616263646566");
    }

    #[test]
    fn what_is_not_of_its_form_is_base64() {
        for (bytes, read_as) in [
            (&[0xff_u8, 0xfe][..], ReadAs::Text),
            (&[1, 2, 3][..], ReadAs::Guid),
            (&[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0][..], ReadAs::Sid),
            (&[][..], ReadAs::Sid),
            (&[2, 0, 0, 0, 0, 0, 0, 5][..], ReadAs::Sid),
        ] {
            assert_eq!(text(bytes, read_as), STANDARD.encode(bytes));
        }
        assert_eq!(text("Zoë".as_bytes(), ReadAs::Text), "Zoë");
    }
}
