//! The configuration of Entra Connect's server: `Get-ADSyncServerConfiguration` XML, synchronisation policies in JSON.
//!
//! One record per connector, partition, run profile, parameter, schema class and attribute, synchronisation rule, each with
//! the file's own names; parts of a connector say which in `ma-id` and `ma-name`.
//! Source: learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-import-export-config; public exports of
//! microsoft/AADConnectConfigDocumenter.

use serde_json::{Map, Value};

use super::Read;
use super::json::{Json, Objects};
use super::out::Out;
use super::xml::{Root, Shape, Xml};
use crate::record::{Form, RawStretch};

const OF_CONNECTOR: &[(&str, &str, &str)] = &[("ma-data", "id", "ma-id"), ("ma-data", "name", "ma-name")];

const fn of_connector(element: &'static str, under: &'static str) -> Root {
    Root { element, under, from: OF_CONNECTOR }
}

const ROOTS: &[Root] = &[
    of_connector("ma-data", ""),
    of_connector("synchronizationRule", ""),
    Root {
        element: "parameter",
        under: "parameter-values",
        from: &[("ma-data", "id", "ma-id"), ("ma-data", "name", "ma-name"), ("partition", "name", "partition-name")],
    },
    of_connector("partition", "ma-partition-data"),
    of_connector("run-configuration", ""),
    of_connector("class", "directory-schema"),
    of_connector("attribute-type", "directory-schema"),
    of_connector("dit-content-rule", "directory-schema"),
];

struct Server;

impl Shape for Server {
    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn give(&mut self, line: u64, mut record: Map<String, Value>, out: &mut Out<'_>) {
        // A parameter's text is its value; the gate asks by that name.
        if record.get("record").is_some_and(|kind| kind == "parameter")
            && let Some(value) = record.remove("#text")
        {
            record.insert("value".to_owned(), value);
        }
        out.record(line, record);
    }
}

/// The lists of a synchronisation policy whose items are records of their own.
const LISTS: &[&str] = &[
    "synchronizationRules",
    "customSynchronizationRules",
    "standardSynchronizationRules",
    "onpremisesDirectoryPolicy",
    "connectors",
    "partitions",
    "globalParameters",
];

/// A policy in JSON: an item of a known list is a record, the rest of the document is one.
struct Policy;

impl Objects for Policy {
    fn object(&mut self, line: u64, object: Map<String, Value>, out: &mut Out<'_>) {
        let mut rest = Map::from_iter([("record".to_owned(), Value::from("policy"))]);
        for (key, value) in object {
            match value {
                Value::Array(items) if LISTS.iter().any(|list| list.eq_ignore_ascii_case(&key)) => {
                    items.into_iter().for_each(|item| self.item(line, &key, item, out));
                }
                value => super::xml::put(&mut rest, &key, value),
            }
        }
        if rest.len() > 1 {
            out.record(line, rest);
        }
    }
}

impl Policy {
    fn item(&mut self, line: u64, list: &str, item: Value, out: &mut Out<'_>) {
        let mut record = Map::from_iter([("record".to_owned(), Value::from(list))]);
        match item {
            Value::Object(object) => {
                for (key, value) in object {
                    match value {
                        Value::Array(items)
                            if LISTS.iter().any(|list| list.eq_ignore_ascii_case(&key))
                                && items.iter().all(Value::is_object) =>
                        {
                            items.into_iter().for_each(|item| self.item(line, &key, item, out));
                        }
                        value => super::xml::put(&mut record, &key, value),
                    }
                }
            }
            other => {
                record.insert("value".to_owned(), other);
            }
        }
        out.record(line, record);
    }
}

/// Either of both, by the form of the file.
struct Either {
    xml: Xml<Server>,
    json: Json<Policy>,
}

/// The reader.
pub(super) fn reader(_: &str) -> Box<dyn Read> {
    Box::new(Either { xml: Xml::new(Server), json: Json::new(Policy) })
}

impl Read for Either {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        match stretch.form {
            Form::Json | Form::JsonLines => self.json.take(stretch, out),
            _ => self.xml.take(stretch, out),
        }
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.xml.end(out);
        self.json.end(out);
    }
}
