//! The bag as a whole: every name, length, sum and count against every place that states it.
//!
//! Order: the zip, the tag manifest, the tag files, then the payload, so that a list is checked before it is used.

use super::content::{self, Seen};
use super::{EntryCheck, Verification};
use crate::archive::{BAGIT_TXT, Hex, Member, SIGNATURE, SUMS, TAG_SUMS, ZipFile, parse_sums};
use crate::manifest::{FILE_NAME, FILES, Manifest, ReadError};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Tag files that every bundle has.
const REQUIRED: [&str; 7] = ["bagit.txt", "bag-info.txt", "README.txt", "report.html", SUMS, TAG_SUMS, FILE_NAME];

/// Sums by path.
type Sums = BTreeMap<String, Hex>;

pub(super) fn check(path: &Path, check: &mut dyn EntryCheck, verification: &mut Verification) -> io::Result<()> {
    let mut file = File::open(path)?;
    check_sum_beside(path, &mut file, verification)?;
    let mut zip = ZipFile::open(file)?;
    for (name, fault) in zip.faults() {
        verification.blame(fault.code(), name.as_deref(), fault.to_string());
    }
    if zip.members().is_empty() && !verification.is_ok() {
        // The zip cannot be read: that every file is missing too would say nothing more.
        return Ok(());
    }
    let members = below_top(zip.members(), verification);
    let (payload, tags): (BTreeMap<_, _>, BTreeMap<_, _>) =
        members.into_iter().partition(|(path, _)| path.starts_with("data/"));

    let tags = read_tags(&mut zip, &tags, check, verification)?;
    let sums = check_tags(&tags, verification);
    let manifest = tags.get(FILE_NAME).and_then(|bytes| read_manifest(bytes, verification));
    let declared: BTreeMap<&str, u64> =
        manifest.iter().flat_map(|manifest| &manifest.entries).map(|row| (row.path.as_str(), row.bytes)).collect();

    let mut seen = BTreeMap::new();
    for (path, member) in &payload {
        verification.entries += 1;
        verification.bytes = verification.bytes.saturating_add(member.bytes);
        if declared.get(path.as_str()).is_some_and(|bytes| *bytes < member.bytes) {
            let message = "the file is longer than manifest.json says; it was not unpacked";
            verification.blame("entry-bytes", Some(path), message);
            continue;
        }
        if let Some(entry) = content::payload(&mut zip, path, member, check, verification)? {
            verification.records += entry.records.unwrap_or_default();
            seen.insert(path.clone(), entry);
        }
    }
    let present: BTreeSet<&str> = payload.keys().map(String::as_str).collect();
    if let Some(sums) = sums {
        check_payload(&sums, &present, &seen, verification);
    }
    if let Some(info) = tags.get("bag-info.txt") {
        check_oxum(info, verification);
    }
    if let Some(manifest) = manifest {
        check_rows(&manifest, &present, &seen, verification);
        check_datasets(&manifest, verification);
    }
    Ok(())
}

/// `FILE.zip.sha256`, if it lies beside the bundle.
fn check_sum_beside(path: &Path, file: &mut File, verification: &mut Verification) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256");
    let mut text = Vec::new();
    match File::open(name) {
        Ok(beside) => beside.take(4096).read_to_end(&mut text)?,
        Err(_) => return Ok(()),
    };
    let stated = text.get(..64).and_then(|hex| Hex::try_from(String::from_utf8(hex.to_vec()).ok()?).ok());
    let Some(stated) = stated else {
        verification.blame("zip-sum-malformed", None, "the .sha256 file beside the bundle holds no SHA-256");
        return Ok(());
    };
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hash.update(buffer.get(..count).unwrap_or_default());
    }
    if Hex::from_sum(hash.finalize()) != stated {
        verification.blame("zip-sum", None, "the file is not the one that the .sha256 file beside it describes");
    }
    Ok(())
}

