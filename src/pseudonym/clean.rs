//! The values that have passed the gate. Only the `pseudonym` room can make them: their fields are private and no
//! function outside builds one, so that what the later rooms accept is clean by type.
//!
//! ```
//! use entra_bundle::pseudonym::CleanText;
//! let ours = CleanText::fixed("written by this program");
//! assert_eq!(ours.as_str(), "written by this program");
//! ```
//!
//! A clean value cannot be forged:
//!
//! ```compile_fail
//! use entra_bundle::pseudonym::CleanText;
//! let forged = CleanText(String::from("ada@alderwood.example"));
//! ```
//! ```compile_fail
//! use entra_bundle::pseudonym::CleanBatch;
//! let forged = CleanBatch { bytes: b"{}".to_vec(), records: 1, refused: Vec::new() };
//! ```
//! ```compile_fail
//! use entra_bundle::pseudonym::CleanText;
//! let value = String::from("ada@alderwood.example");
//! let not_ours = CleanText::fixed(&value);
//! ```

/// Records of one dataset as JSON Lines, every line clean and ended by a line feed.
pub struct CleanBatch {
    pub(super) bytes: Vec<u8>,
    pub(super) records: u64,
    pub(super) refused: Vec<Refusal>,
}

impl CleanBatch {
    /// One line that a room behind the gate assembled from parts of clean lines and from the program's own words. Called
    /// by `summary`, by nobody else.
    pub(crate) fn assembled(line: Vec<u8>) -> Self {
        Self { bytes: line, records: 1, refused: Vec::new() }
    }

    /// The lines.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The lines, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many lines.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Records that could not be cleaned and are therefore not among the lines. The dataset is then incomplete.
    pub fn refused(&self) -> &[Refusal] {
        &self.refused
    }
}

/// One record that did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Position in the batch, from 0.
    pub record: usize,
    /// Why.
    pub cause: RefusalCause,
}

/// Why a record did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusalCause {
    /// The bytes are no JSON value.
    #[error("{0}")]
    Json(#[from] crate::json::Error),
    /// The bytes are not UTF-8.
    #[error("not UTF-8 at byte {offset}")]
    Utf8 {
        /// Bytes from the start of the record.
        offset: usize,
    },
    /// There is text behind the value.
    #[error("more than one JSON value, the second at byte {offset}")]
    Trailing {
        /// Bytes from the start of the record.
        offset: usize,
    },
    /// A record of a fan-out dataset is no object, so that its parent cannot be written into it.
    #[error("not an object, but the dataset's records belong to a parent")]
    NoObject,
}

/// A whole batch that cannot be cleaned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// The fan-out key does not fit the dataset's path.
    #[error(
        "dataset {dataset}: the path has {placeholders} placeholders and the parent {parts} key parts; check its row in the catalog"
    )]
    Parent {
        /// Dataset id.
        dataset: &'static str,
        /// `{n}` in the path.
        placeholders: usize,
        /// Parts of the key.
        parts: usize,
    },
}

/// A text that holds no identifier any more, or never could.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct CleanText(pub(super) String);

impl CleanText {
    /// A text of this program, written in its source.
    pub fn fixed(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// A number.
    pub fn number(value: impl Into<u64>) -> Self {
        Self(value.into().to_string())
    }

    /// A fixed text with numbers and other clean texts put in for `{}`, in order; surplus places stay as they are.
    pub fn filled(template: &'static str, parts: &[CleanText]) -> Self {
        let mut pieces = template.split("{}");
        let mut out = pieces.next().unwrap_or_default().to_owned();
        let mut parts = parts.iter();
        for piece in pieces {
            out.push_str(parts.next().map_or("{}", CleanText::as_str));
            out.push_str(piece);
        }
        Self(out)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, without a copy.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl std::fmt::Display for CleanText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// A file name without identifiers, without folders and without characters that a file system refuses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct CleanName(pub(super) String);

impl CleanName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for CleanName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
impl CleanBatch {
    /// A batch that no gate has seen: tests of the rooms behind the gate make their records with it.
    pub(crate) fn forge(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let records = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Self { bytes, records, refused: Vec::new() }
    }
}

#[cfg(test)]
impl CleanText {
    /// A text that no gate has seen, for the same tests.
    pub(crate) fn forge(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_in_order() {
        let text = CleanText::filled("{} of {} slices", &[CleanText::number(3u32), CleanText::number(7u32)]);
        assert_eq!(text.as_str(), "3 of 7 slices");
        assert_eq!(CleanText::filled("{} {}", &[CleanText::fixed("a")]).as_str(), "a {}");
    }
}
