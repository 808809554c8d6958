//! Every tampering has its own code, and exit code 4. The bundles come from a second writer (`bag.rs`), so that
//! writer and verifier do not share a mistake.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bag;

use bag::{Bag, Entry, TOP, pack};
use entra_bundle::commands::verify::{VerifyArgs, run};
use serde_json::Value;
use std::collections::BTreeSet;

const USERS: &str = "data/objects/users.jsonl";
const LOGS: &str = "data/logs/sign-ins.jsonl";

/// Exit code and the JSON document.
fn verify(zip: &[u8]) -> (u8, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("case.zip");
    std::fs::write(&file, zip).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&VerifyArgs { file, key: None, json: true }, &mut out, &mut err).unwrap();
    assert!(err.is_empty());
    (code, serde_json::from_slice(&out).unwrap())
}

fn codes(document: &Value) -> BTreeSet<String> {
    document["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

/// The sound bundle after `edit`.
fn edited(edit: impl Fn(&mut Bag)) -> Vec<u8> {
    let mut bag = Bag::sound();
    edit(&mut bag);
    pack(&bag.entries())
}

/// The sound zip after `edit` of its entries.
fn repacked(edit: impl Fn(&mut Vec<Entry>)) -> Vec<u8> {
    let mut entries = Bag::sound().entries();
    edit(&mut entries);
    pack(&entries)
}

/// The sound zip after `edit` of the entry of `path`.
fn touched(path: &str, edit: impl Fn(&mut Entry)) -> Vec<u8> {
    let name = format!("{TOP}/{path}").into_bytes();
    repacked(|entries| edit(entries.iter_mut().find(|entry| entry.name == name).unwrap()))
}

/// The sound zip with one more entry of this name, in its place.
fn with_entry(name: &[u8], edit: impl Fn(&mut Entry)) -> Vec<u8> {
    repacked(|entries| {
        let mut more = Entry::new(name, b"{}\n");
        edit(&mut more);
        entries.push(more);
        entries.sort_by(|a, b| a.name.cmp(&b.name));
    })
}

fn named(name: &str) -> Vec<u8> {
    with_entry(name.as_bytes(), |_| {})
}

fn in_top(path: &str) -> Vec<u8> {
    named(&format!("{TOP}/{path}"))
}

/// The sound zip after `edit` of its bytes.
fn bytes(edit: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut zip = pack(&Bag::sound().entries());
    edit(&mut zip);
    zip
}

fn with_manifest(pointer: &str, value: Value) -> Vec<u8> {
    edited(|bag| bag.edit_manifest(|json| *json.pointer_mut(pointer).unwrap() = value.clone()))
}

fn structure() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let rename = |entry: &mut Entry, name: &[u8]| {
        entry.name = name.to_vec();
        entry.local_name = name.to_vec();
    };
    vec![
        ("zip-truncated", "empty", Vec::new()),
        ("zip-truncated", "cut in half", bytes(|zip| zip.truncate(zip.len() / 2))),
        ("zip-truncated", "the last byte is gone", bytes(|zip| zip.truncate(zip.len() - 1))),
        ("zip-trailing", "bytes behind the end", bytes(|zip| zip.extend(b"more"))),
        (
            "zip-trailing",
            "a comment",
            bytes(|zip| {
                let at = zip.len() - 2;
                zip[at] = 4;
                zip.extend(b"note");
            }),
        ),
        ("zip-prepended", "a program before the zip", bytes(|zip| drop(zip.splice(0..0, *b"#!/bin/sh\n")))),
        (
            "zip-prepended",
            "offsets that allow for what was prepended",
            repacked(|entries| entries[0].gap = b"MZ".to_vec()),
        ),
        ("zip-gap", "bytes between two entries", repacked(|entries| entries[3].gap = b"hidden".to_vec())),
        (
            "zip-directory",
            "a wrong count",
            bytes(|zip| {
                let at = zip.len() - 22;
                zip[at + 8] += 1;
                zip[at + 10] += 1;
            }),
        ),
        (
            "zip-directory",
            "a directory that is elsewhere",
            bytes(|zip| {
                let at = zip.len() - 22;
                zip[at + 18] |= 0x10;
            }),
        ),
        (
            "zip-overlap",
            "two names for the same bytes",
            repacked(|entries| {
                let mut twin = entries[3].clone();
                twin.name.extend(b"2");
                twin.shared = true;
                entries.insert(4, twin);
            }),
        ),
        ("zip-local-header", "another name in the local header", touched(USERS, |entry| entry.local_name[40] ^= 1)),
        ("zip-header", "an extra field", touched(USERS, |entry| entry.extra = vec![0x55, 0x54, 1, 0, 0])),
        (
            "zip-local-header",
            "an entry at the end of all numbers",
            touched(USERS, |entry| {
                entry.start = Some(u32::MAX);
                entry.extra = [&[1, 0, 8, 0][..], &[0xff; 8]].concat();
            }),
        ),
        (
            "zip-header",
            "an entry that claims 16 EiB",
            touched(USERS, |entry| {
                entry.bytes = u32::MAX;
                entry.extra = [&[1, 0, 16, 0][..], &[0xff; 16]].concat();
            }),
        ),
        ("zip-header", "a data descriptor", touched(USERS, |entry| entry.flags = 8)),
        ("zip-header", "other permissions", touched(USERS, |entry| entry.attributes = 0o100_755 << 16)),
        ("zip-order", "two entries swapped", repacked(|entries| entries.swap(3, 4))),
        ("zip-encrypted", "an encrypted entry", touched(USERS, |entry| entry.flags = 1)),
        ("zip-method", "zstd", touched(USERS, |entry| entry.method = 93)),
        (
            "zip-not-plain",
            "a symbolic link",
            with_entry(format!("{TOP}/data/link").as_bytes(), |entry| entry.attributes = 0o120_777 << 16),
        ),
        ("zip-not-plain", "a folder", in_top("data/logs/")),
        ("zip-duplicate", "an entry twice", in_top(USERS)),
        ("zip-case-clash", "names that differ in case", in_top("data/objects/Users.jsonl")),
        ("zip-escape", "..", in_top("../../etc/x")),
        ("zip-escape", "an absolute name", named("/etc/x")),
        ("zip-escape", ".. for Windows", in_top("data/..\\..\\x")),
        ("zip-name", "a drive", named("C:\\x")),
        ("zip-name", "a device of Windows", in_top("data/nul.jsonl")),
        ("zip-name", "a control character", in_top("data/a\u{1b}[2J")),
        ("zip-name", "not UTF-8", with_entry(b"entra-bundle-t-20250102T030405Z/data/\xff", |_| {})),
        ("zip-name", "a long name", in_top(&format!("data/{}", "x".repeat(180)))),
        (
            "zip-bomb",
            "64 MiB of nothing",
            with_entry(format!("{TOP}/data/x.jsonl").as_bytes(), |entry| {
                let name = entry.name.clone();
                *entry = Entry::new(&name, &vec![b'\n'; 64 << 20]);
            }),
        ),
        (
            "zip-damaged",
            "more than the header says",
            touched(USERS, |entry| {
                let name = entry.name.clone();
                let bytes = entry.bytes;
                *entry = Entry::new(&name, &vec![b'\n'; 64 << 20]);
                entry.bytes = bytes;
            }),
        ),
        ("zip-damaged", "a wrong CRC-32", touched(USERS, |entry| entry.crc ^= 1)),
        ("zip-damaged", "a flipped bit in the content", touched(LOGS, |entry| entry.body[9] ^= 4)),
        ("zip-damaged", "bytes behind the deflate stream", touched(USERS, |entry| entry.body.extend(b"hidden"))),
        ("zip-damaged", "a stream without an end", touched(USERS, |entry| entry.body.truncate(entry.body.len() - 1))),
        ("tag-missing", "a zip without entries", pack(&[])),
        ("top-folder", "a file without a folder", pack(&[Entry::new(b"README.txt", b"")])),
        ("top-folder", "a second top folder", named("other/data/x.jsonl")),
        ("top-folder", "a file beside the top folder", repacked(|entries| rename(&mut entries[0], b"README.txt"))),
    ]
}

fn content() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        ("payload-sum", "a changed record", edited(|bag| bag.put(USERS, "{\"id\":\"a\"}\n{\"id\":\"c\"}\n"))),
        (
            "tag-sum",
            "a changed record and its sum",
            edited(|bag| {
                bag.put(USERS, "{\"id\":\"a\"}\n{\"id\":\"c\"}\n");
                let tags = bag.0["tagmanifest-sha256.txt"].clone();
                bag.seal();
                bag.put("tagmanifest-sha256.txt", tags);
            }),
        ),
        (
            "entry-sum",
            "a changed record and every list but manifest.json",
            edited(|bag| {
                bag.put(USERS, "{\"id\":\"a\"}\n{\"id\":\"c\"}\n");
                bag.seal();
            }),
        ),
        ("tag-sum", "a changed report", edited(|bag| bag.put("report.html", "<p>fine</p>"))),
        (
            "sums-malformed",
            "a list in another form",
            edited(|bag| {
                let text = String::from_utf8(bag.0["manifest-sha256.txt"].clone()).unwrap();
                bag.put("manifest-sha256.txt", text.replace("  ", " *"));
                bag.seal_tags();
            }),
        ),
        (
            "sums-malformed",
            "a path listed twice",
            edited(|bag| {
                let twice = bag.0["manifest-sha256.txt"].repeat(2);
                bag.put("manifest-sha256.txt", twice);
                bag.seal_tags();
            }),
        ),
        ("tag-missing", "no bagit.txt", edited(|bag| drop(bag.0.remove("bagit.txt")))),
        (
            "tag-missing",
            "no manifest.json",
            edited(|bag| {
                bag.0.remove("manifest.json");
                bag.seal();
            }),
        ),
        ("tag-unlisted", "a file more", edited(|bag| bag.put("notes.txt", "read me"))),
        ("tag-unlisted", "a nested bag", edited(|bag| bag.put("inner/bagit.txt", "BagIt-Version: 1.0\n"))),
        (
            "bagit-declaration",
            "another BagIt",
            edited(|bag| {
                bag.put("bagit.txt", "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n");
                bag.seal();
            }),
        ),
        (
            "payload-oxum",
            "other totals",
            edited(|bag| {
                bag.put("bag-info.txt", "Payload-Oxum: 1.1\n");
                bag.seal_tags();
            }),
        ),
        ("payload-missing", "a file removed", edited(|bag| drop(bag.0.remove(USERS)))),
        (
            "entry-missing",
            "a file removed from the lists too",
            edited(|bag| {
                bag.0.remove(USERS);
                bag.seal();
            }),
        ),
        ("payload-extra", "a file added", edited(|bag| bag.put("data/objects/x.jsonl", "{}\n"))),
        (
            "entry-unlisted",
            "a file added to the lists too",
            edited(|bag| {
                bag.put("data/objects/x.jsonl", "{}\n");
                bag.seal();
            }),
        ),
        (
            "payload-renamed",
            "a file renamed",
            edited(|bag| {
                let users = bag.0.remove(USERS).unwrap();
                bag.put("data/objects/guests.jsonl", users);
            }),
        ),
        (
            "record-malformed",
            "half a record",
            edited(|bag| {
                bag.put(USERS, "{\"id\":\"a\"}\n{\"id\":\n");
                bag.describe();
            }),
        ),
        ("format-newer", "a newer format", with_manifest("/format/major", 2.into())),
        ("format-foreign", "another format", with_manifest("/format/name", "zipper".into())),
        ("manifest-malformed", "an outcome that does not exist", with_manifest("/datasets/0/outcome", "fine".into())),
        (
            "manifest-malformed",
            "a row twice",
            edited(|bag| {
                bag.edit_manifest(|json| {
                    let row = json["entries"][0].clone();
                    json["entries"].as_array_mut().unwrap().push(row);
                });
            }),
        ),
        ("entry-bytes", "a row that says fewer bytes", with_manifest("/entries/0/bytes", 1.into())),
        ("entry-bytes", "a row that says more bytes", with_manifest("/entries/0/bytes", 1_000_000.into())),
        ("entry-records", "a row with other records", with_manifest("/entries/0/records", 41.into())),
        ("dataset-records", "a dataset with other records", with_manifest("/datasets/0/records", 39.into())),
        ("dataset-entry", "a dataset without its file", with_manifest("/datasets/0/entry", "data/none.jsonl".into())),
        (
            "dataset-entry",
            "records without a file",
            edited(|bag| {
                bag.edit_manifest(|json| drop(json["datasets"][0].as_object_mut().unwrap().remove("entry")));
            }),
        ),
    ]
}

