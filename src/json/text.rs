//! Strings: from the escaped form between quotes to text, and back.

use std::borrow::Cow;

use super::Error;

/// The text of a string, given the bytes between its quotes. Borrows when there is no escape.
/// A lone surrogate becomes U+FFFD, as it has no UTF-8 form.
///
/// # Errors
/// An invalid escape, or bytes that are not UTF-8.
pub fn unescape(raw: &[u8]) -> Result<Cow<'_, str>, Error> {
    let text = std::str::from_utf8(raw).map_err(|error| Error { offset: error.valid_up_to(), expected: "UTF-8" })?;
    if memchr::memchr(b'\\', raw).is_none() {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(step) = memchr::memchr(b'\\', &raw[at..]) {
        out.push_str(&text[at..at + step]);
        at += step;
        let (symbol, length) = escape(raw, at)?;
        out.push(symbol);
        at += length;
    }
    out.push_str(&text[at..]);
    Ok(Cow::Owned(out))
}

/// The character of the escape at `at`, and how many bytes it takes.
fn escape(raw: &[u8], at: usize) -> Result<(char, usize), Error> {
    let simple = match raw.get(at + 1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(raw, at),
        _ => return Err(Error { offset: at, expected: "a valid escape" }),
    };
    Ok((simple, 2))
}

fn unicode(raw: &[u8], at: usize) -> Result<(char, usize), Error> {
    let unit = |at: usize| -> Option<u32> {
        let hex = raw.get(at..at + 6)?;
        if &hex[..2] != b"\\u" || !hex[2..].iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        u32::from_str_radix(std::str::from_utf8(&hex[2..]).ok()?, 16).ok()
    };
    let first = unit(at).ok_or(Error { offset: at, expected: "four hexadecimal digits" })?;
    if let (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) = (first, unit(at + 6)) {
        let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return Ok((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12));
    }
    Ok((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
}

/// Appends `text` as it stands between the quotes of a JSON string: only what must be escaped is escaped.
pub fn escape_into(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for &byte in text.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn escape_then_unescape_is_the_identity(text in ".*") {
            let mut raw = Vec::new();
            escape_into(&text, &mut raw);
            proptest::prop_assert_eq!(unescape(&raw).unwrap(), text);
        }

        #[test]
        fn unescape_agrees_with_serde_json(text in ".*") {
            let quoted = serde_json::to_string(&text).unwrap();
            proptest::prop_assert_eq!(unescape(&quoted.as_bytes()[1..quoted.len() - 1]).unwrap(), text);
        }
    }

    #[test]
    fn surrogate_pairs_join_and_lone_ones_are_replaced() {
        assert_eq!(unescape(br"\ud83d\ude00!").unwrap(), "\u{1F600}!");
        assert_eq!(unescape(br"\ud83d!").unwrap(), "\u{FFFD}!");
        assert!(unescape(br"\u12g4").is_err());
        assert!(unescape(br"\").is_err());
    }
}
