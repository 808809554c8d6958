//! What must hold for the rows: run by the tests, and by `entra-bundle catalog check` on a released binary.
//!
//! Takes a catalogue, gives what was looked at and every problem in words. Row by row first, then the tables
//! against each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Catalog, Dataset, Group, Service, well_known};

/// The outcome of [`check`].
#[derive(Debug, Default, serde::Serialize)]
pub struct Check {
    /// What was looked at, and how many of it.
    pub checked: Vec<(&'static str, usize)>,
    /// What is wrong, one sentence each. Empty: all is well.
    pub problems: Vec<String>,
}

impl Check {
    pub(super) fn that(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.problems.push(problem());
        }
    }
}

/// Object datasets that other programs rely on (DESIGN §5).
pub(super) const OBJECTS: [&str; 16] = [
    "organization",
    "users",
    "groups",
    "group-members",
    "devices",
    "device-owners",
    "applications",
    "service-principals",
    "directory-roles",
    "role-assignments",
    "role-definitions",
    "administrative-units",
    "domains",
    "deleted-users",
    "oauth2-permission-grants",
    "contacts",
];

/// Log datasets with Azure's name of the category (DESIGN §5).
pub(super) const LOGS: [(&str, &str); 16] = [
    ("audits", "AuditLogs"),
    ("sign-ins", "SignInLogs"),
    ("sign-ins-noninteractive", "NonInteractiveUserSignInLogs"),
    ("sign-ins-service-principal", "ServicePrincipalSignInLogs"),
    ("sign-ins-managed-identity", "ManagedIdentitySignInLogs"),
    ("provisioning", "ProvisioningLogs"),
    ("risky-users", "RiskyUsers"),
    ("user-risk-events", "UserRiskEvents"),
    ("risky-service-principals", "RiskyServicePrincipals"),
    ("service-principal-risk-events", "ServicePrincipalRiskEvents"),
    ("network-access-traffic", "NetworkAccessTrafficLogs"),
    ("remote-network-health", "RemoteNetworkHealthLogs"),
    ("custom-security-attribute-audits", "CustomSecurityAttributeAuditLogs"),
    ("adfs-sign-ins", "ADFSSignInLogs"),
    ("enriched-microsoft365-audits", "EnrichedOffice365AuditLogs"),
    ("graph-activity", "MicrosoftGraphActivityLogs"),
];

const OPERATORS: [&[&str]; 4] = [&[], &["ge", "le"], &["gt", "lt"], &["ge", "lt"]];

/// Looks at all rows.
pub fn check(catalog: &Catalog) -> Check {
    let mut check = Check::default();
    for row in catalog.datasets() {
        for (wrong, what) in [
            (!is_kebab(&row.id), "its id is not kebab-case"),
            (!is_sentence(&row.why), "`why` is no sentence"),
            (!row.source.starts_with("https://"), "`source` is no address"),
            (!is_date(&row.source_date), "`source_date` is no date"),
            (!is_address(row), "version or path is malformed"),
            (catalog.denied(&row.path).is_some(), "its path is on the deny list"),
            (
                placeholders(&row.path) != Some(catalog.lineage(row).count() - 1),
                "placeholders differ from the key parts",
            ),
            (!page_size_holds(row), "the page size exceeds the documented one, or nothing says that it is unverified"),
            (!time_holds(row), "the time filter is malformed"),
            (!profiles_hold(catalog, row), "a profile is unknown, named twice, or missing"),
            (!parent_holds(catalog, row), "what it is asked for each record of does not fit"),
            (!permissions_hold(catalog, row), "a permission is unknown, not offered, or writes without a reason"),
            (!references_hold(catalog, row), "a cloud, a licence, a limit or `sized_like` is unknown"),
        ] {
            check.that(!wrong, || format!("{}: {what}", row.id));
        }
    }
    check.checked.push(("datasets", catalog.datasets().len()));
    check_contract(catalog, &mut check);
    check_tables(catalog, &mut check);
    super::host_check::check(catalog, &mut check);
    check
}

