//! Secrets in text: what has the form of a password, key or token is removed under every policy.
//!
//! Takes the rows of `secrets.toml`. One search for all keywords decides whether a text is looked at closer; only
//! then do the patterns run. The removal mark carries the rule and a keyed fingerprint, so that equal secrets can
//! be told to be equal and nothing else.

use regex::{Regex, RegexSet};

use super::gate::Gate;
use super::scan::Claims;
use crate::catalog::{SecretRule, secrets};

/// No secret is shorter with its keyword, bytes.
const TEXT_BYTES_MIN: usize = 12;
/// Digits that a text needs for the patterns without a keyword (48 of a BitLocker key).
const DIGITS_MIN: usize = 48;

/// Whether a value has the form of key material: base64 of 32 or 64 bytes, or 16 bytes or more in hexadecimal. GUIDs
/// with dashes have not.
pub(super) fn is_key_material(value: &str) -> bool {
    let value = value.trim();
    let base64 = |bytes: &str| bytes.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte));
    match value.strip_suffix("==").or_else(|| value.strip_suffix('=')) {
        Some(rest) => rest.len() >= 43 && base64(rest),
        None => {
            value.len() >= 32 && value.len().is_multiple_of(2) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
    }
}

/// Whether every group of digits is a multiple of the divisor.
fn groups_divide(text: &str, divisor: u32) -> bool {
    text.split('-').all(|group| group.parse::<u32>().is_ok_and(|group| group % divisor == 0))
}

/// The compiled rows.
pub(super) struct Secrets {
    keywords: Regex,
    /// For each rule whether one of its keywords occurs: all the patterns in one set are too many states to be fast.
    each: RegexSet,
    rules: Vec<(&'static SecretRule, Regex)>,
}

impl Secrets {
    /// Compiles the rows.
    pub(super) fn new() -> Self {
        let any = |words: &[String]| {
            let words: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
            format!("(?i-u:{})", words.join("|"))
        };
        let words: Vec<String> = secrets().iter().flat_map(|row| row.keywords.clone()).collect();
        #[expect(clippy::expect_used, reason = "the patterns are compiled in, and the catalog's tests compile them")]
        let compile = |pattern: &str| Regex::new(pattern).expect("secrets.toml");
        #[expect(clippy::expect_used, reason = "the patterns are compiled in, and the catalog's tests compile them")]
        let each = RegexSet::new(secrets().iter().map(|row| any(&row.keywords))).expect("secrets.toml");
        Self {
            keywords: compile(&any(&words)),
            each,
            rules: secrets().iter().map(|row| (row, compile(&row.pattern))).collect(),
        }
    }

    /// Claims every secret. `digits` is how many digits the text has.
    pub(super) fn find(&self, gate: &Gate, text: &str, digits: usize, claims: &mut Claims) {
        if text.len() < TEXT_BYTES_MIN || digits < DIGITS_MIN && !self.keywords.is_match(text) {
            return;
        }
        for number in self.each.matches(text) {
            let Some((row, pattern)) = self.rules.get(number) else { continue };
            if row.keywords.is_empty() && digits < DIGITS_MIN {
                continue;
            }
            for found in pattern.captures_iter(text) {
                let Some(secret) = found.name("secret").or_else(|| found.get(0)) else { continue };
                if !row.groups_divisible_by.is_none_or(|divisor| groups_divide(secret.as_str(), divisor)) {
                    continue;
                }
                if claims.is_free(secret.start(), secret.end()) && !secret.as_str().starts_with("[REMOVED:") {
                    claims.replace(secret.start(), secret.end(), gate.removal_mark(&row.id, secret.as_str()));
                }
            }
        }
    }
}
