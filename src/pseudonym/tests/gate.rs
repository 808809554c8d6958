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
