//! Ctrl-C and SIGTERM while a bundle is made: the run ends soon, with the exit code of the contract, and leaves what it
//! should.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::disk::{Simulated, listing, noise, same};
use super::support::Bench;
use super::watch;

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Waits until a file has something in it.
fn wait_for(path: &Path, child: &mut Child) {
    let end = Instant::now() + Duration::from_secs(120);
    while !path.metadata().is_ok_and(|found| found.len() > 0) {
        assert!(Instant::now() < end && child.try_wait().unwrap().is_none(), "{} stays empty", path.display());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How it ended and what it said, soon.
fn end(mut child: Child) -> (Option<i32>, String) {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn redact_ends_at_once_and_leaves_nothing() {
    let bench = Bench::new();
    std::fs::write(bench.path("a.log"), noise(200_000)).unwrap();
    // While it cleans, and while it makes the zip.
    for (name, busy) in [("INT", "case.zip.spool/blocks"), ("TERM", "case.zip.spool/blocks"), ("TERM", "case.zip.part")]
    {
        let mut command = bench.command(&["redact", "a.log", "--out", "case.zip"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&bench.path(busy), &mut child);
        signal(&child, name);
        let (code, said) = end(child);
        assert_eq!(code, Some(130), "{said}");
        assert!(said.contains("interrupted"), "{said}");
        assert_eq!(listing(bench.folder.path(), "case"), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_collection_that_is_abandoned_while_it_closes_goes_on() {
    let bench = Bench::new();
    let tenant = Simulated::start(&bench, 0);
    let quiet = watch(tenant.collect(&bench, &bench.path("quiet.zip"), &[]));
    let mut command = tenant.collect(&bench, &bench.path("case.zip"), &[]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&bench.path("case.zip.part"), &mut child);
    signal(&child, "TERM");
    let (code, said) = end(child);
    assert_eq!(code, Some(130), "{said}");
    assert_eq!(listing(bench.folder.path(), "case"), ["case.zip.spool"], "{said}");
    let ran = watch(tenant.collect(&bench, &bench.path("case.zip"), &["--resume"]));
    assert_eq!(ran.code, quiet.code, "{}", ran.said);
    assert!(same(&bench.path("case.zip"), &bench.path("quiet.zip")), "other records");
}
