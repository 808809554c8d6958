//! What comes again in a stretch is cleaned and learnt as if it came for the first time.

#![cfg(not(feature = "gate-off"))]

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::record::{Context, Encoding, Form, RawStretch, RawText};

fn stretch(text: &str) -> RawStretch {
    let (form, encoding, context) = (Form::JsonLines, Encoding::Utf8, Context::Nothing);
    RawStretch { form, encoding, has_mark: false, dataset: None, context, goes_on: false, text: RawText::new(text) }
}

/// Members: typed ones, free texts, ones that their siblings or the object around decide about, ranges that become several,
/// JSON in strings, unknown keys, numbers that begin alike, white space and escapes.
const MEMBERS: [&str; 36] = [
    r#""userPrincipalName":"ada.field@alderwood.example""#,
    r#""userPrincipalName":"nobody@alderwood.example""#,
    r#""userPrincipalName" : "ada.field@alderwood.example""#,
    r#""userDisplayName":"Ada Field (Crew)""#,
    r#""displayName":"Grace Weiss""#,
    r#""givenName":"Grace""#,
    r#""surname":"Weiss""#,
    r#""ipAddress":"203.0.113.27""#,
    r#""ipAddress":"203.0.113.2""#,
    r#""\u0069pAddress":"203.0.113.27""#,
    r#""category":"SignInLogs""#,
    r#""category":"AuditLogs""#,
    r#""name":"UserPrincipalName""#,
    r#""key":"displayName""#,
    r#""key":"UserId""#,
    r#""value":"Grace Weiss""#,
    r#""value":"7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31""#,
    r#""newValue":"\"Grace Weiss\"""#,
    r#""newValue":"[\"grace@alderwood.example\"]""#,
    r#""type":"User""#,
    r#""type":"Group""#,
    r#""id":"7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31""#,
    r#""id":"5d8a3f16-27c9-4e0b-b4f1-86a2d7c9e053""#,
    r#""failureReason":"ada.field@alderwood.example was not found by Ada Field (Crew)""#,
    r#""description":null"#,
    r#""Ada Field (Crew)":true"#,
    r#""errorCode":1"#,
    r#""errorCode":12"#,
    r#""phone":4930901820"#,
    r#""latitude":47.61"#,
    r##""ipRanges":[{"@odata.type":"#microsoft.graph.iPv4CidrRange","cidrAddress":"198.51.100.0/24"},{"@odata.type":"#microsoft.graph.iPv4Range","lowerAddress":"198.51.100.7","upperAddress":"198.51.100.90"}]"##,
    r#""authenticationDetails":[]"#,
    r#""password":"hunter2hunter2""#,
    r#""uniqueTokenIdentifier":"n3rXa2Vb8UqQm1yTz0pLkA""#,
    r#""note":"AW-LT-0412 5d8a3f16-27c9-4e0b-b4f1-86a2d7c9e053""#,
    r#""note":"AW-LT-0412""#,
];

const KEYS: [&str; 7] =
    ["properties", "targetResources", "modifiedProperties", "additionalDetails", "initiatedBy", "user", "anything"];

fn object() -> impl Strategy<Value = String> {
    let member = select(&MEMBERS[..]).prop_map(str::to_owned);
    let leaf = prop::collection::vec(member.clone(), 0..6).prop_map(|members| format!("{{{}}}", members.join(",")));
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let one = (select(&KEYS[..]), inner.clone()).prop_map(|(key, object)| format!("\"{key}\":{object}"));
        let many = (select(&KEYS[..]), prop::collection::vec(inner, 0..3))
            .prop_map(|(key, objects)| format!("\"{key}\":[{}]", objects.join(",")));
        let member = prop_oneof![3 => member.clone(), 1 => one, 1 => many];
        prop::collection::vec(member, 1..7).prop_map(|members| format!("{{{}}}", members.join(", ")))
    })
}

/// Lines of which some come again, whole or with one of them broken.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![9 => object(), 1 => object().prop_map(|object| object[..object.len() - 1].to_owned())];
    prop::collection::vec(line, 1..4)
        .prop_flat_map(|lines| prop::collection::vec(select(lines), 2..8))
        .prop_map(|lines| lines.into_iter().map(|line| line + "\n").collect())
}

fn cleaned(gate: &Gate, text: &str) -> String {
    String::from_utf8(gate.clean_stretch(&stretch(text)).into_bytes()).unwrap()
}

/// A gate that has learnt from the stretches.
fn taught(stretches: &[String]) -> Gate {
    let gate = gate_with(Policy::standard());
    stretches.iter().for_each(|text| gate.learn_stretch(&stretch(text)));
    frozen(gate)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_stretch_comes_out_as_its_lines_do(lines in lines()) {
        let gate = gate();
        let apart: String = lines.iter().map(|line| cleaned(&gate, line)).collect();
        prop_assert_eq!(cleaned(&gate, &lines.concat()), apart);
    }

    #[test]
    fn a_stretch_teaches_what_its_lines_teach(lines in lines()) {
        let (one, apart) = (taught(&[lines.concat()]), taught(&lines));
        prop_assert_eq!(one.dictionary().unwrap().terms(), apart.dictionary().unwrap().terms());
        let probe = MEMBERS.map(|member| format!("{{\"note\":{{{member}}}}}\n")).concat();
        prop_assert_eq!(cleaned(&one, &probe), cleaned(&apart, &probe));
    }

    #[test]
    fn a_batch_comes_out_as_its_records_do(records in prop::collection::vec(object(), 1..6), dataset in select(vec!["audits", "sign-ins", "settings"])) {
        let gate = gate();
        let twice: Vec<&str> = records.iter().chain(&records).map(String::as_str).collect();
        let one = gate.clean_batch(&batch(dataset, &twice)).unwrap();
        let apart: Vec<u8> =
            twice.iter().flat_map(|record| gate.clean_batch(&batch(dataset, &[record])).unwrap().into_bytes()).collect();
        prop_assert_eq!(one.bytes(), &apart[..]);
    }
}
