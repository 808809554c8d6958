//! Every documented sample body goes through: same structure, typed identifiers gone, canaries found everywhere.
//! The samples lie beside the project, not in it; without them these tests print a note and pass.

use std::path::PathBuf;

use serde_json::Value;

use super::*;

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(path);
    if !path.exists() {
        println!("skipped: no sample bodies beside the project");
    }
    path.exists().then_some(path)
}

/// The dataset whose records a sample file holds.
fn dataset_of(name: &str) -> &'static str {
    const STARTS: [(&str, &str); 32] = [
        ("users", "users"),
        ("user_get", "users"),
        ("user_delta", "users"),
        ("deleted_items", "deleted-users"),
        ("group_members", "group-members"),
        ("group_owners", "group-owners"),
        ("groups", "groups"),
        ("group_delta", "groups"),
        ("devices", "devices"),
        ("device_registered", "device-owners"),
        ("application", "applications"),
        ("service_principals", "service-principals"),
        ("service_principal_get", "service-principals"),
        ("organization", "organization"),
        ("domains", "domains"),
        ("domain_get", "domains"),
        ("org_contacts", "contacts"),
        ("directory_role_members", "group-members"),
        ("directory_roles", "directory-roles"),
        ("role_assignments", "role-assignments"),
        ("role_definitions", "role-definitions"),
        ("administrative_unit", "administrative-units"),
        ("oauth2", "oauth2-permission-grants"),
        ("signins", "sign-ins"),
        ("diag_noninteractive", "sign-ins-noninteractive"),
        ("directory_audits", "audits"),
        ("diag_audit", "audits"),
        ("custom_security_attribute_audits", "custom-security-attribute-audits"),
        ("provisioning_logs", "provisioning"),
        ("risk_detections", "user-risk-events"),
        ("risky_users", "risky-users"),
        ("network_access", "network-access-traffic"),
    ];
    STARTS.iter().find(|(start, _)| name.starts_with(start)).map_or("settings", |(_, dataset)| dataset)
}

/// All sample records with their datasets: pages taken apart.
fn records() -> Vec<(String, &'static str, Value)> {
    let mut all = Vec::new();
    let Some(folder) = shared("samples") else { return all };
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if file.extension().is_none_or(|kind| kind != "json") || name.starts_with('_') || name == "log-analytics-tables"
        {
            continue;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&std::fs::read(&file).unwrap()) else { continue };
        add_page(&mut all, &name, dataset_of(&name), body);
    }
    if let Some(file) = shared("data/graph-docs-2021/responses.jsonl") {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let name = line["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            add_page(&mut all, &name.clone(), dataset_of(&name.replace('-', "_")), line["body"].clone());
        }
    }
    all
}

