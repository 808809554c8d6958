//! What a finding found: how often, by what, and the first of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::member::Found;
use crate::limits::{ANSWER_LIST_MAX, ANSWER_VALUE_CHARS_MAX};
use crate::summary::is_zero;
use crate::summary::names::Names;

/// Counters and a list with an end.
#[derive(Default, Serialize)]
pub(super) struct Hits {
    pub(super) count: u64,
    #[serde(skip_serializing_if = "Names::is_empty")]
    groups: Names,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    listed: Vec<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "is_zero")]
    more: u64,
}

impl Hits {
    /// Counts one; `group`: what tells it from others, if anything; `members`: what is listed of it.
    pub(super) fn add(&mut self, group: &str, members: impl FnOnce() -> BTreeMap<String, String>) {
        self.count += 1;
        if !group.is_empty() {
            self.groups.add(&cut(group));
        }
        if self.listed.len() >= ANSWER_LIST_MAX {
            self.more += 1;
            return;
        }
        let members = members();
        if !members.is_empty() {
            self.listed.push(members);
        }
    }
}

/// The members of a record that are listed.
pub(super) fn members(found: Found<'_>, shows: &[String]) -> BTreeMap<String, String> {
    let said = shows.iter().filter_map(|key| Some((key.clone(), cut(&found.text(key)?))));
    said.collect()
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(ANSWER_VALUE_CHARS_MAX).collect()
}
