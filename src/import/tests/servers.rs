//! Files that were copied off a server: by name, by content, with their limits, and what they come to. All constructed.

use super::*;
use crate::catalog::host;
use crate::files::FileEnd;
use crate::record::Outcome;
use crate::source::Report;

const EVENT: &str = "<Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
    <Provider Name='PROVIDER'/><EventID>ID</EventID><Level>2</Level><TimeCreated SystemTime='TIME'/>\
    <EventRecordID>7</EventRecordID><Channel>Application</Channel><Computer>sync01.alderwood.example</Computer></System>\
    <EventData><Data>text</Data></EventData></Event></Events>";

fn event(provider: &str, id: &str, time: &str) -> String {
    EVENT.replace("PROVIDER", provider).replace("ID</", &format!("{id}</")).replace("TIME'", &format!("{time}'"))
}

const TRACE: &str =
    "[22:31:50.170] [ 13] [INFO ] Starting the wizard\r\n[22:31:51.000] [ 13] [ERROR] It failed\r\n  at line 2\r\n";
const STATE: &str = "+---+\n| Device State                    |\n+---+\n\n             AzureAdJoined : NO\n              DomainJoined : YES\n";
const SETTINGS: &str = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319]\r\n\"SchUseStrongCrypto\"=dword:00000001\r\n";
const ENTRY: &str =
    "dn: CN=Ada,OU=Sync,DC=alderwood,DC=example\nobjectClass: top\nobjectClass: person\nobjectClass: user\ncn: Ada\n\n";
const RULE: &str = "<?xml version=\"1.0\"?><synchronizationRule><name>In from AD</name><precedence>100</precedence></synchronizationRule>";

/// The datasets of servers.
fn all() -> Vec<&'static str> {
    let rows = Catalog::embedded().unwrap().datasets().iter();
    rows.filter(|row| row.is_on_premises()).map(|row| row.id.as_str()).collect()
}

fn report<'r>(imported: &'r Imported, dataset: &str) -> &'r Report {
    let at = all().iter().position(|id| *id == dataset).unwrap();
    &imported.reports[at]
}

fn reason(report: &Report) -> String {
    report.verdict.reason.as_ref().map_or(String::new(), |text| text.expose().to_owned())
}

fn put(folder: &Folder, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A copied tree, everything under the name that it has on a server or in a script's zip.
fn tree(folder: &Folder) {
    let now = "2026-01-30T10:00:00Z";
    put(folder, "ProgramData/AADConnect/trace-20260130-223150.log", TRACE);
    put(
        folder,
        "ProgramData/Microsoft/Azure AD Connect Provisioning Agent/Trace/AzureADConnectProvisioningAgent_1.log",
        "AADConnectProvisioningAgent.exe Error: 0 : Web socket failed to connect.\r\n    ThreadId=5\r\n    DateTime=2026-01-30T10:00:00.0000000Z\r\n",
    );
    put(folder, "SRV01_Application.xml", event("Directory Synchronization", "611", now));
    put(folder, "dsregcmd-status.txt", STATE);
    // As `reg export` writes it: UTF-16 with its mark.
    let wide: Vec<u8> = format!("\u{feff}{SETTINGS}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    put(folder, "settings.reg", wide);
    put(folder, "SynchronizationRules/SynchronizationRule_{a}.xml", RULE);
    put(folder, "Get-ADSyncScheduler.json", "{\"SyncCycleEnabled\":true}\n");
    put(folder, "users.ldf", ENTRY);
    put(folder, "hosts", "127.0.0.1 localhost\n");
}

#[tokio::test]
async fn a_copied_tree_gives_the_datasets() {
    let folder = Folder::new();
    tree(&folder);
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &all(), WINDOW, &shelf).await;
    for (dataset, item) in [
        ("connect-trace", "connect-wizard-trace"),
        ("agent-trace", "provisioning-agent-trace"),
        ("event-log", "events-application"),
        ("device-state", "device-status"),
        ("registry", "registry-export"),
        ("connect-configuration", "connect-server-configuration"),
        ("connect-state", "connect-scheduler"),
    ] {
        assert!(!shelf.records(dataset).is_empty(), "{dataset}");
        let report = report(&imported, dataset);
        assert_eq!(report.verdict.outcome, Outcome::Complete, "{dataset}: {}", reason(report));
        assert!(reason(report).starts_with(&format!("from 1 file of a server: {item}")), "{}", reason(report));
        let account = imported.accounts.iter().find(|one| one.item.is_some_and(|row| row.id == item)).unwrap();
        assert!(!account.plain && account.recognised == [dataset], "{account:?}");
    }
    assert_eq!(shelf.values("registry", "name"), ["SchUseStrongCrypto"]);
    assert!(reason(report(&imported, "event-log")).contains("not among them: events-aad, "));
    assert_eq!(shelf.records("ad-users").len(), 1, "the reader says which of the directory's datasets an entry is of");
    assert_eq!(report(&imported, "ad-groups").verdict.outcome, Outcome::Skipped);
    let lacking = report(&imported, "connect-space");
    assert_eq!(lacking.verdict.outcome, Outcome::Unavailable);
    assert!(reason(lacking).contains("connect-objects") && lacking.verdict.hint.is_some());
    let hosts = imported.accounts.iter().find(|one| one.item.is_some_and(|row| row.id == "hosts")).unwrap();
    assert!(hosts.plain && hosts.records == 0, "an item without records stays a file");
}

#[tokio::test]
async fn content_says_what_a_name_does_not() {
    let folder = Folder::new();
    for (name, content) in [
        ("1.txt", TRACE.to_owned()),
        ("2.txt", STATE.to_owned()),
        ("3.txt", SETTINGS.to_owned()),
        ("4.txt", RULE.to_owned()),
        ("5.xml", event("PasswordResetService", "33008", "2026-01-30T10:00:00Z")),
        ("6.txt", "words that say nothing\n".to_owned()),
    ] {
        put(&folder, name, content);
    }
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &all(), WINDOW, &shelf).await;
    let items: Vec<_> = imported.accounts.iter().map(|one| one.item.map(|row| row.id.as_str())).collect();
    assert_eq!(
        items,
        [
            Some("connect-wizard-trace"),
            Some("device-status"),
            Some("registry-export"),
            Some("connect-server-configuration"),
            Some("events-application"),
            None
        ]
    );
    assert!(imported.accounts[5].plain);
    assert_eq!(shelf.records("event-log").len(), 1);
}

