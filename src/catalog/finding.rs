//! Rows of `findings.toml`: what an engineer looks for first in on-premises records, and what it means.
//!
//! A row names datasets, conditions on a record and one test; whoever reads the records counts and lists by it. Thresholds
//! and texts stand in the rows, each with its source.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// One thing to look for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its name in `data/summary.json`: kebab-case, forever.
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, one sentence.
    pub text: String,
    /// What to do next, one sentence.
    pub next: String,
    /// Datasets whose records are tested; it is tested when one of them is there.
    pub datasets: Vec<String>,
    /// Datasets that must be there too.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Which records: any of these lists, each of which must hold as a whole; empty: all.
    #[serde(default)]
    pub when: Vec<Vec<Condition>>,
    /// What is tested on them.
    #[serde(default)]
    pub test: Test,
    /// Members whose values tell the hits apart; with several, joined.
    #[serde(default)]
    pub by: Vec<String>,
    /// What stands between these two texts tells them apart instead.
    pub between: Option<(String, String)>,
    /// Members that are listed of a hit.
    #[serde(default)]
    pub shows: Vec<String>,
    /// Where the facts of this row come from.
    pub source: String,
    /// Date of that source, `YYYY-MM`.
    pub source_date: String,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something will not work, or works for some only.
    Warning,
    /// No fault; it explains others.
    Note,
    /// How things stand: told apart from findings.
    State,
}

/// A condition on a record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The member; `.` goes inwards, `@dataset` is the dataset, `*` any text of the record.
    pub key: String,
    /// One of these texts, without regard to case; `*` and `?` as in globs.
    #[serde(default)]
    pub is: Vec<String>,
    /// None of these.
    #[serde(default)]
    pub is_not: Vec<String>,
    /// A number whose absolute value is greater.
    pub above: Option<f64>,
    /// A number without any of these bits.
    pub lacks_bits: Option<u64>,
}

/// What is tested on records that meet the conditions.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Test {
    /// Nothing more: each of them is a hit.
    #[default]
    Holds,
    /// No event for longer than this, seconds, between two of a group or before the newest event of the same computer.
    Silence {
        /// Seconds.
        longer_s: u64,
    },
    /// At least so many events of a group within a time.
    Burst {
        /// How many.
        least: usize,
        /// Seconds.
        within_s: u64,
    },
    /// An instant in this member less than so many days after the run, or before it.
    EndsWithin {
        /// The member.
        key: String,
        /// Days.
        days: u64,
    },
    /// An instant in this member more than this, seconds, before the run.
    OlderThan {
        /// The member.
        key: String,
        /// Seconds.
        seconds: u64,
    },
    /// A value of these members that another object has too.
    Shared {
        /// The members.
        keys: Vec<String>,
    },
    /// Two ids that are not the same, in whatever spelling.
    Differs {
        /// Both members.
        keys: (String, String),
    },
    /// The id in the first of these members that is there is none of the ids of other records.
    Absent {
        /// The members.
        keys: Vec<String>,
        /// Where it should be.
        among: Vec<Place>,
    },
    /// A value of these members that breaks a rule (`data/traits.jsonl`).
    Breaks {
        /// The members.
        keys: Vec<String>,
        /// Names of the rules.
        rules: Vec<String>,
    },
}

/// Where an id stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The dataset.
    pub dataset: String,
    /// The members; the first that is there counts.
    pub keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    finding: Vec<Finding>,
}

/// All rows, in the order of the report.
pub fn findings() -> &'static [Finding] {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    let file = FILE.get_or_init(|| toml::from_str(include_str!("findings.toml")).expect("findings.toml"));
    &file.finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn every_row_has_a_name_of_its_own_is_cited_and_looks_at_what_exists() {
        let catalog = Catalog::embedded().unwrap();
        let mut ids: Vec<_> = findings().iter().map(|row| row.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), findings().len());
        for row in findings() {
            let words = row.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            assert!(words && row.text.ends_with('.') && row.next.ends_with('.'), "{}", row.id);
            assert!(row.source.starts_with("https://") && row.source_date.len() >= 7, "{}", row.id);
            let mut named: Vec<&str> = row.datasets.iter().chain(&row.needs).map(String::as_str).collect();
            if let Test::Absent { among, .. } = &row.test {
                named.extend(among.iter().map(|place| place.dataset.as_str()));
            }
            assert!(!row.datasets.is_empty() && named.iter().all(|id| catalog.dataset(id).is_some()), "{}", row.id);
            for condition in row.when.iter().flatten() {
                let says = !condition.is.is_empty() || !condition.is_not.is_empty();
                assert!(says || condition.above.is_some() || condition.lacks_bits.is_some(), "{}", row.id);
            }
            let is_plain = matches!(row.test, Test::Holds);
            assert!(!is_plain || !row.when.is_empty(), "{} would find every record", row.id);
        }
    }
}
