//! What the bytes inside base64 or hexadecimal are: an id, a security identifier, a gzip or zlib member, a text in
//! UTF-8, UTF-16 or Latin-1, an anchor of Entra Connect (length and UTF-16), or something binary.
//!
//! Takes bytes, gives the bytes to write back, or that the whole must go. Fails closed: what unpacks to more than the
//! caps allow, and what is binary around a text that holds an identifier (a certificate with a person's name), goes as
//! a whole; random bytes stay. Sources: MS-DTYP 2.4.2 (SID), RFC 1950 and 1952, MS-ADTS (GUID octets).

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};

use super::Reader;
use crate::limits::{MEMBER_BYTES_MAX, TEXT_LAYERS_MAX, UNPACK_LAYERS_MAX, UNPACKED_RATIO_MAX};
use crate::pseudonym::guid;
use crate::pseudonym::mutant::is_on;

/// Shortest run of printable characters that is looked at inside binary data.
const WORD_CHARS_MIN: usize = 6;
/// Least bytes that can be a compressed member with something in it.
const MEMBER_BYTES_MIN: usize = 18;

/// What becomes of the bytes.
pub(super) enum Rewritten {
    /// They are written back as these.
    Bytes(Vec<u8>),
    /// The whole run is replaced by the mark of this rule.
    Removed(&'static str),
}

/// How a text was written in bytes.
#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Utf16 { big: bool },
    Latin1,
}

/// Cleans bytes; none: they stay. `layer`: depth of the text that the run stands in.
pub(super) fn rewrite(bytes: &[u8], layer: u8, reader: &Reader<'_>) -> Option<Rewritten> {
    if matches!(bytes.len(), 16 | 32 | 48)
        && let Some(new) = ids(bytes, reader)
    {
        return Some(Rewritten::Bytes(new));
    }
    if is_sid(bytes) && is_on("sid-bytes") {
        return (reader.seal_sid)(bytes).map(Rewritten::Bytes);
    }
    let is_gzip = bytes.starts_with(&[0x1f, 0x8b, 8]);
    let is_zlib = matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]);
    if (is_gzip || is_zlib) && bytes.len() >= MEMBER_BYTES_MIN && is_on("packed") {
        return member(bytes, is_gzip, layer, reader);
    }
    if let Some(text) = anchor(bytes).filter(|_| is_on("anchor")) {
        let mut new = String::new();
        return (reader.look)(&text, layer + 1).write(&text, &mut new).then(|| Rewritten::Bytes(anchored(&new)));
    }
    let texts = texts_of(bytes);
    let is_text = matches!(texts[..], [(_, Charset::Utf8)]);
    if is_text && layer >= TEXT_LAYERS_MAX {
        return Some(Rewritten::Removed("too-deep"));
    }
    let clean = texts.into_iter().find_map(|(text, charset)| {
        let mut new = String::new();
        (reader.look)(&text, layer + 1).write(&text, &mut new).then(|| Rewritten::Bytes(encode(&new, charset)))
    });
    if is_text { clean } else { clean.or_else(|| words(bytes, layer, reader)) }
}

/// Known ids one behind the other (an id of a role assignment has two), in either order of bytes.
fn ids(bytes: &[u8], reader: &Reader<'_>) -> Option<Vec<u8>> {
    let mut new = bytes.to_vec();
    let mut changed = false;
    for part in new.chunks_exact_mut(16) {
        let octets = <[u8; 16]>::try_from(&*part).ok()?;
        if let Some(id) = (reader.seal_id)(guid::from_mixed_endian(octets)) {
            part.copy_from_slice(&guid::to_mixed_endian(id));
            changed = true;
        } else if let Some(id) = (reader.seal_id)(u128::from_be_bytes(octets)) {
            part.copy_from_slice(&id.to_be_bytes());
            changed = true;
        }
    }
    changed.then_some(new)
}

/// Whether bytes are a security identifier: revision 1, a count that fits, one of Windows' authorities.
fn is_sid(bytes: &[u8]) -> bool {
    matches!(bytes, [1, count @ 1..=15, 0, 0, 0, 0, 0, 1..=18, tail @ ..] if tail.len() == 4 * usize::from(*count))
}

fn member(bytes: &[u8], is_gzip: bool, layer: u8, reader: &Reader<'_>) -> Option<Rewritten> {
    if layer >= UNPACK_LAYERS_MAX {
        return Some(Rewritten::Removed("packed"));
    }
    let cap = MEMBER_BYTES_MAX.min(bytes.len().saturating_mul(UNPACKED_RATIO_MAX));
    let mut inner = Vec::new();
    let length = cap as u64 + 1;
    let read = match is_gzip {
        true => MultiGzDecoder::new(bytes).take(length).read_to_end(&mut inner),
        false => ZlibDecoder::new(bytes).take(length).read_to_end(&mut inner),
    };
    if inner.len() > cap {
        return Some(Rewritten::Removed("packed"));
    }
    if read.is_err() {
        // Cut off: what came out is still readable to others.
        return (!inner.is_empty()).then_some(Rewritten::Removed("packed"));
    }
    match rewrite(&inner, UNPACK_LAYERS_MAX, reader)? {
        Rewritten::Bytes(new) => pack(&new, is_gzip).map(Rewritten::Bytes),
        removed @ Rewritten::Removed(_) => Some(removed),
    }
}

