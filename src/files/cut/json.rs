//! JSON documents, one or several in a file.
//!
//! Takes a growing text. A document up to the limit is given whole; a longer one is cut behind items of arrays, the outer
//! arrays first, so that records stay together. A stretch that goes on begins with the comma or the closing bracket.

use super::{Cut, Cutter, Lines, Scan, Step};
use crate::files::sizes::Sizes;
use crate::record::{Context, Form};

/// Cuts documents.
pub(in crate::files) struct Json {
    sizes: Sizes,
    scan: Scan,
    /// The document is too long to be given whole.
    is_long: bool,
    /// What stands before the stretch.
    context: Context,
    /// It is one line among others: what is no JSON ends at the line end.
    is_line: bool,
    /// It is no JSON: the rest is text.
    rest: Option<Lines>,
}

impl Json {
    pub(in crate::files) fn new(sizes: Sizes) -> Self {
        let context = Context::Nothing;
        Self { sizes, scan: Scan::new(), is_long: false, context, is_line: false, rest: None }
    }

    /// For one long line of JSON Lines.
    pub(super) fn line(sizes: Sizes) -> Self {
        Self { is_line: true, ..Self::new(sizes) }
    }

    /// Whether the last stretch ended a document.
    pub(super) fn is_between(&self) -> bool {
        self.rest.is_none() && self.scan.is_fresh() && !self.is_long
    }

    fn start_over(&mut self) -> Context {
        self.scan = Scan::new();
        self.is_long = false;
        std::mem::replace(&mut self.context, Context::Nothing)
    }

    fn text(&mut self, text: &str, at_end: bool) -> Option<Cut> {
        let sizes = self.sizes;
        let rest = self.rest.get_or_insert_with(|| Lines::new(Form::Text, sizes));
        let cut = rest.next(text, at_end)?;
        if self.is_line && text.as_bytes().get(cut.bytes - 1) == Some(&b'\n') {
            self.rest = None;
            self.start_over();
        }
        Some(cut)
    }

    fn is_place_to_cut(&self) -> bool {
        self.is_long
            && self.scan.at >= self.sizes.stretch
            && self.scan.arrays() <= (self.scan.at / self.sizes.stretch.max(1)).max(1)
    }
}

impl Cutter for Json {
    fn next(&mut self, text: &str, at_end: bool) -> Option<Cut> {
        if text.is_empty() {
            return None;
        }
        if self.rest.is_some() {
            return self.text(text, at_end);
        }
        loop {
            match self.scan.step(text, at_end, self.is_long) {
                Step::Key => {}
                Step::Item if self.is_place_to_cut() && self.scan.skip_to_sign(text) => {
                    let bytes = self.scan.at;
                    let next = Context::Inside(self.scan.cut(text));
                    let context = std::mem::replace(&mut self.context, next);
                    return Some(Cut { bytes, form: Form::Json, context, goes_on: true });
                }
                Step::Item => {}
                Step::Ended => {
                    let bytes = self.scan.at;
                    let context = self.start_over();
                    return Some(Cut { bytes, form: Form::Json, context, goes_on: false });
                }
                Step::More if text.len() >= self.sizes.whole && !self.is_long && !self.scan.is_fresh() => {
                    self.scan = Scan::new();
                    self.is_long = true;
                }
                Step::More if at_end => {
                    let context = self.start_over();
                    return Some(Cut { bytes: text.len(), form: Form::Json, context, goes_on: false });
                }
                Step::More if text.len() < self.sizes.whole => return None,
                Step::More | Step::Wrong => {
                    self.start_over();
                    return self.text(text, at_end);
                }
            }
        }
    }
}