/// Ids that other programs rely on, and uniqueness.
fn check_contract(catalog: &Catalog, check: &mut Check) {
    for (what, ids) in [
        ("dataset", catalog.datasets().iter().map(|row| row.id.as_str()).collect::<Vec<_>>()),
        ("profile", catalog.profiles().iter().map(|row| row.id.as_str()).collect()),
        ("cloud", catalog.clouds().iter().map(|row| row.id.as_str()).collect()),
        ("permission", catalog.permissions().iter().map(|row| row.name.as_str()).collect()),
        ("licence", catalog.licences().iter().map(|row| row.id.as_str()).collect()),
        ("deny pattern", catalog.denied_paths().iter().map(|row| row.pattern.as_str()).collect()),
        ("category", catalog.datasets().iter().filter_map(|row| row.category.as_deref()).collect()),
    ] {
        let mut seen = BTreeSet::new();
        for id in ids {
            check.that(seen.insert(id), || format!("{what} {id} stands twice"));
        }
    }
    for id in OBJECTS {
        let found = catalog.dataset(id).is_some_and(|row| row.group == Group::Objects);
        check.that(found, || format!("the object dataset {id} is missing"));
    }
    let categories: BTreeMap<&str, &str> = LOGS.into_iter().collect();
    for (id, category) in LOGS {
        let found = catalog
            .dataset(id)
            .is_some_and(|row| row.group == Group::Logs && row.category.as_deref() == Some(category));
        check.that(found, || format!("the log dataset {id} with category {category} is missing"));
    }
    for row in catalog.datasets() {
        let expected = categories.get(row.id.as_str()).copied();
        check.that(row.category.as_deref() == expected, || format!("{}: its category is not Azure's", row.id));
    }
    check.checked.push(("ids of the contract", OBJECTS.len() + LOGS.len()));
}

/// Profiles, clouds, limits, permissions, licences, deny list, public ids.
fn check_tables(catalog: &Catalog, check: &mut Check) {
    for profile in catalog.profiles() {
        let whole = is_kebab(&profile.id) && is_sentence(&profile.about) && !profile.title.is_empty();
        check.that(whole && !profile.have_at_hand.is_empty(), || format!("profile {} is incomplete", profile.id));
        let used = catalog.datasets().iter().any(|row| catalog.is_in_profile(row, &profile.id));
        check.that(used, || format!("profile {} has no dataset", profile.id));
    }
    for cloud in catalog.clouds() {
        let mut hosts =
            [&cloud.login, &cloud.graph, &cloud.arm, &cloud.logs, &cloud.storage_suffix, &cloud.hub_suffix].into_iter();
        let whole = hosts.all(|host| is_host(host)) && cloud.office.as_ref().is_none_or(|host| is_host(host));
        check.that(whole, || format!("cloud {}: a host is malformed", cloud.id));
    }
    for limit in catalog.throttles() {
        let ascending = limit.tiers.is_sorted_by_key(|tier| (tier.users_min, tier.capacity));
        let whole = limit.capacity > 0 && limit.seconds > 0 && ascending && limit.source.starts_with("https://");
        check.that(whole, || format!("the limit {} is malformed", limit.class.as_str()));
    }
    for row in catalog.permissions() {
        let ids = [&row.application, &row.delegated].into_iter().filter(|id| !id.is_empty());
        let known = ids.clone().all(|id| {
            well_known::parse(id)
                .is_some_and(|id| row.resource != super::Resource::Graph || catalog.well_known(id) == Some(&row.name))
        });
        check.that(known && ids.count() > 0, || format!("permission {}: an id is not the published one", row.name));
        check.that(is_sentence(&row.reads), || format!("permission {}: `reads` is no sentence", row.name));
        let writes = row.name.contains("Write");
        check.that(writes != row.read_only, || format!("permission {}: `read_only` contradicts its name", row.name));
        let mut names = catalog.datasets().iter().map(|one| &one.permission);
        let used = names
            .any(|one| one.application.iter().chain(&one.delegated).chain(&one.also).any(|name| *name == row.name));
        check.that(used, || format!("permission {} is needed by no dataset", row.name));
    }
    for licence in catalog.licences() {
        let known = licence
            .service_plans
            .iter()
            .all(|id| well_known::parse(id).is_some_and(|id| catalog.well_known(id).is_some()));
        check.that(known, || format!("licence {}: a service plan is not a published one", licence.id));
    }
    for row in catalog.denied_paths() {
        let whole = row.pattern.starts_with('/') && row.pattern == row.pattern.to_lowercase() && !row.why.is_empty();
        check.that(whole, || format!("deny pattern {} is malformed", row.pattern));
    }
    check.checked.extend([
        ("profiles", catalog.profiles().len()),
        ("clouds", catalog.clouds().len()),
        ("throttle limits", catalog.throttles().len()),
        ("permissions", catalog.permissions().len()),
        ("licences", catalog.licences().len()),
        ("deny patterns", catalog.denied_paths().len()),
        ("public ids", catalog.well_known_count()),
    ]);
}

pub(super) fn is_kebab(id: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    id.split('-').all(part)
}

