//! The readers of `host`: every sample that is there becomes records, every shape is read as its page says, and nothing
//! that identifies anybody passes the gate.
//!
//! Samples are read in place (`../shared`), and only where they are. Everything else here is constructed: shapes of
//! documentation, invented contents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test may")]

#[cfg(not(feature = "gate-off"))]
mod fixtures;
#[cfg(not(feature = "gate-off"))]
mod gate;
mod hostile;
mod samples;
mod shapes;
#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
#[path = "../corpus/spell.rs"]
mod spell;

use std::path::{Path, PathBuf};

use entra_bundle::files::{FileEnd, FileHead, Taker, TakerClosed, walk};
use entra_bundle::host::reading::{Reading, Tally};
use entra_bundle::record::RawStretch;
use serde_json::Value;

/// What a reader made of some files.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) records: Vec<(&'static str, Value)>,
    /// The same as they are given.
    pub(crate) raw: Vec<(&'static str, Vec<u8>)>,
    pub(crate) lines: Vec<u64>,
    pub(crate) tally: Tally,
    pub(crate) files: usize,
    pub(crate) damaged: usize,
}

struct Reader<'r> {
    reader: &'r str,
    reading: Option<Reading>,
    read: Read,
}

impl Taker for Reader<'_> {
    fn begin(&mut self, head: &FileHead) {
        // The name is raw; the tests' names are theirs.
        let _ = head;
        self.reading = None;
    }

    fn stretch(&mut self, stretch: RawStretch) -> Result<(), TakerClosed> {
        let reading =
            self.reading.get_or_insert_with(|| Reading::of(self.reader, "trace-20240131-235900.log").unwrap());
        let read = &mut self.read;
        reading.take(&stretch, &mut |record| read.add(record));
        Ok(())
    }

    fn end(&mut self, end: FileEnd) {
        let read = &mut self.read;
        read.files += 1;
        read.damaged += usize::from(matches!(end, FileEnd::Damaged { .. }));
        if let Some(reading) = self.reading.take() {
            let tally = reading.end(&mut |record| read.add(record));
            read.tally.records += tally.records;
            read.tally.texts += tally.texts;
            read.tally.passed_over += tally.passed_over;
        }
    }
}

impl Read {
    fn add(&mut self, record: entra_bundle::host::reading::Record) {
        let value: Value = serde_json::from_slice(&record.json).expect("every record is JSON");
        assert!(value.is_object());
        self.records.push((record.dataset, value));
        self.raw.push((record.dataset, record.json));
        self.lines.push(record.line);
    }

    /// How many records say this.
    pub(crate) fn count(&self, key: &str, is: &str) -> usize {
        self.records.iter().filter(|(_, record)| record[key] == is).count()
    }

    pub(crate) fn only(&self) -> &Value {
        assert_eq!(self.records.len(), 1, "one record");
        &self.records[0].1
    }
}

/// Files through `files` and a reader.
pub(crate) fn read(reader: &str, paths: &[PathBuf]) -> Read {
    let mut taker = Reader { reader, reading: None, read: Read::default() };
    walk(paths, &mut taker).unwrap();
    assert_eq!(taker.read.tally.records, taker.read.records.len() as u64);
    taker.read
}

/// A text in a file of this name.
pub(crate) fn read_text(reader: &str, name: &str, text: impl AsRef<[u8]>) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    read(reader, &[path])
}

/// UTF-16 with its mark, as Windows writes it.
pub(crate) fn wide(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

/// A folder of the samples, if it is there.
pub(crate) fn samples(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(folder);
    let found = path.is_dir().then_some(path);
    if found.is_none() {
        eprintln!("skipped: the samples are not here");
    }
    found
}