/// The members by their path below the one top folder: the first folder that an entry names.
fn below_top(members: &[Member], verification: &mut Verification) -> BTreeMap<String, Member> {
    let top = members.iter().find_map(|member| Some(member.name.split_once('/')?.0)).unwrap_or_default();
    let mut below = BTreeMap::new();
    for member in members {
        match member.name.split_once('/') {
            Some((first, path)) if first == top => {
                // Of two entries with one name (a fault already) the first is read.
                below.entry(path.to_owned()).or_insert_with(|| member.clone());
            }
            _ => verification.blame("top-folder", Some(&member.name), "the entry is outside the one top folder"),
        }
    }
    below
}

fn read_tags(
    zip: &mut ZipFile,
    tags: &BTreeMap<String, Member>,
    check: &mut dyn EntryCheck,
    verification: &mut Verification,
) -> io::Result<BTreeMap<String, Vec<u8>>> {
    for name in REQUIRED {
        if !tags.contains_key(name) {
            verification.blame("tag-missing", Some(name), "every bundle has this file");
        }
    }
    let mut contents = BTreeMap::new();
    for (path, member) in tags {
        if let Some(content) = content::tag(zip, path, member, check, verification)? {
            contents.insert(path.clone(), content);
        }
    }
    Ok(contents)
}

/// Checks the tag files; gives the payload sums.
fn check_tags(tags: &BTreeMap<String, Vec<u8>>, verification: &mut Verification) -> Option<Sums> {
    if let Some(listed) = read_sums(tags, TAG_SUMS, verification) {
        for (path, sum) in &listed {
            match tags.get(path) {
                Some(content) if Hex::from_sum(Sha256::digest(content)) == *sum => {}
                Some(_) => {
                    verification.blame("tag-sum", Some(path), format!("the file is not the one that {TAG_SUMS} lists"));
                }
                None if REQUIRED.contains(&path.as_str()) => {}
                None => verification.blame("tag-missing", Some(path), format!("{TAG_SUMS} lists the file")),
            }
        }
        for path in tags.keys().filter(|path| !listed.contains_key(*path)) {
            if ![TAG_SUMS, SIGNATURE].contains(&path.as_str()) {
                verification.blame("tag-unlisted", Some(path), format!("{TAG_SUMS} does not list the file"));
            }
        }
    }
    if tags.get("bagit.txt").is_some_and(|content| content != BAGIT_TXT.as_bytes()) {
        verification.blame("bagit-declaration", Some("bagit.txt"), "the bag does not declare BagIt 1.0 in UTF-8");
    }
    read_sums(tags, SUMS, verification)
}

fn read_sums(tags: &BTreeMap<String, Vec<u8>>, name: &str, verification: &mut Verification) -> Option<Sums> {
    let sums = match parse_sums(tags.get(name)?) {
        Ok(sums) => sums,
        Err(line) => {
            verification.blame("sums-malformed", Some(name), format!("line {line} is not \"<sha256>  <path>\""));
            return None;
        }
    };
    let count = sums.len();
    let sums: Sums = sums.into_iter().map(|sum| (sum.path, sum.sha256)).collect();
    if sums.len() != count {
        verification.blame("sums-malformed", Some(name), "a path is listed twice");
    }
    Some(sums)
}

/// Sums and completeness, both ways.
fn check_payload(
    sums: &Sums,
    present: &BTreeSet<&str>,
    seen: &BTreeMap<String, Seen>,
    verification: &mut Verification,
) {
    let mut missing: BTreeMap<&str, &Hex> = BTreeMap::new();
    for (path, sum) in sums {
        match seen.get(path) {
            Some(entry) if entry.sha256 == *sum => {}
            Some(_) => {
                verification.blame("payload-sum", Some(path), format!("the file is not the one that {SUMS} lists"))
            }
            None if present.contains(path.as_str()) => {}
            None => {
                missing.insert(path, sum);
            }
        }
    }
    for path in present.iter().copied().filter(|path| !sums.contains_key(*path)) {
        let same = seen.get(path).and_then(|entry| Some(*missing.iter().find(|(_, sum)| ***sum == entry.sha256)?.0));
        match same {
            Some(before) => {
                missing.remove(before);
                verification.blame("payload-renamed", Some(path), format!("{SUMS} lists this file as {before}"));
            }
            None => {
                verification.blame("payload-extra", Some(path), format!("{SUMS} does not list the file: it was added"))
            }
        }
    }
    for path in missing.keys() {
        verification.blame("payload-missing", Some(path), format!("{SUMS} lists the file: it was removed"));
    }
}