#[test]
fn a_bundle_by_the_contract_verifies_whoever_wrote_it() {
    let (code, document) = verify(&edited(|_| {}));
    assert_eq!((code, &document["findings"]), (0, &serde_json::json!([])));
    assert_eq!((&document["ok"], &document["entries"], &document["records"]), (&true.into(), &2.into(), &42.into()));
    // A signature is not listed, and a later minor version may say more.
    let later = edited(|bag| {
        bag.edit_manifest(|json| json["format"]["minor"] = 9.into());
        bag.put("tagmanifest-sha256.txt.sig", "-----BEGIN SSH SIGNATURE-----\n");
    });
    assert_eq!(verify(&later).0, 0);
}

#[test]
fn every_tampering_has_its_own_code_and_exit_code_4() {
    for (code, what, zip) in structure().into_iter().chain(content()) {
        let (exit, document) = verify(&zip);
        assert_eq!(exit, 4, "{what}");
        assert_eq!(document["ok"], false, "{what}");
        assert!(codes(&document).contains(code), "{what}: {:?}", codes(&document));
        for finding in document["findings"].as_array().unwrap() {
            assert!(finding["message"].as_str().unwrap().len() > 15, "{what}");
            let path = finding.get("path").map_or("", |path| path.as_str().unwrap());
            assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{what}");
        }
    }
}

