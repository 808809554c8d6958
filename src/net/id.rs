//! The `client-request-id` of a request, and the random-looking part of a pause.
//!
//! Takes the run's id, the request and how often it was tried, gives the same answer every time: a run that is
//! repeated asks with the same ids. The id says nothing about the address, as the run's id is a key to it.

use sha2::{Digest, Sha256};

/// 16 bytes that depend on all parts.
pub(super) fn digest(run: &str, parts: &[&[u8]], number: u64) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update((run.len() as u64).to_be_bytes());
    hash.update(run);
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(number.to_be_bytes());
    let mut out = [0; 16];
    out.copy_from_slice(hash.finalize().split_at(16).0);
    out
}

/// A UUID version 8 (RFC 9562) made of the digest.
pub(super) fn guid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let number = u128::from_be_bytes(bytes);
    let hex = format!("{number:032x}");
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}

/// A fraction in [0, 1).
pub(super) fn fraction(bytes: [u8; 16]) -> f64 {
    f64::from(u16::from_be_bytes([bytes[0], bytes[1]])) / 65_536.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_repeat_and_differ_where_they_must() {
        let id = |run, path: &[u8], number| guid(digest(run, &[path], number));
        assert_eq!(id("run", b"/users", 1), id("run", b"/users", 1));
        assert_ne!(id("run", b"/users", 1), id("run", b"/users", 2));
        assert_ne!(id("run", b"/users", 1), id("nur", b"/users", 1));
        let text = id("run", b"/users", 1);
        assert_eq!((text.len(), text.as_bytes()[14]), (36, b'8'));
        assert!((0.0..1.0).contains(&fraction([255; 16])));
    }
}
