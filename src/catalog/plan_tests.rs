//! The contract of `--profile`, `--include` and `--exclude`.

use super::{Plan, PlanError, Selection, SkippedBecause, close, edits};
use crate::catalog::Catalog;

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn planned(profiles: &[&str], include: &[&str], exclude: &[&str]) -> Result<Plan, PlanError> {
    let selection = Selection {
        profiles: owned(profiles),
        include: owned(include),
        exclude: owned(exclude),
        ..Selection::default()
    };
    Catalog::embedded().unwrap().plan(&selection)
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.datasets.iter().map(|row| row.id.as_str()).collect()
}

fn reason(plan: &Plan, id: &str) -> SkippedBecause {
    plan.skipped.iter().find(|one| one.dataset.id == id).unwrap().because
}

#[test]
fn without_options_each_row_without_write_permission_is_collected() {
    let catalog = Catalog::embedded().unwrap();
    let plan = planned(&[], &[], &[]).unwrap();
    let readable = catalog.datasets().iter().filter(|row| !row.needs_write()).count();
    assert_eq!(plan.datasets.len(), readable);
    assert_eq!(plan.skipped.len(), catalog.datasets().len() - readable);
    assert_eq!(reason(&plan, "app-proxy-connectors"), SkippedBecause::NeedsWrite);
    assert_eq!(ids(&plan), ids(&planned(&["everything"], &[], &[]).unwrap()));
    assert_eq!(ids(&plan), ids(&planned(&[], &["*"], &[]).unwrap()));
}

#[test]
fn parents_come_before_children_and_objects_before_logs() {
    let plan = planned(&[], &["*", "app-proxy-*"], &[]).unwrap();
    let order = ids(&plan);
    for (at, row) in plan.datasets.iter().enumerate() {
        if let Some(each) = &row.for_each {
            let parent = order.iter().position(|id| *id == each.dataset).unwrap();
            assert!(parent < at, "{} before {}", each.dataset, row.id);
        }
    }
    assert!(plan.datasets.is_sorted_by_key(|row| row.group));
}

#[test]
fn include_alone_collects_the_named_and_what_they_depend_on() {
    assert_eq!(ids(&planned(&[], &["users"], &[]).unwrap()), ["users"]);
    assert_eq!(ids(&planned(&[], &["group-members"], &[]).unwrap()), ["groups", "group-members"]);
    assert_eq!(
        ids(&planned(&[], &["synchronization-schemas"], &[]).unwrap()),
        ["service-principals", "synchronization-jobs", "synchronization-schemas"]
    );
    assert_eq!(ids(&planned(&[], &["risky-user?"], &[]).unwrap()), ["risky-users"]);
    assert_eq!(ids(&planned(&[], &["app-proxy-connectors"], &[]).unwrap()), ["app-proxy-connectors"]);
    assert_eq!(planned(&[], &["app-proxy-*"], &[]).unwrap().datasets.len(), 4);
}

#[test]
fn include_adds_to_profiles() {
    let alone = planned(&["mfa"], &[], &[]).unwrap();
    let more = planned(&["mfa"], &["provisioning"], &[]).unwrap();
    assert!(!ids(&alone).contains(&"provisioning"));
    assert_eq!(reason(&alone, "provisioning"), SkippedBecause::NotAskedFor);
    assert_eq!(more.datasets.len(), alone.datasets.len() + 1);
}

#[test]
fn exclude_everything_leaves_nothing_that_was_named_either() {
    for include in ["users", "app-proxy-connectors"] {
        assert!(planned(&[], &[include], &[]).is_ok());
        assert!(matches!(planned(&[], &[include], &["*"]), Err(PlanError::Nothing)), "{include}");
    }
}

