//! Blocks that were written before a name was known are repaired, the same way by any number of workers.
#![cfg(not(feature = "gate-off"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use bytes::Bytes;
use entra_bundle::catalog::Group;
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::pseudonym::{Gate, Policy, Rules};
use entra_bundle::record::{RawBatch, RawRecord};
use entra_bundle::spool::{EntryPath, Order, Spool};
use entra_bundle::sweep::{Known, LeakScan, repair};

fn batch(dataset: &'static str, records: &[String]) -> RawBatch {
    let records = records.iter().map(|text| RawRecord::new(Bytes::from(text.clone()))).collect();
    RawBatch { dataset, slice: 0, parent: None, records }
}

/// Early groups name a user who comes later; late logs name somebody whom only the logs know.
fn spooled(folder: &std::path::Path, gate: &Gate) -> Spool {
    let spool = Spool::create(folder).unwrap();
    let put = |path: &str, part: u32, batch: &RawBatch| {
        let clean = gate.clean_batch(batch).unwrap();
        spool.append(&EntryPath::new(path).unwrap(), Order { slice: 0, part }, clean).unwrap();
    };
    for part in 0..20 {
        let note = if part % 4 == 0 { "of Ada Field" } else { "of nobody" };
        put("data/objects/groups.jsonl", part, &batch("groups", &[format!(r#"{{"description":"the crew {note}"}}"#)]));
    }
    put("data/objects/users.jsonl", 0, &batch("users", &[r#"{"displayName":"Ada Field"}"#.into()]));
    gate.freeze();
    for part in 0..20 {
        let record = match part {
            19 => r#"{"userPrincipalName":"zephyrine7@elsewhere.test"}"#.into(),
            _ => format!(r#"{{"failureReason":"{part}: Ada Field met zephyrine7"}}"#),
        };
        put("data/logs/sign-ins.jsonl", part, &batch("sign-ins", &[record]));
    }
    spool
}

fn lines(spool: &Spool) -> Vec<Vec<u8>> {
    let blocks = spool.entries().into_iter().flat_map(|entry| spool.blocks(&entry));
    blocks.map(|block| spool.read(&block).unwrap().bytes().to_vec()).collect()
}

#[test]
fn blocks_are_repaired_alike_by_any_number_of_workers() {
    let mut results = Vec::new();
    for threads in [1, 5] {
        let rows =
            [("users", Group::Objects, "/users"), ("groups", Group::Objects, "/groups"), ("sign-ins", Group::Logs, "")];
        let gate = Gate::new(
            Arc::new(Ff1::new(&MasterKey::from_bytes([1; 32]))),
            Policy::standard(),
            Rules::new(rows),
            |_| false,
        );
        let folder = tempfile::tempdir().unwrap();
        let spool = spooled(&folder.path().join("spool"), &gate);
        let known = |needle: &str| {
            lines(&spool).iter().filter(|line| memchr::memmem::find(line, needle.as_bytes()).is_some()).count()
        };
        assert_eq!((known("Ada Field"), known("zephyrine7")), (5, 19));
        let early = |entry: &EntryPath| entry.as_str().starts_with("data/objects/");
        let repaired = repair(&spool, &gate, &early, threads).unwrap();
        assert_eq!((known("Ada Field"), known("zephyrine7")), (0, 0));
        assert_eq!((repaired.blocks_seen, repaired.blocks_repaired), (41, 24));
        assert!(repaired.terms > 2 && repaired.late.is_some());

        let looked = Known::new(&gate, repaired.late.as_ref());
        let mut scan = LeakScan::new(None, Some(looked));
        scan.begin("data/x.jsonl");
        lines(&spool).iter().for_each(|line| scan.piece(line));
        assert_eq!(scan.take_findings(), []);
        scan.piece(b"{\"a\":\"ada field and Zephyrine7\"}\n");
        assert_eq!(scan.findings().iter().map(|finding| finding.count).sum::<u64>(), 2);

        let again = repair(&spool, &gate, &|_| false, threads).unwrap();
        assert_eq!((again.blocks_seen, again.blocks_repaired, again.late.is_none()), (0, 0, true));
        results.push(lines(&spool));
    }
    assert!(results[0] == results[1]);
}
