//! Replies of services: pages, batches, answers of workspaces, listings, blobs, content, refusals, tokens.
#![no_main]

use bytes::Bytes;
use entra_bundle::source::doors;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [reader, size, body @ ..] = data else { return };
    doors::read(*reader, &Bytes::copy_from_slice(body), usize::from(*size) + 1);
});
