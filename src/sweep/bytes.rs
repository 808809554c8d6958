//! What bytes in base64 or hexadecimal show to somebody who opens them: texts, ids, unpacked members.
//!
//! Takes bytes, gives texts for the check to look at: UTF-8, UTF-16 in both orders, Latin-1; ids with dashes (in both
//! orders of bytes); what gzip (RFC 1952) and zlib (RFC 1950) members hold; runs of printable characters in anything
//! else. Written for the check alone. Unpacking is capped; what is larger the gate has removed.

use std::io::Read;

use crate::limits::MEMBER_BYTES_MAX;

/// Shortest run of printable characters in binary data.
const WORD_BYTES_MIN: usize = 10;
/// Members in members that are unpacked.
const MEMBERS_MAX: u8 = 2;

/// Gives every text that the bytes show.
pub(super) fn open(bytes: &[u8], members: u8, give: &mut dyn FnMut(&str)) {
    if matches!(bytes.len(), 16 | 32 | 48) {
        for id in bytes.chunks_exact(16) {
            ids(id, give);
        }
    }
    // A security identifier that encodes an object id (MS-DTYP 2.4.2; authority 12).
    if let [1, 5, 0, 0, 0, 0, 0, 12, 1, 0, 0, 0, id @ ..] = bytes
        && id.len() == 16
    {
        ids(id, give);
    }
    if members < MEMBERS_MAX
        && let Some(inner) = unpacked(bytes)
    {
        return open(&inner, members + 1, give);
    }
    let body = match bytes {
        // The length before an anchor of Entra Connect.
        [a, b, 0, 0, rest @ ..] if usize::from(u16::from_le_bytes([*a, *b])) == rest.len() => rest,
        whole => whole,
    };
    if let Ok(text) = std::str::from_utf8(body)
        && !text.contains('\0')
        && is_readable(text)
    {
        return give(text);
    }
    for text in [narrow(body), wide(body, u16::from_le_bytes), wide(body, u16::from_be_bytes)].into_iter().flatten() {
        give(&text);
    }
    words(bytes, give);
}

/// Sixteen bytes as the two ids that they can be.
fn ids(bytes: &[u8], give: &mut dyn FnMut(&str)) {
    let hex = |order: [usize; 16]| {
        let mut text = String::with_capacity(36);
        for (place, at) in order.into_iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            let byte = bytes.get(at).copied().unwrap_or_default();
            text.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default()));
        }
        text
    };
    give(&hex([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]));
    give(&hex([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]));
}

fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut inner = Vec::new();
    let cap = MEMBER_BYTES_MAX as u64;
    // What a damaged member gives before the damage is looked at too.
    let _ = match bytes {
        [0x1f, 0x8b, 8, ..] => flate2::read::MultiGzDecoder::new(bytes).take(cap).read_to_end(&mut inner),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => {
            flate2::read::ZlibDecoder::new(bytes).take(cap).read_to_end(&mut inner)
        }
        _ => return None,
    };
    (!inner.is_empty()).then_some(inner)
}

/// How much speaks against random bytes that happen to read as this text, in bits; at most about a hundred.
///
/// Logs hold tokens and ids by the million, and one in some ten thousand shows letters and a full stop. A symbol that
/// continues a word as people write it (`contoso`, `DC01`, `Ada`) is one of about 42 in 256; a capital in mid-word is
/// what chance writes.
pub(super) fn evidence(text: &str) -> u32 {
    let (mut tenths, mut last) = (0_i32, ' ');
    for symbol in text.chars() {
        tenths += match symbol {
            'A'..='Z' if last.is_ascii_lowercase() => 10,
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '.' | '-' | '_' | '@' | '\\' | '/' | ',' | '=' | ':' => 26,
            '\t' | '\r' | '\n' => 26,
            _ if symbol.is_alphanumeric() => 10,
            _ if symbol.is_control() => -30,
            _ => 0,
        };
        if tenths > 1000 {
            break;
        }
        last = symbol;
    }
    u32::try_from(tenths / 10).unwrap_or(0)
}

