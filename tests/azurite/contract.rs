//! The storage account of the embedded tenant against its Graph: the same records, whoever is asked.

use entra_bundle::catalog::{Service, routes};
use entra_bundle::record::Outcome;
use entra_bundle::source::blobs::{Account, Credential, Secret};
use entra_bundle::source::{Ledger, Place};
use entra_bundle::tenant::{Routing, TenantSettings};

use super::service::{NOW, dataset};
use super::stand::Stage;

fn small() -> TenantSettings {
    TenantSettings {
        users: 40,
        sign_ins: 300,
        audits: 300,
        routing: Routing::everything(),
        ..TenantSettings::demo(NOW)
    }
}

fn everything() -> Vec<&'static str> {
    routes().iter().map(|row| row.dataset.as_str()).collect()
}

fn place(stage: &Stage, credential: Credential) -> Place {
    let account = Account::new(&stage.running.storage_url, credential).unwrap();
    Place::Storage(account.for_tenant(&stage.running.tenant_id))
}

#[tokio::test]
async fn graph_and_storage_give_the_same_records() {
    let stage = Stage::open(small()).await;
    let ids = everything();
    let stored = stage.take(&place(&stage, Credential::Bearer), &ids).await;
    let mut twice = 0;
    for (id, took) in ids.iter().zip(&stored) {
        let report = &took.report;
        assert_eq!(report.verdict.outcome, Outcome::Complete, "{id}: {}", stage.reason(report));
        assert!(report.records > 0 && report.slices_closed == report.slices, "{id}");
        twice += report.duplicates;
        if !id.starts_with("risky-") {
            assert_eq!(took.records.len() as u64, report.records, "{id}: ids are not unique");
        }
        for record in took.records.values() {
            let envelope = record["@bundle.envelope"].as_object().unwrap();
            assert!(envelope.contains_key("time") && !envelope.keys().any(|key| key.starts_with("__UDI")), "{id}");
        }
    }
    assert!(twice > 20, "what is delivered twice counts: {twice}");
    let graph: Vec<&str> = ids.iter().copied().filter(|id| dataset(id).service == Service::Graph).collect();
    let from_graph = stage.take(&Place::Own, &graph).await;
    for (id, own) in graph.iter().zip(&from_graph) {
        let at = ids.iter().position(|one| one == id).unwrap();
        let other = &stored[at];
        assert!(own.records.keys().eq(other.records.keys()), "{id}: other ids");
        for (key, record) in &own.records {
            let (name, identity) = (&record["userDisplayName"], &other.records[key]["@bundle.envelope"]["identity"]);
            assert!(identity.is_null() || !name.is_string() || identity == name, "{id}: another pseudonym");
            let mut whole = other.records[key].as_object().unwrap().clone();
            whole.remove("@bundle.envelope");
            for (name, value) in record.as_object().unwrap() {
                assert_eq!(whole.get(name), Some(value), "{id}: {name}");
            }
        }
    }
}

#[tokio::test]
async fn every_credential_opens_the_same_account_and_bad_ones_say_what_to_do() {
    let stage = Stage::open(small()).await;
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    for credential in [
        Credential::Bearer,
        Credential::Sas(Secret::new("?sv=2022-11-02&se=2099-01-01T00:00:00Z&sig=c4nary".into())),
        Credential::Key(Secret::new(key.into())),
    ] {
        let took = stage.take(&place(&stage, credential), &["sign-ins"]).await.remove(0);
        assert_eq!((took.report.verdict.outcome, took.records.len()), (Outcome::Complete, 300));
    }
    let expired = Credential::Sas(Secret::new("sv=2022-11-02&se=2020-01-01T00:00:00Z&sig=c4nary".into()));
    let took = stage.take(&place(&stage, expired), &["sign-ins"]).await.remove(0);
    let reason = stage.reason(&took.report);
    assert_eq!(took.report.verdict.outcome, Outcome::Denied);
    assert!(reason.contains("the SAS has expired") && !reason.contains("c4nary"), "{reason}");
}

#[tokio::test]
async fn what_is_missing_has_its_own_reason_and_a_hint() {
    let denied = vec!["Storage Blob Data Reader".to_owned()];
    let routing = Routing { storage: vec!["SignInLogs"], ..Routing::nothing() };
    let stage = Stage::open(TenantSettings { denied, routing, ..small() }).await;
    let place = place(&stage, Credential::Bearer);
    let took = stage.take(&place, &["sign-ins", "audits", "users"]).await;
    let expected = [
        (Outcome::Denied, "assign the role Storage Blob Data Reader"),
        (Outcome::Unavailable, "not routed to this storage account"),
        (Outcome::Unavailable, "no such category"),
    ];
    for (took, (outcome, part)) in took.iter().zip(expected) {
        let reason = stage.reason(&took.report);
        assert_eq!(took.report.verdict.outcome, outcome, "{reason}");
        assert!(reason.contains(part), "{reason}");
    }
    let other = Account::new(&stage.running.storage_url, Credential::Bearer).unwrap();
    let other = Place::Storage(other.for_tenant("11111111-2222-4333-8444-555555555555"));
    let took = stage.take(&other, &["sign-ins"]).await.remove(0);
    let reason = stage.reason(&took.report);
    assert_eq!(took.report.verdict.outcome, Outcome::Unavailable, "{reason}");
    assert!(reason.contains("other tenants"), "{reason}");
}

#[tokio::test]
async fn a_second_place_gives_only_what_the_first_one_did_not() {
    let stage = Stage::open(small()).await;
    let ids = ["audits", "sign-ins", "user-risk-events"];
    let ledgers: Vec<Ledger> = ids.iter().map(|_| Ledger::default()).collect();
    let first = stage.take_with(&Place::Own, &ids, &ledgers).await;
    let second = stage.take_with(&place(&stage, Credential::Bearer), &ids, &ledgers).await;
    for ((id, first), second) in ids.iter().zip(&first).zip(&second) {
        assert_eq!(second.report.verdict.outcome, Outcome::Complete, "{id}: {}", stage.reason(&second.report));
        assert!(second.records.is_empty() && second.report.records == first.report.records, "{id}");
    }
}
