//! Any bytes as a customer's file: unpacked, decoded, recognised, cut. Each file begins and ends once, and a walk that is
//! made again gives the same.
#![no_main]

use std::io::Write;

use entra_bundle::files::{FileEnd, FileHead, Taker, TakerClosed, walk};
use entra_bundle::record::RawStretch;
use entra_bundle_fuzz::GATE;
use libfuzzer_sys::fuzz_target;

#[derive(Default, PartialEq, Debug)]
struct Seen {
    files: usize,
    open: bool,
    stretches: usize,
    clean_bytes: usize,
    ends: Vec<String>,
}

impl Taker for Seen {
    fn begin(&mut self, _: &FileHead) {
        assert!(!self.open, "a file begins in another");
        (self.files, self.open) = (self.files + 1, true);
    }

    fn stretch(&mut self, stretch: RawStretch) -> Result<(), TakerClosed> {
        assert!(self.open, "a stretch of no file");
        self.stretches += 1;
        self.clean_bytes += GATE.clean_stretch(&stretch).into_bytes().len();
        Ok(())
    }

    fn end(&mut self, end: FileEnd) {
        assert!(self.open, "the end of no file");
        self.open = false;
        self.ends.push(format!("{end:?}"));
    }
}

/// Endings that choose a reader; the content chooses, too.
const NAMES: [&str; 9] = ["a.log", "a.json", "a.jsonl", "a.csv", "a.xml", "a.ldif", "a.evtx", "a.zip", "a.reg"];

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let ending = NAMES[usize::from(*first) % NAMES.len()].trim_start_matches('a');
    let mut file = tempfile::Builder::new().suffix(ending).tempfile_in("/dev/shm").expect("memory has room");
    file.write_all(rest).expect("memory has room");
    let inputs = [file.path().to_owned()];
    let (mut seen, mut again) = (Seen::default(), Seen::default());
    let _ = walk(&inputs, &mut seen);
    let _ = walk(&inputs, &mut again);
    assert_eq!(seen, again);
    assert!(!seen.open && seen.ends.len() == seen.files, "a file without an end");
});
