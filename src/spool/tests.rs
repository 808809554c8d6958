//! The spool as a whole: order, many workers, repair, resume.

use super::*;
use std::io::Read;

fn entry() -> EntryPath {
    EntryPath::new("data/logs/sign-ins.jsonl").unwrap()
}

/// A key that a resumed run has again.
fn key() -> SpoolKey {
    SpoolKey::of(&crate::pseudonym::cipher::Ff1::new(&crate::pseudonym::key::MasterKey::from_bytes([5; 32])))
}

fn lines(from: u32, count: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in from..from + count {
        let filler = number.wrapping_mul(2_654_435_761);
        bytes.extend(format!("{{\"id\":{number},\"text\":\"{filler:x}\"}}\n").bytes());
    }
    bytes
}

/// The unpacked bytes of a sealed entry.
fn unpack(spool: &Spool, sealed: &SealedEntry) -> Vec<u8> {
    let mut stream = Vec::new();
    for (offset, length) in sealed.pieces() {
        stream.extend(spool.segments().read(*offset, *length).unwrap());
    }
    stream.extend(STREAM_END);
    assert_eq!(stream.len() as u64, sealed.compressed_bytes());
    let mut raw = Vec::new();
    flate2::read::DeflateDecoder::new(stream.as_slice()).read_to_end(&mut raw).unwrap();
    raw
}

fn stream(spool: &Spool) -> (Vec<u8>, [u8; 32], u64) {
    use sha2::Digest;
    let sealed = spool.seal(3).unwrap();
    assert_eq!(sealed.len(), 1);
    let raw = unpack(spool, &sealed[0]);
    assert_eq!(crc32fast::hash(&raw), sealed[0].crc());
    assert!(sealed[0].sha256() == <[u8; 32]>::from(sha2::Sha256::digest(&raw)));
    assert_eq!(sealed[0].bytes(), raw.len() as u64);
    assert_eq!(sealed[0].records().unwrap(), raw.iter().filter(|byte| **byte == b'\n').count() as u64);
    (raw, sealed[0].sha256(), sealed[0].compressed_bytes())
}

#[test]
fn parts_that_come_in_any_order_leave_in_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::create(&folder.path().join("x.zip.spool")).unwrap();
    for (slice, part, from) in [(1, 0, 400_000), (0, 1, 200_000), (0, 0, 0)] {
        spool.append(&entry(), Order { slice, part }, CleanBatch::forge(lines(from, 60_000))).unwrap();
    }
    for slice in [0, 1] {
        spool.close_slice(&entry(), slice).unwrap();
    }
    let expected = [lines(0, 60_000), lines(200_000, 60_000), lines(400_000, 60_000)].concat();
    assert!(stream(&spool).0 == expected);
    spool.remove().unwrap();
    assert!(folder.path().read_dir().unwrap().next().is_none());
}

#[test]
fn many_workers_make_the_same_pieces_as_one() {
    let batches: Vec<_> = (0..40u32).map(|number| (Order { slice: number / 8, part: number % 8 }, number)).collect();
    let folder = tempfile::tempdir().unwrap();
    let runs: Vec<_> = [1, 7]
        .into_iter()
        .map(|workers| {
            let spool = Spool::create(&folder.path().join(format!("{workers}.spool"))).unwrap();
            std::thread::scope(|scope| {
                for worker in 0..workers {
                    let (spool, batches) = (&spool, &batches);
                    scope.spawn(move || {
                        for (order, number) in batches.iter().skip(worker).step_by(workers) {
                            let batch = CleanBatch::forge(lines(number * 10_000, 1 + number * 200));
                            spool.append(&entry(), *order, batch).unwrap();
                        }
                    });
                }
            });
            stream(&spool)
        })
        .collect();
    assert!(runs[0] == runs[1]);
}

#[test]
fn small_blocks_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::create(&folder.path().join("s")).unwrap();
    for slice in 0..2000 {
        spool.append(&entry(), Order { slice, part: 0 }, CleanBatch::forge(lines(slice * 3, 3))).unwrap();
        spool.close_slice(&entry(), slice).unwrap();
    }
    let sealed = spool.seal(2).unwrap();
    assert_eq!(sealed[0].pieces().len(), 1);
    assert!(unpack(&spool, &sealed[0]) == lines(0, 6000));
    let apart: u64 = spool.blocks(&entry()).len() as u64 * 40;
    assert!(sealed[0].compressed_bytes() < apart);
}