fn is_readable(text: &str) -> bool {
    let (mut good, mut all) = (0, 0);
    for symbol in text.chars() {
        all += 1;
        let is_good =
            matches!(symbol, '\n' | '\r' | '\t') || !symbol.is_control() && symbol != char::REPLACEMENT_CHARACTER;
        good += usize::from(is_good);
    }
    good * 10 >= all * 8 && all > 0
}

/// Latin-1.
fn narrow(bytes: &[u8]) -> Option<String> {
    // What costs least is asked first: most bytes that come here are no text at all.
    let ascii = bytes.iter().filter(|byte| byte.is_ascii()).count();
    if ascii * 10 < bytes.len() * 8 || bytes.iter().any(u8::is_ascii_control) {
        return None;
    }
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let letters = text.chars().filter(|symbol| symbol.is_alphanumeric() || *symbol == ' ').count();
    let is_text = !text.contains(char::is_control) && letters * 10 >= bytes.len() * 8;
    is_text.then_some(text)
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    if bytes.len() < 8 {
        return None;
    }
    let units = || bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
    let count = bytes.len() / 2;
    // Random units are signs from everywhere; a text has its blanks and full stops from ASCII or keeps to its letters.
    // One that is neither in ten is one too many, and shows early in what is no text.
    let mut strange = 0;
    for symbol in char::decode_utf16(units()) {
        strange += match symbol {
            Ok(symbol) if symbol.is_ascii() || symbol.is_alphanumeric() => symbol.len_utf16() - 1,
            Ok(symbol) => symbol.len_utf16(),
            Err(_) => 1,
        };
        if strange * 10 > count {
            return None;
        }
    }
    let text: String =
        char::decode_utf16(units()).map(|symbol| symbol.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    is_readable(&text).then_some(text)
}

fn words(bytes: &[u8], give: &mut dyn FnMut(&str)) {
    let is_plain = |byte: u8| matches!(byte, 0x20..0x7f);
    let is_word = |word: &str| {
        let letters = word.bytes().filter(u8::is_ascii_alphanumeric).count();
        word.len() >= WORD_BYTES_MIN && letters * 5 >= word.len() * 4
    };
    for word in bytes.split(|byte| !is_plain(*byte)).filter_map(|word| std::str::from_utf8(word).ok()) {
        if is_word(word) {
            give(word);
        }
    }
    if bytes.len() < 2 * WORD_BYTES_MIN || memchr::memchr(0, bytes).is_none() {
        return;
    }
    for offset in 0..2 {
        let mut word = String::new();
        let pairs = bytes.get(offset..).unwrap_or_default().chunks(2);
        for pair in pairs.chain([&[][..]]) {
            match pair {
                [low, 0] if is_plain(*low) => word.push(char::from(*low)),
                _ => {
                    if is_word(&word) {
                        give(&word);
                    }
                    word.clear();
                }
            }
        }
    }
}

/// Gives the bytes of every run in hexadecimal: twelve digits or more in one word, or six bytes one by one.
pub(super) fn each_hex(text: &str, open: &mut dyn FnMut(&[u8])) {
    let mut single: Vec<u8> = Vec::new();
    let mut end = 0;
    let is_letter = |symbol: char| symbol.is_alphanumeric();
    while let Some((start, after)) = next_word(text, end, is_letter) {
        let word = text.get(start..after).unwrap_or_default();
        let digits = word.strip_prefix("0x").unwrap_or(word);
        let gap = text.get(end..start).unwrap_or_default();
        end = after;
        let byte = if digits.len() == 2 { u8::from_str_radix(digits, 16).ok() } else { None };
        let is_next = gap.len() <= 6 && gap.bytes().all(|symbol| b" -:,\\\r\n".contains(&symbol));
        if !is_next || byte.is_none() {
            flush(&mut single, open);
        }
        match byte {
            Some(byte) => single.push(byte),
            // The last twelve digits of an id are no text.
            None if digits.len() >= 12 && !ends_guid(text, after) => {
                decoded(digits).iter().for_each(|bytes| open(bytes));
            }
            None => {}
        }
    }
    flush(&mut single, open);
}

/// Whether an id with dashes ends there.
fn ends_guid(text: &str, end: usize) -> bool {
    let id = end.checked_sub(36).and_then(|start| text.get(start..end));
    id.is_some_and(super::views::is_guid)
}

/// Start and end of the next run of letters and digits.
fn next_word(text: &str, from: usize, is_letter: impl Fn(char) -> bool) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = from;
    // Byte by byte as long as it is ASCII, which is nearly always.
    let start = loop {
        match *bytes.get(at)? {
            byte if byte.is_ascii_alphanumeric() => break at,
            byte if byte.is_ascii() => at += 1,
            _ => break at + text.get(at..)?.find(&is_letter)?,
        }
    };
    at = start;
    loop {
        match bytes.get(at) {
            Some(byte) if byte.is_ascii_alphanumeric() => at += 1,
            Some(byte) if !byte.is_ascii() => {
                let tail = text.get(at..)?;
                return Some((start, at + tail.find(|symbol| !is_letter(symbol)).unwrap_or(tail.len())));
            }
            _ => return Some((start, at)),
        }
    }
}

