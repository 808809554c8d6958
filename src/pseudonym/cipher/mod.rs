//! The cipher: one trait that says what the maps need, and [`Ff1`], which implements it.
//!
//! Every method is a keyed, deterministic function without state: same key and input, same output, in every thread,
//! process and machine. All but [`Cipher::fingerprint`] are permutations of their domain and can be undone. Takes
//! values already parsed and canonical; never sees a file, never logs, never fails.
//!
//! Design and measurements: README, "What the pseudonyms are"; FF1 is NIST SP 800-38G, long names RFC 5297.

mod atom;
mod bits;
mod digits;
mod ff1;
mod guid;
mod ip;
mod long;
mod network;
mod pack;
mod suite;

pub(crate) use bits::RID_MIN;
pub use guid::kept as guid_kept;
pub use ip::{v4_kept, v6_kept};
pub use network::Network;
pub use suite::Ff1;

/// What a name token says when it is opened.
#[derive(Clone, PartialEq, Eq)]
pub enum Atom {
    /// The canonical text.
    Text(String),
    /// The text was longer than [`crate::limits::ATOM_BYTES_MAX`]: the token is its keyed digest and cannot be undone.
    Digest,
}

/// Fixed-width fields that are encrypted as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The three sub-authorities of `S-1-5-21-x-y-z`, 96 bits.
    SidDomain,
    /// A relative identifier, 32 bits; stays at or above 1000 if it was.
    Rid,
    /// PUID or NetId, 64 bits.
    Puid,
    /// Twelve hexadecimal digits that name a synchronisation installation, 48 bits.
    Installation,
    /// A MAC address without its group and local flags, 46 bits.
    Mac,
}

/// A deterministic, reversible, format-shaped cipher.
pub trait Cipher: Send + Sync {
    /// Public name of the key: 16 lower-case hexadecimal digits. Says nothing about the key itself.
    fn key_id(&self) -> &str;

    /// Appends the token of a canonical text. A token made with the same key is appended as it is.
    fn seal_atom(&self, canonical: &str, out: &mut String);
    /// Opens a token (lower case), or `None` when it was not made with this key.
    fn open_atom(&self, token: &str) -> Option<Atom>;

    /// Maps a GUID, given as the big-endian number of its text: version 4 becomes version 8.
    fn seal_guid(&self, guid: u128) -> u128;
    /// Undoes [`Self::seal_guid`]. A GUID carries no proof: any GUID "opens".
    fn open_guid(&self, guid: u128) -> u128;

    /// Maps a field; bits above its width must be zero.
    fn seal_field(&self, field: Field, value: u128) -> u128;
    /// Undoes [`Self::seal_field`].
    fn open_field(&self, field: Field, value: u128) -> u128;

    /// Maps an IPv4 address, prefix-preserving within its class.
    fn seal_ipv4(&self, address: u32) -> u32;
    /// Undoes [`Self::seal_ipv4`].
    fn open_ipv4(&self, address: u32) -> u32;
    /// Maps an IPv6 address: the upper half prefix-preserving within its class, the interface id as a whole.
    fn seal_ipv6(&self, address: u128) -> u128;
    /// Undoes [`Self::seal_ipv6`].
    fn open_ipv6(&self, address: u128) -> u128;

    /// The networks that the addresses of a network are mapped to, sorted: an address lies in the network exactly if its
    /// pseudonym lies in one of them. Nearly always one, of the same length. `None` for a part of an IPv6 subnet (length 65
    /// to 127), whose addresses do not stay together.
    fn seal_network(&self, network: Network) -> Option<Vec<Network>>;
    /// Undoes [`Self::seal_network`], one network at a time.
    fn open_network(&self, network: Network) -> Option<Vec<Network>>;

    /// Maps decimal digits (0–9 as numbers) in place, keeping their count. Fewer than six digits, or more than
    /// thirty, are replaced by keyed digits that cannot be undone; gives whether they can.
    fn seal_digits(&self, digits: &mut [u8]) -> bool;
    /// Undoes [`Self::seal_digits`]; gives `false` and leaves the digits alone when that cannot be done.
    fn open_digits(&self, digits: &mut [u8]) -> bool;

    /// A keyed one-way digest (HMAC-SHA-256), different for every purpose.
    fn fingerprint(&self, purpose: &str, value: &[u8]) -> [u8; 32];
}

/// Lower-case Crockford base32: no `i`, `l`, `o`, `u`.
pub(crate) const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The value of a symbol, lower case only.
pub(crate) fn symbol_value(symbol: u8) -> Option<u8> {
    match SYMBOL_VALUES[usize::from(symbol)] {
        NO_SYMBOL => None,
        value => Some(value),
    }
}

const NO_SYMBOL: u8 = 0xff;
static SYMBOL_VALUES: [u8; 256] = {
    let mut values = [NO_SYMBOL; 256];
    let mut at = 0;
    while at < 32 {
        values[SYMBOLS[at] as usize] = at as u8;
        at += 1;
    }
    values
};

#[cfg(test)]
#[path = "cipher_tests.rs"]
pub(crate) mod tests;
