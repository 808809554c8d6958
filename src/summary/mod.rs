//! The audit questions that every administrator asks, answered from the bundle's own lines, and what is wrong on premises
//! ([`onprem`]): `data/summary.json`.
//!
//! Takes clean lines of the audit logs one by one, gives counts and short lists under the pseudonyms that stand in the
//! lines. Memory is bounded whatever the log's size: counters, marks of targets, lists with an end. Never sees a raw
//! record, so the same counts come out with and without pseudonyms. Entries of Exchange Online's write-back are marked
//! as informational and counted apart. Source: entra-docs concept-audit-logs.

mod answer;
mod audit;
mod names;
pub mod onprem;

use std::collections::BTreeMap;

use serde::Serialize;

use self::answer::Answer;
use self::audit::Audit;
use crate::catalog::{Question, informational, questions};
use crate::pseudonym::CleanBatch;

/// The payload file.
pub const PATH: &str = "data/summary.json";

/// The payload files that are read, and the datasets they are.
pub fn sources() -> impl Iterator<Item = (&'static str, String)> {
    let mut ids: Vec<&str> = questions().iter().flat_map(|row| &row.datasets).map(String::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| (id, format!("data/logs/{id}.jsonl")))
}

/// Which form the file has; additive changes are minor versions (`packaging/summary.schema.json`).
#[derive(Serialize)]
struct Format {
    name: &'static str,
    major: u32,
    minor: u32,
}

/// What was read of a dataset.
#[derive(Default, Serialize)]
struct Read {
    records: u64,
    #[serde(skip_serializing_if = "is_zero")]
    unreadable: u64,
}

/// Entries that ask for no action.
#[derive(Serialize)]
struct Informational {
    initiators: &'static [String],
    entries: u64,
}

/// A question whose log is not in the bundle.
#[derive(Serialize)]
struct Unanswered {
    id: &'static str,
    text: &'static str,
    datasets: &'static [String],
}

/// The answers so far.
#[derive(Serialize)]
pub struct Summary {
    format: Format,
    datasets: BTreeMap<&'static str, Read>,
    informational: Informational,
    questions: Vec<Answer>,
    unanswered: Vec<Unanswered>,
    #[serde(skip_serializing_if = "Option::is_none")]
    onprem: Option<onprem::Findings>,
}

impl Summary {
    /// Nothing read yet. `datasets`: the logs that are in the bundle.
    pub fn new(datasets: &[&'static str]) -> Self {
        let here = |row: &Question| row.datasets.iter().any(|id| datasets.contains(&id.as_str()));
        let (asked, absent): (Vec<_>, Vec<_>) = questions().iter().partition(|row| here(row));
        Self {
            format: Format { name: "entra-bundle-summary", major: 1, minor: 1 },
            datasets: datasets.iter().map(|&id| (id, Read::default())).collect(),
            informational: Informational { initiators: informational(), entries: 0 },
            questions: asked.into_iter().map(Answer::new).collect(),
            unanswered: absent
                .into_iter()
                .map(|row| Unanswered { id: &row.id, text: &row.text, datasets: &row.datasets })
                .collect(),
            onprem: None,
        }
    }

    /// The same with what was found in on-premises records.
    #[must_use]
    pub fn with(self, findings: Option<onprem::Findings>) -> Self {
        Self { onprem: findings, ..self }
    }

    /// Takes whole clean lines of a dataset.
    pub fn take(&mut self, dataset: &'static str, bytes: &[u8]) {
        for line in lines(bytes) {
            self.take_line(dataset, line);
        }
    }

    fn take_line(&mut self, dataset: &'static str, line: &[u8]) {
        let read = self.datasets.entry(dataset).or_default();
        read.records += 1;
        let Ok(audit) = serde_json::from_slice::<Audit>(line) else {
            read.unreadable += 1;
            return;
        };
        let is_informational = audit.is_by(informational());
        self.informational.entries += u64::from(is_informational);
        for answer in &mut self.questions {
            answer.take(dataset, &audit, is_informational);
        }
    }

    /// The file's one line.
    ///
    /// # Errors
    /// When JSON cannot be written, which no value of these types causes.
    pub fn line(&self) -> Result<CleanBatch, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(CleanBatch::assembled(line))
    }
}

/// The lines that hold something.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests;
