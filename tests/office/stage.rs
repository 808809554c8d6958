//! A served tenant, a client for it, and what a place gives.

use std::net::TcpListener;
use std::sync::Mutex;
use std::time::Duration;

use entra_bundle::catalog::Catalog;
use entra_bundle::clock::Clock;
use entra_bundle::net::{Client, ClientOptions, http_client};
use entra_bundle::pseudonym::Gate;
use entra_bundle::record::RawBatch;
use entra_bundle::source::{self, Ledger, Place, Report, Request, Sink, SinkClosed, Window, collect_from};
use entra_bundle::tenant::TenantSettings;
use entra_bundle::tenant::logs::truth;
use entra_bundle::tenant::server::{Running, serve};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::service::{NOW, client, open_gate, window};

/// Nothing may take longer: a hang is a failure.
const BOUND: Duration = Duration::from_secs(120);

/// A tenant of some 400 records.
pub fn settings() -> TenantSettings {
    TenantSettings { users: 60, sign_ins: 40, audits: 400, ..TenantSettings::demo(NOW) }
}

/// What came of one collection.
pub struct Came {
    pub lines: Vec<Value>,
    pub report: Report,
    reason: String,
}

impl Came {
    /// Why, as the manifest would say it.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

struct Shelf<'a> {
    gate: &'a Gate,
    lines: Mutex<Vec<Value>>,
}

#[async_trait::async_trait]
impl Sink for Shelf<'_> {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let clean = self.gate.clean_batch(&batch).unwrap();
        assert!(clean.refused().is_empty(), "a record is no JSON object");
        let lines = std::str::from_utf8(clean.bytes()).unwrap().lines();
        self.lines.lock().unwrap().extend(lines.map(|line| serde_json::from_str::<Value>(line).unwrap()));
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, _slice: u32) {}
}

/// Learns what it gets.
struct Pupil<'a>(&'a Gate);

#[async_trait::async_trait]
impl Sink for Pupil<'_> {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        self.0.learn(&batch).unwrap();
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, _slice: u32) {}
}

/// A served tenant and a client for it.
pub struct Stage {
    settings: TenantSettings,
    running: Running,
    client: Client,
    gate: Gate,
}

impl Stage {
    pub async fn open(settings: TenantSettings) -> Self {
        let running = serve(settings.clone(), TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
        let (client, gate) = (client(&running.graph_url, &running.tenant_id), open_gate());
        let stage = Self { client, settings, running, gate };
        stage.learn_users().await;
        stage.gate.freeze();
        stage
    }

    /// As a collection does in its first phase: names in prose are known from the directory.
    async fn learn_users(&self) {
        let users = Catalog::embedded().unwrap().dataset("users").unwrap();
        let ledger = Ledger::default();
        let (request, pupil) = (self.request(&ledger, window()), Pupil(&self.gate));
        let report = source::collect(users, &request, &pupil, &CancellationToken::new()).await;
        assert_eq!(report.records, self.settings.users);
    }

    fn request<'a>(&'a self, ledger: &'a Ledger, window: Window) -> Request<'a> {
        Request { late_look: Duration::ZERO, ..Request::new(&self.client, window, ledger, Clock::Fixed(NOW)) }
    }

    pub fn tenant_id(&self) -> &str {
        &self.running.tenant_id
    }

    pub fn truth(&self) -> Value {
        let mut out = Vec::new();
        truth(&self.settings, Catalog::embedded().unwrap().datasets(), &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    pub async fn collect(&self, place: &Place, window: Window) -> Came {
        let dataset = Catalog::embedded().unwrap().dataset("microsoft365-activity").unwrap();
        let shelf = Shelf { gate: &self.gate, lines: Mutex::default() };
        let ledger = Ledger::default();
        let request = self.request(&ledger, window);
        let cancel = CancellationToken::new();
        let wanted = [(dataset, request)];
        let mut reports = tokio::time::timeout(BOUND, collect_from(place, &wanted, &shelf, &cancel)).await.unwrap();
        let report = reports.remove(0);
        let reason = report.verdict.reason.as_ref().map(|reason| self.gate.clean_text(reason).into_string());
        Came { lines: shelf.lines.into_inner().unwrap(), report, reason: reason.unwrap_or_default() }
    }

    /// Everything that the feed has, raw and in lower case, read without the program's own code.
    pub async fn raw_feed(&self) -> String {
        let http = http_client(&ClientOptions { loopback_only: true, ..ClientOptions::default() }).unwrap();
        let read = async |url: String| {
            let reply = http.get(url).bearer_auth(&self.running.token).send().await.unwrap();
            let next = reply.headers().get("NextPageUri").map(|next| next.to_str().unwrap().to_owned());
            (reply.text().await.unwrap(), next)
        };
        let base =
            format!("{}/api/v1.0/{}/activity/feed/subscriptions", self.running.office_url, self.running.tenant_id);
        let types: Value = serde_json::from_str(&read(format!("{base}/list")).await.0).unwrap();
        let mut all = String::new();
        for content_type in types.as_array().unwrap().iter().map(|one| one["contentType"].as_str().unwrap()) {
            for day in 0..7 {
                let stamp = |days: i64| (NOW - time::Duration::days(days)).date();
                let (from, to) = (stamp(7 - day), stamp(6 - day));
                let mut url = Some(format!(
                    "{base}/content?contentType={content_type}&startTime={from}T12:00:00&endTime={to}T12:00:00"
                ));
                while let Some(page) = url {
                    let (body, next) = read(page).await;
                    for blob in serde_json::from_str::<Value>(&body).unwrap().as_array().unwrap() {
                        all.push_str(&read(blob["contentUri"].as_str().unwrap().to_owned()).await.0.to_lowercase());
                    }
                    url = next;
                }
            }
        }
        all
    }
}

/// The names of the members whose text contains `needle`, in any case.
pub fn places(value: &Value, needle: &str) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| places(value, needle).into_iter().map(move |rest| format!("{name}.{rest}")))
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| places(item, needle)).collect(),
        other => {
            vec![String::new()].into_iter().filter(|_| other.to_string().to_lowercase().contains(needle)).collect()
        }
    }
}
