//! Against librdkafka's mock cluster: a broker that this project did not write (PyPI confluent-kafka, tests/hub/broker.py).
//! It has no SASL and no time index; both are tested against the tenant's hub.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use super::{Credential, Hub};
use crate::catalog::{Catalog, Dataset};
use crate::clock::Clock;
use crate::net::mock::{Mock, Reply};
use crate::record::{Outcome, RawBatch};
use crate::source::{Ledger, Place, Report, Request, Sink, SinkClosed, Window, collect_from};

/// A broker in a process of its own.
struct Broker {
    child: Child,
    address: String,
    sent: Value,
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts it; `None`, with a note, where Python has no confluent-kafka.
fn start(arguments: &[&str]) -> Option<Broker> {
    let has = Command::new("python3").args(["-c", "import confluent_kafka"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("CI").is_none(), "confluent-kafka is not installed; .ci/run should have done that");
        eprintln!("left out: Python has no confluent-kafka");
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hub/broker.py");
    let mut command = Command::new("python3");
    command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(said["left"], 0, "the mock broker took everything");
    Some(Broker { child, address: said["address"].as_str().unwrap().to_owned(), sent: said["sent"].clone() })
}

#[derive(Default)]
struct Shelf(Mutex<Vec<(&'static str, String)>>);

#[async_trait::async_trait]
impl Sink for Shelf {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let lines = batch.records.iter().map(|one| String::from_utf8(one.expose().to_vec()).unwrap());
        self.0.lock().unwrap().extend(lines.map(|line| (batch.dataset, line)));
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, _slice: u32) {}
}

impl Shelf {
    /// Ids of a dataset's records; the records are as many.
    fn ids(&self, dataset: &str) -> BTreeSet<String> {
        let records = self.0.lock().unwrap();
        let own: Vec<Value> = records
            .iter()
            .filter(|(of, _)| *of == dataset)
            .map(|(_, line)| serde_json::from_str(line).unwrap())
            .collect();
        let ids: BTreeSet<String> = own.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), own.len(), "a record was delivered twice");
        ids
    }
}

async fn collect(address: &str, shelf: &Shelf) -> Vec<Report> {
    let place = Place::Hub(Hub::new(address, Credential::Nobody).unwrap());
    let datasets: Vec<&'static Dataset> =
        ["audits", "sign-ins"].map(|id| Catalog::embedded().unwrap().dataset(id).unwrap()).to_vec();
    let mock = Mock::start(|_, _| Reply::status(500, "")).await;
    let (client, ledgers) = (mock.client(), [Ledger::default(), Ledger::default()]);
    let window = Window { since: datetime!(2026-09-08 12:00 UTC), until: datetime!(2026-09-15 12:00 UTC) };
    let clock = Clock::Fixed(datetime!(2026-09-15 13:00 UTC));
    let request = |ledger| Request::new(&client, window, ledger, clock);
    let wanted: Vec<(&'static Dataset, Request<'_>)> = datasets.into_iter().zip(ledgers.iter().map(request)).collect();
    collect_from(&place, &wanted, shelf, &CancellationToken::new()).await
}

fn sent(broker: &Broker, category: &str) -> BTreeSet<String> {
    broker.sent[category].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn said(report: &Report) -> String {
    let reason = report.verdict.reason.as_ref().map_or("", |text| text.expose());
    format!("{:?}: {reason}", report.verdict.outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_broker_is_read_whole_in_every_compression_that_is_known() {
    for compression in ["none", "gzip", "snappy"] {
        let Some(broker) = start(&["am-logs", compression, "1000"]) else { return };
        let shelf = Shelf::default();
        let reports = collect(&format!("{}/am-logs", broker.address), &shelf).await;
        for (dataset, category, report) in
            [("audits", "AuditLogs", &reports[0]), ("sign-ins", "SignInLogs", &reports[1])]
        {
            assert_eq!(report.verdict.outcome, Outcome::Complete, "{compression}: {}", said(report));
            assert_eq!(shelf.ids(dataset), sent(&broker, category), "{compression}");
            assert_eq!((report.records, report.duplicates), (1_000, 200), "{compression}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hubs_of_azure_monitor_are_found_in_a_namespace() {
    let Some(broker) = start(&["insights-logs-auditlogs", "none", "50"]) else { return };
    let shelf = Shelf::default();
    let reports = collect(&broker.address, &shelf).await;
    assert_eq!(reports[0].verdict.outcome, Outcome::Complete, "{}", said(&reports[0]));
    assert_eq!(shelf.ids("audits"), sent(&broker, "AuditLogs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_never_passed_over_in_silence() {
    let Some(broker) = start(&["am-logs", "lz4", "400"]) else { return };
    let shelf = Shelf::default();
    let reports = collect(&format!("{}/am-logs", broker.address), &shelf).await;
    for report in &reports {
        assert_eq!(report.verdict.outcome, Outcome::Failed, "{}", said(report));
        assert!(said(report).contains("compressed"), "{}", said(report));
    }
    let Some(broker) = start(&["am-logs", "none", "400", "damaged"]) else { return };
    let shelf = Shelf::default();
    let reports = collect(&format!("{}/am-logs", broker.address), &shelf).await;
    assert_eq!(shelf.ids("audits"), sent(&broker, "AuditLogs"));
    for report in &reports {
        assert_eq!(report.verdict.outcome, Outcome::Partial, "{}", said(report));
        assert!(said(report).contains("1 members"), "{}", said(report));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_goes_away_is_waited_for_and_then_given_up() {
    let Some(mut broker) = start(&["am-logs", "none", "50"]) else { return };
    let (_, port) = broker.address.rsplit_once(':').unwrap();
    let address = format!("127.0.0.1:{port}/am-logs");
    broker.child.kill().unwrap();
    broker.child.wait().unwrap();
    let reports = collect(&address, &Shelf::default()).await;
    assert_eq!(reports[0].verdict.outcome, Outcome::Failed, "{}", said(&reports[0]));
    assert!(said(&reports[0]).contains("did not answer"), "{}", said(&reports[0]));
}
