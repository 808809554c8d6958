//! The gate and the leak check agree about the whole embedded tenant: nothing is found in what the gate wrote, and
//! plenty in what came in.

#![cfg(not(feature = "gate-off"))]

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use time::macros::datetime;

use crate::catalog::{Catalog, Dataset, Group, Kind};
use crate::pseudonym::cipher::Ff1;
use crate::pseudonym::key::MasterKey;
use crate::pseudonym::{Gate, Policy, Rules};
use crate::record::{Key, RawBatch, RawRecord};
use crate::sweep::{ClosedWorld, Known, LeakScan, SHAPES, Shape, covered};
use crate::tenant::TenantSettings;
use crate::tenant::documents::{self, Documents, Version};
use crate::tenant::logs::{Actors, Log, Logs};

fn cipher() -> Ff1 {
    Ff1::new(&MasterKey::from_bytes([7; 32]))
}

pub(super) fn gate() -> Gate {
    let rows = Catalog::embedded().unwrap().datasets();
    let rules = Rules::new(rows.iter().map(|row| (row.id.as_str(), row.group, row.path.as_str())));
    let known = |id: u128| Catalog::embedded().is_ok_and(|catalog| catalog.well_known(id).is_some());
    Gate::new(Arc::new(cipher()), Policy::standard(), rules, known)
}

struct Tenant {
    logs: Logs,
}

impl Tenant {
    fn new() -> Self {
        let settings =
            TenantSettings { sign_ins: 400, audits: 600, ..TenantSettings::demo(datetime!(2026-09-15 12:00 UTC)) };
        Self { logs: Logs::new(&settings) }
    }

    fn list(&self, row: &Dataset, path: &str) -> Vec<Value> {
        let version = match row.version.as_str() {
            "v1.0" => Version::V1,
            "beta" => Version::Beta,
            _ => Version::Arm,
        };
        match documents::list(self.logs.world(), version, path) {
            Some(Documents::Collection { count, item }) => (0..count).map(item).collect(),
            Some(Documents::Singleton(body)) => vec![body],
            _ => Vec::new(),
        }
    }

    /// The batches of one dataset, with their parents, and their lines.
    fn batches(&self, row: &'static Dataset) -> Vec<(RawBatch, Vec<String>)> {
        if let Some(log) = Log::ALL.into_iter().find(|log| log.dataset() == row.id) {
            let mut actors = Actors::new(self.logs.world());
            let lines = (0..self.logs.count(log)).map(|index| {
                let mut line = Vec::new();
                self.logs.write(&mut actors, log, row.version == "beta", index, &mut line);
                String::from_utf8(line).unwrap()
            });
            return vec![batch(row, None, lines.collect())];
        }
        let text = |records: Vec<Value>| records.iter().map(Value::to_string).collect();
        let Some(each) = &row.for_each else { return vec![batch(row, None, text(self.list(row, &row.path)))] };
        let parent = Catalog::embedded().unwrap().dataset(&each.dataset).unwrap();
        if parent.for_each.is_some() {
            return Vec::new();
        }
        let parents = self.list(parent, &parent.path);
        let ids = parents.iter().filter_map(|one| one[&each.property].as_str());
        ids.map(|id| {
            let lines = text(self.list(row, &row.path.replace("{0}", id)));
            batch(row, Some(Key(vec![id.into()])), lines)
        })
        .collect()
    }
}

fn batch(row: &'static Dataset, parent: Option<Key>, lines: Vec<String>) -> (RawBatch, Vec<String>) {
    let records = lines.iter().map(|line| RawRecord::new(Bytes::from(line.clone()))).collect();
    (RawBatch { dataset: &row.id, slice: 0, parent, records }, lines)
}

fn rows(group: Group) -> impl Iterator<Item = &'static Dataset> {
    Catalog::embedded().unwrap().datasets().iter().filter(move |row| row.group == group)
}

