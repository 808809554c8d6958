//! Escapes of single characters, all kinds in one go: percent-encoding (RFC 3986; `%u0040`), `\u0040`, `\x40`, doubled
//! backslashes, LDAP's `\2C` (RFC 4514, 4515), character references (HTML 13.5), quoted-printable with its soft line
//! breaks (RFC 2045), and characters that leave no ink, which are read as nothing.
//!
//! Takes a text, gives its [`Reading`], or nothing when there is nothing to decode. What is no valid escape stays.

use super::reading::Reading;
use crate::pseudonym::canonical::invisible;

/// Named references that stand for what occurs in addresses.
const NAMES: [(&str, char); 18] = [
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
    ("plus", '+'),
    ("comma", ','),
    ("colon", ':'),
    ("sol", '/'),
    ("num", '#'),
    ("hyphen", '-'),
];
/// Longest reference, bytes: `&#1114111;`.
const REFERENCE_BYTES_MAX: usize = 10;

/// Whether a byte may begin an escape or an invisible character.
#[inline]
pub(in crate::pseudonym) const fn is_sign(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&' | b'=' | 0xc2 | 0xcd | 0xd8 | 0xe1 | 0xe2 | 0xe3 | 0xef | 0xf3)
}

/// The reading without escapes.
pub(super) fn decode(text: &str) -> Option<Reading> {
    let quoted = is_quoted_printable(text);
    read(text, |rest| match rest.as_bytes() {
        [b'%', ..] => percent(rest),
        [b'\\', ..] => backslash(rest),
        [b'&', ..] => reference(rest),
        // `0..=40` is a range.
        [b'=', ..] if quoted && !text[..text.len() - rest.len()].ends_with('.') => printable(rest),
        [byte, ..] if !byte.is_ascii() => {
            rest.chars().next().filter(|symbol| invisible(*symbol)).map(|symbol| (None, symbol.len_utf8()))
        }
        _ => None,
    })
}

/// The reading without `\n`, `\r`, `\t`.
pub(super) fn decode_breaks(text: &str) -> Option<Reading> {
    read(text, |rest| match rest.as_bytes() {
        [b'\\', b'n' | b'r' | b't', ..] => Some((Some('\n'), 2)),
        _ => None,
    })
}

/// `one` reads the escape at the start of a text: its character, if it has one, and its length.
fn read(text: &str, one: impl Fn(&str) -> Option<(Option<char>, usize)>) -> Option<Reading> {
    let bytes = text.as_bytes();
    let mut reading = Reading::default();
    let (mut at, mut copied) = (0, 0);
    while let Some(step) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| is_sign(byte))) {
        let here = at + step;
        match text.get(here..).and_then(&one) {
            Some((symbol, length)) => {
                reading.push_plain(text.get(copied..here)?);
                reading.push(symbol, here, here + length);
                at = here + length;
                copied = at;
            }
            None => at = here + 1,
        }
    }
    if reading.is_empty() {
        return None;
    }
    reading.push_plain(text.get(copied..)?);
    Some(reading)
}

fn pair(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            u8::from_str_radix(std::str::from_utf8(&[*high, *low]).ok()?, 16).ok()
        }
        _ => None,
    }
}

