//! What the traits say, and what they never do.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::catalog::Kind;
use crate::pseudonym::policy::Policy;
use crate::pseudonym::tests::{batch, gate_with};

/// The traits after some users and one batch of other values.
fn traits(users: &[Value], records: &[Value]) -> BTreeMap<String, Vec<String>> {
    let gate = gate_with(Policy::standard());
    for (dataset, records) in [("users", users), ("graph-activity", records)] {
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        gate.clean_batch(&batch(dataset, &lines)).unwrap();
    }
    let clean = gate.traits();
    assert_eq!(clean.records(), clean.bytes().iter().filter(|byte| **byte == b'\n').count() as u64);
    let text = String::from_utf8(clean.into_bytes()).unwrap();
    text.lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line.as_object().unwrap().keys().collect::<Vec<_>>(), ["kind", "value", "violations"]);
            let names = line["violations"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
            (format!("{} {}", line["kind"].as_str().unwrap(), line["value"].as_str().unwrap()), names.collect())
        })
        .collect()
}

fn of_one(key: &str, value: &str) -> Vec<String> {
    let all = traits(&[], &[json!({ key: value })]);
    assert!(all.len() <= 1, "{}", all.len());
    all.into_values().next().unwrap_or_default()
}

#[test]
fn each_rule_finds_its_violator_and_leaves_sound_values_alone() {
    let upn = "userPrincipalName";
    let rows = [
        (upn, "ada.field@alderwood.example", ""),
        (upn, "ada_partner.example#EXT#@alderwoodmarine.onmicrosoft.com", ""),
        (upn, " ada@alderwood.example", "leading-blank"),
        (upn, "ada@alderwood.example ", "trailing-blank"),
        (upn, "ada field@alderwood.example", "blank-inside"),
        (upn, "ada.@alderwood.example", "leading-or-trailing-dot"),
        (upn, "ada..field@alderwood.example", "double-dot"),
        (upn, "ada+field@alderwood.example", "illegal-character"),
        (upn, "adä@alderwood.example", "non-ascii"),
        (upn, "a\u{200b}da@alderwood.example", "invisible-character"),
        (upn, "ada\u{7}@alderwood.example", "control-character"),
        (upn, "ada@crew@alderwood.example", "several-at-signs,illegal-character"),
        (upn, "ada@alderwood.local", "non-routable-domain"),
        (upn, "afield", "no-domain"),
        ("mail", "ada+field@alderwood.example", ""),
        ("userId", "7f3c1d52-8A4e-4b6f-9d10-2c5e8f7a6b31", "mixed-case-id"),
        ("userId", "7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31", ""),
        ("userId", "somebody", "not-of-its-kind"),
        // Whatever a service calls a principal: only ids have a right spelling.
        ("principalId", "User_Ada", ""),
        ("deviceName", "AW-LT-0412", ""),
        ("deviceName", "AW-LT-0412-OF-THE-HARBOUR", "too-long-for-netbios"),
        ("deviceName", "AW_LT", "illegal-character"),
    ];
    for (number, (key, value, wanted)) in rows.into_iter().enumerate() {
        let mut wanted: Vec<&str> = wanted.split(',').filter(|name| !name.is_empty()).collect();
        let mut found = of_one(key, value);
        wanted.sort_unstable();
        found.sort();
        assert_eq!(found, wanted, "row {number}");
    }
    assert_eq!(of_one(upn, &format!("{}@alderwood.example", "a".repeat(65))), ["too-long"]);
    assert_eq!(of_one(upn, &format!("{}@alderwood.example", "a".repeat(64))), [""; 0]);
}