/// (dataset, raw line, clean line) of everything; the objects written before the freeze are repaired.
pub(super) fn everything(gate: &Gate) -> Vec<(&'static str, String, String)> {
    let tenant = Tenant::new();
    let mut lines = Vec::new();
    let mut add = |row: &'static Dataset, early: bool| {
        for (batch, raw) in tenant.batches(row) {
            let clean = gate.clean_batch(&batch).unwrap();
            assert_eq!(clean.refused(), []);
            let clean = String::from_utf8(clean.into_bytes()).unwrap();
            lines.extend(
                raw.into_iter().zip(clean.lines()).map(|(raw, clean)| (row.id.as_str(), early, raw, clean.to_owned())),
            );
        }
    };
    for row in rows(Group::Objects).chain(rows(Group::Config)) {
        add(row, true);
    }
    gate.freeze();
    for row in rows(Group::Logs) {
        add(row, false);
    }
    let frozen = gate.dictionary().unwrap();
    let repaired = |early: bool, clean: String| match gate.repair(frozen, clean.as_bytes()).filter(|_| early) {
        Some(batch) => String::from_utf8(batch.into_bytes()).unwrap(),
        None => clean,
    };
    lines.into_iter().map(|(id, early, raw, clean)| (id, raw, repaired(early, clean))).collect()
}

fn found(scan: &mut LeakScan<'_>, line: &str) -> Vec<Shape> {
    scan.begin("data/x.jsonl");
    scan.piece(line.as_bytes());
    scan.end();
    scan.take_findings().into_iter().map(|finding| finding.shape).collect()
}

#[test]
fn nothing_is_found_in_the_clean_tenant_and_plenty_in_the_raw_one() {
    let (gate, cipher) = (gate(), cipher());
    let lines = everything(&gate);
    assert!(lines.len() > 4_000, "{}", lines.len());
    let shapes = covered(&gate.policy().kept());
    assert_eq!(shapes, SHAPES, "the standard policy keeps nothing that has a form");
    let mut scan = LeakScan::new(Some(ClosedWorld::new(&cipher, shapes)), Some(Known::new(&gate, None)));
    let mut leaks: BTreeMap<(&str, Shape), usize> = BTreeMap::new();
    let mut blind: BTreeMap<&str, usize> = BTreeMap::new();
    let mut caught: BTreeMap<Shape, usize> = BTreeMap::new();
    for (dataset, raw, clean) in &lines {
        for shape in found(&mut scan, clean) {
            *leaks.entry((dataset, shape)).or_default() += 1;
        }
        let found = found(&mut scan, raw);
        found.iter().for_each(|shape| *caught.entry(*shape).or_default() += 1);
        if raw.contains("alderwood.example") && !found.iter().any(|shape| *shape != Shape::Known) {
            *blind.entry(dataset).or_default() += 1;
        }
    }
    let shown: Vec<_> = leaks.iter().map(|((dataset, shape), count)| format!("{dataset} {shape:?} {count}")).collect();
    assert!(leaks.is_empty(), "{} kinds of finds in clean lines:\n{}", leaks.len(), shown.join("\n"));
    assert!(blind.is_empty(), "raw lines with an address or host in which nothing was found: {blind:?}");
    for shape in [Shape::Mail, Shape::Guest, Shape::Dn, Shape::Host, Shape::Known] {
        assert!(caught.get(&shape).is_some_and(|count| *count > 0), "{shape:?} never found in raw lines: {caught:?}");
    }
    assert!(caught[&Shape::Mail] > 1_000);
}

/// A bundle whose users are these lines.
fn write_bundle(path: &std::path::Path, key_id: &str, keep: &[&str], users: &str) {
    use crate::archive::{CleanDocument, Hex, Output, Word, tests::bundle, write};
    use crate::pseudonym::CleanBatch;
    use crate::spool::{EntryPath, Order, Spool};
    let output = Output::claim(path).unwrap();
    let spool = Spool::create(&output.spool_folder()).unwrap();
    for (entry, lines) in [("data/objects/users.jsonl", users), ("data/logs/sign-ins.jsonl", "{\"n\":1}\n")] {
        let order = Order { slice: 0, part: 0 };
        spool.append(&EntryPath::new(entry).unwrap(), order, CleanBatch::forge(lines)).unwrap();
    }
    let entries = spool.seal(1).unwrap();
    let mut manifest = crate::manifest::tests::manifest(&entries);
    manifest.privacy.key_id = Word::new(key_id).unwrap();
    manifest.privacy.policy_sha256 = Hex::try_from(Policy::standard().sha256()).unwrap();
    manifest.privacy.keep = Some(keep.iter().map(|kind| Word::new(kind).unwrap()).collect());
    let page = CleanDocument::assembled("report.html", b"<!doctype html><style>td.no{}</style>\n".to_vec());
    write(output, &spool, &entries, &bundle(vec![manifest.document().unwrap(), page])).unwrap().publish().unwrap();
    spool.remove().unwrap();
}

