//! Files and pipes: bombs, names that climb, links, devices, lines without an end, depth without a bottom.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::support::{Bench, inside};
use super::{MEMORY_MIB, Ran, is_big, watch};

/// A zip with these members, deflated; names are written as they are.
#[allow(clippy::disallowed_methods, reason = "no bundle, but a zip to be read")]
fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// `redact` over these inputs: how it ended, and what is in the bundle.
fn redact(bench: &Bench, inputs: &[&str]) -> (Ran, BTreeMap<String, Vec<u8>>) {
    let mut command = bench.command(&["redact", "--out", "out.zip"]);
    command.args(inputs);
    let ran = watch(command);
    assert!(matches!(ran.code, 0 | 3), "{}\n{}", ran.code, ran.said);
    assert!(ran.peak_mib < MEMORY_MIB, "{} MiB", ran.peak_mib);
    bench.expect(0, &["verify", "out.zip"]);
    let files = inside(&bench.path("out.zip"));
    std::fs::remove_file(bench.path("out.zip")).unwrap();
    std::fs::remove_file(bench.path("out.zip.sha256")).unwrap();
    (ran, files)
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> Value {
    serde_json::from_slice(&files["manifest.json"]).unwrap()
}

/// The states of the files, sorted.
fn states(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let manifest = manifest(files);
    let mut states: Vec<String> =
        manifest["files"].as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect();
    states.sort();
    states
}

fn total(files: &BTreeMap<String, Vec<u8>>) -> usize {
    files.iter().filter(|(path, _)| path.starts_with("data/files/")).map(|(_, bytes)| bytes.len()).sum()
}

#[test]
fn bombs_are_withheld_with_little_memory() {
    let bench = Bench::new();
    // 1 GB in 1 MB, the same in zips in a zip, and a gzip of it; of text only when there is time for it.
    let zeros = vec![if is_big() { b'0' } else { 0 }; 64 << 20];
    let flat = zipped(&[("zeros.log", &zeros)]);
    assert!(flat.len() < 1 << 20);
    let many: Vec<(String, &[u8])> = (0..16).map(|number| (format!("{number}.zip"), flat.as_slice())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let wide = zipped(&many);
    let nested = zipped(&[("inner.zip", &zipped(&[("inner.zip", &wide)]))]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    (0..16).for_each(|_| gzip.write_all(&zeros).unwrap());
    let mut deep = zipped(&[("bottom.log", b"a\n")]);
    for _ in 0..50 {
        deep = zipped(&[("n.zip", &deep)]);
    }
    for (name, bytes) in
        [("wide.zip", wide), ("nested.zip", nested), ("bomb.log.gz", gzip.finish().unwrap()), ("deep.zip", deep)]
    {
        std::fs::write(bench.path(name), bytes).unwrap();
        let (ran, files) = redact(&bench, &[name]);
        let states = states(&files);
        println!("{name}: {} MiB, {:.1} s, {}", ran.peak_mib, ran.seconds, states.join(" "));
        assert!(states.iter().any(|state| state != "whole"), "{name}: {states:?}");
        assert_eq!(ran.code, 3, "{name}: what was not unpacked is said");
    }
}

#[test]
fn names_that_climb_stay_in_the_bundle() {
    let bench = Bench::new();
    let names = [
        "../climbed.log",
        "../../../../../../tmp/entra-bundle-climbed.log",
        "/tmp/entra-bundle-absolute.log",
        "a/../../climbed.log",
        "C:\\climbed.log",
        "..\\climbed.log",
        "nul",
        "aux.log",
        "a\nb.log",
        "dot.",
        " ",
        "-rf",
        "data/manifest.json",
    ];
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, b"one line\n".as_slice())).collect();
    std::fs::create_dir(bench.path("in")).unwrap();
    std::fs::write(bench.path("in/slip.zip"), zipped(&members)).unwrap();
    let before = listing(bench.folder.path());
    let (_, files) = redact(&bench, &["in"]);
    assert!(manifest(&files)["files"].as_array().unwrap().len() >= names.len() / 2);
    for path in files.keys() {
        let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte));
        assert!(plain && path.split('/').all(|part| !matches!(part, "" | "." | "..")), "{path}");
    }
    let after = listing(bench.folder.path());
    assert_eq!(before, after, "something was written beside the bundle");
    for gone in ["/tmp/entra-bundle-climbed.log", "/tmp/entra-bundle-absolute.log"] {
        assert!(!Path::new(gone).exists());
    }
}

