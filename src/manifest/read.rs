//! Reads a manifest of this or a later minor version.

use super::{FORMAT, Format, MAJOR, Manifest};

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Another major version.
    #[error("the bundle has format {major}.{minor}, this program reads {MAJOR}.x: get the current entra-bundle")]
    Newer {
        /// Its major version.
        major: u32,
        /// Its minor version.
        minor: u32,
    },
    /// Another format.
    #[error("the manifest is not one of entra-bundle")]
    Foreign,
    /// Not the JSON of the schema. The message holds a place, not a value.
    #[error("the manifest does not follow its schema (line {line}, column {column})")]
    Malformed {
        /// From 1; 0 when unknown.
        line: usize,
        /// From 1; 0 when unknown.
        column: usize,
    },
}

/// Only the version, so that it is read before anything that a newer major may have changed.
#[derive(serde::Deserialize)]
struct Head {
    format: Format,
}

impl Manifest<String> {
    /// Reads the bytes of `manifest.json`. Members that this version does not know are skipped.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let malformed = |error: serde_json::Error| ReadError::Malformed { line: error.line(), column: error.column() };
        let Head { format } = serde_json::from_slice(bytes).map_err(malformed)?;
        if format.name.as_str() != FORMAT {
            return Err(ReadError::Foreign);
        }
        if format.major > MAJOR {
            return Err(ReadError::Newer { major: format.major, minor: format.minor });
        }
        serde_json::from_slice(bytes).map_err(malformed)
    }
}
