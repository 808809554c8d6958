//! What each path of Graph allows: page sizes, options, throttling, permission, licence.
//!
//! One row a path, first match wins; `{}` stands for one key, a trailing `*` for the rest. Sources: the API pages
//! named in microsoft-graph-docs (`user-list`, `signin-list`, …), `graph/paging`, `graph/throttling-limits`.

use super::super::settings::Licence;
use super::throttle::Class;
use crate::catalog::Throttle;

/// How a list is cut into pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    /// By `$top`; above the maximum is refused.
    Refused,
    /// By `$top`; above the maximum counts as the maximum.
    Clamped,
    /// Only when `$top` was asked for; otherwise one page and no more (provisioning logs).
    NeedsTop,
    /// `Prefer: odata.maxpagesize`, continued by `$skip` (service announcements).
    Prefer,
    /// Everything at once; `$top` is refused.
    Never,
}

/// The rules of one path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Set {
    pattern: &'static str,
    /// How pages are cut.
    pub(crate) paging: Paging,
    /// Records of a page that nobody sized.
    pub(crate) page_default: u64,
    /// Records of a page at most.
    pub(crate) page_max: u64,
    /// Budget of a request.
    pub(crate) budget: Class,
    /// Resource units of a plain request.
    pub(crate) units: u64,
    /// Least permission.
    pub(crate) permission: &'static str,
    /// Least licence.
    pub(crate) licence: Licence,
    /// `$count` needs `ConsistencyLevel: eventual` (directory objects).
    pub(crate) is_eventual: bool,
}

const fn row(pattern: &'static str, permission: &'static str, budget: Class) -> Set {
    Set {
        pattern,
        paging: Paging::Refused,
        page_default: 100,
        page_max: 999,
        budget,
        units: 1,
        permission,
        licence: Licence::Free,
        is_eventual: false,
    }
}

const fn directory(pattern: &'static str, permission: &'static str, units: u64) -> Set {
    Set { units, is_eventual: true, ..row(pattern, permission, Some(Throttle::Directory)) }
}

const fn policy(pattern: &'static str, permission: &'static str) -> Set {
    row(pattern, permission, Some(Throttle::Directory))
}

const fn whole(pattern: &'static str, permission: &'static str, units: u64) -> Set {
    Set { paging: Paging::Never, units, ..row(pattern, permission, Some(Throttle::Directory)) }
}

const fn report(pattern: &'static str, permission: &'static str, page: u64, licence: Licence) -> Set {
    Set {
        paging: Paging::Clamped,
        page_default: page,
        page_max: page,
        licence,
        ..row(pattern, permission, Some(Throttle::Reports))
    }
}

const fn risk(pattern: &'static str, permission: &'static str) -> Set {
    Set { page_default: 20, page_max: 500, licence: Licence::P1, ..row(pattern, permission, Some(Throttle::Identity)) }
}

const fn traffic(pattern: &'static str, page_default: u64) -> Set {
    let plain = row(pattern, "NetworkAccess-Reports.Read.All", None);
    Set { paging: Paging::Clamped, page_default, page_max: 1_000, ..plain }
}

const fn announcement(pattern: &'static str, permission: &'static str) -> Set {
    Set { paging: Paging::Prefer, page_max: 1_000, ..row(pattern, permission, None) }
}

