//! False positives: what the gate replaces in public documentation and source text, where nobody of ours occurs.
//!
//! `ENTRA_BUNDLE_PROSE` names folders (separated by `:`) with at least 5 MB of text; without it the test prints a note
//! and passes. The corpus is not part of the project. What has the form of an identifier (a real author's address, a
//! GUID, an IP address) is counted apart: in a log it would be one. `--nocapture` prints counts and the commonest finds.

#![cfg(not(feature = "gate-off"))]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::people::gate_of;

const PEOPLE: u64 = 2_000;
const CORPUS_BYTES_MAX: usize = 24 << 20;
const CORPUS_BYTES_MIN: usize = 5 << 20;

fn texts(folder: &Path, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let is_text = path.extension().is_some_and(|kind| {
            ["md", "txt", "rs", "rst", "html", "adoc"].iter().any(|known| kind.eq_ignore_ascii_case(known))
        });
        if path.is_dir() && !path.is_symlink() {
            texts(&path, all);
        } else if is_text {
            all.push(path);
        }
    }
}

/// What sort of thing a replaced text is. The first ones are identifiers wherever they stand.
fn sort_of(raw: &str, new: &str) -> &'static str {
    use crate::pseudonym::map::reads_as_host;
    let bare = raw.trim_matches(['[', ']', '{', '}']);
    // A line that is JSON is replaced as a whole.
    let is_line = raw.trim_start().starts_with(['"', '[', '{']);
    let is_host = |word: &str| reads_as_host(word, true);
    let holds_host =
        is_line && raw.split(|symbol: char| !(symbol.is_alphanumeric() || "-._".contains(symbol))).any(is_host);
    let address = bare.split('/').next().unwrap_or(bare);
    if new.contains("[REMOVED:") {
        "secret"
    } else if raw.contains('@') {
        "address"
    } else if super::super::guid::parse(raw).is_some() || super::super::guid::parse_plain(raw.as_bytes()).is_some() {
        "guid"
    } else if address.parse::<std::net::IpAddr>().is_ok() {
        "ip"
    } else if raw.len() == 17 && raw.split([':', '-']).count() == 6 {
        "mac"
    } else if raw.starts_with("S-1-") || raw.starts_with("s-1-") {
        "sid"
    } else if is_host(raw) || holds_host || raw.contains("\\u") && raw.contains('.') {
        "host"
    } else if raw.contains('=') {
        "name with parts"
    } else if raw.contains('\\') {
        "account"
    } else if raw.bytes().filter(u8::is_ascii_digit).count() >= 7 {
        "number"
    } else {
        "word"
    }
}

#[test]
fn ordinary_text_stays_as_it_is() {
    let Some(folders) = std::env::var_os("ENTRA_BUNDLE_PROSE") else {
        println!("skipped: ENTRA_BUNDLE_PROSE names no folder of documentation");
        return;
    };
    let gate = gate_of(PEOPLE);
    let mut files = Vec::new();
    std::env::split_paths(&folders).for_each(|folder| texts(&folder, &mut files));
    let mut found: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    let mut bytes = 0;
    // From all over the corpus, not its first folder.
    let step = files.len().div_ceil(4_000).max(1);
    for file in (0..step).flat_map(|first| files.iter().skip(first).step_by(step)) {
        let Ok(content) = std::fs::read_to_string(file) else { continue };
        if bytes + content.len() > CORPUS_BYTES_MAX {
            break;
        }
        bytes += content.len();
        for line in content.lines() {
            for (start, end, new) in gate.look(line, 0).into_spans() {
                let (raw, Some(new)) = (&line[start..end], new) else { continue };
                *found.entry(sort_of(raw, &new)).or_default().entry(raw.to_owned()).or_default() += 1;
            }
        }
    }
    let megabytes = bytes as f64 / 1e6;
    println!("{megabytes:.1} MB of {} files", files.len());
    for (sort, texts) in &found {
        let count: usize = texts.values().sum();
        println!("{sort:<16} {count:>7} {:>8.2} / MB", count as f64 / megabytes);
        let mut commonest: Vec<_> = texts.iter().collect();
        commonest.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (text, count) in commonest.into_iter().take(if *sort == "host" { 400 } else { 40 }) {
            println!("    {count:>5} {}", text.chars().take(100).collect::<String>());
        }
    }
    assert!(bytes >= CORPUS_BYTES_MIN, "only {bytes} bytes of text");
    let words: usize = ["word", "number", "account", "name with parts"]
        .iter()
        .filter_map(|sort| found.get(sort))
        .flat_map(BTreeMap::values)
        .sum();
    assert!((words as f64) < megabytes, "{words} words in {megabytes:.1} MB");
}
