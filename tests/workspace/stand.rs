//! A tenant and a client for it, and collections from its workspace and from Graph that give clean records.
//!
//! Records are compared after they went through the gate: it is deterministic, and nothing else reads raw ones.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use entra_bundle::catalog::{Catalog, Dataset, Throttle};
use entra_bundle::clock::Clock;
use entra_bundle::net::auth::{AuthKind, AuthSettings, token_source};
use entra_bundle::net::{Client, ClientOptions, Endpoints, Patience, Rate, Setup, Target, endpoint, http_client};
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::pseudonym::{Gate, Policy, Rules};
use entra_bundle::record::RawBatch;
use entra_bundle::source::workspace::Workspace;
use entra_bundle::source::{Ledger, Place, Report, Request, Sink, SinkClosed, Window, collect_from};
use entra_bundle::tenant::TenantSettings;
use entra_bundle::tenant::server::{Running, serve};
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

/// The tenant's now: its logs end an hour before.
pub const NOW: OffsetDateTime = datetime!(2026-09-15 12:00 UTC);
/// Nothing may take longer: a hang is a failure.
const BOUND: Duration = Duration::from_secs(120);

/// Everything that the tenant has.
pub fn window() -> Window {
    Window { since: NOW - time::Duration::days(7), until: NOW }
}

/// The gate of all collections.
pub fn gate() -> Gate {
    let catalog = Catalog::embedded().unwrap();
    let rows = catalog.datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str()));
    let cipher = Arc::new(Ff1::new(&MasterKey::from_bytes([7; 32])));
    let gate = Gate::new(cipher, Policy::standard(), Rules::new(rows), |_| false);
    gate.freeze();
    gate
}

/// The row of a dataset.
pub fn dataset(id: &str) -> &'static Dataset {
    Catalog::embedded().unwrap().dataset(id).unwrap()
}

/// A client for the services at this address: no budgets, short pauses.
pub fn client(url: &str, tenant_id: &str) -> Client {
    let target =
        || Target { url: endpoint(url, "--graph-url").unwrap(), scope: "https://graph.microsoft.com/.default".into() };
    let endpoints = Endpoints {
        graph: target(),
        arm: target(),
        logs: target(),
        office: target(),
        login_url: endpoint(url, "--login-url").unwrap(),
    };
    let http = http_client(&ClientOptions::for_endpoints(&endpoints)).unwrap();
    let mut auth =
        AuthSettings::new(Some(tenant_id.into()), endpoints.login_url.clone(), http.clone(), Arc::new(|_: &str| {}));
    auth.variables = Arc::new(|name| match name {
        "AZURE_CLIENT_ID" => Some("00000000-0000-4000-8000-00000000000a".to_owned()),
        "AZURE_CLIENT_SECRET" => Some("invented".to_owned()),
        _ => None,
    });
    Client::new(Setup {
        http,
        tokens: token_source(AuthKind::ClientSecret, auth).unwrap(),
        endpoints,
        rates: Throttle::ALL.map(|class| Rate { class, limit: None }).to_vec(),
        denied: |path| Catalog::embedded().map_or(true, |catalog| catalog.denied(path).is_some()),
        patience: Patience { tries_max: 4, throttled_max: 6, pause_scale: 0.002, ..Patience::default() },
        run_id: "workspace".into(),
        clock: Clock::Fixed(NOW),
    })
    .unwrap()
}

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
