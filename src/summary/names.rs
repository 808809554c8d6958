//! Counters with an end: how often each name came, and how many different targets there were.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;

use serde::Serialize;

use crate::limits::{ANSWER_DISTINCT_MAX, ANSWER_LIST_MAX, ANSWER_NAMES_MAX};

/// How often each name came. Names beyond [`ANSWER_NAMES_MAX`] are summed up as `…`.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub(super) struct Names(BTreeMap<String, u64>);

impl Names {
    pub(super) fn add(&mut self, name: &str) {
        if let Some(count) = self.0.get_mut(name) {
            *count += 1;
            return;
        }
        let name = if self.0.len() < ANSWER_NAMES_MAX { name } else { "…" };
        *self.0.entry(name.to_owned()).or_default() += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A target as the log names it.
#[derive(Serialize)]
pub(super) struct Named {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The different targets.
#[derive(Default, Serialize)]
pub(super) struct Targets {
    /// How many there are.
    distinct: u64,
    /// There are more than that.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    at_least: bool,
    /// The first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    listed: Vec<Named>,
    /// How many more there are than are listed.
    #[serde(skip_serializing_if = "super::is_zero")]
    more: u64,
    #[serde(skip)]
    seen: HashSet<u64, foldhash::fast::FixedState>,
}

impl Targets {
    /// Counts the target with this key, if it is new; `named`: how it is listed, if it is.
    pub(super) fn add(&mut self, key: &str, named: Option<impl FnOnce() -> Named>) {
        let mark = foldhash::fast::FixedState::default().hash_one(key);
        if self.seen.contains(&mark) {
            return;
        }
        if self.seen.len() >= ANSWER_DISTINCT_MAX {
            self.at_least = true;
            return;
        }
        self.seen.insert(mark);
        self.distinct += 1;
        match named {
            Some(named) if self.listed.len() < ANSWER_LIST_MAX => self.listed.push(named()),
            Some(_) => self.more += 1,
            None => {}
        }
    }
}