static SETS: [Set; 40] = [
    report("/auditLogs/directoryAudits*", "AuditLog.Read.All", 1_000, Licence::Free),
    report("/auditLogs/signIns*", "AuditLog.Read.All", 1_000, Licence::P1),
    report("/auditLogs/customSecurityAttributeAudits*", "CustomSecAttributeAuditLogs.Read.All", 100, Licence::Free),
    Set {
        paging: Paging::NeedsTop,
        page_default: 100,
        ..report("/auditLogs/provisioning*", "ProvisioningLog.Read.All", 1_000, Licence::P1)
    },
    report("/reports/*", "AuditLog.Read.All", 999, Licence::P1),
    risk("/identityProtection/riskyUsers*", "IdentityRiskyUser.Read.All"),
    risk("/identityProtection/riskyServicePrincipals*", "IdentityRiskyServicePrincipal.Read.All"),
    risk("/identityProtection/*", "IdentityRiskEvent.Read.All"),
    traffic("/networkAccess/logs/traffic*", 1_000),
    traffic("/networkAccess/*", 100),
    row("/identity/conditionalAccess/*", "Policy.Read.All", Some(Throttle::Identity)),
    directory("/users/{}/authentication/*", "UserAuthenticationMethod.Read.All", 1),
    directory("/users*", "User.Read.All", 2),
    directory("/groups/{}/transitiveMembers*", "GroupMember.Read.All", 5),
    directory("/groups/{}/members*", "GroupMember.Read.All", 3),
    directory("/groups*", "Group.Read.All", 1),
    directory("/devices*", "Device.Read.All", 1),
    directory("/applications*", "Application.Read.All", 2),
    directory("/servicePrincipals/{}/synchronization/*", "Synchronization.Read.All", 1),
    directory("/servicePrincipals*", "Application.Read.All", 2),
    directory("/contacts*", "OrgContact.Read.All", 1),
    directory("/oauth2PermissionGrants*", "Directory.Read.All", 2),
    directory("/directory/administrativeUnits*", "AdministrativeUnit.Read.All", 1),
    directory("/directory/deletedItems/*", "Directory.Read.All", 1),
    policy("/directory/onPremisesSynchronization*", "OnPremDirectorySynchronization.Read.All"),
    policy("/directory/customSecurityAttributeDefinitions*", "CustomSecAttributeDefinition.Read.All"),
    policy("/directory/attributeSets*", "CustomSecAttributeDefinition.Read.All"),
    policy("/directory/*", "Directory.Read.All"),
    whole("/directoryRoles*", "RoleManagement.Read.Directory", 1),
    whole("/directoryRoleTemplates*", "RoleManagement.Read.Directory", 1),
    whole("/subscribedSkus*", "LicenseAssignment.Read.All", 3),
    whole("/organization*", "Organization.Read.All", 1),
    whole("/domains*", "Domain.Read.All", 1),
    policy("/roleManagement/*", "RoleManagement.Read.Directory"),
    announcement("/admin/serviceAnnouncement/messages*", "ServiceMessage.Read.All"),
    announcement("/admin/serviceAnnouncement/*", "ServiceHealth.Read.All"),
    policy("/policies/authenticationMethodsPolicy*", "Policy.Read.AuthenticationMethod"),
    policy("/policies/deviceRegistrationPolicy*", "Policy.Read.DeviceConfiguration"),
    policy("/policies/*", "Policy.Read.All"),
    row("*", "Directory.Read.All", None),
];

/// The rules of `path` (without version, decoded).
pub(crate) fn of(path: &str) -> &'static Set {
    static LAST: Set = row("*", "Directory.Read.All", None);
    SETS.iter().find(|set| matches(set.pattern, path)).unwrap_or(&LAST)
}

/// The rules of Azure Resource Manager.
pub(crate) fn arm() -> &'static Set {
    static ARM: Set = Set { paging: Paging::Clamped, ..row("*", "Microsoft.AADIAM/diagnosticSettings/read", None) };
    &ARM
}

fn matches(pattern: &str, path: &str) -> bool {
    if let Some(head) = pattern.strip_suffix('*') {
        if !head.contains('{') {
            return starts_with(path, head);
        }
        let steps = head.trim_end_matches('/').split('/').count();
        let cut: String = path.split('/').take(steps).collect::<Vec<_>>().join("/");
        return matches(head.trim_end_matches('/'), &cut);
    }
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some("{}"), Some(_)) => {}
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => {}
            _ => return false,
        }
    }
}

/// A head that names a whole path also matches what lies below it, and nothing else that merely begins alike.
fn starts_with(path: &str, head: &str) -> bool {
    path.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
        && (head.is_empty()
            || head.ends_with('/')
            || path.get(head.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_page_sizes() {
        let sizes = |path| (of(path).page_default, of(path).page_max);
        assert_eq!(sizes("/users"), (100, 999));
        assert_eq!(sizes("/auditLogs/signIns"), (1_000, 1_000));
        assert_eq!(sizes("/auditLogs/customSecurityAttributeAudits"), (100, 100));
        assert_eq!(sizes("/identityProtection/riskDetections"), (20, 500));
        assert_eq!(sizes("/identityProtection/riskyUsers/x/history"), (20, 500));
        assert_eq!(of("/directoryRoles/x/members").paging, Paging::Never);
        assert_eq!(of("/auditLogs/provisioning").paging, Paging::NeedsTop);
    }

    #[test]
    fn units_and_permissions_follow_the_path() {
        assert_eq!(of("/groups/g/members").units, 3);
        assert_eq!(of("/groups/g").units, 1);
        assert_eq!(of("/users/u/authentication/methods").permission, "UserAuthenticationMethod.Read.All");
        assert_eq!(of("/servicePrincipals/s/synchronization/jobs").permission, "Synchronization.Read.All");
        assert_eq!(of("/directoryRoleTemplates").permission, "RoleManagement.Read.Directory");
        assert_eq!(of("/nothing").budget, None);
    }

    #[test]
    fn every_row_can_be_reached() {
        for (place, set) in SETS.iter().enumerate() {
            let path = set.pattern.replace("{}", "k").replace("/*", "/k").replace('*', "");
            let found = SETS.iter().position(|other| matches(other.pattern, &path));
            assert_eq!(found, Some(place), "{}", set.pattern);
        }
    }
}