/// RFC 8493 §2.2.2: bytes and files of the payload.
fn check_oxum(info: &[u8], verification: &mut Verification) {
    let stated = std::str::from_utf8(info)
        .ok()
        .and_then(|info| info.lines().find_map(|line| line.strip_prefix("Payload-Oxum: ")));
    if stated != Some(format!("{}.{}", verification.bytes, verification.entries).as_str()) {
        let message = format!("Payload-Oxum is not {}.{}", verification.bytes, verification.entries);
        verification.blame("payload-oxum", Some("bag-info.txt"), message);
    }
}

fn read_manifest(bytes: &[u8], verification: &mut Verification) -> Option<Manifest<String>> {
    match Manifest::read(bytes) {
        Ok(manifest) => Some(manifest),
        Err(error) => {
            let code = match error {
                ReadError::Newer { .. } => "format-newer",
                ReadError::Foreign => "format-foreign",
                ReadError::Malformed { .. } => "manifest-malformed",
            };
            verification.blame(code, Some(FILE_NAME), error.to_string());
            None
        }
    }
}

fn check_rows(
    manifest: &Manifest<String>,
    present: &BTreeSet<&str>,
    seen: &BTreeMap<String, Seen>,
    verification: &mut Verification,
) {
    for row in &manifest.entries {
        let path = row.path.as_str();
        if !present.contains(path) {
            verification.blame("entry-missing", Some(path), "manifest.json lists the file");
        }
        let Some(entry) = seen.get(path) else { continue };
        if entry.bytes != row.bytes {
            verification.blame("entry-bytes", Some(path), "the file is not as long as manifest.json says");
        }
        if entry.sha256 != row.sha256 {
            verification.blame("entry-sum", Some(path), "the file is not the one that manifest.json lists");
        }
        if entry.records != row.records {
            verification.blame("entry-records", Some(path), "the file has not as many lines as manifest.json says");
        }
    }
    let listed: BTreeSet<_> = manifest.entries.iter().map(|row| row.path.as_str()).collect();
    if listed.len() != manifest.entries.len() {
        verification.blame("manifest-malformed", Some(FILE_NAME), "a file is listed twice");
    }
    for path in present.difference(&listed) {
        verification.blame("entry-unlisted", Some(path), "manifest.json does not list the file");
    }
}

/// Every dataset's file is there and holds the records that the datasets say.
fn check_datasets(manifest: &Manifest<String>, verification: &mut Verification) {
    let rows: BTreeMap<_, _> = manifest.entries.iter().map(|row| (&row.path, row.records)).collect();
    let mut stated: BTreeMap<_, u64> = BTreeMap::new();
    for file in &manifest.files {
        if let Some(path) = file.entry.as_ref().filter(|path| !rows.contains_key(path)) {
            verification.blame(
                "file-entry",
                Some(path.as_str()),
                "a redacted file stands in a file that is not listed",
            );
        }
    }
    let of_files: u64 = manifest.files.iter().map(|file| file.records).fold(0, u64::saturating_add);
    for dataset in &manifest.datasets {
        let id = dataset.id.as_str();
        match &dataset.entry {
            // The records of redacted files stand in the files' own rows.
            None if id == FILES && dataset.records == of_files => {}
            None if id == FILES => {
                let message = "the redacted files have not as many records as their dataset";
                verification.blame("files-records", Some(FILE_NAME), message);
            }
            Some(path) if rows.contains_key(path) => {
                let sum = stated.entry(path).or_default();
                *sum = sum.saturating_add(dataset.records);
            }
            Some(path) => {
                verification.blame(
                    "dataset-entry",
                    Some(path.as_str()),
                    format!("dataset {id} names a file that is not listed"),
                );
            }
            None if dataset.records > 0 => {
                verification.blame("dataset-entry", Some(FILE_NAME), format!("dataset {id} has records and no file"));
            }
            None => {}
        }
    }
    for (path, records) in stated {
        if rows.get(path).is_some_and(|rows| rows.is_some_and(|rows| rows != records)) {
            let message = "the datasets of the file have not as many records as the file";
            verification.blame("dataset-records", Some(path.as_str()), message);
        }
    }
}
