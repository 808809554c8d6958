//! A disk that does not play along: full at any point, read-only, changed by somebody else; and a clock that jumps.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::simulated::Simulated;
use super::support::{Bench, EPOCH, limited, payload};
use super::watch;

pub fn start(bench: &Bench, latency_ms: u32) -> Simulated {
    let few = ["--users", "60", "--sign-ins", "300", "--audits", "200", "--page-max", "20"];
    Simulated::start(bench, &[&few[..], &["--latency-ms", &latency_ms.to_string()]].concat())
}

pub fn collect(tenant: &Simulated, bench: &Bench, zip: &Path, more: &[&str]) -> Command {
    let mut command = tenant.collect(bench, zip, more);
    command.args(["users", "groups", "audits", "sign-ins"].iter().flat_map(|id| ["--include", id]));
    command
}

/// A small file system of its own, gone with the value; needs root.
struct Small(tempfile::TempDir);

impl Small {
    fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()).stderr(Stdio::null());
        let mounted = cfg!(target_os = "linux") && mount.status().is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("left out: a small file system cannot be mounted here");
        }
        mounted.then_some(Self(folder))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// No file with a final name.
fn assert_unfinished(zip: &Path, said: &str) {
    let sums = PathBuf::from(format!("{}.sha256", zip.display()));
    assert!(!zip.exists() && !sums.exists(), "{said}");
}

#[test]
fn a_disk_that_is_full_at_any_point_leaves_no_final_name_and_says_how_much_was_needed() {
    let bench = Bench::new();
    let tenant = start(&bench, 0);
    let quiet = watch(collect(&tenant, &bench, &bench.path("quiet.zip"), &[]));
    assert!(matches!(quiet.code, 0 | 3), "{}", quiet.said);
    let length = bench.path("quiet.zip").metadata().unwrap().len();
    let (mut full, mut done) = (0, 0);
    let judge = |zip: &Path, ran: &super::Ran, what: &str| is_full(zip, ran, quiet.code, what);
    // By a limit on each file ...
    for step in 0..8 {
        let (zip, kib) = (bench.path(&format!("limit-{step}.zip")), (length >> 10) * step / 2 + 1);
        let ran = watch(limited(&collect(&tenant, &bench, &zip, &[]), &bench, kib));
        let is_full = judge(&zip, &ran, &format!("{kib} KiB a file"));
        (full, done) = (full + u32::from(is_full), done + u32::from(!is_full));
        if is_full && bench.path(&format!("limit-{step}.zip.spool")).is_dir() {
            let ran = watch(collect(&tenant, &bench, &zip, &["--resume"]));
            assert_eq!(ran.code, quiet.code, "{}", ran.said);
            assert!(same(&zip, &bench.path("quiet.zip")), "a resumed run has other records");
        }
    }
    // ... and on a disk that is too small for spool and zip together.
    for step in 0..8 {
        let kib = (length >> 10) * step + 12;
        let Some(small) = Small::mount(&format!("size={kib}k")) else { break };
        let zip = small.path("case.zip");
        let ran = watch(collect(&tenant, &bench, &zip, &[]));
        let is_full = judge(&zip, &ran, &format!("a disk of {kib} KiB"));
        (full, done) = (full + u32::from(is_full), done + u32::from(!is_full));
        let remount = Command::new("mount").args(["-o", "remount,size=64m"]).arg(small.0.path()).status();
        if is_full && remount.is_ok_and(|status| status.success()) && small.path("case.zip.spool").is_dir() {
            let ran = watch(collect(&tenant, &bench, &zip, &["--resume"]));
            assert_eq!(ran.code, quiet.code, "{}", ran.said);
            assert!(same(&zip, &bench.path("quiet.zip")), "a resumed run has other records");
        }
    }
    println!("{full} runs on a full disk, {done} with enough room; the bundle has {length} bytes");
    assert!(full >= 4 && done >= 1);
}

/// Whether a run met a full disk; then it left no final name and says how much was needed. Otherwise it ended well.
fn is_full(zip: &Path, ran: &super::Ran, well: i32, what: &str) -> bool {
    if ran.code == well {
        assert!(zip.exists(), "{what}");
        return false;
    }
    assert_eq!(ran.code, 6, "{what}: {}", ran.said);
    assert_unfinished(zip, &ran.said);
    let said = ran.said.lines().find(|line| line.starts_with("error: the disk is full"));
    let said = said.unwrap_or_else(|| panic!("{what}: {}", ran.said));
    let needed: u64 = said.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).max().unwrap_or(0);
    assert!(needed > 0, "{what}: it does not say how much was needed: {said}");
    true
}

