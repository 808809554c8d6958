//! A run is killed (SIGKILL) at points chosen by a seed, goes on with `--resume`, perhaps is killed again: in the end the
//! bundle is the undisturbed run's, and at no point is an identifier in the spool.
//!
//! `KILLS` sets how many points are tried (20), `KILLS_SEED` the first seed (1); every failure prints its seed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use aho_corasick::AhoCorasick;
use serde_json::Value;
use support::{Bench, Truth, inside};

/// Teaching datasets, lists, fan-outs, logs of Graph and a log that only a workspace has.
const DATASETS: [&str; 15] = [
    "users",
    "groups",
    "devices",
    "applications",
    "service-principals",
    "group-members",
    "conditional-access-policies",
    "role-definitions",
    "service-principal-owners",
    "audits",
    "sign-ins",
    "sign-ins-noninteractive",
    "provisioning",
    "user-risk-events",
    "adfs-sign-ins",
];
const TENANT: [&str; 8] = ["--users", "60", "--sign-ins", "300", "--audits", "200", "--page-max", "20"];
/// Logs of one place, whose closed slices are kept; the others may come from two.
const SOURCES: [&str; 4] =
    ["audits=graph", "sign-ins=graph", "sign-ins-noninteractive=log-analytics", "adfs-sign-ins=log-analytics"];
/// Resumptions until a run must be through.
const TRIES_MAX: u32 = 4;

