//! GUIDs: a permutation of all 2^128 values, given as the big-endian number of their text.
//!
//! | input | output | key |
//! |---|---|---|
//! | version 4 | version 8 (RFC 9562 §5.8 "custom"), by FF1 over the 122 free bits | `guid-v4` |
//! | version 8 | version 4, by FF1 over the 122 free bits | `guid-v8`, a *different* key |
//! | any other | any other, by AES-256 over 128 bits, walked until it is neither 4 nor 8 nor a constant | `guid-aes` |
//! | constants ([`kept`]) | themselves | |
//!
//! Version 8 makes a pseudonym visible as such, but proves nothing: a few services use version 8 themselves. With the
//! same key for both directions, pseudonymising a bundle again would reveal it; with two keys it gives a third value.
//! A GUID has no check bits: with a wrong key it opens to a wrong GUID.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

use super::ff1::Domain;

const FREE_HALF_BITS: u32 = 61;

/// The keys of GUIDs.
pub(super) struct Guids {
    from_v4: (Aes256, Domain),
    from_v8: (Aes256, Domain),
    others: Aes256,
}

impl Guids {
    pub(super) fn new(v4: &[u8; 32], v8: &[u8; 32], others: &[u8; 32]) -> Option<Self> {
        let keyed = |key: &[u8; 32]| {
            let cipher = Aes256::new(key.into());
            let domain = Domain::new(&cipher, 2, 2 * FREE_HALF_BITS, &[])?;
            Some((cipher, domain))
        };
        Some(Self { from_v4: keyed(v4)?, from_v8: keyed(v8)?, others: Aes256::new(others.into()) })
    }

    pub(super) fn seal(&self, guid: u128) -> u128 {
        match version(guid) {
            _ if kept(guid) => guid,
            Some(4) => joined(encrypt(&self.from_v4, free_bits(guid)), 8),
            Some(8) => joined(encrypt(&self.from_v8, free_bits(guid)), 4),
            _ => walked(guid, |block| self.others.encrypt_block(block)),
        }
    }

    pub(super) fn open(&self, guid: u128) -> u128 {
        match version(guid) {
            _ if kept(guid) => guid,
            Some(8) => joined(decrypt(&self.from_v4, free_bits(guid)), 4),
            Some(4) => joined(decrypt(&self.from_v8, free_bits(guid)), 8),
            _ => walked(guid, |block| self.others.decrypt_block(block)),
        }
    }
}

/// Constants that identify nobody: nil, all ones, and Microsoft's `xxxxxxxx-0000-0000-c000-000000000000` family.
pub fn kept(guid: u128) -> bool {
    const FAMILY: u128 = 0xc000_0000_0000_0000;
    guid == 0 || guid == u128::MAX || guid & (u128::MAX >> 32) == FAMILY
}

/// The version, or `None` when the variant is not RFC 9562's.
fn version(guid: u128) -> Option<u8> {
    ((guid >> 62) & 3 == 2).then_some(((guid >> 76) & 15) as u8)
}

/// The 122 bits that are neither version nor variant, in halves of 61.
fn free_bits(guid: u128) -> (u128, u128) {
    let (head, middle, tail) = (guid >> 80, (guid >> 64) & 0xfff, guid & ((1 << 62) - 1));
    let bits = (head << 74) | (middle << 62) | tail;
    (bits >> FREE_HALF_BITS, bits & ((1 << FREE_HALF_BITS) - 1))
}

fn joined(halves: (u128, u128), version: u128) -> u128 {
    let bits = (halves.0 << FREE_HALF_BITS) | halves.1;
    let (head, middle, tail) = (bits >> 74, (bits >> 62) & 0xfff, bits & ((1 << 62) - 1));
    (head << 80) | (version << 76) | (middle << 64) | (2 << 62) | tail
}

fn encrypt(keyed: &(Aes256, Domain), halves: (u128, u128)) -> (u128, u128) {
    keyed.1.encrypt(&keyed.0, halves.0, halves.1)
}

fn decrypt(keyed: &(Aes256, Domain), halves: (u128, u128)) -> (u128, u128) {
    keyed.1.decrypt(&keyed.0, halves.0, halves.1)
}

/// Applies the permutation until the result is in the domain again: 31 of 32 values are, so it ends at once.
fn walked(guid: u128, permute: impl Fn(&mut Array<u8, aes::cipher::consts::U16>)) -> u128 {
    let mut block = Array::from(guid.to_be_bytes());
    loop {
        permute(&mut block);
        let value = u128::from_be_bytes(block.into());
        if !kept(value) && !matches!(version(value), Some(4 | 8)) {
            return value;
        }
    }
}
