//! Events: those that a row of the catalog wants; the others are counted.
//!
//! Takes EVTX as `files` gives it (JSON lines), XML of `wevtutil` and Event Viewer, JSON of PowerShell, and the text that
//! Event Viewer copies (`Log Name: …`). Gives one record per event, see [`super::event`].

use serde_json::{Map, Value};

use super::json::{Json, Objects};
use super::out::Out;
use super::xml::{Root, Shape, Xml};
use super::{Read, event};
use crate::catalog::host::{Origin, items};
use crate::limits::HOST_TEXT_BYTES_MAX;
use crate::record::{Form, RawStretch};

/// Whether an event is wanted: channel, provider, id.
type Wanted = fn(channel: &str, provider: &str, id: u64) -> bool;

/// Gives an event, or counts it.
fn give(wanted: Wanted, line: u64, record: Map<String, Value>, out: &mut Out<'_>) {
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    let id = record.get("eventId").and_then(Value::as_u64);
    match id {
        Some(id) if !wanted(text("channel"), text("provider"), id) => out.pass_over(),
        _ => out.record(line, record),
    }
}

struct Elements(Wanted);

const ROOTS: &[Root] = &[Root { element: "Event", under: "", from: &[] }];

impl Shape for Elements {
    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn give(&mut self, line: u64, mut record: Map<String, Value>, out: &mut Out<'_>) {
        match event::of_system(&mut record) {
            Some(event) => give(self.0, line, event, out),
            None => out.record(line, record),
        }
    }
}

struct Lines {
    wanted: Wanted,
    open: Option<Open>,
}

impl Objects for Lines {
    fn object(&mut self, line: u64, mut object: Map<String, Value>, out: &mut Out<'_>) {
        if let Some(Value::Object(event)) = object.get_mut("Event")
            && let Some(event) = event::of_system(event)
        {
            return give(self.wanted, line, event, out);
        }
        match event::of_object(&mut object) {
            Some(event) => give(self.wanted, line, event, out),
            None => out.record(line, object),
        }
    }

    fn text(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        self.copied(line, text, out);
    }
}

/// An event in Event Viewer's text.
struct Open {
    line: u64,
    record: Map<String, Value>,
    message: Option<String>,
}

/// The labels of that text, and the members that they are.
const LABELS: [(&str, &str); 12] = [
    ("Log Name", "channel"),
    ("Source", "provider"),
    ("Date", "time"),
    ("Event ID", "eventId"),
    ("Task", "task"),
    ("Task Category", "task"),
    ("Level", "level"),
    ("Opcode", "opcode"),
    ("Keyword", "keywords"),
    ("Keywords", "keywords"),
    ("User Name", "userName"),
    ("Computer", "computer"),
];

impl Lines {
    fn close(&mut self, out: &mut Out<'_>) {
        let Some(Open { line, mut record, message }) = self.open.take() else { return };
        if let Some(message) = message.map(|message| message.trim_end().to_owned()).filter(|text| !text.is_empty()) {
            record.insert("message".to_owned(), Value::from(message));
        }
        give(self.wanted, line, record, out);
    }

    fn copied(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        let trimmed = text.trim();
        if trimmed.starts_with("Log Name:") {
            self.close(out);
            self.open = Some(Open { line, record: Map::new(), message: None });
        } else if trimmed.starts_with("Event[") && trimmed.trim_end_matches(':').ends_with(']') {
            return self.close(out);
        }
        let Some(open) = &mut self.open else { return out.unknown(line, text) };
        if let Some(message) = &mut open.message {
            if message.len() > HOST_TEXT_BYTES_MAX {
                self.close(out);
                return out.unknown(line, text);
            }
            message.push('\n');
            message.push_str(text);
            return;
        }
        let Some((label, value)) = trimmed.split_once(':') else { return out.unknown(line, text) };
        let (label, value) = (label.trim(), value.trim());
        if label == "Description" {
            open.message = Some(value.to_owned());
        } else if label == "User" {
            let key = if value.starts_with("S-1-") { "userId" } else { "userName" };
            open.record.insert(key.to_owned(), Value::from(value));
        } else if let Some((_, key)) = LABELS.iter().find(|(known, _)| *known == label) {
            let number = (*key == "eventId").then(|| value.parse::<u64>().ok()).flatten();
            open.record.insert((*key).to_owned(), number.map_or_else(|| Value::from(value), Value::from));
        } else {
            out.unknown(line, text);
        }
    }
}

/// By the form of the file.
struct Events {
    xml: Xml<Elements>,
    json: Json<Lines>,
}

/// Whether a row of the catalogue wants an event. Ids collide between providers, so that both count; a row without
/// providers or ids wants all of its channel's.
fn wanted(channel: &str, provider: &str, id: u64) -> bool {
    items().iter().any(|row| match &row.from {
        Origin::Events { channel: own, providers, ids } => {
            (channel.is_empty() || own.eq_ignore_ascii_case(channel))
                && (providers.is_empty() || providers.iter().any(|one| one.eq_ignore_ascii_case(provider)))
                && (ids.is_empty() || ids.iter().any(|one| u64::from(*one) == id))
        }
        _ => false,
    })
}

/// The reader.
pub(super) fn reader(_: &str) -> Box<dyn Read> {
    let json = Json::new(Lines { wanted, open: None });
    Box::new(Events { xml: Xml::new(Elements(wanted)), json })
}

impl Read for Events {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        match stretch.form {
            Form::Xml => self.xml.take(stretch, out),
            _ => self.json.take(stretch, out),
        }
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.xml.end(out);
        self.json.0.close(out);
    }
}
