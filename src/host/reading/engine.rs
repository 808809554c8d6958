//! Documents of the synchronisation engine: run history, connector space.
//!
//! Run history: one record per run, per step and per error; the last two say of which run they are. Counters become
//! numbers. Connector space: one record per object; attributes stand under `attr` by their own names (`attr:add` and
//! so on in changes), so that the gate knows them.
//! Source: [MS-UPSDBDAP] (run history), element names of lithnet/miis-client (csexport).

use serde_json::{Map, Value};

use super::Read;
use super::binary;
use super::xml::{Root, Shape, Xml, put};

const OF_RUN: &[(&str, &str, &str)] = &[
    ("run-details", "ma-id", "ma-id"),
    ("run-details", "ma-name", "ma-name"),
    ("run-details", "run-number", "run-number"),
    ("run-details", "run-profile-name", "run-profile-name"),
    ("run-details", "security-id", "security-id"),
];
const OF_STEP: &[(&str, &str, &str)] = &[
    ("run-details", "ma-id", "ma-id"),
    ("run-details", "ma-name", "ma-name"),
    ("run-details", "run-number", "run-number"),
    ("run-details", "run-profile-name", "run-profile-name"),
    ("step-details", "step-number", "step-number"),
    ("step-details", "step-id", "step-id"),
    ("step-details", "start-date", "start-date"),
];

const RUNS: &[Root] = &[
    Root { element: "run-details", under: "", from: &[] },
    Root { element: "step-details", under: "", from: OF_RUN },
    Root { element: "*", under: "synchronization-errors", from: OF_STEP },
    Root { element: "*", under: "ma-discovery-errors", from: OF_STEP },
    Root { element: "*", under: "mv-retry-errors", from: OF_STEP },
];

struct Runs;

impl Shape for Runs {
    fn roots(&self) -> &'static [Root] {
        RUNS
    }

    fn attach(&self, around: &mut Map<String, Value>, name: &str, mut value: Value) {
        if name.ends_with("-counters")
            && let Value::Object(counters) = &mut value
        {
            counters.iter_mut().for_each(|(_, counter)| count(counter));
        }
        put(around, name, value);
    }
}

/// `<export-add detail="true">3</export-add>` is the number 3.
fn count(counter: &mut Value) {
    let text = match &*counter {
        Value::Object(object) if object.keys().all(|key| matches!(key.as_str(), "detail" | "#text")) => {
            object.get("#text").and_then(Value::as_str)
        }
        other => other.as_str(),
    };
    if let Some(number) = text.and_then(|text| text.trim().parse::<u64>().ok()) {
        *counter = Value::from(number);
    }
}

const OBJECTS: &[Root] = &[Root { element: "cs-object", under: "", from: &[] }];

struct Objects;

impl Shape for Objects {
    fn roots(&self) -> &'static [Root] {
        OBJECTS
    }

    fn attach(&self, around: &mut Map<String, Value>, name: &str, mut value: Value) {
        let attribute = match &mut value {
            Value::Object(object) if matches!(name, "attr" | "dn-attr") => object.remove("name"),
            _ => None,
        };
        match (attribute, value) {
            (Some(Value::String(attribute)), Value::Object(object)) => {
                attach_attribute(around, name, &attribute, object);
            }
            (_, value) if name == "anchor" => match text_of(value) {
                // In the cloud's connector space it is the cloud's own id.
                Value::String(text) => match binary::anchor(&text) {
                    Some(anchor) => put(around, "cloudAnchor", Value::from(anchor)),
                    None => put(around, name, Value::from(text)),
                },
                other => put(around, name, other),
            },
            (_, value) => put(around, name, value),
        }
    }
}

/// `<attr name="mail" operation="update"><value operation="add">…</value></attr>`: each value stands under the attribute's
/// name, in `attr` or in `attr:add`.
fn attach_attribute(around: &mut Map<String, Value>, name: &str, attribute: &str, mut object: Map<String, Value>) {
    let operation = object.remove("operation");
    let is_single = object.get("multivalued").is_some_and(|several| several == "false");
    let mut found = 0_u64;
    let values = ["value", "dn-value"].into_iter().filter_map(|key| object.remove(key)).flat_map(items);
    for mut value in values.collect::<Vec<_>>() {
        let own = match &mut value {
            Value::Object(members) => members.remove("operation"),
            _ => None,
        };
        let place = match own.as_ref().or(operation.as_ref()).and_then(Value::as_str) {
            Some(operation) => format!("{name}:{operation}"),
            None => name.to_owned(),
        };
        let value = match text_of(value) {
            Value::String(text) => Value::from(binary::spelt(attribute, text)),
            other => other,
        };
        found += 1;
        let Value::Object(place) = around.entry(place).or_insert_with(|| Value::Object(Map::new())) else { continue };
        match (place.get_mut(attribute), is_single) {
            (None, false) => {
                place.insert(attribute.to_owned(), Value::Array(vec![value]));
            }
            _ => put(place, attribute, value),
        }
    }
    // No value: what is said of the attribute itself stays.
    if found == 0 {
        operation.into_iter().for_each(|operation| put(&mut object, "operation", operation));
        object.insert("name".to_owned(), Value::from(attribute));
        put(around, "attribute", Value::Object(object));
    }
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        one => vec![one],
    }
}

/// The text of an element: of itself, or of the DN in it.
fn text_of(value: Value) -> Value {
    let Value::Object(mut object) = value else { return value };
    object.remove("encoding");
    match (object.len(), object.remove("#text").or_else(|| object.remove("dn"))) {
        (1, Some(text)) => text,
        (_, Some(text)) => {
            object.insert("#text".to_owned(), text);
            Value::Object(object)
        }
        (_, None) => Value::Object(object),
    }
}

/// The reader of run histories.
pub(super) fn runs(_: &str) -> Box<dyn Read> {
    Box::new(Xml::new(Runs))
}

/// The reader of connector space exports.
pub(super) fn objects(_: &str) -> Box<dyn Read> {
    Box::new(Xml::new(Objects))
}
