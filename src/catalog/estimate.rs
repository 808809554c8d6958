//! How many requests a plan costs and how long it takes at least, for `--dry-run`.
//!
//! Takes a plan and what is known about sizes; gives requests and seconds per throttle class. Classes are asked in
//! parallel, so the slowest one decides. What is not known is assumed and named, never hidden. Not a forecast:
//! a service may answer slower than it allows.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Catalog, Dataset, Group, Plan, Throttle};

/// Records that a list without page size is taken to hold when nobody knows: such lists (domains, roles, jobs)
/// have a handful in most tenants.
const UNPAGED_RECORDS_ASSUMED: u64 = 10;

/// What is known about the tenant.
#[derive(Debug, Clone, Default)]
pub struct Sizes {
    records: BTreeMap<String, u64>,
    days: u64,
}

impl Sizes {
    /// Nothing known yet; logs are collected for that many days. A tenant is one organization.
    pub fn new(days: u64) -> Self {
        Self { records: BTreeMap::from([("organization".into(), 1)]), days }
    }

    /// A dataset has that many records; a log that many a day.
    #[must_use]
    pub fn with(mut self, dataset: &str, records: u64) -> Self {
        self.records.insert(dataset.into(), records);
        self
    }

    /// Users, the size that limits depend on, if known.
    pub fn users(&self) -> Option<u64> {
        self.records.get("users").copied()
    }

    fn records_of(&self, row: &Dataset) -> Option<u64> {
        let known = self.records.get(&row.id).or_else(|| self.records.get(row.sized_like.as_ref()?)).copied()?;
        let daily = row.group == Group::Logs && row.time.is_some();
        Some(if daily { known.saturating_mul(self.days.max(1)) } else { known })
    }
}

/// What a plan costs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Estimate {
    /// Requests by dataset id; members of a `$batch` count one each, as the service counts them.
    pub requests: BTreeMap<&'static str, u64>,
    /// By class name.
    pub classes: BTreeMap<&'static str, ClassEstimate>,
    /// Shortest possible time of the whole, seconds.
    pub seconds_min: u64,
    /// Datasets whose size was not known: one page was assumed, or a few records.
    pub assumed: Vec<&'static str>,
}

/// What a plan costs in one throttle class.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ClassEstimate {
    /// Requests.
    pub requests: u64,
    /// Resource units (the directory's measure; elsewhere equal to requests).
    pub units: u64,
    /// Shortest possible time at the published limit, seconds.
    pub seconds_min: u64,
}

/// The cost of a plan at the published limits.
pub fn estimate(catalog: &Catalog, plan: &Plan, sizes: &Sizes) -> Estimate {
    let mut sum = Estimate::default();
    let mut classes: BTreeMap<Throttle, ClassEstimate> = BTreeMap::new();
    for &row in plan.datasets.iter().filter(|row| !row.is_on_premises()) {
        let requests = requests_of(catalog, row, sizes);
        if is_assumed(catalog, row, sizes) {
            sum.assumed.push(&row.id);
        }
        sum.requests.insert(&row.id, requests);
        let class = classes.entry(row.throttle).or_default();
        class.requests = class.requests.saturating_add(requests);
        class.units = class.units.saturating_add(requests.saturating_mul(u64::from(row.resource_units)));
    }
    for (throttle, mut class) in classes {
        let limit = catalog.throttle(throttle);
        class.seconds_min = limit.map_or(0, |limit| limit.seconds_for(class.requests, class.units, sizes.users()));
        sum.seconds_min = sum.seconds_min.max(class.seconds_min);
        sum.classes.insert(throttle.as_str(), class);
    }
    sum
}

/// Requests for one dataset: a page at least for each parent record, and one more for each further full page.
fn requests_of(catalog: &Catalog, row: &Dataset, sizes: &Sizes) -> u64 {
    let asked = catalog.parent(row).map_or(1, |parent| records_or_assumed(catalog, parent, sizes));
    match (sizes.records_of(row), row.page_size) {
        (Some(records), Some(page)) => asked.max(records.div_ceil(u64::from(page.max(1)))).max(1),
        _ => asked,
    }
}

fn records_or_assumed(catalog: &Catalog, row: &Dataset, sizes: &Sizes) -> u64 {
    if let Some(records) = sizes.records_of(row) {
        return records;
    }
    let each = row.page_size.map_or(UNPAGED_RECORDS_ASSUMED, u64::from);
    // Few parents have children of this kind (most apps have no provisioning job): one record each is assumed.
    catalog.parent(row).map_or(each, |parent| records_or_assumed(catalog, parent, sizes))
}

fn is_assumed(catalog: &Catalog, row: &Dataset, sizes: &Sizes) -> bool {
    match catalog.parent(row) {
        Some(parent) => sizes.records_of(parent).is_none(),
        None => row.page_size.is_some() && sizes.records_of(row).is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Sizes, estimate};
    use crate::catalog::{Catalog, Estimate, Selection};

    fn cost(include: &[&str], sizes: &Sizes) -> Estimate {
        let catalog = Catalog::embedded().unwrap();
        let include = include.iter().map(|id| (*id).to_owned()).collect();
        let plan = catalog.plan(&Selection { include, ..Selection::default() }).unwrap();
        estimate(catalog, &plan, sizes)
    }

    #[test]
    fn logs_cost_pages_of_the_window_at_five_requests_in_ten_seconds() {
        let cost = cost(&["sign-ins"], &Sizes::new(7).with("sign-ins", 100_000));
        assert_eq!(cost.requests["sign-ins"], 700);
        assert_eq!(cost.classes["reports"].seconds_min, 1400);
        assert_eq!(cost.seconds_min, 1400);
        assert!(cost.assumed.is_empty());
    }

    #[test]
    fn fan_outs_cost_a_request_for_each_parent_record() {
        let sizes = Sizes::new(1).with("groups", 4000).with("users", 10_000);
        let cost = cost(&["group-members"], &sizes);
        assert_eq!(cost.requests["groups"], 5);
        assert_eq!(cost.requests["group-members"], 4000);
        assert_eq!(cost.classes["directory"].units, 5 + 8000);
        assert_eq!(cost.classes["directory"].seconds_min, 11, "8,005 units at 8,000 in 10 s");
        let more = super::tests::cost(&["group-members"], &sizes.with("group-members", 40_000_000));
        assert_eq!(more.requests["group-members"], 40_041);
    }

    #[test]
    fn unknown_sizes_are_one_page_and_named() {
        let cost = cost(&["users", "sign-ins", "domain-federation", "registration-details"], &Sizes::new(30));
        assert_eq!(cost.requests["users"], 1);
        assert_eq!(cost.requests["sign-ins"], 1);
        assert_eq!(cost.requests["domain-federation"], 10);
        assert_eq!(cost.assumed, ["users", "domain-federation", "sign-ins"]);
    }

    #[test]
    fn classes_run_side_by_side_and_the_slowest_decides() {
        let sizes = Sizes::new(1).with("sign-ins", 10_000).with("risky-users", 300).with("users", 1);
        let cost = cost(&["sign-ins", "risky-user-history", "users"], &sizes);
        assert_eq!(cost.classes["reports"].seconds_min, 20);
        assert_eq!(cost.classes["identity"].seconds_min, 301);
        assert_eq!(cost.seconds_min, 301);
    }

    #[test]
    fn absurd_sizes_do_not_overflow() {
        let cost = cost(
            &["sign-ins", "group-members"],
            &Sizes::new(u64::MAX).with("sign-ins", u64::MAX).with("groups", u64::MAX),
        );
        assert!(cost.seconds_min > 0);
    }
}
