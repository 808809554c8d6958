//! Verify against bundles that the archive of this program wrote (hostile zips: `tests/verify`).

use super::*;
use crate::archive::CleanDocument;
use crate::archive::tests::write_bundle;
use crate::manifest::tests::manifest;
use crate::spool::SealedEntry;

fn documents(entries: &[SealedEntry]) -> Vec<CleanDocument> {
    vec![manifest(entries).document().unwrap(), CleanDocument::assembled("report.html", b"<!doctype html>\n".to_vec())]
}

/// A golden bundle with its folder; `count` as in `write_bundle`.
fn golden(count: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.zip");
    write_bundle(&path, 2, count, documents).unwrap();
    (folder, path)
}

fn codes(path: &Path) -> Vec<String> {
    let findings = verify(path, &mut NoCheck).unwrap().findings;
    findings.into_iter().map(|finding| finding.code.into_owned()).collect()
}

#[test]
fn a_fresh_bundle_verifies_and_says_so_in_both_forms() {
    let (_folder, path) = golden(9000);
    for json in [false, true] {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run(&VerifyArgs { file: path.clone(), key: None, json }, &mut out, &mut err).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!((code, err.len()), (0, 0), "{text}");
        if json {
            let document: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(document["ok"], true);
            assert_eq!(document["entries"], 3);
            assert_eq!(document["records"], 81_021);
            assert_eq!(document["findings"], serde_json::json!([]));
        } else {
            assert!(text.starts_with("verified: ") && text.contains("81021 records"), "{text}");
        }
    }
}

/// Where headers and the directory lie, and where the contents lie.
fn regions(zip: &[u8]) -> (Vec<usize>, Vec<std::ops::Range<usize>>) {
    let field =
        |at: usize, bytes: usize| zip[at..at + bytes].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let (mut headers, mut contents, mut at) = (Vec::new(), Vec::new(), 0);
    while field(at, 4) == 0x0403_4b50 {
        let start = at + 30 + field(at + 26, 2);
        headers.extend(at..start);
        contents.push(start..start + field(at + 18, 4));
        at = start + field(at + 18, 4);
    }
    headers.extend(at..zip.len());
    (headers, contents)
}

#[test]
fn every_flipped_bit_of_a_header_is_found_without_the_sum_beside() {
    let (folder, path) = golden(2);
    std::fs::remove_file(folder.path().join("case.zip.sha256")).unwrap();
    let good = std::fs::read(&path).unwrap();
    let (headers, contents) = regions(&good);
    assert_eq!(contents.len(), 10);
    assert!(headers.len() > 2 * 10 * 60);
    let bits: Vec<usize> = headers.iter().flat_map(|byte| byte * 8..byte * 8 + 8).collect();
    std::thread::scope(|scope| {
        for (worker, share) in bits.chunks(bits.len().div_ceil(4)).enumerate() {
            let (good, folder) = (&good, folder.path());
            scope.spawn(move || {
                let path = folder.join(format!("{worker}.zip"));
                let mut bad = good.clone();
                for bit in share {
                    bad[bit / 8] ^= 1 << (bit % 8);
                    std::fs::write(&path, &bad).unwrap();
                    assert!(!codes(&path).is_empty(), "bit {} of byte {} of {}", bit % 8, bit / 8, bad.len());
                    bad[bit / 8] ^= 1 << (bit % 8);
                }
            });
        }
    });
}

#[test]
fn a_flipped_bit_in_any_file_is_found_without_the_sum_beside() {
    let (folder, path) = golden(500);
    std::fs::remove_file(folder.path().join("case.zip.sha256")).unwrap();
    let good = std::fs::read(&path).unwrap();
    for content in regions(&good).1 {
        for place in [content.start + 1, content.start + content.len() / 2] {
            let mut bad = good.clone();
            bad[place] ^= 4;
            std::fs::write(&path, &bad).unwrap();
            assert!(codes(&path).contains(&"zip-damaged".to_owned()), "byte {place}");
        }
    }
}

#[test]
fn every_cut_is_found() {
    let (folder, path) = golden(40);
    std::fs::remove_file(folder.path().join("case.zip.sha256")).unwrap();
    let good = std::fs::read(&path).unwrap();
    for length in [0, 1, 21, 22, good.len() / 2, good.len() - 23, good.len() - 22, good.len() - 1] {
        std::fs::write(&path, &good[..length]).unwrap();
        assert_eq!(codes(&path), ["zip-truncated"], "{length} of {} bytes", good.len());
    }
}

#[test]
fn the_sum_beside_is_compared() {
    let (folder, path) = golden(40);
    let sums = folder.path().join("case.zip.sha256");
    let text = std::fs::read_to_string(&sums).unwrap();
    std::fs::write(&sums, text.replacen(&text[..1], if text.starts_with('0') { "1" } else { "0" }, 1)).unwrap();
    assert_eq!(codes(&path), ["zip-sum"]);
    std::fs::write(&sums, "nothing").unwrap();
    assert_eq!(codes(&path), ["zip-sum-malformed"]);
}

#[test]
fn a_further_check_sees_every_byte_and_its_findings_count() {
    struct Count(u64, Vec<String>, bool);
    impl EntryCheck for Count {
        fn begin(&mut self, path: &str) {
            self.1.push(path.to_owned());
            self.2 = path.ends_with(".jsonl");
        }
        fn piece(&mut self, bytes: &[u8]) {
            assert!(!self.2 || bytes.ends_with(b"\n"));
            self.0 += if self.2 { bytes.len() as u64 } else { 0 };
        }
        fn findings(&mut self) -> Vec<Finding> {
            vec![Finding { code: "leak".into(), path: None, message: "one".to_owned() }]
        }
    }
    let (_folder, path) = golden(40);
    let mut count = Count(0, Vec::new(), false);
    let verification = verify(&path, &mut count).unwrap();
    assert_eq!(count.0, verification.bytes);
    assert_eq!(count.1.len(), 10);
    assert_eq!(verification.findings.len(), 1);
}

#[test]
fn a_missing_file_is_a_usage_error() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let args = VerifyArgs { file: folder.path().join("none.zip"), key: None, json: true };
    assert_eq!(run(&args, &mut out, &mut err).unwrap(), 2);
    assert!(out.is_empty() && String::from_utf8(err).unwrap().contains("does not exist"));
}
