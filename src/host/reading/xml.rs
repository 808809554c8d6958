//! From XML to records: some elements become records of their own, everything else becomes members of what it stands in.
//!
//! Takes stretches of a document in order (`files` cuts long ones between elements), gives an object for every element
//! that its shape calls a record, as soon as it ends: attributes and children by name, several of a name as an array, an
//! element with nothing but text as that text. Entities of the document's own are never expanded; comments and
//! instructions say nothing about the tenant and are left out. What is no XML goes on as text.
//! Source: XML 1.0; the engine's documents are described in [MS-UPSDBDAP].

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use super::Read;
use super::out::Out;
use crate::limits::{HOST_DEPTH_MAX, HOST_RECORD_BYTES_MAX, HOST_REPEATED_BYTES_MAX};
use crate::record::{Form, RawStretch};
use crate::xml::character;

/// An element that becomes a record.
pub(super) struct Root {
    /// Its name without prefix; `*` is any.
    pub(super) element: &'static str,
    /// The name of the element that it stands in; empty: any.
    pub(super) under: &'static str,
    /// What it gets from the elements around it: element, child of that, key in the record.
    pub(super) from: &'static [(&'static str, &'static str, &'static str)],
}

/// What a kind of document looks like.
pub(super) trait Shape: Send {
    /// The elements that become records.
    fn roots(&self) -> &'static [Root];
    /// An element ended: puts it into the one around it.
    fn attach(&self, around: &mut Map<String, Value>, name: &str, value: Value) {
        put(around, name, value);
    }
    /// Gives a record.
    fn give(&mut self, line: u64, record: Map<String, Value>, out: &mut Out<'_>) {
        out.record(line, record);
    }
}

/// Puts a member; several of a name become an array.
pub(super) fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    match object.get_mut(key) {
        Some(Value::Array(values)) => values.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
        None => {
            object.insert(key.to_owned(), value);
        }
    }
}

/// An open element.
struct Frame {
    name: String,
    attributes: Vec<(String, String)>,
    members: Map<String, Value>,
    text: String,
    line: u64,
    root: Option<&'static Root>,
    /// Characters in it that were not given yet.
    bytes: usize,
    /// How many records it was already given in.
    parts: u64,
}

impl Frame {
    /// Its members: attributes, children, text.
    fn take(&mut self) -> Map<String, Value> {
        let attributes = std::mem::take(&mut self.attributes);
        let mut object: Map<String, Value> = Map::new();
        attributes.into_iter().for_each(|(name, value)| put(&mut object, &name, Value::from(value)));
        for (name, value) in std::mem::take(&mut self.members) {
            put(&mut object, &name, value);
        }
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() {
            put(&mut object, "#text", Value::from(text));
        }
        self.bytes = 0;
        object
    }

    /// Its value: an object, or its text.
    fn value(&mut self) -> Value {
        if self.attributes.is_empty() && self.members.is_empty() {
            let text = std::mem::take(&mut self.text);
            return Value::from(if text.trim().is_empty() { String::new() } else { text });
        }
        Value::Object(self.take())
    }
}

/// A reader of XML.
pub(super) struct Xml<S> {
    shape: S,
    open: Vec<Frame>,
    /// Elements that are open beyond the deepest that is kept.
    deeper: usize,
    bytes: usize,
    is_broken: bool,
}

impl<S: Shape> Xml<S> {
    pub(super) fn new(shape: S) -> Self {
        Self { shape, open: Vec::new(), deeper: 0, bytes: 0, is_broken: false }
    }

