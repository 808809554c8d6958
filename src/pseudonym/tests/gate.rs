//! Records: rules by path, by key, by sibling; parents; refusals; policies.

#![cfg(not(feature = "gate-off"))]

use super::*;
use crate::record::Key;

const USER: &str = "7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31";
const GROUP: &str = "5d8a3f16-27c9-4e0b-b4f1-86a2d7c9e053";

fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn audit_targets_follow_their_type() {
    let gate = gate();
    let user = field(&gate, "userId", USER);
    let record = format!(
        r#"{{"targetResources":[{{"id":"{USER}","displayName":"Nobody Known","type":"User"}},
            {{"displayName":"Nobody Known","id":"{GROUP}","type":"Group"}},
            {{"id":"{USER}","displayName":null,"type":"Other"}}]}}"#
    );
    let clean = value(&clean(&gate, "audits", &record));
    let target = |at: usize, key: &str| clean["targetResources"][at][key].as_str().unwrap();
    assert_eq!(target(0, "id"), user);
    assert_eq!(target(0, "displayName"), field(&gate, "userDisplayName", "Nobody Known"));
    assert_eq!((target(1, "id"), target(1, "displayName")), (GROUP, "Nobody Known"));
    assert_eq!(target(2, "id"), user);
}

#[test]
fn pairs_and_changes_follow_the_name_beside_them() {
    let gate = gate();
    let upn = field(&gate, "upn", "nobody@elsewhere.test");
    let record = r#"{"targetResources":[{"modifiedProperties":[
        {"displayName":"UserPrincipalName","oldValue":"[\"nobody@elsewhere.test\"]","newValue":"[]"},
        {"displayName":"MobilePhone","newValue":"[\"425 555 0188\"]"},
        {"displayName":"AccountEnabled","newValue":"[true]"}]}],
        "additionalDetails":[{"key":"DeviceId","value":"91d0c6aa-7be1-4a3c-b1d5-5e9f2c7a8d60"},{"key":"User-Agent","value":"x/1.0"}]}"#;
    let clean = value(&clean(&gate, "audits", record));
    let change = &clean["targetResources"][0]["modifiedProperties"];
    assert_eq!(change[0]["oldValue"], format!("[\"{upn}\"]"));
    assert!(!change[1]["newValue"].as_str().unwrap().contains("555"));
    assert_eq!(change[2]["newValue"], "[true]");
    let device = field(&gate, "deviceId", "91d0c6aa-7be1-4a3c-b1d5-5e9f2c7a8d60");
    assert_eq!(clean["additionalDetails"][0]["value"], device);
    assert_eq!(clean["additionalDetails"][1]["value"], "x/1.0");
}

