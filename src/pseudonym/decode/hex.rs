//! Bytes in hexadecimal inside a text: `61646140…`, `0x6164`, `61-64-61`, `61 64 61`, `hex:61,64,61`, `0x61, 0x64`,
//! `\61\64\61` (octets of an LDAP filter).
//!
//! Takes a text, cleans what every run of bytes holds and writes it back with the same separators and case.

use super::Reader;
use super::opaque::{Rewritten, rewrite};
use crate::pseudonym::guid::{is_hex, parse_dashed};
use crate::pseudonym::scan::Claims;

/// Fewest bytes of a run.
const BYTES_MIN: usize = 6;
/// Longest separator between two bytes: `\`, a line end and two blanks of a registry export.
const SEPARATOR_BYTES_MAX: usize = 6;

/// Whether bytes are nothing but an even number of hexadecimal digits.
pub(super) fn is_digits(bytes: &[u8]) -> bool {
    bytes.len().is_multiple_of(2) && bytes.iter().all(|byte| is_hex(*byte))
}

/// Claims the runs in which something changes.
pub(in crate::pseudonym) fn find(text: &str, layer: u8, claims: &mut Claims, reader: &Reader<'_>) {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
    let mut at = 0;
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take_while(|&&byte| is_word(byte)).count();
        let (word, end) = (at, at + length);
        at = end;
        let start = if bytes[word..end].starts_with(b"0x") { word + 2 } else { word };
        let digits = &bytes[start..end];
        let end = match digits.len() {
            2 if is_digits(digits) => separated(bytes, word, end),
            // The last twelve digits of an id with dashes are no text.
            12 if is_digits(digits) && ends_guid(bytes, end) => continue,
            _ if digits.len() >= 2 * BYTES_MIN && is_digits(digits) => end,
            _ => continue,
        };
        let is_octets = word > 0 && bytes[word - 1] == b'\\' && bytes.get(word + 2) == Some(&b'\\');
        let begin = if is_octets { word - 1 } else { word };
        at = at.max(end);
        if end - word >= 2 * BYTES_MIN && claims.is_free(begin, end) {
            rewrite_run(text, begin, end, layer, claims, reader);
        }
    }
}

/// Whether an id with dashes ends there.
fn ends_guid(bytes: &[u8], end: usize) -> bool {
    let id = end.checked_sub(36).and_then(|start| bytes.get(start..end));
    id.is_some_and(|id| parse_dashed(id).is_some())
}

/// The separator behind the byte that ends at `end`, if another byte follows it.
fn separator(bytes: &[u8], end: usize) -> Option<usize> {
    let rest = bytes.get(end..)?;
    let gap = rest.iter().take(SEPARATOR_BYTES_MAX).take_while(|byte| b" -:,\\\r\n".contains(byte)).count();
    let prefix = if rest.get(gap..gap + 2) == Some(b"0x") { 2 } else { 0 };
    let pair = rest.get(gap + prefix..gap + prefix + 2)?;
    let is_byte = gap > 0 && pair.iter().all(|byte| is_hex(*byte));
    (is_byte && !rest.get(gap + prefix + 2).is_some_and(u8::is_ascii_alphanumeric)).then_some(gap + prefix)
}

/// The end of a run of single bytes. The first separator holds for all; in registry exports a line end may join it.
fn separated(bytes: &[u8], word: usize, first: usize) -> usize {
    let mut end = first;
    let Some(length) = separator(bytes, end) else { return word };
    let sign = bytes[end];
    while let Some(next) = separator(bytes, end)
        && bytes[end] == sign
        && (next == length || sign == b',')
    {
        end += next + 2;
    }
    end
}

fn rewrite_run(text: &str, start: usize, end: usize, layer: u8, claims: &mut Claims, reader: &Reader<'_>) {
    let run = &text[start..end];
    let mut bytes = Vec::with_capacity(run.len() / 2);
    let mut places = Vec::with_capacity(run.len() / 2);
    let source = run.as_bytes();
    let mut at = 0;
    while let Some(pair) = source.get(at..at + 2) {
        if pair == b"0x" {
            at += 2;
        } else if let Some(value) = std::str::from_utf8(pair).ok().filter(|_| is_digits(pair)) {
            places.push(at);
            bytes.push(u8::from_str_radix(value, 16).unwrap_or_default());
            at += 2;
        } else {
            at += 1;
        }
    }
    let new = match rewrite(&bytes, layer, reader) {
        None => return,
        Some(Rewritten::Removed(rule)) => return claims.replace(start, end, (reader.mark)(rule, run)),
        Some(Rewritten::Bytes(new)) => new,
    };
    let lead = &run[..places.first().copied().unwrap_or_default()];
    let gap = |number: usize| match places.get(number..number + 2) {
        Some([one, other]) => &run[one + 2..*other],
        _ => places.first().zip(places.get(1)).map_or("", |(one, other)| &run[one + 2..*other]),
    };
    let is_upper =
        run.bytes().any(|byte| matches!(byte, b'A'..=b'F')) && !run.bytes().any(|byte| matches!(byte, b'a'..=b'f'));
    let mut out = lead.to_owned();
    for (number, byte) in new.iter().enumerate() {
        if number > 0 {
            out.push_str(gap(number - 1));
        }
        let digits = if is_upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
        out.push_str(&digits);
    }
    claims.replace(start, end, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper(text: &str) -> Option<String> {
        let look = |text: &str, _: u8| {
            let mut claims = Claims::default();
            claims.replace(0, text.len(), text.to_uppercase() + "!");
            claims
        };
        let reader = Reader { look: &look, seal_id: &|_| None, seal_sid: &|_| None, mark: &|_, _| String::new() };
        let mut claims = Claims::default();
        find(text, 0, &mut claims, &reader);
        let mut out = String::new();
        claims.write(text, &mut out).then_some(out)
    }

    #[test]
    fn bytes_keep_their_separators_and_case() {
        for (raw, wanted) in [
            ("x 6164612e6669 y", "x 4144412e464921 y"),
            ("0x6164612E6669", "0x4144412E464921"),
            ("61-64-61-2e-66-69.", "41-44-41-2e-46-49-21."),
            ("61 64 61 2e 66 69", "41 44 41 2e 46 49 21"),
            ("hex:61,64,61,2e,\\\r\n  66,69", "hex:41,44,41,2e,\\\r\n  46,49,21"),
            ("0x61, 0x64, 0x61, 0x2e, 0x66, 0x69", "0x41, 0x44, 0x41, 0x2e, 0x46, 0x49, 0x21"),
            ("(x=\\61\\64\\61\\2e\\66\\69)", "(x=\\41\\44\\41\\2e\\46\\49\\21)"),
        ] {
            assert_eq!(upper(raw).as_deref(), Some(wanted), "{raw}");
        }
        for same in ["6164612e66", "61-64 61-2e 66-69", "2026-02-01 12:30:45", "61646z2e666961", ""] {
            assert_eq!(upper(same), None, "{same}");
        }
    }

    proptest::proptest! {
        #[test]
        fn runs_never_panic(text in "[0-9a-fx ,\\\\:\r\n\u{e9}-]{0,60}") {
            let _ = upper(&text);
        }
    }
}
