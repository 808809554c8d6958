//! The main job on the embedded tenant: complete, as many records as the tenant holds, the same bytes twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::{Bench, inside, manifest, truth};

#[test]
fn every_dataset_is_complete_with_as_many_records_as_the_tenant_holds() {
    let bench = Bench::new();
    let truth = truth(&bench);
    bench.expect(0, &["collect", "--demo", "--case", "2609150010000042", "--out", "demo.zip"]);
    let manifest = manifest(&bench.path("demo.zip"));
    let (mut seen, mut skipped) = (BTreeMap::new(), BTreeSet::new());
    for dataset in manifest["datasets"].as_array().unwrap() {
        let id = dataset["id"].as_str().unwrap();
        if dataset["outcome"] == "skipped" {
            assert!(
                dataset["reason"].as_str().is_some_and(|reason| !reason.is_empty()),
                "{id} is skipped without a reason"
            );
            skipped.insert(id);
            continue;
        }
        assert_eq!(dataset["outcome"], "complete", "{id}: {dataset}");
        // What the servers' files come to is in tests/demo_onprem.rs.
        if id == "files" || dataset["entry"].as_str().is_some_and(|entry| entry.starts_with("data/onprem/")) {
            continue;
        }
        seen.insert(id.to_owned(), dataset["records"].as_u64().unwrap());
    }
    assert!(seen.len() >= 65, "only {} datasets", seen.len());
    for (id, count) in &seen {
        assert_eq!(truth.counts.get(id), Some(count), "{id}");
    }
    for (id, count) in &truth.counts {
        assert!(
            seen.contains_key(id) || skipped.contains(id.as_str()),
            "the tenant holds {count} records of {id}, the bundle does not mention it"
        );
    }
    let empty: Vec<_> = seen.iter().filter(|(_, records)| **records == 0).map(|(id, _)| id).collect();
    assert!(empty.is_empty(), "the demo should show something of every dataset: {empty:?} are empty");
}

#[test]
fn the_manifest_agrees_with_the_files() {
    let bench = Bench::new();
    bench.expect(0, &["collect", "--demo", "--out", "demo.zip"]);
    let files = inside(&bench.path("demo.zip"));
    let manifest = manifest(&bench.path("demo.zip"));
    for dataset in manifest["datasets"].as_array().unwrap() {
        let Some(entry) = dataset["entry"].as_str() else { continue };
        let lines = files[entry].iter().filter(|byte| **byte == b'\n').count() as u64;
        assert_eq!(dataset["records"], lines, "{entry}");
        for line in files[entry].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            assert!(
                serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|record| record.is_object()),
                "{entry}"
            );
        }
    }
    assert_eq!(manifest["format"]["name"], "entra-bundle");
    assert_eq!(manifest["run"]["interrupted"], false);
    assert_eq!(manifest["privacy"]["policy"], "standard");
}

#[test]
fn two_runs_with_the_same_key_and_clock_write_the_same_bytes() {
    let bench = Bench::new();
    for folder in ["one", "two"] {
        std::fs::create_dir(bench.path(folder)).unwrap();
    }
    bench.expect(0, &["collect", "--demo", "--out", "one/demo.zip"]);
    bench.expect(0, &["collect", "--demo", "--out", "two/demo.zip"]);
    let (one, two) = (bench.path("one/demo.zip"), bench.path("two/demo.zip"));
    for (path, bytes) in inside(&one) {
        assert!(inside(&two)[&path] == bytes, "{path} differs");
    }
    assert!(std::fs::read(&one).unwrap() == std::fs::read(&two).unwrap(), "the zips differ");
    assert_eq!(
        std::fs::read(bench.path("one/demo.zip.sha256")).unwrap(),
        std::fs::read(bench.path("two/demo.zip.sha256")).unwrap()
    );
}

#[test]
fn another_key_gives_other_pseudonyms_and_the_same_counts() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("out")).unwrap();
    for (key, zip) in [("a.key", "a.zip"), ("b.key", "b.zip")] {
        bench.expect(0, &["key", "new", "--out", &format!("keys/{key}")]);
        bench.expect(
            0,
            &[
                "collect",
                "--demo",
                "--key",
                &format!("keys/{key}"),
                "--include",
                "users",
                "--out",
                &format!("out/{zip}"),
            ],
        );
    }
    let (a, b) = (inside(&bench.path("out/a.zip")), inside(&bench.path("out/b.zip")));
    let (a, b) = (&a["data/objects/users.jsonl"], &b["data/objects/users.jsonl"]);
    assert_eq!(a.iter().filter(|byte| **byte == b'\n').count(), b.iter().filter(|byte| **byte == b'\n').count());
    assert!(a != b);
    let tokens = |bytes: &[u8]| -> std::collections::BTreeSet<String> {
        String::from_utf8_lossy(bytes)
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.starts_with("px") && word.len() >= 14)
            .map(str::to_owned)
            .collect()
    };
    assert!(tokens(a).is_disjoint(&tokens(b)));
    assert!(!tokens(a).is_empty());
}

#[test]
fn nothing_is_left_behind_but_the_zip_its_sum_and_the_key() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("out")).unwrap();
    bench.expect(0, &["collect", "--demo", "--include", "organization", "--out", "out/demo.zip"]);
    let mut names: Vec<_> = std::fs::read_dir(bench.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["demo.zip", "demo.zip.sha256"]);
    let keys: Vec<_> = std::fs::read_dir(bench.path("home/keys")).unwrap().collect();
    assert_eq!(keys.len(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(keys[0].as_ref().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn stdout_is_one_json_document_and_talk_goes_to_stderr() {
    let bench = Bench::new();
    let output = bench.expect(0, &["collect", "--demo", "--include", "organization", "--json", "--out", "demo.zip"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["datasets"][0]["id"], "organization");
    assert!(!output.stderr.is_empty());
    let plan = bench.expect(0, &["collect", "--demo", "--dry-run", "--json"]);
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    assert!(plan["datasets"].as_array().unwrap().len() >= 65);
    assert!(!bench.path("entra-bundle.zip").exists());
}
