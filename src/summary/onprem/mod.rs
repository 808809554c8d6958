//! What an engineer checks first in on-premises records: member `onprem` of `data/summary.json`.
//!
//! Takes clean lines twice: first [`Onprem::learn`] of what others are compared with, then [`Onprem::take`] of everything.
//! Gives findings, how things stand, what was checked without a finding and what could not be checked. What is looked for
//! stands in `catalog/findings.toml`; nothing here knows a dataset by name but the events' own. Memory is bounded: hashes
//! with an end, lists with an end. Never sees a raw record, so raw and clean records lead to the same findings.

mod hits;
mod ids;
mod instant;
mod look;
mod member;
mod times;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use self::hits::Hits;
use self::look::Look;
use self::member::Found;
use super::{Read, lines};
use crate::catalog::{Catalog, Finding, Group, Severity, Test, findings};
use crate::limits::FINDING_GROUPS_MAX;

/// Which rules values break; not a dataset of the catalogue.
pub const TRAITS: &str = "traits";

/// A source of findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The dataset.
    pub dataset: &'static str,
    /// The payload file.
    pub path: String,
    /// Others are compared with it: it is read first, and again.
    pub is_learnt: bool,
}

/// The payload files that findings are made of. None of them matters unless one lies in `data/onprem`.
pub fn sources() -> Vec<Source> {
    let Ok(catalog) = Catalog::embedded() else { return Vec::new() };
    let mut ids: BTreeMap<&'static str, bool> = BTreeMap::new();
    for row in findings() {
        for id in &row.datasets {
            ids.entry(id).or_default();
        }
        if let Test::Absent { among, .. } = &row.test {
            among.iter().for_each(|place| *ids.entry(&place.dataset).or_default() = true);
        }
    }
    let of_row = |(id, is_learnt): (&'static str, bool)| {
        let row = catalog.dataset(id)?;
        Some(Source { dataset: id, path: format!("data/{}/{id}.jsonl", row.group.as_str()), is_learnt })
    };
    let traits = Source { dataset: TRAITS, path: "data/traits.jsonl".to_owned(), is_learnt: true };
    std::iter::once(traits).chain(ids.into_iter().filter_map(of_row)).collect()
}

/// Whether a dataset is on-premises data.
pub fn is_onprem(dataset: &str) -> bool {
    Catalog::embedded().is_ok_and(|catalog| catalog.dataset(dataset).is_some_and(|row| row.group == Group::Onprem))
}

/// The findings so far.
pub struct Onprem {
    reference_s: i64,
    read: BTreeMap<&'static str, Read>,
    looks: Vec<Look>,
    unchecked: Vec<&'static Finding>,
    /// Datasets that are not whole.
    cut: Vec<&'static str>,
    /// The last event of each computer.
    newest: BTreeMap<String, i64>,
}

impl Onprem {
    /// Nothing read yet. `datasets`: those that are in the bundle; `reference`: the instant of the run.
    pub fn new(datasets: &BTreeSet<&'static str>, reference: OffsetDateTime) -> Self {
        let is_here = |id: &String| datasets.contains(id.as_str());
        let (asked, unchecked): (Vec<_>, Vec<_>) =
            findings().iter().partition(|row| row.datasets.iter().any(is_here) && row.needs.iter().all(is_here));
        Self {
            reference_s: reference.unix_timestamp(),
            read: BTreeMap::new(),
            looks: asked.into_iter().map(Look::new).collect(),
            unchecked,
            cut: Vec::new(),
            newest: BTreeMap::new(),
        }
    }

    /// Some datasets are not whole (`cut`): what is not in them is not missing, so nothing is compared with them.
    #[must_use]
    pub fn without(mut self, cut: &BTreeSet<&'static str>) -> Self {
        let compares = |look: &Look| match &look.row.test {
            Test::Absent { among, .. } => among.iter().any(|place| cut.contains(place.dataset.as_str())),
            _ => false,
        };
        let (left, kept): (Vec<_>, Vec<_>) = self.looks.into_iter().partition(compares);
        self.unchecked.extend(left.iter().map(|look| look.row));
        Self { looks: kept, cut: cut.iter().copied().collect(), ..self }
    }

    /// Learns from whole clean lines what others are compared with.
    pub fn learn(&mut self, dataset: &'static str, bytes: &[u8]) {
        for record in lines(bytes).filter_map(|line| serde_json::from_slice::<Value>(line).ok()) {
            let found = Found { dataset, record: &record };
            self.looks.iter_mut().filter(|look| look.learns(dataset)).for_each(|look| look.learn(found));
        }
    }

    /// Takes whole clean lines of a dataset.
    pub fn take(&mut self, dataset: &'static str, bytes: &[u8]) {
        for line in lines(bytes) {
            let read = self.read.entry(dataset).or_default();
            read.records += 1;
            let Ok(record) = serde_json::from_slice::<Value>(line) else {
                read.unreadable += 1;
                continue;
            };
            let found = Found { dataset, record: &record };
            if let (Some(computer), Some(at)) = (found.text("computer"), found.text("time"))
                && let Some(at) = instant::seconds(&at)
                && (self.newest.len() < FINDING_GROUPS_MAX || self.newest.contains_key(&*computer))
            {
                let newest = self.newest.entry(computer.into_owned()).or_insert(at);
                *newest = at.max(*newest);
            }
            self.looks.iter_mut().for_each(|look| look.take(found, self.reference_s));
        }
    }

    /// What came of it.
    pub fn end(mut self) -> Findings {
        self.looks.iter_mut().for_each(|look| look.end(&self.newest));
        let mut found = Findings {
            datasets: self.read,
            findings: Vec::new(),
            states: Vec::new(),
            checked: Vec::new(),
            unchecked: Vec::new(),
        };
        for Look { row, hits, .. } in self.looks {
            match row.severity {
                _ if hits.count == 0 => found.checked.push(&row.id),
                Severity::State => found.states.push(Told::new(row, hits)),
                _ => found.findings.push(Told::new(row, hits)),
            }
        }
        let cut = self.cut;
        let missing = |row: &'static Finding| {
            let named = |id: &&str| row.needs.iter().any(|one| one == id);
            let incomplete = cut.iter().copied().filter(named).collect();
            Unchecked { id: &row.id, datasets: &row.datasets, needs: &row.needs, incomplete }
        };
        found.unchecked = self.unchecked.into_iter().map(missing).collect();
        found
    }
}

/// A finding as it is told.
#[derive(Serialize)]
struct Told {
    id: &'static str,
    severity: Severity,
    text: &'static str,
    next: &'static str,
    source: &'static str,
    #[serde(flatten)]
    hits: Hits,
}

impl Told {
    fn new(row: &'static Finding, hits: Hits) -> Self {
        Self { id: &row.id, severity: row.severity, text: &row.text, next: &row.next, source: &row.source, hits }
    }
}

/// What could not be looked for.
#[derive(Serialize)]
struct Unchecked {
    id: &'static str,
    datasets: &'static [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    needs: &'static [String],
    /// Of these, what is in the bundle but not whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    incomplete: Vec<&'static str>,
}

/// Member `onprem` of the summary.
#[derive(Serialize)]
pub struct Findings {
    datasets: BTreeMap<&'static str, Read>,
    findings: Vec<Told>,
    states: Vec<Told>,
    checked: Vec<&'static str>,
    unchecked: Vec<Unchecked>,
}

#[cfg(test)]
mod tests;
