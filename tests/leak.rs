//! No identifier of the demo tenant is anywhere in its bundle; and the search that says so is able to find them.
//!
//! Built twice: as it is, the search must find nothing; with the feature `gate-off` the same search must find every
//! identifier, so a green run is not the merit of a blind search.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use support::{Bench, Truth, entries, truth};

/// The spellings under which an identifier might survive.
fn spellings(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = vec![
        ("raw", value.as_bytes().to_vec()),
        ("lower case", value.to_lowercase().into_bytes()),
        ("percent-encoded", percent(value).into_bytes()),
        ("JSON-escaped", json(value).into_bytes()),
    ];
    // As a serialiser writes it, and JSON text inside a JSON string.
    let once = short(value);
    all.extend([("in JSON", once.clone().into_bytes()), ("in JSON in JSON", short(&once).into_bytes())]);
    if value.len() >= 16 && value.contains('-') {
        all.push(("without dashes", value.replace('-', "").into_bytes()));
    }
    // Base64 of a longer text that holds the value at each of the three alignments: the middle symbols are fixed.
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    for (name, shift) in [("base64 +0", 0), ("base64 +1", 1), ("base64 +2", 2)] {
        let mut padded = vec![0u8; shift];
        padded.extend_from_slice(value.as_bytes());
        let text = engine.encode(&padded);
        let skip = (shift * 8).div_ceil(6);
        let keep = padded.len() * 8 / 6;
        if keep > skip + 7 {
            all.push((name, text.as_bytes()[skip..keep].to_vec()));
        }
    }
    all
}

fn percent(value: &str) -> String {
    value
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                (byte as char).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn json(value: &str) -> String {
    value
        .chars()
        .map(|symbol| {
            if symbol.is_ascii() && symbol != '"' && symbol != '\\' {
                symbol.to_string()
            } else {
                let mut units = [0; 2];
                symbol.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }
        })
        .collect()
}

/// Only what must be escaped is: `ALDERWOOD\\rhill`.
fn short(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Kind, spelling, position in the list, path of the file.
type Hit = (String, &'static str, usize, String);

/// Every identifier that is found, and which positions were.
fn search(
    identifiers: &BTreeMap<String, Vec<String>>,
    haystacks: &[(String, Vec<u8>)],
) -> (BTreeSet<Hit>, BTreeSet<(String, usize)>) {
    let mut needles = Vec::new();
    let mut labels = Vec::new();
    for (kind, values) in identifiers {
        for (index, value) in values.iter().enumerate() {
            for (spelling, bytes) in spellings(value) {
                needles.push(bytes);
                labels.push((kind.clone(), spelling, index));
            }
        }
    }
    let automaton = AhoCorasick::builder().build(&needles).unwrap();
    let (mut hits, mut found) = (BTreeSet::new(), BTreeSet::new());
    for (path, bytes) in haystacks {
        for hit in automaton.find_overlapping_iter(bytes) {
            let needle = &needles[hit.pattern().as_usize()];
            // A short plain word must stand alone: "ana" inside "manager" is not Ana.
            let word = |at: Option<&u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric());
            if needle.len() < 8
                && (word(hit.start().checked_sub(1).and_then(|at| bytes.get(at))) || word(bytes.get(hit.end())))
            {
                continue;
            }
            // "10.1.2.3" inside "10.1.2.34" is another address.
            let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
            let kind = labels[hit.pattern().as_usize()].0.as_str();
            if kind == "ip"
                && (digit(hit.start().checked_sub(1).and_then(|at| bytes.get(at))) || digit(bytes.get(hit.end())))
            {
                continue;
            }
            let (kind, spelling, index) = labels[hit.pattern().as_usize()].clone();
            found.insert((kind.clone(), index));
            hits.insert((kind, spelling, index, path.clone()));
        }
    }
    (hits, found)
}

/// A key for tests only. It is fixed because addresses are mapped onto addresses: under one key in some hundreds a
/// private address gets the pseudonym that another one is.
const KEY: &str = "\
entra-bundle-key-v1\n\
j1e7-191r-ya8e-axvg-g6d4-ss7d-6dft-bckt-nhnx-yr33-jqrb-jyst-vh4g\n\
y4tf-n32w\n";

/// What is only collected when it is named: it needs a write permission.
const NAMED: [&str; 8] = [
    "app-proxy-connector-group-applications",
    "app-proxy-connector-group-members",
    "app-proxy-connector-groups",
    "app-proxy-connectors",
    "authentication-agents",
    "provisioning-agent-groups",
    "provisioning-agents",
    "staged-rollout-policies",
];

fn demo() -> (Truth, Vec<(String, Vec<u8>)>) {
    let bench = Bench::new();
    let truth = truth(&bench);
    std::fs::create_dir(bench.path("out")).unwrap();
    std::fs::write(bench.path("test.key"), KEY).unwrap();
    let named = NAMED.iter().chain(&["*"]).flat_map(|dataset| ["--include", dataset]);
    let arguments: Vec<&str> =
        ["collect", "--demo", "--key", "test.key", "--out", "out/demo.zip"].into_iter().chain(named).collect();
    bench.expect(0, &arguments);
    let mut haystacks: Vec<_> = entries(&bench.path("out/demo.zip")).into_iter().collect();
    let names = haystacks.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join("\n");
    haystacks.push(("(entry names)".into(), names.into_bytes()));
    (truth, haystacks)
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn no_identifier_of_the_demo_tenant_is_in_its_bundle() {
    let (truth, haystacks) = demo();
    let total: usize = truth.identifiers.values().map(Vec::len).sum();
    assert!(total > 500, "the truth lists only {total} identifiers");
    let (mut hits, _) = search(&truth.identifiers, &haystacks);
    hits.extend(search(&truth.unasked, &haystacks).0);
    let shown: Vec<_> = hits
        .iter()
        .take(40)
        .map(|(kind, spelling, index, path)| format!("{kind}[{index}] {spelling} in {path}"))
        .collect();
    assert!(hits.is_empty(), "{} hits, among them:\n{}", hits.len(), shown.join("\n"));
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn what_the_policy_keeps_is_still_there() {
    let (truth, haystacks) = demo();
    for (kind, values) in &truth.kept {
        let present = values
            .iter()
            .filter(|value| {
                haystacks.iter().any(|(_, bytes)| {
                    memchr::memmem::find(bytes, value.as_bytes()).is_some()
                        || memchr::memmem::find(bytes, json(value).as_bytes()).is_some()
                })
            })
            .count();
        assert!(
            present * 10 >= values.len() * 9,
            "{kind}: only {present} of {} kept values are in the bundle",
            values.len()
        );
    }
}

#[cfg(feature = "gate-off")]
#[test]
fn with_the_gate_off_the_same_search_finds_every_identifier() {
    let (truth, haystacks) = demo();
    let (_, found) = search(&truth.identifiers, &haystacks);
    for (kind, values) in &truth.identifiers {
        let missed: Vec<_> = (0..values.len()).filter(|index| !found.contains(&(kind.clone(), *index))).collect();
        assert!(
            missed.is_empty(),
            "{kind}: the search is blind to {} of {}, positions {:?}",
            missed.len(),
            values.len(),
            &missed[..missed.len().min(20)]
        );
    }
}
