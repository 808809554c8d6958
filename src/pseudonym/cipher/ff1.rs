//! FF1 format-preserving encryption (NIST SP 800-38G, algorithms 7 and 8).
//!
//! Takes a number pair (the two halves of a numeral string) of a fixed radix and length and gives another pair of
//! the same domain; [`Domain::decrypt`] undoes it. The halves stay in one `u128` each (`radix^half < 2^120`), and
//! everything in front of the last block of `P || Q` is encrypted once per domain, so a round costs one AES call
//! (two when a half is wider than 12 bytes). Never allocates, never fails on a number of the domain.
//!
//! The standard asks for at least a million numeral strings per domain; [`Domain::new`] refuses smaller ones.

use aes::cipher::{Array, BlockCipherEncrypt, consts::U16};

type Block = Array<u8, U16>;

const ROUNDS: u32 = 10;
const HALF_BITS_MAX: u32 = 120;
const STRINGS_MIN: u128 = 1_000_000;

/// One FF1 domain under one key: radix, length and tweak are fixed.
#[derive(Clone)]
pub(crate) struct Domain {
    /// `radix^u` and `radix^v`, the sizes of the left and right half.
    modulus: [u128; 2],
    /// Both moduli are powers of two: reduce by masking.
    binary: bool,
    /// Bytes of a half within `Q`.
    half_bytes: usize,
    /// Bytes of the pseudo-random number that is added in each round.
    sum_bytes: usize,
    /// CBC-MAC state in front of the last block.
    state: [u8; 16],
    /// The last block with the round number and the half left out.
    last: [u8; 16],
}

impl Domain {
    /// The domain of strings of `length` numerals of `radix` under `tweak`, or `None` when it is too small for the
    /// standard or too wide for this implementation.
    pub(crate) fn new<C>(cipher: &C, radix: u32, length: u32, tweak: &[u8]) -> Option<Self>
    where
        C: BlockCipherEncrypt<BlockSize = U16>,
    {
        let (left, right) = (length / 2, length - length / 2);
        if !(2..=65_536).contains(&radix) || length < 2 {
            return None;
        }
        let modulus = [u128::from(radix).checked_pow(left)?, u128::from(radix).checked_pow(right)?];
        let strings = modulus[0].saturating_mul(modulus[1]);
        let half_bits = u128::BITS - (modulus[1] - 1).leading_zeros();
        if strings < STRINGS_MIN || half_bits > HALF_BITS_MAX {
            return None;
        }
        let half_bytes = half_bits.div_ceil(8) as usize;
        let sum_bytes = 4 * half_bytes.div_ceil(4) + 4;

        let mut head = vec![1, 2, 1];
        head.extend_from_slice(&radix.to_be_bytes()[1..]);
        head.extend_from_slice(&[10, left.to_le_bytes()[0]]);
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(&u32::try_from(tweak.len()).ok()?.to_be_bytes());
        head.extend_from_slice(tweak);
        let hole = half_bytes + 1;
        head.resize((head.len() + hole).next_multiple_of(16) - hole, 0);
        head.resize(head.len() + hole, 0);

        let mut state = [0; 16];
        let mut last = [0; 16];
        let blocks = head.len() / 16;
        for (at, chunk) in head.chunks_exact(16).enumerate() {
            if at + 1 == blocks {
                last.copy_from_slice(chunk);
            } else {
                state.iter_mut().zip(chunk).for_each(|(s, c)| *s ^= c);
                state = encrypted(cipher, state);
            }
        }
        let binary = radix.is_power_of_two();
        Some(Self { modulus, binary, half_bytes, sum_bytes, state, last })
    }

    /// Encrypts the string whose halves are the numbers `left` and `right`, under the key the domain was made for.
    pub(crate) fn encrypt<C>(&self, cipher: &C, left: u128, right: u128) -> (u128, u128)
    where
        C: BlockCipherEncrypt<BlockSize = U16>,
    {
        let (mut a, mut b) = (left, right);
        for round in 0..ROUNDS {
            let modulus = self.modulus[(round % 2) as usize];
            let sum = self.round_number(cipher, round, b, modulus);
            let c = if self.binary { a.wrapping_add(sum) & (modulus - 1) } else { (a + sum) % modulus };
            (a, b) = (b, c);
        }
        (a, b)
    }

    /// Undoes [`Self::encrypt`].
    pub(crate) fn decrypt<C>(&self, cipher: &C, left: u128, right: u128) -> (u128, u128)
    where
        C: BlockCipherEncrypt<BlockSize = U16>,
    {
        let (mut a, mut b) = (left, right);
        for round in (0..ROUNDS).rev() {
            let modulus = self.modulus[(round % 2) as usize];
            let sum = self.round_number(cipher, round, a, modulus);
            let c =
                if self.binary { b.wrapping_sub(sum) & (modulus - 1) } else { (b % modulus + modulus - sum) % modulus };
            (a, b) = (c, a);
        }
        (a, b)
    }

    /// `NUM(S) mod modulus` of one round (steps 6.i to 6.v).
    fn round_number<C>(&self, cipher: &C, round: u32, half: u128, modulus: u128) -> u128
    where
        C: BlockCipherEncrypt<BlockSize = U16>,
    {
        // The half fills the last `half_bytes` bytes, the round number stands in front of it.
        let fill = half | (u128::from(round) << (8 * self.half_bytes));
        let block = u128::from_be_bytes(self.last) ^ u128::from_be_bytes(self.state) ^ fill;
        let r = u128::from_be_bytes(encrypted(cipher, block.to_be_bytes()));
        if self.sum_bytes <= 16 {
            let number = r >> (128 - 8 * self.sum_bytes);
            return if self.binary { number & (modulus - 1) } else { number % modulus };
        }
        let more = u128::from_be_bytes(encrypted(cipher, (r ^ 1).to_be_bytes()));
        let more_bytes = self.sum_bytes - 16;
        let tail = more >> (128 - 8 * more_bytes);
        if self.binary {
            return ((r << (8 * more_bytes)) | tail) & (modulus - 1);
        }
        // 20 bytes do not fit: reduce byte by byte, `modulus * 2^8 <= 2^128`.
        let mut rest = r % modulus;
        for at in (0..more_bytes).rev() {
            rest = ((rest << 8) | ((tail >> (8 * at)) & 0xff)) % modulus;
        }
        rest
    }
}

fn encrypted<C: BlockCipherEncrypt<BlockSize = U16>>(cipher: &C, bytes: [u8; 16]) -> [u8; 16] {
    let mut block = Block::from(bytes);
    cipher.encrypt_block(&mut block);
    block.into()
}

#[cfg(test)]
#[path = "ff1_tests.rs"]
mod tests;
