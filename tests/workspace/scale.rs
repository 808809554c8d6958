//! Large logs from a tenant in another process, so that the peak is the client's: all of them, how fast, in how much memory.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use entra_bundle::clock::Clock;
use entra_bundle::net::Client;
use entra_bundle::record::RawBatch;
use entra_bundle::source::{Ledger, Place, Report, Request, Sink, SinkClosed, collect_from};
use tokio_util::sync::CancellationToken;

use super::service::{NOW, client, dataset, window};
use super::support::Bench;
use super::support::simulated::Simulated;

/// How many records the tenant has.
pub const COUNTS: [(&str, u64); 2] = [("audits", 250_001), ("sign-ins", 1_000_001)];

/// Counts, and keeps nothing.
#[derive(Default)]
struct Scale {
    records: AtomicU64,
    bytes: AtomicU64,
    slices: Mutex<Vec<u32>>,
}

#[async_trait::async_trait]
impl Sink for Scale {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let bytes: usize = batch.records.iter().map(entra_bundle::record::RawRecord::bytes).sum();
        self.records.fetch_add(batch.records.len() as u64, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, slice: u32) {
        self.slices.lock().unwrap().push(slice);
    }
}

/// Peak resident memory of this process, MiB; 0 where the system does not say.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

/// The tenant and a client for it; `None`, with a note, unless it is asked for.
pub fn large() -> Option<(Simulated, Client)> {
    if std::env::var_os("SOURCES_BIG").is_none() {
        eprintln!("left out: takes minutes; set SOURCES_BIG=1");
        return None;
    }
    let [audits, sign_ins] = COUNTS.map(|(_, count)| count.to_string());
    let more = ["--users", "2000", "--sign-ins", &sign_ins, "--audits", &audits, "--no-gzip", "--routing", "all"];
    let tenant = Simulated::start(&Bench::new(), &more);
    let client = client(tenant.text("graph_url"), tenant.text("tenant_id"));
    Some((tenant, client))
}

/// Collects a dataset; says how fast, and checks that what was reported came.
pub async fn measure(client: &Client, place: &Place, id: &str, pages: &str) -> Report {
    let (ledger, scale, began) = (Ledger::default(), Scale::default(), Instant::now());
    let request = Request { late_look: Duration::ZERO, ..Request::new(client, window(), &ledger, Clock::Fixed(NOW)) };
    let cancel = CancellationToken::new();
    let report = collect_from(place, &[(dataset(id), request)], &scale, &cancel).await.pop().unwrap();
    let (seconds, bytes) = (began.elapsed().as_secs_f64(), scale.bytes.into_inner() as f64);
    eprintln!(
        "{id}: {} records, {:.0} MB, {:.1} s, {:.0} records/s, {:.1} MB/s, {} {pages}, peak {} MiB",
        report.records,
        bytes / 1e6,
        seconds,
        report.records as f64 / seconds,
        bytes / 1e6 / seconds,
        report.pages,
        peak_mib()
    );
    assert_eq!(report.records, scale.records.into_inner());
    assert_eq!(scale.slices.lock().unwrap().len(), report.slices as usize);
    report
}
