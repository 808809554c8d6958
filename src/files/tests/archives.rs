//! Archives: nested, damaged, hostile.

use std::fs;
use std::path::PathBuf;

use super::{FileEnd, Keeper, gzipped, walked, zipped};
use crate::files::fault::UNPACKS_TOO_FAR;
use crate::record::Form;

/// Walks over one file of these bytes.
fn walk(name: &str, bytes: &[u8]) -> Keeper {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    walked(&[&path])
}

fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        // The crate would refuse the hostile names.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

#[test]
fn archives_are_folders() {
    let inner = zipped(&[("in/audit.json", b"{\n}"), ("x.log.gz", &gzipped(b"log\n"))]);
    let tar = gzipped(&tarred(&[("../../up.log", b"up\n"), ("/abs/a.log", b"abs\n")]));
    let keeper = walk("case.zip", &zipped(&[("inner.zip", &inner), ("logs.tgz", &tar), ("..\\C:\\w.log", b"w\n")]));
    let names = ["inner.zip/in/audit.json", "inner.zip/x.log", "logs.tar/up.log", "logs.tar/abs/a.log", "w.log"];
    assert_eq!(keeper.names(), names.map(|name| format!("case.zip/{name}")));
    assert_eq!(keeper.file("case.zip/inner.zip/x.log").text(), "log\n");
    assert_eq!(keeper.file("case.zip/inner.zip/x.log").unpacked_from, Some("gzip"));
    assert_eq!(keeper.file("case.zip/logs.tar/abs/a.log").text(), "abs\n");
    assert!(keeper.files.iter().all(super::Taken::is_whole));
}

#[test]
fn gzip_has_several_members_and_may_end_early() {
    let two = [gzipped(b"{\"a\":1}\n"), gzipped(b"{\"a\":2}\n")].concat();
    let keeper = walk("PT1H.json.gz", &two);
    let file = keeper.file("PT1H.json");
    assert_eq!((file.text().as_str(), file.form), ("{\"a\":1}\n{\"a\":2}\n", Some(Form::JsonLines)));
    let Some(FileEnd::Whole { bytes, .. }) = file.end else { panic!() };
    assert_eq!(bytes, two.len() as u64);
    let lines: String = (0..9999).map(|n| format!("line {n}\n")).collect();
    let whole = gzipped(lines.as_bytes());
    let keeper = walk("x.log.gz", &whole[..whole.len() / 2]);
    let file = keeper.file("x.log");
    assert!(lines.starts_with(&file.text()) && file.text().len() > 1000);
    assert_eq!(file.reason(), "it ends before its end");
}

#[test]
fn damaged_and_encrypted_members_do_not_end_the_walk() {
    let mut zip = zipped(&[("a.log", b"aaaa\n"), ("b.log", b"bbbb\n"), ("c.log", b"cccc\n")]);
    // The first data byte of the first member: 30 bytes of header and the name.
    zip[35] ^= 0xFF;
    // The flag "encrypted" of the second member, in the directory.
    let directory: Vec<_> = memchr::memmem::find_iter(&zip, b"PK\x01\x02").collect();
    zip[directory[1] + 8] |= 1;
    let keeper = walk("x.zip", &zip);
    assert_eq!(keeper.file("x.zip/a.log").reason(), "its packed data is damaged");
    assert!(keeper.file("x.zip/b.log").is_withheld() && keeper.file("x.zip/b.log").reason().starts_with("encrypted"));
    assert_eq!(keeper.file("x.zip/c.log").text(), "cccc\n");
    let keeper = walk("y.zip", &zip[..zip.len() - 30]);
    assert!(keeper.file("y.zip").is_withheld());
    assert!(matches!(keeper.file("y.zip").end, Some(FileEnd::Withheld { sha256: Some(_), .. })));
}

#[test]
fn bombs_stop() {
    let zeros = vec![b'0'; 100 << 20];
    let keeper = walk("bomb.gz", &gzipped(&zeros));
    assert_eq!(keeper.files[0].reason(), "");
    // Two layers unpack to more than one could.
    let keeper = walk("bomb.gz.gz", &gzipped(&gzipped(&zeros)));
    assert_eq!(keeper.files[0].reason(), UNPACKS_TOO_FAR);
    let mut nested = zipped(&[("a.log", b"a\n")]);
    for _ in 0..9 {
        nested = zipped(&[("n.zip", &nested)]);
    }
    let keeper = walk("nested.zip", &nested);
    assert!(keeper.files.len() == 1 && keeper.files[0].is_withheld());
    assert!(keeper.files[0].reason().starts_with("archives are nested too deep"));
}

#[test]
fn long_names_in_tar_are_read() {
    let mut tar = tar::Builder::new(Vec::new());
    let name = format!("{}/x.log", ["part"; 60].join("/"));
    let mut header = tar::Header::new_gnu();
    header.set_size(2);
    tar.append_data(&mut header, &name, &b"x\n"[..]).unwrap();
    let keeper = walk("x.tar", &tar.into_inner().unwrap());
    assert_eq!((keeper.names(), keeper.files[0].text().as_str()), (vec![&*format!("x.tar/{name}")], "x\n"));
}

#[test]
fn a_name_that_comes_twice_is_told() {
    let mut zip = zipped(&[("a.log", b"a\n"), ("b.log", b"b\n")]);
    let names: Vec<_> = memchr::memmem::find_iter(&zip, b"b.log").collect();
    names.into_iter().for_each(|at| zip[at] = b'a');
    let keeper = walk("x.zip", &zip);
    assert_eq!(keeper.names(), ["x.zip/a.log", "x.zip/others"]);
    assert!(!keeper.files[1].reason().is_empty());
}

#[test]
fn damaged_tar_tells_its_rest() {
    let mut tar = tarred(&[("a.log", b"a\n"), ("b.log", b"b\n")]);
    tar[1024 + 150] ^= 0xFF;
    let keeper = walk("x.tar", &tar);
    assert_eq!(keeper.names(), ["x.tar/a.log", "x.tar/rest"]);
    assert!(keeper.files[0].is_whole() && !keeper.files[1].reason().is_empty());
}

#[test]
fn an_event_log_needs_its_header() {
    let keeper = walk("x.evtx", b"ElfFile\0 and then nothing");
    assert!(keeper.file("x.evtx").is_withheld());
}
