//! Files of a server through their readers and the real gate: nothing planted survives in any spelling, secrets are gone,
//! and one object has one pseudonym whatever it was spelt as. All fixtures are constructed, all people invented.

use std::sync::Arc;

use bytes::Bytes;
use entra_bundle::catalog::Catalog;
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::pseudonym::{Gate, Policy, Rules};
use entra_bundle::record::{RawBatch, RawRecord};
use serde_json::Value;

use crate::{Read, fixtures, read_text, spell};

/// Object in the directory, as text; the immutable id is its bytes in base64.
pub(crate) const OBJECT: &str = "7a1c94de-52b3-4f08-9e61-c2d7308fab45";
/// The same person in the cloud.
pub(crate) const CLOUD: &str = "b40e72c9-1d86-4a5f-8c03-6e9f15da7b28";
pub(crate) const SID: &str = "S-1-5-21-1847203951-3920481765-2716839504-48213";
pub(crate) const UPN: &str = "ottilie.brandhuber@ravensworth.example";
pub(crate) const DN: &str = "CN=Ottilie Brandhuber,OU=Harbour,DC=corp,DC=ravensworth,DC=example";

/// The bytes of a GUID as a directory stores them.
pub(crate) fn stored(guid: &str) -> [u8; 16] {
    let number = u128::from_str_radix(&guid.replace('-', ""), 16).unwrap().to_be_bytes();
    let [a, b, c, d, e, f, g, h, rest @ ..] = number;
    let mut bytes = [d, c, b, a, f, e, h, g, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes[8..].copy_from_slice(&rest);
    bytes
}

fn batch(dataset: &'static str, records: &[Vec<u8>]) -> RawBatch {
    let records = records.iter().map(|json| RawRecord::new(Bytes::copy_from_slice(json))).collect();
    RawBatch { dataset, slice: 0, parent: None, records }
}

/// A gate that knows nobody.
fn empty_gate() -> Gate {
    let catalog = Catalog::embedded().unwrap();
    let rules = Rules::new(catalog.datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str())));
    let known = |id: u128| Catalog::embedded().is_ok_and(|catalog| catalog.well_known(id).is_some());
    Gate::new(Arc::new(Ff1::new(&MasterKey::from_bytes([7; 32]))), Policy::standard(), rules, known)
}

/// A gate that has read the cloud's directory.
fn gate() -> Gate {
    let gate = empty_gate();
    let immutable = spell::base64(&stored(OBJECT));
    let user = serde_json::json!({
        "id": CLOUD, "displayName": "Ottilie Brandhuber", "givenName": "Ottilie", "surname": "Brandhuber",
        "userPrincipalName": UPN, "mail": UPN, "onPremisesSamAccountName": "obrandhuber",
        "onPremisesDomainName": "corp.ravensworth.example", "onPremisesImmutableId": immutable,
        "onPremisesSecurityIdentifier": SID, "onPremisesDistinguishedName": DN,
    });
    let organization = serde_json::json!({
        "id": "5e81c0d7-93a4-4b62-a1f9-0c7d6e2b8f34", "displayName": "Ravensworth Ferries",
        "verifiedDomains": [{"name": "ravensworth.example"}, {"name": "ravensworthferries.onmicrosoft.com"}],
    });
    for (dataset, record) in [("organization", organization), ("users", user)] {
        gate.learn(&batch(dataset, &[record.to_string().into_bytes()])).unwrap();
    }
    gate.freeze();
    gate
}

fn clean(gate: &Gate, read: &Read) -> Vec<Value> {
    read.raw
        .iter()
        .map(|(dataset, json)| {
            let clean = gate.clean_batch(&batch(dataset, std::slice::from_ref(json))).unwrap();
            assert_eq!(clean.refused(), [], "a record of {dataset}");
            serde_json::from_slice(clean.bytes()).unwrap()
        })
        .collect()
}

