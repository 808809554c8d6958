//! One row of `findings.toml` at work.
//!
//! Learns from other records first where the row says so, takes records, and ends with [`Hits`].

use std::collections::BTreeMap;

use super::hits::{Hits, cut, members};
use super::ids::{Marks, canonical, first_of, hash};
use super::member::Found;
use super::times::{Stretch, Times};
use super::{ids, instant};
use crate::catalog::{Finding, Test};

const DAY_S: i64 = 86_400;

/// A row, what it knows and what it found.
pub(super) struct Look {
    pub(super) row: &'static Finding,
    pub(super) hits: Hits,
    marks: Marks,
    times: Times,
}

impl Look {
    pub(super) fn new(row: &'static Finding) -> Self {
        Self { row, hits: Hits::default(), marks: Marks::default(), times: Times::default() }
    }

    /// Whether records of this dataset must be known before others are taken.
    pub(super) fn learns(&self, dataset: &str) -> bool {
        match &self.row.test {
            Test::Absent { among, .. } => among.iter().any(|place| place.dataset == dataset),
            Test::Breaks { .. } => dataset == super::TRAITS,
            _ => false,
        }
    }

    /// Takes what must be known first.
    pub(super) fn learn(&mut self, found: Found<'_>) {
        match &self.row.test {
            Test::Absent { among, .. } => {
                for place in among.iter().filter(|place| place.dataset == found.dataset) {
                    if let Some(id) = first_of(found, &place.keys) {
                        self.marks.add(&id, 0);
                    }
                }
            }
            Test::Breaks { rules, .. } => {
                let broken = found.texts("violations");
                let first = rules.iter().position(|rule| broken.iter().any(|one| one == rule));
                if let (Some(rule), Some(value)) = (first, found.text("value")) {
                    self.marks.add(&canonical(&value), rule as u64);
                }
            }
            _ => {}
        }
    }

    /// Takes a record. `reference`: the instant of the run, seconds.
    pub(super) fn take(&mut self, found: Found<'_>, reference: i64) {
        let row = self.row;
        if !row.datasets.iter().any(|id| id == found.dataset) || !found.meets(&row.when) {
            return;
        }
        let at = |key: &str| found.text(key).and_then(|text| instant::seconds(&text));
        match &row.test {
            Test::Holds => self.hit(&self.group(found), found),
            Test::Silence { .. } | Test::Burst { .. } => {
                if let Some(seconds) = at("time") {
                    let computer = found.text("computer").unwrap_or_default();
                    self.times.add(&computer, &self.group(found), seconds);
                }
            }
            Test::EndsWithin { key, days } => {
                let limit = reference.saturating_add(i64::try_from(*days).unwrap_or(i64::MAX).saturating_mul(DAY_S));
                if at(key).is_some_and(|end| end < limit) {
                    self.hit(&self.group(found), found);
                }
            }
            Test::OlderThan { key, seconds } => {
                let limit = reference.saturating_sub(i64::try_from(*seconds).unwrap_or(i64::MAX));
                if at(key).is_some_and(|last| last < limit) {
                    self.hit(&self.group(found), found);
                }
            }
            Test::Shared { keys } => self.take_shared(found, keys),
            Test::Differs { keys: (one, other) } => {
                let id = |key: &str| found.text(key).map(|text| canonical(&text));
                if let (Some(one), Some(other)) = (id(one), id(other))
                    && one != other
                {
                    self.hit("", found);
                }
            }
            Test::Absent { keys, .. } => {
                // Where nothing is known, or not everything, nothing can be missing.
                let is_known = !self.marks.is_empty() && !self.marks.is_cut;
                if is_known && first_of(found, keys).is_some_and(|id| self.marks.get(&id).is_none()) {
                    self.hit("", found);
                }
            }
            Test::Breaks { keys, rules } => self.take_broken(found, keys, rules),
        }
    }

    fn take_shared(&mut self, found: Found<'_>, keys: &'static [String]) {
        let object = ["objectGUID", "dn"].iter().find_map(|key| found.text(key));
        let Some(object) = object.map(|id| hash(&ids::canonical(&id))) else { return };
        let mut seen = Vec::new();
        for key in keys {
            for value in found.texts(key).iter().filter(|value| !value.is_empty()) {
                let id = canonical(value);
                // One object may hold a value in several members.
                if !seen.contains(&id) && self.marks.add(&id, object) != object {
                    self.hits.add(key, || {
                        let mut members = members(found, &self.row.shows);
                        members.insert(key.clone(), cut(value));
                        members
                    });
                }
                seen.push(id);
            }
        }
    }

    fn take_broken(&mut self, found: Found<'_>, keys: &'static [String], rules: &'static [String]) {
        for key in keys {
            for value in found.texts(key) {
                let Some(rule) = self.marks.get(&canonical(&value)).and_then(|at| rules.get(at as usize)) else {
                    continue;
                };
                self.hits.add(&format!("{key}: {rule}"), || {
                    let mut members = members(found, &self.row.shows);
                    members.insert(key.clone(), cut(&value));
                    members
                });
            }
        }
    }

    fn hit(&mut self, group: &str, found: Found<'_>) {
        self.hits.add(group, || members(found, &self.row.shows));
    }

    /// What tells a record from others of the row.
    fn group(&self, found: Found<'_>) -> String {
        if let Some((open, close)) = &self.row.between {
            let texts = found.texts("*");
            let inner = texts.iter().find_map(|text| text.split_once(open.as_str())?.1.split_once(close.as_str()));
            return inner.map(|(inner, _)| inner.trim().to_owned()).unwrap_or_default();
        }
        let texts: Vec<_> = self.row.by.iter().filter_map(|key| found.text(key)).collect();
        texts.join(": ")
    }

    /// Looks at the times that were kept. `newest`: the last event of each computer.
    pub(super) fn end(&mut self, newest: &BTreeMap<String, i64>) {
        let hits = &mut self.hits;
        let mut give = |stretch: Stretch<'_>| {
            let mut members = BTreeMap::from([
                ("from".to_owned(), instant::text(stretch.from)),
                ("to".to_owned(), instant::text(stretch.to)),
                ("computer".to_owned(), stretch.computer.to_owned()),
            ]);
            if stretch.events > 0 {
                members.insert("events".to_owned(), stretch.events.to_string());
            }
            hits.add(stretch.group, || members);
        };
        match &self.row.test {
            Test::Silence { longer_s } => self.times.silences(*longer_s, newest, &mut give),
            Test::Burst { least, within_s } => self.times.bursts(*least, *within_s, &mut give),
            _ => {}
        }
    }
}
