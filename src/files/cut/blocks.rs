//! Entries that span lines: LDIF (RFC 2849: a blank line between entries) and registry exports (a key in brackets, then
//! its values).
//!
//! An entry that is longer than the limit (a group with 100,000 members) is cut behind a line that does not go on.

use memchr::{memchr_iter, memrchr_iter};

use super::{Cut, Cutter, lines};
use crate::files::sizes::Sizes;
use crate::record::Form;

/// Cuts between entries.
pub(in crate::files) struct Blocks {
    form: Form,
    sizes: Sizes,
    /// How much of the text was looked through for the end of an entry.
    searched: usize,
}

impl Blocks {
    /// `form` is [`Form::Ldif`] or [`Form::Registry`].
    pub(in crate::files) fn new(form: Form, sizes: Sizes) -> Self {
        Self { form, sizes, searched: 0 }
    }

    /// Whether an entry ends with the line end at `at`. What follows must be known.
    fn ends_entry(&self, bytes: &[u8], at: usize) -> bool {
        match self.form {
            Form::Registry => bytes.get(at + 1) == Some(&b'['),
            _ => {
                let line = bytes.get(..at).unwrap_or_default();
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                line.ends_with(b"\n") && bytes.get(at + 1).is_some_and(|next| !matches!(next, b'\r' | b'\n'))
            }
        }
    }

    /// Whether a value ends with the line end at `at`.
    fn ends_value(&self, bytes: &[u8], at: usize) -> bool {
        match self.form {
            Form::Registry => {
                let line = bytes.get(..at).unwrap_or_default();
                !line.strip_suffix(b"\r").unwrap_or(line).ends_with(b"\\")
            }
            _ => bytes.get(at + 1).is_some_and(|next| *next != b' '),
        }
    }
}

impl Cutter for Blocks {
    fn next(&mut self, text: &str, at_end: bool) -> Option<Cut> {
        let bytes = text.as_bytes();
        let target = self.sizes.target(text, at_end)?;
        if at_end && target == bytes.len() {
            return Some(Cut::alone(target, self.form));
        }
        let within = bytes.len().min(self.sizes.whole.max(target));
        let from = self.searched;
        let before = || memrchr_iter(b'\n', bytes.get(from..target).unwrap_or_default()).map(|at| from + at);
        let behind = from.max(target);
        let behind = || memchr_iter(b'\n', bytes.get(behind..within).unwrap_or_default()).map(move |at| behind + at);
        let is_end = |at: &usize| self.ends_entry(bytes, *at);
        if let Some(at) = before().find(is_end).or_else(|| behind().find(is_end)) {
            self.searched = 0;
            return Some(Cut::alone(at + 1, self.form));
        }
        // What follows the last line end may not be known yet.
        self.searched = within.saturating_sub(1);
        if at_end && within == bytes.len() {
            return Some(Cut::alone(within, self.form));
        }
        if bytes.len() < self.sizes.whole {
            return None;
        }
        self.searched = 0;
        let line = memrchr_iter(b'\n', &bytes[..within]).find(|&at| self.ends_value(bytes, at));
        Some(match line {
            Some(at) => Cut::alone(at + 1, self.form),
            None => Cut::alone(lines::seam(text, within), Form::Text),
        })
    }
}
