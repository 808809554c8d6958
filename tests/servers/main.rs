//! A folder that was copied off servers, through the whole program: its datasets are in the bundle, what is never
//! collected is not, in no spelling, and the manifest names it. All files are constructed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use serde_json::Value;
use support::simulated::Simulated;
use support::{Bench, dataset, inside, manifest, zipped};

/// What must not come out: where it lies, the secret in it, and the word of the reason in the manifest.
fn planted() -> Vec<(&'static str, &'static str, Vec<u8>, &'static str)> {
    let text = |head: &str, secret: &str, tail: &str| format!("{head}{secret}{tail}").into_bytes();
    let binary = |magic: &[u8], secret: &str| [magic, &[0; 600], secret.as_bytes(), &[0; 3000]].concat();
    let key = "MIIEowIBAAKCAQEAzInventedKeyMaterial0001";
    let (first, last) = ("-----BEGIN RSA PRIVATE KEY-----\n", "\n-----END RSA PRIVATE KEY-----\n");
    vec![
        ("certs/sts.key", key, text(first, key, last), "private key"),
        (
            "certs/readme.log",
            "MIIEowIBAAKCAQEAzInventedKeyMaterial0002",
            text(first, "MIIEowIBAAKCAQEAzInventedKeyMaterial0002", last),
            "private key",
        ),
        (
            "certs/chain.txt",
            "MIIEowIBAAKCAQEAzInventedKeyMaterial0003",
            text(
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n",
                "MIIEowIBAAKCAQEAzInventedKeyMaterial0003",
                "\n-----END PRIVATE KEY-----\n",
            ),
            "private key",
        ),
        ("SRV01_AzureVMAccessToken.txt", "inventedVmToken0004", text("", "inventedVmToken0004", "\n"), "access token"),
        (
            "notes.json",
            "inventedBearer0005",
            text("{\"access_token\":\"", "inventedBearer0005", "\",\"token_type\":\"Bearer\"}\n"),
            "access token",
        ),
        (
            "a/jwt.log",
            "c2lnbmF0dXJlSW52ZW50ZWQwMDA2",
            text("eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJ4In0.", "c2lnbmF0dXJlSW52ZW50ZWQwMDA2", "\n"),
            "access token",
        ),
        ("hives/SRV01_SYSTEM.hiv", "inventedHive0007", binary(b"regf\x01\0\0\0\x01\0\0\0", "inventedHive0007"), "hive"),
        ("hives/data.log", "inventedHive0008", binary(b"regf\x01\0\0\0\x01\0\0\0", "inventedHive0008"), "hive"),
        (
            "hives/sam.reg",
            "69,6e,76,00,09",
            text(
                "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SAM\\SAM]\r\n\"F\"=hex:",
                "69,6e,76,00,09",
                "\r\n",
            ),
            "registry",
        ),
        ("MEMORY.DMP", "inventedDump0010", binary(b"PAGEDU64", "inventedDump0010"), "memory dump"),
        ("lsass.log", "inventedDump0011", binary(b"MDMP\x93\xA7\0\0", "inventedDump0011"), "memory dump"),
        (
            "klist.txt",
            "inventedTicket0012",
            text("Current LogonId is 0:0x3e7\n", "inventedTicket0012", "\n"),
            "Kerberos",
        ),
        (
            "out.txt",
            "inventedTicket0013",
            text(
                "Current LogonId is 0:0x3e7\n\nCached Tickets: (1)\n\n#0>     Client: ",
                "inventedTicket0013",
                " @ ALDERWOOD\n",
            ),
            "Kerberos",
        ),
        (
            "cmdkey.txt",
            "inventedTarget0014",
            text("\nCurrently stored credentials:\n\n    Target: ", "inventedTarget0014", "\n"),
            "credentials",
        ),
        (
            "Microsoft/Credentials/DFBE70A7E5CC19A398EBF1B96859CE5D",
            "inventedBlob0015",
            text("", "inventedBlob0015", "\n"),
            "credentials",
        ),
        (
            "AppData/Local/Microsoft/TokenBroker/Cache/a.tbres",
            "inventedCache0016",
            text("{\"TBDataStoreObject\":\"", "inventedCache0016", "\"}\n"),
            "cache of tokens",
        ),
        (
            "laps.txt",
            "inventedLaps-0017-x",
            text(
                "ComputerName        : PC1\nDistinguishedName   : CN=PC1\nAccount             : Administrator\nPassword            : ",
                "inventedLaps-0017-x",
                "\nPasswordUpdateTime  : 1/30/2026\n",
            ),
            "LAPS",
        ),
        ("ADSync.mdf", "inventedRow0018", text("", "inventedRow0018", "\n"), "database"),
        (
            "keys.txt",
            "111111-222222-333333",
            text("BitLocker Drive Encryption recovery key\n\n", "111111-222222-333333", "\n"),
            "BitLocker",
        ),
    ]
}

