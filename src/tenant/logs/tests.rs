//! What holds for every log.

use std::collections::HashSet;

use serde_json::Value;
use time::macros::datetime;

use super::*;

pub(super) fn settings() -> TenantSettings {
    TenantSettings { sign_ins: 1_000, audits: 400, ..TenantSettings::demo(datetime!(2026-09-10 12:00 UTC)) }
}

pub(super) fn world(users: u64) -> World {
    world_of(&TenantSettings { users, ..settings() })
}

pub(super) fn record(logs: &Logs, log: Log, is_beta: bool, index: u64) -> Value {
    let mut out = Vec::new();
    logs.write(&mut Actors::new(logs.world()), log, is_beta, index, &mut out);
    serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{} {index}: {error}", log.dataset()))
}

#[test]
fn every_record_is_json_with_an_id_of_its_own_and_a_falling_instant() {
    let logs = Logs::new(&settings());
    for log in Log::ALL {
        let (mut ids, mut last) = (HashSet::new(), Ticks::MAX);
        for index in 0..logs.count(log) {
            let record = record(&logs, log, true, index);
            let at = instant::parse(record[log.time_property()].as_str().unwrap()).unwrap();
            assert!(at < last, "{}", log.dataset());
            last = at;
            let id = record[log.id_property()].as_str().unwrap().to_owned();
            assert!(log == Log::Traffic || logs.find(log, &id) == Some(index), "{}", log.dataset());
            assert!(ids.insert(id));
        }
    }
}

#[test]
fn beta_sign_ins_have_all_properties_and_v1_has_29() {
    let logs = Logs::new(&settings());
    for kind in Kind::ALL {
        let beta = record(&logs, Log::SignIns(kind), true, 0);
        assert!(beta.as_object().unwrap().len() >= 70, "{}", beta.as_object().unwrap().len());
        assert_eq!(beta["signInEventTypes"][0], kind.event_type());
    }
    let lean = record(&logs, Log::SignIns(Kind::Interactive), false, 0);
    assert_eq!(lean.as_object().unwrap().len(), 30, "{lean:?}");
}

#[test]
fn records_do_not_depend_on_the_page_or_the_clock() {
    let (early, late) = (settings(), TenantSettings { now: datetime!(2026-12-01 00:00 UTC), ..settings() });
    let (early, late) = (Logs::new(&early), Logs::new(&late));
    for log in Log::ALL {
        for index in 0..logs_short(&early, log) {
            let (mut a, mut b) = (record(&early, log, true, index), record(&late, log, true, index));
            for value in [&mut a, &mut b] {
                blank_instants(value);
            }
            assert!(a == b, "{} {index}", log.dataset());
        }
    }
}

fn logs_short(logs: &Logs, log: Log) -> u64 {
    logs.count(log).min(120)
}

fn blank_instants(value: &mut Value) {
    match value {
        Value::String(text) if instant::parse(text).is_some() => text.clear(),
        Value::Array(items) => items.iter_mut().for_each(blank_instants),
        Value::Object(members) => members.values_mut().for_each(blank_instants),
        _ => {}
    }
}

#[test]
fn the_stories_can_be_read_in_the_logs() {
    let logs = Logs::new(&settings());
    let all = |log: Log| (0..logs.count(log)).map(|index| record(&logs, log, true, index)).collect::<Vec<_>>();
    let sign_ins = all(Log::SignIns(Kind::Interactive));
    let codes: HashSet<i64> = sign_ins.iter().map(|record| record["status"]["errorCode"].as_i64().unwrap()).collect();
    for code in [0, 53_003, 50_126, 700_003, 50_020, 50_034] {
        assert!(codes.contains(&code), "{code}");
    }
    assert!(sign_ins.iter().any(|record| record["riskLevelDuringSignIn"] == "high"));
    let payroll = all(Log::SignIns(Kind::ServicePrincipal))
        .into_iter()
        .filter(|record| record["appDisplayName"] == "Harbor Payroll");
    assert!(payroll.map(|record| record["status"]["errorCode"].as_i64()).all(|code| code == Some(7_000_222)));
    let quarantined =
        all(Log::Provisioning).into_iter().filter(|record| record["provisioningStatusInfo"]["status"] == "failure");
    assert!(quarantined.count() > 10);
    assert_eq!(record(&logs, Log::RiskyUsers, true, 0)["riskLevel"], "high");
}

#[test]
fn a_million_users_and_ten_million_sign_ins_cost_no_time_to_set_up() {
    let logs = Logs::new(&TenantSettings { users: 1_000_000, sign_ins: 10_000_000, ..settings() });
    let last = record(&logs, Log::SignIns(Kind::NonInteractive), true, 9_999_999);
    assert_eq!(last["signInEventTypes"][0], "nonInteractiveUser");
}

#[test]
fn the_truth_is_json_counts_everything_and_ignores_the_clock() {
    let write = |settings: &TenantSettings| {
        let mut out = Vec::new();
        truth(settings, &[], &mut out).unwrap();
        out
    };
    let early = write(&settings());
    let value: Value = serde_json::from_slice(&early).unwrap();
    assert_eq!(value["counts"]["sign-ins"], 1_000);
    assert!(value["identifiers"]["ip"].as_array().unwrap().len() > 50);
    assert!(early == write(&TenantSettings { now: datetime!(2026-12-01 00:00 UTC), ..settings() }));
}

/// What stands in the truth, lower case, addresses without their `smtp:`.
fn known(settings: &TenantSettings) -> HashSet<String> {
    let mut out = Vec::new();
    truth(settings, &[], &mut out).unwrap();
    let truth: Value = serde_json::from_slice(&out).unwrap();
    let kinds =
        ["identifiers", "unasked", "kept"].into_iter().flat_map(|class| truth[class].as_object().unwrap().values());
    let values =
        kinds.flat_map(|values| values.as_array().unwrap()).map(|value| value.as_str().unwrap().to_lowercase());
    values.flat_map(|value| [value.rsplit(':').next().unwrap_or_default().to_owned(), value]).collect()
}

#[test]
fn every_address_and_object_id_in_a_log_stands_in_the_truth() {
    let settings = settings();
    let (logs, known) = (Logs::new(&settings), known(&settings));
    let mail = regex::Regex::new(r#"[^\s"\\<>\[\]{}:;,()=|/]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+"#).unwrap();
    let ip = regex::Regex::new(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|\b2001:db8:[0-9a-f:]+").unwrap();
    let mut missing = std::collections::BTreeSet::new();
    for log in Log::ALL {
        let mut actors = Actors::new(logs.world());
        for index in 0..logs.count(log) {
            let mut out = Vec::new();
            logs.write(&mut actors, log, true, index, &mut out);
            let text = String::from_utf8(out).unwrap().to_lowercase();
            let addresses = ip.find_iter(&text).map(|found| found.as_str()).filter(|found| is_address(found, &text));
            let mails = mail.find_iter(&text).map(|found| found.as_str().trim_start_matches('\''));
            let found = mails.chain(addresses);
            missing
                .extend(found.filter(|value| !known.contains(*value)).map(|value| (log.dataset(), value.to_owned())));
        }
    }
    assert!(missing.is_empty(), "{} missing, such as {:?}", missing.len(), missing.iter().take(12).collect::<Vec<_>>());
}

/// Versions of programs look like IPv4 addresses.
fn is_address(found: &str, text: &str) -> bool {
    found.parse::<std::net::IpAddr>().is_ok() && !text.contains(&format!("/{found}"))
}
