//! Secrets under every policy: each row's examples go, its counterexamples stay, and prose loses next to nothing.

use std::path::Path;

use super::*;
use crate::catalog::{Kind, secrets};

/// Standard, strict, and standard with each kind kept.
fn policies() -> Vec<Policy> {
    let kept = Kind::ALL.iter().map(|kind| Policy::standard().keep(kind.name()).unwrap());
    let all = Kind::ALL.iter().try_fold(Policy::standard(), |policy, kind| policy.keep(kind.name())).unwrap();
    [Policy::standard(), Policy::strict(), all].into_iter().chain(kept).collect()
}

#[test]
fn every_row_decides_its_examples_under_every_policy() {
    for policy in policies() {
        let gate = frozen(gate_with(policy));
        for row in secrets() {
            let pattern = regex::Regex::new(&row.pattern).unwrap();
            for raw in &row.matches {
                let clean = text(&gate, raw);
                let found = pattern.captures(raw).unwrap();
                let secret = found.name("secret").or_else(|| found.get(0)).unwrap().as_str();
                assert!(clean.contains("[REMOVED:"), "{}: no mark", row.id);
                assert!(!clean.contains(secret), "{}: the secret stands", row.id);
            }
            for raw in &row.rejects {
                assert!(!text(&gate, raw).contains("[REMOVED:"), "{}: a counterexample went", row.id);
            }
        }
    }
}

#[test]
fn names_of_secrets_drop_what_stands_under_them() {
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG=";
    for policy in policies() {
        let gate = frozen(gate_with(policy));
        for (record, goes) in [
            (
                r#"{"passwordCredentials":[{"keyId":"x","hint":"Abc","secretText":"notmysecret"}]}"#,
                vec!["Abc", "notmysecret"],
            ),
            (r#"{"key":"SecretToken","value":"notmysecret"}"#, vec!["notmysecret"]),
            (r#"{"Name":"code_verifier","Value":"notmysecret"}"#, vec!["notmysecret"]),
            (r#"{"volumeType":1,"key":"notmysecret"}"#, vec!["notmysecret"]),
            (r#"{"credentials":[{"accountName":"a","passwordBase64":"bm90bXk="}]}"#, vec!["bm90bXk="]),
            (r#"{"DeviceToken":"notmysecret","DeviceTag":"SoftwareTokenActivated"}"#, vec!["notmysecret"]),
            (
                r#"{"x-ms-RefreshTokenCredential":"notmysecret","estsAuthPersistent":"notmysecret"}"#,
                vec!["notmysecret"],
            ),
            (r#"{"harborAdminPassword":"notmysecret"}"#, vec!["notmysecret"]),
        ] {
            let clean = clean(&gate, "file", record);
            assert!(goes.iter().all(|secret| !clean.contains(secret)), "{record}");
        }
        let named = |name: &str, value: &str| clean(&gate, "file", &serde_json::json!({ name: value }).to_string());
        assert!(!named("harborSecret", key).contains(key));
        assert!(named("harborSecret", "rotated on Monday").contains("rotated on Monday"));
        assert!(named("resetPasswordState", "enabled").contains("enabled"));
        assert!(named("keyVersion", "0123456789abcdef0123456789abcdef").contains("0123456789abcdef0123456789abcdef"));
    }
}

/// The texts of a line: of a specification what it describes, of prose the line.
fn prose(line: &str) -> Vec<String> {
    fn described(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(members) => {
                let texts = ["description", "summary"].iter().filter_map(|key| members.get(*key)?.as_str());
                found.extend(texts.map(str::to_owned));
                members.values().for_each(|member| described(member, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| described(item, found)),
            _ => {}
        }
    }
    let Ok(value) = serde_json::from_str(line) else { return vec![line.to_owned()] };
    let mut found = Vec::new();
    described(&value, &mut found);
    found
}

#[test]
fn where_a_program_takes_a_secret_from_is_none() {
    let gate = frozen(gate_with(Policy::standard()));
    for line in ["Authorization: Bearer {ACCESS_TOKEN}", "let password = mem::MaybeUninit::<u8>::uninit()"] {
        assert!(!text(&gate, line).contains("[REMOVED:"), "{}", text(&gate, line));
    }
    for line in ["password={hunter2}", "password = a::b1(c)"] {
        assert!(text(&gate, line).contains("[REMOVED:"), "{}", text(&gate, line));
    }
}

#[test]
fn prose_loses_less_than_one_secret_a_megabyte() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared"));
    let (mut bytes, mut marks) = (0usize, 0usize);
    let gate = frozen(gate_with(Policy::standard()));
    for folder in ["reference", "samples/openapi"] {
        for path in std::fs::read_dir(shared.join(folder)).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            let source = std::fs::read_to_string(path).unwrap_or_default();
            for line in source.lines().flat_map(prose).filter(|line| !line.contains("[REMOVED:")) {
                let clean = text(&gate, &line);
                bytes += line.len();
                marks += clean.matches("[REMOVED:").count();
                for (at, _) in clean.match_indices("[REMOVED:") {
                    println!("removed as {}", clean[at..].split([':', ']']).nth(1).unwrap_or_default());
                }
            }
        }
    }
    if bytes == 0 {
        println!("skipped: no prose beside the project");
    }
    println!("{marks} marks in {bytes} bytes");
    assert!(marks * 1_000_000 <= bytes, "{marks} marks in {bytes} bytes");
}