pub(super) fn is_sentence(text: &str) -> bool {
    let end = text.ends_with('.') && !text.contains('\n');
    end && text.len() >= 10 && text.starts_with(|first: char| first.is_uppercase())
}

/// `YYYY-MM` or `YYYY-MM-DD`.
pub(super) fn is_date(text: &str) -> bool {
    let shape: String = text.chars().map(|one| if one.is_ascii_digit() { '9' } else { one }).collect();
    shape == "9999-99" || shape == "9999-99-99"
}

fn is_host(host: &str) -> bool {
    host.contains('.')
        && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
}

fn is_address(row: &Dataset) -> bool {
    let version = match row.service {
        Service::Graph => matches!(row.version.as_str(), "v1.0" | "beta"),
        Service::Arm => is_date(&row.version),
        Service::Monitor => row.version == "routed",
        Service::Office => row.version == "v1.0",
        Service::Host => row.version == "host",
        Service::Ldap => row.version == "ldap",
    };
    version && row.path.starts_with('/') && !row.path.ends_with('/') && !row.path.contains(['?', '#', ' '])
}

/// How many placeholders a path has; none when they are not `{0}`, `{1}`, … in order.
fn placeholders(path: &str) -> Option<usize> {
    let mut count = 0;
    for piece in path.split('{').skip(1) {
        if piece.split_once('}')?.0 != count.to_string() {
            return None;
        }
        count += 1;
    }
    Some(count)
}

fn page_size_holds(row: &Dataset) -> bool {
    match (row.page_size, row.page_size_max) {
        (Some(asked), Some(most)) => asked > 0 && asked <= most,
        (Some(asked), None) => asked > 0 && row.unverified.is_some(),
        (None, most) => most.is_none() && !row.page_size_by_prefer,
    }
}

fn time_holds(row: &Dataset) -> bool {
    row.time.as_ref().is_none_or(|time| {
        let operators: Vec<&str> = time.operators.iter().map(String::as_str).collect();
        let documented =
            OPERATORS.contains(&operators.as_slice()) && (!operators.is_empty() || row.unverified.is_some());
        row.group == Group::Logs && documented && time.retention_days > 0 && !time.property.is_empty()
    })
}

fn profiles_hold(catalog: &Catalog, row: &Dataset) -> bool {
    let known = row.profiles.iter().all(|id| id != super::profile::EVERYTHING && catalog.profile(id).is_some());
    let unique = row.profiles.iter().collect::<BTreeSet<_>>().len() == row.profiles.len();
    let helpful = row.helpful.iter().all(|id| row.profiles.contains(id));
    known && unique && helpful && row.profiles.is_empty() == row.needs_write()
}

fn parent_holds(catalog: &Catalog, row: &Dataset) -> bool {
    let Some(each) = &row.for_each else { return true };
    catalog.dataset(&each.dataset).is_some_and(|parent| {
        let acyclic = catalog.lineage(row).count() < catalog.datasets().len();
        let reachable =
            row.clouds.iter().all(|cloud| parent.is_in(cloud)) && (row.needs_write() || !parent.needs_write());
        let conditions = each.conditions.iter().all(|one| !one.is.is_empty() && !one.property.is_empty());
        acyclic && reachable && conditions && parent.group <= row.group && parent.service == row.service
    })
}

fn permissions_hold(catalog: &Catalog, row: &Dataset) -> bool {
    let (application, delegated) = (&row.permission.application, &row.permission.delegated);
    let find = |name: &String| catalog.permission(name);
    let offered = application.iter().all(|name| find(name).is_some_and(|one| !one.application.is_empty()))
        && delegated.iter().all(|name| find(name).is_some_and(|one| !one.delegated.is_empty()))
        && row.permission.also.iter().all(|name| find(name).is_some_and(|one| one.read_only));
    let writes = application.iter().chain(delegated).filter_map(find).any(|one| !one.read_only);
    let own = matches!(row.service, Service::Graph | Service::Arm);
    let named = if own { !delegated.is_empty() } else { delegated.is_empty() };
    offered && named && writes == row.write_permission_reason.as_deref().is_some_and(is_sentence)
}

fn references_hold(catalog: &Catalog, row: &Dataset) -> bool {
    !row.clouds.is_empty()
        && row.clouds.iter().all(|id| catalog.cloud(id).is_some())
        && row.licence.as_ref().is_none_or(|id| catalog.licence(id).is_some())
        && row.sized_like.as_ref().is_none_or(|id| catalog.dataset(id).is_some())
        && catalog.throttle(row.throttle).is_some()
        && row.resource_units > 0
}
