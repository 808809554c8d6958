//! Object ids: a keyed permutation of (class, index), dressed as version 4 GUIDs (RFC 9562 §5.4).
//!
//! Because the permutation can be undone, an id that a request names is found without any table: that is what
//! keeps a tenant of a million users at a few bytes. Not a security function: a Feistel network over 122 bits with
//! a fast mixer, unique by construction, nothing more.

use std::fmt::Write;

/// What an id belongs to. The number is part of the permuted value, so ids of different classes never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Class {
    /// A user.
    User = 1,
    /// A device's object id.
    Device = 2,
    /// A device's `deviceId`.
    DeviceRegistration = 3,
    /// A group.
    Group = 4,
    /// An application's object id.
    Application = 5,
    /// An application's client id.
    AppId = 6,
    /// A service principal.
    ServicePrincipal = 7,
    /// An organisational contact.
    Contact = 8,
    /// A soft-deleted user.
    DeletedUser = 9,
    /// An on-premises objectGUID.
    OnPremises = 10,
    /// A credential's key id.
    Key = 11,
    /// The `[GID]`, `[HWID]` and `[ZTDID]` of a device.
    Hardware = 12,
    /// A user's PUID and other per-user numbers.
    Account = 13,
    /// Anything with a name of its own: policies, locations, agents.
    Named = 14,
    /// Free for logs: request, correlation and session ids of event `index`.
    Event = 15,
}

const HALF: u64 = (1 << 61) - 1;
const ROUNDS: u64 = 4;

/// A well-mixed function of two numbers (the finaliser of SplitMix64).
pub fn mix(seed: u64, value: u64) -> u64 {
    let mut z = seed.rotate_left(17) ^ value.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A well-mixed function of a number and a text.
pub fn mix_text(seed: u64, text: &str) -> u64 {
    text.bytes().fold(mix(seed, text.len() as u64), |state, byte| mix(state, u64::from(byte)))
}

/// The 128 bits of the id of `index` (below 2^61) of `class`.
pub fn guid_bits(seed: u64, class: Class, index: u64) -> u128 {
    let (mut left, mut right) = (class as u64, index & HALF);
    for round in 0..ROUNDS {
        (left, right) = (right, left ^ (mix(seed ^ round, right) & HALF));
    }
    dress((u128::from(left) << 61) | u128::from(right))
}

/// Undoes [`guid_bits`]: the index, if these bits are the id of some index of `class`.
pub(super) fn index_of(seed: u64, class: Class, bits: u128) -> Option<u64> {
    let bare = undress(bits)?;
    let (mut left, mut right) = ((bare >> 61) as u64 & HALF, bare as u64 & HALF);
    for round in (0..ROUNDS).rev() {
        (left, right) = (right ^ (mix(seed ^ round, left) & HALF), left);
    }
    (left == class as u64).then_some(right)
}

/// Puts version 4 and the variant of RFC 9562 into 122 free bits.
fn dress(bits: u128) -> u128 {
    let high = bits >> 74;
    let middle = (bits >> 62) & 0xFFF;
    let low = bits & ((1 << 62) - 1);
    (high << 80) | (4 << 76) | (middle << 64) | (0b10 << 62) | low
}

fn undress(bits: u128) -> Option<u128> {
    ((bits >> 76) & 0xF == 4 && (bits >> 62) & 0b11 == 0b10)
        .then_some((bits >> 80) << 74 | ((bits >> 64) & 0xFFF) << 62 | bits & ((1 << 62) - 1))
}

/// `8-4-4-4-12` lower-case hexadecimal digits.
pub fn guid_text(bits: u128) -> String {
    let digits = format!("{bits:032x}");
    let mut text = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// Reads a GUID with dashes, in either case.
pub fn guid_of(text: &str) -> Option<u128> {
    let dashes = text.len() == 36 && [8, 13, 18, 23].iter().all(|&at| text.as_bytes().get(at) == Some(&b'-'));
    let digits: String = text.chars().filter(|&c| c != '-').collect();
    (dashes && digits.len() == 32).then(|| u128::from_str_radix(&digits, 16).ok()).flatten()
}

/// The bytes of a GUID as Windows stores them: the first three fields little-endian.
pub fn guid_windows_bytes(bits: u128) -> [u8; 16] {
    let mut bytes = bits.to_be_bytes();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

/// The SID that Entra derives from an object id: `S-1-12-1-` and four little-endian words.
pub fn cloud_sid(bits: u128) -> String {
    let mut text = "S-1-12-1".to_owned();
    for word in guid_windows_bytes(bits).chunks_exact(4) {
        let value = word.iter().rev().fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
        let _ = write!(text, "-{value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_invertible_and_of_one_class() {
        for index in [0, 1, 77, 999_999, HALF] {
            let bits = guid_bits(7, Class::User, index);
            assert_eq!(guid_of(&guid_text(bits)), Some(bits));
            assert_eq!(index_of(7, Class::User, bits), Some(index));
            assert_eq!(index_of(7, Class::Device, bits), None);
            assert_eq!(index_of(8, Class::User, bits), None);
        }
    }

    #[test]
    fn a_foreign_guid_has_no_index() {
        assert_eq!(guid_of("00000003-0000-0000-c000-00000000000"), None);
        let graph = guid_of("00000003-0000-0000-c000-000000000000").expect("a GUID");
        assert_eq!(index_of(7, Class::AppId, graph), None);
    }

    #[test]
    fn a_cloud_sid_holds_the_object_id() {
        let bits = guid_of("73d664e4-0886-4a73-b745-c694da45ddb4").expect("a GUID");
        assert_eq!(cloud_sid(bits), "S-1-12-1-1943430372-1249052806-2496021943-3034400218");
    }
}
