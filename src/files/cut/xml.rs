//! XML documents.
//!
//! A document up to the limit is given whole; a longer one is cut between elements, the outer ones first, where no text
//! stands between them. What is not well-formed goes on as text.

use super::xml_scan::{NoTag, name_of};
use super::{Cut, Cutter, Lines, Tag, next_tag};
use crate::files::sizes::Sizes;
use crate::limits::JSON_DEPTH_MAX;
use crate::record::{Context, Form, Open, RawText};

/// Cuts documents.
pub(in crate::files) struct Xml {
    sizes: Sizes,
    /// Bytes read.
    at: usize,
    /// The start tags that are open.
    open: Vec<String>,
    is_long: bool,
    context: Context,
    rest: Option<Lines>,
}

impl Xml {
    pub(in crate::files) fn new(sizes: Sizes) -> Self {
        Self { sizes, at: 0, open: Vec::new(), is_long: false, context: Context::Nothing, rest: None }
    }

    fn is_place_to_cut(&self, text: &str) -> bool {
        let depth = self.at / self.sizes.stretch.max(1);
        let behind = text.get(self.at..).unwrap_or_default().trim_ascii_start();
        self.at >= self.sizes.stretch && self.open.len() <= depth.max(1) && behind.starts_with('<')
    }

    fn given(&mut self, bytes: usize, goes_on: bool) -> Cut {
        let open =
            self.open.iter().map(|tag| Open { name: Some(RawText::new(tag.as_str())), is_array: false, before: None });
        let context = std::mem::replace(&mut self.context, Context::Inside(open.collect()));
        self.at = 0;
        Cut { bytes, form: Form::Xml, context, goes_on }
    }

    /// Reads one tag. Gives whether an element ended.
    fn step(&mut self, text: &str) -> Result<bool, NoTag> {
        let (tag, _, end) = next_tag(text, self.at)?;
        match tag {
            Tag::Start(_) if self.open.len() >= JSON_DEPTH_MAX => return Err(NoTag::Wrong),
            Tag::Start(tag) => self.open.push(tag.to_owned()),
            Tag::End(name) if self.open.last().is_some_and(|tag| name_of(tag) == name) => {
                self.open.pop();
            }
            Tag::End(_) => return Err(NoTag::Wrong),
            Tag::Empty | Tag::Other => {}
        }
        self.at = end;
        Ok(matches!(tag, Tag::End(_) | Tag::Empty))
    }
}

impl Cutter for Xml {
    fn next(&mut self, text: &str, at_end: bool) -> Option<Cut> {
        if text.is_empty() {
            return None;
        }
        if let Some(rest) = &mut self.rest {
            return rest.next(text, at_end);
        }
        if !self.is_long {
            if at_end {
                return Some(self.given(text.len(), false));
            }
            if text.len() < self.sizes.whole {
                return None;
            }
            self.is_long = true;
        }
        loop {
            match self.step(text) {
                Ok(true) if self.is_place_to_cut(text) => return Some(self.given(self.at, true)),
                Ok(_) => {}
                Err(NoTag::More) if at_end => return Some(self.given(text.len(), false)),
                Err(NoTag::More) if text.len() < self.sizes.whole => return None,
                Err(_) => return self.rest.insert(Lines::new(Form::Text, self.sizes)).next(text, at_end),
            }
        }
    }
}