/// Secrets inside of what is collected: (file, secret, content).
fn inside_of_records() -> Vec<(&'static str, &'static str, String)> {
    vec![
        (
            "export/users.ldf",
            "inventedLaps-0101-x",
            "dn: CN=PC1,OU=Sync,DC=alderwood,DC=example\nobjectClass: computer\ncn: PC1\nms-Mcs-AdmPwd: inventedLaps-0101-x\n\n"
                .to_owned(),
        ),
        (
            "ProgramData/AADConnect/trace-20260914-101500.log",
            "inventedBearer0102abcdef",
            "[10:15:00.000] [  1] [INFO ] Authorization: Bearer inventedBearer0102abcdef\r\n[10:15:01.000] [  1] [INFO ] done\r\n"
                .to_owned(),
        ),
    ]
}

fn put(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Collects with more options into `out.zip`, beside a cloud that has no server of its own; gives the exit code.
fn collect(bench: &Bench, more: &[&str]) -> i32 {
    let cloud = Simulated::start(bench, &["--users", "40"]);
    let output = cloud.collect(bench, "out.zip", more).output().unwrap();
    let code = output.status.code().unwrap();
    assert!(matches!(code, 0 | 3), "{code}\n{}", String::from_utf8_lossy(&output.stderr));
    bench.expect(0, &["verify", "out.zip"]);
    code
}

#[test]
fn what_is_never_collected_is_absent_and_named() {
    let bench = Bench::new();
    let folder = bench.path("server");
    let planted = planted();
    for (name, _, content, _) in &planted {
        put(&folder, name, content);
    }
    // Once more in the zip of a script, and in a zip in it.
    let files: Vec<_> = planted.iter().map(|(name, _, content, _)| ((*name).to_owned(), content.clone())).collect();
    put(
        &folder,
        "SRV01_diagnostics.zip",
        zipped(&[files.clone(), vec![("inner.zip".to_owned(), zipped(&files))]].concat()),
    );
    for (name, _, content) in inside_of_records() {
        put(&folder, name, content);
    }
    let include = ["organization", "connect-trace", "ad-computers", "registry", "event-log"];
    let include: Vec<&str> = include.iter().flat_map(|id| ["--include", id]).collect();
    let code = collect(&bench, &[&["--input", "server"], include.as_slice()].concat());
    assert_eq!(code, 0);
    let entries = inside(&bench.path("out.zip"));
    let records = inside_of_records();
    let secrets = planted.iter().map(|one| one.1).chain(records.iter().map(|one| one.1));
    for secret in secrets {
        for (path, bytes) in &entries {
            assert!(!contains(bytes, secret), "a planted secret ({}) is in {path}", &secret[secret.len() - 6..]);
        }
    }
    let manifest = manifest(&bench.path("out.zip"));
    let files = manifest["files"].as_array().unwrap();
    let withheld: Vec<&Value> = files.iter().filter(|file| file["state"] == "withheld").collect();
    assert_eq!(withheld.len(), planted.len() * 3, "each in the folder, in the zip and in the zip in it: {withheld:#?}");
    for (name, _, _, word) in &planted {
        let of_word = withheld.iter().filter(|file| file["reason"].as_str().is_some_and(|text| text.contains(word)));
        assert!(of_word.clone().count() >= 3, "{name}: {word}");
        assert!(of_word.into_iter().all(|file| file["sha256"].is_string() && file.get("entry").is_none()), "{name}");
    }
    assert_eq!(dataset(&manifest, "connect-trace")["records"], 2);
    assert_eq!(dataset(&manifest, "ad-computers")["records"], 1);
}

/// In any of the spellings in which text is written.
fn contains(bytes: &[u8], secret: &str) -> bool {
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let has = |needle: &[u8]| memchr::memmem::find(bytes, needle).is_some();
    has(secret.as_bytes()) || has(&wide)
}

#[test]
fn a_copied_tree_gives_the_datasets_and_says_what_is_missing() {
    let bench = Bench::new();
    let folder = bench.path("server");
    put(
        &folder,
        "ProgramData/AADConnect/trace-20260914-101500.log",
        "[10:15:00.000] [  1] [INFO ] Signed in as ada.byron@alderwood.example\r\n",
    );
    put(
        &folder,
        "SRV01-dsregcmd.txt",
        "| Device State   |\n\n             AzureAdJoined : NO\n              DomainJoined : YES\n",
    );
    put(&folder, "machine.config", "<configuration><system.net/></configuration>\n");
    let options = ["--profile", "connect-sync", "--profile", "device-join", "--input", "server"];
    collect(&bench, &options);
    let (entries, manifest) = (inside(&bench.path("out.zip")), manifest(&bench.path("out.zip")));
    let trace = String::from_utf8(entries["data/onprem/connect-trace.jsonl"].clone()).unwrap();
    assert!(trace.contains("Signed in as") && !trace.contains("ada.byron") && !trace.contains("alderwood"), "{trace}");
    assert!(entries.contains_key("data/onprem/device-state.jsonl"));
    for id in ["connect-trace", "device-state"] {
        let row = dataset(&manifest, id);
        assert_eq!((&row["outcome"], &row["source"]["kind"]), (&"complete".into(), &"file".into()), "{row}");
        assert!(row["reason"].as_str().is_some_and(|text| text.starts_with("from 1 file")), "{row}");
    }
    let lacking = dataset(&manifest, "event-log");
    assert_eq!(lacking["outcome"], "unavailable");
    assert!(lacking["reason"].as_str().is_some_and(|text| text.contains("events-application")), "{lacking}");
    assert_eq!(dataset(&manifest, "ad-users")["outcome"], "skipped");
    assert!(
        manifest["datasets"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["id"] != "adfs-state" || row["outcome"] != "failed")
    );
    let files = manifest["files"].as_array().unwrap();
    let item = |id: &str| files.iter().find(|file| file["import"]["item"] == id).unwrap_or_else(|| panic!("no {id}"));
    assert_eq!(item("connect-wizard-trace")["import"]["imported"], 1);
    assert!(item("machine-settings")["entry"].as_str().is_some_and(|path| path.starts_with("data/files/")));
}

#[test]
fn a_damaged_file_costs_the_exit_code_and_nothing_more() {
    let bench = Bench::new();
    let folder = bench.path("server");
    // An event log that ends in its header.
    let log = [b"ElfFile\0".as_slice(), &[0; 20]].concat();
    put(&folder, "Application.evtx", log);
    put(&folder, "dsregcmd.txt", "| Device State   |\n\n             AzureAdJoined : NO\n");
    let include = ["--include", "organization", "--include", "event-log", "--include", "device-state"];
    let code = collect(&bench, &[&["--input", "server"], &include[..]].concat());
    let manifest = manifest(&bench.path("out.zip"));
    let files = manifest["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file["state"] != "whole" && file["reason"].is_string()), "{files:#?}");
    assert_eq!(dataset(&manifest, "device-state")["outcome"], "complete");
    let lacking = dataset(&manifest, "event-log");
    assert_eq!(lacking["outcome"], "partial", "{lacking}");
    assert!(
        lacking["reason"].as_str().is_some_and(|text| text.contains("1 file could not be read whole")),
        "{lacking}"
    );
    assert_eq!(code, 3);
}

#[test]
fn without_a_folder_the_datasets_are_skipped_with_a_hint() {
    let bench = Bench::new();
    let include = ["--include", "organization", "--include", "event-log", "--include", "ad-users"];
    assert_eq!(collect(&bench, &include), 0);
    let manifest = manifest(&bench.path("out.zip"));
    for (id, hint) in [("event-log", "--input"), ("ad-users", "--ldap")] {
        let row = dataset(&manifest, id);
        assert_eq!(row["outcome"], "skipped", "{row}");
        assert!(row["hint"].as_str().is_some_and(|text| text.contains(hint)), "{row}");
    }
}
