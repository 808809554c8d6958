//! One dataset of one small tenant, collected in this process: what came, how it ended, what struck.
//!
//! Records are compared after they went through the gate: it is deterministic, and nothing else reads raw ones.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use entra_bundle::catalog::{Catalog, Dataset, ForEach};
use entra_bundle::clock::Clock;
use entra_bundle::net::{Client, Patience};
use entra_bundle::pseudonym::Gate;
use entra_bundle::record::{Key, Outcome, RawBatch};
use entra_bundle::source::{self, Ledger, Place, Report, Request, Sink, SinkClosed, Window, collect_from};
use entra_bundle::tenant::TenantSettings;
use entra_bundle::tenant::faults::FaultPlan;
use entra_bundle::tenant::server::{Running, serve};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::service::{self, NOW, window};

/// Nothing may take longer: a hang is a failure.
pub const BOUND: Duration = Duration::from_secs(120);

/// Records of a page.
pub const PAGE: u32 = 6;

/// Few objects, fewer on a page.
pub fn tenant(faults: FaultPlan) -> TenantSettings {
    TenantSettings {
        users: 40,
        sign_ins: 40,
        audits: 40,
        page_max: Some(u64::from(PAGE)),
        faults,
        ..TenantSettings::demo(NOW)
    }
}

/// What came of one collection.
pub struct Took {
    /// Clean records with their parent's place, and how often each came.
    pub records: BTreeMap<(u32, String), u32>,
    pub report: Report,
    /// How often the plan's rules struck.
    pub struck: u32,
    pub slices_closed: Vec<u32>,
}

impl Took {
    pub fn outcome(&self) -> Outcome {
        self.report.verdict.outcome
    }

    /// Why, as the manifest would say it.
    pub fn reason(&self, gate: &Gate) -> String {
        let reason = self.report.verdict.reason.as_ref();
        reason.map_or_else(String::new, |reason| gate.clean_text(reason).into_string())
    }

    pub fn count(&self) -> u64 {
        self.records.values().map(|count| u64::from(*count)).sum()
    }
}

struct Shelf<'a> {
    gate: &'a Gate,
    by_parent: bool,
    records: Mutex<BTreeMap<(u32, String), u32>>,
    closed: Mutex<Vec<u32>>,
}

#[async_trait::async_trait]
impl Sink for Shelf<'_> {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let clean = self.gate.clean_batch(&batch).unwrap();
        assert!(clean.refused().is_empty(), "{}: a record is no JSON object", batch.dataset);
        assert!(!self.closed.lock().unwrap().contains(&batch.slice), "{}: a record behind its slice", batch.dataset);
        let mut records = self.records.lock().unwrap();
        let slice = if self.by_parent { batch.slice } else { 0 };
        for line in std::str::from_utf8(clean.bytes()).unwrap().lines() {
            *records.entry((slice, line.to_owned())).or_default() += 1;
        }
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, slice: u32) {
        self.closed.lock().unwrap().push(slice);
    }
}

/// The gate of all collections.
pub fn gate() -> Arc<Gate> {
    Arc::new(service::gate())
}

/// What a collection is done with.
pub struct Asked<'a> {
    pub gate: &'a Gate,
    pub parents: &'a [Key],
    pub window: Window,
    pub deadline: Option<Duration>,
    pub wanted: &'a [&'a ForEach],
}

fn client(running: &Running, clock: Clock) -> Client {
    let patience =
        Patience { tries_max: 5, throttled_max: 6, pause_scale: 0.002, request_ms_max: 1_500, ..Patience::default() };
    service::client_with(&running.graph_url, &running.tenant_id, patience, clock, 700)
}

/// A tenant that is being served, and a client for it.
pub struct Stage {
    pub running: Running,
    client: Client,
    clock: Clock,
}

impl Stage {
    /// `now`: what the client's clock says.
    pub async fn open(faults: FaultPlan, now: OffsetDateTime) -> Self {
        Self::serving(tenant(faults), now).await
    }

