//! Where a text may be cut: behind whole units of its form.
//!
//! A [`Cutter`] looks at the text that was not given yet and says where the next stretch ends and what a reader of it
//! must know. It never changes a character: the stretches of a file, one after another, are the file. What turns out
//! not to be written as its form says goes on as plain text.

mod blocks;
mod csv;
mod json;
mod json_scan;
mod lines;
mod xml;
mod xml_scan;

pub(super) use blocks::Blocks;
pub(super) use csv::Csv;
pub(crate) use csv::{Rows, cells};
pub(super) use json::Json;
pub(super) use json_scan::{Scan, Step};
pub(super) use lines::Lines;
pub(super) use xml::Xml;
pub(super) use xml_scan::{Tag, next_tag};

use crate::record::{Context, Form};

/// The next stretch.
pub(super) struct Cut {
    /// Its length, bytes; never 0.
    pub bytes: usize,
    /// How it is to be read.
    pub form: Form,
    /// What stands before it.
    pub context: Context,
    /// Whether the document goes on behind it.
    pub goes_on: bool,
}

impl Cut {
    /// A stretch whose units stand alone.
    fn alone(bytes: usize, form: Form) -> Self {
        Self { bytes, form, context: Context::Nothing, goes_on: false }
    }
}

/// Finds the ends of stretches.
pub(super) trait Cutter {
    /// The next stretch of a text; none when more text is needed, or nothing is left. The text begins where the last
    /// stretch ended, and holds at least what it held before. At the end of the file all of it is given.
    fn next(&mut self, text: &str, at_end: bool) -> Option<Cut>;
}
