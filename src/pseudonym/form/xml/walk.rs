//! One walk over the markup: finds the texts, asks what each is, copies everything else in runs.

use std::borrow::Cow;

use super::super::ldif::binary;
use super::super::text::{Desk, is_number_of};
use super::name::{Attribute, Element, attributes, local, name_length, references_are_closed};
use crate::catalog::Action;
use crate::limits::{XML_DEPTH_MAX, XML_SIBLING_BYTES_MAX};
use crate::pseudonym::duty::Duty;

/// A walk over one text.
pub(super) struct Walk<'w, 'd, 'l, 't> {
    desk: &'w mut Desk<'d, 'l>,
    text: &'t str,
    at: usize,
    copied: usize,
    layer: u8,
    out: &'w mut String,
    open: Vec<Element<'t>>,
    elements: u64,
}

impl<'w, 'd, 'l, 't> Walk<'w, 'd, 'l, 't> {
    pub(super) fn new(desk: &'w mut Desk<'d, 'l>, text: &'t str, layer: u8, out: &'w mut String) -> Self {
        Self { desk, text, at: 0, copied: 0, layer, out, open: Vec::new(), elements: 0 }
    }

    /// Opens an element that began before the text.
    pub(super) fn enter<'o: 't>(&mut self, tag: &'o str) -> Option<()> {
        let inner = tag.strip_prefix('<')?.strip_suffix('>')?;
        let length = name_length(inner);
        let attributes = attributes(inner.get(length..)?, 0).filter(|_| length > 0)?;
        self.open.push(Element::new(&inner[..length], &attributes));
        Some(())
    }

