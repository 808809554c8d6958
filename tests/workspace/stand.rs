//! A tenant and a client for it, and collections from its workspace and from Graph that give clean records.
//!
//! Records are compared after they went through the gate: it is deterministic, and nothing else reads raw ones.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Mutex;
use std::time::Duration;

use entra_bundle::clock::Clock;
use entra_bundle::net::Client;
use entra_bundle::pseudonym::Gate;
use entra_bundle::record::RawBatch;
use entra_bundle::source::workspace::Workspace;
use entra_bundle::source::{Ledger, Place, Report, Request, Sink, SinkClosed, collect_from};
use entra_bundle::tenant::TenantSettings;
use entra_bundle::tenant::server::{Running, serve};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::service::{NOW, client, dataset, gate, window};

/// Nothing may take longer: a hang is a failure.
const BOUND: Duration = Duration::from_secs(120);

/// A tenant that is being served.
pub struct Stage {
    pub running: Running,
    pub client: Client,
    pub gate: Gate,
}

/// What came of one dataset.
pub struct Took {
    /// By id: the record, and what Azure Monitor said besides.
    pub records: BTreeMap<String, Value>,
    pub report: Report,
}

struct Shelf<'a> {
    gate: &'a Gate,
    lines: Mutex<Vec<(String, String)>>,
}

#[async_trait::async_trait]
impl Sink for Shelf<'_> {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let clean = self.gate.clean_batch(&batch).unwrap();
        assert!(clean.refused().is_empty(), "{}: a record is no JSON object", batch.dataset);
        let lines = std::str::from_utf8(clean.bytes()).unwrap().lines();
        self.lines.lock().unwrap().extend(lines.map(|line| (batch.dataset.to_owned(), line.to_owned())));
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, _slice: u32) {}
}

impl Stage {
    pub async fn open(settings: TenantSettings) -> Self {
        let running = serve(settings, TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
        Self { client: client(&running.graph_url, &running.tenant_id), running, gate: gate() }
    }

    pub fn workspace(&self) -> Place {
        Place::Workspace(Workspace::named(&self.running.workspace_id).unwrap())
    }

    /// Collects datasets from a place.
    pub async fn take(&self, place: &Place, ids: &[&str]) -> Vec<Took> {
        let ledgers: Vec<Ledger> = ids.iter().map(|_| Ledger::default()).collect();
        self.take_with(place, ids, &ledgers).await
    }

    /// The same, with what other places have delivered.
    pub async fn take_with(&self, place: &Place, ids: &[&str], ledgers: &[Ledger]) -> Vec<Took> {
        let request = |ledger| Request {
            late_look: Duration::ZERO,
            ..Request::new(&self.client, window(), ledger, Clock::Fixed(NOW))
        };
        let wanted: Vec<_> = ids.iter().zip(ledgers).map(|(id, ledger)| (dataset(id), request(ledger))).collect();
        let shelf = Shelf { gate: &self.gate, lines: Mutex::default() };
        let cancel = CancellationToken::new();
        let reports = tokio::time::timeout(BOUND, collect_from(place, &wanted, &shelf, &cancel)).await.unwrap();
        let lines = shelf.lines.into_inner().unwrap();
        let took = |(id, report): (&&str, Report)| {
            let own = lines.iter().filter(|(of, _)| of == id);
            let records = own.map(|(_, line)| {
                let record: Value = serde_json::from_str(line).unwrap();
                (record[dataset(id).id_property.as_str()].as_str().unwrap().to_owned(), record)
            });
            Took { records: records.collect(), report }
        };
        ids.iter().zip(reports).map(took).collect()
    }

    /// The reason of a verdict, as the manifest would say it.
    pub fn reason(&self, report: &Report) -> String {
        let clean = |text: &_| self.gate.clean_text(text).into_string();
        let verdict = &report.verdict;
        format!(
            "{} / {}",
            verdict.reason.as_ref().map_or_else(String::new, clean),
            verdict.hint.as_ref().map_or_else(String::new, clean)
        )
    }
}
