//! How many records each dataset has: what a complete collection must find.
//!
//! Takes the rows of the catalog, asks the same code that answers requests. A fan-out is counted by walking its
//! parents, one record at a time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::documents::{Documents, Version, list};
use super::{Actors, Log, Logs, history};
use crate::catalog::{Dataset, Service, Where};

/// Records of every dataset of `rows` that the tenant serves, and of all logs, by dataset id.
pub(crate) fn of(logs: &Logs, rows: &[Dataset]) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<String, u64> =
        Log::ALL.iter().map(|&log| (log.dataset().to_owned(), logs.count(log))).collect();
    counts.insert("microsoft365-activity".to_owned(), logs.microsoft365().count());
    for row in rows {
        let count = counts
            .get(&row.id)
            .copied()
            .or_else(|| part_of_audits(logs, row))
            .or_else(|| history_count(logs, row))
            .or_else(|| shortcut(logs, row))
            .or_else(|| walked(logs, rows, row));
        if let Some(count) = count {
            counts.insert(row.id.clone(), count);
        }
    }
    counts
}

fn history_count(logs: &Logs, row: &Dataset) -> Option<u64> {
    let parent = row.path.strip_suffix("/{0}/history")?;
    let log = Log::ALL.into_iter().find(|log| log.path() == Some(parent))?;
    let mut actors = Actors::new(logs.world());
    let mut total = 0;
    for index in 0..logs.count(log) {
        let mut record = Vec::new();
        logs.write(&mut actors, log, false, index, &mut record);
        let record: Value = serde_json::from_slice(&record).unwrap_or_default();
        if row.for_each.as_ref().is_none_or(|each| each.conditions.iter().all(|condition| holds(condition, &record))) {
            total += history(logs, log, index).len() as u64;
        }
    }
    Some(total)
}

/// Fan-outs over what grows with the tenant, whose size the world knows.
fn shortcut(logs: &Logs, row: &Dataset) -> Option<u64> {
    let is_plain = row.for_each.as_ref().is_some_and(|for_each| for_each.conditions.is_empty());
    match row.path.as_str() {
        "/groups/{0}/members" if is_plain => Some(logs.world().group_member_count()),
        // A device has one owner, who is its user.
        "/devices/{0}/registeredOwners" | "/devices/{0}/registeredUsers" if is_plain => {
            Some(logs.world().device_count())
        }
        _ => None,
    }
}

/// A part of the audits, by the row's own filter (`category eq 'Device'`); `None`: it is none.
fn part_of_audits(logs: &Logs, row: &Dataset) -> Option<u64> {
    let wanted = row.filter.as_ref().filter(|_| Log::Audits.path() == Some(row.path.as_str()))?;
    let (name, value) = wanted.split_once(" eq ")?;
    let mut actors = Actors::new(logs.world());
    let mut record = Vec::new();
    let mut is_one = |index: u64| {
        record.clear();
        logs.write(&mut actors, Log::Audits, false, index, &mut record);
        let audit: Value = serde_json::from_slice(&record).unwrap_or_default();
        audit[name].as_str() == Some(value.trim_matches('\''))
    };
    Some((0..logs.count(Log::Audits)).filter(|&index| is_one(index)).count() as u64)
}

fn walked(logs: &Logs, rows: &[Dataset], row: &Dataset) -> Option<u64> {
    let mut chain = vec![row];
    while let Some(for_each) = chain.last().and_then(|row| row.for_each.as_ref()) {
        // A chain longer than the rows goes round in a circle.
        if chain.len() > rows.len() {
            return None;
        }
        chain.push(rows.iter().find(|candidate| candidate.id == for_each.dataset)?);
    }
    chain.reverse();
    let mut total = None;
    descend(logs, &chain, &mut Vec::new(), &mut total);
    // A fan-out without parents has no records; a path that the tenant does not know has no count.
    total.or((chain.len() > 1).then_some(0))
}

fn descend(logs: &Logs, chain: &[&Dataset], keys: &mut Vec<String>, total: &mut Option<u64>) {
    let Some((row, below)) = chain.split_first() else { return };
    let path =
        keys.iter().enumerate().fold(row.path.clone(), |path, (place, key)| path.replace(&format!("{{{place}}}"), key));
    let found = list(logs.world(), version(row), &path);
    let Some(next) = below.first() else {
        if let Some(count) = found.as_ref().and_then(size) {
            *total.get_or_insert(0) += count;
        }
        return;
    };
    let mut visit = |record: &Value| {
        let Some(for_each) = &next.for_each else { return };
        if let (true, Some(key)) =
            (for_each.conditions.iter().all(|condition| holds(condition, record)), record[&for_each.property].as_str())
        {
            keys.push(key.to_owned());
            descend(logs, below, keys, total);
            keys.pop();
        }
    };
    match found {
        Some(Documents::Collection { count, item }) => (0..count).for_each(|place| visit(&item(place))),
        Some(Documents::Singleton(record)) => visit(&record),
        _ => {}
    }
}

fn size(documents: &Documents) -> Option<u64> {
    match documents {
        Documents::Singleton(_) => Some(1),
        Documents::Collection { count, .. } => Some(*count),
        Documents::NotFound(_) => None,
    }
}

fn holds(condition: &Where, record: &Value) -> bool {
    let value = &record[condition.property.as_str()];
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    condition.is.contains(&text)
}

pub(crate) fn version(row: &Dataset) -> Version {
    match (row.service, row.version.as_str()) {
        (Service::Arm | Service::Monitor | Service::Office | Service::Host | Service::Ldap, _) => Version::Arm,
        (Service::Graph, "beta") => Version::Beta,
        (Service::Graph, _) => Version::V1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, path: &str, parent: Option<&str>) -> Dataset {
        let parent = parent.map_or(String::new(), |parent| format!("for_each = {{ dataset = \"{parent}\" }}\n"));
        let text = format!(
            "id = \"{id}\"\ngroup = \"objects\"\nversion = \"v1.0\"\npath = \"{path}\"\nthrottle = \"directory\"\nclouds = []\n\
             profiles = []\nwhy = \"\"\nsource = \"\"\nsource_date = \"\"\npermission = {{ application = [], delegated = [] }}\n{parent}"
        );
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn fan_outs_are_counted_and_shortcuts_agree_with_the_walk() {
        let logs = Logs::new(&super::super::tests::settings());
        let rows = [
            row("users", "/users", None),
            row("groups", "/groups", None),
            row("group-members", "/groups/{0}/members", Some("groups")),
            row("devices", "/devices", None),
            row("device-owners", "/devices/{0}/registeredOwners", Some("devices")),
            row("device-registered-users", "/devices/{0}/registeredUsers", Some("devices")),
            row("risky-user-history", "/identityProtection/riskyUsers/{0}/history", Some("risky-users")),
            row("nonsense", "/nonsense", None),
        ];
        let counts = of(&logs, &rows);
        assert_eq!((counts["users"], counts["risky-user-history"]), (120, 3 * logs.count(Log::RiskyUsers)));
        assert!(!counts.contains_key("nonsense") && counts["group-members"] > 200);
        for row in rows.iter().filter(|row| shortcut(&logs, row).is_some()) {
            assert_eq!(shortcut(&logs, row), walked(&logs, &rows, row), "{}", row.id);
            assert_eq!(walked(&logs, &rows, row), super::super::super::documents::count(logs.world(), &rows, &row.id));
        }
    }
}
