//! Walks over folders, patterns, links and files that change.

use std::fs;
use std::path::PathBuf;

use super::{FileEnd, Keeper, walked};
use crate::files::{InputError, Inputs, fault, walk};
use crate::record::Form;

#[test]
fn folders_are_walked_in_order_of_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("case");
    for file in ["b.log", "a/z.log", "a/é.log", "a-b/x.log", "A.log"] {
        fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        fs::write(root.join(file), format!("{file}\n")).unwrap();
    }
    let keeper = walked(&[&root]);
    assert_eq!(keeper.names(), ["case/A.log", "case/a/z.log", "case/a/é.log", "case/a-b/x.log", "case/b.log"]);
    assert!(keeper.files.iter().zip(0..).all(|(file, number)| file.number == number && file.is_whole()));
    assert_eq!(keeper.file("case/a/z.log").text(), "a/z.log\n");
    assert_eq!(walked(&[&root.join("b.log")]).names(), ["b.log"]);
}

#[test]
fn patterns_name_files_below_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["logs/a.log", "logs/b.txt", "logs/c.log", "logs/in/d.log", "logs/[x].log"] {
        fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
        fs::write(folder.path().join(file), "x\n").unwrap();
    }
    let names = |pattern: &str| -> Vec<String> {
        walked(&[&folder.path().join(pattern)]).names().into_iter().map(str::to_owned).collect()
    };
    assert_eq!(names("logs/?.log"), ["a.log", "c.log"]);
    assert_eq!(names("logs/**/*.log"), ["[x].log", "a.log", "c.log", "in/d.log"]);
    assert_eq!(names("l*s/in"), ["logs/in/d.log"]);
    // A file of that very name is no pattern.
    assert_eq!(names("logs/[x].log"), ["[x].log"]);
    let missing = |path: &str| walk(&[folder.path().join(path)], &mut Keeper::default()).unwrap_err();
    assert_eq!(missing("logs/*.evtx"), InputError::NoMatch { position: 1 });
    assert_eq!(missing("nothing"), InputError::Missing { position: 1 });
    let second = [folder.path().join("logs"), PathBuf::from("no-such")];
    assert_eq!(walk(&second, &mut Keeper::default()), Err(InputError::Missing { position: 2 }));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_closed_files_are_withheld_unopened() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("case");
    fs::create_dir(&root).unwrap();
    fs::write(folder.path().join("secret.log"), "outside\n").unwrap();
    symlink(folder.path().join("secret.log"), root.join("link.log")).unwrap();
    symlink(folder.path(), root.join("loop")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());
    fs::write(root.join("closed.log"), "x").unwrap();
    fs::set_permissions(root.join("closed.log"), fs::Permissions::from_mode(0o000)).unwrap();
    let keeper = walked(&[&root]);
    assert_eq!(keeper.names(), ["case/closed.log", "case/link.log", "case/loop", "case/pipe"]);
    for name in ["case/link.log", "case/loop", "case/pipe"] {
        assert!(matches!(keeper.file(name).end, Some(FileEnd::Withheld { bytes: 0, sha256: None, .. })), "{name}");
    }
    // Root reads what is closed to others.
    if fs::File::open(root.join("closed.log")).is_err() {
        assert_eq!(keeper.file("case/closed.log").reason(), "permission to read it is denied");
    }
    let pipe = walk(&[root.join("pipe")], &mut Keeper::default());
    assert_eq!(pipe, Err(InputError::NoFile { position: 1 }));
    // A link that is named is followed.
    assert_eq!(walked(&[&root.join("link.log")]).file("link.log").text(), "outside\n");
}

#[test]
fn a_file_that_changes_between_the_walks_is_damaged_in_the_second() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a.log"), "a\n").unwrap();
    fs::write(path("b.zip"), super::zipped(&[("1.log", b"1\n"), ("2.log", b"2\n")])).unwrap();
    fs::write(path("c.log"), "c\n").unwrap();
    let mut inputs = Inputs::find(&[folder.path().to_owned()]).unwrap();
    let mut first = Keeper::default();
    assert_eq!(inputs.walk(&mut first).damaged, 0);
    fs::write(path("a.log"), "a and more\n").unwrap();
    fs::write(path("b.zip"), super::zipped(&[("1.log", b"1\n")])).unwrap();
    let mut second = Keeper::default();
    let walked = inputs.walk(&mut second);
    assert_eq!((walked.damaged, walked.files), (2, 3));
    assert!(second.files[..2].iter().all(|file| file.reason() == fault::CHANGED && file.stretches.is_empty()));
    let last = second.files.last().unwrap();
    assert_eq!((last.number, first.files.last().unwrap().number, last.text().as_str()), (3, 3, "c\n"));
    fs::remove_file(path("c.log")).unwrap();
    let mut third = Keeper::default();
    inputs.walk(&mut third);
    assert_eq!(third.files.last().unwrap().reason(), fault::CHANGED);
}

