//! A planted corpus through the program: nothing of what was planted is anywhere in the bundle, beside it or in what
//! the program says; structure, joins, numbers, times, versions and user agents are as they were.
//!
//! Small by default; `ENTRA_BUNDLE_CORPUS=2000x50` (people, megabytes) makes it large.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::corpus::joins::Columns;
use crate::corpus::pairs::{Pair, pairs};
use crate::corpus::people::{CLASSES, TENANT};
use crate::corpus::search::{Found, Search};
use crate::corpus::{self, Size, Truth, files, views};
use crate::support::{Bench, inside};

/// Fixed, because addresses are mapped onto addresses: under some keys one gets the pseudonym that another one is.
const KEY: &str = "\
entra-bundle-key-v1\n\
j1e7-191r-ya8e-axvg-g6d4-ss7d-6dft-bckt-nhnx-yr33-jqrb-jyst-vh4g\n\
y4tf-n32w\n";

struct Run {
    bench: Bench,
    truth: Truth,
    entries: BTreeMap<String, Vec<u8>>,
    said: Vec<u8>,
    code: Option<i32>,
}

static RUN: LazyLock<Run> = LazyLock::new(|| {
    let bench = Bench::new();
    let asked = std::env::var("ENTRA_BUNDLE_CORPUS").unwrap_or_else(|_| "200x4".into());
    let (people, megabytes) = asked.split_once('x').expect("ENTRA_BUNDLE_CORPUS is PEOPLExMEGABYTES");
    let size = Size { people: people.parse().unwrap(), bytes: megabytes.parse::<u64>().unwrap() * 1_000_000 };
    let truth = corpus::write(&bench.path("in"), size);
    std::fs::create_dir(bench.path("out")).unwrap();
    std::fs::write(bench.path("test.key"), KEY).unwrap();
    let started = std::time::Instant::now();
    let output = bench.run(&["redact", "in", "--key", "test.key", "--out", "out/planted.zip"]);
    let seconds = started.elapsed().as_secs_f64();
    println!("{} files, {} bytes in {seconds:.1} s", truth.files, truth.bytes);
    let entries = inside(&bench.path("out/planted.zip"));
    Run { bench, truth, entries, said: [output.stdout, output.stderr].concat(), code: output.status.code() }
});

/// Files of the corpus as the bundle names them: containers are folders. Names that were planted are another matter.
fn originals(run: &Run) -> BTreeMap<String, Vec<u8>> {
    let all = files(&run.bench.path("in")).into_iter().filter(|(name, _)| !name.starts_with("named/"));
    let unpacked = all.flat_map(|(name, path)| views::unpacked(&name, &std::fs::read(path).unwrap()));
    let plain = unpacked.filter(|(name, _)| !name.ends_with("!names") && !name.ends_with("!comment"));
    plain.map(|(name, bytes)| (name.replace(".gz!gz", "").replace('!', "/"), bytes)).collect()
}

