//! Faults as data: what goes wrong, where, when and how often.
//!
//! Takes TOML, JSON or a seed, gives a [`FaultPlan`] that the server follows. A rule names a dataset or a path, a page
//! or a request, a number of times and a [`Mishap`]. Nothing here knows how a collector should answer. Sources:
//! graph/errors, graph/throttling, graph/paging, graph/json-batching, and reports from the field (microsoft-graph-docs
//! issues 4897, 14118, 16188; msgraph-sdk-powershell issues 1388, 1898, 2941).

pub(crate) mod book;
mod mishap;
mod random;
mod rule;

use serde::{Deserialize, Serialize};

pub use mishap::{Gzip, Mishap, Moment, Words};
pub use rule::{Rule, Times};

/// What goes wrong in a tenant. The empty plan: nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// Seed of the rules that happen by chance.
    #[serde(default)]
    pub seed: u64,
    /// The rules; the first that fits decides.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// A plan could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BadPlan {
    /// Neither TOML nor JSON of the right shape; the text is the parser's.
    #[error("the fault plan cannot be read: {0}")]
    Form(String),
    /// A number that makes no sense.
    #[error(
        "rule {0} of the fault plan: a probability lies between 0 and 1, statuses between 100 and 599, pages and requests count from 1"
    )]
    Number(usize),
}

impl FaultPlan {
    /// One rule.
    pub fn of(rule: Rule) -> Self {
        Self { seed: 0, rules: vec![rule] }
    }

    /// Reads a plan: JSON if it begins with `{`, else TOML.
    ///
    /// # Errors
    /// [`BadPlan`] says what is wrong.
    pub fn read(text: &str) -> Result<Self, BadPlan> {
        let plan: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| BadPlan::Form(error.to_string()))?
        } else {
            toml::from_str(text).map_err(|error| BadPlan::Form(error.to_string()))?
        };
        match plan.rules.iter().position(|rule| !rule.is_sound()) {
            Some(place) => Err(BadPlan::Number(place + 1)),
            None => Ok(plan),
        }
    }

    /// A plan that depends on the seed alone: one to six rules, most of them passing.
    pub fn random(seed: u64) -> Self {
        random::plan(seed)
    }

    /// The plan as TOML, for a person who wants to repeat it.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read_from_toml_and_json_and_written_back() {
        let toml = r#"
            seed = 7
            [[rule]]
            dataset = "users"
            page = 3
            fault = { answer = { status = 429, retry_after = "2.128" } }
            [[rule]]
            path = "/beta/auditLogs/*"
            request = 5
            times = 2
            fault = { reset = "during" }
            [[rule]]
            times = { probability = 0.25, most = 4 }
            fault = "bom"
            [[rule]]
            times = "always"
            fault = { stall = { at = "before", ms = 10 } }
        "#;
        let plan = FaultPlan::read(toml).unwrap();
        assert_eq!((plan.seed, plan.rules.len()), (7, 4));
        assert_eq!(plan.rules[1].times, Times::Count(2));
        assert_eq!(plan.rules[2].fault, Mishap::Bom);
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(FaultPlan::read(&json).unwrap(), plan);
        assert_eq!(FaultPlan::read(&plan.to_toml()).unwrap(), plan);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "rule = 1",
            "[[rule]]\nfault = \"unheard-of\"",
            "[[rule]]\nfault = \"bom\"\npage = 0",
            "[[rule]]\nfault = \"bom\"\ntimes = { probability = 1.5 }",
            "[[rule]]\nfault = { answer = { status = 99 } }",
            "[[rule]]\nfault = \"bom\"\nspelling = 1",
        ] {
            assert!(FaultPlan::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_seed_always_gives_the_same_plan_and_every_plan_survives_its_text() {
        for seed in 0..300 {
            let plan = FaultPlan::random(seed);
            assert_eq!(plan, FaultPlan::random(seed));
            assert!((1..=6).contains(&plan.rules.len()));
            assert_eq!(FaultPlan::read(&plan.to_toml()).unwrap(), plan, "{seed}");
        }
        assert_ne!(FaultPlan::random(1), FaultPlan::random(2));
    }
}
