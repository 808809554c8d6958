//! A stretch of a file: some whole units (lines, rows, elements) of a text, with what a reader must know to
//! understand them without the rest of the file.

use std::sync::Arc;

use super::RawText;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// One JSON value a line (RFC 8259).
    JsonLines,
    /// One JSON document.
    Json,
    /// Rows of separated values (RFC 4180), the first of which names the columns.
    Csv,
    /// XML 1.0.
    Xml,
    /// LDIF (RFC 2849): attributes, a line each, long lines folded.
    Ldif,
    /// A registry export (`Windows Registry Editor Version 5.00`).
    Registry,
    /// Any other text: logs, command output.
    Text,
}

impl Form {
    /// As rows and the manifest spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonLines => "json-lines",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Xml => "xml",
            Self::Ldif => "ldif",
            Self::Registry => "registry",
            Self::Text => "text",
        }
    }
}

/// How the characters of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, little endian.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
    /// Windows-1252: what is none of the others.
    Windows1252,
}

/// A container of a JSON document, or an element of an XML document, that is open where a stretch begins.
#[derive(Clone)]
pub struct Open {
    /// JSON: the key under which it stands, none in an array and at the top. XML: the start tag as written, with `<` and `>`.
    pub name: Option<RawText>,
    /// JSON: whether it is an array.
    pub is_array: bool,
    /// JSON objects: what stands in it before the member that is open, as written, from its brace (so that
    /// `rows` are read by their `columns`, and values by their siblings); none in arrays, in XML, and where it is longer
    /// than [`OPEN_BYTES_MAX`](crate::limits::OPEN_BYTES_MAX).
    pub before: Option<RawText>,
}

/// What a reader must know that stands before the stretch.
#[derive(Clone)]
pub enum Context {
    /// Nothing: the stretch begins the file, or its units stand alone.
    Nothing,
    /// CSV: the columns. The first stretch begins with the row that names them.
    Columns {
        /// Their names as written, unquoted.
        names: Arc<[RawText]>,
        /// The separator: comma, semicolon or tab.
        separator: u8,
        /// Whether the stretch begins with the row of names.
        has_header: bool,
    },
    /// JSON and XML documents that are cut: what is open where the stretch begins, outermost first. JSON is cut between
    /// the items of arrays only (before the comma), XML between elements.
    Inside(Arc<[Open]>),
}

/// Whole units of a text, decoded to UTF-8.
pub struct RawStretch {
    /// How the file is written.
    pub form: Form,
    /// How its characters are written; the clean stretch is encoded so again.
    pub encoding: Encoding,
    /// Whether a byte order mark stands before the stretch; it is not among its characters.
    pub has_mark: bool,
    /// The dataset (or the kind of file, such as `har`) whose rules hold, where the file as a whole says so.
    pub dataset: Option<&'static str>,
    /// What stands before it.
    pub context: Context,
    /// Whether the document goes on behind it (JSON and XML documents that are cut).
    pub goes_on: bool,
    /// The characters.
    pub text: RawText,
}
