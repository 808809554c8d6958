//! Ways in for the fuzz targets: every reader of a reply, behind one number.
//!
//! Takes bytes, gives nothing: a reader that panics, never ends or contradicts another reader is the finding. Compiled
//! with the feature `fuzz-doors` only; no shipped code comes here.

use bytes::Bytes;

use super::{activity, batch, blobs, page, shape, workspace};
use crate::catalog::Shape;
use crate::net::{Refusal, auth};

/// How many readers there are.
pub const READERS: u8 = 10;

/// Reads `body` as the reply that `reader` stands for; `size`: in pieces of so many bytes, where a reply is streamed.
pub fn read(reader: u8, body: &Bytes, size: usize) {
    match reader % READERS {
        0 => list(body),
        1 => {
            for shape in [Shape::Collection, Shape::Singleton] {
                let _ = page::split(body, shape);
            }
        }
        2 => drop(batch::items(body)),
        3 => workspace::fuzz(body),
        4 => blobs::fuzz_list(body),
        5 => blobs::fuzz_cut(body, size),
        6 => activity::fuzz(body),
        7 => {
            if let Ok(shaped) = shape::envelope::from_envelope_of(body, None) {
                assert!(is_object(&shaped.record) || !is_object(body), "a valid event became an invalid record");
            }
            let _ = shape::envelope::records_of(body);
            let _ = shape::envelope::is_of_tenant(body, "2f6e8d91-c05b-4a73-b9e4-60d1f7a3c582");
        }
        8 => drop(Refusal::read(400, body, None)),
        _ => {
            let _ = auth::Refusal::read(body).map(|refusal| refusal.to_string());
            auth::fuzz(body);
        }
    }
}

fn is_object(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes).is_ok()
}

/// A list page: as many members as another reader of JSON finds, and each where it stands.
fn list(body: &Bytes) {
    let Ok(page) = page::split(body, Shape::Collection) else { return };
    let Ok(serde_json::Value::Object(whole)) = serde_json::from_slice(body) else { return };
    if let Some(list) = whole.get("value").and_then(serde_json::Value::as_array) {
        let found = page.records.len() as u64 + page.damaged;
        assert_eq!(found, list.len() as u64, "a member of a list is lost");
    }
}
