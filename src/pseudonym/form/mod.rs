//! Files by their form: each keeps its structure, and only the values in it pass through the gate.
//!
//! Takes [`RawStretch`]es, gives [`CleanBatch`]es in the file's own encoding. Each form is a module with two functions:
//! `clean` appends the clean text and gives the number of records, or none where the text is not written as its form
//! says (it is then cleaned as plain text, never passed); `learn` gives what its fields declare to [`Teach`].

mod csv;
mod encode;
pub(super) mod har;
mod json;
mod ldif;
mod registry;
mod teach;
mod text;
mod xml;

use super::clean::CleanBatch;
use super::duty::Duty;
use super::gate::Gate;
use super::mutant::is_on;
use crate::record::{Form, RawStretch};
pub(super) use teach::Teach;
pub(super) use text::teaches;

/// Does the duty on a value that a program on a server wrote.
pub(super) fn clean_value(gate: &Gate, duty: Duty, value: &str, layer: u8, out: &mut String) -> bool {
    text::Desk::cleaning(gate).value(duty, value, layer, out)
}

/// The path of a registry key.
pub(super) fn clean_registry_key(gate: &Gate, path: &str, out: &mut String) -> bool {
    let start = out.len();
    let changed = registry::path_of(&mut text::Desk::cleaning(gate), path, out);
    if !changed {
        out.truncate(start);
    }
    changed
}

impl Gate {
    /// Cleans a stretch of a file. The bytes are in the file's encoding, with its byte order mark. Nothing is refused.
    pub fn clean_stretch(&self, stretch: &RawStretch) -> CleanBatch {
        let mut out = String::new();
        let records = match stretch.form {
            Form::JsonLines => json::clean_each_line(self, stretch, &mut out),
            Form::Json => json::clean(self, stretch, &mut out),
            Form::Csv if is_on("csv") => csv::clean(self, stretch, &mut out),
            Form::Xml if is_on("xml") => xml::clean(self, stretch, &mut out),
            Form::Ldif if is_on("ldif") => ldif::clean(self, stretch, &mut out),
            Form::Registry if is_on("registry") => registry::clean(self, stretch, &mut out),
            _ => None,
        };
        let records = records.unwrap_or_else(|| {
            out.clear();
            text::clean(self, stretch, &mut out)
        });
        CleanBatch { bytes: encode::encode(out, stretch), records, refused: Vec::new() }
    }

    /// Learns the identifiers that a stretch's own fields declare: before [`Gate::freeze`], or before the next
    /// [`Gate::grow`].
    pub fn learn_stretch(&self, stretch: &RawStretch) {
        let mut teach = Teach::new(self);
        let was_read = match stretch.form {
            Form::JsonLines => json::learn_each_line(self, stretch, &mut teach).is_some(),
            Form::Json => json::learn(self, stretch, &mut teach).is_some(),
            Form::Csv => csv::learn(self, stretch, &mut teach).is_some(),
            Form::Xml => xml::learn(self, stretch, &mut teach).is_some(),
            Form::Ldif => ldif::learn(self, stretch, &mut teach).is_some(),
            Form::Registry => registry::learn(self, stretch, &mut teach).is_some(),
            Form::Text => false,
        };
        if !was_read {
            text::learn(self, stretch, &mut teach);
        }
        teach.end();
    }
}
