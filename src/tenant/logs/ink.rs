//! Writing JSON by hand: the log path builds no value trees.
//!
//! Takes values, appends their text. Whoever writes is answerable for commas and brackets; tests parse every kind of
//! record.

use super::super::instant::{self, Ticks};

/// Appends JSON to a buffer.
pub(crate) trait Ink {
    /// Text as it is: punctuation, keys, constants.
    fn raw(&mut self, text: &str) -> &mut Self;
    /// A string: quotes and escapes.
    fn quoted(&mut self, text: &str) -> &mut Self;
    /// A string or `null`.
    fn maybe(&mut self, text: Option<&str>) -> &mut Self;
    /// A GUID, without quotes.
    fn guid(&mut self, bits: u128) -> &mut Self;
    /// A decimal number.
    fn number(&mut self, value: u64) -> &mut Self;
    /// An instant, without quotes.
    fn instant(&mut self, at: Ticks) -> &mut Self;
}

static PAIRS: [[u8; 2]; 256] = {
    let digits = *b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

impl Ink for Vec<u8> {
    fn raw(&mut self, text: &str) -> &mut Self {
        self.extend_from_slice(text.as_bytes());
        self
    }

    fn quoted(&mut self, text: &str) -> &mut Self {
        self.push(b'"');
        crate::json::escape_into(text, self);
        self.push(b'"');
        self
    }

    fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.quoted(text),
            None => self.raw("null"),
        }
    }

    fn guid(&mut self, bits: u128) -> &mut Self {
        let mut text = *b"00000000-0000-0000-0000-000000000000";
        for (byte, at) in bits.to_be_bytes().iter().zip([0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]) {
            text[at..at + 2].copy_from_slice(&PAIRS[usize::from(*byte)]);
        }
        self.extend_from_slice(&text);
        self
    }

    fn number(&mut self, mut value: u64) -> &mut Self {
        let mut text = [0_u8; 20];
        let mut at = text.len();
        loop {
            at -= 1;
            text[at] = b'0' + (value % 10) as u8;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        self.extend_from_slice(&text[at..]);
        self
    }

    fn instant(&mut self, at: Ticks) -> &mut Self {
        instant::write(at, self);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids_are_written_as_format_would() {
        for value in [0, 9, 10, 99_999, u64::MAX] {
            let mut out = Vec::new();
            out.number(value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
        let mut out = Vec::new();
        out.guid(0x0000_0003_0000_4000_c000_0000_0000_00ff).raw(",").maybe(None).raw(",").maybe(Some("a\"b"));
        assert_eq!(String::from_utf8(out).unwrap(), "00000003-0000-4000-c000-0000000000ff,null,\"a\\\"b\"");
    }
}
