//! Where a record goes: from its bytes to the datasets that were asked for.
//!
//! Takes records as files have them, gives items in the shape of their dataset. Decides nothing about duplicates, hours
//! and slices: that the run does.

use std::borrow::Cow;

use bytes::Bytes;

use super::kind::{self, Kind, Kinds};
use super::table::{NO_RECORD_INSIDE, Row, Table};
use super::units::Hint;
use super::{audit, graph, lookup};
use crate::catalog::{Catalog, Dataset, Group, exports, route};
use crate::json;
use crate::limits::TEXT_LAYERS_MAX;
use crate::source::shape::Shaped;
use crate::source::shape::envelope::from_envelope_of;
use crate::source::{Item, field};

const NO_ENVELOPE: &str = "it is no sound record of Azure Monitor";

/// What a record came to.
pub(super) enum What {
    /// For these of the wanted datasets, each with its item; the first is the record's own.
    Taken(&'static str, Vec<(usize, Item)>),
    /// Of a dataset that is not wanted.
    NotAsked(&'static str),
    /// Older than what is asked for of it.
    Old(&'static str),
    /// Not sound.
    Rejected(&'static str),
    /// Nothing that a dataset is made of.
    Foreign,
}

/// Sorts records.
pub(super) struct Sorter {
    kinds: &'static Kinds,
    catalog: &'static Catalog,
    wanted: Vec<&'static Dataset>,
    /// The table that the last row of values was of.
    last: Option<Known>,
}

/// A table, and what it is known by.
struct Known {
    columns: Vec<(String, bool)>,
    /// What its rows say of it.
    said: Option<String>,
    table: Table,
}

impl Sorter {
    pub(super) fn new(wanted: Vec<&'static Dataset>) -> Option<Self> {
        Some(Self { kinds: Kinds::embedded()?, catalog: Catalog::embedded().ok()?, wanted, last: None })
    }

    pub(super) fn kinds(&self) -> &'static Kinds {
        self.kinds
    }

    /// A record of a server, as its reader gives it.
    pub(super) fn given(&self, dataset: &'static str, record: Bytes) -> What {
        match self.wanted.iter().position(|one| one.id == dataset) {
            Some(at) => What::Taken(dataset, vec![(at, Item { record, id: None, at: None })]),
            None => What::NotAsked(dataset),
        }
    }

    /// An object.
    pub(super) fn object(&mut self, record: &Bytes, hint: &Hint) -> What {
        self.layer(record, hint, 0)
    }

    fn layer(&mut self, record: &Bytes, hint: &Hint, layer: u8) -> What {
        match self.kinds.of(record, hint.context.as_deref()) {
            Kind::Envelope => self.envelope(record),
            Kind::Row => self.row_object(record),
            Kind::Own(dataset) => match self.catalog.dataset(dataset) {
                Some(row) => self.place(row, graph::item(row, record.clone()), false),
                None => What::Foreign,
            },
            Kind::Foreign if layer < TEXT_LAYERS_MAX => self.inner(record, hint, layer),
            Kind::Foreign => What::Foreign,
        }
    }

    /// A row of a table of text.
    pub(super) fn row(&self, row: Row) -> What {
        match row {
            Row::Foreign => What::Foreign,
            Row::Rejected(reason) => What::Rejected(reason),
            Row::Shaped(dataset, shaped) => self.shaped(dataset, shaped),
            Row::Own(dataset, record) => match self.catalog.dataset(dataset) {
                Some(row) => self.place(row, graph::item(row, Bytes::from(record)), false),
                None => What::Foreign,
            },
        }
    }

    /// A line of Azure Monitor.
    fn envelope(&self, record: &Bytes) -> What {
        let Some(span) = lookup::member_of_any_case(record, "category") else { return What::Foreign };
        let category = field::text(record, &span).unwrap_or_default();
        let Some(dataset) = kind::dataset_of_category(&category) else { return What::Foreign };
        match from_envelope_of(record, route(dataset)) {
            Ok(mut shaped) => {
                if shaped.at.is_none() {
                    shaped.at = lookup::member_of_any_case(record, "time").and_then(|span| graph::when(record, &span));
                }
                self.shaped(dataset, shaped)
            }
            Err(_) => What::Rejected(NO_ENVELOPE),
        }
    }

    /// A row of Log Analytics as an object.
    fn row_object(&mut self, record: &Bytes) -> What {
        let Ok(members) = json::members(record, 0) else { return What::Foreign };
        let mut columns = Vec::new();
        let mut values: Vec<&[u8]> = Vec::new();
        for (key, span) in members.map_while(Result::ok) {
            let Ok(name) = json::unescape(key) else { continue };
            // What is text here may be an object in the table: opened where it is one.
            columns.push((name.into_owned(), true));
            values.push(record.get(span).unwrap_or_default());
        }
        self.values(&columns, &values)
    }

    /// A row of an answer of Log Analytics: an array.
    pub(super) fn cells(&mut self, row: &Bytes, hint: &Hint) -> What {
        let Some(columns) = &hint.columns else { return What::Foreign };
        let Ok(items) = json::items(row, 0) else { return What::Foreign };
        let values: Vec<&[u8]> = items.map_while(Result::ok).filter_map(|span| row.get(span)).collect();
        self.values(columns, &values)
    }

    fn values(&mut self, columns: &[(String, bool)], values: &[&[u8]]) -> What {
        let says = |name: &&str| {
            let value = values.get(columns.iter().position(|(one, _)| one == name)?)?;
            let text = field::text(value, &(0..value.len()))?.into_owned();
            kind::dataset_of_table(&text).map(|_| text)
        };
        let said = ["Type", "TableName", "$table"].iter().find_map(says);
        let known = match self.last.take() {
            Some(known) if known.said == said && known.columns == columns => known,
            _ => {
                let table = Table::of_values(self.kinds, said.as_deref(), columns);
                Known { columns: columns.to_vec(), said, table }
            }
        };
        let row = known.table.values(values);
        self.last = Some(known);
        self.row(row)
    }

    /// A record inside another object, which holds it as a member: `AuditData`, as an object or as text.
    fn inner(&mut self, record: &Bytes, hint: &Hint, layer: u8) -> What {
        for name in exports().iter().filter_map(|row| row.inside.as_deref()).chain(SHIPPED) {
            let Some(span) = member_at(record, name) else { continue };
            let raw = record.slice(span.clone());
            let text = match raw.first() {
                Some(b'{') => std::str::from_utf8(&raw).ok().map(str::to_owned),
                Some(b'"') => std::str::from_utf8(&raw).ok().and_then(lookup::unquoted),
                _ => None,
            };
            let Some(text) = text.filter(|text| text.trim_start().starts_with('{')) else { continue };
            let first = name.split('.').next().unwrap_or(name);
            let others: Vec<_> = json::members(record, 0)
                .into_iter()
                .flatten()
                .map_while(Result::ok)
                .filter(|(key, _)| !key.eq_ignore_ascii_case(first.as_bytes()))
                .filter_map(|(key, span)| Some((json::unescape(key).ok()?, Cow::Borrowed(record.get(span)?))))
                .collect();
            match audit::opened(&text, &others) {
                Some(opened) => return self.layer(&Bytes::from(opened), hint, layer + 1),
                None if SHIPPED.contains(&name) => {}
                None => return What::Rejected(NO_RECORD_INSIDE),
            }
        }
        What::Foreign
    }

    fn shaped(&self, dataset: &'static str, shaped: Shaped) -> What {
        let Some(row) = self.catalog.dataset(dataset) else { return What::Foreign };
        let has_id = shaped.id.is_some();
        let item = shaped.into_item();
        // Without a row of its own the category's id is that of the dataset it is counted to.
        let item = if has_id { item } else { Item { id: graph::item(row, item.record.clone()).id, ..item } };
        self.place(row, item, true)
    }

    /// The datasets that an item goes to. `is_said`: its category was named.
    fn place(&self, dataset: &'static Dataset, item: Item, is_said: bool) -> What {
        if dataset.for_each.is_some() {
            // Whose it is stood in the address, not in the record.
            return What::Foreign;
        }
        let parts = self.kinds.parts(dataset, &item.record, is_said);
        let own = parts.first().map_or(dataset.id.as_str(), |part| part.id.as_str());
        let mut targets = Vec::new();
        for part in parts {
            if let Some(at) = self.wanted.iter().position(|one| one.id == part.id) {
                let copy = Item { record: item.record.clone(), id: item.id, at: item.at.clone() };
                targets.push((at, copy));
            }
        }
        match dataset.group {
            _ if !targets.is_empty() => What::Taken(own, targets),
            Group::Logs => What::NotAsked(own),
            Group::Objects | Group::Config | Group::Onprem => What::Foreign,
        }
    }
}

/// Where programs that ship logs keep the record as it was. Source: <https://www.elastic.co/docs/reference/ecs/ecs-event>
/// (`event.original`), the others are what they write before that.
const SHIPPED: [&str; 4] = ["o365audit", "event.original", "message", "_raw"];

/// The value at a path, dot between names.
fn member_at(record: &[u8], path: &str) -> Option<json::Span> {
    let mut span = 0..record.len();
    for name in path.split('.') {
        let inner = lookup::member_of_any_case(record.get(span.clone())?, name)?;
        span = span.start + inner.start..span.start + inner.end;
    }
    Some(span)
}
