//! Fixed-width fields: each is a binary FF1 domain under its own key.
//!
//! Takes a number below `2^width` and gives another; a RID of 1000 or more stays there (cycle walk), one below is the
//! caller's to keep. Never changes the width. No check bits: a wrong key gives a wrong number.

use aes::Aes256;
use aes::cipher::KeyInit;

use super::Field;
use super::ff1::Domain;

/// Relative identifiers below this are well known.
pub(crate) const RID_MIN: u32 = 1000;

/// The keys of fixed-width fields, one for each [`Field`] in its order.
pub(super) struct Fields([(Aes256, Domain); 5]);

/// The fields in their order, with the purpose of the key and the width in bits.
pub(super) const FIELDS: [(Field, &str, u32); 5] = [
    (Field::SidDomain, "sid", 96),
    (Field::Rid, "rid", 32),
    (Field::Puid, "puid", 64),
    (Field::Installation, "installation", 48),
    (Field::Mac, "mac-address", 46),
];

impl Fields {
    pub(super) fn new(subkey: impl Fn(&str) -> [u8; 32]) -> Option<Self> {
        let mut made = Vec::with_capacity(FIELDS.len());
        for (_, purpose, width) in FIELDS {
            let cipher = Aes256::new((&subkey(purpose)).into());
            let domain = Domain::new(&cipher, 2, width, &[])?;
            made.push((cipher, domain));
        }
        Some(Self(made.try_into().ok()?))
    }

    pub(super) fn seal(&self, field: Field, value: u128) -> u128 {
        self.walk(field, value, |(cipher, domain), (a, b)| domain.encrypt(cipher, a, b))
    }

    pub(super) fn open(&self, field: Field, value: u128) -> u128 {
        self.walk(field, value, |(cipher, domain), (a, b)| domain.decrypt(cipher, a, b))
    }

    fn walk(&self, field: Field, value: u128, turn: impl Fn(&(Aes256, Domain), (u128, u128)) -> (u128, u128)) -> u128 {
        let (_, _, width) = FIELDS[field as usize];
        let half = width / 2;
        let mut value = value;
        loop {
            let (a, b) = turn(&self.0[field as usize], (value >> half, value & ((1 << half) - 1)));
            value = (a << half) | b;
            if field != Field::Rid || value >= u128::from(RID_MIN) {
                return value;
            }
        }
    }
}
