//! Secrets in text: what has the form of a password, key or token is removed under every policy.
//!
//! Takes the rows of `secrets.toml`. One search for all keywords decides whether a text is looked at closer; only
//! then do the patterns run. The removal mark carries the rule and a keyed fingerprint, so that equal secrets can
//! be told to be equal and nothing else.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

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

/// `{ACCESS_TOKEN}`, `mem::Pass::<u8>::new()`: where a program takes a secret from, not one.
fn is_code(text: &str) -> bool {
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(is_name)
        || text.ends_with("()") && text.split_once("::").is_some_and(|(first, _)| !first.is_empty() && is_name(first))
}

/// Whether every group of digits is a multiple of the divisor.
fn groups_divide(text: &str, divisor: u32) -> bool {
    text.split('-').all(|group| group.parse::<u32>().is_ok_and(|group| group % divisor == 0))
}

/// The compiled rows.
pub(super) struct Secrets {
    /// All keywords in one automaton: 78 instructions a byte of a text log; a set of patterns took 266.
    keywords: AhoCorasick,
    /// The rule of each keyword.
    owners: Vec<usize>,
    rules: Vec<Rule>,
}

struct Rule {
    row: &'static SecretRule,
    /// Compiled when a keyword is seen: most runs see few, and compiling all takes a twelfth of a second.
    pattern: OnceLock<Regex>,
}

impl Rule {
    #[expect(clippy::expect_used, reason = "the patterns are compiled in, and the catalog's tests compile them")]
    fn pattern(&self) -> &Regex {
        self.pattern.get_or_init(|| Regex::new(&self.row.pattern).expect("secrets.toml"))
    }
}

impl Secrets {
    /// Compiles the rows.
    pub(super) fn new() -> Self {
        let rules: Vec<Rule> = secrets().iter().map(|row| Rule { row, pattern: OnceLock::new() }).collect();
        let words =
            || rules.iter().enumerate().flat_map(|(at, rule)| rule.row.keywords.iter().map(move |word| (at, word)));
        #[expect(clippy::expect_used, reason = "the keywords are compiled in, and any of the tests would fail")]
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(words().map(|(_, word)| word))
            .expect("secrets.toml");
        Self { keywords, owners: words().map(|(at, _)| at).collect(), rules }
    }

    /// The rules that may have something to find, in their order.
    fn likely(&self, text: &str, digits: usize) -> BTreeSet<usize> {
        let found = self.keywords.find_overlapping_iter(text).map(|found| found.pattern().as_usize());
        let mut likely: BTreeSet<usize> = found.filter_map(|keyword| self.owners.get(keyword).copied()).collect();
        if digits >= DIGITS_MIN {
            likely.extend((0..self.rules.len()).filter(|at| self.rules[*at].row.keywords.is_empty()));
        }
        likely
    }

    /// Claims every secret. `digits` is how many digits the text has.
    pub(super) fn find(&self, gate: &Gate, text: &str, digits: usize, claims: &mut Claims) {
        if text.len() < TEXT_BYTES_MIN {
            return;
        }
        for rule in self.likely(text, digits) {
            let Some(rule) = self.rules.get(rule) else { continue };
            let row = rule.row;
            for found in rule.pattern().captures_iter(text) {
                let Some(secret) = found.name("secret").or_else(|| found.get(0)) else { continue };
                let may_be_one = row.groups_divisible_by.is_none_or(|divisor| groups_divide(secret.as_str(), divisor));
                if !may_be_one || is_code(secret.as_str()) {
                    continue;
                }
                if claims.is_free(secret.start(), secret.end()) && !secret.as_str().starts_with("[REMOVED:") {
                    claims.replace(secret.start(), secret.end(), gate.removal_mark(&row.id, secret.as_str()));
                }
            }
        }
    }
}
