//! One event, whoever wrote it down: XML of `wevtutil` and Event Viewer, EVTX in the spelling of the `evtx` crate, objects of
//! `Get-WinEvent | ConvertTo-Json`.
//!
//! Gives `{"channel","provider","eventId","level","time","computer","userId","recordId",…,"data","message"}`. Values of
//! `data` are texts, under their names or, without names, in `values`.
//! Source: learn.microsoft.com/windows/win32/wes/eventschema-schema; winmeta.xml (levels).

use serde_json::{Map, Value};

use super::xml::put;

/// The words for the levels 0 to 5; 0 (always logged) shows as Information.
const LEVELS: [&str; 6] = ["Information", "Critical", "Error", "Warning", "Information", "Verbose"];

/// An event of XML or EVTX; none when it has no `System`.
pub(super) fn of_system(event: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    let Some(Value::Object(system)) = event.remove("System") else { return None };
    let part = |name: &str| system.get(name);
    let attribute = |name: &str, of: &str| part(name).and_then(|part| attribute(part, of));
    let mut record = Map::new();
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|value| !value.is_null() && value.as_str() != Some("")) {
            record.insert(key.to_owned(), value);
        }
    };
    add("channel", part("Channel").and_then(text));
    add("provider", attribute("Provider", "Name").or_else(|| attribute("Provider", "EventSourceName")));
    add("eventId", part("EventID").and_then(number));
    let level = part("Level").and_then(number);
    add("level", level.map(|level| word(&level)));
    let time = attribute("TimeCreated", "SystemTime").or_else(|| attribute("TimeCreated", "RawTime"));
    add("time", time);
    add("computer", part("Computer").and_then(text));
    add("userId", attribute("Security", "UserID"));
    add("recordId", part("EventRecordID").and_then(number));
    add("task", part("Task").and_then(number).filter(|task| *task != 0));
    add("opcode", part("Opcode").and_then(number).filter(|opcode| *opcode != 0));
    add("keywords", part("Keywords").and_then(text));
    add("activityId", attribute("Correlation", "ActivityID"));
    add("relatedActivityId", attribute("Correlation", "RelatedActivityID"));
    add("processId", attribute("Execution", "ProcessID").as_ref().and_then(number));
    add("threadId", attribute("Execution", "ThreadID").as_ref().and_then(number));
    let mut data = Map::new();
    for member in ["EventData", "UserData", "ProcessingErrorData", "DebugData", "BinaryEventData"] {
        event.remove(member).into_iter().for_each(|value| gather(value, member == "UserData", &mut data));
    }
    add("data", (!data.is_empty()).then_some(Value::Object(data)));
    if let Some(Value::Object(mut rendering)) = event.remove("RenderingInfo") {
        add("message", rendering.remove("Message").as_ref().and_then(text));
    }
    Some(record)
}

/// An object of `Get-WinEvent`; none when it is none.
pub(super) fn of_object(event: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    if !event.contains_key("ProviderName") || !event.contains_key("Id") {
        return None;
    }
    let mut record = Map::new();
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            record.insert(key.to_owned(), value);
        }
    };
    let mut take = |name: &str| event.remove(name);
    add("channel", take("LogName"));
    add("provider", take("ProviderName"));
    add("eventId", take("Id"));
    let level = take("Level");
    add("level", take("LevelDisplayName").filter(Value::is_string).or_else(|| level.as_ref().map(word)));
    let time = take("TimeCreated").map(|time| inner(time, &["DateTime", "value"]));
    add("time", time);
    add("computer", take("MachineName"));
    add("userId", take("UserId").map(|user| inner(user, &["Value"])));
    add("recordId", take("RecordId"));
    let properties = take("Properties").map(|properties| match properties {
        Value::Array(items) => items.into_iter().map(|item| inner(item, &["Value"])).map(plain).collect(),
        other => vec![plain(other)],
    });
    let values = properties.filter(|values| !values.is_empty());
    add("data", values.map(|values| Value::Object(Map::from_iter([("values".to_owned(), Value::Array(values))]))));
    add("message", take("Message"));
    add("activityId", take("ActivityId"));
    Some(record)
}

