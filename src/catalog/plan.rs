//! Which datasets a run collects, and in which order.
//!
//! Takes profiles, globs and the cloud; gives the rows to collect, those the cloud lacks, and the rest with the
//! reason. Pure: asks no service. The rules are the command line's contract (DESIGN §4):
//!
//! * neither profile nor `--include`: each row that needs no write permission;
//! * `--include` alone: the named rows and what they depend on; rows that need a write permission may be named,
//!   but a bare `*` does not name them;
//! * profiles: their rows, and the included ones added;
//! * `--exclude` removes; a fan-out whose parent is excluded goes with it.

use std::collections::BTreeSet;

use super::{Catalog, Consent, Dataset, glob};

/// What the options ask for. Ids and globs (`*`, `?`) in `include` and `exclude`.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Profile ids.
    pub profiles: Vec<String>,
    /// Datasets to add.
    pub include: Vec<String>,
    /// Datasets to leave out.
    pub exclude: Vec<String>,
    /// Cloud id.
    pub cloud: String,
}

impl Default for Selection {
    fn default() -> Self {
        Self { profiles: Vec::new(), include: Vec::new(), exclude: Vec::new(), cloud: "global".into() }
    }
}

/// What a run does with each row.
pub struct Plan {
    /// To collect, parents before what is asked for each of their records: objects, configuration, logs.
    pub datasets: Vec<&'static Dataset>,
    /// Asked for, but the cloud does not offer them.
    pub unavailable: Vec<&'static Dataset>,
    /// Left out.
    pub skipped: Vec<Skipped>,
}

/// A row that is left out.
pub struct Skipped {
    /// The row.
    pub dataset: &'static Dataset,
    /// Why.
    pub because: SkippedBecause,
}

/// Why a row is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkippedBecause {
    /// No profile and no `--include` asks for it.
    NotAskedFor,
    /// It needs a write permission and was not named.
    NeedsWrite,
    /// `--exclude` names it.
    Excluded,
    /// `--exclude` names the dataset whose records it is asked for.
    ParentExcluded(&'static str),
}

impl std::fmt::Display for SkippedBecause {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAskedFor => out.write_str("not asked for"),
            Self::NeedsWrite => out.write_str("needs a write permission and was not named with --include"),
            Self::Excluded => out.write_str("excluded"),
            Self::ParentExcluded(parent) => write!(out, "is asked for each record of {parent}, which is excluded"),
        }
    }
}

/// The options name something that does not exist.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No such dataset.
    #[error("no dataset is called {name}{}: `entra-bundle catalog list` shows them all", meant(.close))]
    Dataset {
        /// What was asked for.
        name: String,
        /// Ids that look like it, best first.
        close: Vec<String>,
    },
    /// No such profile.
    #[error("no profile is called {name}{}: `entra-bundle catalog list` shows them all", meant(.close))]
    Profile {
        /// What was asked for.
        name: String,
        /// Ids that look like it, best first.
        close: Vec<String>,
    },
    /// No such cloud.
    #[error("no cloud is called {name}{}", meant(.close))]
    Cloud {
        /// What was asked for.
        name: String,
        /// All clouds.
        close: Vec<String>,
    },
    /// Everything that was asked for is excluded.
    #[error("--exclude leaves nothing to collect: exclude less or include more")]
    Nothing,
}

fn meant(close: &[String]) -> String {
    if close.is_empty() { String::new() } else { format!(" (perhaps {}?)", close.join(", ")) }
}

impl Plan {
    /// What the planned datasets need to be allowed.
    pub fn consent(&self) -> Consent<'static> {
        Consent::of(self.datasets.iter().copied())
    }
}

impl Catalog {
    /// The plan for a selection.
    ///
    /// # Errors
    /// [`PlanError`] when a profile, a cloud, an id or a glob fits nothing, or nothing is left to collect.
    pub fn plan(&'static self, selection: &Selection) -> Result<Plan, PlanError> {
        self.check_names(selection)?;
        let excluded = self.named(&selection.exclude, true)?;
        let wanted = self.wanted(selection)?;
        let mut plan = Plan { datasets: Vec::new(), unavailable: Vec::new(), skipped: Vec::new() };
        for row in self.datasets() {
            let gone = self.lineage(row).find(|one| excluded.contains(one.id.as_str()));
            let because = match gone {
                _ if !wanted.contains(row.id.as_str()) && row.needs_write() => SkippedBecause::NeedsWrite,
                _ if !wanted.contains(row.id.as_str()) => SkippedBecause::NotAskedFor,
                Some(one) if one.id == row.id => SkippedBecause::Excluded,
                Some(one) => SkippedBecause::ParentExcluded(&one.id),
                None if row.is_in(&selection.cloud) => {
                    plan.datasets.push(row);
                    continue;
                }
                None => {
                    plan.unavailable.push(row);
                    continue;
                }
            };
            plan.skipped.push(Skipped { dataset: row, because });
        }
        if plan.datasets.is_empty() && plan.unavailable.is_empty() {
            return Err(PlanError::Nothing);
        }
        plan.datasets.sort_by_key(|row| (row.group, self.lineage(row).count()));
        Ok(plan)
    }

