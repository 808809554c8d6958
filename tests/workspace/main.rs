//! The workspace of the embedded tenant against its Graph: the same records, whoever is asked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod big;
mod scale;
#[path = "../support/service.rs"]
mod service;
mod stand;
#[path = "../support/mod.rs"]
mod support;

use entra_bundle::catalog::{Service, routes};
use entra_bundle::record::Outcome;
use entra_bundle::source::workspace::Workspace;
use entra_bundle::source::{Ledger, Place};
use entra_bundle::tenant::{Limits, Routing, TenantSettings};
use serde_json::Value;
use service::{NOW, dataset};
use stand::Stage;

fn small() -> TenantSettings {
    TenantSettings { users: 40, sign_ins: 60, audits: 60, routing: Routing::everything(), ..TenantSettings::demo(NOW) }
}

fn everything() -> Vec<&'static str> {
    routes().iter().map(|row| row.dataset.as_str()).collect()
}

#[tokio::test]
async fn graph_and_workspace_give_the_same_records() {
    let stage = Stage::open(small()).await;
    let ids = everything();
    let from_workspace = stage.take(&stage.workspace(), &ids).await;
    for (id, took) in ids.iter().zip(&from_workspace) {
        assert_eq!(took.report.verdict.outcome, Outcome::Complete, "{id}: {}", stage.reason(&took.report));
        assert_eq!(took.report.expected, Some(took.report.records), "{id}");
        assert!(took.report.records > 0 && took.report.slices_closed == took.report.slices, "{id}");
        assert_eq!(took.records.len() as u64, took.report.records, "{id}: ids are not unique");
    }
    let graph: Vec<&str> = ids.iter().copied().filter(|id| dataset(id).service == Service::Graph).collect();
    let from_graph = stage.take(&Place::Own, &graph).await;
    for (id, own) in graph.iter().zip(&from_graph) {
        let at = ids.iter().position(|one| one == id).unwrap();
        let other = &from_workspace[at];
        assert_eq!(own.report.verdict.outcome, Outcome::Complete, "{id}: {}", stage.reason(&own.report));
        assert!(own.records.keys().eq(other.records.keys()), "{id}: other ids");
        for (key, record) in &own.records {
            differences(id, record, &other.records[key]);
        }
    }
}

/// What the table has of a record, it has as Graph has it. What tables lack (most of all of traffic) is no difference.
fn differences(id: &str, graph: &Value, row: &Value) {
    let row = row.as_object().unwrap();
    let mut shared = 0;
    for (name, value) in row.iter().filter(|(name, _)| *name != "@bundle.envelope") {
        if let Some(own) = graph.get(name) {
            assert_eq!(own, value, "{id}: {name}");
            shared += 1;
        }
    }
    assert!(shared * 10 >= row.len() * 6, "{id}: only {shared} of {} names are Graph's", row.len());
    let envelope = row["@bundle.envelope"].as_object().unwrap();
    assert!(envelope.contains_key("WorkspaceId") && !envelope.contains_key("TenantId"), "{id}");
    // Azure Monitor names the person once more.
    if let (Some(name), Some(identity)) = (row.get("userDisplayName"), envelope.get("Identity")) {
        assert_eq!(name, identity, "{id}: the same name has two pseudonyms");
    }
}

#[tokio::test]
async fn a_second_place_gives_only_what_the_first_one_did_not() {
    let stage = Stage::open(small()).await;
    let ids = ["audits", "sign-ins", "user-risk-events", "remote-network-health"];
    let ledgers: Vec<Ledger> = ids.iter().map(|_| Ledger::default()).collect();
    let first = stage.take_with(&Place::Own, &ids, &ledgers).await;
    let second = stage.take_with(&stage.workspace(), &ids, &ledgers).await;
    for ((id, first), second) in ids.iter().zip(&first).zip(&second) {
        assert_eq!(second.report.verdict.outcome, Outcome::Complete, "{id}: {}", stage.reason(&second.report));
        assert_eq!((second.records.len(), second.report.duplicates), (0, 0), "{id}");
        assert_eq!(second.report.records, first.report.records, "{id}");
    }
}

#[tokio::test]
async fn answers_that_are_cut_short_lose_nothing() {
    let whole = Stage::open(small()).await;
    let cut = Stage::open(TenantSettings { page_max: Some(7), ..small() }).await;
    let ids = everything();
    let (all, pieces) = (whole.take(&whole.workspace(), &ids).await, cut.take(&cut.workspace(), &ids).await);
    for ((id, all), pieces) in ids.iter().zip(&all).zip(&pieces) {
        assert_eq!(pieces.report.verdict.outcome, Outcome::Complete, "{id}: {}", cut.reason(&pieces.report));
        assert!(all.records.keys().eq(pieces.records.keys()), "{id}");
    }
}

#[tokio::test]
async fn limits_slow_the_collection_and_take_nothing_from_it() {
    let stage = Stage::open(TenantSettings { limits: Limits::Published, ..small() }).await;
    let ids = everything();
    for (id, took) in ids.iter().zip(stage.take(&stage.workspace(), &ids).await) {
        assert_eq!(took.report.verdict.outcome, Outcome::Complete, "{id}: {}", stage.reason(&took.report));
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let demo = Stage::open(TenantSettings { routing: Routing::demo(), ..small() }).await;
    let took = demo.take(&demo.workspace(), &["adfs-sign-ins", "audits"]).await;
    assert_eq!(took[0].report.verdict.outcome, Outcome::Unavailable);
    let reason = demo.reason(&took[0].report);
    assert!(
        reason.starts_with("not routed to this workspace: cannot be recovered") && reason.contains("ADFSSignInLogs")
    );
    assert_eq!(took[1].report.verdict.outcome, Outcome::Complete);

    let denied = Stage::open(TenantSettings { denied: vec!["Log Analytics Reader".into()], ..small() }).await;
    let took = denied.take(&denied.workspace(), &["audits"]).await;
    assert_eq!(took[0].report.verdict.outcome, Outcome::Denied);
    assert!(denied.reason(&took[0].report).contains("Log Analytics Reader"));

    let wrong = Place::Workspace(Workspace::named("00000000-0000-4000-8000-00000000000a").unwrap());
    let took = demo.take(&wrong, &["audits"]).await;
    assert_eq!(took[0].report.verdict.outcome, Outcome::Failed);
    assert!(demo.reason(&took[0].report).contains("--workspace"));
}
