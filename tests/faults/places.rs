//! The matrix for the other services: every fault on every kind of request of workspace, storage account, activity feed
//! and audit search.
//!
//! `cargo test --test faults places -- --nocapture` prints it as a table.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use entra_bundle::catalog::Catalog;
use entra_bundle::pseudonym::Gate;
use entra_bundle::record::Outcome;
use entra_bundle::source::Place;
use entra_bundle::source::activity::{Office, Purview};
use entra_bundle::source::blobs::{Account, Credential};
use entra_bundle::source::workspace::Workspace;
use entra_bundle::tenant::faults::{FaultPlan, Gzip, Mishap, Moment, Rule, Times, Words};
use entra_bundle::tenant::{Routing, TenantSettings};
use tokio::task::JoinSet;

use super::bench::{Asked, Stage, Took, gate, lie, tenant};
use super::service::{NOW, window};
use super::{letter, stranger};

/// A kind of request: which place sends it, where it goes, and which of them the fault meets.
struct Road {
    name: &'static str,
    place: &'static str,
    path: &'static str,
    page: Option<u32>,
    request: Option<u32>,
}

const fn road(name: &'static str, place: &'static str, path: &'static str, page: u32, request: u32) -> Road {
    let page = if page > 0 { Some(page) } else { None };
    Road { name, place, path, page, request: if request > 0 { Some(request) } else { None } }
}

/// A workspace is asked what there is, how much of it, and for the rows.
const ROADS: [Road; 11] = [
    road("workspace probe", "workspace", "/v1/*", 0, 1),
    road("workspace count", "workspace", "/v1/*", 0, 2),
    road("workspace rows", "workspace", "/v1/*", 0, 3),
    road("storage list", "storage", "/store/insights-logs-auditlogs", 2, 0),
    road("storage blob", "storage", "/store/*/PT1H.json", 0, 2),
    road("feed subscriptions", "feed", "/api/*/subscriptions/list", 0, 1),
    road("feed list", "feed", "/api/*/subscriptions/content", 2, 0),
    road("feed blob", "feed", "/api/*/audit/*", 0, 3),
    road("search begin", "search", "/v1.0/security/auditLog/queries", 0, 1),
    road("search state", "search", "/v1.0/security/auditLog/queries/????????-????-????-????-????????????", 0, 1),
    road("search records", "search", "/v1.0/security/auditLog/queries/*/records", 2, 0),
];

/// What must come of a fault.
#[derive(Clone, Copy, PartialEq)]
enum Must {
    Whole,
    NotComplete,
    Honest,
}

struct Row {
    name: String,
    times: Times,
    mishap: Mishap,
    must: Must,
    /// Only roads whose name begins with this.
    among: &'static str,
}

fn rows(elsewhere: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut push = |name: &str, times: Times, mishap: Mishap, must: Must, among: &'static str| {
        rows.push(Row { name: name.to_owned(), times, mishap, must, among });
    };
    let status = |status: u16, body: Words| Mishap::Answer {
        status,
        body,
        code: "ServerBusy".into(),
        message: String::new(),
        retry_after: None,
    };
    let once = Times::Count(1);
    for (name, mishap) in [
        ("429", Mishap::throttled(None)),
        ("429 Retry-After: 1", Mishap::throttled(Some("1"))),
        ("500", status(500, Words::Json)),
        ("502 html", status(502, Words::Html)),
        ("503", status(503, Words::Json)),
        ("503 empty", status(503, Words::Empty)),
        ("504", status(504, Words::Json)),
        ("reset before", Mishap::Reset(Moment::Before)),
        ("reset during", Mishap::Reset(Moment::During)),
        ("stall before", Mishap::Stall { at: Moment::Before, ms: 1_200 }),
        ("stall during", Mishap::Stall { at: Moment::During, ms: 1_200 }),
        ("cut", Mishap::Cut),
        ("401", Mishap::Unauthorised { claims: false }),
        ("401 with claims", Mishap::Unauthorised { claims: true }),
        ("truncated, right length", Mishap::Truncated),
        ("gzip flipped", Mishap::Gzip(Gzip::Flipped)),
        ("gzip halved", Mishap::Gzip(Gzip::Halved)),
    ] {
        push(name, once, mishap, Must::Whole, "");
    }
    for (name, mishap) in [
        ("500, always", status(500, Words::Json)),
        ("429, always", Mishap::throttled(None)),
        ("400, always", Mishap::status(400, "Strange", "")),
        ("403, always", Mishap::denied()),
        ("reset, always", Mishap::Reset(Moment::During)),
        ("redirect, always", Mishap::Redirect { to: format!("{elsewhere}/v1") }),
        ("401, always", Mishap::Unauthorised { claims: false }),
    ] {
        push(name, Times::ALWAYS, mishap, Must::NotComplete, "");
    }
    for (name, mishap) in [
        ("invalid, once", Mishap::Invalid),
        ("proxy's page, once", Mishap::Html),
        ("404, once", Mishap::status(404, "BlobNotFound", "")),
        ("412, once", Mishap::status(412, "ConditionNotMet", "")),
        ("403, once", Mishap::denied()),
        ("null list, once", Mishap::NullValue),
        ("empty 200, once", status(200, Words::Empty)),
        ("scrap, once", Mishap::Scrap),
        ("error inside, once", Mishap::ErrorInside),
    ] {
        push(name, once, mishap, Must::Honest, "");
    }
    for (name, mishap) in [
        ("link to itself", Mishap::RepeatedLink),
        ("link to page 1", Mishap::Cycle),
        ("link to another host", Mishap::Elsewhere(elsewhere.to_owned())),
    ] {
        push(&format!("{name}, once"), once, mishap.clone(), Must::Honest, "");
        push(&format!("{name}, always"), Times::ALWAYS, mishap, Must::Honest, "");
    }
    push("rows lost, always", Times::ALWAYS, Mishap::Lose(2), Must::NotComplete, "workspace rows");
    push("error inside, always", Times::ALWAYS, Mishap::ErrorInside, Must::NotComplete, "workspace rows");
    push("rows in reverse", Times::ALWAYS, Mishap::Reverse, Must::Whole, "workspace rows");
    rows
}