/// What a value says: of an element its text.
pub(super) fn text(value: &Value) -> Option<Value> {
    match value {
        Value::Object(object) => object.get("#text").and_then(text),
        Value::Null => None,
        other => Some(other.clone()),
    }
}

/// A number, also where it is written as text; else the text.
fn number(value: &Value) -> Option<Value> {
    let value = text(value)?;
    let number = value.as_str().and_then(|text| text.trim().parse::<u64>().ok());
    Some(number.map_or(value, Value::from))
}

fn word(level: &Value) -> Value {
    let word = level.as_u64().and_then(|level| LEVELS.get(usize::try_from(level).ok()?));
    word.map_or_else(|| level.clone(), |word| Value::from(*word))
}

/// An attribute of an element, in either spelling.
fn attribute(element: &Value, name: &str) -> Option<Value> {
    let own = element.get(name).or_else(|| element.get("#attributes")?.get(name));
    own.filter(|value| !value.is_object() && !value.is_null()).cloned()
}

/// The member that holds what counts.
fn inner(mut value: Value, names: &[&str]) -> Value {
    let Value::Object(object) = &mut value else { return value };
    names.iter().find_map(|name| object.remove(*name)).unwrap_or(value)
}

/// Values of events are texts, whoever read them.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.to_string()),
        Value::Bool(is) => Value::from(if is { "true" } else { "false" }),
        other => other,
    }
}

/// Gathers the data of an element. `is_outer`: what counts stands in the element's only child.
fn gather(value: Value, is_outer: bool, data: &mut Map<String, Value>) {
    match value {
        Value::Object(object) => {
            let nested = object.contains_key("EventData");
            for (key, value) in object {
                match key.as_str() {
                    "#attributes" => attributes(value).for_each(|(key, value)| put(data, &key, plain(value))),
                    "Data" => items(value).into_iter().for_each(|item| datum(item, data)),
                    "#text" => items(value).into_iter().for_each(|item| unnamed(plain(item), data)),
                    "EventData" if nested => gather(value, false, data),
                    _ if is_outer && value.is_object() => gather(value, false, data),
                    _ => put(data, &key, leaf(value)),
                }
            }
        }
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        other => unnamed(plain(other), data),
    }
}

/// `<Data Name="…">…</Data>`, or one without a name.
fn datum(value: Value, data: &mut Map<String, Value>) {
    let name = attribute(&value, "Name");
    let texts = match &value {
        Value::Object(object) => object.get("#text").cloned().unwrap_or(Value::from("")),
        Value::Null => Value::from(""),
        other => other.clone(),
    };
    match name.as_ref().and_then(Value::as_str) {
        Some(name) => put(data, name, leaf(texts)),
        None => items(texts).into_iter().for_each(|item| unnamed(plain(item), data)),
    }
}

fn unnamed(value: Value, data: &mut Map<String, Value>) {
    match data.get_mut("values") {
        Some(Value::Array(values)) => values.push(value),
        _ => {
            data.insert("values".to_owned(), Value::Array(vec![value]));
        }
    }
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        one => vec![one],
    }
}

/// The attributes of an element, without declarations of namespaces.
fn attributes(value: Value) -> impl Iterator<Item = (String, Value)> {
    let attributes = match value {
        Value::Object(attributes) => attributes,
        _ => Map::new(),
    };
    attributes.into_iter().filter(|(key, _)| !key.starts_with("xmlns"))
}

/// A named value: a text, or what is nested in it; attributes become members.
fn leaf(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members = Map::new();
            for (key, value) in object {
                match key.as_str() {
                    "#attributes" => attributes(value).for_each(|(key, value)| put(&mut members, &key, plain(value))),
                    _ => put(&mut members, &key, leaf(value)),
                }
            }
            match (members.len(), members.remove("#text")) {
                (1, Some(text)) => text,
                (_, text) => {
                    text.into_iter().for_each(|text| put(&mut members, "#text", text));
                    Value::Object(members)
                }
            }
        }
        Value::Array(items) => Value::Array(items.into_iter().map(leaf).collect()),
        Value::Null => Value::from(""),
        other => plain(other),
    }
}
