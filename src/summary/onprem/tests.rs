//! Each test of a row finds what it is about and leaves the rest alone.

use serde_json::{Value, json};
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-09-15 12:00 UTC);

/// The findings in some records, by id; a record of `traits` is learnt only.
fn found(records: &[(&'static str, Value)]) -> BTreeMap<String, Value> {
    let datasets: BTreeSet<&'static str> = records.iter().map(|(dataset, _)| *dataset).collect();
    let mut onprem = Onprem::new(&datasets, NOW);
    let learnt: BTreeSet<_> =
        sources().into_iter().filter(|source| source.is_learnt).map(|source| source.dataset).collect();
    for (dataset, record) in records.iter().filter(|(dataset, _)| learnt.contains(dataset)) {
        onprem.learn(dataset, record.to_string().as_bytes());
    }
    for (dataset, record) in records.iter().filter(|(dataset, _)| *dataset != TRAITS) {
        onprem.take(dataset, record.to_string().as_bytes());
    }
    let told = serde_json::to_value(onprem.end()).unwrap();
    let all = told["findings"].as_array().unwrap().iter();
    all.map(|one| (one["id"].as_str().unwrap().to_owned(), one.clone())).collect()
}

fn ids(records: &[(&'static str, Value)]) -> Vec<String> {
    found(records).into_keys().collect()
}

fn user(number: u32, anchor: Option<&str>, more: Value) -> (&'static str, Value) {
    let mut record = json!({
        "dn": format!("CN=u{number}"), "objectGUID": format!("7f3c1d52-8a4e-4b6f-9d10-{number:012}"),
        "userAccountControl": "512", "userPrincipalName": format!("u{number}@alderwood.example"),
    });
    if let Some(anchor) = anchor {
        record["mS-DS-ConsistencyGuid"] = json!(anchor);
    }
    more.as_object().unwrap().iter().for_each(|(key, value)| record[key] = value.clone());
    ("ad-users", record)
}

#[test]
fn objects_are_compared_across_the_wire_in_whatever_spelling() {
    let here = "30475e40-e7ae-4af3-af75-8b143c81daf5";
    let cloud = |id: u32, anchor: &str| {
        ("users", json!({"id": id, "onPremisesSyncEnabled": true, "onPremisesImmutableId": anchor}))
    };
    let same = user(1, None, json!({"objectGUID": here}));
    assert_eq!(ids(&[same.clone(), cloud(1, "QF5HMK7n80qvdYsUPIHa9Q==")]), [""; 0]);
    let gone = cloud(2, "PUXUlrNLvU2CgaqV3koPtA==");
    assert_eq!(ids(&[same.clone(), cloud(1, "QF5HMK7n80qvdYsUPIHa9Q=="), gone.clone()]), ["only-in-cloud"]);
    let disabled = user(3, None, json!({"userAccountControl": "514"}));
    assert_eq!(ids(&[same.clone(), cloud(1, "QF5HMK7n80qvdYsUPIHa9Q=="), disabled]), [""; 0]);
    assert_eq!(
        ids(&[same.clone(), user(4, None, json!({})), cloud(1, "QF5HMK7n80qvdYsUPIHa9Q==")]),
        ["only-in-active-directory"]
    );
    // One side alone proves nothing.
    assert_eq!(ids(&[same]), [""; 0]);
    assert_eq!(ids(&[gone]), [""; 0]);
}

#[test]
fn what_must_be_unique_is_compared_between_objects_only() {
    let with =
        |number, proxies: &[&str], mail: &str| user(number, None, json!({"proxyAddresses": proxies, "mail": mail}));
    let alone = with(1, &["SMTP:Crew@alderwood.example", "smtp:crew@alderwood.example"], "crew@alderwood.example");
    assert_eq!(ids(std::slice::from_ref(&alone)), [""; 0]);
    let shared = found(&[alone, with(2, &["smtp:CREW@alderwood.example"], "b@alderwood.example")]);
    assert_eq!(shared["duplicate-address"]["count"], 1);
    assert_eq!(shared["duplicate-address"]["groups"], json!({"proxyAddresses": 1}));
    let anchor = "QF5HMK7n80qvdYsUPIHa9Q==";
    let twice = ids(&[user(3, Some(anchor), json!({})), user(4, Some(anchor), json!({}))]);
    assert_eq!(twice, ["consistency-guid-differs", "consistency-guid-duplicate"]);
}

#[test]
fn silence_is_told_for_each_connector_and_bursts_for_each_event() {
    let event = |id: u32, hour: f64, connector: &str| {
        let at = instant::text(NOW.unix_timestamp() - (hour * 3_600.0) as i64);
        let text = format!("ping <connector-id>{connector}</connector-id>");
        (
            "event-log",
            json!({"provider": "Directory Synchronization", "eventId": id, "time": at, "computer": "c", "data": {"values": [text]}}),
        )
    };
    let beats = |connector: &'static str| (0..20).map(move |beat| event(654, f64::from(beat) / 2.0, connector));
    let steady: Vec<_> = beats("a").collect();
    assert_eq!(ids(&steady), [""; 0]);
    let with_gap: Vec<_> = beats("a")
        .chain(beats("b").enumerate().filter(|(beat, _)| !(4..12).contains(beat)).map(|(_, event)| event))
        .collect();
    let told = found(&with_gap);
    assert_eq!(told["password-sync-heartbeat"]["groups"], json!({"b": 1}));
    // Silent to the end of the log.
    let stopped: Vec<_> = beats("a").chain(beats("b").skip(8)).collect();
    assert_eq!(found(&stopped)["password-sync-heartbeat"]["count"], 1);
    let burst = |hours: [f64; 3]| found(&hours.map(|hour| event(611, hour, "a")));
    assert!(burst([1.0, 1.5, 2.0]).contains_key("password-sync-errors"));
    assert!(!burst([1.0, 2.5, 4.0]).contains_key("password-sync-errors"));
}

#[test]
fn thresholds_of_instants_and_numbers_hold() {
    let day = |days: i64| format!("/Date({})/", (NOW.unix_timestamp() + days * 86_400) * 1_000);
    let certificate = |days| {
        (
            "adfs-state",
            json!({"cmdlet": "Get-AdfsCertificate", "CertificateType": "Token-Signing", "Certificate": {"NotAfter": day(days)}}),
        )
    };
    assert_eq!(ids(&[certificate(31)]), [""; 0]);
    assert_eq!(ids(&[certificate(29)]), ["adfs-certificate-expires"]);
    assert_eq!(ids(&[certificate(-3)]), ["adfs-certificate-expires"]);
    let clock = |ahead: i64| ("connectivity", json!({"host": "h", "http": 200, "clockAheadSeconds": ahead}));
    assert_eq!(ids(&[clock(300), clock(-299)]), [""; 0]);
    assert_eq!(ids(&[clock(-301)]), ["clock-skew"]);
    let stale = |hours: i64| {
        (
            "organization",
            json!({"onPremisesSyncEnabled": true, "onPremisesLastSyncDateTime": instant::text(NOW.unix_timestamp() - hours * 3_600)}),
        )
    };
    assert_eq!((ids(&[stale(2)]), ids(&[stale(4)])), (vec![], vec!["stale-sync".to_owned()]));
}

#[test]
fn broken_rules_come_from_the_traits() {
    let traits = |value: &str, rule: &str| (TRAITS, json!({"kind": "upn", "value": value, "violations": [rule]}));
    let found = found(&[
        traits("u1@alderwood.example", "non-routable-domain"),
        traits("nobody@alderwood.example", "illegal-character"),
        traits("crew@alderwood.example", "double-dot"),
        user(1, None, json!({"proxyAddresses": ["smtp:crew@alderwood.example"]})),
    ]);
    assert_eq!(found["non-routable-upn"]["count"], 1);
    assert_eq!(found["invalid-attribute"]["groups"], json!({"proxyAddresses: double-dot": 1}));
}

#[test]
fn what_is_not_there_is_named_and_nonsense_is_counted() {
    let datasets = BTreeSet::from(["registry", "ad-users"]);
    let mut onprem = Onprem::new(&datasets, NOW);
    onprem.take("registry", b"{\"key\":\"a\"}\nnonsense\n[]\n");
    let told = serde_json::to_value(onprem.end()).unwrap();
    assert_eq!(told["datasets"]["registry"], json!({"records": 3, "unreadable": 1}));
    let names = |member: &str| told[member].as_array().unwrap().clone();
    assert!(names("checked").contains(&json!("tls-dotnet-off")));
    assert!(names("unchecked").iter().any(|row| row["id"] == "only-in-active-directory"));
    assert_eq!(names("checked").len() + names("unchecked").len(), findings().len());
}

#[test]
fn nothing_is_missing_from_what_is_not_whole() {
    let datasets = BTreeSet::from(["users", "ad-users"]);
    let mut onprem = Onprem::new(&datasets, NOW).without(&BTreeSet::from(["ad-users"]));
    let there = json!({"dn": "CN=u1", "objectGUID": "30475e40-e7ae-4af3-af75-8b143c81daf5"});
    let gone = json!({"onPremisesSyncEnabled": true, "onPremisesImmutableId": "PUXUlrNLvU2CgaqV3koPtA=="});
    onprem.learn("ad-users", there.to_string().as_bytes());
    onprem.take("users", gone.to_string().as_bytes());
    let told = serde_json::to_value(onprem.end()).unwrap();
    assert_eq!(told["findings"], json!([]));
    let row = told["unchecked"].as_array().unwrap().iter().find(|row| row["id"] == "only-in-cloud").unwrap();
    assert_eq!(row["incomplete"], json!(["ad-users"]));
}
