//! The room itself against the same domain: what no option of the program sets.

use std::sync::{Arc, Mutex};

use entra_bundle::catalog::{Catalog, Dataset};
use entra_bundle::clock::Clock;
use entra_bundle::directory::{self, Credential, Directory, Pace, View};
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::pseudonym::{Gate, Policy, Rules};
use entra_bundle::record::{Outcome, RawBatch};
use entra_bundle::source::{Report, Sink, SinkClosed};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::domain::{HOST, PASSWORD, REALM};

/// What comes, through the gate.
struct Shelf {
    gate: Gate,
    lines: Mutex<Vec<Value>>,
}

#[async_trait::async_trait]
impl Sink for Shelf {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let clean = self.gate.clean_batch(&batch).unwrap();
        let lines = std::str::from_utf8(clean.bytes()).unwrap().lines();
        self.lines.lock().unwrap().extend(lines.map(|line| serde_json::from_str::<Value>(line).unwrap()));
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, _slice: u32) {}
}

fn read(ca: &[u8], credential: Credential, pace: Pace, ids: &[&str]) -> (Vec<Report>, Vec<Value>) {
    let catalog = Catalog::embedded().unwrap();
    let rows = catalog.datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str()));
    let cipher = Arc::new(Ff1::new(&MasterKey::from_bytes([7; 32])));
    let gate = Gate::new(cipher, Policy::standard(), Rules::new(rows), |_| false);
    let shelf = Shelf { gate, lines: Mutex::default() };
    let directory = Directory::new(&format!("ldaps://{HOST}"), credential, View::default()).unwrap();
    let directory = directory.trusting(ca).unwrap().paced(pace);
    let wanted: Vec<&'static Dataset> = ids.iter().map(|id| catalog.dataset(id).unwrap()).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cancel = CancellationToken::new();
    let reading = directory::collect(&directory, &wanted, &shelf, (Clock::System, None), &cancel);
    let reports = runtime.block_on(reading);
    (reports, shelf.lines.into_inner().unwrap())
}

/// Pages of 100 and ranges of 60: eleven pages of people at least, nine ranges of the large group.
pub fn small_pages_and_ranges(ca: &[u8], members: usize) {
    let credential =
        Credential::Simple { name: format!("administrator@{REALM}"), password: Zeroizing::new(PASSWORD.to_owned()) };
    let pace = Pace { page_size: 100, range_size: 60, ..Pace::default() };
    let (reports, lines) = read(ca, credential, pace, &["ad-users", "ad-groups"]);
    assert!(reports.iter().all(|report| report.verdict.outcome == Outcome::Complete));
    assert!(reports[0].pages >= 11, "{} pages", reports[0].pages);
    assert!(reports[1].pages >= 9, "{} pages and ranges", reports[1].pages);
    assert_eq!(lines.len() as u64, reports.iter().map(|report| report.records).sum::<u64>());
    let sizes = lines.iter().filter_map(|line| line["member"].as_array());
    let large = sizes.max_by_key(|list| list.len()).unwrap();
    let all: std::collections::BTreeSet<&str> = large.iter().map(|member| member.as_str().unwrap()).collect();
    assert_eq!((large.len(), all.len()), (members, members));
}

/// Who has not signed in sees the root, and is told so.
pub fn nobody_is_answered(ca: &[u8]) {
    let (reports, lines) = read(ca, Credential::Nobody, Pace::default(), &["ad-users", "ad-forest"]);
    assert_eq!(reports[0].verdict.outcome, Outcome::Denied);
    assert!(reports[0].verdict.hint.is_some());
    assert_eq!((reports[1].verdict.outcome, reports[1].records), (Outcome::Partial, 1));
    assert!(lines[0]["supportedControl"].is_array());
}
