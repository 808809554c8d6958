//! JSON: documents, lines, and documents that are cut between the items of arrays.
//!
//! Takes stretches, gives every object on top or in an array on top. Of a document that is cut, every whole item of the
//! array that was cut. What is no JSON, or no object, goes on as text.

use serde_json::{Map, Value};

use super::Read;
use super::out::Out;
use crate::json::{skip_space, value_span};
use crate::limits::JSON_DEPTH_MAX;
use crate::record::{Context, Form, RawStretch};

/// What becomes of an object.
pub(super) trait Objects: Send {
    /// An object that begins in this line.
    fn object(&mut self, line: u64, object: Map<String, Value>, out: &mut Out<'_>);
    /// A line of another form.
    fn text(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        out.unknown(line, text);
    }
}

/// A reader of JSON.
pub(super) struct Json<O>(pub(super) O);

impl<O: Objects> Json<O> {
    pub(super) fn new(objects: O) -> Self {
        Self(objects)
    }

    /// The values of a text, one after another. Behind the first that is no JSON everything is text.
    fn values(&mut self, text: &str, is_cut: bool, out: &mut Out<'_>) {
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut steps = 0;
        loop {
            at = skip_space(bytes, at);
            match bytes.get(at) {
                None => return,
                Some(b',' | b']' | b'}') if is_cut => {
                    at += 1;
                    continue;
                }
                Some(_) => {}
            }
            let line = out.line_at(text, at);
            let rest = text.get(at..).unwrap_or_default();
            let found = value_span(bytes, at).ok().and_then(|span| {
                let raw = text.get(span.clone())?;
                Some((serde_json::from_str::<Value>(raw).ok()?, raw, span.end))
            });
            match found {
                Some((value, raw, end)) => {
                    self.value(line, value, raw, out);
                    at = end;
                }
                // The beginning of a document that goes on: step into it.
                None if is_cut && rest.starts_with('[') && steps < JSON_DEPTH_MAX => {
                    steps += 1;
                    at += 1;
                }
                None => {
                    (line..).zip(rest.lines()).for_each(|(line, text)| self.0.text(line, text, out));
                    return;
                }
            }
        }
    }

    fn line(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        match serde_json::from_str::<Value>(text) {
            Ok(value) if value.is_object() || value.is_array() => self.value(line, value, text, out),
            _ => self.0.text(line, text, out),
        }
    }

    fn value(&mut self, line: u64, value: Value, text: &str, out: &mut Out<'_>) {
        match value {
            Value::Object(object) => self.0.object(line, object, out),
            Value::Array(items) => {
                for item in items {
                    match item {
                        Value::Object(object) => self.0.object(line, object, out),
                        other => out.unknown(line, &other.to_string()),
                    }
                }
            }
            _ => self.0.text(line, text, out),
        }
    }
}

impl<O: Objects> Read for Json<O> {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        let text = stretch.text.expose();
        match stretch.form {
            Form::Json => {
                let is_cut = stretch.goes_on || matches!(&stretch.context, Context::Inside(open) if !open.is_empty());
                self.values(text, is_cut, out);
            }
            Form::JsonLines => {
                (out.first_line()..).zip(text.lines()).for_each(|(line, text)| self.line(line, text, out));
            }
            _ => (out.first_line()..).zip(text.lines()).for_each(|(line, text)| self.0.text(line, text, out)),
        }
    }
}
