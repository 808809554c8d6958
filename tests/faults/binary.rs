//! The whole program against a faulty tenant in a process of its own: exit code, manifest and summary agree.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::stranger;
use super::support::simulated::Simulated;
use super::support::{Bench, dataset, payload};
use std::sync::atomic::Ordering;

fn simulate(bench: &Bench, plan: &str) -> Simulated {
    std::fs::write(bench.path("plan.toml"), plan).unwrap();
    let few = ["--users", "60", "--sign-ins", "120", "--audits", "90", "--page-max", "10"];
    Simulated::start(bench, &[&few[..], &["--faults", "plan.toml"]].concat())
}

struct Ran {
    code: i32,
    manifest: serde_json::Value,
    said: String,
}

impl Ran {
    fn dataset(&self, id: &str) -> &serde_json::Value {
        dataset(&self.manifest, id)
    }

    fn outcome(&self, id: &str) -> &str {
        self.dataset(id)["outcome"].as_str().unwrap()
    }
}

/// Runs `collect` and checks that its three voices say the same.
fn collect(bench: &Bench, tenant: &Simulated, more: &[&str]) -> Ran {
    let url = tenant.text("graph_url");
    let output = bench
        .command(&[
            "collect",
            "--tenant",
            tenant.text("tenant_id"),
            "--auth",
            "client-secret",
            "--out",
            "out.zip",
            "--json",
        ])
        .args(["--graph-url", url, "--login-url", url, "--arm-url", url])
        .args(["--rate", "reports=off", "--rate", "identity=off", "--rate", "directory=off"])
        .args(more)
        .env("AZURE_CLIENT_ID", "00000000-0000-4000-8000-00000000000a")
        .env("AZURE_CLIENT_SECRET", "invented")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code().unwrap();
    assert!(matches!(code, 0 | 3), "{code}\n{said}");
    let ran = Ran { code, manifest: serde_json::from_slice(&output.stdout).unwrap(), said };
    let answered = ["complete", "unlicensed", "unavailable", "skipped"];
    let mut open = 0;
    for row in ran.manifest["datasets"].as_array().unwrap() {
        let (id, outcome) = (row["id"].as_str().unwrap(), row["outcome"].as_str().unwrap());
        let said = ran.said.contains(&format!("  {id} is {outcome}: "));
        assert_eq!(
            said,
            !answered.contains(&outcome),
            "{id}: the summary should name what is not answered, and only that"
        );
        open += i32::from(said);
    }
    assert_eq!(ran.code, if open > 0 { 3 } else { 0 }, "{}", ran.said);
    bench.expect(0, &["verify", "out.zip"]);
    ran
}

#[test]
fn what_passes_leaves_a_complete_bundle() {
    let bench = Bench::new();
    let quiet = simulate(&bench, "");
    let wanted = ["users", "groups", "group-members", "audits", "sign-ins"];
    let include: Vec<&str> = wanted.iter().flat_map(|id| ["--include", id]).collect();
    let truth = collect(&bench, &quiet, &include);
    assert_eq!(truth.code, 0);
    std::fs::rename(bench.path("out.zip"), bench.path("quiet.zip")).unwrap();
    let faulty = simulate(
        &bench,
        r#"
        rule = [
            { dataset = "users", page = 2, fault = { answer = { status = 429 } } },
            { dataset = "users", page = 3, fault = "truncated" },
            { dataset = "groups", page = 2, fault = { unauthorised = { claims = true } } },
            { dataset = "group-members", fault = { batch = [503, 429, 200] } },
            { dataset = "audits", page = 3, fault = { answer = { status = 400, code = "UnknownError", message = "Skip token is null" } } },
            { dataset = "audits", page = 4, fault = { answer = { status = 503, body = "html", retry_after = "1" } } },
            { dataset = "sign-ins", page = 2, fault = { reset = "during" } },
            { dataset = "sign-ins", page = 3, fault = { empty-pages = 2 } },
        ]
        "#,
    );
    let ran = collect(&bench, &faulty, &include);
    assert_eq!(ran.code, 0);
    for id in wanted {
        assert_eq!(ran.outcome(id), "complete");
        assert_eq!(ran.dataset(id)["records"], truth.dataset(id)["records"], "{id}");
    }
    assert!(ran.manifest["run"]["retries"].as_u64().unwrap() >= 5);
    // The same records to the byte, whatever went wrong on the way.
    let (quiet, faulty) = (payload(&bench.path("quiet.zip")), payload(&bench.path("out.zip")));
    for (path, bytes) in &quiet {
        assert!(faulty[path] == *bytes, "{path} differs");
    }
}

