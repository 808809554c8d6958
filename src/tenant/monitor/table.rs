//! A record in Graph's shape as a row of its table in Log Analytics.
//!
//! Takes the record's bytes and what only the workspace knows, writes the cells of a row as the query API sends them:
//! `dynamic` values and objects in text columns as text that holds JSON, missing text as "", other missing values as
//! null. Which column is what is read from `tables.toml`, not from the collector's own rows: this is the other side.
//! Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format>.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::json::{self, Span};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    table: Vec<TableRow>,
    value: Vec<ValueRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableRow {
    name: String,
    columns: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueRow {
    columns: Vec<String>,
    #[serde(default)]
    tables: Vec<String>,
    path: Option<String>,
    text: Option<String>,
}

/// A table.
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: String,
    /// Its columns.
    pub(crate) columns: Vec<Column>,
    /// By property in lower case: the columns that are made of it.
    readers: HashMap<Vec<u8>, Vec<usize>>,
}

/// A column of a table.
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// Its type, as an answer names it.
    pub(crate) kind: String,
    value: Value,
}

enum Value {
    /// Members below the property, from the top.
    Path(Vec<String>),
    Text(String),
}

/// What only the workspace knows of a row.
pub(crate) struct Facts<'a> {
    /// The workspace's id.
    pub(crate) workspace: &'a str,
    /// The tenant's id.
    pub(crate) tenant: &'a str,
    /// The diagnostic category.
    pub(crate) category: &'a str,
    /// `TimeGenerated`.
    pub(crate) generated: &'a str,
    /// `_BilledSize`.
    pub(crate) billed: u64,
}

/// The table of this name; names are exact.
pub(crate) fn table(name: &str) -> Option<&'static Table> {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    let tables = TABLES.get_or_init(|| read(toml::from_str(include_str!("tables.toml")).expect("tables.toml")));
    tables.iter().find(|table| table.name == name)
}

fn read(file: File) -> Vec<Table> {
    let value = |table: &str, column: &str| {
        let row = file.value.iter().find(|row| {
            row.columns.iter().any(|name| name == column)
                && (row.tables.is_empty() || row.tables.iter().any(|name| name == table))
        });
        match row {
            Some(ValueRow { text: Some(text), .. }) => Value::Text(text.clone()),
            Some(ValueRow { path: Some(path), .. }) => Value::Path(path.split('.').map(str::to_owned).collect()),
            _ => Value::Path(vec![column.to_owned()]),
        }
    };
    let column = |table: &str, text: &str| {
        let (name, kind) = text.split_once(':').unwrap_or((text, "string"));
        Column { name: name.to_owned(), kind: kind.to_owned(), value: value(table, name) }
    };
    let table = |row: &TableRow| {
        let columns: Vec<Column> = row.columns.split_whitespace().map(|text| column(&row.name, text)).collect();
        let mut readers: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (at, column) in columns.iter().enumerate() {
            if let Value::Path(path) = &column.value
                && let Some(first) = path.first()
            {
                readers.entry(first.to_ascii_lowercase().into_bytes()).or_default().push(at);
            }
        }
        Table { name: row.name.clone(), columns, readers }
    };
    file.table.iter().map(table).collect()
}

impl Table {
    /// The place of a column.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Appends the row of a record: `["…",null,…]`.
    pub(crate) fn write(&self, record: &[u8], facts: &Facts<'_>, out: &mut Vec<u8>) {
        let mut cells: Vec<Option<Span>> = vec![None; self.columns.len()];
        let mut lower = Vec::with_capacity(48);
        for (key, span) in json::members(record, 0).into_iter().flatten().map_while(Result::ok) {
            lower.clear();
            lower.extend(key.iter().map(u8::to_ascii_lowercase));
            for &at in self.readers.get(&lower).into_iter().flatten() {
                if let (Some(cell), Some(column)) = (cells.get_mut(at), self.columns.get(at)) {
                    *cell = column.find(record, span.clone());
                }
            }
        }
        for (at, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            out.push(if at == 0 { b'[' } else { b',' });
            match &column.value {
                Value::Text(text) => column.write_word(text, &self.name, facts, out),
                Value::Path(_) => column.write(cell.and_then(|span| record.get(span)).unwrap_or(b"null"), out),
            }
        }
        out.push(b']');
    }
}

