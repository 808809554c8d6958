//! The answer to one question.
//!
//! Takes audits, counts those that the question's row is about: what came about, what failed, what asks for no action.

use serde::Serialize;

use super::audit::{Audit, Target};
use super::is_zero;
use super::names::{Named, Names, Targets};
use crate::catalog::{Listed, Question};
use crate::limits::ANSWER_LIST_MAX;

/// A value that changed.
#[derive(Serialize)]
struct Change {
    #[serde(flatten)]
    target: Named,
    old: String,
    new: String,
}

/// The answer to a question.
#[derive(Serialize)]
pub(super) struct Answer {
    id: &'static str,
    text: &'static str,
    datasets: &'static [String],
    /// Entries that came about, but for the informational ones.
    entries: u64,
    /// Entries that say that nothing came about.
    failed: u64,
    /// Entries that came about and ask for no action.
    informational: u64,
    activities: Names,
    targets: Targets,
    #[serde(skip_serializing_if = "Names::is_empty")]
    properties: Names,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
    #[serde(skip_serializing_if = "is_zero")]
    more_changes: u64,
    #[serde(skip)]
    question: &'static Question,
}

impl Answer {
    pub(super) fn new(question: &'static Question) -> Self {
        Self {
            id: &question.id,
            text: &question.text,
            datasets: &question.datasets,
            entries: 0,
            failed: 0,
            informational: 0,
            activities: Names::default(),
            targets: Targets::default(),
            properties: Names::default(),
            changes: Vec::new(),
            more_changes: 0,
            question,
        }
    }

    /// Takes an audit, if the question is about it.
    pub(super) fn take(&mut self, dataset: &str, audit: &Audit, is_informational: bool) {
        let question = self.question;
        let activity = audit.activity_display_name.as_deref().unwrap_or_default();
        if !question.asks_about(dataset, activity, audit.category.as_deref().unwrap_or_default()) {
            return;
        }
        let counted = |target: &&Target| question.counts(target.kind.as_deref().unwrap_or_default());
        let targets: Vec<&Target> = audit.targets().iter().filter(counted).collect();
        if targets.is_empty() && question.target.is_some() {
            return;
        }
        let changes: Vec<_> = match &question.property {
            None => Vec::new(),
            Some(property) => targets.iter().flat_map(|target| changes(target, property)).collect(),
        };
        if question.property.is_some() && changes.is_empty() {
            return;
        }
        match (audit.has_failed(), is_informational) {
            (true, _) => self.failed += 1,
            (false, true) => self.informational += 1,
            (false, false) => self.count(activity, &targets, changes),
        }
    }

    fn count(&mut self, activity: &str, targets: &[&Target], changes: Vec<Change>) {
        let lists = |what| self.question.lists.contains(&what);
        let (lists_targets, lists_properties) = (lists(Listed::Targets), lists(Listed::Properties));
        self.entries += 1;
        self.activities.add(activity);
        for target in targets {
            if let Some(key) = target.key() {
                self.targets.add(key, lists_targets.then_some(|| named(target)));
            }
            for change in target.changes().iter().filter(|_| lists_properties) {
                self.properties.add(change.display_name.as_deref().unwrap_or_default());
            }
        }
        for change in changes {
            if self.changes.len() < ANSWER_LIST_MAX {
                self.changes.push(change);
            } else {
                self.more_changes += 1;
            }
        }
    }
}

fn changes(target: &Target, property: &str) -> Vec<Change> {
    let is_it = |name: &Option<String>| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(property));
    let values =
        target.changes().iter().filter(|change| is_it(&change.display_name)).filter_map(|change| change.values());
    values.map(|(old, new)| Change { target: named(target), old, new }).collect()
}

fn named(target: &Target) -> Named {
    Named { kind: target.kind.clone(), id: target.id.clone(), name: target.display_name.clone() }
}
