//! The main job on replies that nobody here wrote: Microsoft's documented and recorded Graph bodies, served at their paths.
//!
//! The corpus stands beside the checkout (`../shared`); without it the test says so and passes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

#[path = "../support/mod.rs"]
mod support;

mod corpus;
mod server;

use std::collections::BTreeSet;

use support::{Bench, inside};

/// A JWT-shaped token without a signature; the replay server does not look at it.
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJ0aWQiOiIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEiLCJvaWQiOiIxIn0.";

fn collect(bench: &Bench, url: &str, zip: &str) -> serde_json::Value {
    let output = bench
        .command(&[
            "collect",
            "--tenant",
            "00000000-0000-4000-8000-000000000001",
            "--auth",
            "token",
            "--since",
            "2010-01-01T00:00:00Z",
            "--graph-url",
            url,
            "--login-url",
            url,
            "--arm-url",
            url,
        ])
        .args(["--rate", "reports=off", "--rate", "identity=off", "--rate", "directory=off", "--out", zip, "--json"])
        .env("ENTRA_BUNDLE_TOKEN", TOKEN)
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{:?}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_documented_reply_is_taken_and_accounted_for_and_its_identifiers_are_gone() {
    let Some((corpus, singletons)) = corpus::load() else {
        eprintln!("left out: the documented replies are not beside this checkout");
        return;
    };
    let variants = singletons.iter().map(|path| corpus[path].len()).max().unwrap_or(1);
    let bench = Bench::new();
    let declared = corpus::identifiers(&corpus);
    assert!(declared.len() > 80, "the corpus declares only {} identifiers", declared.len());
    let (mut records, mut asked) = (0, BTreeSet::new());
    for variant in 0..variants {
        let server = server::start(corpus.clone(), singletons.clone(), variant);
        let zip = format!("replay-{variant}.zip");
        let manifest = collect(&bench, &server.url, &zip);
        for dataset in manifest["datasets"].as_array().unwrap() {
            let (id, outcome) = (dataset["id"].as_str().unwrap(), dataset["outcome"].as_str().unwrap());
            assert!(["complete", "unavailable", "skipped"].contains(&outcome), "{id}: {dataset}");
            if outcome == "complete" {
                let count = |name: &str| dataset[name].as_u64().unwrap();
                records += count("records");
                if let Some(served) = corpus::served(&corpus, &singletons, id) {
                    assert_eq!(
                        count("records") + count("duplicates"),
                        served,
                        "{id}: served, kept and duplicate records disagree"
                    );
                }
            }
        }
        asked.extend(server.asked.lock().unwrap().iter().cloned());
        leaks(&declared, &inside(&bench.path(&zip)));
        bench.expect(0, &["verify", &zip]);
    }
    let unasked: Vec<_> = corpus.keys().filter(|pattern| !asked.contains(*pattern)).collect();
    assert!(unasked.is_empty(), "nobody asked for {unasked:?}");
    println!(
        "{} paths, {} bodies, {records} records, {} declared identifiers, {variants} runs",
        corpus.len(),
        corpus.values().map(Vec::len).sum::<usize>(),
        declared.len()
    );
}

fn leaks(declared: &BTreeSet<(String, String)>, files: &std::collections::BTreeMap<String, Vec<u8>>) {
    let mut hits = Vec::new();
    for (index, (key, value)) in declared.iter().enumerate() {
        for (path, bytes) in files {
            let found = memchr::memmem::find_iter(bytes, value.as_bytes()).any(|at| {
                let word = |at: Option<&u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric());
                !word(at.checked_sub(1).and_then(|at| bytes.get(at))) && !word(bytes.get(at + value.len()))
            });
            if found {
                hits.push(format!("identifier {index} ({key}) in {path}"));
            }
        }
    }
    assert!(hits.is_empty(), "{} declared identifiers survive:\n{}", hits.len(), hits.join("\n"));
}
