//! How much is read, looked at and given at once; tests make them small.

use crate::limits;

/// Lengths in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// By how much a file is recognised.
    pub head: usize,
    /// How much is read at once.
    pub block: usize,
    /// How long a stretch is.
    pub stretch: usize,
    /// Up to what length a document, line, row or entry is given whole.
    pub whole: usize,
    /// Give what there is instead of waiting for a full stretch: somebody watches the other end of a pipe.
    pub eager: bool,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            head: limits::FILE_HEAD_BYTES,
            block: limits::FILE_BLOCK_BYTES,
            stretch: limits::STRETCH_BYTES,
            whole: limits::DOCUMENT_BYTES_MAX,
            eager: false,
        }
    }
}

impl Sizes {
    /// Where the next stretch should end, if there is enough text for one.
    pub(super) fn target(&self, text: &str, at_end: bool) -> Option<usize> {
        if text.is_empty() {
            return None;
        }
        (text.len() >= self.stretch || at_end || self.eager).then(|| self.stretch.min(text.len()))
    }
}
