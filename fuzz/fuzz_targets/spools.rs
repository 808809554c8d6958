//! What a killed run left, spoilt: any journal over sound blocks, a sound one with something else in it, blocks that were
//! changed. A spool opens with slices that can be read, or it says why not.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use entra_bundle::spool::{EntryPath, Order, Spool, SpoolKey};
use entra_bundle_fuzz::{GATE, batch, cipher};
use libfuzzer_sys::fuzz_target;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").expect("memory has room")
}

/// Journal and blocks of a run that was killed.
static SOUND: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let folder = folder();
    let path = folder.path().join("spool");
    let spool = Spool::begin(&path, None, &SpoolKey::of(&cipher())).expect("a new spool");
    let entry = EntryPath::new("data/objects/users.jsonl").expect("a path");
    for slice in 0..3 {
        for part in 0..2 {
            let clean =
                GATE.clean_batch(&batch("users", br#"{"displayName":"Ada Field"}"#)).expect("no parent is given");
            spool.append(&entry, Order { slice, part }, clean).expect("memory has room");
        }
        spool.close_slice(&entry, slice).expect("it is whole");
    }
    spool.note_frozen("00").and_then(|()| spool.note_parents(&entry, "11")).expect("memory has room");
    drop(spool);
    ["journal.jsonl", "blocks"].map(|name| fs::read(path.join(name)).expect("it was written"))
});

fn spoilt(data: &[u8]) -> Option<[Vec<u8>; 2]> {
    let [kind, at, length, rest @ ..] = data else { return None };
    let [mut journal, mut blocks] = SOUND.clone();
    let file = if kind % 4 == 3 { &mut blocks } else { &mut journal };
    let at = usize::from(*at) * file.len() / 256;
    match kind % 4 {
        0 => *file = rest.to_vec(),
        1 => file.extend_from_slice(rest),
        _ => drop(file.splice(at..(at + usize::from(*length)).min(file.len()), rest.iter().copied())),
    }
    Some([journal, blocks])
}

fn read_all(path: &Path) -> Option<Vec<u8>> {
    let (spool, _) = Spool::reopen(path, &SpoolKey::of(&cipher())).ok()?;
    let mut all = Vec::new();
    for entry in spool.entries() {
        for block in spool.blocks(&entry) {
            all.extend_from_slice(spool.read(&block).expect("what was kept can be read").bytes());
        }
    }
    let _ = spool.seal(1);
    Some(all)
}

fuzz_target!(|data: &[u8]| {
    let Some([journal, blocks]) = spoilt(data) else { return };
    let folder = folder();
    fs::write(folder.path().join("journal.jsonl"), journal).expect("memory has room");
    fs::write(folder.path().join("blocks"), blocks).expect("memory has room");
    let _ = Spool::mark(folder.path());
    let once = read_all(folder.path());
    assert!(once.is_none() || once == read_all(folder.path()), "opened once more, it holds something else");
});