/// Names below a folder, the program's own configuration left out.
fn listing(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap().map(Result::unwrap) {
            let name = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            if name != "home" {
                folders.extend(entry.file_type().unwrap().is_dir().then(|| entry.path()));
                names.push(name);
            }
        }
    }
    names.sort();
    names
}

#[test]
fn links_pipes_sockets_and_devices_are_named_and_not_opened() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path("in/inner")).unwrap();
    std::fs::write(bench.path("secret.log"), "outside of the folder\n").unwrap();
    std::fs::write(bench.path("in/sound.log"), "a sound line\n").unwrap();
    symlink(bench.path("secret.log"), bench.path("in/link.log")).unwrap();
    symlink("/dev/zero", bench.path("in/zero.log")).unwrap();
    symlink("..", bench.path("in/inner/up")).unwrap();
    symlink("loop.log", bench.path("in/loop.log")).unwrap();
    let run = |program: &str, args: &[&str]| {
        let status = Command::new(program).args(args).current_dir(bench.path("in")).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    assert!(run("mkfifo", &["pipe.log"]));
    let _socket = std::os::unix::net::UnixListener::bind(bench.path("in/socket.log")).unwrap();
    // Devices can be made by root only.
    let has_device = run("mknod", &["device.log", "c", "1", "5"]);
    if has_device {
        assert!(bench.path("in/device.log").symlink_metadata().unwrap().file_type().is_char_device());
    } else {
        eprintln!("left out: a device cannot be made here");
    }
    let (ran, files) = redact(&bench, &["in"]);
    let withheld = states(&files).iter().filter(|state| *state == "withheld").count();
    assert!(withheld >= 6 + usize::from(has_device), "{:?}", states(&files));
    assert_eq!(ran.code, 3);
    let all: Vec<u8> = files.values().flatten().copied().collect();
    let text = String::from_utf8_lossy(&all);
    assert!(text.contains("a sound line") && !text.contains("outside of the folder"));
    assert!(ran.seconds < 60.0);
}

#[test]
fn a_line_without_an_end_takes_little_memory() {
    let bench = Bench::new();
    // Longer than the longest line that is given whole.
    let bytes = if is_big() { 10 << 30 } else { 10 << 20 };
    // A sparse file: zeros are no text, and it is withheld.
    File::create(bench.path("sparse.log")).unwrap().set_len(bytes).unwrap();
    let (ran, files) = redact(&bench, &["sparse.log"]);
    println!("sparse file: {} MiB, {:.1} s", ran.peak_mib, ran.seconds);
    assert_eq!(states(&files), ["withheld"]);
    for (name, start, filler) in
        [("letters", "", "x"), ("JSON", "{\"a\":\"", "x"), ("list", "[", "1,"), ("quotes", "a,b\n\"", "x,")]
    {
        let mut command = bench.command(&["redact", "-"]);
        let (reader, mut writer) = std::io::pipe().unwrap();
        command.stdin(reader);
        let chunk = filler.repeat((1 << 20) / filler.len());
        let feeding = std::thread::spawn(move || {
            let _ = writer.write_all(start.as_bytes());
            // A program that goes away early has said why.
            (0..bytes >> 20).take_while(|_| writer.write_all(chunk.as_bytes()).is_ok()).count()
        });
        let ran = watch(command);
        let fed = feeding.join().unwrap();
        println!("{name}: {fed} MiB in, {} MiB of memory, {:.1} s, code {}", ran.peak_mib, ran.seconds, ran.code);
        assert!(ran.peak_mib < MEMORY_MIB, "{name}: {} MiB", ran.peak_mib);
        assert!(ran.code == 0 && fed as u64 == bytes >> 20 || ran.code == 2, "{name}: {}\n{}", ran.code, ran.said);
    }
}

