//! The direction of a walk through a value: sealing, opening, or neither.
//!
//! The maps take a value apart once, the same way for a real value and its pseudonym, and hand every identifying part
//! to a [`Turn`]: [`Seal`] makes pseudonyms, [`Open`] undoes them and counts the proof, [`Plain`] writes the canonical
//! form. So what is made can be undone by construction. A `Turn` never sees the outer form.

use crate::catalog::Kind;
use crate::pseudonym::canonical::canonical;
use crate::pseudonym::cipher::{Atom, Cipher, Field, Network};

use super::NotThisKind;
use super::guid::dashed;

/// Says of a part (its kind and its text) whether it stays as it is.
pub type Keep<'a> = &'a (dyn Fn(Kind, &str) -> bool + 'a);

/// What is done with the identifying parts of a value.
pub(crate) trait Turn {
    /// Whether this part stays as it is.
    fn keeps(&self, _kind: Kind, _value: &str) -> bool {
        false
    }
    /// Whether this GUID stays as it is.
    fn keeps_guid(&self, _kind: Kind, _guid: u128) -> bool {
        false
    }
    /// A name-like text. Empty text stays empty.
    fn name(&mut self, text: &str, out: &mut String) -> Result<(), NotThisKind>;
    /// A GUID.
    fn guid(&mut self, guid: u128) -> u128;
    /// A fixed-width field.
    fn field(&mut self, field: Field, value: u128) -> u128;
    /// An IPv4 address.
    fn ipv4(&mut self, address: u32) -> u32;
    /// An IPv6 address.
    fn ipv6(&mut self, address: u128) -> u128;
    /// A network: `None` when its addresses do not stay together.
    fn network(&mut self, network: Network) -> Option<Vec<Network>>;
    /// Decimal digits, in place.
    fn digits(&mut self, digits: &mut [u8]) -> Result<(), NotThisKind>;
    /// A digest of a part that cannot be undone: `None` when the part is to be written as it is.
    fn one_way(&mut self, purpose: &str, value: &[u8]) -> Result<Option<[u8; 32]>, NotThisKind>;
}

/// Makes pseudonyms.
pub(crate) struct Seal<'a> {
    pub(crate) cipher: &'a dyn Cipher,
    pub(crate) keep: Option<Keep<'a>>,
}

impl Turn for Seal<'_> {
    fn keeps(&self, kind: Kind, value: &str) -> bool {
        self.keep.is_some_and(|keep| keep(kind, value))
    }

    fn keeps_guid(&self, kind: Kind, guid: u128) -> bool {
        self.keep.is_some_and(|keep| keep(kind, &dashed(guid)))
    }

    fn name(&mut self, text: &str, out: &mut String) -> Result<(), NotThisKind> {
        self.cipher.seal_atom(&canonical(text), out);
        Ok(())
    }

    fn guid(&mut self, guid: u128) -> u128 {
        self.cipher.seal_guid(guid)
    }

    fn field(&mut self, field: Field, value: u128) -> u128 {
        self.cipher.seal_field(field, value)
    }

    fn ipv4(&mut self, address: u32) -> u32 {
        self.cipher.seal_ipv4(address)
    }

    fn ipv6(&mut self, address: u128) -> u128 {
        self.cipher.seal_ipv6(address)
    }

    fn network(&mut self, network: Network) -> Option<Vec<Network>> {
        self.cipher.seal_network(network)
    }

    fn digits(&mut self, digits: &mut [u8]) -> Result<(), NotThisKind> {
        self.cipher.seal_digits(digits);
        Ok(())
    }

    fn one_way(&mut self, purpose: &str, value: &[u8]) -> Result<Option<[u8; 32]>, NotThisKind> {
        Ok(Some(self.cipher.fingerprint(purpose, value)))
    }
}

/// Undoes pseudonyms and counts what proves them.
pub(crate) struct Open<'a> {
    pub(crate) cipher: &'a dyn Cipher,
    /// Parts whose check symbols verified.
    pub(crate) proven: usize,
    /// Parts that were undone without proof: GUIDs, SIDs, addresses, digits.
    pub(crate) unproven: usize,
}

impl<'a> Open<'a> {
    pub(crate) fn new(cipher: &'a dyn Cipher) -> Self {
        Self { cipher, proven: 0, unproven: 0 }
    }
}

impl Turn for Open<'_> {
    fn name(&mut self, text: &str, out: &mut String) -> Result<(), NotThisKind> {
        if text.is_empty() {
            return Ok(());
        }
        match self.cipher.open_atom(&canonical(text)) {
            Some(Atom::Text(text)) => out.push_str(&text),
            Some(Atom::Digest) => out.push_str(super::TOO_LONG),
            None => return Err(NotThisKind),
        }
        self.proven += 1;
        Ok(())
    }

    fn guid(&mut self, guid: u128) -> u128 {
        self.unproven += 1;
        self.cipher.open_guid(guid)
    }

    fn field(&mut self, field: Field, value: u128) -> u128 {
        self.unproven += 1;
        self.cipher.open_field(field, value)
    }

    fn ipv4(&mut self, address: u32) -> u32 {
        self.unproven += 1;
        self.cipher.open_ipv4(address)
    }

    fn ipv6(&mut self, address: u128) -> u128 {
        self.unproven += 1;
        self.cipher.open_ipv6(address)
    }

    fn network(&mut self, network: Network) -> Option<Vec<Network>> {
        self.unproven += 1;
        self.cipher.open_network(network)
    }

    fn digits(&mut self, digits: &mut [u8]) -> Result<(), NotThisKind> {
        self.unproven += 1;
        if self.cipher.open_digits(digits) { Ok(()) } else { Err(NotThisKind) }
    }

    fn one_way(&mut self, _purpose: &str, _value: &[u8]) -> Result<Option<[u8; 32]>, NotThisKind> {
        Err(NotThisKind)
    }
}

/// Changes nothing but the spelling: gives the canonical form.
pub(crate) struct Plain;

impl Turn for Plain {
    fn name(&mut self, text: &str, out: &mut String) -> Result<(), NotThisKind> {
        out.push_str(&canonical(text));
        Ok(())
    }

    fn guid(&mut self, guid: u128) -> u128 {
        guid
    }

    fn field(&mut self, _field: Field, value: u128) -> u128 {
        value
    }

    fn ipv4(&mut self, address: u32) -> u32 {
        address
    }

    fn ipv6(&mut self, address: u128) -> u128 {
        address
    }

    fn network(&mut self, network: Network) -> Option<Vec<Network>> {
        Some(vec![network])
    }

    fn digits(&mut self, _digits: &mut [u8]) -> Result<(), NotThisKind> {
        Ok(())
    }

    fn one_way(&mut self, _purpose: &str, _value: &[u8]) -> Result<Option<[u8; 32]>, NotThisKind> {
        Ok(None)
    }
}
