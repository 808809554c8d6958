//! What an earlier run with the same key has done already.
//!
//! Names and everything made of them carry check symbols: a pseudonym is recognised and stays. GUIDs, addresses, SIDs,
//! telephone numbers and hardware addresses carry none, and mapping them a second time would give a third value. Takes the
//! policy of the earlier run, gives a cipher that leaves such values of the kinds that it mapped as they are; ids are
//! decided by the gate, because their kind depends on the directory. Right only for data that an earlier run wrote with
//! the same key: a real address in them would pass.

use std::sync::Arc;

use super::cipher::{Atom, Cipher, Field, Network};
use super::gate::Gate;
use super::policy::Policy;
use crate::catalog::{IdentifierShape, Kind, Treatment, identifiers};

/// The cipher of the second run.
pub(super) struct Settled {
    inner: Arc<dyn Cipher>,
    earlier: Policy,
}

impl Settled {
    pub(super) fn new(inner: Arc<dyn Cipher>, earlier: Policy) -> Self {
        Self { inner, earlier }
    }

    fn has(&self, kind: Kind) -> bool {
        self.earlier.treatment(kind) == Treatment::Map
    }
}

impl Cipher for Settled {
    fn key_id(&self) -> &str {
        self.inner.key_id()
    }

    fn seal_atom(&self, canonical: &str, out: &mut String) {
        self.inner.seal_atom(canonical, out);
    }

    fn open_atom(&self, token: &str) -> Option<Atom> {
        self.inner.open_atom(token)
    }

    fn seal_guid(&self, guid: u128) -> u128 {
        self.inner.seal_guid(guid)
    }

    fn open_guid(&self, guid: u128) -> u128 {
        self.inner.open_guid(guid)
    }

    fn seal_field(&self, field: Field, value: u128) -> u128 {
        let kind = match field {
            Field::SidDomain | Field::Rid => Kind::Sid,
            Field::Puid => Kind::Puid,
            Field::Installation => Kind::Account,
            Field::Mac => Kind::Serial,
        };
        if self.has(kind) { value } else { self.inner.seal_field(field, value) }
    }

    fn open_field(&self, field: Field, value: u128) -> u128 {
        self.inner.open_field(field, value)
    }

    fn seal_ipv4(&self, address: u32) -> u32 {
        if self.has(Kind::Ip) { address } else { self.inner.seal_ipv4(address) }
    }

    fn open_ipv4(&self, address: u32) -> u32 {
        self.inner.open_ipv4(address)
    }

    fn seal_ipv6(&self, address: u128) -> u128 {
        if self.has(Kind::Ip) { address } else { self.inner.seal_ipv6(address) }
    }

    fn open_ipv6(&self, address: u128) -> u128 {
        self.inner.open_ipv6(address)
    }

    fn seal_network(&self, network: Network) -> Option<Vec<Network>> {
        if self.has(Kind::IpRange) { Some(vec![network]) } else { self.inner.seal_network(network) }
    }

    fn open_network(&self, network: Network) -> Option<Vec<Network>> {
        self.inner.open_network(network)
    }

    fn seal_digits(&self, digits: &mut [u8]) -> bool {
        self.has(Kind::Phone) || self.inner.seal_digits(digits)
    }

    fn open_digits(&self, digits: &mut [u8]) -> bool {
        self.inner.open_digits(digits)
    }

    fn fingerprint(&self, purpose: &str, value: &[u8]) -> [u8; 32] {
        self.inner.fingerprint(purpose, value)
    }
}

impl Gate {
    /// A gate for data that an earlier run wrote with the same key under the policy `earlier`: what that run mapped is
    /// left as it is, and kinds that it kept and this policy maps are mapped now. Ask for it before the first record. With
    /// another key do not ask for it: foreign pseudonyms are values like any other.
    #[must_use]
    pub fn after(mut self, earlier: Policy) -> Self {
        self.cipher = Arc::new(Settled::new(Arc::clone(&self.cipher), earlier.clone()));
        self.earlier = Some(earlier);
        self
    }

    /// Whether an earlier run has mapped values of this kind that show no check: ids and thumbprints.
    pub(super) fn is_settled(&self, kind: Kind) -> bool {
        let has_no_check = kind == Kind::Thumbprint
            || identifiers()
                .get(kind as usize)
                .is_some_and(|row| matches!(row.shape, IdentifierShape::Guid | IdentifierShape::Base64Guid));
        has_no_check && self.earlier.as_ref().is_some_and(|earlier| earlier.treatment(kind) == Treatment::Map)
    }

    /// Whether an id of this kind stays as it is.
    pub(super) fn keeps_id(&self, kind: Kind) -> bool {
        self.is_kept(kind) || self.is_settled(kind)
    }
}
