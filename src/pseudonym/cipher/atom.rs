//! Name tokens: `px` and lower-case Crockford base32, fit for DNS labels, account names and mail addresses.
//!
//! Takes canonical text (see `canonical`) and gives one token for it, whatever field it stood in: that keeps joins
//! between an account, a mail address, a host and a distinguished name. 12 to 48 symbols are FF1 (radix 32) over a
//! packing with 20 zero check bits; 56 symbols and more are AES-SIV; a text beyond the cap becomes a keyed digest in a
//! 48-symbol token. So with the key a token can be told from a name (chance of error below 2^-20), without it not.
//! A token made with the same key is its own token: pseudonymising twice changes nothing.

use aes::Aes256;
use aes::cipher::KeyInit;

use super::ff1::Domain;
use super::long::Long;
use super::pack::{self, LENGTHS, Packed, SYMBOLS_MAX, SYMBOLS_MIN, Unpacked};
use super::{Atom, SYMBOLS, symbol_value};
use crate::limits::ATOM_BYTES_MAX;

/// What every name token begins with.
pub(super) const PREFIX: &str = "px";

/// The keys of name tokens.
pub(super) struct Atoms {
    cipher: Aes256,
    /// One domain per length: 12, 16 … 48 symbols.
    domains: [Domain; LENGTHS],
    long: Long,
}

impl Atoms {
    /// `None` cannot happen: the domains are within FF1's bounds (tested).
    pub(super) fn new(key: &[u8; 32], long_key: &[u8; 64]) -> Option<Self> {
        let cipher = Aes256::new(key.into());
        let mut made = Vec::with_capacity(LENGTHS);
        for symbols in (SYMBOLS_MIN..=SYMBOLS_MAX).filter(|s| pack::length_index(*s).is_some()) {
            made.push(Domain::new(&cipher, 32, u32::try_from(symbols).ok()?, &[])?);
        }
        Some(Self { cipher, domains: made.try_into().ok()?, long: Long::new(long_key) })
    }

    /// Appends the token of `canonical`; `digest` is asked for when the text is beyond the cap.
    pub(super) fn seal(&self, canonical: &str, digest: impl FnOnce() -> [u8; 32], out: &mut String) {
        if canonical.is_empty() || self.made_here(canonical) {
            out.push_str(canonical);
            return;
        }
        out.push_str(PREFIX);
        if let Some(packed) = pack::pack(canonical) {
            return self.write(packed, out);
        }
        if canonical.len() > ATOM_BYTES_MAX || !self.long.seal(canonical, out) {
            self.write(pack::pack_digest(&digest()), out);
        }
    }

    /// Opens a token, or `None` when it is not one of this key.
    pub(super) fn open(&self, token: &str) -> Option<Atom> {
        let symbols = token.strip_prefix(PREFIX)?.as_bytes();
        if symbols.len() > SYMBOLS_MAX {
            return self.long.open(symbols).map(Atom::Text);
        }
        let domain = self.domains.get(pack::length_index(symbols.len())?)?;
        let (left, right) = symbols.split_at(symbols.len() / 2);
        let halves = domain.decrypt(&self.cipher, number(left)?, number(right)?);
        match pack::unpack(Packed { symbols: symbols.len(), halves })? {
            Unpacked::Text(text) => Some(Atom::Text(text)),
            Unpacked::Digest => Some(Atom::Digest),
        }
    }

    fn made_here(&self, text: &str) -> bool {
        text.starts_with(PREFIX) && self.open(text).is_some()
    }

    fn write(&self, packed: Packed, out: &mut String) {
        let Some(domain) = pack::length_index(packed.symbols).and_then(|at| self.domains.get(at)) else { return };
        let (left, right) = domain.encrypt(&self.cipher, packed.halves.0, packed.halves.1);
        let half = packed.symbols / 2;
        let mut symbols = [0; SYMBOLS_MAX];
        for at in 0..half {
            let shift = 5 * (half - 1 - at);
            symbols[at] = SYMBOLS[(left >> shift) as usize & 31];
            symbols[half + at] = SYMBOLS[(right >> shift) as usize & 31];
        }
        out.extend(symbols.iter().take(packed.symbols).map(|s| char::from(*s)));
    }
}

fn number(symbols: &[u8]) -> Option<u128> {
    symbols.iter().try_fold(0_u128, |n, s| Some((n << 5) | u128::from(symbol_value(*s)?)))
}