#[test]
fn refuses_what_would_lose_or_double_records() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::create(&folder.path().join("s")).unwrap();
    let append = |slice, part, bytes: &[u8]| spool.append(&entry(), Order { slice, part }, CleanBatch::forge(bytes));
    let misuse = |result: Result<(), Error>, text: &str| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(text), "{message}");
    };
    append(0, 1, b"{}\n").unwrap();
    misuse(append(0, 1, b"{}\n"), "came twice");
    misuse(spool.close_slice(&entry(), 0), "before its parts");
    append(0, 0, b"{}\n").unwrap();
    spool.close_slice(&entry(), 0).unwrap();
    misuse(append(0, 2, b"{}\n"), "closed");
    misuse(append(1, 0, b"{}\n{}"), "not the lines");
    assert!(matches!(Spool::create(&folder.path().join("s")), Err(Error::Exists { .. })));
    assert!(matches!(Spool::create(&folder.path().join("none/s")), Err(Error::Folder { .. })));
}

#[test]
fn a_repaired_block_takes_the_place_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::begin(&folder.path().join("s"), None, &key()).unwrap();
    spool.append(&entry(), Order { slice: 0, part: 0 }, CleanBatch::forge(lines(0, 90_000))).unwrap();
    spool.close_slice(&entry(), 0).unwrap();
    let ids = spool.blocks(&entry());
    assert!(ids.len() > 2);
    let before = spool.read(&ids[1]).unwrap();
    let repaired: Vec<u8> = before.bytes().to_ascii_uppercase();
    spool.replace(&ids[1], CleanBatch::forge(repaired.clone())).unwrap();
    assert!(spool.read(&ids[1]).unwrap().bytes() == repaired);
    assert!(spool.replace(&ids[1], CleanBatch::forge("{}\n")).is_err());
    let all = stream(&spool).0;
    let first = spool.read(&ids[0]).unwrap().bytes().len();
    assert!(all[first..first + repaired.len()] == repaired);
    drop(spool);
    let (again, _) = Spool::reopen(&folder.path().join("s"), &key()).unwrap();
    assert!(stream(&again).0 == all);
}

#[test]
fn a_killed_run_keeps_its_closed_slices_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let spool = Spool::begin(&path, None, &key()).unwrap();
    for slice in 0..4 {
        spool.append(&entry(), Order { slice, part: 0 }, CleanBatch::forge(lines(slice * 100, 100))).unwrap();
    }
    for slice in [0, 1, 3] {
        spool.close_slice(&entry(), slice).unwrap();
    }
    spool.discard_slice(&entry(), 1).unwrap();
    drop(spool);
    // A line torn by the kill.
    let journal = path.join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, format!("{text}{{\"close\":{{\"ent")).unwrap();

    let (spool, _) = Spool::reopen(&path, &key()).unwrap();
    assert_eq!(spool.closed_slices(&entry()), [0, 3]);
    for slice in [1, 2] {
        spool.append(&entry(), Order { slice, part: 0 }, CleanBatch::forge(lines(slice * 100, 100))).unwrap();
        spool.close_slice(&entry(), slice).unwrap();
    }
    assert!(stream(&spool).0 == lines(0, 400));
}

#[test]
fn a_slice_whose_blocks_did_not_reach_the_disk_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let spool = Spool::begin(&path, None, &key()).unwrap();
    for slice in 0..2 {
        spool.append(&entry(), Order { slice, part: 0 }, CleanBatch::forge(lines(slice * 100, 100))).unwrap();
        spool.close_slice(&entry(), slice).unwrap();
    }
    drop(spool);
    let blocks = path.join("blocks");
    let bytes = std::fs::read(&blocks).unwrap();
    std::fs::write(&blocks, &bytes[..bytes.len() - 10]).unwrap();
    assert_eq!(Spool::reopen(&path, &key()).unwrap().0.closed_slices(&entry()), [0]);
}