/// A whole bundle: right key, wrong key, and a leak that nobody cleaned.
#[test]
fn verify_with_the_right_key_passes_and_with_another_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (folder.path().join("ours.key"), folder.path().join("other.key"));
    let now = datetime!(2026-09-15 12:00 UTC);
    let key = MasterKey::create(&ours, now).unwrap();
    MasterKey::create(&other, now).unwrap();
    let cipher = Ff1::new(&key);
    let mut upn = String::new();
    crate::pseudonym::map::pseudonymise(Kind::Upn, "ada@alderwood.example", &cipher, &mut upn).unwrap();
    let bundle = |name: &str, upn: &str| {
        let path = folder.path().join(name);
        let lines = format!("{{\"userPrincipalName\":\"{upn}\"}}\n");
        write_bundle(&path, &key.id(), &Policy::standard().kept_names(), &lines);
        path
    };
    let more = folder.path().join("more.zip");
    write_bundle(&more, &key.id(), &["upn", "shoe-size"], "{\"n\":1}\n");
    let changed = folder.path().join("changed.zip");
    write_bundle(&changed, &key.id(), &["upn"], "{\"n\":1}\n");
    let (sound, leaky) = (bundle("sound.zip", &upn), bundle("leaky.zip", "ada@alderwood.example"));
    let run = |file: &std::path::Path, key: &std::path::Path, json: bool| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = super::VerifyArgs { file: file.to_owned(), key: Some(key.to_owned()), json };
        let code = super::run(&args, &mut out, &mut err).unwrap();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    };
    let (code, text, talk) = run(&sound, &ours, false);
    assert!(
        code == 0 && text.contains("leak check with the key") && text.contains("not proved"),
        "{code} {text}{talk}"
    );
    let document: Value = serde_json::from_str(&run(&sound, &ours, true).1).unwrap();
    assert_eq!(document["leak_check"]["closed_world"], true, "{document}");
    assert_eq!(document["leak_check"]["key_id"], key.id());
    for (file, key, wanted) in [(&sound, &other, "wrong-key"), (&leaky, &ours, "leak")] {
        let (code, text, _) = run(file, key, true);
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((code, &document["findings"][0]["code"]), (4, &Value::from(wanted)), "{document}");
        assert_eq!(document["findings"].as_array().unwrap().len(), 1);
        assert!(!text.contains("ada@"), "a value is in the output");
    }
    assert_eq!(run(&sound, &folder.path().join("none.key"), true).0, 2);
    assert!(run(&more, &ours, false).1.contains("leak check: did not run"));
    let (code, text, _) = run(&changed, &ours, true);
    assert!(code == 4 && text.contains("policy-sum"), "{text}");

    let kept = Policy::standard().kept();
    let checked = super::check(&sound, &cipher, &kept, None).unwrap();
    assert!(checked.is_ok() && checked.closed_world && !checked.dictionary && checked.terms == 0);
    let checked = super::check(&leaky, &cipher, &kept, None).unwrap();
    assert!(!checked.is_ok() && !checked.closed_world && checked.findings.len() == 1);
    let gate = gate();
    everything(&gate);
    let checked = super::check(&sound, &cipher, &kept, Some(Known::new(&gate, None))).unwrap();
    assert!(checked.is_ok() && checked.dictionary && checked.terms > 500, "{:?}", checked.findings);
}
