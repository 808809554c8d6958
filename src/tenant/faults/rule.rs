//! One rule of a fault plan: where, when, how often, what.

use serde::{Deserialize, Serialize};

use super::Mishap;

/// A rule. What is left out fits everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Dataset ids of the catalogue, with `*` and `?`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Path with version in front (`/v1.0/users`), with `*` and `?`. `/*/$batch` is the envelope of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The page of a list, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// The request, from 1, among those that fit dataset, path and page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<u32>,
    /// How often.
    #[serde(default)]
    pub times: Times,
    /// Count the times for each address by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub each: bool,
    /// What goes wrong.
    pub fault: Mishap,
}

/// How often a rule strikes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Times {
    /// So often.
    Count(u32),
    /// By chance.
    Chance {
        /// Between 0 and 1.
        probability: f64,
        /// At most so often.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<u32>,
    },
    /// `"always"`.
    Word(Always),
}

/// The word `always`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Always {
    /// For ever.
    Always,
}

impl Default for Times {
    fn default() -> Self {
        Self::Count(1)
    }
}

impl Times {
    /// For ever.
    pub const ALWAYS: Self = Self::Word(Always::Always);

    /// The most it can strike; none: no end.
    pub fn most(self) -> Option<u32> {
        match self {
            Self::Count(count) => Some(count),
            Self::Chance { most, .. } => most,
            Self::Word(Always::Always) => None,
        }
    }
}

impl Rule {
    /// A rule for one page of one dataset.
    pub fn on(dataset: &str, page: u32, times: Times, fault: Mishap) -> Self {
        Self {
            dataset: Some(dataset.to_owned()),
            path: None,
            page: Some(page),
            request: None,
            times,
            each: false,
            fault,
        }
    }

    /// Whether its numbers make sense.
    pub(super) fn is_sound(&self) -> bool {
        let chance = match self.times {
            Times::Chance { probability, .. } => (0.0..=1.0).contains(&probability),
            Times::Count(_) | Times::Word(_) => true,
        };
        chance && self.page != Some(0) && self.request != Some(0) && self.fault.is_sound()
    }
}