/// What a power cut can leave: files that end anywhere, or whose end is zeros.
#[test]
fn whatever_end_of_journal_and_blocks_is_lost_the_rest_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let part = |slice: u32, part: u32| lines(slice * 100 + part * 50, if slice == 2 { 1 } else { 50 });
    let fill = |spool: &Spool, slice: u32| {
        for number in 0..2 {
            spool.append(&entry(), Order { slice, part: number }, CleanBatch::forge(part(slice, number))).unwrap();
        }
        spool.close_slice(&entry(), slice).unwrap();
    };
    let spool = Spool::begin(&path, None, &key()).unwrap();
    (0..3).for_each(|slice| fill(&spool, slice));
    spool.discard_slice(&entry(), 2).unwrap();
    (2..4).for_each(|slice| fill(&spool, slice));
    let whole = stream(&spool).0;
    drop(spool);
    let [journal, blocks] = ["journal.jsonl", "blocks"].map(|name| std::fs::read(path.join(name)).unwrap());
    let (mut kept, mut cases) = ([0; 5], 0);
    for (of, bytes) in [("journal.jsonl", &journal), ("blocks", &blocks)] {
        for end in 0..=bytes.len() {
            // Every place of the tail, and some of the rest (all of them: 2,000 cases, two minutes).
            if end % 97 > 0 && end + 90 < bytes.len() {
                continue;
            }
            for zeros in [false, true] {
                let rest = if zeros { vec![0; bytes.len() - end] } else { Vec::new() };
                std::fs::write(path.join("journal.jsonl"), &journal).unwrap();
                std::fs::write(path.join("blocks"), &blocks).unwrap();
                std::fs::write(path.join(of), [&bytes[..end], &rest].concat()).unwrap();
                let (spool, _) = Spool::reopen(&path, &key()).unwrap();
                let closed = spool.closed_slices(&entry());
                kept[closed.len()] += 1;
                (0..4).filter(|slice| !closed.contains(slice)).for_each(|slice| fill(&spool, slice));
                assert!(stream(&spool).0 == whole, "{of} cut at {end} of {}, zeros: {zeros}", bytes.len());
                cases += 1;
            }
        }
    }
    assert!(kept.iter().all(|count| *count > 0), "{kept:?} of {cases}");
    std::fs::remove_file(path.join("blocks")).unwrap();
    assert_eq!(Spool::reopen(&path, &key()).unwrap().0.closed_slices(&entry()), [0; 0]);
}

/// A line in the middle that is none: the work behind it is done again, the work before it is kept.
#[test]
fn the_journal_ends_at_its_first_line_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let spool = Spool::begin(&path, None, &key()).unwrap();
    for slice in 0..3 {
        spool.append(&entry(), Order { slice, part: 0 }, CleanBatch::forge(lines(slice * 100, 100))).unwrap();
        spool.close_slice(&entry(), slice).unwrap();
    }
    drop(spool);
    let journal = path.join("journal.jsonl");
    let mut text = std::fs::read(&journal).unwrap();
    let third = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
    text[third..third + 20].fill(0);
    std::fs::write(&journal, &text).unwrap();
    assert_eq!(Spool::reopen(&path, &key()).unwrap().0.closed_slices(&entry()), [0]);
    std::fs::write(&journal, "nonsense\n").unwrap();
    assert!(matches!(Spool::reopen(&path, &key()), Err(Error::Journal { line: 1 })));
}

#[test]
fn another_key_finds_nothing_and_the_disk_shows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let spool = Spool::begin(&path, None, &key()).unwrap();
    spool.append(&entry(), Order { slice: 0, part: 0 }, CleanBatch::forge(lines(0, 100))).unwrap();
    spool.close_slice(&entry(), 0).unwrap();
    drop(spool);
    let stored = std::fs::read(path.join("blocks")).unwrap();
    for start in 0..stored.len() {
        let mut out = Vec::new();
        let _ = flate2::read::DeflateDecoder::new(&stored[start..]).read_to_end(&mut out);
        assert!(!out.windows(6).any(|window| window == b"\"text\""), "a block can be read without the key");
    }
    let other = SpoolKey::once().unwrap();
    assert_eq!(Spool::reopen(&path, &other).unwrap().0.closed_slices(&entry()), [0; 0]);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let _spool = Spool::create(&path).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn texts_are_not_counted_as_records() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::create(&folder.path().join("s")).unwrap();
    let path = EntryPath::new("data/onprem/trace.log").unwrap();
    spool.append(&path, Order { slice: 0, part: 0 }, CleanBatch::forge("no line end")).unwrap();
    let sealed = spool.seal(1).unwrap();
    assert_eq!(sealed[0].records(), None);
    assert!(unpack(&spool, &sealed[0]) == b"no line end");
}
