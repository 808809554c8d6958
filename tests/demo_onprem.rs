//! The demo's on-premises side through the whole program: every kind of item, the findings, nothing that is never
//! collected, and the same person under the same pseudonym on both sides of the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entra_bundle::catalog::Catalog;
use entra_bundle::catalog::host::{Origin, items};
use entra_bundle::tenant::onprem::{SECRETS, stories};
use serde_json::Value;
use support::{Bench, inside};

type Entries = BTreeMap<String, Vec<u8>>;

/// What the on-premises findings need of the cloud, and everything on premises.
fn demo(bench: &Bench) -> Entries {
    let onprem = Catalog::embedded().unwrap().datasets().iter().filter(|row| row.is_on_premises());
    let mut arguments =
        vec!["collect", "--demo", "--out", "demo.zip", "--include", "users", "--include", "organization"];
    arguments.extend(onprem.flat_map(|row| ["--include", row.id.as_str()]));
    bench.expect(0, &arguments);
    inside(&bench.path("demo.zip"))
}

fn records(entries: &Entries, path: &str) -> Vec<Value> {
    let lines = entries.get(path).unwrap_or_else(|| panic!("no {path}")).split(|byte| *byte == b'\n');
    lines.filter(|line| !line.is_empty()).map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn json(entries: &Entries, path: &str) -> Value {
    serde_json::from_slice(&entries[path]).unwrap()
}

#[test]
fn every_kind_of_item_is_there_and_every_dataset_is_complete() {
    let bench = Bench::new();
    let entries = demo(&bench);
    let manifest = json(&entries, "manifest.json");
    let datasets = manifest["datasets"].as_array().unwrap();
    for row in Catalog::embedded().unwrap().datasets().iter().filter(|row| row.is_on_premises()) {
        let told = datasets.iter().find(|one| one["id"] == row.id.as_str()).unwrap_or_else(|| panic!("no {}", row.id));
        assert_eq!(told["outcome"], "complete", "{told}");
        assert!(told["records"].as_u64() > Some(0), "{} is empty", row.id);
        assert_eq!(records(&entries, &format!("data/onprem/{}.jsonl", row.id)).len() as u64, told["records"]);
    }
    let files = manifest["files"].as_array().unwrap();
    let found: BTreeSet<&str> = files.iter().filter_map(|file| file["import"]["item"].as_str()).collect();
    // What is asked of a directory itself comes out of its export here; texts without a reader stay files.
    let wanted = items().iter().filter(|item| !matches!(item.from, Origin::Ldap { .. }) && item.reader.is_some());
    for item in wanted {
        assert!(found.contains(item.id.as_str()), "no file is {}", item.id);
    }
}

#[test]
fn what_is_never_collected_is_named_and_nowhere() {
    let bench = Bench::new();
    let entries = demo(&bench);
    for secret in SECRETS {
        for (path, bytes) in &entries {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains(secret), "a secret is in {path}");
            assert!(!text.contains(&STANDARD.encode(secret)), "a secret is in {path}, as base64");
        }
    }
    let manifest = json(&entries, "manifest.json");
    let withheld: Vec<&Value> =
        manifest["files"].as_array().unwrap().iter().filter(|file| file["state"] == "withheld").collect();
    assert_eq!(withheld.len(), 5);
    for file in withheld {
        assert!(file["reason"].as_str().is_some_and(|reason| !reason.is_empty()) && file["entry"].is_null());
        assert_eq!(file["sha256"].as_str().map(str::len), Some(64));
    }
}

#[test]
fn the_planted_stories_are_findings_in_the_summary_and_in_the_report() {
    let bench = Bench::new();
    let entries = demo(&bench);
    let summary = json(&entries, "data/summary.json");
    let findings = summary["onprem"]["findings"].as_array().unwrap();
    let report = String::from_utf8_lossy(&entries["report.html"]);
    for id in stories::FINDINGS {
        assert!(findings.iter().any(|one| one["id"] == id), "{id} is not found");
        assert!(report.contains(&format!("<code>{id}</code>")), "{id} is not in the report");
    }
    assert_eq!(summary["onprem"]["unchecked"], serde_json::json!([]));
}

/// Base64 of the bytes that Windows stores for a GUID.
fn anchor_of(guid: &str) -> String {
    let digits: String = guid.chars().filter(char::is_ascii_hexdigit).collect();
    let mut bytes = u128::from_str_radix(&digits, 16).unwrap().to_be_bytes();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    STANDARD.encode(bytes)
}

