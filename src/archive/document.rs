//! A tag file: small, whole in memory, and clean.

use crate::pseudonym::CleanText;

/// A file beside the payload, for example `manifest.json`.
pub struct CleanDocument {
    name: &'static str,
    bytes: Vec<u8>,
}

impl CleanDocument {
    /// A document that is one clean text.
    pub fn text(name: &'static str, text: &CleanText) -> Self {
        Self { name, bytes: text.as_str().as_bytes().to_vec() }
    }

    /// A document that a room behind the gate assembled from clean parts. Called by `archive`, `manifest` and
    /// `report`, by nobody else (`tests/rooms.rs` can check it, as for `expose`).
    pub(crate) fn assembled(name: &'static str, bytes: Vec<u8>) -> Self {
        Self { name, bytes }
    }

    /// Its name in the top folder.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
