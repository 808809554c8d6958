//! Decoders of the leak check: percent-encoding, `\u` and other backslash escapes, character references,
//! quoted-printable, LDAP octets, invisible characters, base64.
//!
//! Each takes a text and gives another one, or nothing when there is nothing to decode. Written for the check alone, so
//! that it shares no mistake with the gate's decoders. Sources: RFC 3986, RFC 8259, HTML 13.5, RFC 4648.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Shortest base64 text that is opened, symbols: 12 bytes.
pub(super) const BASE64_SYMBOLS_MIN: usize = 16;

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// `%40`. Escapes that make no UTF-8 stay as they stand.
pub(super) fn percent(text: &str) -> Option<String> {
    let source = text.as_bytes();
    let mut out: Vec<u8> = Vec::new();
    let (mut copied, mut at, mut changed) = (0, 0, false);
    while let Some(step) = memchr::memchr(b'%', source.get(at..)?) {
        let start = at + step;
        let mut run = Vec::new();
        at = start;
        while let Some(byte) = percent_byte(source, at) {
            run.push(byte);
            at += 3;
        }
        if run.is_empty() {
            at = start + 1;
            continue;
        }
        out.extend_from_slice(source.get(copied..start)?);
        for (number, chunk) in run.utf8_chunks().scan(0, |place, chunk| {
            let here = *place;
            *place += chunk.valid().len() + chunk.invalid().len();
            Some((here, chunk))
        }) {
            changed |= !chunk.valid().is_empty();
            out.extend_from_slice(chunk.valid().as_bytes());
            let bad = start + 3 * (number + chunk.valid().len());
            out.extend_from_slice(source.get(bad..bad + 3 * chunk.invalid().len())?);
        }
        copied = at;
    }
    out.extend_from_slice(source.get(copied..)?);
    if changed { String::from_utf8(out).ok() } else { None }
}