fn flush(single: &mut Vec<u8>, open: &mut dyn FnMut(&[u8])) {
    if single.len() >= 6 {
        open(single);
    }
    single.clear();
}

fn decoded(digits: &str) -> Option<Vec<u8>> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> Vec<String> {
        let mut all = Vec::new();
        open(bytes, 0, &mut |text| all.push(text.to_owned()));
        all
    }

    #[test]
    fn bytes_show_their_texts_and_ids() {
        assert_eq!(shown(b"ada.field"), ["ada.field"]);
        let wide: Vec<u8> = "Zo\u{eb} Field".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert!(shown(&wide).contains(&"Zo\u{eb} Field".to_owned()));
        assert!(shown(b"Anna M\xfcllerson").contains(&"Anna M\u{fc}llerson".to_owned()));
        assert!(
            shown(b"\x30\x82\x01\x0a\x02ada.fielding\x00\x01\xff\xfe\x80\x81\x90\x91\x8d\x8f")
                .contains(&"ada.fielding".to_owned())
        );
        let id = [0x40, 0x5e, 0x47, 0x30, 0xae, 0xe7, 0xf3, 0x4a, 0xaf, 0x75, 0x8b, 0x14, 0x3c, 0x81, 0xda, 0xf5];
        assert!(shown(&id).contains(&"30475e40-e7ae-4af3-af75-8b143c81daf5".to_owned()));
        assert!(shown(&[0xf3, 0x99, 0x10, 0x80, 0x00, 0xfe, 0x01]).is_empty());
    }

    #[test]
    fn a_text_that_is_meant_has_more_evidence_than_chance() {
        for (text, least) in
            [("ada@x.test", 20), ("dc1.corp.example", 30), ("CONTOSO\\Zo\u{eb}", 25), ("ada.field", 20)]
        {
            assert!(evidence(text) >= least, "{text}: {}", evidence(text));
        }
        for text in ["FI\u{cb}.HT", "Z0\\Yy", "YO\\\u{c8}sq", "x.te", "\u{1}\u{2}ab.test"] {
            assert!(evidence(text) < 20, "{text}: {}", evidence(text));
        }
    }

    #[test]
    fn hexadecimal_is_found_in_every_spelling() {
        for text in [
            "616461206669",
            "0x616461206669",
            "61-64-61-20-66-69",
            "x=61,64,61,\\\r\n  20,66,69",
            "\\61\\64\\61\\20\\66\\69",
            "0x61, 0x64, 0x61, 0x20, 0x66, 0x69",
        ] {
            let mut all = Vec::new();
            each_hex(text, &mut |bytes| all.push(bytes.to_vec()));
            assert_eq!(all, [b"ada fi".to_vec()], "{text}");
        }
        each_hex("2026-02-01 61-64 616461z06669", &mut |_| panic!("none of them"));
    }

    proptest::proptest! {
        #[test]
        fn anything_can_be_opened(bytes: Vec<u8>, text in "[0-9a-fx ,\\\\-\u{e9}]{0,40}") {
            shown(&bytes);
            each_hex(&text, &mut |_| {});
        }
    }
}
