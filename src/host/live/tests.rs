//! Gathering on machines that are made up: registries in memory, programs that are shell scripts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use time::OffsetDateTime;

use super::registry::fake::{Fake, string};
use super::run::{Ended, Ran};
use super::services::{Service, Services};
use super::{Content, Gathered, Machine, gather};
use crate::catalog::host::{Item, Origin, items};
use crate::clock::Clock;
use crate::host::{Recognised, recognise};
use crate::record::{Form, Outcome};
use crate::source::Window;

struct Manager;

impl Services for Manager {
    fn ask(&self, name: &str) -> Service {
        if name == "ADSync" { Service::Known(json!({"state": "Running"})) } else { Service::Missing }
    }
}

/// A machine whose system and data folders are below `root`.
fn machine(root: &Path, registry: Fake) -> Machine {
    let root = root.to_owned();
    let variables = move |name: &str| match name {
        "SystemRoot" | "windir" => Some(root.join("Windows").display().to_string()),
        "ProgramData" => Some(root.join("ProgramData").display().to_string()),
        _ => None,
    };
    Machine {
        variables: Arc::new(variables),
        registry: Arc::new(registry),
        services: Arc::new(Manager),
        is_elevated: false,
        http: None,
        clock: Clock::System,
    }
}

fn program(root: &Path, name: &str, script: &str) {
    let path = root.join("Windows/System32").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Rows for tests: `from` and what else differs.
fn rows(rows: &[(&str, &str)]) -> Vec<&'static Item> {
    let common = "profiles = [\"connect-sync\"]\nsensitivity = \"machines\"\nwhy = \"W.\"\nsource = \"s\"\n\
                  source_date = \"2026-08\"";
    let row = |(id, text): &(&str, &str)| -> &'static Item {
        Box::leak(Box::new(toml::from_str(&format!("id = \"{id}\"\n{common}\n{text}")).unwrap()))
    };
    rows.iter().map(row).collect()
}

async fn gathered(machine: &Machine, items: &[&'static Item]) -> Vec<Gathered> {
    let until = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
    gather(machine, items, (Window { since: until - time::Duration::days(7), until }, None), &|_| {}).await
}

fn told(one: &Gathered) -> (&str, Outcome, String) {
    let text = |text: &Option<crate::record::RawText>| text.as_ref().map(|text| text.expose().to_owned());
    (&one.item.id, one.end.outcome, text(&one.end.reason).unwrap_or_default())
}

fn text(one: &Gathered) -> String {
    match &one.content {
        Content::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Content::Path { path, .. } => fs::read_to_string(path).unwrap(),
        Content::Nothing => String::new(),
    }
}

#[tokio::test]
async fn programs_events_and_scripts_become_files_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    program(root, "dsregcmd.exe", "echo \"args: $*\"");
    program(root, "wevtutil.exe", "[ \"$2\" = Application ] || exit 5\nprintf '<Events><Event>1</Event>'");
    // The decoded script would be the last argument: here its length says that it came.
    program(
        root,
        "WindowsPowerShell/v1.0/powershell.exe",
        "for last; do :; done\n[ ${#last} -gt 400 ] && echo '{}'; exit 70",
    );
    let items = rows(&[
        (
            "a-command",
            "names = [\"dsregcmd*.txt\"]\n[from.command]\nprogram = 'dsregcmd'\nargs = ['/status', '%windir%']",
        ),
        ("an-event", "[from.events]\nchannel = 'Application'\nproviders = ['ADSync']"),
        ("another-event", "[from.events]\nchannel = 'AD FS/Admin'"),
        ("missing-command", "[from.command]\nprogram = 'nothere'"),
        ("script", "[from.powershell]\nmodule = 'ADSync'\nscript = 'Get-ADSyncScheduler'"),
    ]);
    let found = gathered(&machine(root, Fake::default()), &items).await;
    let outcomes: Vec<_> = found.iter().map(|one| (one.item.id.as_str(), one.end.outcome)).collect();
    assert_eq!(
        outcomes,
        [
            ("a-command", Outcome::Complete),
            ("an-event", Outcome::Complete),
            ("another-event", Outcome::Denied),
            ("missing-command", Outcome::Unavailable),
            ("script", Outcome::Complete),
        ]
    );
    assert_eq!(found[0].name, "a-command.txt");
    assert_eq!(text(&found[0]), format!("args: /status {}\n", root.join("Windows").display()));
    assert_eq!(
        (found[1].name.as_str(), text(&found[1]).as_str()),
        ("an-event.xml", "<Events><Event>1</Event>\r\n</Events>\r\n")
    );
    assert_eq!(told(&found[2]).2, "needs elevation");
    let end = |code, count| {
        let ran = Ran { ended: Ended::Exited(code), stdout: b"<Events/>".to_vec(), stderr: Vec::new() };
        super::gather::events_end(&ran, count, false).outcome
    };
    // Exit codes of Unix end at 255.
    assert_eq!((end(15_007, 0), end(0, 0)), (Outcome::Unavailable, Outcome::Complete));
    assert_eq!(end(0, crate::limits::HOST_EVENTS_MAX), Outcome::Partial);
    let silent = Ran { ended: Ended::Exited(0), stdout: Vec::new(), stderr: Vec::new() };
    assert_eq!(super::gather::events_end(&silent, 0, false).outcome, Outcome::Failed);
    assert_eq!(text(&found[4]), "{}\n");
}

