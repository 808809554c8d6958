//! IP addresses: prefix-preserving within their class.
//!
//! Two addresses that share their first *k* bits share them afterwards, so subnets, ranges and "same network" stay
//! visible. Bit *i* is flipped by one bit of AES-256 over the bits in front of it (Xu, Fan, Ammar, Moon 2002); the
//! blocks of all bits are encrypted in one call. A class stays a class: addresses of a private block stay in the
//! block; public ones are encrypted over all bits and *cycle-walked* until they are public again (the relation is
//! exact for prefixes of 16 bits and more, and breaks for a few pairs above). Constants ([`v4_kept`], [`v6_kept`]) are
//! kept. IPv6: the first 64 bits like this, the interface id by FF1; embedded IPv4 addresses as IPv4.
//!
//! Known weakness, by design: who learns one pair learns that prefix for every address that shares it. No check bits.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit, consts::U16};

use super::ff1::Domain;

/// The keys of addresses.
pub(super) struct Addresses {
    v4: Aes256,
    v6: Aes256,
    interface: (Aes256, Domain),
}

impl Addresses {
    pub(super) fn new(v4: &[u8; 32], v6: &[u8; 32], interface: &[u8; 32]) -> Option<Self> {
        let cipher = Aes256::new(interface.into());
        let domain = Domain::new(&cipher, 2, 64, &[])?;
        Some(Self { v4: Aes256::new(v4.into()), v6: Aes256::new(v6.into()), interface: (cipher, domain) })
    }

    pub(super) fn v4(&self, address: u32, way: Way) -> u32 {
        let class = v4_class(address);
        let Some(fixed) = class else { return address };
        let mut value = address;
        loop {
            value = self.v4_step(value, fixed, 32, way);
            if v4_class(value) == class {
                return value;
            }
        }
    }

    /// Turns the bits `fixed..to` once, whatever class comes out.
    pub(super) fn v4_step(&self, address: u32, fixed: u32, to: u32, way: Way) -> u32 {
        (turned(&self.v4, u64::from(address) << 32, fixed, to, class_tag(fixed), way) >> 32) as u32
    }

    pub(super) fn v6(&self, address: u128, way: Way) -> u128 {
        let class = v6_class(address);
        let mut value = address;
        loop {
            value = self.v6_step(class, value, way);
            if v6_class(value) == class {
                return value;
            }
        }
    }

    fn v6_step(&self, class: V6, value: u128, way: Way) -> u128 {
        match class {
            V6::Kept => value,
            V6::EmbeddedV4 => (value >> 32 << 32) | u128::from(self.v4(value as u32, way)),
            V6::LowerHalf | V6::SixToFour | V6::Upper(_) => {
                self.v6_upper_step(class, value, 64, way) >> 64 << 64 | u128::from(self.interface(value as u64, way))
            }
        }
    }

    /// Turns the upper half once up to bit `to` (at least 48 for 6to4), whatever class comes out. The lower half stays.
    pub(super) fn v6_upper_step(&self, class: V6, value: u128, to: u32, way: Way) -> u128 {
        let net = (value >> 64) as u64;
        let net = match class {
            V6::Kept | V6::EmbeddedV4 | V6::LowerHalf => net,
            V6::SixToFour => {
                let inner = self.v4((net >> 16) as u32, way);
                let network = (net >> 48 << 48) | (u64::from(inner) << 16);
                // The subnet bits hang below the real network in both directions.
                let real = if way == Way::Seal { net >> 16 << 16 } else { network };
                network | turned(&self.v6, real | (net & 0xffff), 48, to, class_tag(48), way) & 0xffff
            }
            V6::Upper(fixed) => turned(&self.v6, net, fixed, to, class_tag(fixed), way),
        };
        (u128::from(net) << 64) | (value & u128::from(u64::MAX))
    }

    fn interface(&self, id: u64, way: Way) -> u64 {
        let (cipher, domain) = &self.interface;
        let (left, right) = (u128::from(id >> 32), u128::from(id & 0xffff_ffff));
        let (left, right) = match way {
            Way::Seal => domain.encrypt(cipher, left, right),
            Way::Open => domain.decrypt(cipher, left, right),
        };
        ((left << 32) | right) as u64
    }
}

/// The direction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Seal,
    Open,
}

/// Turns the bits `from..to` (counted from the top) of `value`; the bits in front of `from` are kept.
fn turned(cipher: &Aes256, value: u64, from: u32, to: u32, tag: u8, way: Way) -> u64 {
    match way {
        Way::Seal => {
            let mut blocks = [Array::<u8, U16>::default(); 64];
            let count = (to - from) as usize;
            for (block, bit) in blocks.iter_mut().zip(from..to) {
                *block = prefix_block(value, bit, tag);
            }
            let used = blocks.get_mut(..count).unwrap_or_default();
            cipher.encrypt_blocks(used);
            used.iter().zip(from..to).fold(value, |v, (block, bit)| v ^ (u64::from(block[15] & 1) << (63 - bit)))
        }
        Way::Open => (from..to).fold(value, |v, bit| {
            let mut block = prefix_block(v, bit, tag);
            cipher.encrypt_block(&mut block);
            v ^ (u64::from(block[15] & 1) << (63 - bit))
        }),
    }
}

