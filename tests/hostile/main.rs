//! Hostile input for the whole program: files that are made to break it, and a disk that does not play along.
//!
//! Every run is bounded in time and memory, ends with an exit code of the contract, panics nowhere, and writes nothing
//! but its output. `HOSTILE_BIG=1 cargo test --release --test hostile files -- --nocapture` tries a line of 10 GB and bombs of text.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod disk;
mod files;
mod signals;
#[path = "../support/mod.rs"]
mod support;

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here may take: 10 GB go through the filter at 7 MB/s.
fn bound() -> Duration {
    Duration::from_secs(if is_big() { 7_200 } else { 900 })
}

/// Whether there is time for the largest sizes.
fn is_big() -> bool {
    std::env::var_os("HOSTILE_BIG").is_some()
}

/// What a run may take, MiB: its own needs, and the longest document, stretch and line several times over.
const MEMORY_MIB: u64 = 600;

/// How a run ended.
struct Ran {
    code: i32,
    said: String,
    peak_mib: u64,
    seconds: f64,
}

/// Runs with an eye on time and memory; standard output is read and dropped.
fn watch(mut command: Command) -> Ran {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let drain = |mut from: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let (mut kept, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                if kept.len() < 1 << 16 {
                    kept.extend_from_slice(&buffer[..count]);
                }
            }
            kept
        })
    };
    let out = drain(Box::new(child.stdout.take().unwrap()));
    let errors = drain(Box::new(child.stderr.take().unwrap()));
    let mut peak_mib = 0;
    let status = loop {
        peak_mib = peak_mib.max(memory_mib(&child));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > bound() {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    out.join().unwrap();
    let said = String::from_utf8_lossy(&errors.join().unwrap()).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    let code = status.code().unwrap_or_else(|| panic!("it was ended by a signal\n{said}"));
    Ran { code, said, peak_mib, seconds: began.elapsed().as_secs_f64() }
}

/// Peak of the resident memory so far; 0 where the system does not say.
fn memory_mib(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|text| text.trim().strip_suffix(" kB")?.parse::<u64>().ok()).map_or(0, |kib| kib >> 10)
}
