//! Reads a reply's body while it streams, and stops at the cap.

use bytes::{Bytes, BytesMut};

use super::Fault;

/// Why a body is not there.
pub(super) enum BodyFault {
    /// Longer than the cap (after decompression).
    TooLarge,
    /// Worth another try.
    Fault(Fault),
}

/// The whole body, at most `bytes_max` long after decompression.
pub(super) async fn read(mut response: reqwest::Response, bytes_max: usize) -> Result<Bytes, BodyFault> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if announced > bytes_max {
        return Err(BodyFault::TooLarge);
    }
    let mut whole = BytesMut::with_capacity(announced);
    while let Some(chunk) = response.chunk().await.map_err(|error| BodyFault::Fault(Fault::of(&error)))? {
        if whole.len() + chunk.len() > bytes_max {
            return Err(BodyFault::TooLarge);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}