fn settings(faults: FaultPlan) -> TenantSettings {
    TenantSettings { routing: Routing::everything(), page_max: None, audits: 120, ..tenant(faults) }
}

async fn collect(road: &Road, gate: &Gate, faults: FaultPlan) -> Took {
    let stage = Stage::serving(settings(faults), NOW).await;
    let (running, catalog) = (&stage.running, Catalog::embedded().unwrap());
    let (place, dataset) = match road.place {
        "workspace" => (Place::Workspace(Workspace::named(&running.workspace_id).unwrap()), "audits"),
        "storage" => {
            let account = Account::new(&running.storage_url, Credential::Bearer).unwrap();
            (Place::Storage(account.for_tenant(&running.tenant_id).in_pages_of(3)), "audits")
        }
        "feed" => (Place::Office(Office::new(&running.tenant_id, false)), "microsoft365-activity"),
        _ => (Place::Purview(Purview::default().with_pauses(1, 8)), "microsoft365-activity"),
    };
    let asked = Asked { gate, parents: &[], window: window(), deadline: None, wanted: &[] };
    let took = stage.collect_at(&place, catalog.dataset(dataset).unwrap(), &asked).await;
    stage.close().await;
    took
}

type Truth = BTreeMap<(u32, String), u32>;

/// What the table shows, and what is wrong.
async fn cell(row: &Row, road: &Road, truth: &Truth, gate: &Gate) -> (char, Option<String>) {
    let mut rule = Rule::on("", 1, row.times, row.mishap.clone());
    (rule.dataset, rule.page, rule.request, rule.path) = (None, road.page, road.request, Some(road.path.to_owned()));
    let took = collect(road, gate, FaultPlan::of(rule)).await;
    let outcome = took.outcome();
    let complete = outcome == Outcome::Complete;
    let wrong = lie(&took, truth).or_else(|| {
        let fits = match row.must {
            Must::Whole => complete,
            Must::NotComplete => !complete && !matches!(outcome, Outcome::Skipped),
            Must::Honest => true,
        };
        (took.struck == 0 || !fits)
            .then(|| format!("{outcome:?} with {} records, struck {}", took.count(), took.struck))
    });
    (letter(outcome), wrong.map(|wrong| format!("{wrong} ({})", took.reason(gate))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn places_come_whole_or_say_so_under_every_fault() {
    let (elsewhere, heard) = stranger().await;
    let gate = gate();
    let mut truths: BTreeMap<&str, Truth> = BTreeMap::new();
    for road in &ROADS {
        if !truths.contains_key(road.place) {
            let took = collect(road, &gate, FaultPlan::default()).await;
            assert_eq!(took.outcome(), Outcome::Complete, "{}: {}", road.place, took.reason(&gate));
            assert!(took.count() > 50 && lie(&took, &took.records).is_none(), "{}", road.place);
            truths.insert(road.place, took.records);
        }
    }
    let (rows, truths) = (Arc::new(rows(&elsewhere)), Arc::new(truths));
    let mut waiting: Vec<(usize, usize)> = (0..rows.len())
        .flat_map(|row| (0..ROADS.len()).map(move |column| (row, column)))
        .filter(|(row, column)| ROADS[*column].name.starts_with(rows[*row].among))
        .collect();
    let (mut running, mut cells) = (JoinSet::new(), BTreeMap::new());
    while !waiting.is_empty() || !running.is_empty() {
        while running.len() < super::ABREAST
            && let Some((row, column)) = waiting.pop()
        {
            let (rows, truths, gate) = (Arc::clone(&rows), Arc::clone(&truths), Arc::clone(&gate));
            running.spawn(async move {
                let road = &ROADS[column];
                ((row, column), cell(&rows[row], road, &truths[road.place], &gate).await)
            });
        }
        let (place, cell) = running.join_next().await.unwrap().unwrap();
        cells.insert(place, cell);
    }
    let mut wrong = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let shown = |column| cells.get(&(number, column)).map_or(' ', |(letter, _): &(char, _)| *letter);
        println!(
            "{:28} {}",
            row.name,
            (0..ROADS.len()).map(|column| format!(" {}", shown(column))).collect::<String>()
        );
    }
    for ((row, column), (_, complaint)) in &cells {
        wrong.extend(complaint.iter().map(|text| format!("{} on {}: {text}", rows[*row].name, ROADS[*column].name)));
    }
    println!("{} collections, {} wrong", cells.len(), wrong.len());
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(heard.load(Ordering::SeqCst), 0, "somebody else was asked");
}
