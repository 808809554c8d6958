//! The embedded tenant's servers lead to the planted findings, a sound one to none, and clean records to what raw ones do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::macros::datetime;

use super::gate;
use crate::catalog::Catalog;
use crate::files::{FileEnd, FileHead, Inputs, Taker, TakerClosed};
use crate::host::reading::{Reading, Record};
use crate::host::{Recognised, recognise};
use crate::pseudonym::key::MasterKey;
use crate::pseudonym::{Policy, reveal};
use crate::record::{RawBatch, RawRecord, RawStretch};
use crate::summary::onprem::{Onprem, TRAITS, sources};
use crate::tenant::TenantSettings;
use crate::tenant::onprem::{Health, server_folder, stories};
use crate::tenant::world::{Settings, World, stamp};

type Lines = BTreeMap<&'static str, Vec<Vec<u8>>>;

fn settings() -> TenantSettings {
    TenantSettings { seed: 5, ..TenantSettings::demo(datetime!(2026-09-15 12:00 UTC)) }
}

/// Reads every file with the reader of its item.
#[derive(Default)]
struct Readers {
    name: String,
    /// Of the file: its reader, once the first stretch has said what it is; none in it for a plain file.
    reading: Option<Option<Reading>>,
    found: Lines,
}

impl Readers {
    fn add(found: &mut Lines, record: Record) {
        found.entry(record.dataset).or_default().push(record.json);
    }
}

impl Taker for Readers {
    fn begin(&mut self, head: &FileHead) {
        self.name = head.name.expose().to_owned();
    }

    fn stretch(&mut self, stretch: RawStretch) -> Result<(), TakerClosed> {
        let name = &self.name;
        let reader = || match recognise(name, stretch.form, stretch.text.expose()) {
            Recognised::Item(item) => Reading::of(item.reader.as_deref()?, name),
            _ => None,
        };
        let found = &mut self.found;
        if let Some(reading) = self.reading.get_or_insert_with(reader) {
            reading.take(&stretch, &mut |record| Self::add(found, record));
        }
        Ok(())
    }

    fn end(&mut self, _: FileEnd) {
        let found = &mut self.found;
        if let Some(reading) = self.reading.take().flatten() {
            let tally = reading.end(&mut |record| Self::add(found, record));
            assert_eq!(tally.texts, 0, "{} is not understood whole", self.name);
        }
    }
}

/// Raw lines of both sides.
fn lines(health: Health) -> Lines {
    let settings = settings();
    let mut inputs = Inputs::none();
    server_folder(&settings, health, &mut |file| inputs.add_bytes(&file.name, file.bytes.into())).unwrap();
    let mut readers = Readers::default();
    inputs.walk(&mut readers);
    let world = World::new(Settings { seed: settings.seed, users: settings.users, now: settings.now });
    let users = (0..world.user_count()).map(|index| world.user(index)).map(|user| {
        json!({
            "id": user.id, "userPrincipalName": user.upn, "onPremisesImmutableId": user.immutable_id,
            "onPremisesSyncEnabled": user.is_synced.then_some(true), "displayName": user.display_name,
            "onPremisesDistinguishedName": user.dn, "onPremisesSecurityIdentifier": user.sid,
        })
    });
    let mut lines = readers.found;
    lines.insert("users", users.map(|user| user.to_string().into_bytes()).collect());
    let sync = json!({"onPremisesSyncEnabled": true, "onPremisesLastSyncDateTime": stamp(world.ago_s(1_260))});
    lines.insert("organization", vec![sync.to_string().into_bytes()]);
    lines
}