#[test]
fn a_person_has_one_pseudonym_on_both_sides_of_the_wire() {
    let bench = Bench::new();
    let entries = demo(&bench);
    let text = |record: &Value, key: &str| record[key].as_str().map(str::to_owned);
    let directory: BTreeMap<String, Value> = records(&entries, "data/onprem/ad-users.jsonl")
        .into_iter()
        .map(|record| (text(&record, "dn").unwrap(), record))
        .collect();
    let space: BTreeMap<String, Value> = records(&entries, "data/onprem/connect-space.jsonl")
        .into_iter()
        .map(|record| (text(&record, "cs-dn").unwrap(), record))
        .collect();
    let events = String::from_utf8_lossy(&entries["data/onprem/event-log.jsonl"]).replace("\\\\", "\\");
    let users = records(&entries, "data/objects/users.jsonl");
    let synced: Vec<&Value> = users.iter().filter(|user| user["onPremisesSyncEnabled"] == true).collect();
    let (mut in_directory, mut in_events, mut same_upn) = (0, 0, 0);
    for user in &synced {
        let (dn, anchor) =
            (text(user, "onPremisesDistinguishedName").unwrap(), text(user, "onPremisesImmutableId").unwrap());
        let Some(object) = directory.get(&dn) else { continue };
        in_directory += 1;
        let consistency = text(object, "mS-DS-ConsistencyGuid");
        let own = anchor_of(object["objectGUID"].as_str().unwrap());
        assert!(consistency.as_ref().is_none_or(|found| *found == anchor), "the consistency GUID is another");
        assert!(consistency.is_some() || own == anchor, "the objectGUID is another");
        assert_eq!(user["onPremisesSecurityIdentifier"], object["objectSid"]);
        assert_eq!(user["onPremisesSamAccountName"], object["sAMAccountName"]);
        assert_eq!(user["onPremisesUserPrincipalName"], object["userPrincipalName"]);
        same_upn += usize::from(user["userPrincipalName"] == object["userPrincipalName"]);
        let connected = space.get(&dn).expect("it has an object in the connector space");
        let said = connected.to_string();
        assert!(said.contains(&anchor) && said.contains(object["objectSid"].as_str().unwrap()));
        assert!(said.contains(object["userPrincipalName"].as_str().unwrap()));
        in_events += usize::from(events.contains(&format!("Anchor: {anchor}, Dn: {dn}")));
    }
    assert_eq!(in_directory, synced.len() - 1, "all but the one that is in the cloud only");
    assert_eq!(same_upn, in_directory - 1, "all but the one whose suffix is not routable");
    assert!(in_events >= 30, "only {in_events} people are in the events");
    // The cloud's connector space names its objects by the digits of the anchor's characters.
    let conflict =
        users.iter().find(|user| user["onPremisesProvisioningErrors"].as_array().is_some_and(|all| !all.is_empty()));
    let anchor = text(conflict.unwrap(), "onPremisesImmutableId").unwrap();
    let digits: String = anchor.bytes().map(|byte| format!("{byte:02X}")).collect();
    assert!(space.contains_key(&format!("CN={{{digits}}}")), "the export error's object is another");
}

#[test]
fn the_servers_are_written_to_an_empty_folder_only() {
    let bench = Bench::new();
    bench.expect(0, &["simulate", "--server-folder", "servers"]);
    assert!(bench.path("servers/ActiveDirectory/users.ldf").is_file());
    assert!(bench.path("servers/EventLogs/Application.xml").is_file());
    let refused = bench.expect(2, &["simulate", "--server-folder", "servers"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not empty"));
    bench.expect(0, &["simulate", "--server-folder", "sound", "--sound"]);
    let read = |folder: &str| std::fs::read(bench.path(folder).join("Get-ADSyncScheduler.json")).unwrap();
    assert_ne!(read("servers"), read("sound"));
    bench.expect(2, &["simulate", "--sound"]);
}

#[test]
fn a_copied_folder_gives_the_records_that_the_demo_has_in_memory() {
    let bench = Bench::new();
    let in_memory = demo(&bench);
    bench.expect(0, &["simulate", "--server-folder", "servers"]);
    let onprem = Catalog::embedded().unwrap().datasets().iter().filter(|row| row.is_on_premises());
    let mut arguments = vec![
        "collect",
        "--demo",
        "--input",
        "servers",
        "--out",
        "copied.zip",
        "--include",
        "users",
        "--include",
        "organization",
    ];
    arguments.extend(onprem.flat_map(|row| ["--include", row.id.as_str()]));
    bench.expect(0, &arguments);
    let copied = inside(&bench.path("copied.zip"));
    let lines = |entries: &Entries, path: &str| {
        let mut lines: Vec<Vec<u8>> = entries[path].split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort();
        lines
    };
    for path in in_memory.keys().filter(|path| path.starts_with("data/onprem/")) {
        assert!(lines(&in_memory, path) == lines(&copied, path), "{path} differs");
    }
}
