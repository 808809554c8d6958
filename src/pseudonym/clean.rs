//! What leaves the gate. Takes nothing itself; only this room constructs these two types.

/// Pseudonymised records: JSON Lines, one object a line, every line ended by a newline.
pub struct CleanBatch {
    bytes: Vec<u8>,
    records: u64,
}

impl CleanBatch {
    /// The lines.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many records the lines are.
    pub fn records(&self) -> u64 {
        self.records
    }
}

/// A text that has been through the gate.
#[derive(Clone, PartialEq, Eq)]
pub struct CleanText(String);

impl CleanText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
impl CleanBatch {
    /// A batch that no gate has seen: tests of the rooms behind the gate make their records with it.
    pub(crate) fn forge(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let records = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Self { bytes, records }
    }
}

#[cfg(test)]
impl CleanText {
    /// A text that no gate has seen, for the same tests.
    pub(crate) fn forge(text: &str) -> Self {
        Self(text.to_owned())
    }
}
