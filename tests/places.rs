//! One log from several places: the same records, each once, and the manifest says which place gave what.
//!
//! The server is the embedded tenant with all its interfaces, as a process of its own; the program is the binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::simulated::Simulated;
use support::{Bench, dataset, inside};

/// Graph, workspace, storage and hub have these, so that the four can be compared.
const EVERYWHERE: [&str; 11] = [
    "audits",
    "custom-security-attribute-audits",
    "network-access-traffic",
    "provisioning",
    "remote-network-health",
    "service-principal-risk-events",
    "sign-ins",
    "sign-ins-managed-identity",
    "sign-ins-noninteractive",
    "sign-ins-service-principal",
    "user-risk-events",
];

/// Collects from it; gives the exit code and the manifest.
fn collect(tenant: &Simulated, bench: &Bench, zip: &str, more: &[&str]) -> (i32, Value) {
    let output = tenant.collect(bench, zip, more).arg("--json").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code().unwrap();
    assert!(matches!(code, 0 | 3), "{code}\n{said}");
    bench.expect(0, &["verify", zip]);
    (code, serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no manifest\n{said}")))
}

/// The options that name a place of this kind.
fn place(tenant: &Simulated, kind: &str) -> Vec<String> {
    let named = match kind {
        "log-analytics" => vec!["--workspace", tenant.text("workspace_id")],
        "storage" => vec!["--storage", tenant.text("storage_url")],
        "event-hub" => vec!["--event-hub", tenant.text("event_hub")],
        _ => Vec::new(),
    };
    named.into_iter().map(str::to_owned).collect()
}

/// The ids of a dataset's records, as the bundle has them; each once.
fn ids(bench: &Bench, zip: &str, id: &str) -> BTreeSet<String> {
    let files = inside(&bench.path(zip));
    let name = match id {
        "network-access-traffic" => "transactionId",
        "graph-activity" => "requestId",
        _ => "id",
    };
    let mut ids = BTreeSet::new();
    let lines = files[&format!("data/logs/{id}.jsonl")].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for line in lines {
        let record: Value = serde_json::from_slice(line).unwrap();
        let value = record[name].as_str().unwrap_or_else(|| panic!("{id}: a record without {name}")).to_owned();
        assert!(ids.insert(value), "{id}: one id twice");
    }
    ids
}

#[test]
fn the_same_window_has_the_same_records_wherever_it_is_taken_from() {
    let bench = Bench::new();
    let tenant = Simulated::start(&bench, &["--routing", "all", "--sign-ins", "400", "--audits", "300"]);
    let include: Vec<&str> = EVERYWHERE.iter().flat_map(|id| ["--include", id]).collect();
    for kind in ["graph", "log-analytics", "storage", "event-hub"] {
        let zip = format!("{kind}.zip");
        let mut options: Vec<String> = include.iter().map(|one| (*one).to_owned()).collect();
        options.extend(EVERYWHERE.iter().flat_map(|id| ["--source".to_owned(), format!("{id}={kind}")]));
        options.extend(place(&tenant, kind));
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (code, manifest) = collect(&tenant, &bench, &zip, &options);
        for id in EVERYWHERE {
            let row = dataset(&manifest, id);
            assert_eq!((&row["outcome"], &row["source"]["kind"]), (&"complete".into(), &kind.into()), "{row}");
            let (graph, here) = (ids(&bench, "graph.zip", id), ids(&bench, &zip, id));
            assert!(graph.len() > 2, "{id}");
            assert_eq!(graph.difference(&here).count(), 0, "{id}: {kind} lacks records that Graph has");
            assert_eq!(here.difference(&graph).count(), 0, "{id}: {kind} has records that Graph lacks");
        }
        assert_eq!(code, 0, "{kind}");
    }
}

#[test]
fn what_graph_refuses_comes_from_where_it_was_routed_and_the_manifest_says_so() {
    let bench = Bench::new();
    let more = ["--routing", "workspace", "--licence", "free", "--sign-ins", "200", "--audits", "100"];
    let tenant = Simulated::start(&bench, &more);
    let include = ["--include", "sign-ins", "--include", "graph-activity", "--include", "audits"];
    let (code, manifest) =
        collect(&tenant, &bench, "free.zip", &[&include[..], &["--workspace", tenant.text("workspace_id")]].concat());
    assert_eq!(code, 0, "{manifest}");
    for id in ["sign-ins", "graph-activity"] {
        let row = dataset(&manifest, id);
        assert_eq!((&row["outcome"], &row["source"]["kind"]), (&"complete".into(), &"log-analytics".into()), "{row}");
        let given: u64 = row["sources"].as_array().unwrap().iter().map(|part| part["records"].as_u64().unwrap()).sum();
        assert_eq!(row["records"], given, "{row}");
    }
    assert_eq!(dataset(&manifest, "audits")["source"]["kind"], "graph");
}

#[test]
fn what_was_never_routed_is_said_to_be_unavailable_with_what_would_change_it() {
    let bench = Bench::new();
    let tenant = Simulated::start(&bench, &["--routing", "none", "--sign-ins", "50", "--audits", "50"]);
    let (code, manifest) =
        collect(&tenant, &bench, "none.zip", &["--include", "graph-activity", "--include", "adfs-sign-ins"]);
    assert_eq!(code, 0);
    for id in ["graph-activity", "adfs-sign-ins"] {
        let row = dataset(&manifest, id);
        assert_eq!(row["outcome"], "unavailable", "{row}");
        assert!(row["reason"].as_str().unwrap().contains("not routed"), "{row}");
        assert!(row["hint"].as_str().unwrap().contains("diagnostic setting"), "{row}");
    }
}

#[test]
fn a_right_that_is_missing_is_named_for_each_place() {
    let bench = Bench::new();
    let deny = |permission: &'static str| {
        Simulated::start(&bench, &["--routing", "all", "--sign-ins", "50", "--audits", "50", "--deny", permission])
    };
    for (permission, kind, word) in [
        ("Storage Blob Data Reader", "storage", "Storage Blob Data Reader"),
        ("Azure Event Hubs Data Receiver", "event-hub", "Data Receiver"),
        ("Log Analytics Reader", "log-analytics", "Log Analytics Reader"),
    ] {
        let tenant = deny(permission);
        let mut options = vec!["--include".to_owned(), "graph-activity".to_owned()];
        options.extend(["--source".to_owned(), format!("graph-activity={kind}")]);
        options.extend(place(&tenant, kind));
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (code, manifest) = collect(&tenant, &bench, &format!("denied-{kind}.zip"), &options);
        let row = dataset(&manifest, "graph-activity");
        assert_eq!((code, &row["outcome"]), (3, &"denied".into()), "{kind}: {row}");
        assert!(row["hint"].as_str().is_some_and(|hint| hint.contains(word)), "{kind}: {row}");
    }
}