/// The block that decides bit `bit`: class, position and the bits in front of it.
fn prefix_block(value: u64, bit: u32, tag: u8) -> Array<u8, U16> {
    let prefix = if bit == 0 { 0 } else { value >> (64 - bit) << (64 - bit) };
    let number = (u128::from(tag) << 72) | (u128::from(bit) << 64) | u128::from(prefix);
    Array::from(number.to_be_bytes())
}

/// Classes differ in how many bits they keep (two blocks of 16 bits differ in the bits themselves).
fn class_tag(fixed: u32) -> u8 {
    fixed as u8
}

/// IPv4 constants that identify nobody: this network, loopback, multicast, reserved, broadcast, and Azure's
/// 168.63.129.16 and 169.254.169.254.
pub fn v4_kept(address: u32) -> bool {
    matches!(address >> 24, 0 | 127 | 224..=255) || matches!(address, 0xa83f_8110 | 0xa9fe_a9fe)
}

/// IPv6 constants: unspecified, loopback, multicast.
pub fn v6_kept(address: u128) -> bool {
    address <= 1 || address >> 120 == 0xff
}

/// The leading bits that the address's block keeps: 0 for public addresses; `None` when the whole address is kept.
pub(super) fn v4_class(address: u32) -> Option<u32> {
    if v4_kept(address) {
        return None;
    }
    let blocks = [(0x0a00_0000, 8), (0x6440_0000, 10), (0xac10_0000, 12), (0xa9fe_0000, 16), (0xc0a8_0000, 16)];
    let within = blocks.into_iter().find(|(network, length): &(u32, u32)| (address ^ network) >> (32 - length) == 0);
    Some(within.map_or(0, |(_, length)| length))
}

/// The classes of [`v4_class`] as prefixes, the longest decides; outside of them all bits turn (`Some(0)`).
pub(super) const V4_CLASSES: [(u128, u32, Option<u32>); 10] = [
    (0, 8, None),
    (0x7f00_0000, 8, None),
    (0xe000_0000, 3, None),
    (0xa83f_8110, 32, None),
    (0xa9fe_a9fe, 32, None),
    (0x0a00_0000, 8, Some(8)),
    (0x6440_0000, 10, Some(10)),
    (0xac10_0000, 12, Some(12)),
    (0xa9fe_0000, 16, Some(16)),
    (0xc0a8_0000, 16, Some(16)),
];

/// The classes of [`v6_class`] as prefixes, the longest decides; outside of them the upper half turns as a whole.
pub(super) const V6_CLASSES: [(u128, u32, V6); 11] = [
    (0, 127, V6::Kept),
    (0xff << 120, 8, V6::Kept),
    (0, 96, V6::EmbeddedV4),
    (0xffff << 32, 96, V6::EmbeddedV4),
    (0x0064_ff9b << 96, 96, V6::EmbeddedV4),
    (0, 64, V6::LowerHalf),
    (0x0064_ff9b << 96, 64, V6::LowerHalf),
    (0xfe80 << 112, 10, V6::LowerHalf),
    (0x2002 << 112, 16, V6::SixToFour),
    (0xfc00 << 112, 7, V6::Upper(8)),
    (0x2000 << 112, 3, V6::Upper(3)),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum V6 {
    Kept,
    /// `::ffff:0:0/96`, `64:ff9b::/96` and `::/96`: the last 32 bits are an IPv4 address.
    EmbeddedV4,
    /// `2002::/16`: bits 16 to 47 are an IPv4 address.
    SixToFour,
    /// The upper half is a constant (link-local and the rest of the embedding blocks): only the interface id turns.
    LowerHalf,
    /// Both halves turn; this many leading bits are kept.
    Upper(u32),
}

pub(super) fn v6_class(address: u128) -> V6 {
    let (upper, middle) = ((address >> 64) as u64, (address >> 32) as u32);
    if v6_kept(address) {
        return V6::Kept;
    }
    match upper {
        0 if matches!(middle, 0 | 0xffff) => V6::EmbeddedV4,
        0x0064_ff9b_0000_0000 if middle == 0 => V6::EmbeddedV4,
        0 | 0x0064_ff9b_0000_0000 => V6::LowerHalf,
        _ if upper >> 48 == 0x2002 => V6::SixToFour,
        _ if upper >> 54 == 0xfe80 >> 6 => V6::LowerHalf,
        _ if upper >> 57 == 0xfc00 >> 9 => V6::Upper(8),
        _ if upper >> 61 == 1 => V6::Upper(3),
        _ => V6::Upper(0),
    }
}
