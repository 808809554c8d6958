//! The bytes of blobs, in order.
//!
//! Takes the blobs of a container, asks for ranges of several of them side by side and gives them one after the other,
//! so that the records always come in the same order. Each range is asked for with the entity tag of the listing: a
//! blob that was appended to meanwhile is read on to its newest end, one that was replaced is read again.
//! Source: <https://learn.microsoft.com/rest/api/storageservices/get-blob>, `append-block` (bytes never change).

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap};
use tokio::sync::OwnedSemaphorePermit;

use super::Account;
use super::find::Dated;
use super::listing::{Blob, quoted};
use crate::catalog::Throttle;
use crate::limits::{RANGE_BYTES, RANGES_IN_FLIGHT_MAX};
use crate::net::{Client, Failure, FailureKind};

/// Some bytes of a blob.
pub(super) struct Piece {
    pub bytes: Bytes,
    /// How long the blob is now.
    pub total: u64,
    pub etag: String,
    pub retries: u32,
    /// The blob is not the one that was listed: its earlier bytes are others.
    pub is_replaced: bool,
    /// It is the whole blob, unpacked.
    pub is_packed: bool,
    /// Holds memory for the piece.
    _permit: Option<OwnedSemaphorePermit>,
}

/// A range of a blob: its number, where it begins, and whether it is the last that was planned.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    pub blob: usize,
    pub start: u64,
    pub is_last: bool,
}

/// All ranges of the blobs as they were listed.
fn units(blobs: &[Dated]) -> impl Iterator<Item = Unit> {
    blobs.iter().enumerate().flat_map(|(number, dated)| {
        let blob = &dated.blob;
        let ranges = if is_packed(blob) { 1 } else { blob.bytes.div_ceil(RANGE_BYTES).max(1) };
        (0..ranges).map(move |range| Unit { blob: number, start: range * RANGE_BYTES, is_last: range + 1 == ranges })
    })
}

/// The HTTP client unpacks whole replies only.
fn is_packed(blob: &Blob) -> bool {
    !matches!(blob.encoding.as_str(), "" | "identity")
}

/// The planned ranges, some of them asked for ahead. Dropping it abandons what is under way.
pub(super) fn pieces<'a>(
    account: &'a Account,
    client: &'a Client,
    container: &'a str,
    blobs: &'a [Dated],
) -> impl Stream<Item = (Unit, Result<Piece, Failure>)> + 'a {
    stream::iter(units(blobs))
        // One after the other, so that whoever is read first has a permit before those behind it.
        .then(move |unit| async move { (unit, client.page_permit(Throttle::Storage).await) })
        .map(move |(unit, permit)| async move {
            let Some(dated) = blobs.get(unit.blob) else { return (unit, Err(gone())) };
            let etag = dated.blob.etag.clone();
            let piece = piece(account, client, (container, &dated.blob), unit.start, &etag).await;
            (unit, piece.map(|piece| Piece { _permit: permit, ..piece }))
        })
        .buffered(RANGES_IN_FLIGHT_MAX)
}

fn gone() -> Failure {
    Failure { kind: FailureKind::TooLarge, retries: 0 }
}

/// The bytes from `start` on, at most [`RANGE_BYTES`]. Without an entity tag whatever is there is taken.
///
/// # Errors
/// [`Failure`]. That nothing is behind `start` is none.
pub(super) async fn piece(
    account: &Account,
    client: &Client,
    (container, blob): (&str, &Blob),
    start: u64,
    etag: &str,
) -> Result<Piece, Failure> {
    let mut retries = 0;
    let mut etag = Some(etag).filter(|etag| !etag.is_empty());
    let was = etag;
    loop {
        let mut headers = Vec::new();
        if !is_packed(blob) {
            headers.push(("range".to_owned(), format!("bytes={start}-{}", start + RANGE_BYTES - 1)));
        }
        headers.extend(etag.map(|etag| ("if-match".to_owned(), etag.to_owned())));
        let failure = match account.blob(client, (container, &blob.name), headers).await {
            Ok(answer) => {
                let head = &answer.headers;
                let now = quoted(text(head, &ETAG));
                let is_changed = was.is_some_and(|was| !now.is_empty() && now != was);
                let created = head.get("x-ms-creation-time").and_then(|value| value.to_str().ok());
                let is_same = created.is_none_or(|created| blob.created.is_empty() || created == blob.created);
                let bytes = answer.value;
                return Ok(Piece {
                    total: total(head).unwrap_or(start + bytes.len() as u64),
                    bytes,
                    etag: now,
                    retries: retries + answer.retries,
                    is_replaced: is_changed && !(blob.is_append && is_same),
                    is_packed: is_packed(blob),
                    _permit: None,
                });
            }
            Err(failure) => failure,
        };
        retries += failure.retries;
        match &failure.kind {
            // It is not the blob any more that was listed: what it is now, the reply's headers say.
            FailureKind::Refused(refusal) if refusal.status == 412 && etag.is_some() => {
                retries += 1;
                etag = None;
            }
            // Nothing is there: it is empty, or was cut.
            FailureKind::Refused(refusal) if refusal.status == 416 => {
                return Ok(Piece {
                    bytes: Bytes::new(),
                    total: start,
                    etag: String::new(),
                    retries,
                    is_replaced: start > 0 && start < blob.bytes,
                    is_packed: is_packed(blob),
                    _permit: None,
                });
            }
            _ => return Err(Failure { retries, ..failure }),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &reqwest::header::HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The whole length, from `bytes 0-99/200`.
fn total(headers: &HeaderMap) -> Option<u64> {
    text(headers, &CONTENT_RANGE).rsplit_once('/')?.1.parse().ok()
}