#[test]
fn each_lack_has_an_outcome_of_its_own_and_a_hint_that_names_the_fix() {
    let bench = Bench::new();
    let small = ["--sign-ins", "50", "--audits", "50"];
    for (name, tenant, options, id, outcome, word) in [
        ("licence", &["--routing", "none", "--licence", "free"][..], &[][..], "sign-ins", "unlicensed", "P1"),
        ("scope", &["--routing", "none", "--deny", "AuditLog.Read.All"], &[], "audits", "denied", "AuditLog.Read.All"),
        ("cloud", &["--routing", "none"], &["--cloud", "china"], "user-risk-events", "unavailable", "does not offer"),
        (
            "workspace",
            &["--routing", "storage"],
            &["--source", "graph-activity=log-analytics", "--workspace", "11111111-2222-4333-8444-555555555555"],
            "graph-activity",
            "failed",
            "--workspace",
        ),
        (
            "office",
            &["--routing", "none", "--deny", "ActivityFeed.Read"],
            &["--office"],
            "microsoft365-activity",
            "denied",
            "ActivityFeed.Read",
        ),
        (
            "subscription",
            &["--routing", "none"],
            &["--office"],
            "microsoft365-activity",
            "unavailable",
            "--office-start",
        ),
    ] {
        let tenant = Simulated::start(&bench, &[&small[..], tenant].concat());
        let zip = format!("{name}.zip");
        let (code, manifest) = collect(&tenant, &bench, &zip, &[&["--include", id], options].concat());
        let row = dataset(&manifest, id);
        assert_eq!(row["outcome"], outcome, "{name}: {row}");
        let said =
            format!("{} {}", row["reason"].as_str().unwrap_or_default(), row["hint"].as_str().unwrap_or_default());
        assert!(said.contains(word), "{name}: {row}");
        assert_eq!(code, if ["denied", "failed"].contains(&outcome) { 3 } else { 0 }, "{name}");
    }
    // The workspace is there, the table is not.
    let tenant = Simulated::start(&bench, &[&small[..], &["--routing", "storage"]].concat());
    let options = ["--include", "graph-activity", "--source", "graph-activity=log-analytics", "--workspace"];
    let (_, manifest) =
        collect(&tenant, &bench, "no-table.zip", &[&options[..], &[tenant.text("workspace_id")]].concat());
    let row = dataset(&manifest, "graph-activity");
    assert_eq!(row["outcome"], "unavailable", "{row}");
    assert!(row["reason"].as_str().unwrap().contains("not routed to this workspace"), "{row}");
}

