//! Support scenarios (`profiles.toml`) and licences (`licences.toml`).
//!
//! Membership of a dataset in a scenario stands in the dataset's row.

use serde::{Deserialize, Serialize};

/// The profile that asks for each row without write permission; no row names it.
pub(super) const EVERYTHING: &str = "everything";

/// A support scenario: what kind of case it is and what the administrator should bring along.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Kebab-case, as `--profile` takes it.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// One sentence: which cases it is for.
    pub about: String,
    /// Facts that no dataset holds and Support asks for first.
    pub have_at_hand: Vec<String>,
}

/// A licence that a service asks for.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// As rows spell it: `P1`, `WorkloadId`, …
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Service plan ids of `subscribedSkus`; any of them will do. Empty: only the service's answer tells.
    pub service_plans: Vec<String>,
    /// What a reader should know.
    pub note: Option<String>,
}
