//! `catalog show ID`: one row, readable.

use std::io::{self, Write};

use super::items;
use crate::catalog::{Catalog, Dataset, NotFound, Service, Shape};

const WIDTH: usize = 80;
const LABEL: usize = 14;

/// Writes all that is known about a dataset.
pub(super) fn write(catalog: &Catalog, row: &Dataset, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", row.id)?;
    for (label, text) in asked(row).into_iter().chain(needed(catalog, row)).chain(known(catalog, row)) {
        write_field(label, &text, out)?;
    }
    Ok(())
}

type Field = (&'static str, String);

/// What is sent, and what comes back.
fn asked(row: &Dataset) -> Vec<Field> {
    let mut fields = vec![("why", row.why.clone())];
    if row.is_on_premises() {
        return fields;
    }
    let mut request = format!("GET /{}{}", row.version, row.path);
    if row.service == Service::Arm {
        request = format!("GET {}?api-version={}", row.path, row.version);
    }
    fields.push(("request", request));
    if let Some(each) = &row.for_each {
        let conditions: Vec<String> =
            each.conditions.iter().map(|one| format!(" with {} {}", one.property, one.is.join(" or "))).collect();
        let text = format!("each record of {}{} ({})", each.dataset, conditions.join(" and"), each.property);
        fields.push(("asked for", text));
    }
    fields.extend((!row.select.is_empty()).then(|| ("$select", row.select.join(", "))));
    fields.extend(row.expand.clone().map(|text| ("$expand", text)));
    fields.extend(row.filter.clone().map(|text| ("$filter", text)));
    fields.extend(row.headers.iter().map(|(name, value)| ("header", format!("{name}: {value}"))));
    if let Some(time) = &row.time {
        let how = if time.operators.is_empty() {
            "chosen here: the service takes no time filter".to_owned()
        } else {
            format!("filtered by the service ({})", time.operators.join(", "))
        };
        fields.push(("time", format!("{}, {how}; kept up to {} days", time.property, time.retention_days)));
        fields.extend(time.order_by.clone().map(|text| ("$orderby", text)));
    }
    if let Some(size) = row.page_size {
        let how = if row.page_size_by_prefer { " (Prefer: odata.maxpagesize)" } else { "" };
        let most =
            row.page_size_max.map_or("documented maximum unknown".into(), |most| format!("documented maximum {most}"));
        fields.push(("page size", format!("{size}{how}, {most}")));
    }
    let shape = if row.shape == Shape::Singleton { "one object" } else { "a list" };
    let missing = if row.not_found == NotFound::Empty { "; 404 means nothing is configured" } else { "" };
    fields.push(("answer", format!("{shape}{missing}")));
    fields.push(("file", format!("data/{}/{}.jsonl", row.group.as_str(), row.id)));
    fields.extend(row.category.clone().map(|text| ("category", text)));
    fields
}

/// What it takes.
fn needed(catalog: &Catalog, row: &Dataset) -> Vec<Field> {
    if row.is_on_premises() {
        let from = match row.service {
            Service::Ldap => "Active Directory (--ldap)",
            _ => "the server itself, or files that were copied off it (--input)",
        };
        let file = format!("data/{}/{}.jsonl", row.group.as_str(), row.id);
        return [("from", from.to_owned()), ("file", file)].into_iter().chain(items::of_dataset(&row.id)).collect();
    }
    let names = |list: &[String], none: &str| if list.is_empty() { none.to_owned() } else { list.join(", ") };
    let mut fields = vec![
        ("app-only", names(&row.permission.application, "not possible: only a signed-in user can read it")),
        ("signed in", names(&row.permission.delegated, "not possible")),
    ];
    fields.extend((!row.permission.also.is_empty()).then(|| ("better with", row.permission.also.join(", "))));
    fields.extend(row.write_permission_reason.clone().map(|text| ("write because", text)));
    fields.extend((!row.roles.is_empty()).then(|| ("role, one of", row.roles.join(", "))));
    let licence = row.licence.as_ref().and_then(|id| catalog.licence(id));
    fields.extend(licence.map(|licence| ("licence", licence.title.clone())));
    let units = if row.resource_units > 1 { format!(", {} resource units", row.resource_units) } else { String::new() };
    let limit = catalog.throttle(row.throttle).map(|limit| {
        let shared = if limit.shared { ", shared with all apps of the tenant" } else { "" };
        format!(" ({} in {} s{shared})", limit.capacity, limit.seconds)
    });
    fields.push(("throttle", format!("{}{}{units}", row.throttle.as_str(), limit.unwrap_or_default())));
    fields.push(("clouds", row.clouds.join(", ")));
    fields
}

/// For whom it is, and where the facts come from.
fn known(catalog: &Catalog, row: &Dataset) -> Vec<Field> {
    let needed: Vec<&str> = row.profiles.iter().filter(|id| !row.helpful.contains(id)).map(String::as_str).collect();
    let mut fields = Vec::new();
    fields.extend((!needed.is_empty()).then(|| ("needed in", needed.join(", "))));
    fields.extend((!row.helpful.is_empty()).then(|| ("helpful in", row.helpful.join(", "))));
    let children: Vec<&str> = catalog.children(&row.id).map(|one| one.id.as_str()).collect();
    fields.extend((!children.is_empty()).then(|| ("leads to", children.join(", "))));
    fields.extend(row.note.clone().map(|text| ("note", text)));
    fields.extend(row.unverified.clone().map(|text| ("unverified", text)));
    fields.push(("source", format!("{} ({})", row.source, row.source_date)));
    fields
}

/// A label and its text, wrapped at blanks; a word that is too long stands alone.
pub(super) fn write_field(label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut line = format!("  {label:LABEL$}");
    let indent = line.len();
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}