fn add_page(all: &mut Vec<(String, &'static str, Value)>, name: &str, dataset: &'static str, body: Value) {
    match body {
        Value::Array(items) => items.into_iter().for_each(|item| all.push((name.to_owned(), dataset, item))),
        Value::Object(mut page) if page.get("value").is_some_and(Value::is_array) => {
            if let Some(Value::Array(items)) = page.remove("value") {
                items.into_iter().for_each(|item| all.push((name.to_owned(), dataset, item)));
            }
        }
        record => all.push((name.to_owned(), dataset, record)),
    }
}

#[cfg(not(feature = "gate-off"))]
fn same_structure(raw: &Value, clean: &Value, path: &str) {
    match (raw, clean) {
        (Value::Object(raw), Value::Object(clean)) => {
            let keys = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(raw), keys(clean), "keys at {path}");
            for (key, value) in raw {
                same_structure(value, &clean[key], &format!("{path}.{key}"));
            }
        }
        (Value::Array(raw), Value::Array(clean)) => {
            assert_eq!(raw.len(), clean.len(), "length at {path}");
            for (one, other) in raw.iter().zip(clean) {
                same_structure(one, other, path);
            }
        }
        (Value::String(_), Value::String(_)) => {}
        (_, Value::String(mark)) if mark.starts_with("[REMOVED:") => {}
        (Value::Number(_), Value::Number(_)) if path.ends_with("itude") => {}
        (raw, clean) => assert_eq!(raw, clean, "at {path}"),
    }
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn samples_keep_their_structure_and_lose_their_people() {
    let gate = gate_with(Policy::standard());
    let records = records();
    for (name, dataset, record) in &records {
        gate.learn(&batch(dataset, &[&record.to_string()])).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    gate.freeze();
    for (name, dataset, record) in &records {
        let line = clean(&gate, dataset, &record.to_string());
        let clean: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{name}: {error}"));
        same_structure(record, &clean, name);
        typed_are_gone(record, &clean, name);
    }
}

/// Keys whose values always identify somebody.
#[cfg(not(feature = "gate-off"))]
const PERSONAL: [&str; 14] = [
    "userPrincipalName",
    "mail",
    "ipAddress",
    "userDisplayName",
    "userId",
    "givenName",
    "surname",
    "mobilePhone",
    "callerIpAddress",
    "externalIp",
    "machineName",
    "onPremisesSecurityIdentifier",
    "employeeId",
    "otherMails",
];

#[cfg(not(feature = "gate-off"))]
fn typed_are_gone(raw: &Value, clean: &Value, path: &str) {
    match (raw, clean) {
        (Value::Object(raw), Value::Object(clean)) => {
            for (key, value) in raw {
                if PERSONAL.contains(&key.as_str())
                    && let Some(text) = value.as_str().filter(|text| text.len() > 3 && *text != "127.0.0.1")
                {
                    assert_ne!(clean[key], *text, "{path}.{key} passed");
                }
                typed_are_gone(value, &clean[key], &format!("{path}.{key}"));
            }
        }
        (Value::Array(raw), Value::Array(clean)) => {
            raw.iter().zip(clean).for_each(|(one, other)| typed_are_gone(one, other, path));
        }
        _ => {}
    }
}

/// What is planted, and what must then not be found.
const CANARIES: [(&str, &str); 12] = [
    ("ada.field@alderwood.example", "ada.field"),
    ("7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31", "7f3c1d52-8a4e"),
    ("{7F3C1D52-8A4E-4B6F-9D10-2C5E8F7A6B31}", "7f3c1d52-8a4e"),
    ("203.0.113.77", "203.0.113.77"),
    ("2001:db8:77::1f", "db8:77"),
    ("S-1-5-21-1004336348-1177238915-682003330-1104", "1004336348-1177238915"),
    ("Ada Field", "ada field"),
    ("AW-LT-0412", "aw-lt-0412"),
    ("sts.emea.alderwood.example", "emea.alderwood"),
    ("canary by ada.field@alderwood.example, from 203.0.113.77 on AW-LT-0412", "203.0.113.77"),
    ("canary 7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31, S-1-5-21-1004336348-1177238915-682003330-1104", "7f3c1d52-8a4e"),
    (r#"{"x":"canary Ada.Field@alderwood.example"}"#, "ada.field"),
];

fn plant(value: &mut Value, canary: &str, planted: &mut usize) {
    match value {
        Value::String(text) => {
            canary.clone_into(text);
            *planted += 1;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plant(item, canary, planted)),
        Value::Object(map) => map.values_mut().for_each(|item| plant(item, canary, planted)),
        _ => {}
    }
}

/// Planted canaries, and lines that still hold one.
fn hunt() -> (usize, Vec<String>) {
    let gate = gate();
    let (mut planted, mut found) = (0, Vec::new());
    for (name, dataset, record) in records() {
        for (number, (canary, marker)) in CANARIES.iter().enumerate() {
            let mut record = record.clone();
            let before = planted;
            plant(&mut record, canary, &mut planted);
            let line = clean(&gate, dataset, &record.to_string()).to_lowercase();
            if planted > before && line.contains(marker) {
                found.push(format!("{name} as {dataset}, canary {number}"));
            }
        }
    }
    (planted, found)
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn a_canary_in_any_string_of_any_sample_is_gone() {
    let (planted, found) = hunt();
    println!("{planted} canaries planted");
    assert_eq!(found, Vec::<String>::new());
}

#[cfg(feature = "gate-off")]
#[test]
fn with_the_gate_off_the_hunt_finds_every_canary() {
    let (planted, found) = hunt();
    let records = records();
    let with_text = records.iter().filter(|(_, _, record)| {
        let mut count = 0;
        plant(&mut record.clone(), "x", &mut count);
        count > 0
    });
    assert_eq!(found.len(), with_text.count() * CANARIES.len(), "of {planted} canaries");
}
