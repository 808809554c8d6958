//! The audit questions get the same counts from the tenant's raw audits and from what the gate makes of them.

use serde_json::Value;
use time::macros::datetime;

use super::gate;
use crate::catalog::Catalog;
use crate::pseudonym::Policy;
use crate::pseudonym::key::MasterKey;
use crate::record::{RawBatch, RawRecord};
use crate::summary::Summary;
use crate::tenant::TenantSettings;
use crate::tenant::logs::{Actors, Log, Logs};

const LOGS: [Log; 2] = [Log::Audits, Log::AttributeAudits];

/// Raw lines and clean lines of both logs.
fn lines(policy: Policy) -> [(String, Vec<u8>, Vec<u8>); 2] {
    let settings = TenantSettings { audits: 600, ..TenantSettings::demo(datetime!(2026-09-15 12:00 UTC)) };
    let logs = Logs::new(&settings);
    let (gate, _) = gate(Catalog::embedded().unwrap(), &MasterKey::from_bytes([7; 32]), policy);
    gate.freeze();
    LOGS.map(|log| {
        let mut actors = Actors::new(logs.world());
        let write = |index| {
            let mut out = Vec::new();
            logs.write(&mut actors, log, true, index, &mut out);
            out
        };
        let raw: Vec<Vec<u8>> = (0..logs.count(log)).map(write).collect();
        let records = raw.iter().map(|line| RawRecord::new(line.clone().into())).collect();
        let batch = RawBatch { dataset: log.dataset(), slice: 0, parent: None, records };
        let clean = gate.clean_batch(&batch).unwrap().into_bytes();
        (log.dataset().to_owned(), raw.join(&b'\n'), clean)
    })
}

fn summed(lines: &[(&'static str, &[u8])]) -> Value {
    let mut summary = Summary::new(&lines.iter().map(|(dataset, _)| *dataset).collect::<Vec<_>>());
    lines.iter().for_each(|(dataset, bytes)| summary.take(dataset, bytes));
    serde_json::from_slice(summary.line().unwrap().bytes()).unwrap()
}

/// The counts of an answer, without what it lists by name.
fn counts(answer: &Value) -> Value {
    let mut answer = answer.clone();
    let changes = answer["changes"].as_array().map(Vec::len);
    let listed = answer["targets"]["listed"].as_array().map(Vec::len);
    answer["changes"] = changes.into();
    answer["targets"]["listed"] = listed.into();
    answer
}

#[test]
fn raw_and_clean_audits_give_the_same_counts_under_every_policy() {
    for policy in [Policy::standard(), Policy::strict()] {
        let [audits, attributes] = lines(policy);
        assert_eq!([audits.0.as_str(), attributes.0.as_str()], LOGS.map(Log::dataset));
        let raw = summed(&[(LOGS[0].dataset(), &audits.1), (LOGS[1].dataset(), &attributes.1)]);
        let clean = summed(&[(LOGS[0].dataset(), &audits.2), (LOGS[1].dataset(), &attributes.2)]);
        assert_eq!(raw["informational"], clean["informational"]);
        assert_eq!(raw["datasets"], clean["datasets"]);
        let answers = |summary: &Value| summary["questions"].as_array().unwrap().clone();
        for (raw, clean) in answers(&raw).iter().zip(&answers(&clean)) {
            assert!(raw["entries"].as_u64().unwrap() > 0, "the tenant shows nothing of {}", raw["id"]);
            assert_eq!(counts(raw), counts(clean));
        }
        assert!(raw["informational"]["entries"].as_u64() > Some(0));
    }
}
