//! A run is killed (SIGKILL) at points chosen by a seed, goes on with `--resume`, perhaps is killed again: in the end the
//! bundle is the undisturbed run's, and at no point is an identifier in the spool.
//!
//! `KILLS` sets how many points are tried (20), `KILLS_SEED` the first seed (1); every failure prints its seed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]
#![allow(clippy::use_debug, reason = "a length of time reads well so")]

mod support;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aho_corasick::AhoCorasick;
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::spool::{Spool, SpoolKey};
use serde_json::Value;
use support::simulated::Simulated;
use support::{Bench, Truth, limited, manifest, payload};

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
/// Runs at the same time.
const ABREAST: usize = 3;

fn start(bench: &Bench, more: &[&str]) -> Simulated {
    Simulated::start(bench, &[&TENANT, more].concat())
}

fn collect(tenant: &Simulated, bench: &Bench, zip: &str, more: &[&str]) -> Command {
    let mut command = tenant.collect(bench, zip, &["--key", "home/kill.key"]);
    command
        .args(DATASETS.iter().flat_map(|id| ["--include", id]))
        .args(["--workspace", tenant.text("workspace_id")])
        .args(SOURCES.iter().flat_map(|one| ["--source", one]))
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
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
    let manifest = manifest(zip);
    let rows = manifest["datasets"].as_array().unwrap().iter().map(|row| {
        let said = ["id", "outcome", "reason", "records", "expected", "slices", "window", "first", "last", "source"];
        said.iter().map(|name| row[*name].clone()).collect::<Value>()
    });
    (payload(zip), rows.collect())
}

/// What the closed slices of a spool hold, for those who have the key.
fn opened(bench: &Bench, folder: &Path) -> Vec<u8> {
    // A copy: opening a spool is the beginning of going on with it.
    let copy = tempfile::tempdir().unwrap();
    for file in folder.read_dir().into_iter().flatten().flatten() {
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let key = SpoolKey::of(&Ff1::new(&MasterKey::load(&bench.path("home/kill.key")).unwrap()));
    let Ok((spool, _)) = Spool::reopen(copy.path(), &key) else { return Vec::new() };
    let blocks = spool.entries().into_iter().flat_map(|entry| spool.blocks(&entry));
    blocks.flat_map(|block| spool.read(&block).unwrap().bytes().to_vec()).collect()
}

/// What is in the spool's files for everybody else, unpacked as far as it goes.
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

/// Identifiers that are one wherever they stand: long, with a sign in them. People's names are among them: before the
/// directory is known they can stand in free text until the sweep, and nobody can read that without the key.
fn canaries(bench: &Bench) -> (Vec<String>, AhoCorasick) {
    bench.expect(0, &[["simulate", "--truth", "truth.json"].as_slice(), TENANT.as_slice()].concat());
    let truth: Truth = serde_json::from_slice(&std::fs::read(bench.path("truth.json")).unwrap()).unwrap();
    let all =
        truth.identifiers.into_iter().flat_map(|(kind, values)| values.into_iter().map(move |v| (kind.clone(), v)));
    let telling = all.filter(|(_, value)| value.len() >= 9 && value.contains(['@', '-', '.', '\\', '=', ' ']));
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

/// What all runs are measured by.
struct Course<'a> {
    bench: &'a Bench,
    tenant: &'a Simulated,
    kinds: Vec<String>,
    raw: AhoCorasick,
    length: Duration,
    code: Option<i32>,
    files: BTreeMap<String, Vec<u8>>,
    rows: Value,
}

impl Course<'_> {
    /// Kills a run up to three times and lets it end; gives how often it was killed, and how often with work done.
    fn run(&self, seed: u64) -> (u32, u32) {
        let zip = format!("{seed}.zip");
        let (path, spool) = (self.bench.path(&zip), self.bench.path(&format!("{zip}.spool")));
        let (mut kills, mut with_work, mut is_through) = (0, 0, false);
        for turn in 0..=seed % 3 {
            let resume: &[&str] = if spool.is_dir() { &["--resume"] } else { &[] };
            let pause = self.length.mul_f64(fraction(seed * 16 + turn) * 1.5);
            is_through = kill_after(collect(self.tenant, self.bench, &zip, resume), pause);
            if is_through || (path.exists() && !spool.exists()) {
                is_through = true;
                break;
            }
            kills += 1;
            let kind = |hit: aho_corasick::Match| self.kinds[hit.pattern().as_usize()].as_str();
            if let Some(hit) = self.raw.find(&spooled(&spool)) {
                panic!("seed {seed}: an identifier of kind {} is on the disk", kind(hit));
            }
            // Behind the key only names may wait for the sweep, in free text that came before the directory.
            let opened = opened(self.bench, &spool);
            if let Some(hit) = self.raw.find_iter(&opened).find(|hit| kind(*hit) != "name") {
                panic!("seed {seed}: an identifier of kind {} is in the spool", kind(hit));
            }
            with_work += u32::from(!opened.is_empty());
        }
        if !is_through {
            let resume: &[&str] = if spool.is_dir() { &["--resume"] } else { &[] };
            let output = collect(self.tenant, self.bench, &zip, resume).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), self.code, "seed {seed}\n{said}");
        }
        self.compare(&zip, &format!("seed {seed}"));
        std::fs::remove_file(&path).unwrap();
        (kills, with_work)
    }

    /// Insists on the undisturbed run's bundle, and on nothing else left.
    fn compare(&self, zip: &str, what: &str) {
        self.bench.expect(0, &["verify", zip]);
        // A kill between the bundle's name and the end leaves the spool: nothing but room on the disk.
        let (ours, ends) = content(&self.bench.path(zip));
        assert_eq!(ours.keys().collect::<Vec<_>>(), self.files.keys().collect::<Vec<_>>(), "{what}");
        for (name, bytes) in &self.files {
            assert!(ours[name] == *bytes, "{what}: {name} differs");
        }
        assert_eq!(ends, self.rows, "{what}");
    }
}

