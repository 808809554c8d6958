//! Properties over generated records and texts.

#![cfg(not(feature = "gate-off"))]

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

static GATE: LazyLock<Gate> = LazyLock::new(gate);

/// Texts that are likely to upset a scanner.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        "[a-zA-Z0-9@.:\\\\/%&#;=+()\\-_ ,'\"\\[\\]{}\u{e9}\u{200b}]{0,60}",
        "(CN|OU|DC|S-1|/o)[=,\\\\\u{e9}a-z0-9-]{0,30}",
        "(ada\\.field@alderwood\\.example|7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31|203\\.0\\.113\\.77)[ -~]{0,10}",
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let keys = prop_oneof![
            "[a-zA-Z]{1,8}",
            prop::sample::select(vec![
                "id",
                "type",
                "displayName",
                "targetResources",
                "initiatedBy",
                "user",
                "key",
                "value",
                "newValue",
                "location",
                "hint",
                "additionalInfo"
            ])
            .prop_map(str::to_owned),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn leaves<'v>(value: &'v Value, path: String, all: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                leaves(item, format!("{path}/{at}"), all);
            }
        }
        Value::Object(map) => {
            for (at, item) in map.values().enumerate() {
                leaves(item, format!("{path}/{at}"), all);
            }
        }
        other => all.push((path, other)),
    }
}

proptest! {
    #[test]
    fn valid_json_stays_valid_with_its_structure(record in any_json(), dataset in prop::sample::select(vec!["audits", "sign-ins", "users", "nothing-known"])) {
        let line = clean(&GATE, dataset, &record.to_string());
        prop_assert!(!line.contains('\n'));
        let clean: Value = serde_json::from_str(&line).unwrap();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        leaves(&record, String::new(), &mut before);
        leaves(&clean, String::new(), &mut after);
        for (path, value) in before {
            if value.is_null() || value.is_boolean() {
                let same = after.iter().any(|(other, clean)| *other == path && *clean == value);
                let dropped = after.iter().any(|(other, clean)| path.starts_with(other.as_str()) && clean.as_str().is_some_and(|text| text.starts_with("[REMOVED:")));
                prop_assert!(same || dropped, "at {}", path);
            }
        }
    }

    #[test]
    fn bytes_pass_exactly_if_they_are_json(text in "[\\[\\]{}\",:a0-9.eE+ \\-tfnul\\\\]{0,24}") {
        let valid = serde_json::from_str::<Value>(&text).is_ok();
        let clean = GATE.clean_batch(&batch("settings", &[&text])).unwrap();
        // serde_json refuses numbers beyond f64, which the grammar allows.
        let beyond = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
        prop_assert_eq!(clean.refused().is_empty(), valid || beyond);
    }

    #[test]
    fn any_text_is_scanned_without_a_fault_and_alike_each_time(raw in any_text()) {
        let once = text(&GATE, &raw);
        prop_assert_eq!(&once, &text(&GATE, &raw));
        prop_assert_eq!(&once, &text(&gate(), &raw), "another gate with the same key");
    }

    #[test]
    fn names_and_addresses_that_are_pseudonyms_stay(local in "[a-z]{1,12}", domain in "[a-z]{3,10}") {
        let address = format!("{local}@{domain}.test");
        for (key, value) in [("userPrincipalName", address.as_str()), ("userDisplayName", &local), ("deviceName", &domain)] {
            let once = field(&GATE, key, value);
            prop_assert_eq!(field(&GATE, key, &once), once.clone());
            prop_assert_eq!(text(&GATE, &once), once);
        }
    }

    #[test]
    fn batches_do_not_matter(records in prop::collection::vec(any_json(), 1..6)) {
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        let parts: Vec<&str> = lines.iter().map(String::as_str).collect();
        let whole = GATE.clean_batch(&batch("audits", &parts)).unwrap().into_bytes();
        let single: Vec<u8> = parts.iter().flat_map(|part| GATE.clean_batch(&batch("audits", &[part])).unwrap().into_bytes()).collect();
        prop_assert_eq!(whole, single);
    }
}

#[test]
fn threads_give_the_same_bytes() {
    let gate = gate();
    let record =
        r#"{"userPrincipalName":"ada.field@alderwood.example","text":"Ada Field on AW-LT-0412 from 203.0.113.77"}"#;
    let wanted = clean(&gate, "sign-ins", record);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(clean(&gate, "sign-ins", record), wanted));
        }
    });
}