/// The same behind the gate, and the traits as they are in the bundle and with their values turned back.
fn cleaned(raw: &Lines, policy: Policy) -> (Lines, Lines) {
    let (gate, cipher) = gate(Catalog::embedded().unwrap(), &MasterKey::from_bytes([7; 32]), policy);
    let batch = |dataset: &'static str| {
        let records = raw[dataset].iter().map(|line| RawRecord::new(line.clone().into())).collect();
        RawBatch { dataset, slice: 0, parent: None, records }
    };
    gate.clean_batch(&batch("users")).unwrap();
    gate.freeze();
    let split =
        |bytes: Vec<u8>| bytes.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec).collect();
    let mut clean: Lines =
        raw.keys().map(|id| (*id, split(gate.clean_batch(&batch(id)).unwrap().into_bytes()))).collect();
    let traits: Vec<Vec<u8>> = split(gate.traits().into_bytes());
    let turned = |line: &Vec<u8>| {
        let mut line: Value = serde_json::from_slice(line).unwrap();
        let value = reveal::reveal(line["value"].as_str().unwrap(), &*cipher).map(|found| found.value);
        line["value"] = json!(value.unwrap_or_default());
        line.to_string().into_bytes()
    };
    let mut with_traits = raw.clone();
    with_traits.insert(TRAITS, traits.iter().map(turned).collect());
    clean.insert(TRAITS, traits);
    (with_traits, clean)
}

fn findings(lines: &Lines) -> BTreeMap<String, Value> {
    let here: BTreeSet<&'static str> = lines.keys().copied().collect();
    let mut onprem = Onprem::new(&here, settings().now);
    let sources: Vec<_> = sources().into_iter().filter(|source| here.contains(source.dataset)).collect();
    for source in sources.iter().filter(|source| source.is_learnt) {
        onprem.learn(source.dataset, &lines[source.dataset].join(&b'\n'));
    }
    for source in sources.iter().filter(|source| source.dataset != TRAITS) {
        onprem.take(source.dataset, &lines[source.dataset].join(&b'\n'));
    }
    let told = serde_json::to_value(onprem.end()).unwrap();
    assert_eq!(told["unchecked"], json!([]), "the tenant shows something of everything");
    let all = told["findings"].as_array().unwrap().clone();
    all.into_iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one)).collect()
}

/// Counts of a finding, without what it lists by name.
fn counts(findings: &BTreeMap<String, Value>) -> BTreeMap<&str, (u64, Vec<u64>, usize)> {
    let of = |one: &Value| {
        let groups = one["groups"].as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64());
        let mut groups: Vec<u64> = groups.collect();
        groups.sort_unstable();
        (one["count"].as_u64().unwrap(), groups, one["listed"].as_array().map_or(0, Vec::len))
    };
    findings.iter().map(|(id, one)| (id.as_str(), of(one))).collect()
}

#[test]
fn every_planted_story_is_found_and_clean_records_tell_it_like_raw_ones() {
    let raw = lines(Health::Planted);
    for policy in [Policy::standard(), Policy::strict()] {
        let (raw, clean) = cleaned(&raw, policy);
        let (of_raw, of_clean) = (findings(&raw), findings(&clean));
        for id in stories::FINDINGS {
            assert!(of_clean.contains_key(id), "{id} is not found");
        }
        assert_eq!(counts(&of_raw), counts(&of_clean));
    }
}

#[test]
fn sound_servers_have_no_findings() {
    let raw = lines(Health::Sound);
    let (raw, clean) = cleaned(&raw, Policy::standard());
    for lines in [raw, clean] {
        let found = findings(&lines);
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn nobody_else_takes_part_in_the_stories() {
    let (_, clean) = cleaned(&lines(Health::Planted), Policy::standard());
    let found = findings(&clean);
    let count = |id: &str| found[id]["count"].as_u64().unwrap();
    assert_eq!((count("only-in-cloud"), count("only-in-active-directory")), (1, 2));
    assert_eq!((count("duplicate-address"), count("consistency-guid-duplicate")), (1, 1));
    assert_eq!((count("non-routable-upn"), count("password-sync-heartbeat")), (1, 1));
    // The migrated one, and the clone.
    assert_eq!(count("consistency-guid-differs"), 2);
}
