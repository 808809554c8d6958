//! Small checked texts that may stand in a bundle without passing the gate, because their alphabet has no room for
//! a name: machine words, hexadecimal sums, the top folder.

use crate::limits::TOP_FOLDER_CHARS_MAX;
use std::borrow::Cow;

/// A machine word such as a key id or a dataset id: 1 to 64 of `[A-Za-z0-9._:+/-]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Word(Cow<'static, str>);

/// A text that is no [`Word`], [`Hex`] or [`TopFolder`]. The message does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a plain word")]
pub struct NotPlain;

impl Word {
    /// A word of the program's own: trusted as it stands.
    pub const fn of(word: &'static str) -> Self {
        Self(Cow::Borrowed(word))
    }

    /// Checks a word.
    ///
    /// # Errors
    /// `NotPlain`.
    pub fn new(word: &str) -> Result<Self, NotPlain> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:+/-".contains(&byte);
        if (1..=64).contains(&word.len()) && word.bytes().all(plain) {
            Ok(Self(Cow::Owned(word.to_owned())))
        } else {
            Err(NotPlain)
        }
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Word {
    type Error = NotPlain;

    fn try_from(word: String) -> Result<Self, NotPlain> {
        Self::new(&word)
    }
}

impl From<Word> for String {
    fn from(word: Word) -> Self {
        word.0.into_owned()
    }
}

/// A SHA-256 in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex(String);

impl Hex {
    /// Writes a sum.
    pub fn from_sum(sum: impl AsRef<[u8]>) -> Self {
        Self(sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Hex {
    type Error = NotPlain;

    fn try_from(text: String) -> Result<Self, NotPlain> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().all(digit) { Ok(Self(text)) } else { Err(NotPlain) }
    }
}

impl From<Hex> for String {
    fn from(sum: Hex) -> Self {
        sum.0
    }
}

/// The name of the one top folder: 1 to 64 characters that every system can unpack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopFolder(String);

impl TopFolder {
    /// Checks a name.
    ///
    /// # Errors
    /// `NotPlain`.
    pub fn new(name: &str) -> Result<Self, NotPlain> {
        let one = !name.contains('/') && name.len() <= TOP_FOLDER_CHARS_MAX;
        if one && crate::spool::check_path(name).is_ok() { Ok(Self(name.to_owned())) } else { Err(NotPlain) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_texts_pass() {
        assert_eq!(Word::new("k1:3f9a-B_c/d+e.f").map(String::from), Ok("k1:3f9a-B_c/d+e.f".to_owned()));
        for bad in ["", "a b", "a@b", "ä", &"x".repeat(65)] {
            assert_eq!(Word::new(bad), Err(NotPlain));
        }
        let sum = Hex::from_sum([0xab; 32]);
        assert_eq!(Hex::try_from(sum.as_str().to_owned()), Ok(sum));
        for bad in ["", "ab", &"AB".repeat(32), &"xy".repeat(32)] {
            assert_eq!(Hex::try_from(bad.to_owned()), Err(NotPlain));
        }
        assert!(TopFolder::new("entra-bundle-2401-20250101T000000Z").is_ok());
        for bad in ["", "..", "a/b", "con", &"x".repeat(65)] {
            assert_eq!(TopFolder::new(bad), Err(NotPlain));
        }
    }
}
