//! Reads a reply's body while it streams, and stops at the cap.
//!
//! Pages are megabytes long, come by the thousand and live for a moment, between small things that live longer: an
//! allocator that gives their room away in between needs new room for each. Therefore long bodies are read into buffers
//! that are used again.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

use super::Fault;
use crate::limits::{BODY_BUFFER_BYTES_MAX, BODY_BUFFER_BYTES_MIN, BODY_BUFFERS_MAX};

/// Why a body is not there.
pub(super) enum BodyFault {
    /// Longer than the cap (after decompression).
    TooLarge,
    /// Worth another try.
    Fault(Fault),
}

/// Buffers of bodies that nobody needs any more. Cloning shares them.
#[derive(Clone, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    /// An empty buffer, used before if there is one.
    fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < BODY_BUFFERS_MAX && buffer.capacity() <= BODY_BUFFER_BYTES_MAX {
            kept.push(buffer);
        }
    }

    /// Frees those that nobody uses.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A long body. Its buffer goes back when the last part of it is dropped.
struct Lent {
    bytes: Vec<u8>,
    home: Buffers,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.give_back(std::mem::take(&mut self.bytes));
    }
}

/// The whole body, at most `bytes_max` long after decompression.
pub(super) async fn read(
    mut response: reqwest::Response,
    bytes_max: usize,
    buffers: &Buffers,
) -> Result<Bytes, BodyFault> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if announced > bytes_max {
        return Err(BodyFault::TooLarge);
    }
    let mut short = BytesMut::with_capacity(announced.min(BODY_BUFFER_BYTES_MIN));
    let mut long: Option<Lent> = None;
    while let Some(chunk) = response.chunk().await.map_err(|error| BodyFault::Fault(Fault::of(&error)))? {
        let length = short.len() + long.as_ref().map_or(0, |long| long.bytes.len()) + chunk.len();
        if length > bytes_max {
            return Err(BodyFault::TooLarge);
        }
        if length <= BODY_BUFFER_BYTES_MIN {
            short.extend_from_slice(&chunk);
            continue;
        }
        let long = long.get_or_insert_with(|| Lent { bytes: buffers.take(), home: buffers.clone() });
        if long.bytes.is_empty() {
            long.bytes.reserve(announced);
            long.bytes.extend_from_slice(&short);
            short = BytesMut::new();
        }
        long.bytes.extend_from_slice(&chunk);
    }
    Ok(long.map_or_else(|| short.freeze(), Bytes::from_owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lent(buffers: &Buffers, bytes: usize) -> Bytes {
        let mut buffer = buffers.take();
        buffer.resize(bytes, b'x');
        Bytes::from_owner(Lent { bytes: buffer, home: buffers.clone() })
    }

    fn kept(buffers: &Buffers) -> Vec<usize> {
        buffers.0.lock().unwrap().iter().map(Vec::capacity).collect()
    }

    #[test]
    fn a_buffer_comes_back_with_the_last_part_of_its_body_and_is_used_again() {
        let buffers = Buffers::default();
        let body = lent(&buffers, 1 << 20);
        let part = body.slice(5..9);
        drop(body);
        assert!(kept(&buffers).is_empty());
        assert_eq!(part, b"xxxx"[..]);
        drop(part);
        let room = kept(&buffers);
        assert!(room[0] >= 1 << 20);
        let next = lent(&buffers, 10);
        assert!(kept(&buffers).is_empty());
        drop(next);
        assert_eq!(kept(&buffers), room);
        buffers.clear();
        assert!(kept(&buffers).is_empty());
    }

    #[test]
    fn neither_many_nor_huge_buffers_are_kept() {
        let buffers = Buffers::default();
        drop(lent(&buffers, BODY_BUFFER_BYTES_MAX + 1));
        assert!(kept(&buffers).is_empty());
        drop((0..BODY_BUFFERS_MAX + 3).map(|_| lent(&buffers, 100)).collect::<Vec<_>>());
        assert_eq!(kept(&buffers).len(), BODY_BUFFERS_MAX);
    }
}
