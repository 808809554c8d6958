//! The archive as a whole, and the golden bundle that other tests of this crate tamper with.

use super::*;
use crate::pseudonym::CleanBatch;
use crate::spool::{EntryPath, Order};
use std::path::Path;
use time::macros::datetime;

pub(crate) fn records(from: u32, count: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in from..from + count {
        let filler = number.wrapping_mul(2_654_435_761);
        bytes.extend(
            format!("{{\"id\":\"{filler:08x}\",\"createdDateTime\":\"2025-01-01T00:00:00Z\",\"n\":{number}}}\n")
                .bytes(),
        );
    }
    bytes
}

/// `count` records in each of nine pages of sign-ins, 20 users, one line of run log.
pub(crate) fn spool_into(folder: &Path, workers: usize, count: u32) -> Spool {
    let spool = Spool::create(folder).unwrap();
    let mut work = Vec::new();
    for slice in 0..3u32 {
        work.extend(
            (0..3u32)
                .map(|part| ("data/logs/sign-ins.jsonl", slice, part, records(slice * 100_000 + part * count, count))),
        );
    }
    work.push(("data/objects/users.jsonl", 0, 0, records(0, 20)));
    work.push(("data/run-log.jsonl", 0, 0, b"{\"event\":\"start\"}\n".to_vec()));
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (spool, work) = (&spool, &work);
            scope.spawn(move || {
                for (path, slice, part, bytes) in work.iter().skip(worker).step_by(workers) {
                    let order = Order { slice: *slice, part: *part };
                    spool.append(&EntryPath::new(path).unwrap(), order, CleanBatch::forge(bytes.clone())).unwrap();
                }
            });
        }
    });
    spool
}

pub(crate) fn bundle(documents: Vec<CleanDocument>) -> Bundle<'static> {
    Bundle {
        folder: TopFolder::new("entra-bundle-2501-20250102T030405Z").unwrap(),
        instant: datetime!(2025-01-02 03:04:05 UTC),
        case: None,
        key_id: Word::new("k-0123").ok(),
        documents,
        signer: None,
    }
}

/// A whole bundle; `document` makes the other tag files from the sealed entries.
pub(crate) fn write_bundle(
    path: &Path,
    workers: usize,
    count: u32,
    document: impl Fn(&[SealedEntry]) -> Vec<CleanDocument>,
) -> Result<Written, Error> {
    let output = Output::claim(path)?;
    let spool = spool_into(&output.spool_folder(), workers, count);
    let entries = spool.seal(workers).unwrap();
    let written = write(output, &spool, &entries, &bundle(document(&entries))).and_then(Draft::publish);
    spool.remove().unwrap();
    written
}

fn plain(_: &[SealedEntry]) -> Vec<CleanDocument> {
    vec![CleanDocument::assembled("manifest.json", b"{}\n".to_vec())]
}

#[test]
fn same_records_and_instant_same_bytes_whatever_the_workers() {
    let folder = tempfile::tempdir().unwrap();
    let zips: Vec<_> = [1, 1, 5]
        .iter()
        .enumerate()
        .map(|(run, workers)| {
            std::fs::create_dir(folder.path().join(run.to_string())).unwrap();
            let path = folder.path().join(run.to_string()).join("case.zip");
            write_bundle(&path, *workers, 9000, plain).unwrap();
            std::fs::read(&path).unwrap()
        })
        .collect();
    assert!(zips[0] == zips[1] && zips[1] == zips[2]);
}

#[test]
fn the_strict_reader_finds_nothing_and_every_entry_unpacks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.zip");
    let written = write_bundle(&path, 2, 9000, plain).unwrap();
    assert_eq!(written.bytes, path.metadata().unwrap().len());
    let mut zip = ZipFile::open(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(zip.faults(), []);
    let names: Vec<_> = zip.members().iter().map(|member| member.name.split_once('/').unwrap().1.to_owned()).collect();
    assert_eq!(
        names,
        [
            "README.txt",
            "bag-info.txt",
            "bagit.txt",
            "data/logs/sign-ins.jsonl",
            "data/objects/users.jsonl",
            "data/run-log.jsonl",
            "manifest-sha256.txt",
            "manifest.json",
            "tagmanifest-sha256.txt"
        ]
    );
    for member in zip.members().to_vec() {
        let mut bytes = Vec::new();
        assert_eq!(
            zip.unpack(&member, &mut |piece| bytes.extend_from_slice(piece)).unwrap(),
            Ok(()),
            "{}",
            member.name
        );
        if member.name.ends_with("users.jsonl") {
            assert!(bytes == records(0, 20));
        }
    }
    assert!(folder.path().read_dir().unwrap().count() == 2);
}

