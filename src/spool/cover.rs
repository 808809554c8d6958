//! What hides a block on the disk: AES-256-GCM (NIST SP 800-38D) under a key that is not there.
//!
//! Takes a compressed run, gives nonce, ciphertext and tag. A spool that is left behind says nothing to anybody without
//! the pseudonym key, and a block that was changed, moved or cut is noticed. The nonce is random, so that a place in the
//! file that is written twice (a resumed run) never shares one; 2³² blocks of one key are far away (4 PiB of records).

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::pseudonym::cipher::Cipher;

/// Bytes that a block is longer on the disk than its run.
pub(super) const COVER_BYTES: usize = NONCE_LEN + TAG_BYTES;
const TAG_BYTES: usize = 16;
const KEY_BYTES: usize = 32;

/// The key of a spool. Wiped when dropped, never printed.
pub struct SpoolKey(Zeroizing<[u8; KEY_BYTES]>);

impl SpoolKey {
    /// The key of all spools that are written with a pseudonym key: a run that goes on has it again.
    pub fn of(cipher: &dyn Cipher) -> Self {
        Self(Zeroizing::new(cipher.fingerprint("spool", b"")))
    }

    /// A key that nobody has again: for a spool that ends with its run.
    pub(super) fn once() -> std::io::Result<Self> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *key).map_err(std::io::Error::other)?;
        Ok(Self(key))
    }
}

/// Hides and opens blocks.
pub(super) struct Cover(LessSafeKey);

/// What stands there was not hidden with this key, at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotOurs;

impl Cover {
    pub(super) fn new(key: &SpoolKey) -> std::io::Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, &*key.0).map_err(|_| std::io::Error::other("no AES-256-GCM"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Hides a run that is written to `offset`.
    pub(super) fn hide(&self, run: &[u8], offset: u64) -> std::io::Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(std::io::Error::other)?;
        let mut stored = Vec::with_capacity(run.len() + COVER_BYTES);
        stored.extend_from_slice(&nonce);
        stored.extend_from_slice(run);
        let body = stored.get_mut(NONCE_LEN..).unwrap_or_default();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(offset.to_le_bytes()), body);
        stored.extend_from_slice(tag.map_err(|_| std::io::Error::other("a block is too long to be hidden"))?.as_ref());
        Ok(stored)
    }

    /// Opens what stands at `offset`: the run.
    pub(super) fn open(&self, mut stored: Vec<u8>, offset: u64) -> Result<Vec<u8>, NotOurs> {
        let (nonce, body) = stored.split_at_mut_checked(NONCE_LEN).ok_or(NotOurs)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotOurs)?;
        let opened = self.0.open_in_place(nonce, Aad::from(offset.to_le_bytes()), body).map_err(|_| NotOurs)?;
        let end = NONCE_LEN + opened.len();
        stored.truncate(end);
        stored.drain(..NONCE_LEN);
        Ok(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_opens_with_its_key_at_its_place_and_unchanged_only() {
        let cover = Cover::new(&SpoolKey::once().unwrap()).unwrap();
        let run = b"a run of deflate".repeat(20);
        let stored = cover.hide(&run, 77).unwrap();
        assert_eq!(stored.len(), run.len() + COVER_BYTES);
        assert!(!stored.windows(8).any(|window| run.windows(8).any(|known| known == window)));
        assert_eq!(cover.open(stored.clone(), 77).unwrap(), run);
        assert_eq!(cover.open(stored.clone(), 78), Err(NotOurs));
        let other = Cover::new(&SpoolKey::once().unwrap()).unwrap();
        assert_eq!(other.open(stored.clone(), 77), Err(NotOurs));
        for at in 0..stored.len() {
            let mut changed = stored.clone();
            changed[at] ^= 1;
            assert_eq!(cover.open(changed, 77), Err(NotOurs));
            assert_eq!(cover.open(stored[..at].to_vec(), 77), Err(NotOurs));
        }
        assert_ne!(cover.hide(&run, 77).unwrap(), stored, "one nonce twice");
    }
}
