//! Which encoding a text is in, and whether it is text at all.
//!
//! Takes the first bytes of a file, gives the encoding and the length of its byte order mark, or why it is no text. What
//! is neither UTF-8 nor UTF-16 is Windows-1252, if few enough of its letters are foreign to ASCII: text in another
//! legacy code page would come out garbled, and no name in it would be recognised, so it is withheld.

use super::decode::torn_bytes;
use crate::record::Encoding;

/// Reasons to withhold.
pub(super) const BINARY: &str = "binary data of an unknown kind";
const UTF32: &str = "UTF-32 text: save it as UTF-8";
const UNKNOWN: &str = "text in an unknown encoding: save it as UTF-8";

/// The encoding and the length of the mark.
pub(super) fn recognise(head: &[u8]) -> Result<(Encoding, usize), &'static str> {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => return Ok((Encoding::Utf8, 3)),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => return Err(UTF32),
        [0xFF, 0xFE, ..] => return Ok((Encoding::Utf16Le, 2)),
        [0xFE, 0xFF, ..] => return Ok((Encoding::Utf16Be, 2)),
        _ => {}
    }
    if let Some(encoding) = utf16_without_mark(head) {
        return Ok((encoding, 0));
    }
    if is_binary(head, true) {
        return Err(BINARY);
    }
    let letters = Letters::count(&head[..head.len() - torn_bytes(head)]);
    if letters.is_utf8() {
        return Ok((Encoding::Utf8, 0));
    }
    if is_foreign(head) { Err(UNKNOWN) } else { Ok((Encoding::Windows1252, 0)) }
}

/// UTF-16 of European text has a zero in every other byte, and only there.
fn utf16_without_mark(head: &[u8]) -> Option<Encoding> {
    let pairs = head.chunks_exact(2);
    let (mut first, mut second, mut count) = (0_usize, 0_usize, 0_usize);
    for pair in pairs {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
        count += 1;
    }
    let encoding = match (first, second) {
        // `Ā` (U+0100) has its zero in the other byte: some of them may be among the letters.
        (odd, zeros) if zeros * 10 >= count.max(1) && odd * 20 <= zeros => Encoding::Utf16Le,
        (zeros, odd) if zeros * 10 >= count.max(1) && odd * 20 <= zeros => Encoding::Utf16Be,
        _ => return None,
    };
    let unit = |pair: &[u8]| match encoding {
        Encoding::Utf16Le => u16::from_le_bytes([pair[0], pair[1]]),
        _ => u16::from_be_bytes([pair[0], pair[1]]),
    };
    let units: Vec<u16> = head.chunks_exact(2).map(unit).collect();
    let odd = char::decode_utf16(units).filter(|c| c.as_ref().is_ok_and(|c| c.is_control() && !is_layout(*c as u32)));
    (odd.count() * 20 <= count).then_some(encoding)
}

fn is_layout(code: u32) -> bool {
    matches!(code, 0x08..=0x0D | 0x1B)
}

/// Whether one byte in twenty is a control character that no text has. Random bytes have one in ten. Runs of zeros do
/// not count behind the head: a machine that crashed leaves them in its logs.
pub(super) fn is_binary(bytes: &[u8], is_head: bool) -> bool {
    // Without branches, in sums of one byte and in chunks of whole registers the compiler counts sixteen at a time:
    // reading a file takes 8.5 instead of 15 instructions a byte.
    let odd = |byte: u8| {
        let is_layout = (byte.wrapping_sub(8) < 6) | (byte == 0x1B);
        ((byte < 0x20) & !is_layout & (is_head | (byte != 0))) | (byte == 0x7F)
    };
    let count = |chunk: &[u8]| usize::from(chunk.iter().map(|&byte| u8::from(odd(byte))).sum::<u8>());
    bytes.chunks(240).map(count).sum::<usize>() * 20 > bytes.len()
}

/// UTF-16 inside other text: `x0x0x0x0`. A shell that appends to a log in another encoding writes it.
pub(super) fn has_utf16_inside(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0, bytes).any(|at| {
        let run = bytes.get(at.saturating_sub(1)..at.saturating_add(7)).unwrap_or_default();
        run.len() == 8 && run.chunks_exact(2).all(|pair| pair[0] != 0 && pair[1] == 0)
    })
}

/// Whether more than three in ten bytes are no ASCII: German has one in fifty, French one in twenty.
pub(super) fn is_foreign(bytes: &[u8]) -> bool {
    let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    high * 10 > bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).count() * 3
}

/// Characters beyond ASCII: how many are UTF-8, and how many bytes are not.
#[derive(Default)]
pub(super) struct Letters {
    pub valid: usize,
    pub invalid: usize,
}

impl Letters {
    pub(super) fn count(bytes: &[u8]) -> Self {
        let mut letters = Self::default();
        for chunk in bytes.utf8_chunks() {
            letters.valid += chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count();
            letters.invalid += chunk.invalid().len();
        }
        letters
    }

    fn is_utf8(&self) -> bool {
        self.invalid == 0 || self.valid >= self.invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn encodings_are_recognised() {
        let german = "Grüße aus München, schöne Straße\r\n";
        let latin: Vec<u8> = german.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        assert_eq!(recognise(german.as_bytes()), Ok((Encoding::Utf8, 0)));
        assert_eq!(recognise(&latin), Ok((Encoding::Windows1252, 0)));
        assert_eq!(recognise(&utf16(german, false)), Ok((Encoding::Utf16Le, 0)));
        assert_eq!(recognise(&utf16(german, true)), Ok((Encoding::Utf16Be, 0)));
        let latvian = "Ādams opened the door of the harbor office\r\n";
        assert_eq!(recognise(&utf16(latvian, false)), Ok((Encoding::Utf16Le, 0)));
        assert_eq!(recognise(&utf16(latvian, true)), Ok((Encoding::Utf16Be, 0)));
        assert_eq!(recognise(b"\xEF\xBB\xBFx"), Ok((Encoding::Utf8, 3)));
        assert_eq!(recognise(b"\xFF\xFEx\0"), Ok((Encoding::Utf16Le, 2)));
        assert_eq!(recognise(b"\xFF\xFE\0\0x\0\0\0"), Err(UTF32));
        assert_eq!(recognise(b""), Ok((Encoding::Utf8, 0)));
        assert_eq!(recognise(b"a"), Ok((Encoding::Utf8, 0)));
        // Windows-1251, and bytes without any order.
        assert_eq!(recognise(&[0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2, b' ', 0xEC, 0xE8, 0xF0]), Err(UNKNOWN));
        let noise: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(recognise(&noise), Err(BINARY));
    }

    #[test]
    fn utf16_inside_a_log_is_seen() {
        assert!(has_utf16_inside(b"plain line\na\0b\0c\0d\0"));
        assert!(!has_utf16_inside(b"plain\0\0\0\0\0\0\0\0line, a\0b"));
    }
}