/// What must be nowhere: each value in the spellings of other programs.
fn needles() -> Vec<(String, String)> {
    let mut needles = Vec::new();
    for (name, guid) in [("object", OBJECT), ("cloud", CLOUD), ("device", fixtures::DEVICE)] {
        let bytes = stored(guid);
        let base64 = spell::base64(&bytes);
        let plain = guid.replace('-', "");
        let spellings = [
            guid.to_owned(),
            plain,
            spell::hex(&bytes),
            spell::octets(&bytes),
            spell::registry(&bytes),
            base64.trim_end_matches('=').to_owned(),
            spell::percent(&base64),
            spell::hex(base64.as_bytes()),
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join("-"),
        ];
        needles.extend(spellings.map(|spelling| (name.to_owned(), spelling)));
    }
    let sid = spell::base64(&spell::sid_bytes(SID));
    needles.extend(
        [("sid", SID), ("sid in base64", sid.as_str())].map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    for (name, value) in fixtures::WORDS {
        needles.push(((*name).to_owned(), (*value).to_owned()));
        needles.push((format!("{name} percent"), spell::percent(value)));
        needles.push((format!("{name} hex"), spell::hex(value.as_bytes())));
        needles.push((format!("{name} base64"), spell::base64(value.as_bytes()).trim_end_matches('=').to_owned()));
    }
    needles.extend(fixtures::SECRETS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    needles
}

#[test]
fn nothing_planted_survives_in_any_spelling() {
    let gate = gate();
    let needles = needles();
    let mut complaints = Vec::new();
    let mut planted = std::collections::BTreeSet::new();
    for (reader, name, bytes) in fixtures::all() {
        let read = read_text(reader, name, &bytes);
        assert!(!read.records.is_empty(), "{name}");
        let raw: String = read.records.iter().map(|(_, record)| record.to_string().to_lowercase()).collect();
        for (record, (_, before)) in clean(&gate, &read).iter().zip(&read.records) {
            let text = record.to_string().to_lowercase();
            for (what, needle) in &needles {
                let needle = needle.to_lowercase();
                if raw.contains(&needle) {
                    planted.insert(what.clone());
                }
                if text.contains(&needle) {
                    complaints.push(format!("{what} in {name}: {before}\n   => {record}"));
                }
            }
        }
    }
    // Every value and every secret of the list was there before.
    for (what, _) in fixtures::WORDS.iter().chain(fixtures::SECRETS) {
        let removed = fixtures::LEFT_OUT.contains(what);
        assert!(removed || planted.contains(*what), "{what} is planted");
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Ids, addresses and secrets go without a directory too: fields and forms show them.
#[test]
fn without_a_directory_fields_and_forms_show_what_identifies() {
    let gate = empty_gate();
    gate.freeze();
    let mut needles = needles();
    needles.retain(|(what, _)| ["object", "cloud", "device", "sid", "sid in base64"].contains(&what.as_str()));
    needles.push(("address".to_owned(), UPN.to_owned()));
    needles.extend(fixtures::SECRETS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let mut complaints = Vec::new();
    for (reader, name, bytes) in fixtures::all() {
        for record in clean(&gate, &read_text(reader, name, &bytes)) {
            let text = record.to_string().to_lowercase();
            let found = needles.iter().filter(|(_, needle)| text.contains(&needle.to_lowercase()));
            complaints.extend(found.map(|(what, _)| format!("{what} in {name}: {record}")));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// A quote inside a name does not end the name.
#[test]
fn names_with_apostrophes_go_whole() {
    let gate = gate();
    for (dn, words) in [
        ("CN=D'Ysonde Quarrier,OU=Harbour,DC=corp,DC=ravensworth,DC=example", ["Ysonde", "Quarrier"]),
        ("CN=Quarriers' Skiff,OU=O'Malley Dock,DC=corp,DC=ravensworth,DC=example", ["Skiff", "Malley"]),
    ] {
        for text in
            [format!("Request - Dn: {dn}, Change Date: 05/01/2013"), format!("object '{dn}' failed"), dn.to_owned()]
        {
            let read = read_text("connect-trace", "t.log", format!("[10:00:00.000] [  1] [INFO ] {text}\n"));
            let clean = clean(&gate, &read).remove(0).to_string();
            assert!(words.iter().all(|word| !clean.contains(word)), "{clean}");
            assert!(!text.contains("failed") || clean.contains("' failed"), "the quote ends it: {clean}");
        }
    }
}

#[test]
fn one_object_has_one_pseudonym_whatever_it_is_spelt_as() {
    let gate = gate();
    let cleaned = |dataset: &'static str, record: Value| -> Value {
        let clean = gate.clean_batch(&batch(dataset, &[record.to_string().into_bytes()])).unwrap();
        serde_json::from_slice(clean.bytes()).unwrap()
    };
    let user = cleaned(
        "users",
        serde_json::json!({
            "id": CLOUD, "userPrincipalName": UPN, "onPremisesImmutableId": spell::base64(&stored(OBJECT)),
            "onPremisesSecurityIdentifier": SID, "onPremisesDistinguishedName": DN, "onPremisesSamAccountName": "obrandhuber",
        }),
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let immutable = text(&user["onPremisesImmutableId"]);
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(&immutable).unwrap();
    let [a, b, c, d, e, f, g, h, rest @ ..] = <[u8; 16]>::try_from(bytes.as_slice()).unwrap();
    let hex = spell::hex(&[d, c, b, a, f, e, h, g]) + &spell::hex(&rest);
    let guid = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);

    let read = |reader: &str, name: &str| {
        let (_, _, bytes) = fixtures::all().into_iter().find(|(one, file, _)| *one == reader && *file == name).unwrap();
        clean(&gate, &read_text(reader, name, &bytes))
    };
    // The directory.
    let person = read("ldif", "users.ldif").remove(0);
    assert_eq!(person["objectGUID"], *guid);
    assert_eq!(person["mS-DS-ConsistencyGuid"], *immutable);
    assert_eq!(person["objectSid"], user["onPremisesSecurityIdentifier"]);
    assert_eq!(person["dn"], user["onPremisesDistinguishedName"]);
    assert_eq!(person["userPrincipalName"], user["userPrincipalName"]);
    assert_eq!(person["sAMAccountName"], user["onPremisesSamAccountName"]);
    let unit = read("ldif", "users.ldif").pop().unwrap();
    let (ou, dn) = (text(&unit["ou"]), text(&unit["dn"]));
    assert!(dn.starts_with(&format!("OU={ou},")) && unit["name"] == unit["ou"], "the unit's name is that in its DN");
    // Both connector spaces.
    let objects = read("cs-export", "export.xml");
    let entry = &objects[0]["synchronized-hologram"]["entry"];
    assert_eq!(entry["anchor"], *immutable);
    assert_eq!(entry["attr"]["objectSid"], user["onPremisesSecurityIdentifier"]);
    assert_eq!(entry["attr"]["userPrincipalName"], user["userPrincipalName"]);
    assert_eq!(objects[0]["cs-dn"], user["onPremisesDistinguishedName"]);
    let entry = &objects[1]["synchronized-hologram"]["entry"];
    assert_eq!(text(&entry["cloudAnchor"]), format!("User_{}", text(&user["id"])));
    assert_eq!(
        text(&objects[1]["cs-dn"]).to_uppercase(),
        format!("CN={{{}}}", spell::hex(immutable.as_bytes())).to_uppercase()
    );
    // Both are linked to the same object of the metaverse, and the failed export names it.
    assert_eq!(objects[0]["mv-link"]["#text"], objects[1]["mv-link"]["#text"]);
    let runs = read("run-history", "runs.xml");
    let error = runs.iter().find(|record| record["record"] == "export-error").unwrap();
    assert_eq!(error["cs-guid"], objects[1]["id"]);
    assert_eq!(error["dn"], objects[1]["cs-dn"]);
    // Events and traces.
    for (reader, name) in [("events", "application.xml"), ("connect-trace", "trace-20240131-235900.log")] {
        let all = Value::from(read(reader, name)).to_string();
        for expected in [&immutable, &text(&user["userPrincipalName"]), &text(&user["id"])] {
            assert!(all.contains(expected.as_str()), "{expected} in {name}: {all}");
        }
    }
}
