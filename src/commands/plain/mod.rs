//! The road of plain files, for `redact` and for what `collect --input` cannot read as records: two walks, names, rows.

mod names;
mod rows;
mod walk;

pub(in crate::commands) use rows::{dataset, row};
pub(in crate::commands) use walk::{FileStory, clean, learn, learn_raw};