#[test]
fn json_in_text_is_rewritten_and_text_that_is_none_is_scanned() {
    let gate = gate();
    let ip = field(&gate, "ipAddress", "203.0.113.27");
    let record = r#"{"additionalInfo":"[{\"Key\":\"userAgent\",\"Value\":\"Chrome/142.0.0.0\"},{\"Key\":\"clientIp\",\"Value\":\"203.0.113.27\"}]"}"#;
    let clean_one = value(&clean(&gate, "user-risk-events", record));
    let inner = value(clean_one["additionalInfo"].as_str().unwrap());
    assert_eq!(inner[0]["Value"], "Chrome/142.0.0.0");
    assert_eq!(inner[1]["Value"], ip);
    let broken = value(&clean(&gate, "user-risk-events", r#"{"additionalInfo":"[{ from 203.0.113.27"}"#));
    assert_eq!(broken["additionalInfo"], format!("[{{ from {ip}"));
}

#[test]
fn ambiguous_ids_follow_the_frozen_directory_only() {
    let record = format!(r#"{{"principalId":"{GROUP}","includeUsers":["All","{USER}","{GROUP}"]}}"#);
    let before = value(&clean(&gate_with(Policy::standard()), "settings", &record));
    assert_ne!(before["principalId"], GROUP, "unknown: mapped");
    let after = value(&clean(&gate(), "settings", &record));
    assert_eq!(after["principalId"], GROUP);
    assert_eq!(after["includeUsers"][0], "All");
    assert_ne!(after["includeUsers"][1], USER);
    assert_eq!(after["includeUsers"][2], GROUP);
}

#[test]
fn ids_made_of_ids_are_opened() {
    let gate = gate();
    let grant = "lAPpYvVpN0KRkAEhdxReEHJ1hPGqSKpHlqMuxhkE9B8-1";
    let record = format!(
        r#"{{"id":"{grant}","principalId":"f1847572-48aa-47aa-96a3-2ec61904f41f","roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10"}}"#
    );
    let clean = value(&clean(&gate, "role-assignments", &record));
    let id = clean["id"].as_str().unwrap();
    assert_eq!(&id[..20], &grant[..20], "the role stays");
    assert_ne!(&id[22..], &grant[22..], "the principal does not");
    assert!(id.len() == grant.len() && id.ends_with("-1"));
    assert_eq!(clean["roleDefinitionId"], "62e90394-69f5-4237-9190-012177145e10");
}

#[test]
fn kept_ids_of_several_parts_stay_unless_somebody_is_in_them() {
    let gate = gate();
    let audit = r#"{"id":"Directory_4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094_ABCDE_12345"}"#;
    assert_eq!(clean(&gate, "audits", audit), audit);
    assert!(!clean(&gate, "audits", &format!(r#"{{"id":"Directory_{USER}_ABCDE"}}"#)).contains("7f3c1d52"));
    let job = "aws.2f6e8d91c05b4a73b9e460d1f7a3c582.10a7a801-7101-4c69-ae00-ce9f75f8460a";
    assert_eq!(field(&gate, "jobId", job), job);
}

#[test]
fn attributes_of_other_schemas_are_known_by_their_last_step() {
    let gate = gate();
    let name = field(&gate, "givenName", "Nobody");
    for attribute in ["name.givenName", "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName"] {
        let record = serde_json::json!({"modifiedProperties": [{"displayName": attribute, "newValue": "Nobody"}], "details": {attribute: "Nobody"}});
        let clean = value(&clean(&gate, "provisioning", &record.to_string()));
        assert_eq!(clean["modifiedProperties"][0]["newValue"], name);
        assert_eq!(clean["details"][attribute], name);
    }
}

#[test]
fn the_parent_stands_first_and_is_pseudonymised() {
    let gate = gate();
    let mut members = batch("group-members", &["{ \"id\" : \"x\" }", "{}", "[]"]);
    members.parent = Some(Key(vec![GROUP.into()]));
    let clean = gate.clean_batch(&members).unwrap();
    let lines: Vec<&str> = std::str::from_utf8(clean.bytes()).unwrap().lines().collect();
    assert!(lines[0].starts_with(&format!("{{\"@bundle.parent\":\"groups/{GROUP}\",\"id\":")), "line 0");
    assert_eq!(lines[1], format!("{{\"@bundle.parent\":\"groups/{GROUP}\"}}"));
    assert_eq!(clean.refused(), [super::super::Refusal { record: 2, cause: super::super::RefusalCause::NoObject }]);

    let mut owners = batch("device-owners", &["{}"]);
    owners.parent = Some(Key(vec!["0c9e4b77-51d2-4f3a-8e6b-9a7d3c2f1e05".into()]));
    let clean = gate.clean_batch(&owners).unwrap();
    assert!(!clean.bytes().windows(8).any(|bytes| bytes == b"0c9e4b77"));
    members.parent = Some(Key(vec![]));
    assert!(gate.clean_batch(&members).is_err());
}

#[test]
fn what_is_no_record_is_refused_by_position() {
    let gate = gate();
    let mut dirty = batch("users", &["{}", "{\"a\":tru}", "{} {}", "{\"a\":\"\u{1}\"}", "[1,]", "{\"b\":1}"]);
    dirty.records.push(RawRecord::new(Bytes::from_static(b"{\"a\":\"\xff\"}")));
    let clean = gate.clean_batch(&dirty).unwrap();
    let positions: Vec<usize> = clean.refused().iter().map(|refusal| refusal.record).collect();
    assert_eq!(positions, [1, 2, 3, 4, 6]);
    assert_eq!(clean.bytes(), b"{}\n{\"b\":1}\n");
}

#[test]
fn untouched_bytes_come_out_as_they_came() {
    let gate = gate();
    let same = r#"{"a":1.50e+3,"a":-0,"b":[true,null,"caf\u00e9 \/"],"":{}}"#;
    assert_eq!(clean(&gate, "settings", same), same);
    assert_eq!(clean(&gate, "settings", " { \"a\" :\n[ 1 ,\t2 ] } "), "{\"a\":[1,2]}");
}

#[test]
fn credentials_are_dropped_and_what_declares_a_person_never_passes() {
    let gate = gate();
    let record = r#"{"passwordCredentials":[{"keyId":"c7d1a2f4-8e60-4b39-95ac-3f7b0e5d2816","hint":"abc","secretText":null,"customKeyIdentifier":"","endDateTime":"2027-01-01T00:00:00Z"}],
        "keyCredentials":[{"keyId":"c7d1a2f4-8e60-4b39-95ac-3f7b0e5d2816","key":"TUlJ"}]}"#;
    let clean_one = value(&clean(&gate, "applications", record));
    let password = &clean_one["passwordCredentials"][0];
    assert!(password["hint"].as_str().unwrap().starts_with("[REMOVED:password-credential:"));
    assert!(password["secretText"].is_null());
    assert_eq!(password["keyId"], "c7d1a2f4-8e60-4b39-95ac-3f7b0e5d2816");
    assert!(clean_one["keyCredentials"][0]["key"].as_str().unwrap().starts_with("[REMOVED:key-material:"));
    for (key, odd) in
        [("userId", "26be570a-1111-5555-blah"), ("ipAddress", "123.456.7.89"), ("userPrincipalName", "no address")]
    {
        assert_ne!(field(&gate, key, odd), odd);
    }
    assert_eq!(field(&gate, "userId", "None"), "None");
    let numbers =
        value(&clean(&gate, "users", r#"{"employeeId":4417,"latitude":47.68050003051758,"accountEnabled":true}"#));
    assert_ne!(numbers["employeeId"], "4417");
    assert_eq!(numbers["latitude"], 48);
}

#[test]
fn policies_decide_about_kinds() {
    let record = format!(
        r#"{{"userId":"{USER}","appDisplayName":"Harbor Payroll","correlationId":"4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094","resourceId":"00000003-0000-0000-c000-000000000000"}}"#
    );
    let strict = value(&clean(&frozen(gate_with(Policy::strict())), "sign-ins", &record));
    assert_ne!(strict["appDisplayName"], "Harbor Payroll");
    assert_ne!(strict["correlationId"], "4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094");
    assert_eq!(strict["resourceId"], "00000003-0000-0000-c000-000000000000");
    let kept = frozen(gate_with(Policy::standard().keep("object-ids").unwrap()));
    let clean_one = clean(&kept, "sign-ins", &record);
    assert_eq!(clean_one, record, "with object ids kept nothing in this record identifies");
    assert_eq!(text(&kept, USER), USER);
}

#[test]
fn keys_that_hold_identifiers_are_rewritten() {
    let gate = gate();
    let clean = clean(&gate, "settings", r#"{"map":{"ada.field@alderwood.example":1,"plain_key":2}}"#);
    assert!(!clean.contains("ada.field") && clean.contains("\"plain_key\":2"));
}

#[test]
fn every_kind_maps_its_examples_and_leaves_its_counterexamples() {
    use crate::catalog::{IdentifierShape, Treatment, identifiers};
    let strict = frozen(gate_with(Policy::strict()));
    for row in identifiers() {
        let turn = |value: &str| {
            let mut out = String::new();
            strict.typed(row.kind, value, 0, &mut out).then_some(out)
        };
        for (number, example) in row.examples.iter().enumerate() {
            let clean = turn(example).unwrap_or_else(|| panic!("{} example {number} passed", row.kind.name()));
            assert_ne!(clean, *example);
            let shaped = row.shape == IdentifierShape::None || super::super::values::has_shape(row.shape, example);
            assert!(shaped, "{} example {number} lacks the shape", row.kind.name());
        }
        for (number, other) in row.counterexamples.iter().enumerate() {
            let refused = match row.shape {
                IdentifierShape::None => turn(other).is_none(),
                shape => !super::super::values::has_shape(shape, other),
            };
            assert!(refused, "{} counterexample {number}", row.kind.name());
        }
        assert_eq!(strict.policy().treatment(row.kind), Treatment::Map);
    }
}

#[test]
fn every_dataset_that_a_rule_names_is_in_the_catalog() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalog");
    let mut ids: Vec<String> = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("datasets.")) {
            let table: toml::Table = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
            let rows = table.values().filter_map(toml::Value::as_array).flatten();
            ids.extend(rows.filter_map(|row| row.get("id")?.as_str().map(str::to_owned)));
        }
    }
    if ids.is_empty() {
        ids = DATASETS.iter().map(|row| row.0.to_owned()).collect();
    }
    ids.push("file".to_owned());
    ids.extend(crate::catalog::recognitions().iter().map(|row| row.dataset.clone()));
    for row in crate::catalog::fields() {
        for dataset in &row.datasets {
            let known = match dataset.strip_suffix('*') {
                Some(start) => ids.iter().any(|id| id.starts_with(start)),
                None => ids.contains(dataset),
            };
            assert!(known, "no dataset {dataset}");
        }
    }
}

#[test]
fn nested_ids_of_settings_stay_and_people_in_settings_go() {
    let gate = gate();
    let policy = r#"{"id":"c7d1a2f4-8e60-4b39-95ac-3f7b0e5d2816","grantControls":{"authenticationStrength":{"id":"4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094"}}}"#;
    assert_eq!(clean(&gate, "settings", policy), policy);
    for dataset in ["registration-details", "user-sign-in-activity", "device-registered-users"] {
        assert!(!clean(&gate, dataset, r#"{"id":"4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094"}"#).contains("4a9f0e63"));
    }
}

#[test]
fn what_is_learnt_late_is_repaired_and_nothing_else() {
    let gate = gate();
    assert!(gate.late_dictionary().is_none(), "the directory knows everybody so far");
    let early = r#"{"text":"Bruno Marlowe at 203.0.113.77 \"x\"","id":"4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094"}"#;
    let written = gate.clean_batch(&batch("settings", &[early])).unwrap().into_bytes();
    assert!(String::from_utf8_lossy(&written).contains("Bruno"), "nobody knows him yet");
    let record = r#"{"userDisplayName":"Bruno Marlowe","userId":"4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094"}"#;
    let typed = value(&clean(&gate, "sign-ins", record));
    let late = gate.late_dictionary().unwrap();
    let repaired = gate.repair(&late, &written).unwrap();
    let (before, after) =
        (value(&String::from_utf8(written).unwrap()), value(std::str::from_utf8(repaired.bytes()).unwrap()));
    let name = typed["userDisplayName"].as_str().unwrap();
    assert_eq!(after["text"], before["text"].as_str().unwrap().replace("Bruno Marlowe", name));
    assert_eq!(after["id"], typed["userId"]);
    assert_eq!(repaired.records(), 1);
    assert!(gate.repair(&late, repaired.bytes()).is_none(), "nothing is left to repair");
}

#[test]
fn a_groups_cloud_sid_stays_like_its_id_and_custom_attributes_go() {
    let gate = gate();
    let sid = "S-1-12-1-1569341206-1309353929-2793632180-1407227782";
    assert!(clean(&gate, "groups", &format!(r#"{{"securityIdentifier":"{sid}"}}"#)).contains(sid));
    assert!(!clean(&gate, "users", &format!(r#"{{"securityIdentifier":"{sid}"}}"#)).contains(sid));
    let record = r#"{"targetResources":[{"modifiedProperties":[{"displayName":"Crew.Post","newValue":"[\"17; Quay Hand\"]"},{"displayName":"Included Updated Properties","newValue":"\"Crew\""}]}]}"#;
    let audit = clean(&gate, "custom-security-attribute-audits", record);
    assert!(!audit.contains("Quay Hand") && audit.contains("Crew\\\""), "{audit}");
}