    pub async fn serving(settings: TenantSettings, now: OffsetDateTime) -> Self {
        let running = serve(settings, TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
        let clock = Clock::Fixed(now);
        Self { client: client(&running, clock), running, clock }
    }

    /// Collects a dataset; several may be collected at the same time.
    pub async fn collect(&self, dataset: &'static Dataset, asked: &Asked<'_>) -> Took {
        self.collect_at(&Place::Own, dataset, asked).await
    }

    /// The same from another place.
    pub async fn collect_at(&self, place: &Place, dataset: &'static Dataset, asked: &Asked<'_>) -> Took {
        let by_parent = dataset.for_each.is_some();
        let shelf = Shelf { gate: asked.gate, by_parent, records: Mutex::default(), closed: Mutex::default() };
        let ledger = Ledger::default();
        let request = Request {
            parents: asked.parents,
            wanted: asked.wanted,
            deadline: asked.deadline.map(|length| tokio::time::Instant::now() + length),
            late_look: Duration::ZERO,
            ..Request::new(&self.client, asked.window, &ledger, self.clock)
        };
        let cancel = CancellationToken::new();
        let report = async {
            match place {
                Place::Own => source::collect(dataset, &request, &shelf, &cancel).await,
                _ => collect_from(place, &[(dataset, request)], &shelf, &cancel).await.remove(0),
            }
        };
        let report = tokio::time::timeout(BOUND, report).await;
        Took {
            report: report.unwrap_or_else(|_| panic!("{} hangs", dataset.id)),
            records: shelf.records.into_inner().unwrap(),
            struck: self.running.struck().iter().sum(),
            slices_closed: shelf.closed.into_inner().unwrap(),
        }
    }

    pub async fn close(self) {
        self.running.shutdown().await;
    }
}

/// Collects a dataset from a tenant with this plan.
pub async fn collect(dataset: &'static Dataset, faults: FaultPlan, asked: &Asked<'_>) -> Took {
    let stage = Stage::open(faults, asked.window.until).await;
    let took = stage.collect(dataset, asked).await;
    stage.close().await;
    took
}

/// A dataset whose lists have several pages, and what an undisturbed collection of it brings.
pub struct Paging {
    pub dataset: &'static Dataset,
    pub parents: Vec<Key>,
    pub truth: BTreeMap<(u32, String), u32>,
}

/// All datasets that the small tenant serves in more than one page, with their parents' keys.
pub async fn paging(gate: &Gate) -> Vec<Paging> {
    let catalog = Catalog::embedded().unwrap();
    let mut keys: BTreeMap<&str, Vec<Key>> = BTreeMap::new();
    let mut found = Vec::new();
    let mut waiting: Vec<&'static Dataset> = catalog.datasets().iter().collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut later = Vec::new();
        for dataset in waiting {
            if dataset.for_each.is_some() && !keys.contains_key(dataset.id.as_str()) {
                later.push(dataset);
                continue;
            }
            let parents = keys.get(dataset.id.as_str()).cloned().unwrap_or_default();
            let children = catalog.datasets().iter().filter_map(|child| Some((child, child.for_each.as_ref()?)));
            let children: Vec<_> = children.filter(|(_, each)| each.dataset == dataset.id).collect();
            let wanted: Vec<&ForEach> = children.iter().map(|(_, each)| *each).collect();
            let asked = Asked { gate, parents: &parents, window: window(), deadline: None, wanted: &wanted };
            let mut took = collect(dataset, FaultPlan::default(), &asked).await;
            assert!(took.outcome().is_answered(), "{} does not come even without faults", dataset.id);
            for ((child, _), list) in children.iter().zip(std::mem::take(&mut took.report.keys)) {
                keys.insert(child.id.as_str(), list);
            }
            let lists = if dataset.for_each.is_some() { parents.len() as u64 } else { 1 };
            // A log is looked at a second time.
            let looks = if dataset.time.is_some() { 2 } else { 1 };
            if took.report.pages > lists * looks && took.outcome() == Outcome::Complete {
                found.push(Paging { dataset, parents, truth: took.records });
            }
        }
        waiting = later;
        assert!(waiting.len() < before, "a fan-out has no parent");
    }
    found
}

/// Whether everything that came is the service's, and nothing came twice.
pub fn is_honest(came: &BTreeMap<(u32, String), u32>, truth: &BTreeMap<(u32, String), u32>) -> bool {
    came.iter().all(|(record, count)| truth.get(record).is_some_and(|most| count <= most))
}

/// What no collection may do, whatever goes wrong: report what it did not bring, bring what was not served or bring it
/// twice, call complete what is not whole.
pub fn lie(took: &Took, truth: &BTreeMap<(u32, String), u32>) -> Option<String> {
    let slices = took.report.slices;
    let numbers = || {
        let all: u64 = truth.values().map(|count| u64::from(*count)).sum();
        format!("{} of {all} records, {} of {slices} slices", took.count(), took.slices_closed.len())
    };
    if took.count() != took.report.records {
        return Some(format!("reports {} records, brought {}", took.report.records, numbers()));
    }
    if !is_honest(&took.records, truth) {
        return Some(format!("brings records twice, or others: {}", numbers()));
    }
    // What begins before the time that the service looks back to is whole, but not closed for good: a run that goes on
    // has to meet the refusal again. Only such a complete dataset has a hint.
    let is_clamped = took.report.verdict.hint.is_some() && took.report.slices_closed == slices;
    let whole = took.records == *truth && (is_clamped || took.slices_closed.len() as u32 == slices);
    (took.outcome() == Outcome::Complete && !whole).then(|| format!("complete with {}", numbers()))
}