    /// Walks to the end. Gives the number of elements that begin in the text.
    pub(super) fn run(mut self, goes_on: bool) -> Option<u64> {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            if !rest.starts_with('<') {
                self.characters(rest.find('<').unwrap_or(rest.len()))?;
            } else if let Some(body) = rest.strip_prefix("<!--") {
                self.unknown(4, body.find("-->")?, 3);
            } else if let Some(body) = rest.strip_prefix("<![CDATA[") {
                self.character_data(body.find("]]>").filter(|_| !self.open.is_empty())?);
            } else if let Some(body) = rest.strip_prefix("<?") {
                self.unknown(2, body.find("?>")?, 2);
            } else if rest.starts_with("<!") {
                self.unknown(2, declaration_end(rest)?, 1);
            } else if let Some(body) = rest.strip_prefix("</") {
                let end = body.find('>')?;
                let name = self.open.pop()?.name;
                if body[..end].trim_end() != name {
                    return None;
                }
                self.at += 2 + end + 1;
            } else {
                self.start_tag()?;
            }
        }
        (goes_on || self.open.is_empty()).then_some(())?;
        self.flush(self.text.len());
        Some(self.elements)
    }

    fn flush(&mut self, to: usize) {
        self.out.push_str(self.text.get(self.copied..to).unwrap_or_default());
        self.copied = to;
    }

    /// Puts a text in the place of a span.
    fn replace(&mut self, start: usize, end: usize, write: impl FnOnce(&mut String)) {
        self.flush(start);
        write(self.out);
        self.copied = end;
    }

    /// Comments, instructions and declarations: `lead` bytes, a body that is read as text, `tail` bytes.
    fn unknown(&mut self, lead: usize, length: usize, tail: usize) {
        let start = self.at + lead;
        let body = &self.text[start..start + length];
        let mut clean = String::new();
        let changed = !body.starts_with("xml ") && self.desk.prose(body, self.layer, &mut clean);
        // A comment must not hold two dashes: a value that brought them would break the document.
        if changed && (lead != 4 || !clean.contains("--") || body.contains("--")) {
            self.replace(start, start + length, |out| out.push_str(&clean));
        } else if changed {
            self.replace(start, start + length, |out| out.push_str(&clean.replace("--", "- -")));
        }
        self.at = start + length + tail;
    }

    fn character_data(&mut self, length: usize) {
        let start = self.at + 9;
        let raw = &self.text[start..start + length];
        let mut clean = String::new();
        if let Some(text) = self.treated(raw, &mut clean) {
            self.replace(start, start + length, |out| out.push_str(&text.replace("]]>", "]]]]><![CDATA[>")));
        }
        self.at = start + length + 3;
    }

    fn characters(&mut self, length: usize) -> Option<()> {
        let start = self.at;
        let raw = &self.text[start..start + length];
        self.at += length;
        if raw.bytes().all(|byte| byte.is_ascii_whitespace()) {
            return Some(());
        }
        if self.open.is_empty() || !references_are_closed(raw) {
            return None;
        }
        let mut clean = String::new();
        match super::decode(raw) {
            Some(text) => {
                if let Some(new) = self.treated(&text, &mut clean) {
                    self.replace(start, start + length, |out| super::encode(&new, raw, None, out));
                }
            }
            // An entity of the document's own: the text is searched as it stands.
            None => {
                if self.desk.prose(raw, self.layer, &mut clean) {
                    self.replace(start, start + length, |out| out.push_str(&clean));
                }
            }
        }
        Some(())
    }

    /// The text of the innermost element, if it changes.
    fn treated(&mut self, text: &str, clean: &mut String) -> Option<String> {
        let keys = self.open.last().map(|element| [element.key.as_deref(), Some(element.name)]);
        if keys.is_some_and(|keys| keys.into_iter().flatten().any(|key| is_number_of(key, text))) {
            return None;
        }
        let duty = self.text_duty();
        self.note(text);
        let base64 = self.open.last().is_some_and(|element| element.is_base64);
        if base64 {
            return binary::base64(self.desk, duty, text.trim(), self.layer).into_text();
        }
        let changed = match duty {
            Some(duty) => self.desk.value(duty, text, self.layer, clean),
            None => self.desk.prose(text, self.layer, clean),
        };
        changed.then(|| std::mem::take(clean))
    }

    /// Remembers the text for the siblings that come after it.
    fn note(&mut self, text: &str) {
        let [.., parent, element] = self.open.as_mut_slice() else { return };
        if text.len() <= XML_SIBLING_BYTES_MAX {
            let key = element.key.as_deref().unwrap_or(local(element.name));
            parent.note(key, text.trim());
        }
    }

    /// The duty of the innermost element's text: by its naming attribute, by its name with its parent's, by its name;
    /// a wrapper asks the element outside.
    fn text_duty(&self) -> Option<Duty> {
        let mut own = None;
        for (depth, element) in self.open.iter().enumerate().rev() {
            let parent = depth.checked_sub(1).and_then(|above| self.open.get(above));
            let sibling = |key: &str| {
                let siblings = parent.map_or(&[][..], |parent| parent.siblings.as_slice());
                let found = siblings.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
                found.map(|(_, text)| Cow::Borrowed(text.as_str()))
            };
            let name = local(element.name);
            let composed = parent.map(|parent| format!("{}.{name}", local(parent.name)));
            let exact = |key: &str| self.desk.exact_duty(key, &sibling);
            let by_key = element
                .key
                .as_deref()
                .and_then(|key| exact(&format!("{name}.{key}")).or_else(|| self.desk.duty(key, &sibling)));
            let found = by_key.or_else(|| composed.as_deref().and_then(exact)).or_else(|| exact(name));
            match found {
                Some(duty) if duty.action != Action::Scan => return Some(duty),
                Some(duty) => own = own.or(Some(duty)),
                None => {}
            }
            let named = self.open.get(depth.wrapping_sub(1)).is_some_and(|parent| parent.key.is_some());
            if element.key.is_some() || !(element.is_wrapper() || named && found.is_none()) {
                break;
            }
        }
        own
    }

    fn start_tag(&mut self) -> Option<()> {
        let rest = &self.text[self.at + 1..];
        let length = name_length(rest);
        let end = tag_end(rest).filter(|&end| length > 0 && end >= length)?;
        let closes = rest[..end].ends_with('/');
        let body = &rest[length..if closes { end - 1 } else { end }];
        let attributes = attributes(body, self.at + 1 + length)?;
        let name = &rest[..length];
        for attribute in &attributes {
            self.attribute(name, attribute, &attributes);
        }
        self.elements += 1;
        self.at += 1 + end + 1;
        if !closes {
            (self.open.len() < XML_DEPTH_MAX).then_some(())?;
            self.open.push(Element::new(name, &attributes));
        }
        Some(())
    }

    fn attribute(&mut self, element: &str, attribute: &Attribute<'t>, all: &[Attribute<'t>]) {
        let key = local(attribute.name);
        if attribute.value.is_empty() || attribute.name.starts_with("xmlns") || is_number_of(key, attribute.value) {
            return;
        }
        let sibling = |key: &str| {
            let found = all.iter().find(|other| local(other.name).eq_ignore_ascii_case(key))?;
            super::decode(found.value)
        };
        let composed = format!("{}.{key}", local(element));
        let duty = self.desk.exact_duty(&composed, &sibling).or_else(|| self.desk.exact_duty(key, &sibling));
        let Some(text) = super::decode(attribute.value) else { return };
        let mut clean = String::new();
        let changed = match duty {
            Some(duty) => self.desk.value(duty, &text, self.layer, &mut clean),
            None => self.desk.prose(&text, self.layer, &mut clean),
        };
        if changed {
            let (start, end) = (attribute.start, attribute.start + attribute.value.len());
            let quote = self.text[..start].chars().next_back();
            self.replace(start, end, |out| super::encode(&clean, attribute.value, quote, out));
        }
    }
}

/// Where the tag at the start of a text ends: at the first `>` outside quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(at),
            (None, b'<') => return None,
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

/// Length of a declaration's body (`<!DOCTYPE … [ … ]>`), behind `<!`.
fn declaration_end(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, byte) in text.bytes().enumerate().skip(2) {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            (None, b'[' | b'<') => depth += 1,
            (None, b']') => depth = depth.saturating_sub(1),
            (None, b'>') if depth == 0 => return Some(at - 2),
            (None, b'>') => depth -= 1,
            _ => {}
        }
    }
    None
}
