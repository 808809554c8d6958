//! Escapes of single characters: `%40`, `\u0040`, `&#64;`.

use std::fmt::Write;

use super::{Decoded, Escaped};

/// Percent-encoding. Runs of escapes that are no UTF-8 keep their bytes beyond ASCII as they stand.
pub(super) fn percent(text: &str) -> Option<Decoded> {
    decode(text, '%', percent_run, |text, escaped| {
        encode(text, escaped, |symbol, out| {
            for byte in symbol.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        })
    })
}

/// `\uXXXX`, written out in a text.
pub(super) fn backslash(text: &str) -> Option<Decoded> {
    decode(text, '\\', unicode_escape, |text, escaped| {
        encode(text, escaped, |symbol, out| {
            for unit in symbol.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        })
    })
}

/// Numeric and the five named character references.
pub(super) fn reference(text: &str) -> Option<Decoded> {
    decode(text, '&', character_reference, |text, escaped| {
        encode(text, escaped, |symbol, out| {
            let _ = write!(out, "&#{};", u32::from(symbol));
        })
    })
}

/// `run` reads the escape at the start of a text: its characters and its length in bytes.
fn decode(
    text: &str,
    sign: char,
    run: fn(&str, &mut String) -> usize,
    encode: fn(&str, &Escaped) -> String,
) -> Option<Decoded> {
    let mut out = String::new();
    let mut escaped = Escaped::default();
    let mut rest = text;
    while let Some(at) = rest.find(sign) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let start = out.len();
        let taken = run(rest, &mut out);
        if taken == 0 {
            out.push(sign);
            rest = &rest[sign.len_utf8()..];
        } else {
            out[start..].chars().for_each(|symbol| escaped.note(symbol));
            rest = &rest[taken..];
        }
    }
    if escaped.ascii == 0 && !escaped.beyond_ascii {
        return None;
    }
    out.push_str(rest);
    Some(Decoded { text: out, encode, escaped })
}

fn encode(text: &str, escaped: &Escaped, write: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for symbol in text.chars() {
        if escaped.holds(symbol) { write(symbol, &mut out) } else { out.push(symbol) }
    }
    out
}

fn percent_run(text: &str, out: &mut String) -> usize {
    let mut bytes = Vec::new();
    while let Some(byte) = text
        .get(bytes.len() * 3..bytes.len() * 3 + 3)
        .and_then(|one| one.strip_prefix('%'))
        .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .and_then(|hex| u8::from_str_radix(hex, 16).ok())
    {
        bytes.push(byte);
    }
    if let Ok(text) = std::str::from_utf8(&bytes) {
        out.push_str(text);
        return bytes.len() * 3;
    }
    // Not UTF-8: one byte at a time, what is beyond ASCII stays as it stands.
    match bytes.first() {
        Some(&byte) if byte.is_ascii() => {
            out.push(char::from(byte));
            3
        }
        _ => 0,
    }
}

fn unicode_escape(text: &str, out: &mut String) -> usize {
    let unit = |at: usize| {
        let hex = text.get(at..at + 6)?.strip_prefix("\\u")?;
        hex.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(hex, 16).ok())?
    };
    let units: Vec<u16> = [unit(0), unit(6)].into_iter().map_while(|unit| unit).collect();
    match char::decode_utf16(units).next() {
        Some(Ok(symbol)) => {
            out.push(symbol);
            symbol.len_utf16() * 6
        }
        _ => 0,
    }
}

fn character_reference(text: &str, out: &mut String) -> usize {
    let Some(end) = text.get(..text.len().min(10)).unwrap_or(text).find(';') else { return 0 };
    let name = &text[1..end];
    let symbol = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.strip_prefix('#').and_then(|digits| {
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            code.ok().and_then(char::from_u32)
        }),
    };
    match symbol {
        Some(symbol) => {
            out.push(symbol);
            end + 1
        }
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rung_reads_and_writes_its_spelling() {
        for (rung, raw, plain) in [
            (percent as fn(&str) -> Option<Decoded>, "a%40b%20c", "a@b c"),
            (percent, "caf%C3%A9 %zz", "café %zz"),
            (percent, "%FF%40", "%FF@"),
            (backslash, "a\\u0040b \\x", "a@b \\x"),
            (backslash, "\\ud83d\\ude00", "\u{1F600}"),
            (reference, "a&#64;b", "a@b"),
        ] {
            let decoded = rung(raw).unwrap();
            assert_eq!(decoded.text, plain);
            assert_eq!((decoded.encode)(&decoded.text, &decoded.escaped), raw);
        }
    }

    #[test]
    fn a_text_without_escapes_has_no_other_reading() {
        for text in ["100 %", "%", "%4", "a\\b\\u12", "R&D; x", "&nope;", ""] {
            assert!(percent(text).is_none() && backslash(text).is_none() && reference(text).is_none(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn decoders_never_panic(text in "[%\\\\&#;u0-9a-fA-F\u{e9}@ ]{0,40}") {
            for rung in [percent, backslash, reference] {
                if let Some(decoded) = rung(&text) {
                    let _ = (decoded.encode)(&decoded.text, &decoded.escaped);
                }
            }
        }
    }
}