fn course<'a>(bench: &'a Bench, tenant: &'a Simulated) -> Course<'a> {
    let (kinds, raw) = canaries(bench);
    assert!(kinds.len() > 200);
    let began = Instant::now();
    let quiet = collect(tenant, bench, "quiet.zip", &[]).output().unwrap();
    let length = began.elapsed();
    let code = quiet.status.code();
    assert!(matches!(code, Some(0 | 3)), "{}", String::from_utf8_lossy(&quiet.stderr));
    let (files, rows) = content(&bench.path("quiet.zip"));
    assert!(files.len() >= 10, "{:?}", files.keys());
    Course { bench, tenant, kinds, raw, length, code, files, rows }
}

#[test]
fn a_killed_run_goes_on_to_the_same_bundle() {
    let bench = bench();
    let tenant = start(&bench, &["--latency-ms", "4", "--routing", "all"]);
    let course = course(&bench, &tenant);
    let first = number("KILLS_SEED", 1);
    let last = first + number("KILLS", 20);
    let next = AtomicU64::new(first);
    let worker = || {
        let (mut kills, mut with_work) = (0, 0);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= last {
                return (kills, with_work);
            }
            let (more, worked) = course.run(seed);
            (kills, with_work) = (kills + more, with_work + worked);
        }
    };
    let sums: Vec<(u32, u32)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..ABREAST).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let (kills, with_work) = sums.iter().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    println!(
        "{} runs, {kills} kills, {with_work} of them with work done; undisturbed {:?}",
        last - first,
        course.length
    );
    assert!(with_work > 0, "no kill found any work");
}

/// Ctrl-C leaves a bundle that says `interrupted`; going on replaces it. Another run may not go on in its place.
#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on_as_itself_only() {
    let bench = bench();
    let tenant = start(&bench, &["--latency-ms", "30", "--routing", "all"]);
    let course = course(&bench, &tenant);
    let mut child = collect(&tenant, &bench, "one.zip", &[]).stderr(Stdio::null()).spawn().unwrap();
    let journal = bench.path("one.zip.spool/journal.jsonl");
    let end = Instant::now() + Duration::from_secs(60);
    let begun = |text: String| text.contains("\"frozen\"");
    while !std::fs::read_to_string(&journal).is_ok_and(begun) && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(3));
    let manifest = |zip: &str| manifest(&bench.path(zip));
    assert_eq!(manifest("one.zip")["run"]["interrupted"], true);
    assert!(bench.path("one.zip.spool").is_dir(), "the spool of an interrupted run is kept");

    let refused = |zip: &str, more: &[&str], code: i32, text: &str| {
        let output = collect(&tenant, &bench, zip, more).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(text), "{said}");
        assert!(bench.path("one.zip.spool").is_dir());
    };
    refused("one.zip", &["--resume", "--since", "2d"], 2, "the time window");
    refused("one.zip", &["--resume", "--policy", "strict"], 2, "the privacy policy");
    refused("one.zip", &["--resume", "--include", "domains"], 2, "the datasets");
    refused("one.zip", &["--resume", "--source", "provisioning=graph"], 2, "the places of the logs");
    std::fs::rename(bench.path("home/kill.key"), bench.path("home/own.key")).unwrap();
    bench.expect(0, &["key", "new", "--out", "home/kill.key"]);
    refused("one.zip", &["--resume"], 2, "the key");
    std::fs::rename(bench.path("home/own.key"), bench.path("home/kill.key")).unwrap();
    let (written, version) = (std::fs::read_to_string(&journal).unwrap(), env!("CARGO_PKG_VERSION"));
    let older = written.replacen(&format!("\"tool\":\"{version}\""), "\"tool\":\"0.0.1\"", 1);
    assert!(older != written);
    std::fs::write(&journal, older).unwrap();
    refused("one.zip", &["--resume"], 2, "the version of the program");
    std::fs::write(&journal, written).unwrap();
    refused("none.zip", &["--resume"], 2, "there is no spool");
    refused("one.zip", &[], 6, "exists");
    // Without its bundle: the work of an earlier run is not thrown away in silence.
    std::fs::rename(bench.path("one.zip"), bench.path("away.zip")).unwrap();
    refused("one.zip", &[], 6, "--resume");
    std::fs::rename(bench.path("away.zip"), bench.path("one.zip")).unwrap();

    let output = collect(&tenant, &bench, "one.zip", &["--resume", "--since", "7d"]).output().unwrap();
    assert_eq!(output.status.code(), course.code, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(manifest("one.zip")["run"]["interrupted"], false);
    assert_eq!(manifest("one.zip")["run"]["resumed"], true);
    course.compare("one.zip", "interrupted");
    assert!(!bench.path("one.zip.spool").exists());
}

/// A full disk (here: files may not grow) ends the run with exit code 6 and keeps the work.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_the_work() {
    let bench = bench();
    let tenant = start(&bench, &["--routing", "all"]);
    let course = course(&bench, &tenant);
    let plain = collect(&tenant, &bench, "one.zip", &[]);
    let output = limited(&plain, &bench, 100).stdout(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("the disk is full") && said.contains("--resume"), "{said}");
    assert!(bench.path("one.zip.spool").is_dir() && !bench.path("one.zip").exists());
    let output = collect(&tenant, &bench, "one.zip", &["--resume"]).output().unwrap();
    assert_eq!(output.status.code(), course.code, "{}", String::from_utf8_lossy(&output.stderr));
    course.compare("one.zip", "full disk");
}