#[test]
fn names_that_clash_and_empty_bags_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.zip");
    let twice = |_: &[SealedEntry]| vec![CleanDocument::assembled("readme.TXT", Vec::new())];
    assert!(matches!(write_bundle(&path, 1, 1, twice), Err(Error::Name)));
    let nested = |_: &[SealedEntry]| vec![CleanDocument::assembled("data/x", Vec::new())];
    assert!(matches!(write_bundle(&path, 1, 1, nested), Err(Error::Name)));
    assert!(folder.path().read_dir().unwrap().next().is_none());
}

#[test]
fn entries_beyond_4_gib_get_zip64_and_the_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::claim(&folder.path().join("case.zip")).unwrap();
    let spool = Spool::create(&output.spool_folder()).unwrap();
    let large: Vec<u8> = (0..16_000).flat_map(|number| format!("{number:01023}\n").into_bytes()).collect();
    let large_bytes = large.len() as u64;
    for (name, raw) in [("data/large.log", large), ("data/zlast.log", b"small\n".to_vec())] {
        let order = Order { slice: 0, part: 0 };
        spool.append(&EntryPath::new(name).unwrap(), order, CleanBatch::forge(raw)).unwrap();
    }
    let mut entries = spool.seal(2).unwrap();
    // The same blocks again and again: 4.0 GiB and a little without the time that they take.
    entries[0].repeat_pieces(270);
    assert!(entries[0].bytes() > 0xFFFF_FFFF && entries[0].compressed_bytes() < 0xFFFF_FFFF);
    let written = write(output, &spool, &entries, &bundle(Vec::new())).and_then(Draft::publish).unwrap();
    let zip = ZipFile::open(std::fs::File::open(&written.path).unwrap()).unwrap();
    assert_eq!(zip.faults(), []);
    let large = zip.members().iter().find(|member| member.name.ends_with("large.log")).unwrap();
    assert_eq!(large.bytes, 270 * large_bytes);
    let bytes = std::fs::read(&written.path).unwrap();
    let fields = memchr::memmem::find_iter(&bytes, &[1, 0, 16, 0]).count();
    assert!(fields >= 2, "the local and the central ZIP64 field");
}

#[test]
fn a_case_with_a_line_break_cannot_forge_a_tag() {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::claim(&folder.path().join("case.zip")).unwrap();
    let spool = spool_into(&output.spool_folder(), 1, 1);
    let entries = spool.seal(1).unwrap();
    let case = CleanText::forge("2501\nPayload-Oxum: 0.0");
    let forged = Bundle { case: Some(&case), ..bundle(Vec::new()) };
    assert!(matches!(write(output, &spool, &entries, &forged), Err(Error::Case)));
}

struct Pen(bool);

impl Signer for Pen {
    fn sign(&self, tag_manifest: &[u8]) -> std::io::Result<String> {
        let lines = tag_manifest.iter().filter(|byte| **byte == b'\n').count();
        if self.0 { Ok(format!("signed {lines} lines\n")) } else { Err(std::io::Error::other("no key")) }
    }
}

#[test]
fn a_signature_stands_beside_what_it_signs_and_without_one_there_is_no_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.zip");
    for able in [false, true] {
        let output = Output::claim(&path).unwrap();
        let spool = spool_into(&output.spool_folder(), 1, 1);
        let entries = spool.seal(1).unwrap();
        let result = write(output, &spool, &entries, &Bundle { signer: Some(&Pen(able)), ..bundle(Vec::new()) })
            .and_then(Draft::publish);
        assert_eq!(result.is_ok(), able);
        assert_eq!(path.exists(), able);
        spool.remove().unwrap();
    }
    let mut zip = ZipFile::open(std::fs::File::open(&path).unwrap()).unwrap();
    let member = zip.members().iter().find(|member| member.name.ends_with(SIGNATURE)).unwrap().clone();
    let mut text = Vec::new();
    zip.unpack(&member, &mut |piece| text.extend_from_slice(piece)).unwrap().unwrap();
    assert_eq!(text, b"signed 4 lines\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_says_how_much_the_whole_bundle_needs() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool_into(&folder.path().join("s"), 1, 9000);
    let entries = spool.seal(1).unwrap();
    let full = std::fs::OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
    let error = super::zip::write(&full, &spool, &entries, &[], &bundle(Vec::new())).unwrap_err();
    let compressed: u64 = entries.iter().map(SealedEntry::compressed_bytes).sum();
    assert!(matches!(error, Error::DiskFull { needed_bytes } if needed_bytes > compressed), "{error}");
}
