//! Items of servers: under their dataset, and `catalog show ITEM`.

use std::io::{self, Write};

use super::show::write_field;
use crate::catalog::host::{DeniedItem, Item, Origin, items};

/// What a dataset is made of, in two fields each.
pub(super) fn of_dataset(dataset: &str) -> impl Iterator<Item = (&'static str, String)> {
    items().iter().filter(move |row| row.dataset.as_deref() == Some(dataset)).flat_map(|row| {
        let copies = (!row.names.is_empty()).then(|| ("", format!("copies: {}", row.names.join(", "))));
        [("item", format!("{}: {}", row.id, place(&row.from)))].into_iter().chain(copies)
    })
}

/// Writes all that is known about an item.
pub(super) fn write(row: &Item, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", row.id)?;
    let mut fields = vec![("why", row.why.clone()), ("from", place(&row.from))];
    fields.extend(script(&row.from).map(|text| ("script", text.to_owned())));
    fields.extend((!row.names.is_empty()).then(|| ("copies", row.names.join(", "))));
    fields.extend((!row.marks.is_empty()).then(|| ("begins", row.marks.join(" or "))));
    fields.push(("dataset", row.dataset.clone().unwrap_or_else(|| "none: it stays a file".to_owned())));
    fields.extend(row.bytes_max.map(|bytes| ("at most", format!("{} MiB", bytes >> 20))));
    fields.extend(row.age_days_max.map(|days| ("not older", format!("{days} days, or the window"))));
    fields.extend(row.timeout_s.map(|seconds| ("time", format!("{seconds} s at most"))));
    fields.extend(row.elevated.then(|| ("rights", "needs an administrator".to_owned())));
    let needed: Vec<&str> = row.profiles.iter().filter(|id| !row.helpful.contains(id)).map(String::as_str).collect();
    fields.extend((!needed.is_empty()).then(|| ("needed in", needed.join(", "))));
    fields.extend((!row.helpful.is_empty()).then(|| ("helpful in", row.helpful.join(", "))));
    fields.extend(row.note.clone().map(|text| ("note", text)));
    fields.extend(row.unverified.clone().map(|text| ("unverified", text)));
    fields.push(("source", format!("{} ({})", row.source, row.source_date)));
    fields.iter().try_for_each(|(label, text)| write_field(label, text, out))
}

/// Writes what is known about something that is never taken.
pub(super) fn write_denied(row: &DeniedItem, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", row.id)?;
    write_field("withheld", &row.why, out)?;
    write_field("names", &row.names.join(", "), out)?;
    if !row.marks.is_empty() {
        write_field("begins", &row.marks.join(" or "), out)?;
    }
    write_field("source", &row.source, out)
}

/// Where an item is on a server.
fn place(from: &Origin) -> String {
    match from {
        Origin::Files { paths } if paths.is_empty() => "copies only".to_owned(),
        Origin::Files { paths } => paths.join(", "),
        Origin::Events { channel, providers, ids } => {
            let mut text = format!("event channel {channel}");
            if !providers.is_empty() {
                text = format!("{text}, providers {}", providers.join(", "));
            }
            if !ids.is_empty() {
                let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
                text = format!("{text}, ids {}", ids.join(" "));
            }
            text
        }
        Origin::Registry { keys, values, deep } => {
            let below = if *deep { " and below" } else { "" };
            let only = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
            format!("registry {}{below}{only}", keys.join(", "))
        }
        Origin::Services { names } => format!("services {}", names.join(", ")),
        Origin::Certificates { stores } => format!("certificate stores {}", stores.join(", ")),
        Origin::Command { program, args } => format!("{program} {}", args.join(" ")),
        Origin::Powershell { module, .. } => {
            module.as_ref().map_or("PowerShell".to_owned(), |module| format!("PowerShell module {module}"))
        }
        Origin::System { facts } => format!("the system: {}", facts.join(", ")),
        Origin::Probe { hosts, port } => format!("port {port} of {}", hosts.join(", ")),
        Origin::Ldap { base, filter } => format!("{filter} below the {base} naming context"),
    }
}

fn script(from: &Origin) -> Option<&str> {
    match from {
        Origin::Powershell { script, .. } => Some(script),
        _ => None,
    }
}