#[test]
fn a_change_of_one_fact_is_named_alone() {
    for (code, zip) in [
        ("zip-header", touched(USERS, |entry| entry.attributes = 0o100_755 << 16)),
        (
            "record-malformed",
            edited(|bag| {
                bag.put(USERS, "{\"id\":\"a\"}\n[]\n");
                bag.describe();
            }),
        ),
        ("tag-unlisted", edited(|bag| bag.put("notes.txt", "read me"))),
        ("format-newer", with_manifest("/format/major", 2.into())),
        (
            "payload-oxum",
            edited(|bag| {
                bag.put("bag-info.txt", "Payload-Oxum: 1.1\n");
                bag.seal_tags();
            }),
        ),
    ] {
        assert_eq!(codes(&verify(&zip).1), BTreeSet::from([code.to_owned()]));
    }
}

#[test]
fn the_human_form_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("case.zip");
    std::fs::write(&file, edited(|bag| drop(bag.0.remove(USERS)))).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(run(&VerifyArgs { file, key: None, json: false }, &mut out, &mut err).unwrap(), 4);
    let text = String::from_utf8(out).unwrap();
    assert!(text.starts_with("NOT verified: "), "{text}");
    assert!(text.contains("payload-missing: data/objects/users.jsonl: "), "{text}");
    assert!(text.contains("Get it again"), "{text}");
}

