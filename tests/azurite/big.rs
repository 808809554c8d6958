//! 250,001 audits and 1,000,001 sign-ins from a storage account: all of them, how fast, in how much memory.
//!
//! Takes minutes, so it is asked for: `SOURCES_BIG=1 cargo test --release --test azurite big -- --nocapture`. The tenant
//! is another process, so that the peak is the client's.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use entra_bundle::clock::Clock;
use entra_bundle::record::{Outcome, RawBatch};
use entra_bundle::source::blobs::{Account, Credential};
use entra_bundle::source::{Ledger, Place, Request, Sink, SinkClosed, collect_from};
use tokio_util::sync::CancellationToken;

use super::stand::{NOW, client, dataset, window};

/// Ends the server that it started.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn big_logs_arrive_whole() {
    if std::env::var_os("SOURCES_BIG").is_none() {
        eprintln!("left out: takes minutes; set SOURCES_BIG=1");
        return;
    }
    let mut server = Command::new(env!("CARGO_BIN_EXE_entra-bundle"))
        .args(["simulate", "--listen", "127.0.0.1:0", "--users", "2000", "--sign-ins", "1000001", "--audits", "250001"])
        .args(["--limits", "off", "--no-gzip", "--routing", "all"])
        .env("SOURCE_DATE_EPOCH", NOW.unix_timestamp().to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _server = Server(server);
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let text = |name: &str| ready[name].as_str().unwrap().to_owned();
    let client = client(&text("graph_url"), &text("tenant_id"));
    let account = Account::new(&text("storage_url"), Credential::Bearer).unwrap();
    let place = Place::Storage(account.for_tenant(&text("tenant_id")));
    for (id, count) in [("audits", 250_001), ("sign-ins", 1_000_001)] {
        let (ledger, scale, began) = (Ledger::default(), Scale::default(), Instant::now());
        let request =
            Request { late_look: Duration::ZERO, ..Request::new(&client, window(), &ledger, Clock::Fixed(NOW)) };
        let cancel = CancellationToken::new();
        let report = collect_from(&place, &[(dataset(id), request)], &scale, &cancel).await.pop().unwrap();
        let (seconds, bytes) = (began.elapsed().as_secs_f64(), scale.bytes.into_inner() as f64);
        eprintln!(
            "{id}: {} records, {:.0} MB, {:.1} s, {:.0} records/s, {:.1} MB/s, {} ranges, peak {} MiB",
            report.records,
            bytes / 1e6,
            seconds,
            report.records as f64 / seconds,
            bytes / 1e6 / seconds,
            report.pages,
            peak_mib()
        );
        assert_eq!((report.records, scale.records.into_inner()), (count, count));
        assert_eq!(report.verdict.outcome, Outcome::Complete);
        assert!(report.duplicates > count / 50, "{} were delivered twice", report.duplicates);
        assert_eq!(scale.slices.lock().unwrap().len(), report.slices as usize);
    }
}