#[test]
fn depth_and_broken_characters_do_not_stop_a_run() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("in")).unwrap();
    let deep = |open: &str, close: &str| [open.repeat(10_000), close.repeat(10_000)].concat();
    let broken = [b"a line \xC3\x28 and \xFF\xFE\x00\xD8 here\n".as_slice(), "und \u{e4}\n".as_bytes()].concat();
    for (name, bytes) in [
        ("lists.json", deep("[", "]").into_bytes()),
        ("objects.json", deep("{\"a\":", "}").into_bytes()),
        ("open.json", "[{\"a\":".repeat(10_000).into_bytes()),
        ("deep.jsonl", format!("{}\n{{\"a\":1}}\n", deep("[", "]")).into_bytes()),
        ("deep.xml", deep("<a>", "</a>").into_bytes()),
        ("entities.xml", b"<!DOCTYPE a [<!ENTITY b \"&c;&c;\"><!ENTITY c \"&b;&b;\">]><a>&b;</a>".to_vec()),
        ("deep.ldif", format!("dn: {}\ncn: x\n", "ou=a,".repeat(10_000)).into_bytes()),
        ("broken.log", broken.clone()),
        ("broken.json", [b"{\"a\":\"".as_slice(), &[0xFF, 0xC0, 0x80], b"\"}"].concat()),
        ("half.json", b"\xFF\xFE{\0\"\0a\0\"".to_vec()),
        ("numbers.json", format!("[1e{0},{0}]", "9".repeat(5_000)).into_bytes()),
    ] {
        std::fs::write(bench.path("in").join(name), bytes).unwrap();
    }
    let (ran, files) = redact(&bench, &["in"]);
    println!("depth: {} MiB, {:.1} s, {}", ran.peak_mib, ran.seconds, states(&files).join(" "));
    assert!(total(&files) > 0);
    for name in ["lists.json", "open.json", "broken.log", "broken.json"] {
        let mut command = bench.command(&["redact", "-"]);
        command.stdin(File::open(bench.path("in").join(name)).unwrap());
        let ran = watch(command);
        assert!(matches!(ran.code, 0 | 2), "{name}: {}\n{}", ran.code, ran.said);
    }
}

/// A bundle that is none, in every way in which a zip can lie.
#[test]
fn verify_says_no_to_zips_that_lie() {
    let bench = Bench::new();
    std::fs::write(bench.path("a.log"), "a line\n".repeat(200)).unwrap();
    bench.expect(0, &["redact", "a.log", "--out", "sound.zip"]);
    let sound = std::fs::read(bench.path("sound.zip")).unwrap();
    let mut seed = 1_u64;
    for turn in 0..60_usize {
        let mut bytes = sound.clone();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let at = (seed >> 33) as usize % bytes.len();
        match turn % 3 {
            0 => bytes[at] ^= 1 << (turn % 8),
            1 => bytes.truncate(at),
            _ => drop(bytes.splice(at..at, *b"PK\x05\x06")),
        }
        std::fs::write(bench.path("bad.zip"), bytes).unwrap();
        let mut command = bench.command(&["verify", "bad.zip"]);
        command.arg("--json");
        let ran = watch(command);
        assert_eq!(ran.code, 4, "turn {turn} at {at}: {}", ran.said);
    }
    File::create(bench.path("bad.zip")).unwrap().set_len(10 << 30).unwrap();
    let ran = watch(bench.command(&["verify", "bad.zip"]));
    assert!(ran.code == 4 && ran.peak_mib < 200 && ran.seconds < 60.0, "{} MiB", ran.peak_mib);
}
