//! Names of payload files, checked once so that nothing behind has to.
//!
//! Takes a text, gives an [`EntryPath`] that every operating system can unpack: `data/` and then
//! `[A-Za-z0-9._/-]`, so that the escaping rules of BagIt (RFC 8493 §2.1.3) and of `sha256sum` never apply.
//! Never repairs a name: a caller that has a foreign name makes its own.

use crate::limits::ENTRY_PATH_CHARS_MAX;
use std::sync::Arc;

/// A payload path inside the top folder, for example `data/logs/sign-ins.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryPath(Arc<str>);

/// Why a name cannot stand in a bundle. The message does not repeat the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not begin with `data/`.
    #[error("a payload path begins with data/")]
    Root,
    /// Empty, absolute, or with a part that is empty, `.` or `..`.
    #[error("a path in a bundle has no empty part, no leading slash and no `.` or `..`")]
    Escape,
    /// A character outside `[A-Za-z0-9._/-]`, or a part that ends with a dot.
    #[error("a path in a bundle has only the characters A-Z a-z 0-9 . _ - / and no part that ends with a dot")]
    Character,
    /// A device name of Windows, such as `nul` or `com1.txt`.
    #[error("a path in a bundle has no part that Windows reserves (con, nul, com1 ...)")]
    Reserved,
    /// Longer than the limit.
    #[error("a path in a bundle is at most {ENTRY_PATH_CHARS_MAX} characters long")]
    Long,
}

impl EntryPath {
    /// Checks a name.
    ///
    /// # Errors
    /// The first rule of [`PathError`] that it breaks.
    pub fn new(path: &str) -> Result<Self, PathError> {
        check(path)?;
        if path.len() > ENTRY_PATH_CHARS_MAX {
            return Err(PathError::Long);
        }
        if !path.starts_with("data/") {
            return Err(PathError::Root);
        }
        Ok(Self(path.into()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the file is JSON Lines that this program wrote record by record (the others are texts without records;
    /// also a file of the customer under `data/files/`, which keeps its own lines).
    pub fn is_records(&self) -> bool {
        self.0.ends_with(".jsonl") && !self.0.starts_with("data/files/")
    }
}

impl TryFrom<String> for EntryPath {
    type Error = PathError;

    fn try_from(path: String) -> Result<Self, PathError> {
        Self::new(&path)
    }
}

impl From<EntryPath> for String {
    fn from(path: EntryPath) -> Self {
        path.0.as_ref().to_owned()
    }
}

/// Checks the parts of a path of any root, length aside.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(path: &str) -> Result<(), PathError> {
    for part in path.split('/') {
        if matches!(part, "" | "." | "..") {
            return Err(PathError::Escape);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if !part.bytes().all(plain) || part.ends_with('.') {
            return Err(PathError::Character);
        }
        if is_reserved(part) {
            return Err(PathError::Reserved);
        }
    }
    Ok(())
}

/// Device names of Windows count with any extension
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_every_system_can_unpack() {
        for path in
            ["data/logs/sign-ins.jsonl", "data/x", "data/onprem/AADC-1/trace_2.log", "data/.hidden", "data/com10"]
        {
            assert_eq!(EntryPath::new(path).map(String::from), Ok(path.to_owned()));
        }
    }

    #[test]
    fn refuses_each_kind_of_bad_name_with_its_own_error() {
        let long = format!("data/{}", "x".repeat(ENTRY_PATH_CHARS_MAX));
        let rows = [
            ("manifest.json", PathError::Root),
            ("", PathError::Escape),
            ("/data/x", PathError::Escape),
            ("data/../x", PathError::Escape),
            ("data/./x", PathError::Escape),
            ("data//x", PathError::Escape),
            ("data/x/", PathError::Escape),
            ("data\\x", PathError::Character),
            ("data/a b", PathError::Character),
            ("data/é", PathError::Character),
            ("C:/data/x", PathError::Character),
            ("data/x.", PathError::Character),
            ("data/nul", PathError::Reserved),
            ("data/Com1.txt", PathError::Reserved),
            ("data/LPT9/x", PathError::Reserved),
            (long.as_str(), PathError::Long),
        ];
        for (path, error) in rows {
            assert_eq!(EntryPath::new(path).err(), Some(error), "{path}");
        }
    }
}
