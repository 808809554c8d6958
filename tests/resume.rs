//! Going on after what is no kill: SIGTERM, a network that went away, a sign-in that ended, and with files beside the tenant.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::simulated::Simulated;
use support::{Bench, payload};

fn start(bench: &Bench, address: &str, more: &[&str]) -> Simulated {
    let few = ["--users", "60", "--sign-ins", "300", "--audits", "200", "--page-max", "10"];
    Simulated::start_at(bench, address, &[&few, more].concat())
}

fn collect(tenant: &Simulated, bench: &Bench, zip: &str, more: &[&str]) -> Command {
    let mut command = tenant.collect(bench, zip, &["--json", "--source", "audits=graph", "--source", "sign-ins=graph"]);
    command.args(["users", "groups", "group-members", "audits", "sign-ins"].iter().flat_map(|id| ["--include", id]));
    command.args(more);
    command
}

/// Waits until a run has closed so many slices behind the directory.
fn wait_for_slices(spool: &Path, slices: usize) {
    let end = Instant::now() + Duration::from_secs(60);
    let count = || {
        let text = std::fs::read_to_string(spool.join("journal.jsonl")).unwrap_or_default();
        let behind = text.lines().skip_while(|line| !line.contains("\"frozen\""));
        behind.filter(|line| line.contains("\"close\"")).count()
    };
    while count() < slices {
        assert!(Instant::now() < end, "the run closes nothing");
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn manifest(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no manifest\n{}", String::from_utf8_lossy(&output.stderr)))
}

fn outcomes(manifest: &Value) -> BTreeMap<String, String> {
    let rows = manifest["datasets"].as_array().unwrap().iter();
    rows.map(|row| (row["id"].as_str().unwrap().to_owned(), row["outcome"].as_str().unwrap().to_owned())).collect()
}

/// An undisturbed run, and a slow tenant of the same records.
fn stage(bench: &Bench, more: &[&str]) -> (Simulated, i32) {
    let tenant = start(bench, "127.0.0.1:0", &["--latency-ms", "25"]);
    let quiet = collect(&tenant, bench, "quiet.zip", more).output().unwrap();
    let code = quiet.status.code().unwrap();
    assert!(matches!(code, 0 | 3), "{}", String::from_utf8_lossy(&quiet.stderr));
    (tenant, code)
}

/// Goes on, and insists on the undisturbed run's bundle.
fn go_on(bench: &Bench, mut command: Command, zip: &str, code: i32) {
    command.arg("--resume");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(manifest(&output)["run"]["resumed"], true);
    assert!(payload(&bench.path(zip)) == payload(&bench.path("quiet.zip")), "other records than an undisturbed run's");
    bench.expect(0, &["verify", zip]);
    assert!(!bench.path(&format!("{zip}.spool")).exists());
}

#[test]
fn a_polite_end_leaves_an_interrupted_bundle_and_goes_on() {
    let bench = Bench::new();
    let (tenant, code) = stage(&bench, &[]);
    let child = collect(&tenant, &bench, "one.zip", &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_slices(&bench.path("one.zip.spool"), 2);
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(manifest(&output)["run"]["interrupted"], true);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--resume"));
    go_on(&bench, collect(&tenant, &bench, "one.zip", &[]), "one.zip", code);
}

#[test]
fn a_lost_network_ends_in_a_bundle_that_says_so_and_goes_on_when_it_is_back() {
    let bench = Bench::new();
    let (mut tenant, code) = stage(&bench, &[]);
    let command = |more: &[&str]| collect(&tenant, &bench, "one.zip", more);
    let child = command(&["--deadline", "20s"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let again = command(&[]);
    let address = tenant.text("graph_url").trim_start_matches("http://").to_owned();
    wait_for_slices(&bench.path("one.zip.spool"), 3);
    tenant.stop();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let ended = outcomes(&manifest(&output));
    assert!(ended.values().any(|outcome| matches!(outcome.as_str(), "failed" | "partial")), "{ended:?}");
    assert!(said.contains("--resume") && bench.path("one.zip.spool").is_dir(), "{said}");
    bench.expect(0, &["verify", "one.zip"]);
    // The same tenant at the same address.
    let back = start(&bench, &address, &[]);
    let mut again = again;
    again.env("ENTRA_BUNDLE_TOKEN", back.text("token"));
    go_on(&bench, again, "one.zip", code);
}

#[test]
fn an_ended_sign_in_goes_on_with_a_new_one() {
    let bench = Bench::new();
    let (tenant, code) = stage(&bench, &[]);
    let text = "[[rule]]\npath = \"/v1.0/auditLogs/*\"\nrequest = 3\ntimes = \"always\"\nfault = { unauthorised = { claims = false } }\n[[rule]]\npath = \"/beta/auditLogs/*\"\nrequest = 3\ntimes = \"always\"\nfault = { unauthorised = { claims = false } }\n";
    std::fs::write(bench.path("ended.toml"), text).unwrap();
    let address = tenant.text("graph_url").trim_start_matches("http://").to_owned();
    drop(tenant);
    let ended = start(&bench, &address, &["--faults", "ended.toml"]);
    let output = collect(&ended, &bench, "one.zip", &[]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let how = outcomes(&manifest(&output));
    assert!(["audits", "sign-ins"].iter().all(|id| how[*id] != "complete"), "{how:?}");
    assert!(said.contains("--resume") && bench.path("one.zip.spool").is_dir(), "{said}");
    drop(ended);
    let tenant = start(&bench, &address, &[]);
    go_on(&bench, collect(&tenant, &bench, "one.zip", &[]), "one.zip", code);
}

#[test]
fn a_run_with_files_goes_on_to_the_same_bundle() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("in")).unwrap();
    let lines: String = (0..400).map(|number| format!("2026-09-14T10:00:00Z line {number} of a log\n")).collect();
    std::fs::write(bench.path("in/server.log"), lines).unwrap();
    std::fs::write(
        bench.path("in/people.csv"),
        "userPrincipalName,mail\nnobody7@elsewhere.test,nobody7@elsewhere.test\n",
    )
    .unwrap();
    let files = ["--input", "in"];
    let (tenant, code) = stage(&bench, &files);
    for (turn, slices) in [1, 4].into_iter().enumerate() {
        let zip = format!("{turn}.zip");
        let mut child =
            collect(&tenant, &bench, &zip, &files).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_slices(&bench.path(&format!("{zip}.spool")), slices);
        child.kill().unwrap();
        child.wait().unwrap();
        // Other files are another run.
        let other = collect(&tenant, &bench, &zip, &["--resume", "--input", "home"]).output().unwrap();
        assert_eq!(other.status.code(), Some(2), "{}", String::from_utf8_lossy(&other.stderr));
        go_on(&bench, collect(&tenant, &bench, &zip, &files), &zip, code);
    }
}