#[tokio::test]
async fn what_is_left_out_is_counted() {
    let folder = Folder::new();
    put(&folder, "1/Application.xml", event("ADSync", "6941", "2026-01-30T10:00:00Z"));
    put(&folder, "2/Application.xml", event("ADSync", "6941", "2025-11-30T10:00:00Z"));
    put(&folder, "3/Application.xml", event("Some Game", "1", "2026-01-30T10:00:00Z"));
    put(&folder, "4/Application.xml", event("ADSync", "6941", "2026-01-30T10:00:00Z"));
    put(&folder, "5/dsregcmd.txt", STATE);
    let shelf = Shelf::default();
    let window = Window { since: datetime!(2026-01-25 0:00 UTC), until: datetime!(2026-02-01 0:00 UTC) };
    let imported = run(&[folder.path()], &["event-log"], window, &shelf).await;
    let told: Vec<_> = imported.accounts.iter().map(sums).collect();
    assert_eq!(told[0], ([1, 1, 0, 0, 0, 0], false), "an event of the last days");
    assert_eq!(told[1], ([1, 0, 0, 1, 0, 0], false), "older than the item's limit and the window");
    assert_eq!(told[2], ([1, 0, 0, 0, 1, 0], false), "no row asks for it");
    assert_eq!(told[3].0[..2], [1, 0], "the same event once more");
    assert!(told[4].0[4] > 0 && told[4].0[0] == told[4].0[4] && !told[4].1, "device-state is not asked for");
    // A longer window reaches further back than the item.
    let long = Window { since: datetime!(2025-11-01 0:00 UTC), ..window };
    let shelf = Shelf::default();
    run(&[folder.path()], &["event-log"], long, &shelf).await;
    assert_eq!(shelf.records("event-log").len(), 2);
}

#[tokio::test]
async fn of_a_file_that_is_too_long_the_beginning_is_read() {
    let folder = Folder::new();
    let most = host::item("probe-connect").and_then(|row| row.bytes_max).unwrap();
    let line = format!("{{\"host\":\"login.microsoftonline.com\",\"port\":443,\"tcp\":\"{}\"}}\n", "x".repeat(10_000));
    put(&folder, "probe-connect.jsonl", line.repeat(usize::try_from(most).unwrap() / line.len() + 900));
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &["connectivity"], WINDOW, &shelf).await;
    assert!(!shelf.records("connectivity").is_empty());
    assert!(matches!(imported.accounts[0].end, FileEnd::Damaged { reason } if reason.contains("longer than")));
    let verdict = &imported.reports[0].verdict;
    assert_eq!(verdict.outcome, Outcome::Partial);
    assert!(reason(&imported.reports[0]).contains("1 file could not be read whole"));
}

#[tokio::test]
async fn without_anything_of_a_server_nothing_is_said_of_one() {
    let folder = Folder::new();
    put(&folder, "notes.txt", "words\n");
    let imported = run(&[folder.path()], &all(), WINDOW, &Shelf::default()).await;
    assert!(imported.reports.iter().all(|report| report.verdict.outcome == Outcome::Skipped));
}

#[test]
fn every_reader_of_a_row_exists() {
    let readers: Vec<&str> = crate::host::reading::Reading::names().collect();
    for row in host::items() {
        assert!(row.reader.iter().all(|reader| readers.contains(&reader.as_str())), "{}", row.id);
    }
}
