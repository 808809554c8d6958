//! Raw values: records, texts and keys as a source received them.

use bytes::Bytes;

/// One JSON value, byte for byte as the service sent it (a slice of the page it came in).
#[derive(Clone)]
pub struct RawRecord(Bytes);

impl RawRecord {
    /// Wraps the bytes of one complete JSON value.
    pub fn new(json: Bytes) -> Self {
        Self(json)
    }

    /// Its length, bytes.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// The raw bytes. Called by `source` (to find ids and times) and by `pseudonym`, by nobody else.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// A text that may hold identifiers: an error message, a URL, a file name.
#[derive(Clone, PartialEq, Eq)]
pub struct RawText(String);

impl RawText {
    /// Wraps a text of unknown content.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its length, bytes.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// The raw text. Called by `source` and `pseudonym`, by nobody else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// The values that fill the placeholders of a fan-out path: for `/groups/{0}/members` the group's id; for
/// `/servicePrincipals/{0}/synchronization/jobs/{1}/schema` the principal's id and the job's.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub(crate) Vec<Box<str>>);

impl Key {
    /// Its parts, from the outermost object inwards.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// Records of one dataset that arrived together, in the order they were served.
pub struct RawBatch {
    /// The catalog's dataset id.
    pub dataset: &'static str,
    /// Which slice of the dataset: time slice or fan-out key, counted from 0 in plan order.
    pub slice: u32,
    /// The object that the records belong to, for fan-out datasets.
    pub parent: Option<Key>,
    /// The records.
    pub records: Vec<RawRecord>,
}