#[test]
fn what_does_not_pass_is_said_in_manifest_summary_and_exit_code() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (elsewhere, heard) = runtime.block_on(stranger());
    let bench = Bench::new();
    let tenant = simulate(
        &bench,
        &format!(
            r#"
            rule = [
                {{ dataset = "users", page = 2, times = "always", fault = {{ answer = {{ status = 400, code = "Strange" }} }} }},
                {{ dataset = "groups", page = 1, times = "always", fault = {{ elsewhere = "{elsewhere}" }} }},
                {{ dataset = "devices", times = "always", fault = {{ answer = {{ status = 403, code = "Authorization_RequestDenied" }} }} }},
                {{ dataset = "applications", times = "always", fault = {{ redirect = {{ to = "{elsewhere}" }} }} }},
                {{ dataset = "sign-ins", times = "always", fault = {{ answer = {{ status = 403, code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant" }} }} }},
            ]
            "#
        ),
    );
    let include: Vec<&str> = ["users", "groups", "devices", "applications", "sign-ins", "organization"]
        .iter()
        .flat_map(|id| ["--include", id])
        .collect();
    let ran = collect(&bench, &tenant, &include);
    assert_eq!(ran.code, 3);
    for (id, outcome) in [
        ("users", "partial"),
        ("groups", "partial"),
        ("devices", "denied"),
        ("applications", "failed"),
        ("sign-ins", "unlicensed"),
        ("organization", "complete"),
    ] {
        assert_eq!(ran.outcome(id), outcome, "{id}: {}", ran.dataset(id));
    }
    assert_eq!(ran.dataset("users")["records"], 10);
    assert_eq!(ran.dataset("users")["expected"], 60);
    assert_eq!(heard.load(Ordering::SeqCst), 0, "the collector spoke to somebody else");
}

#[test]
fn a_deadline_ends_a_run_that_would_wait_for_long_and_says_what_it_waits_for() {
    let bench = Bench::new();
    let tenant = simulate(
        &bench,
        r#"
        rule = [
            { dataset = "users", page = 2, times = "always", fault = { answer = { status = 429, retry_after = "200" } } },
            { dataset = "sign-ins", page = 2, times = "always", fault = { stall = { at = "before", ms = 100000 } } },
        ]
        "#,
    );
    let began = Instant::now();
    let more = ["--include", "users", "--include", "sign-ins", "--include", "organization", "--deadline", "4s"];
    let ran = collect(&bench, &tenant, &more);
    assert!(began.elapsed() < Duration::from_secs(60));
    assert_eq!(ran.code, 3);
    for id in ["users", "sign-ins"] {
        assert_eq!(ran.outcome(id), "partial");
        assert!(ran.dataset(id)["reason"].as_str().unwrap().contains("time limit of the run"), "{}", ran.dataset(id));
    }
    assert_eq!(ran.dataset("users")["records"], 10);
    assert!(ran.said.contains("The deadline is reached"), "{}", ran.said);
    assert!(ran.said.contains("directory 429"), "a long wait is said where no display moves: {}", ran.said);
    assert_eq!(ran.manifest["run"]["interrupted"], false);
}

#[test]
fn plans_are_checked_before_anything_is_served() {
    let bench = Bench::new();
    std::fs::write(bench.path("bad.toml"), "[[rule]]\nfault = \"unheard-of\"").unwrap();
    for plan in ["bad.toml", "missing.toml"] {
        let output = bench.expect(2, &["simulate", "--listen", "127.0.0.1:0", "--faults", plan]);
        assert!(String::from_utf8_lossy(&output.stderr).contains("fault plan"));
    }
    bench.expect(2, &["collect", "--demo", "--deadline", "soon"]);
    // A seed is a plan, too, and says which.
    let mut child = bench
        .command(&["simulate", "--listen", "127.0.0.1:0", "--faults", "7"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let mut said = String::new();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    errors.read_line(&mut said).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(said, "seed = 7\n");
    assert!(line.contains("graph_url"));
}
