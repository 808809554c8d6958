//! Permissions that the token carries, and licences that the tenant has, against what the plan needs.

use std::collections::{BTreeMap, BTreeSet};

use super::super::places::Known;
use super::super::settings::Settings;
use super::super::sign_in::Connection;
use super::{Check, State};
use crate::catalog::{Catalog, Dataset, Service};
use crate::net::auth::Claims;

/// Permissions that contain others for reading: having one of them is enough.
const WIDER: [(&str, &[&str]); 1] = [(
    "Directory.Read.All",
    &[
        "User.Read.All",
        "Group.Read.All",
        "GroupMember.Read.All",
        "Application.Read.All",
        "Device.Read.All",
        "AdministrativeUnit.Read.All",
        "Domain.Read.All",
        "Organization.Read.All",
        "OrgContact.Read.All",
        "RoleManagement.Read.Directory",
    ],
)];
const SHOWN: usize = 4;

pub(super) fn checks(
    catalog: &'static Catalog,
    settings: &Settings,
    connection: &Connection,
    known: &Known,
) -> Vec<Check> {
    let mut checks = vec![Check::new(
        "Sign-in",
        State::Ok,
        format!("signed in with {}{}", connection.client.signed_in_by(), who(connection.claims.as_ref())),
    )];
    let rows = &settings.plan.datasets;
    match &connection.claims {
        None => checks.push(Check::new(
            "Permissions",
            State::Note,
            "the token does not say what it allows: each answer will tell",
        )),
        Some(claims) => checks.extend(permissions(rows, claims)),
    }
    if let Some(has) = &known.licences {
        checks.extend(licences(catalog, rows, has));
    }
    checks
}

fn who(claims: Option<&Claims>) -> &'static str {
    match claims {
        None => "",
        Some(claims) if claims.is_app() => ", as an application",
        Some(_) => ", as a person",
    }
}

/// Which permissions of the plan's Graph datasets the token lacks, and for which datasets.
fn permissions(rows: &[&'static Dataset], claims: &Claims) -> Vec<Check> {
    const AREA: &str = "Permissions";
    let has: BTreeSet<&str> = claims.roles.iter().map(String::as_str).chain(claims.scopes()).collect();
    let covered = |name: &str| {
        has.contains(name)
            || has.contains(name.replace(".Read.", ".ReadWrite.").as_str())
            || WIDER.iter().any(|(wide, narrow)| has.contains(wide) && narrow.contains(&name))
    };
    let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut people_only = Vec::new();
    let mut covered_rows = 0;
    for row in rows.iter().filter(|row| row.service == Service::Graph) {
        let needed = if claims.is_app() { &row.permission.application } else { &row.permission.delegated };
        if claims.is_app() && row.is_delegated_only() {
            people_only.push(row.id.as_str());
        }
        let lacks: Vec<&str> = needed.iter().map(String::as_str).filter(|name| !covered(name)).collect();
        covered_rows += usize::from(lacks.is_empty());
        for name in lacks {
            lacking.entry(name).or_default().push(&row.id);
        }
    }
    let mut checks = vec![Check::new(AREA, State::Ok, format!("the token carries what {covered_rows} datasets need"))];
    for (name, ids) in lacking {
        checks.push(Check::new(AREA, State::Lacks, format!("{name} is missing: {}", some(&ids))).with_hint(
            "grant it and let an administrator consent; `catalog permissions` lists all with the reason for each",
        ));
    }
    if !people_only.is_empty() {
        checks.push(Check::new(AREA, State::Note, format!("only a signed-in person can read: {}", some(&people_only))));
    }
    checks
}

fn licences(catalog: &'static Catalog, rows: &[&'static Dataset], has: &BTreeSet<&'static str>) -> Vec<Check> {
    const AREA: &str = "Licences";
    let mut needed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows {
        if let Some(licence) = row.licence.as_deref() {
            needed.entry(licence).or_default().push(&row.id);
        }
    }
    let checks = needed.into_iter().filter_map(|(id, ids)| {
        let licence = catalog.licence(id)?;
        // No plan is certain: the service's own answer decides.
        let unsure = licence.service_plans.is_empty();
        Some(if has.contains(id) {
            Check::new(AREA, State::Ok, licence.title.clone())
        } else if unsure {
            Check::new(
                AREA,
                State::Note,
                format!("{}: whether the tenant has it shows when it is asked", licence.title),
            )
        } else {
            Check::new(
                AREA,
                State::Note,
                format!("the tenant has no {}: the service will refuse {}", licence.title, some(&ids)),
            )
        })
    });
    checks.collect()
}

/// The first few of a list, and how many more.
fn some(ids: &[&str]) -> String {
    let shown = ids.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_token_lacks_is_named_with_what_needs_it() {
        let catalog = Catalog::embedded().unwrap();
        let rows: Vec<&'static Dataset> = ["users", "audits", "sign-ins", "diagnostic-settings"]
            .iter()
            .filter_map(|id| catalog.dataset(id))
            .collect();
        let claims: Claims = serde_json::from_str(r#"{"roles":["Directory.Read.All"],"idtyp":"app"}"#).unwrap();
        let checks = permissions(&rows, &claims);
        let lacks: Vec<&Check> = checks.iter().filter(|check| check.state == State::Lacks).collect();
        let [only] = lacks.as_slice() else { panic!("{checks:?}") };
        assert!(only.what.contains("AuditLog.Read.All is missing: audits, sign-ins"), "{}", only.what);
        let claims: Claims = serde_json::from_str(r#"{"scp":"User.Read.All AuditLog.Read.All"}"#).unwrap();
        assert!(permissions(&rows, &claims).iter().all(|check| check.state == State::Ok));
    }
}
