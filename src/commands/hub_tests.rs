//! The tenant's event hub, read by the collector: the same records as the logs, whatever goes wrong on the way.
//!
//! Stands here because the two sides of the wire may not know each other.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tokio_util::sync::CancellationToken;

use crate::catalog::{Catalog, Dataset, routes};
use crate::clock::Clock;
use crate::net::mock::{Mock, Reply};
use crate::record::{Outcome, RawBatch};
use crate::source::hub::{Credential, Hub};
use crate::source::{Ledger, Place, Report, Request, Sink, SinkClosed, Window, collect_from};
use crate::tenant::logs::{Actors, Log, Logs};
use crate::tenant::server::{Running, serve};
use crate::tenant::{HubSettings, Routing, TenantSettings};

pub(super) const NOW: OffsetDateTime = datetime!(2026-09-15 12:00 UTC);
pub(super) const KEY: &str =
    "Endpoint=sb://tenant.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0";

#[derive(Default)]
pub(super) struct Shelf {
    records: Mutex<BTreeMap<&'static str, Vec<String>>>,
    closed: Mutex<BTreeMap<&'static str, BTreeSet<u32>>>,
    stop_after: Option<(usize, CancellationToken)>,
}

#[async_trait::async_trait]
impl Sink for Shelf {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let mut records = self.records.lock().unwrap();
        let shelf = records.entry(batch.dataset).or_default();
        shelf.extend(batch.records.iter().map(|one| String::from_utf8(one.expose().to_vec()).unwrap()));
        let count: usize = records.values().map(Vec::len).sum();
        if let Some((_, token)) = self.stop_after.as_ref().filter(|(after, _)| count >= *after) {
            token.cancel();
        }
        Ok(())
    }

    async fn slice_closed(&self, dataset: &'static str, slice: u32) {
        self.closed.lock().unwrap().entry(dataset).or_default().insert(slice);
    }
}

pub(super) fn settings() -> TenantSettings {
    TenantSettings { sign_ins: 400, audits: 300, routing: Routing::everything(), ..TenantSettings::demo(NOW) }
}

pub(super) async fn served(settings: &TenantSettings) -> Running {
    serve(settings.clone(), TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap()
}

fn hub(running: &Running) -> Hub {
    Hub::new(running.event_hub.as_deref().unwrap(), Credential::connection_string(KEY).unwrap()).unwrap()
}

pub(super) fn all() -> Vec<&'static Dataset> {
    let catalog = Catalog::embedded().unwrap();
    routes().iter().map(|route| catalog.dataset(&route.dataset).unwrap()).collect()
}

