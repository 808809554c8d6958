//! Rows of `identifiers.toml`: what each kind of identifier is, what the policies do with it, examples.

use std::sync::OnceLock;

use serde::Deserialize;

use super::Kind;

/// One kind of identifier.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// The kind.
    pub kind: Kind,
    /// Name for people.
    pub title: String,
    /// What it is and whom it identifies, one sentence.
    pub what: String,
    /// What its pseudonym still shows, beside equality.
    pub stays: String,
    /// Policy `standard`.
    pub standard: Treatment,
    /// Policy `strict`.
    pub strict: Treatment,
    /// What a value must look like so that a policy may keep it unread; anything else is scanned.
    pub shape: Shape,
    /// Synthetic values of this kind.
    pub examples: Vec<String>,
    /// Values that are not of this kind: the map refuses them, or they lack the shape.
    pub counterexamples: Vec<String>,
    /// Where the form is documented.
    pub source: String,
}

/// What a policy does with a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Treatment {
    /// Replaced by its pseudonym.
    Map,
    /// Kept if it has the kind's shape, else scanned.
    Keep,
}

/// A form that can be told without a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// No form of its own: a kept value is scanned.
    None,
    /// A dashed GUID, braces allowed.
    Guid,
    /// 16 or more hexadecimal digits.
    Hex,
    /// A decimal number.
    Number,
    /// An address with `@`.
    Mail,
    /// Dot-separated labels.
    Dns,
    /// IPv4 or IPv6.
    Ip,
    /// `address/prefix`.
    IpRange,
    /// `S-1-…`.
    Sid,
    /// base64 of 16 bytes.
    Base64Guid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Words that stand in identifier fields and identify nobody: `All`, `None`.
    words: Vec<String>,
    identifier: Vec<Identifier>,
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    FILE.get_or_init(|| toml::from_str(include_str!("identifiers.toml")).expect("identifiers.toml"))
}

/// All kinds, in the order of [`Kind::ALL`].
pub fn identifiers() -> &'static [Identifier] {
    &file().identifier
}

/// Words that stand in identifier fields and identify nobody.
pub fn identifier_words() -> &'static [String] {
    &file().words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_row_for_every_kind_in_its_place() {
        let kinds: Vec<Kind> = identifiers().iter().map(|row| row.kind).collect();
        assert_eq!(kinds, Kind::ALL);
    }

    #[test]
    fn every_row_has_examples_and_strict_keeps_nothing() {
        for row in identifiers() {
            assert!(!row.examples.is_empty() && !row.counterexamples.is_empty(), "{}", row.kind.name());
            assert_eq!(row.strict, Treatment::Map, "{}", row.kind.name());
            assert!(row.what.ends_with('.') && row.stays.len() > 7 && row.source.len() > 7, "{}", row.kind.name());
        }
    }
}
