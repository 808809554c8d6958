//! The leak check over any bytes: the same findings wherever they are cut, and a name that was planted is always found.
#![no_main]

use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::sweep::{ClosedWorld, Finding, Known, LeakScan, SHAPES};
use entra_bundle_fuzz::{GATE, cipher};
use libfuzzer_sys::fuzz_target;

const ENTRIES: [&str; 6] = [
    "data/logs/a.jsonl",
    "data/files/a.log",
    "data/files/a.ldif",
    "data/files/a.csv",
    "report.html",
    "data/files/a.xml",
];

fn findings(cipher: &Ff1, entry: &str, pieces: &[&[u8]]) -> Vec<Finding> {
    let closed_world = ClosedWorld::new(cipher, SHAPES.to_vec());
    let mut scan = LeakScan::new(Some(closed_world), Some(Known::new(&GATE, None)));
    scan.begin(entry);
    pieces.iter().for_each(|piece| scan.piece(piece));
    scan.end();
    scan.take_findings()
}

fuzz_target!(|data: &[u8]| {
    let [entry, at, rest @ ..] = data else { return };
    let (cipher, entry) = (cipher(), ENTRIES[usize::from(*entry) % ENTRIES.len()]);
    let (before, behind) = rest.split_at(usize::from(*at) * rest.len() / 256);
    let whole = findings(&cipher, entry, &[rest]);
    assert_eq!(whole, findings(&cipher, entry, &[before, behind]));
    let planted = [rest, b"\nada.field@alderwood.example\n"].concat();
    if entry.ends_with(".log") {
        assert!(findings(&cipher, entry, &[&planted]).len() >= whole.len().max(1), "what was planted is not found");
    }
});