    fn check_names(&self, selection: &Selection) -> Result<(), PlanError> {
        for name in &selection.profiles {
            if self.profile(name).is_none() {
                let close = close(name, self.profiles().iter().map(|row| row.id.as_str()));
                return Err(PlanError::Profile { name: name.clone(), close });
            }
        }
        if self.cloud(&selection.cloud).is_none() {
            let close = self.clouds().iter().map(|row| row.id.clone()).collect();
            return Err(PlanError::Cloud { name: selection.cloud.clone(), close });
        }
        Ok(())
    }

    /// The rows asked for, with the parents of fan-outs.
    fn wanted(&'static self, selection: &Selection) -> Result<BTreeSet<&'static str>, PlanError> {
        let mut wanted = self.named(&selection.include, false)?;
        let everything = selection.profiles.is_empty() && selection.include.is_empty();
        for row in self.datasets() {
            let in_profile = selection.profiles.iter().any(|profile| self.is_in_profile(row, profile));
            if in_profile || (everything && !row.needs_write()) {
                wanted.insert(&row.id);
            }
        }
        let parents: Vec<&'static str> = wanted
            .iter()
            .filter_map(|id| self.dataset(id))
            .flat_map(|row| self.lineage(row))
            .map(|row| &*row.id)
            .collect();
        wanted.extend(parents);
        Ok(wanted)
    }

    /// The rows that ids and globs name. `*` alone names what needs a write permission only if it is to be left out.
    fn named(&'static self, patterns: &[String], left_out: bool) -> Result<BTreeSet<&'static str>, PlanError> {
        let mut ids = BTreeSet::new();
        for pattern in patterns {
            let bare = !left_out && pattern.bytes().all(|byte| byte == b'*');
            let before = ids.len();
            let fitting = self.datasets().iter().filter(|row| glob::fits(pattern, &row.id));
            let fitting: Vec<&'static str> =
                fitting.filter(|row| !bare || !row.needs_write()).map(|row| &*row.id).collect();
            let found = !fitting.is_empty();
            ids.extend(fitting);
            if !found && ids.len() == before {
                let close = close(pattern, self.datasets().iter().map(|row| row.id.as_str()));
                return Err(PlanError::Dataset { name: pattern.clone(), close });
            }
        }
        Ok(ids)
    }

    /// The row, its parent, its parent's parent … A cycle (which the tests exclude) ends after as many steps as
    /// there are rows.
    pub(super) fn lineage<'a>(&'a self, row: &'a Dataset) -> impl Iterator<Item = &'a Dataset> {
        std::iter::successors(Some(row), |one| self.parent(one)).take(self.datasets().len())
    }
}

/// Up to three ids that look like `name`: one inside the other, or few letters apart.
fn close<'a>(name: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let bare: String = name.chars().filter(|&letter| letter != '*' && letter != '?').collect::<String>().to_lowercase();
    let bare = bare.trim_matches('-');
    let mut ranked: Vec<(usize, &str)> = ids
        .filter_map(|id| {
            let inside = bare.len() >= 3 && (id.contains(bare) || bare.contains(id));
            let distance = if inside { 1 } else { edits(bare, id) };
            (distance <= (bare.len() / 3).max(2)).then_some((distance, id))
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(3).map(|(_, id)| id.to_owned()).collect()
}

/// Levenshtein distance in bytes: insertions, deletions, replacements.
fn edits(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, a) in left.bytes().enumerate() {
        let mut next = vec![at + 1];
        for ((b, &above), &corner) in right.bytes().zip(row.iter().skip(1)).zip(&row) {
            let beside = next.last().copied().unwrap_or(0);
            next.push((above + 1).min(beside + 1).min(corner + usize::from(a != b)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