/// Lines that hardly shrink.
pub fn noise(lines: u64) -> String {
    (0..lines).map(|number| format!("{:016x} a line\n", number.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect()
}

#[test]
fn a_full_disk_leaves_nothing_of_redact_but_words() {
    let bench = Bench::new();
    std::fs::write(bench.path("a.log"), noise(20_000)).unwrap();
    let redact = |zip: &Path| {
        let mut command = bench.command(&["redact", "a.log", "--out"]);
        command.arg(zip);
        command
    };
    let quiet = watch(redact(&bench.path("quiet.zip")));
    assert_eq!(quiet.code, 0, "{}", quiet.said);
    let length_kib = bench.path("quiet.zip").metadata().unwrap().len() >> 10;
    let (mut full, mut done) = (0, 0);
    // The spool is a little shorter than the zip: the last sizes are for what comes after it.
    for kib in [1, length_kib / 3, length_kib - 6, length_kib - 3, length_kib - 1, length_kib, length_kib * 2] {
        let zip = bench.path(&format!("limit-{kib}.zip"));
        let ran = watch(limited(&redact(&zip), &bench, kib));
        let is_full = is_full(&zip, &ran, 0, &format!("{kib} KiB a file"));
        let left = listing(bench.folder.path(), &format!("limit-{kib}.zip"));
        assert_eq!(left.len(), if is_full { 0 } else { 2 }, "{kib} KiB a file: {left:?}");
        (full, done) = (full + u32::from(is_full), done + u32::from(!is_full));
    }
    for kib in [12, length_kib, length_kib * 3 / 2, length_kib * 2 - 4, length_kib * 3] {
        let Some(small) = Small::mount(&format!("size={kib}k")) else { break };
        let ran = watch(redact(&small.path("case.zip")));
        let is_full = is_full(&small.path("case.zip"), &ran, 0, &format!("a disk of {kib} KiB"));
        let left = listing(small.0.path(), "");
        assert_eq!(left.len(), if is_full { 0 } else { 2 }, "a disk of {kib} KiB: {left:?}");
        (full, done) = (full + u32::from(is_full), done + u32::from(!is_full));
    }
    println!("{full} runs of redact on a full disk, {done} with enough room; the bundle has {length_kib} KiB");
    assert!(full >= 4 && done >= 1);
}

/// Names in a folder that begin so.
pub fn listing(folder: &Path, start: &str) -> Vec<String> {
    let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(start)).collect()
}

/// Nobody listens, or what is said goes to a full disk: the run ends as it would have.
#[test]
fn nobody_has_to_listen() {
    let bench = Bench::new();
    let tenant = start(&bench, 0);
    std::fs::write(bench.path("a.log"), noise(100)).unwrap();
    let quiet = watch(collect(&tenant, &bench, &bench.path("quiet.zip"), &[])).code;
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let gone = || std::io::pipe().unwrap().1;
    for (number, errors) in [Stdio::from(full()), gone().into(), full().into(), gone().into()].into_iter().enumerate() {
        let name = format!("{number}.zip");
        let (mut command, well) = match number / 2 {
            0 => (collect(&tenant, &bench, &bench.path(&name), &[]), quiet),
            _ => (bench.command(&["redact", "a.log", "--out", &name]), 0),
        };
        let status = command.stdout(Stdio::null()).stderr(errors).status().unwrap();
        assert_eq!(status.code(), Some(well), "{number}");
        bench.expect(0, &["verify", &name]);
    }
    // What goes to standard output, however, is what was asked for.
    let mut command = bench.command(&["redact", "-"]);
    command.stdin(std::fs::File::open(bench.path("a.log")).unwrap()).stdout(full()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(6) && said.contains("disk is full"), "{:?}\n{said}", output.status);
}

/// Whether two bundles hold the same records.
pub fn same(one: &Path, other: &Path) -> bool {
    let [one, other] = [one, other].map(payload);
    !one.is_empty() && one == other
}

#[test]
fn a_folder_that_cannot_be_written_is_found_before_anything_is_asked() {
    let bench = Bench::new();
    let tenant = start(&bench, 0);
    let Some(small) = Small::mount("ro,size=1m") else { return };
    let ran = watch(collect(&tenant, &bench, &small.path("case.zip"), &[]));
    assert_eq!(ran.code, 6, "{}", ran.said);
    assert!(ran.seconds < 20.0);
    let ran = watch(bench.command(&["redact", "home", "--out", small.path("case.zip").to_str().unwrap()]));
    assert!(matches!(ran.code, 2 | 6), "{}", ran.said);
    // The same for what is in the way.
    std::fs::create_dir(bench.path("folder.zip")).unwrap();
    std::os::unix::fs::symlink("/dev/null", bench.path("null.zip")).unwrap();
    std::os::unix::fs::symlink("/dev/null", bench.path("part.zip.part")).unwrap();
    std::fs::write(bench.path("file.zip.spool"), "mine").unwrap();
    for name in ["folder.zip", "null.zip", "part.zip", "file.zip", "none/case.zip"] {
        let ran = watch(collect(&tenant, &bench, &bench.path(name), &[]));
        assert_eq!(ran.code, 6, "{name}: {}", ran.said);
    }
    assert_eq!(std::fs::read(bench.path("file.zip.spool")).unwrap(), b"mine");
}

/// Waits until a run has written some of its spool.
fn wait_for_work(spool: &Path) {
    let end = Instant::now() + Duration::from_secs(60);
    let has_work = || spool.join("blocks").metadata().is_ok_and(|found| found.len() > 2_000);
    while !has_work() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(has_work(), "the run writes nothing");
}

#[test]
fn two_runs_on_one_output_do_not_meet() {
    let bench = Bench::new();
    let tenant = start(&bench, 20);
    let zip = bench.path("case.zip");
    let mut first = collect(&tenant, &bench, &zip, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for_work(&bench.path("case.zip.spool"));
    for more in [&[][..], &["--resume"]] {
        let second = watch(collect(&tenant, &bench, &zip, more));
        assert_eq!(second.code, 6, "{}", second.said);
        assert!(second.said.contains("another run"), "{}", second.said);
    }
    assert!(matches!(first.wait().unwrap().code(), Some(0 | 3)));
    bench.expect(0, &["verify", "case.zip"]);
}

/// What somebody does to a zip that is being made, and to its spool.
type Spoil = fn(&Path, &Path);

/// Somebody takes away, cuts or spoils what a run has written.
#[test]
fn what_another_process_changes_is_noticed_and_never_gets_the_final_name() {
    let bench = Bench::new();
    let tenant = start(&bench, 20);
    let spoil: [(&str, Spoil); 6] = [
        ("the spool is removed", |_, spool| std::fs::remove_dir_all(spool).unwrap()),
        ("blocks are cut", |_, spool| {
            let file = std::fs::OpenOptions::new().write(true).open(spool.join("blocks")).unwrap();
            file.set_len(1_000).unwrap();
        }),
        ("blocks are overwritten", |_, spool| {
            use std::os::unix::fs::FileExt;
            let file = std::fs::OpenOptions::new().write(true).open(spool.join("blocks")).unwrap();
            file.write_all_at(&[0x55; 1_500], 0).unwrap();
        }),
        ("the journal is removed", |_, spool| std::fs::remove_file(spool.join("journal.jsonl")).unwrap()),
        ("the .part file is removed", |zip, _| std::fs::remove_file(format!("{}.part", zip.display())).unwrap()),
        ("the final name is taken", |zip, _| std::fs::write(zip, "somebody else's").unwrap()),
    ];
    for (number, (what, spoil)) in spoil.into_iter().enumerate() {
        let zip = bench.path(&format!("{number}.zip"));
        let spool = bench.path(&format!("{number}.zip.spool"));
        let command = collect(&tenant, &bench, &zip, &[]);
        let ran = std::thread::scope(|scope| {
            let running = scope.spawn(|| watch(command));
            wait_for_work(&spool);
            spoil(&zip, &spool);
            running.join().unwrap()
        });
        println!("{what}: code {}: {}", ran.code, ran.said.lines().last().unwrap_or_default());
        if what == "the final name is taken" {
            assert_eq!(
                (ran.code, std::fs::read(&zip).unwrap().as_slice()),
                (6, b"somebody else's".as_slice()),
                "{}",
                ran.said
            );
        } else if matches!(ran.code, 0 | 3) {
            bench.expect(0, &["verify", &format!("{number}.zip")]);
        } else {
            assert!(matches!(ran.code, 1 | 4 | 6), "{what}: {}\n{}", ran.code, ran.said);
            assert_unfinished(&zip, what);
        }
    }
}

/// The clock is years ahead or behind, and jumps between a run and its continuation.
#[test]
fn a_clock_that_jumps_loses_nothing() {
    let bench = Bench::new();
    let tenant = start(&bench, 10);
    let quiet = watch(collect(&tenant, &bench, &bench.path("quiet.zip"), &[]));
    let now: i64 = EPOCH.parse().unwrap();
    for (number, jump_s) in [3_600_i64, -3_600, 40 * 86_400, -40 * 86_400, 30 * 365 * 86_400].into_iter().enumerate() {
        let name = format!("{number}.zip");
        let mut first = collect(&tenant, &bench, &bench.path(&name), &[]);
        let mut child = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_work(&bench.path(&format!("{name}.spool")));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut again = collect(&tenant, &bench, &bench.path(&name), &["--resume"]);
        again.env("SOURCE_DATE_EPOCH", (now + jump_s).to_string());
        let ran = watch(again);
        println!("{jump_s} s: code {}: {}", ran.code, ran.said.lines().last().unwrap_or_default());
        assert_eq!(ran.code, quiet.code, "{jump_s} s: {}", ran.said);
        assert!(same(&bench.path(&name), &bench.path("quiet.zip")), "{jump_s} s: other records");
        // And a run that begins so: it ends honestly, whatever it finds.
        let mut odd = collect(&tenant, &bench, &bench.path(&format!("odd-{name}")), &[]);
        odd.env("SOURCE_DATE_EPOCH", (now + jump_s).to_string());
        let ran = watch(odd);
        assert!(matches!(ran.code, 0 | 3), "{jump_s} s: {}\n{}", ran.code, ran.said);
        bench.expect(0, &["verify", &format!("odd-{name}")]);
    }
}
