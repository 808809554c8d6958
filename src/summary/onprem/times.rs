//! When events of a group came: silences between them, and bursts.
//!
//! Keeps up to [`FINDING_TIMES_MAX`] instants of [`FINDING_GROUPS_MAX`] groups, since files are read in any order. What comes
//! beyond is told apart, so that no silence is claimed where events were not kept.

use std::collections::BTreeMap;

use crate::limits::{FINDING_GROUPS_MAX, FINDING_TIMES_MAX};

/// The events of one group.
#[derive(Default)]
struct Group {
    seconds: Vec<i64>,
    is_cut: bool,
}

/// A stretch of time of a group.
pub(super) struct Stretch<'g> {
    pub(super) computer: &'g str,
    pub(super) group: &'g str,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) events: usize,
}

/// Events by computer and group.
#[derive(Default)]
pub(super) struct Times {
    groups: BTreeMap<(String, String), Group>,
}

impl Times {
    pub(super) fn add(&mut self, computer: &str, group: &str, seconds: i64) {
        let key = (computer.to_owned(), group.to_owned());
        if self.groups.len() >= FINDING_GROUPS_MAX && !self.groups.contains_key(&key) {
            return;
        }
        let group = self.groups.entry(key).or_default();
        match group.seconds.len() < FINDING_TIMES_MAX {
            true => group.seconds.push(seconds),
            false => group.is_cut = true,
        }
    }

    /// Stretches of more than `longer_s` without an event; `newest`: the last event of any kind of each computer.
    pub(super) fn silences(
        &mut self,
        longer_s: u64,
        newest: &BTreeMap<String, i64>,
        give: &mut dyn FnMut(Stretch<'_>),
    ) {
        let longer = i64::try_from(longer_s).unwrap_or(i64::MAX);
        for ((computer, name), group) in &mut self.groups {
            group.seconds.sort_unstable();
            let end = newest.get(computer).copied().filter(|_| !group.is_cut);
            let ends = group.seconds.iter().skip(1).copied().chain(end);
            for (&from, to) in group.seconds.iter().zip(ends) {
                if to.saturating_sub(from) > longer && !group.is_cut {
                    give(Stretch { computer, group: name, from, to, events: 0 });
                }
            }
        }
    }

    /// Stretches within `within_s` with at least `least` events; one that overlaps the one before is part of it.
    pub(super) fn bursts(&mut self, least: usize, within_s: u64, give: &mut dyn FnMut(Stretch<'_>)) {
        let within = i64::try_from(within_s).unwrap_or(i64::MAX);
        for ((computer, name), group) in &mut self.groups {
            group.seconds.sort_unstable();
            let mut open: Option<(i64, i64, usize)> = None;
            for window in group.seconds.windows(least.max(1)) {
                let (Some(&from), Some(&to)) = (window.first(), window.last()) else { continue };
                if to.saturating_sub(from) > within {
                    continue;
                }
                open = match open {
                    Some((first, last, events)) if from <= last => Some((first, to, events + 1)),
                    known => {
                        known.into_iter().for_each(|known| give(stretch(computer, name, known)));
                        Some((from, to, window.len()))
                    }
                };
            }
            open.into_iter().for_each(|known| give(stretch(computer, name, known)));
        }
    }
}

fn stretch<'g>(computer: &'g str, group: &'g str, (from, to, events): (i64, i64, usize)) -> Stretch<'g> {
    Stretch { computer, group, from, to, events }
}
