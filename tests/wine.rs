//! The Windows build, run under Wine: its options, `redact`, the demo, and what is gathered from the machine itself.
//!
//! Wine has a registry, files and processes, so those are real; it has no event log, no PowerShell and no dsregcmd, so those
//! only show how their absence is told. `ENTRA_BUNDLE_WINDOWS_EXE` names the build (`.ci/run` sets it); without it, or without
//! Wine and a C compiler for Windows, the test says so and is left out. Everything it starts is bounded in time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may panic")]
#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::simulated::Simulated;
use support::{Bench, EPOCH, dataset, inside, missing, payload};

const WAIT: Duration = Duration::from_secs(240);

/// A Windows of the test's own, in a folder that goes with it.
struct Windows {
    bench: Bench,
}

/// What a program left.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Drop for Windows {
    fn drop(&mut self) {
        // The server of this prefix, and no other.
        let _ = self.wine("wineserver", &["-k"]).status();
    }
}

impl Windows {
    /// None, with a note, when something for it is not there.
    fn start() -> Option<Self> {
        let Some(exe) = std::env::var_os("ENTRA_BUNDLE_WINDOWS_EXE").map(PathBuf::from) else {
            eprintln!("left out: ENTRA_BUNDLE_WINDOWS_EXE does not name a Windows build");
            return None;
        };
        for program in ["wine", "x86_64-w64-mingw32-gcc"] {
            if !support::has(program) {
                missing(program);
                return None;
            }
        }
        let windows = Self { bench: Bench::new() };
        let ended = windows.run_bounded(windows.wine("wine", &["wineboot", "-i"]));
        assert_eq!(ended.code, 0, "wineboot: {}", ended.stderr);
        std::fs::create_dir_all(windows.path("work")).unwrap();
        std::fs::copy(&exe, windows.path("work/entra-bundle.exe")).unwrap();
        windows.build("random.c", "work/bcryptprimitives.dll", &["-shared"]);
        Some(windows)
    }

    /// Compiles a file of `tests/wine` to a path below `C:\`.
    fn build(&self, source: &str, target: &str, more: &[&str]) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wine").join(source);
        let built = Command::new("x86_64-w64-mingw32-gcc")
            .args(more)
            .args(["-o".as_ref(), self.path(target).as_os_str(), source.as_os_str(), "-ladvapi32".as_ref()])
            .status();
        assert!(built.unwrap().success(), "{target}");
    }

    /// A path below `C:\`.
    fn path(&self, below: &str) -> PathBuf {
        self.bench.path("prefix/drive_c").join(below)
    }

    fn wine(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.bench.folder.path())
            .env("WINEPREFIX", self.bench.path("prefix"))
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", "mscoree=;mshtml=;wevtutil.exe=n,b")
            .env("ENTRA_BUNDLE_HOME", r"C:\work\home")
            .env("SOURCE_DATE_EPOCH", EPOCH)
            .env("NO_COLOR", "1")
            .env_remove("DISPLAY")
            .env_remove("ENTRA_BUNDLE_TOKEN")
            .stdin(Stdio::null());
        command
    }

    fn run_bounded(&self, mut command: Command) -> Ended {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let read = |mut stream: Box<dyn Read + Send>| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = stream.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
        };
        let stdout = read(Box::new(child.stdout.take().unwrap()));
        let stderr = read(Box::new(child.stderr.take().unwrap()));
        let began = Instant::now();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if began.elapsed() > WAIT => {
                    child.kill().unwrap();
                    break child.wait().unwrap();
                }
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        };
        let code = status.code().unwrap_or(-1);
        // Wine's own services hold the streams open for some seconds after the program.
        Ended { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    }

    /// Runs the build in `C:\work`, and insists on the exit code.
    fn expect(&self, code: i32, args: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = self.wine("wine", &[&[r"C:\work\entra-bundle.exe"], args].concat());
        command.current_dir(self.path("work")).envs(environment.iter().copied());
        let began = Instant::now();
        let ended = self.run_bounded(command);
        eprintln!("under Wine: {} ({:.1} s)", args.join(" "), began.elapsed().as_secs_f32());
        assert_eq!(ended.code, code, "{args:?}\n{}\n{}", ended.stderr, ended.stdout);
        ended
    }

    /// Sets a value of the registry by Wine's own editor.
    fn set(&self, key: &str, name: &str, kind: &str, value: &str) {
        let ended =
            self.run_bounded(self.wine("wine", &["reg", "add", key, "/v", name, "/t", kind, "/d", value, "/f"]));
        assert_eq!(ended.code, 0, "reg add {key}: {}", ended.stdout);
    }
}

#[test]
fn the_windows_build_works_as_far_as_wine_goes() {
    let Some(windows) = Windows::start() else { return };
    let version = windows.expect(0, &["--version"], &[]);
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")));
    files_are_redacted(&windows);
    the_machine_is_gathered_from(&windows);
    the_demo_is_the_same_as_elsewhere(&windows);
}

fn files_are_redacted(windows: &Windows) {
    std::fs::create_dir_all(windows.path("work/logs/deep")).unwrap();
    std::fs::write(windows.path("work/logs/a.log"), "signed in: alice@contoso.com from CONTOSO\\alice\r\n").unwrap();
    let wide: Vec<u8> = "\u{feff}user bob@contoso.com\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(windows.path("work/logs/deep/b.txt"), wide).unwrap();
    windows.expect(0, &["redact", "logs", "--out", "redacted.zip"], &[]);
    let zip = windows.path("work/redacted.zip");
    let files = inside(&zip);
    let names: Vec<&String> = files.keys().filter(|name| name.starts_with("data/files/")).collect();
    assert_eq!(names, ["data/files/logs/a.log", "data/files/logs/deep/b.txt"]);
    assert!(!String::from_utf8_lossy(&files["data/files/logs/a.log"]).contains("alice"));
    windows.expect(0, &["verify", "redacted.zip"], &[]);
    windows.bench.expect(0, &["verify", zip.to_str().unwrap()]);
}

