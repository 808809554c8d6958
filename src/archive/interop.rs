//! Stock tools must agree with the archive: `unzip`, `7z`, `sha256sum`, Python's `zipfile`, `bagit.py`.
//!
//! A tool that is missing is named in a note; where `CI=true` it is a failure.

use super::tests::{records, write_bundle};
use super::*;
use std::path::Path;
use std::process::{Command, Output as Ran};

/// `None`, with a note, when the tool is not installed.
fn tool(folder: &Path, program: &str, arguments: &[&str]) -> Option<Ran> {
    match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(ran) => Some(ran),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{program} is not installed");
            eprintln!("note: {program} is not installed, its check was left out");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

fn must(folder: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let ran = tool(folder, program, arguments)?;
    let text = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{program} {arguments:?}: {text}");
    Some(text)
}

struct Golden {
    folder: tempfile::TempDir,
}

const TOP: &str = "entra-bundle-2501-20250102T030405Z";

impl Golden {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let documents = |_: &[SealedEntry]| vec![CleanDocument::assembled("manifest.json", b"{}\n".to_vec())];
        write_bundle(&folder.path().join("case.zip"), 3, 9000, documents).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Unpacked with `unzip`; `None` when there is none.
    fn unpacked(&self) -> Option<std::path::PathBuf> {
        must(self.path(), "unzip", &["-q", "case.zip"])?;
        Some(self.path().join(TOP))
    }
}

#[test]
fn unzip_and_7z_test_it_without_a_word() {
    let golden = Golden::new();
    if let Some(text) = must(golden.path(), "unzip", &["-t", "case.zip"]) {
        assert!(text.contains("No errors detected") && !text.contains("warning"), "{text}");
    }
    if let Some(text) = must(golden.path(), "7z", &["t", "case.zip"]) {
        assert!(text.contains("Everything is Ok") && !text.contains("arning"), "{text}");
    }
}

#[test]
fn sha256sum_checks_the_zip_and_both_lists_strictly() {
    let golden = Golden::new();
    must(golden.path(), "sha256sum", &["-c", "--strict", "case.zip.sha256"]);
    let Some(bag) = golden.unpacked() else { return };
    for list in ["tagmanifest-sha256.txt", "manifest-sha256.txt"] {
        must(&bag, "sha256sum", &["-c", "--strict", list]);
    }
    std::fs::write(bag.join("data/run-log.jsonl"), b"{}\n").unwrap();
    if let Some(ran) = tool(&bag, "sha256sum", &["-c", "--strict", "manifest-sha256.txt"]) {
        assert!(!ran.status.success());
    }
}

#[test]
fn unzip_gives_back_the_records() {
    let Some(bag) = Golden::new().unpacked_with(|bag| std::fs::read(bag.join("data/logs/sign-ins.jsonl")).unwrap())
    else {
        return;
    };
    let expected: Vec<u8> =
        (0..3).flat_map(|slice| (0..3).flat_map(move |part| records(slice * 100_000 + part * 9000, 9000))).collect();
    assert!(bag == expected);
}

impl Golden {
    fn unpacked_with<T>(&self, read: impl Fn(&Path) -> T) -> Option<T> {
        self.unpacked().map(|bag| read(&bag))
    }
}

#[test]
fn python_reads_it_and_sees_no_extra_field_flag_or_date_of_its_own() {
    let golden = Golden::new();
    let script = "import zipfile\n\
        z = zipfile.ZipFile('case.zip')\n\
        assert z.testzip() is None and not z.comment\n\
        names = [i.filename for i in z.infolist()]\n\
        assert names == sorted(names, key=lambda n: n.encode())\n\
        for i in z.infolist():\n\
        \x20   assert i.extra == b'' and i.comment == b'' and i.flag_bits == 0, i.filename\n\
        \x20   assert i.compress_type == 8 and i.create_system == 3, i.filename\n\
        \x20   assert i.external_attr == 0o100644 << 16, i.filename\n\
        \x20   assert i.date_time == (2025, 1, 2, 3, 4, 4), i.date_time\n\
        print(len(names))\n";
    if let Some(text) = must(golden.path(), "python3", &["-c", script]) {
        assert_eq!(text.trim(), "9");
    }
}

/// `bagit.py` from the path, or from a Python that has the module (`BAGIT_PYTHON`, a virtual environment's).
fn bagit(bag: &Path) -> Option<Ran> {
    let python = std::env::var("BAGIT_PYTHON").unwrap_or_else(|_| {
        let local = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bagit/bin/python");
        if Path::new(local).exists() { local.to_owned() } else { "python3".to_owned() }
    });
    if tool(bag, &python, &["-c", "import bagit"]).is_some_and(|ran| ran.status.success()) {
        return tool(bag, &python, &["-m", "bagit", "--validate", "."]);
    }
    tool(bag, "bagit.py", &["--validate", "."])
}

#[test]
fn bagit_validates_it_and_notices_a_file_more() {
    let golden = Golden::new();
    let Some(bag) = golden.unpacked() else { return };
    let Some(ran) = bagit(&bag) else { return };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    std::fs::write(bag.join("data/more.jsonl"), b"{}\n").unwrap();
    assert!(!bagit(&bag).unwrap().status.success());
}
