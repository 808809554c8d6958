//! Readers: records out of the files of a server.
//!
//! Takes the stretches of one file in order, gives [`Record`]s: JSON objects in the shape of their dataset. What a reader
//! does not understand becomes `{"text": …}` records of the same dataset, so that nothing is lost. Pure, in bounded
//! memory: never opens a file, never fails.

use crate::record::RawStretch;

/// One record.
pub struct Record {
    /// Its dataset.
    pub dataset: &'static str,
    /// One JSON object.
    pub json: Vec<u8>,
    /// Line of the decoded text on which it begins, from 1.
    pub line: u64,
}

/// Takes what a reader finds.
pub type Give<'a> = &'a mut dyn FnMut(Record);

/// One way of reading. One reader reads one file.
pub(crate) trait Reader: Send {
    /// The next stretch.
    fn take(&mut self, stretch: &RawStretch, give: Give<'_>);
    /// The file has ended: gives what was put together so far, and says how many of all records hold text only, because
    /// it was not understood.
    fn end(self: Box<Self>, give: Give<'_>) -> u64;
}

/// Makes a reader for a file of that name.
type Make = fn(name: &str) -> Box<dyn Reader>;

/// The readers, by the name that rows call them by.
const READERS: [(&str, Make); 0] = [];

/// A file that is being read.
pub struct Reading(Box<dyn Reader>);

impl Reading {
    /// The reader that a row names, for a file of that name; none: no such reader.
    pub fn of(reader: &str, name: &str) -> Option<Self> {
        let (_, make) = READERS.iter().find(|(one, _)| *one == reader)?;
        Some(Self(make(name)))
    }

    /// Reads the next stretch.
    pub fn take(&mut self, stretch: &RawStretch, give: Give<'_>) {
        self.0.take(stretch, give);
    }

    /// The file has ended. Gives what was put together so far, and says how many records hold text only.
    pub fn end(self, give: Give<'_>) -> u64 {
        self.0.end(give)
    }
}