#[cfg(unix)]
#[test]
fn a_file_that_becomes_a_link_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("case");
    fs::create_dir(&root).unwrap();
    fs::write(folder.path().join("secret.log"), "outside\n").unwrap();
    fs::write(root.join("a.log"), "inside\n").unwrap();
    let mut inputs = Inputs::find(std::slice::from_ref(&root)).unwrap();
    fs::remove_file(root.join("a.log")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("secret.log"), root.join("a.log")).unwrap();
    for _ in 0..2 {
        let mut keeper = Keeper::default();
        assert_eq!(inputs.walk(&mut keeper).withheld, 1);
        assert_eq!((keeper.files[0].reason(), keeper.files[0].text().as_str()), (fault::CHANGED, ""));
        // Not even when it is a file again: nothing was learnt from it.
        fs::remove_file(root.join("a.log")).unwrap();
        fs::write(root.join("a.log"), "inside\n").unwrap();
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.log");
    fs::write(&path, "x\n".repeat(400_000)).unwrap();
    let writer = path.clone();
    let on_begin = move || fs::write(&writer, "y\n".repeat(500_000)).unwrap();
    let mut keeper = Keeper { on_begin: Some(Box::new(on_begin)), ..Keeper::default() };
    walk(&[path], &mut keeper).unwrap();
    assert_eq!(keeper.files[0].reason(), fault::CHANGED);
}

#[test]
fn what_lies_in_memory_is_walked_like_a_file() {
    let mut inputs = Inputs::none();
    inputs.add_bytes("C:\\host\\..\\a.log", bytes::Bytes::from_static(b"alpha\n")).unwrap();
    let utf16: Vec<u8> = "\u{feff}<Events/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    inputs.add_bytes("events.xml", utf16.into()).unwrap();
    inputs.add_bytes("logs.zip", super::zipped(&[("1.log", b"one\n")]).into()).unwrap();
    inputs.add_bytes("x.png", bytes::Bytes::from_static(b"\x89PNG\r\n\x1A\n....")).unwrap();
    let (mut first, mut second) = (Keeper::default(), Keeper::default());
    let walked = inputs.walk(&mut first);
    assert_eq!(inputs.walk(&mut second), walked);
    assert_eq!((walked.files, walked.withheld, walked.damaged), (4, 1, 0));
    for keeper in [&first, &second] {
        assert_eq!(keeper.names(), ["host/a.log", "events.xml", "logs.zip/1.log", "x.png"]);
        assert_eq!(keeper.file("host/a.log").text(), "alpha\n");
        assert_eq!((keeper.file("events.xml").form, keeper.file("events.xml").is_whole()), (Some(Form::Xml), true));
        let Some(FileEnd::Withheld { bytes, sha256, .. }) = keeper.file("x.png").end else { panic!() };
        assert_eq!((bytes, sha256.is_some()), (12, true));
    }
}

#[test]
fn a_growing_file_is_read_as_far_as_it_was_found() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.log");
    fs::write(&path, "one\ntwo\n").unwrap();
    let mut inputs = Inputs::none();
    inputs.add_growing("trace/trace.log", path.clone(), 8).unwrap();
    let append = |path: &std::path::Path| {
        fs::File::options().append(true).open(path).unwrap().write_all(b"three\n").unwrap();
    };
    let writer = path.clone();
    let mut first = Keeper { on_begin: Some(Box::new(move || append(&writer))), ..Keeper::default() };
    inputs.walk(&mut first);
    append(&path);
    let mut second = Keeper::default();
    inputs.walk(&mut second);
    for keeper in [&first, &second] {
        let file = keeper.file("trace/trace.log");
        assert_eq!((file.text().as_str(), file.is_whole()), ("one\ntwo\n", true), "{}", file.reason());
    }
    fs::write(&path, "new\n").unwrap();
    let mut third = Keeper::default();
    inputs.walk(&mut third);
    assert_eq!(third.files[0].reason(), fault::CHANGED);
}

#[test]
fn binaries_are_withheld_with_length_and_hash() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.txt"), b"\x89PNG\r\n\x1A\n....").unwrap();
    fs::write(folder.path().join("y.gz"), super::gzipped(b"\x7FELF\x02\x01\0\0")).unwrap();
    fs::write(folder.path().join("z.log"), b"").unwrap();
    let mut inputs = Inputs::find(&[folder.path().join("*")]).unwrap();
    let (mut first, mut second) = (Keeper::default(), Keeper::default());
    let walked = inputs.walk(&mut first);
    assert_eq!((walked.files, walked.withheld), (3, 2));
    assert_eq!(inputs.walk(&mut second), walked);
    for keeper in [&first, &second] {
        for (taken, on_disk) in [("x.txt", "x.txt"), ("y", "y.gz")] {
            use sha2::Digest;
            let file = fs::read(folder.path().join(on_disk)).unwrap();
            let Some(FileEnd::Withheld { bytes, sha256, .. }) = keeper.file(taken).end else { panic!() };
            assert_eq!((bytes, sha256), (file.len() as u64, Some(sha2::Sha256::digest(&file).into())));
            assert_eq!(keeper.file(taken).form, None);
        }
        assert!(matches!(keeper.file("z.log").end, Some(FileEnd::Whole { bytes: 0, repaired: 0 })));
        assert_eq!(keeper.file("z.log").form, Some(Form::Text));
    }
}

#[test]
fn a_taker_may_end_the_walk() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.log"), "x\n".repeat(2 << 20)).unwrap();
    fs::write(folder.path().join("b.log"), "x\n").unwrap();
    let mut keeper = Keeper { closes_after: Some(2), ..Keeper::default() };
    let walked = walk(&[folder.path().to_owned()], &mut keeper).unwrap();
    assert!(walked.is_closed);
    assert_eq!((keeper.files.len(), keeper.files[0].stretches.len()), (1, 2));
}