#[test]
fn exclude_removes_and_takes_the_children_along() {
    let plan = planned(&[], &["group-members", "users"], &["groups"]).unwrap();
    assert_eq!(ids(&plan), ["users"]);
    assert_eq!(reason(&plan, "groups"), SkippedBecause::Excluded);
    assert_eq!(reason(&plan, "group-members"), SkippedBecause::ParentExcluded("groups"));
    let plan = planned(&["provisioning"], &[], &["service-principals"]).unwrap();
    assert_eq!(reason(&plan, "synchronization-schemas"), SkippedBecause::ParentExcluded("service-principals"));
    assert_eq!(planned(&[], &["users"], &["*"]).err(), Some(PlanError::Nothing));
}

#[test]
fn every_row_is_planned_unavailable_or_skipped_exactly_once() {
    let catalog = Catalog::embedded().unwrap();
    for cloud in catalog.clouds() {
        for profile in catalog.profiles() {
            let selection = Selection {
                profiles: vec![profile.id.clone()],
                exclude: owned(&["devices"]),
                cloud: cloud.id.clone(),
                ..Selection::default()
            };
            let plan = catalog.plan(&selection).unwrap();
            let skipped = plan.skipped.iter().map(|one| one.dataset);
            let mut all: Vec<&str> =
                plan.datasets.iter().chain(&plan.unavailable).copied().chain(skipped).map(|row| &*row.id).collect();
            all.sort_unstable();
            let count = all.len();
            all.dedup();
            assert_eq!((all.len(), count), (catalog.datasets().len(), catalog.datasets().len()));
        }
    }
}

#[test]
fn what_a_cloud_lacks_is_unavailable() {
    let catalog = Catalog::embedded().unwrap();
    let selection = Selection { cloud: "china".into(), ..Selection::default() };
    let plan = catalog.plan(&selection).unwrap();
    assert!(plan.unavailable.iter().any(|row| row.id == "risky-users"));
    assert!(plan.unavailable.iter().any(|row| row.id == "network-access-traffic"));
    assert!(plan.datasets.iter().any(|row| row.id == "sign-ins"));
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    for (include, expected) in
        [("sign-in", "sign-ins"), ("usres", "users"), ("Group-Member", "group-members"), ("xyz-users-*", "users")]
    {
        let Err(PlanError::Dataset { close, .. }) = planned(&[], &[include], &[]) else {
            panic!("{include} was accepted")
        };
        assert!(close.iter().any(|one| one == expected), "{include}: {close:?}");
    }
    let error = planned(&[], &["usres"], &[]).err().unwrap();
    assert_eq!(
        error.to_string(),
        "no dataset is called usres (perhaps users?): `entra-bundle catalog list` shows them all"
    );
    assert!(matches!(planned(&["sign-ins"], &[], &[]), Err(PlanError::Profile { close, .. }) if close == ["sign-in"]));
    assert!(matches!(planned(&[], &["users"], &["nothing-like-it"]), Err(PlanError::Dataset { .. })));
    let selection = Selection { cloud: "germany".into(), ..Selection::default() };
    assert!(matches!(Catalog::embedded().unwrap().plan(&selection), Err(PlanError::Cloud { .. })));
}

#[test]
fn consent_lists_permissions_by_kind() {
    let consent = planned(&[], &["users", "sign-ins", "mdm-policies"], &[]).unwrap().consent();
    assert_eq!(
        consent.application.keys().copied().collect::<Vec<_>>(),
        ["AuditLog.Read.All", "Directory.Read.All", "Policy.Read.All", "User.Read.All"]
    );
    assert_eq!(consent.application["Policy.Read.All"], ["sign-ins"]);
    assert_eq!(consent.delegated["Policy.Read.All"], ["mdm-policies", "sign-ins"]);
    assert_eq!(consent.delegated_only, ["mdm-policies"]);
}

#[test]
fn distance_counts_edits() {
    for (left, right, expected) in
        [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abd", 1), ("usres", "users", 2)]
    {
        assert_eq!(edits(left, right), expected);
    }
    assert!(close("zzzzzz", ["users"].into_iter()).is_empty());
}
