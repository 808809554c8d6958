//! Lines: plain text and JSON Lines.
//!
//! A line longer than a document may be (a 10 GB dump on one line) is cut inside: JSON between items of its arrays, text
//! where no identifier is likely to stand.

use memchr::{memchr, memrchr};

use super::{Cut, Cutter, Json};
use crate::files::sizes::Sizes;
use crate::limits::LINE_SEAM_BYTES;
use crate::record::Form;

/// Cuts behind line ends.
pub(in crate::files) struct Lines {
    form: Form,
    sizes: Sizes,
    /// How much of the text was looked through for a line end.
    searched: usize,
    /// Cuts a line of JSON Lines that is too long to be given whole.
    long: Option<Box<Json>>,
}

impl Lines {
    /// `form` is [`Form::JsonLines`] or [`Form::Text`].
    pub(in crate::files) fn new(form: Form, sizes: Sizes) -> Self {
        Self { form, sizes, searched: 0, long: None }
    }

    fn line_end(&mut self, text: &str, at_end: bool) -> Option<usize> {
        let bytes = text.as_bytes();
        let target = self.sizes.target(text, at_end)?;
        if at_end && target == bytes.len() {
            return Some(target);
        }
        if let Some(end) = memrchr(b'\n', &bytes[..target]) {
            return Some(end + 1);
        }
        let from = self.searched.max(target);
        let within = bytes.len().min(self.sizes.whole.max(target));
        let ahead = bytes.get(from..within).unwrap_or_default();
        if let Some(end) = memchr(b'\n', ahead) {
            return Some(from + end + 1);
        }
        self.searched = within;
        (at_end && within == bytes.len()).then_some(within)
    }
}

impl Cutter for Lines {
    fn next(&mut self, text: &str, at_end: bool) -> Option<Cut> {
        if self.long.is_none() {
            if let Some(bytes) = self.line_end(text, at_end) {
                self.searched = 0;
                return Some(Cut::alone(bytes, self.form));
            }
            if text.len() < self.sizes.whole {
                return None;
            }
            if self.form != Form::JsonLines {
                self.searched = 0;
                return Some(Cut::alone(seam(text, self.sizes.whole), Form::Text));
            }
        }
        let long = self.long.get_or_insert_with(|| Box::new(Json::line(self.sizes)));
        let cut = long.next(text, at_end)?;
        if long.is_between() {
            self.long = None;
            self.searched = 0;
        }
        Some(cut)
    }
}

/// Where a text that has no line end may be cut, at most `limit` bytes from its start: behind a sign that ends a value,
/// behind a comma, behind a blank, or else anywhere between two characters.
pub(super) fn seam(text: &str, limit: usize) -> usize {
    let limit = text.floor_char_boundary(limit.min(text.len()));
    let window = text.as_bytes().get(limit - LINE_SEAM_BYTES.min(limit / 2)..limit).unwrap_or_default();
    let behind = |signs: &[u8]| window.iter().rposition(|byte| signs.contains(byte));
    let place = behind(b"\r;|}]>\t").or_else(|| behind(b",&")).or_else(|| behind(b" "));
    let end = place.map_or(limit, |at| limit - window.len() + at + 1);
    if end == 0 { text.chars().next().map_or(0, char::len_utf8) } else { end }
}