/// Each file that is in the bundle, with its bytes before and after, by name. Another test sees that none is missing.
fn both(run: &Run) -> Vec<(String, Vec<u8>, &Vec<u8>)> {
    let manifest: serde_json::Value = serde_json::from_slice(&run.entries["manifest.json"]).unwrap();
    let entry_of = |name: &str| {
        let is_it = |file: &&serde_json::Value| file["name"] == format!("in/{name}");
        manifest["files"].as_array().unwrap().iter().find(is_it)?["entry"].as_str()
    };
    let found = originals(run).into_iter().filter_map(|(name, before)| {
        let after = run.entries.get(entry_of(&name)?)?;
        Some((name, before, after))
    });
    found.collect()
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn nothing_is_withheld() {
    assert_eq!(RUN.code, Some(0), "{}", String::from_utf8_lossy(&RUN.said));
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn nothing_that_was_planted_is_left() {
    let run = &*RUN;
    let search = Search::new(&run.truth.people);
    let mut found = Found::default();
    for (name, bytes) in &run.entries {
        search.text("(entry names)", name, &mut found);
        search.file(name, bytes, &mut found);
    }
    search.file("(stdout and stderr)", &run.said, &mut found);
    for (name, path) in files(&run.bench.path("out")) {
        search.text("(names beside the bundle)", &name, &mut found);
        if !name.ends_with(".zip") {
            search.file(&name, &std::fs::read(path).unwrap(), &mut found);
        }
    }
    let left: usize = CLASSES.iter().map(|class| found.distinct(class)).sum();
    assert_eq!(left, 0, "planted identifiers are left:\n{}", found.table());
}

#[cfg(feature = "gate-off")]
#[test]
fn with_the_gate_off_the_same_search_finds_everybody_in_the_bundle() {
    let run = &*RUN;
    let search = Search::new(&run.truth.people);
    let mut found = Found::default();
    run.entries.iter().for_each(|(name, bytes)| search.file(name, bytes, &mut found));
    for class in CLASSES {
        assert_eq!(found.distinct(class), run.truth.people.len(), "blind to some of {class}");
    }
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn structure_and_joins_are_the_same() {
    let run = &*RUN;
    let planted: BTreeSet<String> = run
        .truth
        .people
        .iter()
        .flat_map(|who| {
            let values = CLASSES.iter().map(|class| who.value(class).to_lowercase());
            values.chain([who.fqdn(), who.dn().to_lowercase()]).collect::<Vec<_>>()
        })
        .collect();
    let mut columns = Columns::default();
    let mut faults = Vec::new();
    for (name, before, after) in both(run) {
        match pairs(&name, &before, after) {
            Ok(pairs) => columns.add(&name, &pairs, |pair| planted.contains(&pair.before.to_lowercase())),
            Err(fault) => faults.push(format!("{name}: {fault}")),
        }
    }
    assert_eq!(faults, Vec::<String>::new());
    let (count, joins) = columns.count();
    assert!(count > 80 && joins > 1_000, "only {count} columns and {joins} joins were compared");
    let complaints = columns.complaints();
    assert!(
        complaints.is_empty(),
        "{} of {count} columns and {joins} joins, among them:\n{}",
        complaints.len(),
        complaints[..complaints.len().min(30)].join("\n")
    );
}

/// Columns whose values are no identifier of the planted classes but are replaced too, or rounded.
const REPLACED: [&str; 14] = [
    "city",
    "state",
    "latitude",
    "longitude",
    "givenName",
    "surname",
    "networkNames[]",
    "sn",
    "cn",
    "Location",
    "onPremisesDomainName",
    "issuer",
    "uniqueTokenIdentifier",
    "text",
];

/// Ids of device objects and thumbprints of device certificates: identifiers, though not of the planted classes.
fn is_of_a_device(file: &str, column: &str) -> bool {
    file.starts_with("graph/devices") && column == ".value[].id" || file.ends_with("join.reg") && column == "[key]"
}

/// Whether a value has nothing of anybody, so that it must be as it was.
fn is_innocent(pair: &Pair, search: &Search) -> bool {
    let last = pair.column.rsplit('.').next().unwrap_or_default();
    let mut found = Found::default();
    search.file("", pair.before.as_bytes(), &mut found);
    !REPLACED.contains(&last) && found.people.is_empty() && !pair.before.to_lowercase().contains("brackwater")
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn what_identifies_nobody_is_unchanged() {
    let run = &*RUN;
    let search = Search::new(&run.truth.people);
    let mut changed: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let (mut same, mut kept) = (0usize, 0usize);
    for (name, before, after) in both(run) {
        if name.starts_with("edge/") {
            continue;
        }
        for pair in pairs(&name, &before, after).unwrap() {
            kept += usize::from(pair.before == TENANT && pair.after == TENANT);
            if pair.before == pair.after {
                same += 1;
            } else if !is_of_a_device(&name, &pair.column) && is_innocent(&pair, &search) {
                let times = changed
                    .entry(format!("{name}: {}", pair.column))
                    .or_insert((0, format!("{} became {}", pair.before, pair.after)));
                times.0 += 1;
            }
        }
    }
    let shown: Vec<_> = changed.iter().map(|(column, (times, what))| format!("{times} × {column}: {what}")).collect();
    assert!(changed.is_empty(), "changed without need:\n{}", shown.join("\n"));
    assert!(same > 10_000 && kept > 1_000, "only {same} values were compared, the tenant id stands {kept} times");
}
