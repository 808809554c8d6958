//! What Windows says of itself in lists: services, programs, facts, certificates, connections.
//!
//! Objects in JSON are records as they are; `Format-List` and `sc query` text becomes objects under its own labels. The
//! member `kind` comes first where all records of a reader are of one kind.
//! Source: learn.microsoft.com/windows-server/administration/windows-commands/sc-query.

use serde_json::{Map, Value};

use super::Read;
use super::format_list::FormatList;
use super::json::{Json, Objects};
use super::out::Out;
use super::xml::put;
use crate::record::RawStretch;

struct Facts {
    kind: Option<&'static str>,
    list: FormatList,
    /// A service that is being read.
    service: Option<(u64, Map<String, Value>)>,
}

fn of_kind(kind: Option<&'static str>, object: Map<String, Value>) -> Map<String, Value> {
    let mut record = Map::new();
    if let Some(kind) = kind.filter(|_| !object.contains_key("kind")) {
        record.insert("kind".to_owned(), Value::from(kind));
    }
    record.extend(object);
    record
}

impl Objects for Facts {
    fn object(&mut self, line: u64, object: Map<String, Value>, out: &mut Out<'_>) {
        self.close(out);
        out.record(line, of_kind(self.kind, object));
    }

    fn text(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        if let Some(name) = text.strip_prefix("SERVICE_NAME:") {
            self.close(out);
            let record = Map::from_iter([("SERVICE_NAME".to_owned(), Value::from(name.trim()))]);
            self.service = Some((line, record));
            return;
        }
        if let Some((_, service)) = &mut self.service {
            match pair(text) {
                Some((label, value)) => return put(service, label, Value::from(value)),
                None if text.trim().is_empty() => return self.close(out),
                None => {}
            }
        }
        let kind = self.kind;
        if !self.list.line(line, text, &mut |line, object| out.record(line, of_kind(kind, object))) {
            out.unknown(line, text);
        }
    }
}

/// `        STATE              : 4  RUNNING`, `DISPLAY_NAME: …`
fn pair(text: &str) -> Option<(&str, &str)> {
    let (label, value) = text.split_once(':')?;
    let label = label.trim();
    let is_label = !label.is_empty()
        && label.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b' '));
    is_label.then(|| (label, value.trim()))
}

impl Facts {
    fn close(&mut self, out: &mut Out<'_>) {
        let kind = self.kind;
        if let Some((line, service)) = self.service.take() {
            out.record(line, of_kind(kind, service));
        }
        self.list.close(&mut |line, object| out.record(line, of_kind(kind, object)));
    }
}

struct Reader(Json<Facts>);

impl Read for Reader {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        self.0.take(stretch, out);
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.0.0.close(out);
    }
}

fn of(kind: Option<&'static str>) -> Box<dyn Read> {
    Box::new(Reader(Json::new(Facts { kind, list: FormatList::default(), service: None })))
}

/// The reader of services.
pub(super) fn services(_: &str) -> Box<dyn Read> {
    of(Some("service"))
}

/// The reader of installed programs.
pub(super) fn software(_: &str) -> Box<dyn Read> {
    of(Some("software"))
}

/// The reader of objects that say themselves what they are.
pub(super) fn facts(_: &str) -> Box<dyn Read> {
    of(None)
}
