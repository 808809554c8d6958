//! From the bytes of a file to characters, block by block.
//!
//! Takes a reader, gives text. UTF-8 that has a few bad bytes keeps its good characters, and a bad byte is read as
//! Windows-1252: so no name is lost in a log that two programs wrote. Which of both a block is in, its own bytes decide.
//! Never gives what is not text: binary data ends the file.

use std::io::{ErrorKind, Read, Result};

use super::encoding::{Letters, has_utf16_inside, is_binary, is_foreign};
use super::fault::{BINARY_INSIDE, Fault};
use crate::record::Encoding;

/// Blocks that are shorter say too little about what they are.
const TELLING_BYTES: usize = 512;

/// Decodes a reader.
pub(super) struct Decoder<R> {
    input: R,
    encoding: Encoding,
    bytes: Vec<u8>,
    eager: bool,
    /// What the last block beyond ASCII was in: decides for a block that is too short to tell.
    last: Option<Encoding>,
    /// Bytes that were no character.
    pub repaired: u64,
}

/// What a block added.
pub(super) struct Block {
    /// The encoding that its characters beyond ASCII are in; none when it has none.
    pub encoding: Option<Encoding>,
    /// Whether the file ended.
    pub at_end: bool,
}

impl<R: Read> Decoder<R> {
    /// Decodes what stands behind the byte order mark.
    pub(super) fn new(input: R, encoding: Encoding, eager: bool) -> Self {
        Self { input, encoding, bytes: Vec::new(), eager, last: None, repaired: 0 }
    }

    /// Appends the next block, of at most `length` bytes.
    ///
    /// # Errors
    /// What the reader says; the rest is binary. The text has what stood before it.
    pub(super) fn fill(&mut self, length: usize, text: &mut String) -> Result<Block> {
        let carried = self.bytes.len();
        self.bytes.resize(carried + length.max(4), 0);
        let (read, failure) = read_full(&mut self.input, &mut self.bytes[carried..], self.eager);
        self.bytes.truncate(carried + read);
        let at_end = read == 0 || failure.is_some();
        let encoding = match self.encoding {
            Encoding::Utf16Le | Encoding::Utf16Be => self.wide(text, at_end)?,
            _ => self.narrow(text, at_end)?,
        };
        failure.map_or(Ok(Block { encoding, at_end }), Err)
    }

    fn narrow(&mut self, text: &mut String, at_end: bool) -> Result<Option<Encoding>> {
        let torn = if at_end { 0 } else { torn_bytes(&self.bytes) };
        let ready = self.bytes.len() - torn;
        let bytes = &self.bytes[..ready];
        let is_long = bytes.len() >= TELLING_BYTES;
        if (is_long && is_binary(bytes, false)) || has_utf16_inside(bytes) {
            return Err(Fault::error(BINARY_INSIDE));
        }
        let encoding = match std::str::from_utf8(bytes) {
            Ok(valid) => {
                text.push_str(valid);
                (!valid.is_ascii()).then_some(Encoding::Utf8)
            }
            Err(_) => {
                let letters = Letters::count(bytes);
                let is_utf8 = match self.last.filter(|_| !is_long) {
                    Some(last) => last == Encoding::Utf8,
                    None => letters.valid >= letters.invalid,
                };
                if is_utf8 {
                    self.repaired += letters.invalid as u64;
                    push_mixed(bytes, text);
                    Some(Encoding::Utf8)
                } else if is_long && is_foreign(bytes) {
                    return Err(Fault::error(BINARY_INSIDE));
                } else {
                    text.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0);
                    Some(Encoding::Windows1252)
                }
            }
        };
        self.bytes.drain(..ready);
        self.last = encoding.or(self.last);
        Ok(encoding)
    }

    fn wide(&mut self, text: &mut String, at_end: bool) -> Result<Option<Encoding>> {
        let unit = |pair: &[u8; 2]| match self.encoding {
            Encoding::Utf16Be => u16::from_be_bytes(*pair),
            _ => u16::from_le_bytes(*pair),
        };
        let (pairs, _) = self.bytes.as_chunks::<2>();
        let mut ready = pairs.len();
        if !at_end && pairs.last().is_some_and(|pair| (0xD800..0xDC00).contains(&unit(pair))) {
            ready -= 1;
        }
        let before = self.repaired;
        for c in char::decode_utf16(pairs[..ready].iter().map(unit)) {
            text.push(c.unwrap_or_else(|_| {
                self.repaired += 2;
                char::REPLACEMENT_CHARACTER
            }));
        }
        let bad = self.repaired - before;
        if ready * 2 >= TELLING_BYTES && bad * 10 > ready as u64 {
            return Err(Fault::error(BINARY_INSIDE));
        }
        self.bytes.drain(..ready * 2);
        if at_end && !self.bytes.is_empty() {
            self.bytes.clear();
            self.repaired += 1;
            text.push(char::REPLACEMENT_CHARACTER);
        }
        Ok(Some(self.encoding))
    }
}

