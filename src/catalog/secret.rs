//! Rows of `secrets.toml`: forms of passwords, keys and tokens that never leave, under any policy.

use std::sync::OnceLock;

use serde::Deserialize;

/// One form of a secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRule {
    /// Kebab-case; stands in the removal mark.
    pub id: String,
    /// Regular expression (regex crate). The group `secret` is removed, or the whole match without one.
    pub pattern: String,
    /// Every group of digits between dashes is a multiple of this.
    pub groups_divisible_by: Option<u32>,
    /// Lower-case texts of which one stands in every match: the pattern runs only where one is found.
    /// Empty for forms of digits only: those run where a text has 48 digits or more.
    pub keywords: Vec<String>,
    /// Texts with such a secret (made up).
    pub matches: Vec<String>,
    /// Texts without one.
    pub rejects: Vec<String>,
    /// Where the form is documented.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    secret: Vec<SecretRule>,
}

/// All rows, in file order.
pub fn secrets() -> &'static [SecretRule] {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    &FILE.get_or_init(|| toml::from_str(include_str!("secrets.toml")).expect("secrets.toml")).secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_decided_as_its_row_says() {
        let mut seen = std::collections::BTreeSet::new();
        for row in secrets() {
            assert!(seen.insert(&row.id), "{} twice", row.id);
            assert!(!row.matches.is_empty() && !row.rejects.is_empty() && row.source.len() > 7, "{}", row.id);
            let pattern = regex::Regex::new(&row.pattern).unwrap_or_else(|error| panic!("{}: {error}", row.id));
            for text in &row.matches {
                let lower = text.to_ascii_lowercase();
                assert!(pattern.is_match(text), "{}: should match an example", row.id);
                let found = row.keywords.is_empty() || row.keywords.iter().any(|word| lower.contains(word.as_str()));
                assert!(found, "{}: keyword", row.id);
            }
            for text in &row.rejects {
                // A counterexample of the arithmetic fits the pattern; the gate's tests have it.
                let by_form = row.groups_divisible_by.is_none() && pattern.is_match(text);
                assert!(!by_form, "{}: should not match a counterexample", row.id);
            }
        }
        assert!(seen.len() >= 30);
    }
}
