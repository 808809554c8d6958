//! The hash under which keys are found, in any ASCII case.
//!
//! Takes the bytes of a key, gives a number. Knows no rows.

/// A hash of a key that does not see ASCII case: length, first and last eight bytes. The table compares the rest.
#[inline]
pub(super) fn digest(key: &[u8]) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let word = |bytes: &[u8]| {
        let mut word = [0u8; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word) | CASE
    };
    let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first) | CASE, u64::from_le_bytes(*last) | CASE),
        _ => (word(key), 0),
    };
    let mixed =
        (first ^ key.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ last.wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    (mixed ^ mixed >> 29).wrapping_mul(0xff51_afd7_ed55_8ccd)
}