/// Reads until the buffer is full or the input ends (once only when eager), so that what is decided by block does not
/// depend on how the bytes happen to come.
pub(super) fn read_full(input: &mut dyn Read, buffer: &mut [u8], once: bool) -> (usize, Option<std::io::Error>) {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return (filled, Some(error)),
        }
        if once {
            break;
        }
    }
    (filled, None)
}

/// Length of an unfinished UTF-8 character at the end.
pub(super) fn torn_bytes(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    for (back, byte) in tail.iter().rev().enumerate() {
        let needs = match byte {
            0x80..=0xBF => continue,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => return 0,
        };
        return if back + 1 < needs { back + 1 } else { 0 };
    }
    0
}

fn push_mixed(bytes: &[u8], text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: Encoding, block: usize) -> (String, u64, Option<Encoding>) {
        let mut decoder = Decoder::new(bytes, encoding, false);
        let (mut text, mut seen) = (String::new(), None);
        loop {
            let block = decoder.fill(block, &mut text).unwrap();
            seen = block.encoding.or(seen);
            if block.at_end {
                return (text, decoder.repaired, seen);
            }
        }
    }

    #[test]
    fn a_block_may_end_inside_a_character() {
        let text = "aä€😀z\r\n".repeat(9);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for block in 4..20 {
            assert_eq!(decoded(text.as_bytes(), Encoding::Utf8, block), (text.clone(), 0, Some(Encoding::Utf8)));
            assert_eq!(decoded(&wide, Encoding::Utf16Le, block).0, text);
        }
        assert_eq!(decoded(b"", Encoding::Utf8, 9), (String::new(), 0, None));
    }

    #[test]
    fn bad_bytes_are_read_as_windows_1252() {
        assert_eq!(decoded(b"caf\xE9", Encoding::Utf8, 99), ("café".to_owned(), 0, Some(Encoding::Windows1252)));
        assert_eq!(
            decoded(b"\xC3\xA4\xC3\xA4 caf\xE9", Encoding::Utf8, 99),
            ("ää café".to_owned(), 1, Some(Encoding::Utf8))
        );
        assert_eq!(
            decoded(b"a\0\0\xD8b\0x", Encoding::Utf16Le, 99),
            ("a\u{fffd}b\u{fffd}".to_owned(), 3, Some(Encoding::Utf16Le))
        );
    }

    #[test]
    fn binary_ends_a_text() {
        let mut bytes = b"line\n".repeat(200);
        bytes.extend((0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8));
        let mut decoder = Decoder::new(&bytes[..], Encoding::Utf8, false);
        let mut text = String::new();
        assert!(decoder.fill(1000, &mut text).is_ok());
        assert!(decoder.fill(1000, &mut text).is_err());
        assert_eq!(text.len(), 1000);
    }
}