#[test]
fn objects_that_share_an_address_are_told_and_one_object_alone_is_not() {
    let user = |id: u32, upn: &str, mail: &str, proxies: &[&str]| json!({"id": format!("7f3c1d52-8a4e-4b6f-9d10-{id:012}"), "userPrincipalName": upn, "mail": mail, "proxyAddresses": proxies});
    let users = [
        user(
            1,
            "ada@alderwood.example",
            "Ada@alderwood.example",
            &["SMTP:ADA@alderwood.example", "smtp:crew@alderwood.example"],
        ),
        user(2, "bo@alderwood.example", "bo@alderwood.example", &["smtp:crew@alderwood.example"]),
        user(3, "cy@alderwood.example", "cy@alderwood.example", &["smtp:BO@alderwood.example"]),
        user(4, "di@alderwood.example", "cy\u{200b}@alderwood.example", &[]),
    ];
    let mut orders = Vec::new();
    for turn in 0..4 {
        let mut users = users.to_vec();
        users.rotate_left(turn);
        let found = traits(&users, &[]);
        let count = |name: &str| found.values().filter(|names| names.iter().any(|one| one == name)).count();
        assert_eq!(count("duplicate-between-objects"), 1);
        assert_eq!(count("case-only-duplicate"), 1);
        assert_eq!(count("duplicate-after-normalisation"), 1);
        assert_eq!(found.len(), 3);
        orders.push(found);
    }
    assert!(orders.windows(2).all(|pair| pair[0] == pair[1]), "the order of the users changes the traits");
}

#[test]
fn attributes_have_limits_of_their_own() {
    let user = json!({"id": "7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31", "onPremisesSamAccountName": "ada.field.of.the.crew", "mailNickname": "ada(field)"});
    let found = traits(&[user], &[]);
    let names: Vec<_> = found.values().flatten().collect();
    assert_eq!(found.len(), 2);
    assert!(names.iter().any(|name| *name == "too-long") && names.iter().any(|name| *name == "illegal-character"));
}

#[test]
fn kept_values_are_not_listed() {
    let gate = gate_with(Policy::standard().keep("upn").unwrap());
    gate.clean_batch(&batch("graph-activity", &[r#"{"userPrincipalName":" ada@alderwood.local "}"#])).unwrap();
    assert!(!String::from_utf8_lossy(gate.traits().bytes()).contains("\"upn\""));
}

/// Values with faults of every kind around a body that can be recognised.
fn faulty() -> impl Strategy<Value = (String, usize)> {
    ("[a-z]{5,60}", 0usize..7).prop_map(|(body, fault)| {
        let value = match fault {
            0 => format!(" {body}@alderwood.example"),
            1 => format!("{body}@alderwood.local"),
            2 => format!("{body}+@alderwood.example"),
            3 => format!("{body}\u{200b}@alderwood.example"),
            4 => format!("{body}.@alderwood.example "),
            5 => format!("ä{body}@alderwood.example"),
            _ => body,
        };
        (value, fault)
    })
}

proptest! {
    /// The lines hold the pseudonym and names of rules: nothing of the value, nothing that counts it.
    #[test]
    fn a_trait_never_holds_the_value_or_its_length((value, fault) in faulty(), (other, _) in faulty()) {
        let gate = gate_with(Policy::standard());
        let record = json!({"userPrincipalName": value}).to_string();
        let clean = gate.clean_batch(&batch("graph-activity", &[&record])).unwrap();
        let clean: Value = serde_json::from_slice(clean.bytes()).unwrap();
        let text = String::from_utf8(gate.traits().into_bytes()).unwrap();
        let body: String = value.chars().filter(char::is_ascii_lowercase).take_while(|c| *c != '@').collect();
        prop_assert!(!text.contains(&value) && !text.contains(body.split("alderwood").next().unwrap()));
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(&line["value"], &clean["userPrincipalName"], "the record's own pseudonym, nothing else");
            prop_assert!(!line["violations"].to_string().contains(|c: char| c.is_ascii_digit()));
        }
        // Another value with the same fault, of another length, has the same line but for the pseudonym.
        let violations = |value: &str| super::Violations::of(Kind::Upn, value).names().collect::<Vec<_>>();
        let same_fault = match fault {
            0 => format!(" {}@alderwood.example", "q".repeat(other.len().min(60))),
            _ => value.clone(),
        };
        prop_assert_eq!(violations(&same_fault), violations(&value));
    }
}