    fn read(&mut self, text: &str, out: &mut Out<'_>) {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        (config.check_end_names, config.allow_unmatched_ends, config.allow_dangling_amp) = (false, true, true);
        loop {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            match reader.read_event() {
                Ok(Event::Start(start)) => self.start(&start, out.line_at(text, at), out),
                Ok(Event::Empty(start)) => {
                    self.start(&start, out.line_at(text, at), out);
                    self.end(start.local_name().as_ref(), out);
                }
                Ok(Event::End(end)) => self.end(end.local_name().as_ref(), out),
                Ok(Event::Text(part)) => self.characters(&part, text, at, out),
                Ok(Event::CData(part)) => self.characters(&part, text, at, out),
                Ok(Event::GeneralRef(name)) => match character(&name) {
                    Some(symbol) => self.characters(symbol.encode_utf8(&mut [0; 4]), text, at, out),
                    None => self.characters(&format!("&{};", &*name), text, at, out),
                },
                Ok(Event::Eof) => return,
                Ok(_) => {}
                Err(_) => {
                    self.is_broken = true;
                    self.close(out);
                    let line = out.line_at(text, at);
                    return out.unknown_lines(line, text.get(at..).unwrap_or_default());
                }
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, line: u64, out: &mut Out<'_>) {
        if self.deeper > 0 || self.open.len() >= HOST_DEPTH_MAX {
            self.deeper += 1;
            return out.unknown(line, tag);
        }
        let name = tag.local_name().as_ref().to_owned();
        let around = self.open.last().map_or("", |frame| frame.name.as_str());
        let is = |root: &&Root| {
            (root.element == "*" || root.element == name) && (root.under.is_empty() || root.under == around)
        };
        // One of the same name inside it is a part of it: AD FS writes an `Event` into its events.
        let is_inside = self.open.iter().any(|frame| frame.root.is_some() && frame.name == name);
        let root = self.shape.roots().iter().find(is).filter(|_| !is_inside);
        let mut attributes = Vec::new();
        let mut bytes = name.len();
        for attribute in tag.attributes().with_checks(false) {
            let Ok(attribute) = attribute else {
                out.unknown(line, tag.attributes_raw());
                break;
            };
            let key = attribute.key.local_name().as_ref().to_owned();
            if attribute.key.as_ref().starts_with("xmlns") {
                continue;
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_or_else(|_| attribute.value.to_string(), std::borrow::Cow::into_owned);
            bytes += key.len() + value.len();
            attributes.push((key, value));
        }
        self.bytes += bytes;
        let (members, text) = (Map::new(), String::new());
        self.open.push(Frame { name, attributes, members, text, line, root, bytes, parts: 0 });
    }

    fn characters(&mut self, part: &str, text: &str, at: usize, out: &mut Out<'_>) {
        match self.open.last_mut() {
            Some(frame) => {
                frame.text.push_str(part);
                frame.bytes += part.len();
                self.bytes += part.len();
            }
            None if part.trim().is_empty() => {}
            None => {
                let line = out.line_at(text, at);
                out.unknown_lines(line, part);
            }
        }
    }

    fn end(&mut self, name: &str, out: &mut Out<'_>) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        // An end that nothing began is none; what was not ended ends with what is around it.
        let Some(depth) = self.open.iter().rposition(|frame| frame.name == name) else { return };
        while self.open.len() > depth {
            self.end_last(out);
        }
        // Never inside a text: half an identifier is not recognised.
        if self.bytes > HOST_RECORD_BYTES_MAX {
            self.part(out);
        }
    }

    fn end_last(&mut self, out: &mut Out<'_>) {
        let Some(mut frame) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(around) if frame.root.is_none() => {
                around.bytes += frame.bytes;
                let value = frame.value();
                self.shape.attach(&mut around.members, &frame.name, value);
            }
            _ => self.give(frame, out),
        }
    }

    fn give(&mut self, mut frame: Frame, out: &mut Out<'_>) {
        self.bytes = self.bytes.saturating_sub(frame.bytes);
        let members = frame.take();
        if members.is_empty() && frame.root.is_none() {
            return;
        }
        let mut record = Map::new();
        record.insert("record".to_owned(), Value::from(frame.name));
        for (element, child, key) in frame.root.map_or(&[][..], |root| root.from) {
            let around = self.open.iter().rev().find(|frame| frame.name == *element);
            let value = around.and_then(|around| {
                let attribute = || around.attributes.iter().find(|(name, _)| name == child);
                around
                    .members
                    .get(*child)
                    .cloned()
                    .or_else(|| attribute().map(|(_, value)| Value::from(value.as_str())))
            });
            // What is longer than any name stands in the record of the element around.
            if let Some(value) =
                value.filter(|value| value.as_str().is_some_and(|text| text.len() <= HOST_REPEATED_BYTES_MAX))
            {
                put(&mut record, key, value);
            }
        }
        if frame.parts > 0 {
            record.insert("part".to_owned(), Value::from(frame.parts + 1));
        }
        members.into_iter().for_each(|(key, value)| put(&mut record, &key, value));
        self.shape.give(frame.line, record, out);
    }

    /// Gives what is there of the innermost record, which goes on in a further one.
    fn part(&mut self, out: &mut Out<'_>) {
        let base = self.open.iter().rposition(|frame| frame.root.is_some()).unwrap_or(0);
        for at in (base + 1..self.open.len()).rev() {
            let Some((frame, around)) = self.open.get_mut(..=at).and_then(|open| match open {
                [.., around, frame] => Some((frame, around)),
                _ => None,
            }) else {
                continue;
            };
            let attributes = kept(&frame.attributes);
            let bytes = std::mem::take(&mut frame.bytes);
            if bytes == 0 {
                continue;
            }
            let value = frame.value();
            frame.attributes = attributes;
            around.bytes += bytes;
            self.shape.attach(&mut around.members, &frame.name, value);
        }
        let Some(frame) = self.open.get_mut(base) else { return };
        let attributes = kept(&frame.attributes);
        let part = Frame {
            name: frame.name.clone(),
            attributes: std::mem::take(&mut frame.attributes),
            members: std::mem::take(&mut frame.members),
            text: std::mem::take(&mut frame.text),
            ..*frame
        };
        (frame.attributes, frame.bytes, frame.parts) = (attributes, 0, frame.parts + 1);
        let rest = self.open.split_off(base);
        self.give(part, out);
        self.open.extend(rest);
    }

    /// Everything that is open ends.
    fn close(&mut self, out: &mut Out<'_>) {
        while !self.open.is_empty() {
            self.end_last(out);
        }
        self.deeper = 0;
    }
}

/// The attributes that every part of a record repeats: short ones, which name it.
fn kept(attributes: &[(String, String)]) -> Vec<(String, String)> {
    let is_short = |value: &str| value.len() <= HOST_REPEATED_BYTES_MAX;
    attributes.iter().filter(|(key, value)| is_short(key) && is_short(value)).take(32).cloned().collect()
}

impl<S: Shape> Read for Xml<S> {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        let text = stretch.text.expose();
        if self.is_broken || stretch.form != Form::Xml {
            self.close(out);
            return out.unknown_lines(out.first_line(), text);
        }
        self.read(text, out);
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.close(out);
    }
}
