//! MAC addresses: `aa:bb:…`, `aa-bb-…` or `aabb.ccdd.eeff`.
//!
//! 46 of the 48 bits are mapped; the group and the local flag, the broadcast address and the zero address stay.

use super::guid::{hex_digit, push_digit};
use super::{NotThisKind, Turn};
use crate::pseudonym::cipher::Field;

const DIGITS: usize = 12;
/// Group and local flag: the low bits of the first byte.
const FLAGS_SHIFT: u32 = 40;

/// A MAC address.
pub(super) fn mac(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let separators = value.char_indices().filter(|(_, c)| !c.is_ascii_hexdigit()).collect::<Vec<_>>();
    let shaped = match separators.as_slice() {
        [(2, s @ (':' | '-')), (5, t), (8, u), (11, v), (14, w)] => [t, u, v, w].into_iter().all(|other| other == s),
        [(4, '.'), (9, '.')] => true,
        _ => false,
    };
    if !shaped || value.len() - separators.len() != DIGITS {
        return Err(NotThisKind);
    }
    let address = value.bytes().filter_map(hex_digit).fold(0_u64, |n, digit| (n << 4) | u64::from(digit));
    let image = if address == 0 || address == (1 << 48) - 1 { address } else { turned(address, turn) };
    let upper = value.bytes().any(|b| b.is_ascii_uppercase());
    let mut place = DIGITS;
    for c in value.chars() {
        if c.is_ascii_hexdigit() {
            place -= 1;
            push_digit((image >> (4 * place)) as u8 & 15, upper, out);
        } else {
            out.push(c);
        }
    }
    Ok(())
}

fn turned(address: u64, turn: &mut dyn Turn) -> u64 {
    let (flags, low) = ((address >> FLAGS_SHIFT) & 3, address & ((1 << FLAGS_SHIFT) - 1));
    let free = ((address >> (FLAGS_SHIFT + 2)) << FLAGS_SHIFT) | low;
    let image = turn.field(Field::Mac, u128::from(free)) as u64;
    ((image >> FLAGS_SHIFT) << (FLAGS_SHIFT + 2)) | (flags << FLAGS_SHIFT) | (image & ((1 << FLAGS_SHIFT) - 1))
}