impl Column {
    /// The value below the property at `span`.
    fn find(&self, record: &[u8], mut span: Span) -> Option<Span> {
        let Value::Path(path) = &self.value else { return None };
        for name in path.iter().skip(1) {
            let mut members = json::members(record, span.start).ok()?.map_while(Result::ok);
            span = members.find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()))?.1;
        }
        Some(span)
    }

    fn write(&self, value: &[u8], out: &mut Vec<u8>) {
        let (first, is_text) =
            (value.first().copied().unwrap_or(b'n'), self.kind == "string" || self.kind == "dynamic");
        match first {
            b'n' if self.kind == "string" => out.extend_from_slice(b"\"\""),
            b'n' => out.extend_from_slice(b"null"),
            // A text that holds a number, where the table wants one.
            b'"' if matches!(self.kind.as_str(), "long" | "int" | "real") => {
                let inner = value.get(1..value.len() - 1).unwrap_or_default();
                let is_number = json::value_span(inner, 0).is_ok_and(|span| span == (0..inner.len()));
                out.extend_from_slice(if is_number { inner } else { b"null" });
            }
            b'"' => out.extend_from_slice(value),
            _ if is_text => quote(&String::from_utf8_lossy(value), out),
            _ => out.extend_from_slice(value),
        }
    }

    fn write_word(&self, text: &str, table: &str, facts: &Facts<'_>, out: &mut Vec<u8>) {
        match text {
            "{billed}" => out.extend_from_slice(facts.billed.to_string().as_bytes()),
            "{generated}" => quote(facts.generated, out),
            "{workspace}" => quote(facts.workspace, out),
            "{category}" => quote(facts.category, out),
            "{table}" => quote(table, out),
            _ => quote(&text.replace("{tenant}", facts.tenant), out),
        }
    }
}

fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    json::escape_into(text, out);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::routes;

    fn row(table_name: &str, record: &str) -> HashMap<String, serde_json::Value> {
        let table = table(table_name).unwrap();
        let facts = Facts { workspace: "w", tenant: "t", category: "c", generated: "2026-01-05T10:00:00Z", billed: 7 };
        let mut out = Vec::new();
        table.write(record.as_bytes(), &facts, &mut out);
        let cells: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
        assert_eq!(cells.len(), table.columns.len());
        table.columns.iter().map(|column| column.name.clone()).zip(cells).collect()
    }

    #[test]
    fn every_category_has_its_table_with_what_the_routes_name() {
        for route in routes() {
            let table = table(&route.table).unwrap();
            for name in ["TimeGenerated", "TenantId", "_BilledSize", "Type", route.time_column()] {
                assert!(table.column(name).is_some(), "{} {name}", route.table);
            }
            let kinds = ["string", "datetime", "dynamic", "long", "int", "real", "bool"];
            assert!(table.columns.iter().all(|column| kinds.contains(&column.kind.as_str())), "{}", route.table);
        }
    }

    #[test]
    fn objects_are_text_and_what_is_missing_is_empty() {
        let record = r#"{"id":"a","location":{"city":"x","countryOrRegion":"NO"},"status":{"errorCode":50126},
            "autonomousSystemNumber":64500,"riskEventTypes_v2":[],"isInteractive":true,"ipAddress":"203.0.113.9"}"#;
        let row = row("SigninLogs", record);
        assert_eq!(row["LocationDetails"], r#"{"city":"x","countryOrRegion":"NO"}"#);
        assert_eq!((&row["Location"], &row["ResultType"]), (&"NO".into(), &"50126".into()));
        assert_eq!((&row["AutonomousSystemNumber"], &row["RiskEventTypes_V2"]), (&"64500".into(), &"[]".into()));
        assert_eq!((&row["IsInteractive"], &row["IPAddress"]), (&true.into(), &"203.0.113.9".into()));
        assert_eq!((&row["UserId"], &row["CreatedDateTime"]), (&"".into(), &serde_json::Value::Null));
        assert_eq!((&row["TenantId"], &row["AADTenantId"], &row["_BilledSize"]), (&"w".into(), &"t".into(), &7.into()));
    }
}