fn unit(text: &str) -> Option<u16> {
    let digits = text.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

/// The character of a run of escaped octets, each `sign` and two digits; its length in the text.
fn octets(text: &str, sign: u8) -> Option<(Option<char>, usize)> {
    let bytes = text.as_bytes();
    let octet = |number: usize| {
        let at = 3 * number;
        (bytes.get(at) == Some(&sign)).then(|| pair(bytes.get(at + 1..)?))?
    };
    let first = octet(0)?;
    let length = match first {
        0..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut symbol = [0; 4];
    for (number, byte) in symbol.iter_mut().take(length).enumerate() {
        *byte = octet(number)?;
    }
    let symbol = std::str::from_utf8(symbol.get(..length)?).ok()?.chars().next()?;
    Some((Some(symbol), 3 * length))
}

fn percent(text: &str) -> Option<(Option<char>, usize)> {
    if let Some(rest) = text.strip_prefix("%u") {
        return units(unit(rest)?, || unit(rest.get(4..)?.strip_prefix("%u")?), 6);
    }
    octets(text, b'%')
}

/// One unit of UTF-16, or two; `length` is how long one is in the text.
fn units(first: u16, second: impl Fn() -> Option<u16>, length: usize) -> Option<(Option<char>, usize)> {
    let both = [Some(first), if (0xd800..0xdc00).contains(&first) { second() } else { None }];
    let symbol = char::decode_utf16(both.into_iter().flatten()).next()?.ok()?;
    Some((Some(symbol), length * symbol.len_utf16()))
}

fn backslash(text: &str) -> Option<(Option<char>, usize)> {
    let rest = text.get(1..)?;
    match rest.as_bytes() {
        [sign @ (b'\\' | b'/' | b'"'), ..] => Some((Some(char::from(*sign)), 2)),
        [b'u', b'{', ..] => {
            let digits = rest.get(2..)?.split_once('}')?.0;
            let code = Some(digits).filter(|digits| (1..=6).contains(&digits.len()))?;
            Some((Some(char::from_u32(u32::from_str_radix(code, 16).ok()?)?), digits.len() + 4))
        }
        [b'u', ..] => units(unit(&rest[1..])?, || unit(rest.get(5..)?.strip_prefix("\\u")?), 6),
        [b'x', digits @ ..] => {
            pair(digits).filter(|byte| matches!(byte, 0x20..0x7f)).map(|byte| (Some(char::from(byte)), 4))
        }
        // A letter or digit needs no escape: `C:\4d` is a path.
        _ => octets(text, b'\\').filter(|(symbol, _)| {
            symbol.is_some_and(|symbol| !symbol.is_ascii_alphanumeric() && !symbol.is_ascii_control())
        }),
    }
}

fn reference(text: &str) -> Option<(Option<char>, usize)> {
    let end = text.bytes().take(REFERENCE_BYTES_MAX).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let symbol = match name.strip_prefix('#') {
        None => NAMES.iter().find_map(|(known, symbol)| (*known == name).then_some(*symbol)),
        Some(digits) => {
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            code.ok().and_then(char::from_u32)
        }
    }?;
    Some((Some(symbol), end + 1))
}

fn printable(text: &str) -> Option<(Option<char>, usize)> {
    let rest = text.get(1..)?;
    if rest.starts_with('\n') || rest.starts_with("\r\n") {
        return Some((None, if rest.starts_with('\n') { 2 } else { 3 }));
    }
    let is_lower = |byte: &u8| byte.is_ascii_lowercase();
    if rest.as_bytes().iter().take(2).any(is_lower) {
        return None;
    }
    octets(text, b'=').filter(|(symbol, _)| symbol.is_some_and(|symbol| !symbol.is_ascii_control()))
}

/// Whether a text is quoted-printable: some escape in it is none of a letter or digit (`id=40` alone proves nothing,
/// but `=40` before a name does), and nothing is percent-encoded.
fn is_quoted_printable(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut proof = false;
    for at in memchr::memchr_iter(b'=', bytes) {
        let escape = text.get(at..).and_then(printable).filter(|_| !text[..at].ends_with('.'));
        proof |= escape.is_some_and(|(symbol, _)| symbol.is_none_or(|symbol| !symbol.is_ascii_alphanumeric()));
        if proof {
            break;
        }
    }
    proof && !memchr::memchr_iter(b'%', bytes).any(|at| pair(&bytes[at + 1..]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read() {
        for (raw, plain) in [
            ("a%40b%20c", "a@b c"),
            ("caf%C3%A9 %zz", "caf\u{e9} %zz"),
            ("%FF%40", "%FF@"),
            ("a%u0040b", "a@b"),
            ("a\\u0040b \\q", "a@b \\q"),
            ("\\ud83d\\ude00\\u{40}", "\u{1F600}@"),
            ("a\\x40b", "a@b"),
            ("A\\\\b", "A\\b"),
            ("Field\\2C Ada \\C3\\BC", "Field, Ada \u{fc}"),
            ("a&#64;b&#x40;&commat;", "a@b@@"),
            ("ada=40alder=\r\nwood.test=\nx", "ada@alderwood.testx"),
            ("Zo=C3=AB", "Zo\u{eb}"),
            ("a\u{200b}d\u{ad}a", "ada"),
        ] {
            assert_eq!(decode(raw).map(|reading| reading.text).as_deref(), Some(plain));
        }
        assert_eq!(decode_breaks("one\\nada").map(|reading| reading.text).as_deref(), Some("one\nada"));
    }

    #[test]
    fn a_text_without_escapes_has_no_other_reading() {
        for text in
            ["100 %", "%", "%4", "a\\b\\u12", "R&D; x", "&nope;", "", "id=50&x=41", "x=ad", "C:\\4d\\x", "a=", "%u00"]
        {
            assert!(decode(text).is_none(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn decoders_never_panic(text in "[%\\\\&#;=\r\nxu0-9a-fA-F{}\u{e9}\u{200b}@ ]{0,40}") {
            let _ = (decode(&text), decode_breaks(&text));
        }
    }
}
