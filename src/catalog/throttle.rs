//! What a service allows per class (`throttles.toml`).
//!
//! Source: <https://learn.microsoft.com/graph/throttling-limits>.

use serde::{Deserialize, Serialize};

use super::Throttle;

/// The published limit of one class.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ThrottleLimit {
    /// Which budget.
    pub class: Throttle,
    /// `requests` or `resource-units`.
    pub measure: Measure,
    /// How many of them, in the smallest tenant.
    pub capacity: u32,
    /// In how many seconds.
    pub seconds: u32,
    /// Whether the customer's other apps draw on the same budget.
    pub shared: bool,
    /// Whether a refusal says how long to wait.
    pub retry_after: bool,
    /// What falls under it.
    pub about: String,
    /// Where the limit is published.
    pub source: String,
    /// Larger capacities of larger tenants, ascending.
    #[serde(default)]
    pub tiers: Vec<Tier>,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Requests; members of a `$batch` count one each.
    Requests,
    /// Resource units, of which a request costs one or more.
    ResourceUnits,
}

/// A capacity for tenants of a size.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// From that many users on.
    pub users_min: u64,
    /// Capacity in the limit's seconds.
    pub capacity: u32,
}

impl ThrottleLimit {
    /// Capacity in [`ThrottleLimit::seconds`] for a tenant with that many users; unknown counts as smallest.
    pub fn capacity_for(&self, users: Option<u64>) -> u32 {
        let reached = self.tiers.iter().rfind(|tier| users.is_some_and(|count| count >= tier.users_min));
        reached.map_or(self.capacity, |tier| tier.capacity)
    }

    /// Seconds that a number of requests, costing a number of units in all, takes at least.
    pub fn seconds_for(&self, requests: u64, units: u64, users: Option<u64>) -> u64 {
        let amount = match self.measure {
            Measure::Requests => requests,
            Measure::ResourceUnits => units,
        };
        amount.saturating_mul(u64::from(self.seconds)).div_ceil(u64::from(self.capacity_for(users)).max(1))
    }
}