/// A tenant that ends with the value.
struct Simulated {
    child: Child,
    told: Value,
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Simulated {
    fn start(bench: &Bench, more: &[&str]) -> Self {
        let mut command = bench.command(&["simulate", "--listen", "127.0.0.1:0", "--limits", "off"]);
        let mut child = command.args(TENANT).args(more).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { told: serde_json::from_str(&line).unwrap(), child }
    }

    fn text(&self, name: &str) -> &str {
        self.told[name].as_str().unwrap_or_else(|| panic!("the server does not say its {name}"))
    }

    fn collect(&self, bench: &Bench, zip: &str, more: &[&str]) -> Command {
        let mut command = bench.command(&["collect", "--tenant", self.text("tenant_id"), "--auth", "token"]);
        command
            .args(["--out", zip, "--key", "home/kill.key"])
            .args(["--graph-url", self.text("graph_url"), "--login-url", self.text("login_url")])
            .args(["--arm-url", self.text("arm_url"), "--logs-url", self.text("logs_url")])
            .args(["reports=off", "identity=off", "directory=off", "workspace=off"].iter().flat_map(|r| ["--rate", r]))
            .args(DATASETS.iter().flat_map(|id| ["--include", id]))
            .args(["--workspace", self.text("workspace_id")])
            .args(SOURCES.iter().flat_map(|one| ["--source", one]))
            .args(more)
            .env("ENTRA_BUNDLE_TOKEN", self.text("token"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    fn finish(&self, bench: &Bench, zip: &str, more: &[&str]) -> Output {
        self.collect(bench, zip, more).output().unwrap()
    }
}

/// A bench with a key, and a bundle of an undisturbed run.
fn bench() -> Bench {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path("home")).unwrap();
    bench.expect(0, &["key", "new", "--out", "home/kill.key"]);
    bench
}

/// What a bundle says: its payload but the log of the run, and how its datasets ended.
fn content(zip: &Path) -> (BTreeMap<String, Vec<u8>>, Value) {
    let mut files = inside(zip);
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let rows = manifest["datasets"].as_array().unwrap().iter().map(|row| {
        let said = ["id", "outcome", "reason", "records", "expected", "slices", "window", "first", "last", "source"];
        said.iter().map(|name| row[*name].clone()).collect::<Value>()
    });
    let rows = rows.collect();
    files.retain(|path, _| path.starts_with("data/") && path != "data/run-log.jsonl");
    (files, rows)
}

/// What is in the spool's files, unpacked as far as it goes.
fn spooled(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for file in folder.read_dir().into_iter().flatten().flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let mut unpacked = Vec::new();
        // The stream has no end; what came before the error counts.
        let _ = flate2::read::DeflateDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked);
        all.extend(bytes);
        all.push(b'\n');
        all.extend(unpacked);
    }
    all
}

/// Identifiers that are one wherever they stand: long, with a sign in them. People's names in free text are not among
/// them: what is written before the directory is known is searched for names at the end, by the sweep.
fn canaries(bench: &Bench) -> (Vec<String>, AhoCorasick) {
    bench.expect(0, &[["simulate", "--truth", "truth.json"].as_slice(), TENANT.as_slice()].concat());
    let truth: Truth = serde_json::from_slice(&std::fs::read(bench.path("truth.json")).unwrap()).unwrap();
    let all =
        truth.identifiers.into_iter().flat_map(|(kind, values)| values.into_iter().map(move |v| (kind.clone(), v)));
    let telling = all
        .filter(|(kind, value)| kind != "name" && value.len() >= 9 && value.contains(['@', '-', '.', '\\', '=', ' ']));
    let (kinds, values): (Vec<_>, Vec<_>) = telling.unzip();
    (kinds, AhoCorasick::new(values).unwrap())
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Between 0 and 1, from a seed (SplitMix64).
fn fraction(seed: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Runs and kills after a while; whether the run was through before.
fn kill_after(mut command: Command, pause: Duration) -> bool {
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + pause;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return matches!(status.code(), Some(0 | 3));
        }
        if Instant::now() >= end {
            child.kill().unwrap();
            child.wait().unwrap();
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_killed_run_goes_on_to_the_same_bundle() {
    let bench = bench();
    let tenant = Simulated::start(&bench, &["--latency-ms", "4", "--routing", "all"]);
    let (kinds, raw) = canaries(&bench);
    assert!(kinds.len() > 200);
    let began = Instant::now();
    let quiet = tenant.finish(&bench, "quiet.zip", &[]);
    let length = began.elapsed();
    assert!(matches!(quiet.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&quiet.stderr));
    let (files, rows) = content(&bench.path("quiet.zip"));
    assert!(files.len() >= 10, "{:?}", files.keys());
    let (mut kills, mut with_work) = (0, 0);
    let first = number("KILLS_SEED", 1);
    for seed in first..first + number("KILLS", 20) {
        let zip = format!("{seed}.zip");
        let (path, spool) = (bench.path(&zip), bench.path(&format!("{zip}.spool")));
        let mut is_through = false;
        for turn in 0..1 + (seed % 3) {
            let resume: &[&str] = if spool.is_dir() { &["--resume"] } else { &[] };
            let pause = length.mul_f64(fraction(seed * 16 + turn) * 1.05);
            is_through = kill_after(tenant.collect(&bench, &zip, resume), pause);
            if is_through {
                break;
            }
            kills += 1;
            assert!(!path.exists() || !spool.exists() || inside(&path).contains_key("manifest.json"), "seed {seed}");
            let journal = std::fs::read(spool.join("journal.jsonl")).unwrap_or_default();
            with_work += u32::from(journal.iter().filter(|byte| **byte == b'\n').count() > 3);
            let haystack = spooled(&spool);
            if let Some(hit) = raw.find(&haystack) {
                panic!("seed {seed}: an identifier of kind {} is in the spool", kinds[hit.pattern().as_usize()]);
            }
        }
        let mut tries = 0;
        while !is_through {
            tries += 1;
            assert!(tries <= TRIES_MAX, "seed {seed}: the run does not end");
            if path.exists() && !spool.exists() {
                break; // Killed between the last step and its end.
            }
            let resume: &[&str] = if spool.is_dir() { &["--resume"] } else { &[] };
            let output = tenant.finish(&bench, &zip, resume);
            let said = String::from_utf8_lossy(&output.stderr);
            is_through = output.status.code() == quiet.status.code();
            assert!(is_through, "seed {seed}: {:?}\n{said}", output.status.code());
        }
        bench.expect(0, &["verify", &zip]);
        assert!(!spool.exists(), "seed {seed}");
        let (ours, ends) = content(&path);
        assert_eq!(ours.keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>(), "seed {seed}");
        for (name, bytes) in &files {
            assert!(ours[name] == *bytes, "seed {seed}: {name} differs");
        }
        assert_eq!(ends, rows, "seed {seed}");
        std::fs::remove_file(&path).unwrap();
    }
    println!("{kills} kills, {with_work} of them with work done; the undisturbed run took {length:?}");
    assert!(with_work > 0, "no kill found any work");
}
