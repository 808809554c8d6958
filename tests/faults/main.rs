//! The fault matrix: every fault on every dataset that has pages. Delivered is what was served and `complete`, or the
//! outcome says that it is not; nothing comes twice, nobody else hears the token, nothing hangs.
//!
//! `cargo test --test faults -- --nocapture` prints it as a table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod bench;
mod binary;
mod cases;
mod limits;
mod places;
#[path = "../support/service.rs"]
mod service;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bench::{Asked, Paging, Took, collect, gate, lie, paging};
use cases::{Case, Expect};
use entra_bundle::pseudonym::Gate;
use entra_bundle::record::Outcome;
use entra_bundle::source::Window;
use entra_bundle::tenant::faults::{FaultPlan, Mishap};
use service::window;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Cells at the same time.
const ABREAST: usize = 6;

/// Somebody who must never be asked anything.
pub async fn stranger() -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, heard) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicU32::new(0)));
    let count = Arc::clone(&heard);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, heard)
}

/// What a cell of the table shows, and what is wrong with it.
type Cell = (char, Option<String>);

async fn cell(case: &Case, paging: &Paging, gate: &Gate) -> Cell {
    let asked = Asked { gate, parents: &paging.parents, window: window(), deadline: None, wanted: &[] };
    let took = collect(paging.dataset, case.plan(&paging.dataset.id), &asked).await;
    if took.struck == 0 {
        // Only then is the fault none of this dataset's.
        let fine = took.outcome() == Outcome::Complete && took.records == paging.truth;
        return ('.', (!fine).then(|| "nothing struck, and yet it is not whole".to_owned()));
    }
    // What is not kept any more is not expected.
    let floor = took.report.window.map(|window| window.since).filter(|since| *since > window().since);
    let truth = match (floor, &case.mishap) {
        (Some(since), Mishap::Retention { .. }) => {
            let asked = Asked { window: Window { since, ..window() }, ..asked };
            collect(paging.dataset, FaultPlan::default(), &asked).await.records
        }
        _ => paging.truth.clone(),
    };
    let complaint = complaint(case, &took, &truth).map(|text| format!("{text} ({})", took.reason(gate)));
    (letter(took.outcome()), complaint)
}

fn complaint(case: &Case, took: &Took, truth: &BTreeMap<(u32, String), u32>) -> Option<String> {
    if let Some(lie) = lie(took, truth) {
        return Some(lie);
    }
    let (outcome, whole) = (took.outcome(), took.records == *truth);
    let fits = match case.expect {
        Expect::Whole => outcome == Outcome::Complete && whole,
        Expect::Ends(outcomes) => outcomes.contains(&outcome),
        Expect::Honest => true,
    };
    (!fits).then(|| format!("{outcome:?} with {} records, expected {:?}", took.count(), case.expect))
}

fn letter(outcome: Outcome) -> char {
    match outcome {
        Outcome::Complete => 'C',
        Outcome::Partial => 'P',
        Outcome::Denied => 'D',
        Outcome::Unlicensed => 'L',
        Outcome::Unavailable => 'U',
        Outcome::Skipped => 'S',
        Outcome::Failed => 'F',
        Outcome::Interrupted => 'I',
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_on_every_dataset_with_pages_ends_whole_or_says_so() {
    let (url, heard) = stranger().await;
    let gate = gate();
    let datasets = Arc::new(paging(&gate).await);
    assert!(datasets.len() >= 20, "only {} datasets have pages", datasets.len());
    let cases = Arc::new(cases::all(&url));
    let mut waiting: Vec<(usize, usize)> = (0..cases.len())
        .flat_map(|row| (0..datasets.len()).map(move |column| (row, column)))
        .filter(|(row, column)| cases[*row].among.has(datasets[*column].dataset))
        .collect();
    waiting.reverse();
    let (mut running, mut cells): (JoinSet<(usize, usize, Cell)>, BTreeMap<_, Cell>) =
        (JoinSet::new(), BTreeMap::new());
    while !waiting.is_empty() || !running.is_empty() {
        while running.len() < ABREAST
            && let Some((row, column)) = waiting.pop()
        {
            let (cases, datasets, gate) = (Arc::clone(&cases), Arc::clone(&datasets), Arc::clone(&gate));
            running.spawn(async move { (row, column, cell(&cases[row], &datasets[column], &gate).await) });
        }
        if let Some(done) = running.join_next().await {
            let (row, column, cell) = done.unwrap();
            cells.insert((row, column), cell);
        }
    }
    println!("{}", table(&cases, &datasets, &cells));
    assert_eq!(heard.load(Ordering::SeqCst), 0, "the collector spoke to somebody else");
    let wrong: Vec<String> = cells
        .iter()
        .filter_map(|((row, column), (_, wrong))| {
            Some(format!("{} on {}: {}", cases[*row].name, datasets[*column].dataset.id, wrong.as_ref()?))
        })
        .collect();
    assert!(wrong.is_empty(), "{} cells of {} are wrong:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    for (row, case) in cases.iter().enumerate() {
        let struck = cells.iter().any(|((of, _), (letter, _))| *of == row && *letter != '.');
        assert!(struck, "{} never struck", case.name);
    }
}

fn table(cases: &[Case], datasets: &[Paging], cells: &BTreeMap<(usize, usize), Cell>) -> String {
    let mut text =
        String::from("\nEvery fault on every dataset with pages. C complete with every record, P partial, D denied,\n");
    text.push_str("L unlicensed, F failed, . did not strike, ! wrong.\n\n");
    for (column, paging) in datasets.iter().enumerate() {
        let records: u32 = paging.truth.values().sum();
        let _ = writeln!(text, "  {:>2}  {} ({records} records)", column + 1, paging.dataset.id);
    }
    let digits =
        |of: fn(usize) -> usize| -> String { (1..=datasets.len()).map(|column| of(column).to_string()).collect() };
    let _ = writeln!(text, "\n{:34}{}\n{:34}{}", "", digits(|column| column / 10), "", digits(|column| column % 10));
    for (row, case) in cases.iter().enumerate() {
        let marks: String = (0..datasets.len())
            .map(|column| match cells.get(&(row, column)) {
                None => ' ',
                Some((_, Some(_))) => '!',
                Some((letter, None)) => *letter,
            })
            .collect();
        let _ = writeln!(text, "{:34}{}", case.name, marks.trim_end());
    }
    let struck = cells.values().filter(|(letter, _)| *letter != '.').count();
    let _ = write!(text, "\n{struck} cells struck, {} collections in all", cells.len());
    text
}
