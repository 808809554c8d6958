//! A bundle of ours that is redacted again: with the same key nothing that is a pseudonym changes.

use std::sync::Arc;

use super::{DIRECTORY, batch, clean, well_known};
use crate::pseudonym::cipher::Ff1;
use crate::pseudonym::key::MasterKey;
use crate::pseudonym::{Gate, Policy, Rules};
use crate::record::RawText;

/// Values of every kind that shows no check, typed and in text, and names.
const RECORDS: [(&str, &str); 4] = [
    (
        "sign-ins",
        r#"{"id":"4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094","userId":"7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31","userPrincipalName":"ada.field@alderwood.example","ipAddress":"203.0.113.27","location":{"city":"Port Ellery","geoCoordinates":{"latitude":47.68}},"appDisplayName":"Harbor Payroll","deviceDetail":{"deviceId":"91d0c6aa-7be1-4a3c-b1d5-5e9f2c7a8d60","displayName":"AW-LT-0412"}}"#,
    ),
    (
        "users",
        r#"{"id":"7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31","onPremisesSecurityIdentifier":"S-1-5-21-1004336348-1177238915-682003330-1104","securityIdentifier":"S-1-12-1-1943430372-1249052806-2496021943-3034400218","onPremisesImmutableId":"Ux2c79K3Tke7RoM/p1XVpA==","businessPhones":["+1 425 555 0109"],"mobilePhone":"+44 20 7946 0958"}"#,
    ),
    (
        "audits",
        r#"{"activityDisplayName":"Update user","targetResources":[{"id":"7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31","modifiedProperties":[{"displayName":"X","newValue":"[\"from 203.0.113.27 and 2001:db8:44::1f by ada.field@alderwood.example, id 7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31, S-1-5-21-1004336348-1177238915-682003330-1104, call +1 425 555 0109\"]"}]}]}"#,
    ),
    (
        "groups",
        r#"{"id":"5d8a3f16-27c9-4e0b-b4f1-86a2d7c9e053","displayName":"Field Crew","membershipRule":"user.mail -eq \"ada.field@alderwood.example\""}"#,
    ),
];

fn gate(key: u8, policy: Policy) -> Gate {
    Gate::new(Arc::new(Ff1::new(&MasterKey::from_bytes([key; 32]))), policy, Rules::new(super::DATASETS), well_known)
}

/// What a run makes of the directory and the records: it learns from the directory.
fn run(
    gate: &Gate,
    directory: &[(&'static str, String)],
    records: &[(&'static str, String)],
) -> [Vec<(&'static str, String)>; 2] {
    for (dataset, record) in directory {
        gate.learn(&batch(dataset, &[record])).unwrap();
    }
    gate.freeze();
    [directory, records]
        .map(|all| all.iter().map(|(dataset, record)| (*dataset, clean(gate, dataset, record))).collect())
}

fn raw() -> [Vec<(&'static str, String)>; 2] {
    [&DIRECTORY[..], &RECORDS[..]]
        .map(|all| all.iter().map(|(dataset, record)| (*dataset, (*record).to_owned())).collect())
}

#[test]
fn with_the_same_key_and_policy_nothing_changes() {
    for policy in [Policy::standard(), Policy::strict(), Policy::standard().keep("object-ids").unwrap()] {
        let [directory, records] = raw();
        let first = run(&gate(7, policy.clone()), &directory, &records);
        assert!(first[1].iter().zip(&records).all(|(after, before)| after != before));
        let again = gate(7, policy.clone()).after(policy.clone());
        let second = run(&again, &first[0], &first[1]);
        for (one, other) in first.iter().flatten().zip(second.iter().flatten()) {
            assert_eq!(one, other, "{}", policy.name());
        }
        let dictionary = again.dictionary().unwrap();
        let leaks: u64 = second.iter().flatten().map(|(_, line)| dictionary.leaks_in(&again, line, false)).sum();
        assert_eq!(leaks, 0, "pseudonyms of the first run are no leaks of the second");
        assert_eq!(again.clean_text(&RawText::new("from 203.0.113.27")).as_str(), "from 203.0.113.27");
    }
}

#[test]
fn kinds_that_were_kept_are_mapped_now_and_end_where_one_run_would() {
    let [directory, records] = raw();
    let at_once = run(&gate(7, Policy::strict()), &directory, &records);
    let first = run(&gate(7, Policy::standard()), &directory, &records);
    let second = run(&gate(7, Policy::strict()).after(Policy::standard()), &first[0], &first[1]);
    for (one, other) in at_once.iter().flatten().zip(second.iter().flatten()) {
        assert_eq!(one, other);
    }
    assert_ne!(first, second);
}

#[test]
fn with_another_key_everything_is_foreign() {
    let [directory, records] = raw();
    let first = run(&gate(7, Policy::standard()), &directory, &records);
    let second = run(&gate(9, Policy::standard()), &first[0], &first[1]);
    let ours = gate(7, Policy::standard());
    for address in ["ada.field@alderwood.example", "203.0.113.27"] {
        let pseudonym = super::field(&ours, if address.contains('@') { "mail" } else { "ipAddress" }, address);
        assert!(first[1].iter().any(|(_, line)| line.contains(&pseudonym)));
        assert!(!second[1].iter().any(|(_, line)| line.contains(&pseudonym)));
    }
}