#[tokio::test]
async fn scripts_without_their_module_or_rights_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let item = rows(&[("script", "[from.powershell]\nmodule = 'ADSync'\nscript = 'x'")]);
    let path = "WindowsPowerShell/v1.0/powershell.exe";
    for (script, outcome, reason, is_empty) in [
        ("exit 71", Outcome::Unavailable, "module is not on this machine", true),
        ("exit 72", Outcome::Denied, "needs elevation", true),
        ("echo '{\"a\":1}'; echo error >&2; exit 70", Outcome::Partial, "a cmdlet reported an error", false),
        ("echo error >&2; exit 70", Outcome::Failed, "a cmdlet reported an error", true),
        ("exit 1", Outcome::Failed, "exit code 1", true),
        ("exit 70", Outcome::Complete, "", true),
        ("exit 0", Outcome::Failed, "ended before the script did", true),
    ] {
        program(folder.path(), path, script);
        let found = gathered(&machine(folder.path(), Fake::default()), &item).await;
        let (_, ended, why) = told(&found[0]);
        assert_eq!((ended, text(&found[0]).is_empty()), (outcome, is_empty), "{script}");
        assert!(why.contains(reason), "{script}: {why}");
    }
}

#[tokio::test]
async fn files_are_taken_newest_first_within_limits() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ProgramData/AADConnect");
    fs::create_dir_all(&data).unwrap();
    for (name, day, bytes) in [("1", 19_000, 10), ("2", 19_999, 10), ("3", 19_998, 80), ("4", 19_993, 10)] {
        let path = data.join(format!("trace-{name}.log"));
        fs::write(&path, "x".repeat(bytes)).unwrap();
        let written = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(day * 86_400);
        fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
    }
    let path = "[from.files]\npaths = ['%ProgramData%\\AADConnect\\trace-*.log', '%NotSet%\\*.log']";
    let items = rows(&[
        ("aged", &format!("bytes_max = 50\nage_days_max = 8\n{path}")),
        ("ageless", path),
        ("none", "[from.files]\npaths = ['%ProgramData%\\Nothing\\*.log']"),
    ]);
    let found = gathered(&machine(folder.path(), Fake::default()), &items).await;
    let names = |id: &str| -> Vec<&str> {
        let own = found.iter().filter(|one| one.item.id == id && !matches!(one.content, Content::Nothing));
        own.filter_map(|one| one.name.rsplit('/').next()).collect()
    };
    assert_eq!(names("aged"), ["trace-2.log", "trace-4.log"]);
    assert_eq!(names("ageless"), ["trace-2.log", "trace-3.log", "trace-4.log", "trace-1.log"]);
    let ends: Vec<_> = found.iter().map(told).filter(|(_, outcome, _)| *outcome != Outcome::Complete).collect();
    assert_eq!((ends[0].0, ends[0].1), ("aged", Outcome::Partial));
    assert!(ends[0].2.starts_with("1 files are left out"), "{}", ends[0].2);
    assert_eq!((ends[1].0, ends[1].1), ("none", Outcome::Unavailable));
    assert!(found[0].name.ends_with("ProgramData/AADConnect/trace-2.log"), "{}", found[0].name);
}

#[tokio::test]
async fn a_folder_that_is_closed_needs_elevation() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ProgramData/Trace");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("a.log"), "x").unwrap();
    let items = rows(&[("trace", "[from.files]\npaths = ['%ProgramData%\\Trace\\*.log']")]);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = fs::read_dir(&data).is_ok();
    let found = gathered(&machine(folder.path(), Fake::default()), &items).await;
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    // Root may read everything.
    let expected = if is_root { (Outcome::Complete, "") } else { (Outcome::Denied, "needs elevation") };
    assert_eq!((told(&found[0]).1, told(&found[0]).2.as_str()), expected);
}

