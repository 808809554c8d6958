//! Which form a text has, by its content; the file's name only settles what the content leaves open.
//!
//! Takes the first characters of a file, gives its form and who cuts it. A wrong guess loses no safety: what is not
//! written as its form says is cleaned as plain text.

mod csv;
mod json;
mod markup;

use super::cut::{Blocks, Csv, Cutter, Json, Lines, Xml};
use super::sizes::Sizes;
use crate::catalog::Catalog;
use crate::record::Form;

/// The beginning of a text.
#[derive(Clone, Copy)]
pub(super) struct Beginning<'t> {
    /// Its characters, without a byte order mark.
    pub text: &'t str,
    /// Whether this is all of it.
    pub is_whole: bool,
    /// The file's name.
    pub name: &'t str,
}

/// What a text is.
pub(super) struct Recognised {
    pub form: Form,
    /// The kind of file whose rules hold, where the file as a whole says so.
    pub dataset: Option<&'static str>,
    pub cutter: Box<dyn Cutter>,
}

/// Recognises a text.
pub(super) fn recognise(beginning: Beginning<'_>, sizes: Sizes) -> Recognised {
    let by_line = |form, dataset| Recognised { form, dataset, cutter: Box::new(Lines::new(form, sizes)) };
    if let Some(json) = json::recognise(beginning) {
        return match json {
            json::Shape::Lines => by_line(Form::JsonLines, dataset_of(beginning.name)),
            json::Shape::Document { dataset } => {
                Recognised { form: Form::Json, dataset, cutter: Box::new(Json::new(sizes)) }
            }
        };
    }
    if let Some(form) = markup::recognise(beginning) {
        let cutter: Box<dyn Cutter> = match form {
            Form::Xml => Box::new(Xml::new(sizes)),
            _ => Box::new(Blocks::new(form, sizes)),
        };
        return Recognised { form, dataset: None, cutter };
    }
    if let Some(shape) = csv::recognise(beginning) {
        let cutter = Box::new(Csv::new(shape.separator, shape.preamble, sizes));
        return Recognised { form: Form::Csv, dataset: None, cutter };
    }
    by_line(Form::Text, None)
}

/// The dataset whose records an entry of an older bundle holds: `data/logs/sign-ins.jsonl`.
fn dataset_of(name: &str) -> Option<&'static str> {
    let mut parts = name.rsplit('/');
    let id = parts.next()?.strip_suffix(".jsonl")?;
    let (group, data) = (parts.next()?, parts.next()?);
    let is_ours = data == "data" && matches!(group, "objects" | "config" | "logs");
    let row = Catalog::embedded().ok()?.dataset(id).filter(|_| is_ours)?;
    Some(row.id.as_str())
}

#[cfg(test)]
mod tests;
