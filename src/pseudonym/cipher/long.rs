//! Tokens of texts that do not fit into 48 symbols: AES-256-SIV (RFC 5297), base32.
//!
//! The text is padded with 0xFF bytes (never part of UTF-8) so that tag and text fill whole groups of eight symbols:
//! 56, 64, 72 … symbols, always longer than the short tokens. Deterministic because SIV derives its nonce from the
//! text. Never called with a text beyond the cap.

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use zeroize::Zeroizing;

use super::{SYMBOLS, symbol_value};

const TAG_BYTES: usize = 16;
const GROUP_BYTES: usize = 5;
const GROUP_SYMBOLS: usize = 8;
/// 16 + 19 bytes, the first whole group count above 48 symbols.
const BYTES_MIN: usize = 35;
const PADDING: u8 = 0xff;

/// The key of long tokens. The crate's cipher changes state while it works, so it is set up for every token (0.4 µs).
pub(super) struct Long(Zeroizing<[u8; 64]>);

impl Long {
    pub(super) fn new(key: &[u8; 64]) -> Self {
        Self(Zeroizing::new(*key))
    }

    /// Appends the symbols of the token; gives `false` and appends nothing when the cipher refuses.
    pub(super) fn seal(&self, text: &str, out: &mut String) -> bool {
        let total = (TAG_BYTES + text.len()).max(BYTES_MIN).next_multiple_of(GROUP_BYTES);
        let mut plain = text.as_bytes().to_vec();
        plain.resize(total - TAG_BYTES, PADDING);
        let Ok(sealed) = self.cipher().encrypt::<[&[u8]; 0], &[u8]>([], &plain) else { return false };
        for group in sealed.chunks_exact(GROUP_BYTES) {
            let number = group.iter().fold(0_u64, |n, byte| (n << 8) | u64::from(*byte));
            (0..GROUP_SYMBOLS).rev().for_each(|at| out.push(char::from(SYMBOLS[(number >> (5 * at)) as usize & 31])));
        }
        true
    }

    /// The text of a token's symbols, or `None` when the tag does not verify.
    pub(super) fn open(&self, symbols: &[u8]) -> Option<String> {
        if !symbols.len().is_multiple_of(GROUP_SYMBOLS) {
            return None;
        }
        let mut sealed = Vec::with_capacity(symbols.len() / GROUP_SYMBOLS * GROUP_BYTES);
        for group in symbols.chunks_exact(GROUP_SYMBOLS) {
            let number = group.iter().try_fold(0_u64, |n, s| Some((n << 5) | u64::from(symbol_value(*s)?)))?;
            sealed.extend_from_slice(number.to_be_bytes().get(8 - GROUP_BYTES..)?);
        }
        let mut plain = self.cipher().decrypt::<[&[u8]; 0], &[u8]>([], &sealed).ok()?;
        while plain.last() == Some(&PADDING) {
            plain.pop();
        }
        String::from_utf8(plain).ok()
    }

    fn cipher(&self) -> Aes256Siv {
        Aes256Siv::new((&*self.0).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    /// RFC 5297, A.1 (AES-128 halves): the crate computes what the standard says.
    #[test]
    fn rfc_5297_example() {
        let key = hex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        let header = hex("101112131415161718191a1b1c1d1e1f2021222324252627");
        let plain = hex("112233445566778899aabbccddee");
        let mut siv = aes_siv::siv::Aes128Siv::new_from_slice(&key).unwrap();
        let sealed = siv.encrypt([&header], &plain).unwrap();
        assert_eq!(sealed, hex("85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"));
    }

    #[test]
    fn every_length_comes_back_and_no_symbol_can_be_changed() {
        let long = Long::new(&[3; 64]);
        for length in 0..200 {
            let text = "ä".repeat(length / 2) + &"x".repeat(length % 2);
            let mut token = String::new();
            assert!(long.seal(&text, &mut token));
            assert!(token.len() >= 56 && token.len().is_multiple_of(8));
            assert!(long.open(token.as_bytes()) == Some(text));
            let mut changed = token.into_bytes();
            changed[length % 56] = if changed[length % 56] == b'0' { b'1' } else { b'0' };
            assert!(long.open(&changed).is_none());
        }
    }
}