pub(super) async fn collect(
    hub: Hub,
    datasets: &[&'static Dataset],
    shelf: &Shelf,
    since: OffsetDateTime,
) -> Vec<Report> {
    let mock = Mock::start(|_, _| Reply::status(500, "")).await;
    let client = mock.client();
    let window = Window { since, until: NOW };
    let ledgers: Vec<Ledger> = datasets.iter().map(|_| Ledger::default()).collect();
    let wanted: Vec<(&'static Dataset, Request<'_>)> = datasets
        .iter()
        .zip(&ledgers)
        .map(|(&dataset, ledger)| {
            let request = Request::new(&client, window, ledger, Clock::Fixed(NOW));
            (dataset, request)
        })
        .collect();
    let cancel = shelf.stop_after.as_ref().map(|(_, token)| token.clone()).unwrap_or_default();
    let reports = collect_from(&Place::Hub(hub), &wanted, shelf, &cancel).await;
    assert!(mock.asked().is_empty(), "no HTTP request was sent");
    reports
}

/// The ids of a log from an instant on, as the tenant computes them; several lines are one id each.
fn ids(logs: &Logs, log: Log, since: OffsetDateTime) -> BTreeSet<String> {
    let mut actors = Actors::new(logs.world());
    let lines = (0..logs.count(log)).map(|index| {
        let mut line = Vec::new();
        logs.write(&mut actors, log, true, index, &mut line);
        String::from_utf8(line).unwrap()
    });
    let route = routes().iter().find(|route| route.dataset == log.dataset()).unwrap();
    lines.filter(|line| instant(line, &route.time) >= since).map(|line| id(&line, &route.id)).collect()
}

fn id(line: &str, names: &[String]) -> String {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    names.iter().map(|name| value[name.as_str()].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn instant(line: &str, name: &str) -> OffsetDateTime {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    let text = value[name].as_str().unwrap();
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap()
}

pub(super) fn said(report: &Report) -> String {
    let text = |text: &Option<crate::record::RawText>| text.as_ref().map_or(String::new(), |text| text.expose().into());
    format!("{:?}: {} / {}", report.verdict.outcome, text(&report.verdict.reason), text(&report.verdict.hint))
}

/// Every category is complete and has exactly the tenant's records, each once, in its own shape.
fn assert_whole(settings: &TenantSettings, shelf: &Shelf, reports: &[Report]) {
    let logs = Logs::new(settings);
    let records = shelf.records.lock().unwrap();
    for ((route, dataset), report) in routes().iter().zip(all()).zip(reports) {
        let log = Log::ALL.into_iter().find(|log| log.dataset() == dataset.id).unwrap();
        assert_eq!(report.verdict.outcome, Outcome::Complete, "{}: {}", dataset.id, said(report));
        let got = &records[dataset.id.as_str()];
        let found: BTreeSet<String> = got.iter().map(|line| id(line, &route.id)).collect();
        assert_eq!(found, ids(&logs, log, NOW - Duration::days(7)), "{}", dataset.id);
        assert_eq!((got.len() as u64, report.records), (logs.count(log), logs.count(log)), "{}", dataset.id);
        assert_eq!(report.slices_closed, report.slices, "{}", dataset.id);
    }
    let sign_in = &records["sign-ins"][0];
    assert!(sign_in.starts_with("{\"id\":") && sign_in.contains("\"@bundle.envelope\":{\"time\":"), "{sign_in}");
    assert!(!sign_in.contains("\"properties\":"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_gives_every_category_whole_and_twice_sent_messages_once() {
    let settings = settings();
    let (running, shelf) = (served(&settings).await, Shelf::default());
    let reports = collect(hub(&running), &all(), &shelf, NOW - Duration::days(7)).await;
    assert_whole(&settings, &shelf, &reports);
    assert!(reports.iter().map(|report| report.duplicates).sum::<u64>() > 0, "some messages were sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_tenant_reads_the_hub_and_a_false_one_does_not() {
    let settings = TenantSettings { sign_ins: 60, ..settings() };
    let running = served(&settings).await;
    for (token, outcome) in [(running.token.clone(), Outcome::Complete), ("no.token.x".to_owned(), Outcome::Denied)] {
        let source = Arc::new(crate::net::mock::Fixed(token));
        let place = Hub::new(running.event_hub.as_deref().unwrap(), Credential::Bearer(source)).unwrap();
        let reports = collect(place, &all()[..2], &Shelf::default(), NOW - Duration::days(7)).await;
        assert!(reports.iter().all(|report| report.verdict.outcome == outcome), "{}", said(&reports[0]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_connections_half_answers_and_moved_partitions_lose_nothing() {
    let hub_settings = HubSettings { trouble_every: Some(5), ..HubSettings::default() };
    let settings = TenantSettings { hub: hub_settings, sign_ins: 200, audits: 100, ..settings() };
    let (running, shelf) = (served(&settings).await, Shelf::default());
    let reports = collect(hub(&running), &all(), &shelf, NOW - Duration::days(7)).await;
    assert_whole(&settings, &shelf, &reports);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_has_deleted_is_missing_and_said() {
    let hub_settings = HubSettings { keeps_s: 2 * 86_400, ..HubSettings::default() };
    let settings = TenantSettings { hub: hub_settings, ..settings() };
    let (running, shelf) = (served(&settings).await, Shelf::default());
    let reports = collect(hub(&running), &all(), &shelf, NOW - Duration::days(7)).await;
    let logs = Logs::new(&settings);
    for ((route, dataset), report) in routes().iter().zip(all()).zip(&reports) {
        if report.records == 0 {
            assert_eq!(report.verdict.outcome, Outcome::Unavailable, "{}: {}", dataset.id, said(report));
            continue;
        }
        assert_eq!(report.verdict.outcome, Outcome::Partial, "{}: {}", dataset.id, said(report));
        assert!(said(report).contains("the event hub deletes old messages"), "{}", said(report));
        // A list of states has one slice, which is not whole.
        let Some(floor) = report.window.map(|window| window.since) else { continue };
        // What it says to have, it has: every record from the instant on that it names.
        assert!(floor > NOW - Duration::days(3) && report.slices_closed > 0 && report.slices_closed < report.slices);
        let log = Log::ALL.into_iter().find(|log| log.dataset() == dataset.id).unwrap();
        let records = shelf.records.lock().unwrap();
        let got: BTreeSet<String> = records[dataset.id.as_str()].iter().map(|line| id(line, &route.id)).collect();
        assert!(ids(&logs, log, floor).is_subset(&got), "{}", dataset.id);
    }
    // Younger hours are whole in spite of that.
    let reports = collect(hub(&running), &all()[..1], &Shelf::default(), NOW - Duration::hours(30)).await;
    assert_eq!(reports[0].verdict.outcome, Outcome::Complete, "{}", said(&reports[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_that_is_not_sent_a_hub_that_is_not_there_and_a_right_that_is_missing_are_told_apart() {
    let one = TenantSettings {
        routing: Routing { hub: vec!["AuditLogs"], ..Routing::nothing() },
        sign_ins: 60,
        ..settings()
    };
    let running = served(&one).await;
    let (audits, others): (Vec<_>, Vec<_>) = all().into_iter().partition(|dataset| dataset.id == "audits");
    let wanted: Vec<&'static Dataset> = audits.into_iter().chain(others).collect();
    let reports = collect(hub(&running), &wanted, &Shelf::default(), NOW - Duration::days(7)).await;
    assert_eq!(reports[0].verdict.outcome, Outcome::Complete, "{}", said(&reports[0]));
    for report in &reports[1..] {
        assert_eq!(report.verdict.outcome, Outcome::Unavailable, "{}", said(report));
        assert!(said(report).contains("diagnostic setting"), "{}", said(report));
    }
    let address = running.event_hub.clone().unwrap().replace("entra-logs", "elsewhere");
    let place = Hub::new(&address, Credential::connection_string(KEY).unwrap()).unwrap();
    let report = &collect(place, &wanted[..1], &Shelf::default(), NOW - Duration::days(7)).await[0];
    // What may not be read is not shown: a hub that was named is rather closed than missing.
    assert_eq!(report.verdict.outcome, Outcome::Denied, "{}", said(report));
    assert!(said(report).contains("Azure Event Hubs Data Receiver"), "{}", said(report));
    let place = Hub::new(running.event_hub.as_deref().unwrap(), Credential::Nobody).unwrap();
    let denied = TenantSettings { denied: vec!["Azure Event Hubs Data Receiver".to_owned()], ..one };
    let denied = served(&denied).await;
    for place in [place, hub(&denied)] {
        let report = &collect(place, &wanted[..1], &Shelf::default(), NOW - Duration::days(7)).await[0];
        assert_ne!(report.verdict.outcome, Outcome::Complete, "{}", said(report));
        assert_eq!(report.records, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_says_so_and_closes_nothing() {
    let running = served(&settings()).await;
    let shelf = Shelf { stop_after: Some((40, CancellationToken::new())), ..Shelf::default() };
    let reports = collect(hub(&running), &all(), &shelf, NOW - Duration::days(7)).await;
    assert!(reports.iter().all(|report| report.verdict.outcome == Outcome::Interrupted), "{}", said(&reports[0]));
    assert!(shelf.closed.lock().unwrap().is_empty());
}
