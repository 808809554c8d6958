//! What several test programs share: running the binary in a folder of its own, reading a bundle, the demo's truth.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod simulated;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// 2026-09-15T12:00:00Z: the clock of all tests that compare bytes.
pub const EPOCH: &str = "1789473600";

/// A folder that is removed at the end, with a key folder of its own.
pub struct Bench {
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary, with a fixed clock, its own configuration folder and no sign-in from outside.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entra-bundle"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("ENTRA_BUNDLE_HOME", self.path("home"))
            .env("SOURCE_DATE_EPOCH", EPOCH)
            .env("NO_COLOR", "1")
            .env_remove("ENTRA_BUNDLE_TOKEN")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs and insists on the exit code; the error output is shown when it differs.
    pub fn expect(&self, code: i32, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        let said = [&output.stderr[..], &output.stdout[..output.stdout.len().min(4_000)]].concat();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{}", String::from_utf8_lossy(&said));
        output
    }
}

/// Every entry of a zip, unpacked.
pub fn entries(zip: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(zip).unwrap()).unwrap();
    let mut all = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        all.insert(entry.name().unwrap().into_owned(), bytes);
    }
    all
}

/// The entries without their top folder.
pub fn inside(zip: &Path) -> BTreeMap<String, Vec<u8>> {
    entries(zip).into_iter().map(|(path, bytes)| (path.split_once('/').unwrap().1.to_owned(), bytes)).collect()
}

/// What was collected: the payload without the log of the run, which tells times.
pub fn payload(zip: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = inside(zip);
    files.retain(|path, _| path.starts_with("data/") && path != "data/run-log.jsonl");
    files
}

/// The manifest of a bundle.
pub fn manifest(zip: &Path) -> Value {
    serde_json::from_slice(&inside(zip)["manifest.json"]).unwrap()
}

/// A dataset's row of a manifest.
pub fn dataset<'m>(manifest: &'m Value, id: &str) -> &'m Value {
    manifest["datasets"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

/// A zip that is no bundle, with these members, deflated; names are written as they are.
#[allow(clippy::disallowed_methods, reason = "input of a test: the bundle's zip is written by archive::zip alone")]
pub fn zipped(members: &[(impl AsRef<str>, impl AsRef<[u8]>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name.as_ref(), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes.as_ref()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A command whose files may not grow beyond so many KiB; the signal of the limit is ignored, so that the write fails instead.
pub fn limited(command: &Command, bench: &Bench, kib: u64) -> Command {
    let mut limited = Command::new("sh");
    // In blocks of 512 bytes.
    limited.args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\"", &(kib * 2).to_string()]);
    limited.arg(command.get_program()).args(command.get_args()).current_dir(bench.folder.path());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.stdin(Stdio::null());
    limited
}

/// What the embedded tenant holds, as `simulate --truth` writes it.
#[derive(serde::Deserialize)]
pub struct Truth {
    pub counts: BTreeMap<String, u64>,
    pub identifiers: BTreeMap<String, Vec<String>>,
    /// Identifiers in fields that the plan does not ask for; some come in logs.
    pub unasked: BTreeMap<String, Vec<String>>,
    pub kept: BTreeMap<String, Vec<String>>,
}

/// The truth of the demo tenant.
pub fn truth(bench: &Bench) -> Truth {
    bench.expect(0, &["simulate", "--truth", "truth.json"]);
    serde_json::from_slice(&std::fs::read(bench.path("truth.json")).unwrap()).unwrap()
}

/// Whether a program can be started.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdin(Stdio::null()).output().is_ok()
}

/// A stock tool that is missing: a note on a user's machine, a failure in CI.
pub fn missing(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what} is not installed; .ci/run should have installed it");
    eprintln!("left out: {what} is not installed");
}
