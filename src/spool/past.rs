//! What the journal says about a run besides its blocks, so that a killed run can go on.
//!
//! Value types only. Digests are keyed, texts have passed the gate, numbers and times say nothing about anybody: no
//! identifier and no list of them is ever on the disk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::EntryPath;
use crate::catalog::SourceKind;
use crate::pseudonym::NotedTrait;
use crate::record::Outcome;

/// What a run is: it goes on only as the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mark {
    /// Version of the program.
    pub tool: String,
    /// Keyed digest of the tenant's id.
    pub tenant: String,
    /// Id of the key.
    pub key_id: String,
    /// SHA-256 of the policy.
    pub policy_sha256: String,
    /// Keyed digest of the options that say where logs are.
    pub sources: String,
    /// Keyed digest of `--since` and `--until` as they were written.
    pub asked_window: String,
    /// First instant of the window.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// The instant behind its last.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
    /// When the run began.
    #[serde(with = "time::serde::rfc3339")]
    pub started: OffsetDateTime,
    /// Ids of the planned datasets, in the order of the plan.
    pub datasets: Vec<String>,
}

/// How a dataset ended that is whole. Other ends are not kept: a resumed run asks again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Account {
    /// Records delivered.
    pub records: u64,
    /// How many the service said there are.
    pub expected: Option<u64>,
    /// Records that the service sent twice.
    pub duplicates: u64,
    /// Pages.
    pub pages: u64,
    /// Repeated requests.
    pub retries: u64,
    /// Slices, all closed.
    pub slices: u32,
    /// The window that was served, seconds since 1970.
    pub window_s: Option<(i64, i64)>,
    /// Time of the earliest record.
    pub first: Option<String>,
    /// Time of the latest record.
    pub last: Option<String>,
    /// What is to be said about it, clean.
    pub reason: Option<String>,
    /// What would change it, clean.
    pub hint: Option<String>,
    /// What each place gave.
    pub parts: Vec<PartAccount>,
}

/// What one place gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PartAccount {
    /// The kind of place.
    pub kind: SourceKind,
    /// What was asked, clean.
    pub request: String,
    /// The hours, seconds since 1970.
    pub window_s: (i64, i64),
    /// How it ended.
    pub outcome: Outcome,
    /// Records that no place before it gave.
    pub records: u64,
}

/// What an earlier run has left besides its blocks.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// What it was.
    pub mark: Option<Mark>,
    /// Keyed digests of the dictionaries that its blocks were written with: one for each time it went on.
    pub frozen: Vec<String>,
    /// Keyed digest of the objects that a fan-out walks to.
    pub parents: BTreeMap<EntryPath, String>,
    /// The datasets that are whole.
    pub accounts: BTreeMap<EntryPath, Account>,
    /// What was wrong with values.
    pub traits: Vec<NotedTrait>,
}
