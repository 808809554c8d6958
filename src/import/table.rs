//! A table of a file, of whatever kind: who reads its rows.
//!
//! Takes the names of the columns (and the file's name, where the columns leave it open), gives a reader of rows.

use std::borrow::Cow;

use super::audit;
use super::kind::{self, Kinds, squeezed};
use super::portal::{Portal, letters};
use super::rename;
use crate::catalog::{Catalog, Export, Group, exports, route};
use crate::source::shape::{Shaped, row::Frame};

pub(super) const NO_RECORD_INSIDE: &str =
    "its column AuditData holds no JSON object: perhaps a program has cut the cell";

/// Who reads a row.
pub(super) enum Road {
    /// The record stands in one cell.
    Inside { dataset: &'static str, at: usize },
    /// A table of a portal.
    Portal { dataset: &'static str, portal: Portal },
    /// A table of Log Analytics.
    Frame { dataset: &'static str, frame: Frame },
    /// Properties as columns, as scripts write them.
    Flat { dataset: &'static str },
    /// Not a table of records.
    Foreign,
}

/// The columns of a table and who reads its rows.
pub(super) struct Table {
    names: Vec<String>,
    pub road: Road,
}

/// What a row came to.
pub(super) enum Row {
    /// Shaped already.
    Shaped(&'static str, Shaped),
    /// In the shape of its service.
    Own(&'static str, Vec<u8>),
    /// Not taken.
    Rejected(&'static str),
    Foreign,
}

impl Table {
    /// For rows of text cells; `file` is its name, `said` what a row says of its table ([`said_at`]).
    pub(super) fn of_text(kinds: &Kinds, names: Vec<String>, file: &str, said: Option<&str>) -> Self {
        // Text of a dynamic column is JSON text: opened, as everything that is JSON text.
        let columns: Vec<(String, bool)> = names.iter().map(|name| (plain(name), true)).collect();
        let road = match export(&names, file) {
            Some(row) => exported(row, &names),
            None => tabled(kinds, said, &columns).unwrap_or_else(|| flat(kinds, &names)),
        };
        Self { names, road }
    }

    /// For rows of JSON values; `table` is what a row says of itself.
    pub(super) fn of_values(kinds: &Kinds, table: Option<&str>, columns: &[(String, bool)]) -> Self {
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let known = export(&names, "").map(|row| exported(row, &names));
        let road = known.or_else(|| tabled(kinds, table, columns)).unwrap_or(Road::Foreign);
        Self { names, road }
    }

    /// A row of text cells.
    pub(super) fn text(&self, cells: Vec<String>) -> Row {
        match &self.road {
            Road::Frame { dataset, frame } => {
                let cells: Vec<Vec<u8>> = cells.iter().zip(&self.names).map(|(cell, name)| value(name, cell)).collect();
                let cells: Vec<&[u8]> = cells.iter().map(Vec::as_slice).collect();
                Row::Shaped(dataset, frame.shape(&cells))
            }
            Road::Portal { dataset, portal } => Row::Own(dataset, portal.record(cells)),
            Road::Inside { dataset, at } => {
                let others = cells.iter().enumerate().filter(|(n, _)| n != at);
                let others: Vec<_> = others.map(|(n, cell)| (self.name(n), Cow::Owned(audit::quoted(cell)))).collect();
                let inner = cells.get(*at).and_then(|inner| audit::opened(inner, &others));
                inner.map_or(Row::Rejected(NO_RECORD_INSIDE), |record| Row::Own(dataset, record))
            }
            Road::Flat { dataset } => {
                let mut record = vec![b'{'];
                for (n, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                    if record.len() > 1 {
                        record.push(b',');
                    }
                    record.extend(audit::quoted(&rename::camel(&self.name(n))));
                    record.push(b':');
                    record.extend(value("", cell));
                }
                record.push(b'}');
                Row::Own(dataset, record)
            }
            Road::Foreign => Row::Foreign,
        }
    }

    /// A row of JSON values.
    pub(super) fn values(&self, cells: &[&[u8]]) -> Row {
        match &self.road {
            Road::Frame { dataset, frame } => Row::Shaped(dataset, frame.shape(cells)),
            Road::Foreign => Row::Foreign,
            _ => self.text(cells.iter().map(|cell| as_text(cell)).collect()),
        }
    }

    fn name(&self, at: usize) -> Cow<'_, str> {
        self.names.get(at).map_or_else(|| Cow::Owned(format!("column {}", at + 1)), |name| Cow::Borrowed(name.as_str()))
    }
}

/// Where a row of text cells says which table it is of.
pub(super) fn said_at(names: &[String]) -> Option<usize> {
    let has = |wanted: &str| names.iter().position(|name| plain(name) == wanted);
    has("TimeGenerated").and_then(|_| has("Type"))
}

/// The kind of export that has these columns.
fn export(names: &[String], file: &str) -> Option<&'static Export> {
    let names: Vec<String> = names.iter().map(|name| letters(name)).collect();
    let has = |key: &String| names.contains(&letters(key));
    let file: String = file.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    exports().iter().find(|row| {
        row.keys.iter().all(has)
            && !row.without.iter().any(has)
            && (row.named.is_empty() || row.named.iter().any(|part| file.contains(part.as_str())))
    })
}

fn exported(row: &'static Export, names: &[String]) -> Road {
    let dataset = row.dataset.as_str();
    let inside = row.inside.as_ref().map(|inside| letters(inside));
    match inside.and_then(|inside| names.iter().position(|name| letters(name) == inside)) {
        Some(at) => Road::Inside { dataset, at },
        None => Road::Portal { dataset, portal: Portal::of(dataset, names) },
    }
}

/// A table of Log Analytics has `TimeGenerated`.
fn tabled(kinds: &Kinds, table: Option<&str>, columns: &[(String, bool)]) -> Option<Road> {
    columns.iter().find(|(name, _)| name == "TimeGenerated")?;
    let names = || columns.iter().map(|(name, _)| name.as_str());
    let dataset = match table.and_then(kind::dataset_of_table) {
        Some(dataset) => dataset,
        None => kinds.of_columns(names())?,
    };
    // The columns of a table that is no dataset's own are named by that dataset's table.
    let table = table.or_else(|| route(dataset).map(|row| row.table.as_str()))?;
    let frame = Frame::of(table, columns.iter().map(|(name, dynamic)| (name.as_str(), *dynamic)));
    Some(Road::Frame { dataset, frame })
}

/// What `Export-Csv` makes of objects. Logs only: of an object it leaves out too much.
fn flat(kinds: &Kinds, names: &[String]) -> Road {
    let dataset = kinds.of_columns(names.iter().map(String::as_str));
    let row = dataset.and_then(|id| Catalog::embedded().ok()?.dataset(id)).filter(|row| row.group == Group::Logs);
    let has_time = row
        .and_then(|row| row.time.as_ref())
        .is_some_and(|time| names.iter().any(|name| squeezed(name) == time.property.to_ascii_lowercase()));
    row.filter(|_| has_time).map_or(Road::Foreign, |row| Road::Flat { dataset: row.id.as_str() })
}

/// `TimeGenerated [UTC]` is `TimeGenerated`.
fn plain(name: &str) -> String {
    let name = name.trim();
    name.rfind(" [").filter(|_| name.ends_with(']')).and_then(|at| name.get(..at)).unwrap_or(name).to_owned()
}

/// A cell as JSON: text, but for yes and no, and instants as RFC 3339 where the column says that it holds one.
fn value(name: &str, cell: &str) -> Vec<u8> {
    if cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false") {
        return cell.to_ascii_lowercase().into_bytes();
    }
    let is_time = name.ends_with(']') || name.contains("TimeGenerated") || name.ends_with("DateTime");
    if is_time
        && crate::source::field::instant(cell).is_none()
        && let Some(text) = super::instant::read(cell).and_then(super::instant::write)
    {
        return audit::quoted(&text);
    }
    audit::quoted(cell)
}

/// A JSON value as a cell: the text of a string, everything else as written.
fn as_text(value: &[u8]) -> String {
    let raw = std::str::from_utf8(value).unwrap_or_default();
    match raw {
        "null" => String::new(),
        _ => super::lookup::unquoted(raw).unwrap_or_else(|| raw.to_owned()),
    }
}
