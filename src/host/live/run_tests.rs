//! Programs that hang, flood, fail, leave others behind, write strange bytes or are not there.
//!
//! They are shell scripts of `/bin/sh`; under Windows `tests/wine.rs` runs what is left of them.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use super::run::{Call, Ended, Ran, run};
use crate::record::Outcome;

fn script(text: &str) -> Call {
    Call {
        program: "/bin/sh".into(),
        args: ["-c", text].map(OsString::from).to_vec(),
        timeout: Duration::from_secs(20),
        bytes_max: 1 << 20,
    }
}

async fn ran(text: &str) -> Ran {
    run(&script(text)).await
}

fn outcome(ran: &Ran) -> Outcome {
    ran.verdict(false).outcome
}

#[tokio::test]
async fn both_streams_and_the_exit_code_are_told() {
    let good = ran("echo out; echo err >&2").await;
    assert_eq!(
        (good.ended, good.stdout.as_slice(), good.stderr.as_slice()),
        (Ended::Exited(0), &b"out\n"[..], &b"err\n"[..])
    );
    assert_eq!(outcome(&good), Outcome::Complete);
    let half = ran("echo out; exit 3").await;
    assert_eq!((half.ended, outcome(&half)), (Ended::Exited(3), Outcome::Partial));
    let none = ran("exit 3").await;
    assert_eq!((none.ended, outcome(&none)), (Ended::Exited(3), Outcome::Failed));
    let lost = ran("kill -9 $$").await;
    assert_eq!((lost.ended, outcome(&lost)), (Ended::Lost, Outcome::Failed));
    assert_eq!(ran("cat; echo no input").await.stdout, b"no input\n");
    let wide = ran(r"printf '\377\376a\000\344\000'").await;
    assert_eq!(wide.stdout, b"\xff\xfea\0\xe4\0");
}

#[tokio::test]
async fn what_needs_rights_says_so() {
    let denied = Ran { ended: Ended::NotAllowed, stdout: Vec::new(), stderr: Vec::new() };
    let verdict = denied.verdict(false);
    assert_eq!(verdict.outcome, Outcome::Denied);
    assert_eq!(verdict.reason.unwrap().expose(), "needs elevation");
    assert_eq!(verdict.hint.unwrap().expose(), "run as administrator");
    let elevated = denied.verdict(true);
    assert!(elevated.outcome == Outcome::Denied && elevated.reason.unwrap().expose().contains("administrator"));
    let five = ran("exit 5").await;
    assert_eq!(outcome(&five), Outcome::Denied);
    let folder = tempfile::tempdir().unwrap();
    let call = Call { program: folder.path().as_os_str().to_owned(), ..script("") };
    assert_eq!(run(&call).await.ended, Ended::NotAllowed);
}

#[tokio::test]
async fn a_program_that_is_missing_is_unavailable() {
    let call = Call { program: "/no/such/program".into(), ..script("") };
    let ran = run(&call).await;
    assert_eq!((ran.ended, outcome(&ran)), (Ended::Missing, Outcome::Unavailable));
}

/// Whether a process is there, and no zombie.
fn is_running(id: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

#[tokio::test]
async fn a_program_that_hangs_is_ended_with_all_that_it_started() {
    let began = Instant::now();
    let call = Call { timeout: Duration::from_millis(500), ..script("sleep 60 & echo $!; sleep 60 & echo $!; wait") };
    let ran = run(&call).await;
    assert_eq!((ran.ended, outcome(&ran)), (Ended::TimedOut, Outcome::Partial));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let children = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(children.lines().count(), 2);
    for _ in 0..50 {
        if !children.lines().any(is_running) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a child is still running");
}

#[tokio::test]
async fn a_program_that_leaves_another_behind_is_over_when_it_is_over() {
    let began = Instant::now();
    let ran = ran("sleep 60 & echo $!").await;
    assert_eq!(ran.ended, Ended::Exited(0));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let child = String::from_utf8(ran.stdout).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!is_running(child.trim()), "what it left behind is still running");
}

#[tokio::test]
async fn a_program_that_floods_is_cut_off() {
    let began = Instant::now();
    let call = Call { bytes_max: 100_000, ..script("while :; do echo yesyesyesyesyesyesyesyes; done") };
    let ran = run(&call).await;
    assert_eq!((ran.ended, ran.stdout.len(), outcome(&ran)), (Ended::Flooded, 100_000, Outcome::Partial));
    assert!(began.elapsed() < Duration::from_secs(10));
    let noisy = run(&script("i=0; while [ $i -lt 20000 ]; do echo error >&2; i=$((i+1)); done; echo done")).await;
    assert_eq!((noisy.ended, noisy.stdout.as_slice()), (Ended::Exited(0), &b"done\n"[..]));
    assert_eq!(noisy.stderr.len(), crate::limits::HOST_STDERR_BYTES_MAX);
}

#[tokio::test]
async fn a_run_that_is_dropped_ends_its_program() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("id");
    let text = format!("echo $$ > '{}'; sleep 60", mark.display());
    let call = script(&text);
    let dropped = tokio::time::timeout(Duration::from_millis(500), run(&call)).await;
    assert!(dropped.is_err());
    let id = std::fs::read_to_string(&mark).unwrap();
    for _ in 0..50 {
        if !is_running(id.trim()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the program is still running");
}