/// No name, no time: the same bytes each time.
fn pack(bytes: &[u8], is_gzip: bool) -> Option<Vec<u8>> {
    if is_gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(bytes).ok()?;
        return encoder.finish().ok();
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// `User_<guid>` as Entra Connect's anchors hold it: a length, UTF-16, a final zero.
fn anchor(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    if usize::try_from(u32::from_le_bytes(*length)).ok()? != rest.len() {
        return None;
    }
    let text = wide(rest.strip_suffix(&[0, 0]).unwrap_or(rest), false)?;
    is_printable(&text).then_some(text)
}

fn anchored(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let length = u32::try_from(units.len()).unwrap_or_default();
    [&length.to_le_bytes(), units.as_slice()].concat()
}

fn wide(bytes: &[u8], big: bool) -> Option<String> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let unit = if big { u16::from_be_bytes } else { u16::from_le_bytes };
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
    char::decode_utf16(units).collect::<Result<String, _>>().ok()
}

/// Whether there is nothing but what can be read; a mark at the start and zeros at the end are allowed.
fn is_printable(text: &str) -> bool {
    let text = text.trim_end_matches('\0');
    !text.is_empty() && !text.contains(|symbol: char| symbol.is_control() && !matches!(symbol, '\n' | '\r' | '\t'))
}

/// Whether most characters are letters, digits and blanks: random units of UTF-16 are mostly signs of all the world.
fn is_prose(text: &str) -> bool {
    let (mut letters, mut all) = (0, 0);
    for symbol in text.chars() {
        all += 1;
        letters += usize::from(symbol.is_alphanumeric() || symbol.is_ascii());
    }
    letters * 10 >= all * 9
}

/// What the bytes are as a text; the likeliest reading first.
fn texts_of(bytes: &[u8]) -> Vec<(String, Charset)> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && is_printable(text)
    {
        return vec![(text.to_owned(), Charset::Utf8)];
    }
    let mut texts = Vec::new();
    for big in [false, true] {
        if let Some(text) = wide(bytes, big).filter(|text| is_printable(text) && is_prose(text)) {
            texts.push((text, Charset::Utf16 { big }));
        }
    }
    if bytes.iter().filter(|byte| byte.is_ascii()).count() * 10 >= bytes.len() * 8 {
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        texts.extend(is_printable(&text).then_some((text, Charset::Latin1)));
    }
    let ascii = |text: &str| text.chars().filter(char::is_ascii).count();
    texts.sort_by_key(|(text, _)| std::cmp::Reverse(ascii(text)));
    texts
}

fn encode(text: &str, charset: Charset) -> Vec<u8> {
    match charset {
        Charset::Utf8 => text.as_bytes().to_vec(),
        Charset::Utf16 { big: false } => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Charset::Utf16 { big: true } => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        // Pseudonyms are ASCII; everything else came from one byte.
        Charset::Latin1 => text.chars().map(|symbol| u8::try_from(symbol).unwrap_or(b'?')).collect(),
    }
}

/// Binary data: does a text in it hold somebody?
fn words(bytes: &[u8], layer: u8, reader: &Reader<'_>) -> Option<Rewritten> {
    let is_plain = |byte: &u8| matches!(byte, 0x20..0x7f);
    let deeper = layer.max(TEXT_LAYERS_MAX.saturating_sub(1)) + 1;
    let holds = |text: &str| {
        text.len() >= WORD_CHARS_MIN && !is_noise(text) && (reader.look)(text, deeper).write(text, &mut String::new())
    };
    let narrow = bytes.split(|byte| !is_plain(byte)).any(|word| std::str::from_utf8(word).is_ok_and(holds));
    let is_wide = |start: usize| {
        let mut word = String::new();
        for pair in bytes.get(start..).unwrap_or_default().chunks_exact(2).chain([&[0_u8, 0][..]]) {
            match pair {
                [low, 0] if is_plain(low) => word.push(char::from(*low)),
                _ if holds(&word) => return true,
                _ => word.clear(),
            }
        }
        false
    };
    (narrow || is_wide(0) || is_wide(1)).then_some(Rewritten::Removed("binary"))
}

/// Few letters: what random bytes make now and then.
fn is_noise(word: &str) -> bool {
    word.bytes().filter(u8::is_ascii_alphanumeric).count() * 4 < word.len() * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_what_they_are() {
        let wide: Vec<u8> = "Zo\u{eb} \u{418}\u{432}\u{430}\u{43d}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert!(matches!(texts_of(&wide)[..], [(_, Charset::Utf16 { big: true }), ..]));
        assert!(matches!(texts_of(b"plain text")[..], [(_, Charset::Utf8)]));
        assert!(matches!(texts_of(b"Anna M\xfcllers")[..], [(_, Charset::Latin1), ..]));
        assert!(texts_of(&[1, 2, 3, 4, 0xff, 0x99, 3]).is_empty());
        assert_eq!(anchor(&anchored("User_1")).as_deref(), Some("User_1"));
        assert!(is_sid(&[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]) && !is_sid(&[1, 2, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]));
    }

    #[test]
    fn packing_gives_the_same_bytes_each_time() {
        assert_eq!(pack(b"abc", true), pack(b"abc", true));
        assert_eq!(pack(b"abc", true).unwrap()[4..8], [0; 4], "no time");
    }
}