#[test]
fn files_bring_what_services_do_not_have_and_what_both_have_stands_once() {
    let bench = Bench::new();
    let tenant = Simulated::start(&bench, &["--routing", "none", "--sign-ins", "100", "--audits", "60"]);
    let include = ["--include", "sign-ins", "--include", "graph-activity"];
    std::fs::create_dir(bench.path("mine")).unwrap();
    // The same request log, as a storage account would have exported it, and one that Graph has.
    let line = |id: &str, category: &str, time: &str, properties: &str| {
        format!(
            r#"{{"time":"{time}","resourceId":"/tenants/x/providers/Microsoft.aadiam","category":"{category}","properties":{{{id},{properties}}}}}"#
        )
    };
    let activity = line(
        r#""requestId":"11111111-2222-4333-8444-555555555555""#,
        "MicrosoftGraphActivityLogs",
        "2026-09-14T10:00:00Z",
        r#""timeGenerated":"2026-09-14T10:00:00Z","requestMethod":"GET","responseStatusCode":200"#,
    );
    let outside = activity.replace("5555555555", "5555555556").replace("2026-09-14T", "2026-08-01T");
    std::fs::write(bench.path("mine/PT1H.json"), format!("{activity}\r\n{activity}\r\n{outside}\r\n{{half\r\n"))
        .unwrap();
    std::fs::write(bench.path("mine/notes.txt"), "called about dave.unknown@fabrikam.example\n").unwrap();
    let (code, manifest) = collect(&tenant, &bench, "files.zip", &[&include[..], &["--input", "mine"]].concat());
    assert_eq!(code, 3, "a file alone proves no window");
    let row = dataset(&manifest, "graph-activity");
    assert_eq!((&row["outcome"], &row["records"]), (&"partial".into(), &1.into()), "{row}");
    assert_eq!(dataset(&manifest, "sign-ins")["outcome"], "complete");
    let file = manifest["files"].as_array().unwrap().iter().find(|file| file["import"].is_object()).unwrap();
    let import = &file["import"];
    let counts = ["read", "imported", "duplicates", "outside", "rejected"].map(|name| import[name].as_u64().unwrap());
    assert_eq!(counts, [4, 1, 1, 1, 1], "{file}");
    assert_eq!(import["rejections"][0]["line"], 4, "{file}");
    let files = inside(&bench.path("files.zip"));
    let notes = String::from_utf8(files["data/files/mine/notes.txt"].clone()).unwrap();
    assert!(
        notes.starts_with("called about ") && !notes.contains("fabrikam"),
        "the plain file went the road of redact"
    );
}

#[test]
fn doctor_says_what_would_be_missing_and_collects_nothing() {
    let bench = Bench::new();
    let output = bench.expect(0, &["doctor", "--demo"]);
    let said = String::from_utf8(output.stdout).unwrap();
    for word in
        ["Network", "Clock", "Permissions", "Licences", "Logs", "ADFSSignInLogs: storage", "Nothing stands in the way"]
    {
        assert!(said.contains(word), "{word}\n{said}");
    }
    assert!(!bench.path("home").exists(), "doctor makes no key");
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0, "doctor leaves nothing behind");
    // Nobody is there: said at once, and nothing further is tried.
    let closed = "http://127.0.0.1:9";
    let tenant = ["doctor", "--tenant", "00000000-0000-4000-8000-000000000001", "--auth", "token"];
    let options = ["--graph-url", closed, "--login-url", closed, "--arm-url", closed, "--logs-url", closed];
    let output = bench.expect(5, &[&tenant[..], &options[..]].concat());
    assert!(String::from_utf8(output.stdout).unwrap().contains("FAILS  Microsoft Graph cannot be reached"));
    let output = bench.expect(0, &["doctor", "--demo", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(told["checks"].as_array().unwrap().len() > 20);
}
