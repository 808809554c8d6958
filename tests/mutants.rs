//! Mutation tests on the gate: each layer is turned off in turn, and the canary that only this layer catches must come
//! through. A layer that can be turned off unnoticed is a hole in this list.
//!
//! Run with `cargo test --features gate-mutants --test mutants`; without the feature there is nothing to turn off.
#![cfg(all(feature = "gate-mutants", not(feature = "gate-off")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use entra_bundle::catalog::Catalog;
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::pseudonym::mutant::{NAMES, turn_off};
use entra_bundle::pseudonym::{Gate, Policy, Rules};
use entra_bundle::record::{Context, Encoding, Form, RawBatch, RawRecord, RawStretch, RawText};

/// Through which door of the gate the canary goes.
enum Door {
    Text,
    Name,
    Record(&'static str),
    File(Form, Option<&'static str>),
    /// In a line that was written before another one named the person.
    Late,
}

/// The layer, the door, what goes in, and what must not come out.
struct Canary {
    layer: &'static str,
    door: Door,
    text: String,
    needle: String,
    /// What a layer below would destroy: it stands in the clean text only while the layer is on.
    stays: &'static str,
}

fn canary(layer: &'static str, door: Door, text: impl Into<String>, needle: impl Into<String>) -> Canary {
    Canary { layer, door, text: text.into(), needle: needle.into(), stays: "" }
}

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const SID_BYTES: [u8; 28] = [
    1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0x0e, 0x12, 0x34, 0x56, 0x28, 0x57,
    4, 0, 0,
];

/// Zed Quillon is nobody that the directory names; Ada Field is.
fn canaries() -> Vec<Canary> {
    use Door::{File, Late, Name, Record, Text};
    let packed = base64(&gzip("a letter to zed.oak@private.example about the harbor and the crew"));
    let anchor: Vec<u8> =
        "User_7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let anchor = base64(&[&(anchor.len() as u32).to_le_bytes()[..], &anchor].concat());
    let wrapped = base64(b"a letter to zed.oak@private.example");
    let entra = format!("abc8Q~{}", "dE4fG5hJ6kL7mN8pQ9rS1tU2vW3xY4zA5b");
    vec![
        canary("account", Text, "login OTHERDOM\\jquill77 failed", "jquill77"),
        Canary { stays: "AAAAFUAcwBlAHIAXw", ..canary("anchor", Text, format!("anchor {anchor} seen"), anchor) },
        canary(
            "announced-id",
            Text,
            "(objectGUID=\\52\\1d\\3c\\1b\\4e\\8a\\6f\\4b\\9d\\10\\2c\\5e\\8f\\7a\\6b\\31)",
            "\\52\\1d\\3c\\1b",
        ),
        canary("base64", Text, format!("blob {wrapped} end"), wrapped),
        canary("breaks", Text, "name\\tAda Field\\tcame", "Ada Field"),
        canary("clean-name", Name, "letter to zed.oak@private.example.txt", "zed.oak"),
        canary(
            "csv",
            File(Form::Csv, None),
            "displayName,userPrincipalName\r\nZed Quillon,zed@private.example\r\n",
            "Zed Quillon",
        ),
        canary("dashed-v4", Text, "host-203-0-113-77 is up", "203-0-113-77"),
        Canary {
            stays: ".ipv6-literal.net",
            ..canary("dashed-v6", Text, "ping 2a02-810-44-1--1f.ipv6-literal.net now", "2a02-810-44-1--1f")
        },
        canary("dictionary", Text, "Spoke to Ada Field today", "Ada Field"),
        canary("dn", Text, "moved CN=Zed Quillon,OU=Crew,DC=private,DC=test now", "Zed Quillon"),
        canary("escapes", Text, "GET /users/zed.oak%40private.example", "zed.oak"),
        canary("expression", Text, "GET /v1.0/users?$filter=displayName eq 'Zed Quillon'", "Zed Quillon"),
        canary("guid", Text, "object 1b3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31 is gone", "1b3c1d52"),
        canary(
            "har",
            File(Form::Json, Some("har")),
            r#"{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[{"request":{"method":"GET","cookies":[{"name":"who","value":"zedcookie"}]}}]}}"#,
            "zedcookie",
        ),
        canary("hexadecimal", Text, format!("data {}", hex(b"to zed.oak@private.example")), hex(b"zed.oak@private")),
        canary("host", Text, "ping zed-dc01.ad.private.local now", "zed-dc01"),
        canary(
            "ldif",
            File(Form::Ldif, None),
            format!(
                "version: 1\n\ndn: cn=x\nobjectClass: user\nobjectClass: person\ngivenName:: {}\n",
                base64("Zéd Quillon".as_bytes())
            ),
            base64("Zéd Quillon".as_bytes()),
        ),
        canary("mac", Text, "adapter 00:1A:2B:3C:4D:5E is up", "2B:3C:4D"),
        canary("mail", Text, "letter to zed.oak@private.example", "zed.oak"),
        canary("nested", Text, r#"{"userDisplayName":"Zed Quillon"}"#, "Zed Quillon"),
        canary("opaque-atom", Record("users"), r#"{"onPremisesSecurityIdentifier":"zed odd value"}"#, "zed odd value"),
        canary("packed", Text, format!("blob {packed} end"), packed),
        canary(
            "personal-site",
            Text,
            "https://alderwood-my.sharepoint.com/personal/zed_oak_private_example/Documents",
            "zed_oak",
        ),
        canary("phone", Text, "call +49 30 90182077 at noon", "90182077"),
        canary("physical-id", Text, "[HWID]:h:6825812345678901", "6825812345678901"),
        canary(
            "registry",
            File(Form::Registry, None),
            "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n\"DefaultUserName\"=hex(1):7a,00,65,00,64,00,71,00,75,00,69,00,6c,00,6c,00,00,00\r\n",
            "7a,00,65,00",
        ),
        canary("repair", Late, r#"{"note":"Zed Quillon came by"}"#, "Zed Quillon"),
        canary("rules-by-key", Record("graph-activity"), r#"{"userDisplayName":"Zed Quillon"}"#, "Zed Quillon"),
        canary("rules-by-path", Record("users"), r#"{"displayName":"Zed Quillon"}"#, "Zed Quillon"),
        canary("secrets", Text, format!("the app secret is {entra}."), entra),
        canary("share", Text, "copied from \\\\zedsrv\\homes$ today", "zedsrv"),
        canary("sid", Text, "owner S-1-5-21-1985229328-249345688-676738066-1111", "1985229328"),
        canary("sid-bytes", Text, format!("objectSid {} read", base64(&SID_BYTES)), base64(&SID_BYTES)),
        canary("text-labels", File(Form::Text, None), "Account Name:\tzedquill\n", "zedquill"),
        canary("v4", Text, "from 203.0.113.77 port 443", "203.0.113.77"),
        canary("v6", Text, "from 2001:db8:44::1f port 443", "2001:db8:44"),
        canary(
            "xml",
            File(Form::Xml, None),
            "<users><user><sAMAccountName>\nzedquill\n</sAMAccountName></user></users>",
            "zedquill",
        ),
    ]
}

fn batch(dataset: &'static str, record: &str) -> RawBatch {
    RawBatch {
        dataset,
        slice: 0,
        parent: None,
        records: vec![RawRecord::new(Bytes::copy_from_slice(record.as_bytes()))],
    }
}

/// A gate that has read the directory of one person.
fn gate() -> Gate {
    let catalog = Catalog::embedded().unwrap();
    let rules = Rules::new(catalog.datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str())));
    let known = |id: u128| Catalog::embedded().is_ok_and(|catalog| catalog.well_known(id).is_some());
    let gate = Gate::new(Arc::new(Ff1::new(&MasterKey::from_bytes([7; 32]))), Policy::standard(), rules, known);
    gate.learn(&batch("users", r#"{"id":"7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31","displayName":"Ada Field","userPrincipalName":"ada.field@alderwood.example"}"#)).unwrap();
    gate.freeze();
    gate
}

fn record(gate: &Gate, dataset: &'static str, text: &str) -> String {
    String::from_utf8(gate.clean_batch(&batch(dataset, text)).unwrap().into_bytes()).unwrap()
}

fn file(gate: &Gate, form: Form, dataset: Option<&'static str>, text: &str) -> String {
    let names = text.lines().next().unwrap_or_default().split(',').map(RawText::new).collect();
    let context = match form {
        Form::Csv => Context::Columns { names, separator: b',', has_header: true },
        _ => Context::Nothing,
    };
    let stretch = RawStretch {
        form,
        encoding: Encoding::Utf8,
        has_mark: false,
        dataset,
        context,
        goes_on: false,
        text: RawText::new(text),
    };
    String::from_utf8(gate.clean_stretch(&stretch).into_bytes()).unwrap()
}

/// What comes out. Every time by a gate of its own: gates remember.
fn out(canary: &Canary) -> String {
    let gate = gate();
    let text = canary.text.as_str();
    match canary.door {
        Door::Text => gate.clean_text(&RawText::new(text)).into_string(),
        Door::Name => gate.clean_name(text).as_str().to_owned(),
        Door::Record(dataset) => record(&gate, dataset, text),
        Door::File(form, dataset) => file(&gate, form, dataset, text),
        Door::Late => {
            let line = record(&gate, "graph-activity", text);
            record(&gate, "graph-activity", r#"{"userDisplayName":"Zed Quillon"}"#);
            let late = gate.late_dictionary().expect("a name was learnt late");
            let repaired = gate.repair(&late, line.as_bytes());
            repaired.map_or(line, |clean| String::from_utf8(clean.into_bytes()).unwrap())
        }
    }
}

/// One test, because the switch is one for the whole process.
#[test]
fn every_layer_is_missed_when_it_is_off() {
    let canaries = canaries();
    let mut faults = Vec::new();
    for canary in &canaries {
        turn_off(None);
        let clean = out(canary);
        if clean.contains(&canary.needle) || !clean.contains(canary.stays) {
            faults.push(format!("{}: comes through the whole gate: {clean}", canary.layer));
        }
        turn_off(Some(canary.layer));
        let mutated = out(canary);
        if !mutated.contains(&canary.needle) && (canary.stays.is_empty() || mutated.contains(canary.stays)) {
            faults.push(format!("{}: nobody misses it: {mutated}", canary.layer));
        }
    }
    turn_off(None);
    for name in NAMES.iter().filter(|name| canaries.iter().all(|canary| canary.layer != **name)) {
        faults.push(format!("{name}: no canary"));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