fn percent_byte(source: &[u8], at: usize) -> Option<u8> {
    match source.get(at..at + 3)? {
        [b'%', high, low] => Some(hex(*high)? << 4 | hex(*low)?),
        _ => None,
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// `\u0040`, written out in a text.
pub(super) fn unicode(text: &str) -> Option<String> {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let mut out = String::new();
    let (mut rest, mut changed) = (text, false);
    while let Some(at) = rest.find("\\u") {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let units: Vec<u16> = [Some(tail), tail.get(6..)].into_iter().map_while(|tail| unit(tail?)).collect();
        match char::decode_utf16(units).next() {
            Some(Ok(symbol)) => {
                out.push(symbol);
                rest = tail.get(6 * symbol.len_utf16()..).unwrap_or_default();
                changed = true;
            }
            _ => {
                out.push_str("\\u");
                rest = tail.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// `\n`, `\"`, `\\` and the other short escapes; a backslash before anything else stays.
pub(super) fn backslash(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut symbols, mut changed) = (text.chars(), false);
    while let Some(symbol) = symbols.next() {
        let ahead = symbols.clone().next().filter(|_| symbol == '\\');
        match ahead {
            Some(plain @ ('"' | '\\' | '/')) => out.push(plain),
            Some('n' | 'r' | 't' | 'b' | 'f') => out.push('\n'),
            _ => {
                out.push(symbol);
                continue;
            }
        }
        symbols.next();
        changed = true;
    }
    changed.then_some(out)
}

/// Numeric character references and the named ones that matter in addresses.
pub(super) fn reference(text: &str) -> Option<String> {
    let mut out = String::new();
    let (mut rest, mut changed) = (text, false);
    while let Some(at) = rest.find('&') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let name = tail.get(1..).and_then(|tail| tail.split_once(';')).map_or("", |(name, _)| name);
        match referred(name) {
            Some(symbol) => {
                out.push(symbol);
                rest = tail.get(name.len() + 2..).unwrap_or_default();
                changed = true;
            }
            None => {
                out.push('&');
                rest = tail.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    changed.then_some(out)
}

fn referred(name: &str) -> Option<char> {
    const NAMES: [(&str, char); 12] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("commat", '@'),
        ("period", '.'),
        ("bsol", '\\'),
        ("equals", '='),
        ("lowbar", '_'),
        ("percnt", '%'),
    ];
    let Some(number) = name.strip_prefix('#') else {
        return NAMES.into_iter().find_map(|(known, symbol)| (known == name).then_some(symbol));
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32)
}

/// `=40` and soft line breaks (RFC 2045), in texts that show by a sign or a break that they are written so.
pub(super) fn quoted_printable(text: &str) -> Option<String> {
    let source = text.as_bytes();
    if memchr::memchr_iter(b'%', source).any(|at| percent_byte(source, at).is_some()) {
        return None;
    }
    let mut out: Vec<u8> = Vec::with_capacity(source.len());
    let (mut at, mut proof) = (0, false);
    while let Some(byte) = source.get(at) {
        let rest = source.get(at + 1..).unwrap_or_default();
        let is_range = at.checked_sub(1).and_then(|before| source.get(before)) == Some(&b'.');
        match (byte, rest) {
            (b'=', [b'\n', ..]) => (at, proof) = (at + 2, true),
            (b'=', [b'\r', b'\n', ..]) => (at, proof) = (at + 3, true),
            (b'=', [high @ (b'0'..=b'9' | b'A'..=b'F'), low @ (b'0'..=b'9' | b'A'..=b'F'), ..]) if !is_range => {
                let value = hex(*high)? << 4 | hex(*low)?;
                proof |= !value.is_ascii_alphanumeric() && !value.is_ascii_control() && value < 0x80 || value >= 0xc2;
                out.push(value);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    if proof { String::from_utf8(out).ok() } else { None }
}

/// `\2C` and octets of UTF-8 (RFC 4514): only what stands for a sign, as letters need no escape.
pub(super) fn octets(text: &str) -> Option<String> {
    let source = text.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(source.len());
    let (mut at, mut changed) = (0, false);
    while let Some(byte) = source.get(at) {
        let value = match source.get(at..at + 3) {
            Some([b'\\', high, low]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match value.filter(|value| !value.is_ascii_alphanumeric() && !value.is_ascii_control()) {
            Some(value) => {
                out.push(value);
                at += 3;
                changed = true;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    if changed { String::from_utf8(out).ok() } else { None }
}

/// The text without characters that leave no ink.
pub(super) fn visible(text: &str) -> Option<String> {
    let is_invisible = |symbol: char| matches!(symbol, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.contains(is_invisible).then(|| text.replace(is_invisible, ""))
}

/// The bytes of a run of base64 or base64url symbols, when they are worth a look.
pub(super) fn base64(run: &str) -> Option<Vec<u8>> {
    let plain: Vec<u8> = run
        .bytes()
        .map(|symbol| match symbol {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    // One symbol too many carries no byte.
    let whole = plain.len() - usize::from(plain.len() % 4 == 1);
    FORGIVING.decode(plain.get(..whole)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decoder_reads_its_spelling_and_nothing_else() {
        type Row = (fn(&str) -> Option<String>, &'static str, Option<&'static str>);
        let rows: [Row; 18] = [
            (percent, "a%40b%20c", Some("a@b c")),
            (percent, "caf%C3%A9 %zz", Some("café %zz")),
            (percent, "%FF%40%", Some("%FF@%")),
            (percent, "100 %", None),
            (unicode, "a\\u0040b \\x", Some("a@b \\x")),
            (unicode, "\\ud83d\\ude00", Some("\u{1F600}")),
            (unicode, "\\u12", None),
            (unicode, "\\ud83d", None),
            (backslash, "a\\\\b\\\"c\\/d\\q", Some("a\\b\"c/d\\q")),
            (backslash, "a\\q\\", None),
            (reference, "a&#64;b&#x40;c&commat;d&amp;", Some("a@b@c@d&")),
            (reference, "R&D; &nope;", None),
            (quoted_printable, "a=40b=\r\nc=", Some("a@bc=")),
            (quoted_printable, "id=50&x=41", None),
            (quoted_printable, "1..=40 =2C", Some("1..=40 ,")),
            (octets, "Field\\2C Ada \\C3\\BC", Some("Field, Ada \u{fc}")),
            (octets, "C:\\4d\\x", None),
            (visible, "a\u{200b}da", Some("ada")),
        ];
        for (decode, text, wanted) in rows {
            assert_eq!(decode(text).as_deref(), wanted, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn decoders_never_panic(text in "[%\\\\&#;u0-9a-fA-F\u{e9}\u{1F600}@ ]{0,60}") {
            for decode in [percent, unicode, backslash, reference, quoted_printable, octets, visible] {
                let _ = decode(&text);
            }
            let _ = base64(&text);
        }
    }
}