#[test]
fn a_flood_of_findings_is_cut() {
    let zip = repacked(|entries| {
        for number in 0..500 {
            entries.push(Entry::new(format!("{TOP}/zz/{number:03}").as_bytes(), b""));
        }
    });
    let (exit, document) = verify(&zip);
    assert_eq!(exit, 4);
    assert_eq!(document["findings"].as_array().unwrap().len(), 101);
    assert!(codes(&document).contains("and-more"));
}

proptest::proptest! {
    /// Whatever the bytes: an answer, never a panic or an error of the disk.
    #[test]
    fn random_damage_gives_an_answer(
        cut in 0usize..4000,
        writes in proptest::collection::vec((0.0f64..1.0, proptest::prelude::any::<u8>()), 0..6),
        tail in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..30),
    ) {
        let mut zip = bytes(|_| {});
        for (place, byte) in writes {
            // The second half of the file is mostly headers.
            let at = (zip.len() as f64 * place.sqrt()) as usize;
            if let Some(old) = zip.get_mut(at) {
                *old = byte;
            }
        }
        zip.truncate(zip.len().saturating_sub(cut.saturating_sub(2000)));
        zip.extend(tail);
        let (exit, document) = verify(&zip);
        proptest::prop_assert_eq!(exit == 0, document["ok"] == true);
        proptest::prop_assert!(exit == 0 || exit == 4);
    }
}