#[tokio::test]
async fn nothing_is_begun_after_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let items = rows(&[("late", "dataset = 'host-state'\n[from.system]\nfacts = ['os']")]);
    let until = OffsetDateTime::UNIX_EPOCH;
    let when = (Window { since: until, until }, Some(tokio::time::Instant::now()));
    let found = gather(&machine(folder.path(), Fake::default()), &items, when, &|_| panic!("it was begun")).await;
    assert_eq!((found.len(), found[0].end.outcome), (1, Outcome::Interrupted));
    assert_eq!(super::verdicts(&found)["host-state"].outcome, Outcome::Interrupted);
}

#[tokio::test]
async fn what_is_closed_does_not_hinder_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut registry = Fake::default();
    registry.set(r"HKLM\SOFTWARE\A", "x", string("y"));
    registry.deny(r"HKLM\SOFTWARE\B");
    let items = rows(&[
        ("both", "[from.registry]\nkeys = ['HKLM\\SOFTWARE\\A', 'HKLM\\SOFTWARE\\B']"),
        ("closed", "[from.registry]\nkeys = ['HKLM\\SOFTWARE\\B']"),
        ("gone", "[from.registry]\nkeys = ['HKLM\\SOFTWARE\\C']"),
        ("facts", "[from.system]\nfacts = ['tls', 'os']"),
        ("services", "[from.services]\nnames = ['ADSync', 'adfssrv']"),
        ("stores", "[from.certificates]\nstores = ['LocalMachine\\My']"),
    ]);
    let found = gathered(&machine(folder.path(), registry), &items).await;
    let ends: Vec<_> = found.iter().map(|one| (told(one).0, told(one).1)).collect();
    assert_eq!(
        ends,
        [
            ("both", Outcome::Partial),
            ("closed", Outcome::Denied),
            ("gone", Outcome::Unavailable),
            ("facts", Outcome::Complete),
            ("services", Outcome::Complete),
            ("stores", Outcome::Unavailable),
        ]
    );
    assert_eq!(found[0].end.hint.as_ref().unwrap().expose(), "run as administrator");
    assert!(text(&found[0]).contains("\"x\"=\"y\"") && text(&found[0]).contains("; access denied:"));
    assert!(text(&found[4]).contains("\"name\":\"adfssrv\",\"state\":\"not installed\""));
}

/// What the program gathers itself must be recognised as what it is, or it would become a plain file.
#[test]
fn what_is_gathered_is_recognised_as_its_own_item() {
    let mut seen = 0;
    for item in items().iter().filter(|item| item.dataset.is_some()) {
        let form = match &item.from {
            Origin::Files { paths } => {
                for path in paths {
                    let name = path.replace('%', "").replace('\\', "/").replace('*', "20260914-223150");
                    let found = match recognise(&name, Form::Text, "") {
                        Recognised::Item(found) => found.id.as_str(),
                        Recognised::Denied(_) => "denied",
                        // By its content, then.
                        Recognised::Unknown if !item.marks.is_empty() => &item.id,
                        Recognised::Unknown => "unknown",
                    };
                    assert_eq!(found, item.id, "{name}");
                }
                continue;
            }
            Origin::Ldap { .. } => continue,
            Origin::Events { .. } => Form::Xml,
            Origin::Registry { .. } => Form::Registry,
            Origin::Command { .. } => Form::Text,
            _ => Form::JsonLines,
        };
        for number in [0, 1] {
            let name = super::name::of(item, number);
            let found = match recognise(&name, form, "") {
                Recognised::Item(found) => found.id.as_str(),
                Recognised::Denied(_) => "denied",
                Recognised::Unknown => "unknown",
            };
            assert_eq!(found, item.id, "{name}");
        }
        seen += 1;
    }
    assert!(seen > 0);
}

/// Scripts must fit into a command line, facts must be known, and nothing may change the machine.
#[test]
fn rows_can_be_gathered() {
    for item in items() {
        match &item.from {
            Origin::Powershell { module, script } => {
                let arguments = super::shell::arguments(module.as_deref(), script);
                let units: usize = arguments.iter().map(|word| word.len() + 3).sum();
                assert!(units < crate::limits::COMMAND_LINE_UNITS_MAX, "{}: {units} units", item.id);
                let small = script.to_lowercase();
                for verb in
                    ["set-ad", "start-ad", "invoke-ad", "remove-", "stop-service", "restart-service", "out-file"]
                {
                    assert!(!small.contains(verb), "{}: {verb}", item.id);
                }
            }
            Origin::System { facts } => {
                facts.iter().for_each(|fact| assert!(super::system::is_known(fact), "{}: {fact}", item.id));
            }
            _ => {}
        }
    }
}
