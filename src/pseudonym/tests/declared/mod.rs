//! Real public logs and documented bodies: what their own fields declare to identify somebody is gone, what Support
//! needs stays. The list of keys is written by hand and knows nothing of the gate's rows. The files lie beside the
//! project, not in it; without them these tests print a note and pass.

mod keys;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use keys::{IDENTIFIES, KEPT, exempt, squeezed};

/// Specifications and mock-ups of the documentation beside them hold no records.
const FOLDERS: [&str; 9] = [
    "samples",
    "data/otrf",
    "data/panther",
    "data/plaso",
    "data/scubagear",
    "data/elastic-integrations-2023",
    "data/graph-docs-2021",
    "data/attack_data",
    "samples/onprem/adfs",
];

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "openapi" && name != "onprem" {
                files(&path, all);
            }
        } else if name != "log-analytics-tables.json" && !name.starts_with('_') {
            all.push(path);
        }
    }
}

/// The records of a file: a JSON document, JSON Lines, or rows with their columns as keys.
fn records(path: &Path) -> Vec<Value> {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).trim_start_matches('\u{feff}').to_owned();
    match path.extension().and_then(|kind| kind.to_str()) {
        Some("json" | "jsonl" | "log") => match serde_json::from_str(&text) {
            Ok(Value::Array(items)) => items,
            Ok(document) => vec![document],
            Err(_) => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        },
        Some("csv") => {
            let mut rows = rows(&text).into_iter();
            let columns = rows.next().unwrap_or_default();
            let record = |row: Vec<String>| columns.iter().cloned().zip(row.into_iter().map(Value::from)).collect();
            rows.map(|row| Value::Object(record(row))).collect()
        }
        _ => Vec::new(),
    }
}

/// Rows of comma-separated values (RFC 4180).
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut all, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut symbols = text.chars().peekable();
    while let Some(symbol) = symbols.next() {
        match symbol {
            '"' if quoted && symbols.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                all.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            other => cell.push(other),
        }
    }
    all
}

/// Every text in a value with its key, also in JSON inside texts; `Name` and `Value` pairs count as key and text.
fn leaves(value: &Value, key: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            let text = |key: &str| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?.1.as_str();
            let pair = ["name", "key"].into_iter().find_map(text);
            // What names a group stays; pages of groups select members that do not say so.
            let is_group = !["userPrincipalName", "givenName", "surname"].iter().any(|key| members.contains_key(*key));
            for (name, value) in members {
                let name = match pair {
                    _ if is_group && name == "mailNickname" => "group",
                    Some(pair) if ["value", "newvalue", "oldvalue"].contains(&&*name.to_lowercase()) => pair,
                    _ => name,
                };
                leaves(value, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, key, found)),
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => leaves(&inner, key, found),
            _ => found.push((key.to_owned(), text.clone())),
        },
        _ => {}
    }
}

struct Case {
    name: String,
    records: Vec<Value>,
}

fn cases() -> Vec<Case> {
    let shared = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared"));
    let mut all = Vec::new();
    FOLDERS.iter().for_each(|folder| files(&shared.join(folder), &mut all));
    all.sort();
    all.dedup();
    if all.is_empty() {
        println!("skipped: no public logs beside the project");
    }
    let name = |path: &Path| path.strip_prefix(&shared).unwrap_or(path).to_string_lossy().into_owned();
    all.iter()
        .map(|path| Case { name: name(path), records: records(path) })
        .filter(|case| !case.records.is_empty())
        .collect()
}

/// What the fields of a case declare, and what of it is still there.
struct Judge<'j> {
    case: &'j Case,
    /// All identifiers of all files: public samples give one id to a user here and to an app there.
    declared: &'j BTreeSet<String>,
    complaints: &'j mut BTreeSet<String>,
    checked: (usize, usize),
}

impl Judge<'_> {
    fn record(&mut self, raw: &Value, clean: &Value, whole: &str) {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        leaves(raw, "", &mut before);
        leaves(clean, "", &mut after);
        let stands = |key: &str, value: &str| {
            after.iter().any(|(name, text)| squeezed(name) == key && text.eq_ignore_ascii_case(value))
        };
        for (key, value) in &before {
            let known = squeezed(key);
            if IDENTIFIES.contains(&&*known) && !exempt(value) {
                self.checked.0 += 1;
                if stands(&known, value) || is_unmistakable(value) && whole.contains(&escaped(value)) {
                    self.complain(key, value, "passed");
                }
            }
            // Placeholders of the documentation in the place of ids are no ids.
            let placeholder = known.ends_with("id") && crate::pseudonym::guid::parse(value).is_none();
            if KEPT.contains(&&*known) && !placeholder && !self.declared.contains(&value.to_lowercase()) {
                self.checked.1 += 1;
                if !stands(&known, value) {
                    self.complain(key, value, "did not stay");
                }
            }
        }
    }

    /// Values are shown to somebody who asks for them only: the files are public, the habit is not.
    fn complain(&mut self, key: &str, value: &str, what: &str) {
        let shown = if std::env::var_os("ENTRA_BUNDLE_SHOW").is_some() { value } else { "" };
        self.complaints.insert(format!("{}: `{key}` {what} {shown}", self.case.name));
    }
}

fn escaped(value: &str) -> String {
    serde_json::to_string(&value.to_lowercase()).unwrap().trim_matches('"').to_owned()
}

/// Whether a text can hardly mean anything else: an address, a SID, an id, a host with its domain.
fn is_unmistakable(value: &str) -> bool {
    value.len() >= 8
        && (value.contains(['@', '\\'])
            || value.starts_with("S-1-5-21-")
            || crate::pseudonym::guid::parse(value).is_some()
            || value.parse::<std::net::IpAddr>().is_ok())
}

fn declared_by(cases: &[Case]) -> BTreeSet<String> {
    let mut all = Vec::new();
    cases.iter().flat_map(|case| &case.records).for_each(|record| leaves(record, "", &mut all));
    all.into_iter()
        .filter(|(key, _)| IDENTIFIES.contains(&&*squeezed(key)))
        .map(|(_, text)| text.to_lowercase())
        .collect()
}

#[test]
fn what_fields_declare_is_gone_and_what_support_needs_stays() {
    let cases = cases();
    let gate = gate_with(Policy::standard());
    for case in &cases {
        let lines: Vec<String> = case.records.iter().map(Value::to_string).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        gate.learn(&batch("file", &lines)).unwrap();
    }
    gate.freeze();
    let declared = declared_by(&cases);
    let mut complaints = BTreeSet::new();
    let mut checked = (0, 0);
    for case in &cases {
        let lines: Vec<String> = case.records.iter().map(|record| clean(&gate, "file", &record.to_string())).collect();
        let whole = lines.join("\n").to_lowercase();
        let mut judge = Judge { case, declared: &declared, complaints: &mut complaints, checked };
        for (raw, line) in case.records.iter().zip(&lines) {
            judge.record(raw, &serde_json::from_str(line).unwrap(), &whole);
        }
        checked = judge.checked;
    }
    println!("{} files, {} declared identifiers, {} values to keep", cases.len(), checked.0, checked.1);
    assert!(complaints.is_empty(), "{} complaints:\n{complaints:#?}", complaints.len());
    assert!(cases.is_empty() || checked.0 > 3_000 && checked.1 > 3_000, "too little was looked at");
}