/// Same key, same clock, same records: the payload is the same to the byte.
fn the_demo_is_the_same_as_elsewhere(windows: &Windows) {
    windows.bench.expect(0, &["key", "new", "--out", "demo.key"]);
    std::fs::create_dir_all(windows.path("keys")).unwrap();
    std::fs::copy(windows.bench.path("demo.key"), windows.path("keys/demo.key")).unwrap();
    std::fs::create_dir(windows.bench.path("out")).unwrap();
    windows.bench.expect(0, &["collect", "--demo", "--key", "demo.key", "--out", "out/demo.zip"]);
    windows.expect(0, &["collect", "--demo", "--key", r"C:\keys\demo.key", "--out", "demo.zip"], &[]);
    let (here, there) = (payload(&windows.bench.path("out/demo.zip")), payload(&windows.path("work/demo.zip")));
    assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    for (name, bytes) in here {
        assert!(there[&name] == bytes, "{name} differs");
    }
}

fn the_machine_is_gathered_from(windows: &Windows) {
    windows.set(
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\CDJ\AAD",
        "TenantName",
        "REG_SZ",
        "planted.contoso.com",
    );
    windows.set(r"HKLM\SYSTEM\CurrentControlSet\Services\ADSync\Parameters", "DBName", "REG_SZ", "ADSync");
    let folder = windows.path("ProgramData/AADConnect");
    std::fs::create_dir_all(&folder).unwrap();
    let trace = "[22:31:50.170] [ 13] [INFO ] signed in (planted.person@contoso.com)\r\n\
                 [22:31:51.000] [ 13] [ERROR] failed for CONTOSO\\planted\r\n";
    std::fs::write(folder.join("trace-20260914-223150.log"), trace).unwrap();
    let tenant = Simulated::start(&windows.bench, &["--users", "40"]);
    let include = ["users", "registry", "connect-trace", "host-state", "device-state", "event-log"];
    let mut args =
        vec!["collect", "--tenant", tenant.text("tenant_id"), "--auth", "token", "--out", "live.zip", "--json"];
    args.extend(["--graph-url", tenant.text("graph_url"), "--login-url", tenant.text("login_url")]);
    args.extend(include.iter().flat_map(|id| ["--include", *id]));
    let told = |said: &str| -> serde_json::Value { serde_json::from_str(said).unwrap() };
    let plan = told(&windows.expect(0, &[args.as_slice(), &["--dry-run"]].concat(), &[]).stdout);
    let does = |id: &str| {
        let items = plan["machine"].as_array().unwrap();
        items.iter().find(|item| item["id"] == id).map(|item| item["does"].to_string()).unwrap_or_default()
    };
    assert!(does("device-status").contains("dsregcmd.exe /status") && does("events-application").contains("wevtutil"));
    let environment = [("ENTRA_BUNDLE_TOKEN", tenant.text("token"))];
    let manifest = told(&windows.expect(3, &args, &environment).stdout);
    for id in include {
        let row = dataset(&manifest, id);
        eprintln!("  {id}: {}, {} records, {}", row["outcome"], row["records"], row["reason"]);
    }
    let files = inside(&windows.path("work/live.zip"));
    let lines = |files: &BTreeMap<String, Vec<u8>>, id: &str| {
        String::from_utf8_lossy(&files[&format!("data/onprem/{id}.jsonl")]).into_owned()
    };
    for (id, text) in [("registry", "DBName"), ("connect-trace", "failed for"), ("host-state", "not installed")] {
        let row = dataset(&manifest, id);
        assert_eq!((&row["outcome"], &row["source"]["kind"]), (&"complete".into(), &"host".into()), "{row}");
        assert!(lines(&files, id).contains(text), "{id}");
    }
    // Wine has no dsregcmd, and its wevtutil does nothing.
    assert_eq!(dataset(&manifest, "device-state")["outcome"], "unavailable");
    let events = dataset(&manifest, "event-log");
    assert_eq!(events["outcome"], "failed");
    assert!(events["reason"].as_str().unwrap().contains("the event log gave no answer"), "{events}");
    // With programs that say something, constructed.
    for program in ["wevtutil", "dsregcmd"] {
        let path = format!("windows/system32/{program}.exe");
        let _ = std::fs::remove_file(windows.path(&path));
        windows.build("program.c", &path, &[]);
    }
    let again: Vec<&str> = args.iter().map(|word| if *word == "live.zip" { "again.zip" } else { word }).collect();
    let manifest = told(&windows.expect(0, &again, &environment).stdout);
    let more = inside(&windows.path("work/again.zip"));
    for (id, records, text) in [("event-log", 1, "\"eventId\":611"), ("device-state", 4, "\"AzureAdJoined\"")] {
        let row = dataset(&manifest, id);
        assert_eq!((&row["outcome"], &row["records"]), (&"complete".into(), &records.into()), "{row}");
        assert!(lines(&more, id).contains(text), "{id}: {}", lines(&more, id));
    }
    assert!(lines(&more, "event-log").contains('ü'), "the text of the event came through as UTF-16");
    for (name, bytes) in files.iter().chain(&more) {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("planted"), "{name} holds what was planted");
    }
}
