//! How many of everything a tenant of a given number of users has. 120 users: 25 groups, 90 devices, 25 applications,
//! 60 service principals.

use super::apps::{FIRST_PARTY, named_applications};
use super::groups::named_groups;
use super::{World, roles};

/// Managed identities in a tenant of the smallest size.
const MANAGED_IDENTITIES: u64 = 5;
/// Three verified domains and one that is not.
const DOMAINS: u64 = 4;
/// Administrative units.
const ADMINISTRATIVE_UNITS: u64 = 3;

impl World {
    fn users_above(&self, base: u64) -> u64 {
        self.user_count().saturating_sub(base)
    }

    /// Number of groups: one more for every 50 users above 120.
    pub fn group_count(&self) -> u64 {
        named_groups() + self.users_above(120) / 50
    }

    /// Number of devices: three for every four users.
    pub fn device_count(&self) -> u64 {
        self.user_count() * 3 / 4
    }

    /// Number of applications: one more for every 500 users above 120.
    pub fn application_count(&self) -> u64 {
        named_applications() + self.users_above(120) / 500
    }

    /// Number of service principals: Microsoft's, the tenant's own, managed identities.
    pub fn service_principal_count(&self) -> u64 {
        FIRST_PARTY.len() as u64 + self.application_count() + self.managed_identity_count()
    }

    /// Number of managed identities: one more for every 5,000 users.
    pub fn managed_identity_count(&self) -> u64 {
        MANAGED_IDENTITIES + self.user_count() / 5_000
    }

    /// Number of organisational contacts.
    pub fn contact_count(&self) -> u64 {
        8 + self.user_count() / 250
    }

    /// Number of soft-deleted users.
    pub fn deleted_user_count(&self) -> u64 {
        4 + self.user_count() / 500
    }

    /// Number of active role assignments.
    pub fn role_assignment_count(&self) -> u64 {
        roles::assignment_count()
    }

    /// Number of members of all groups together.
    pub fn group_member_count(&self) -> u64 {
        (0..self.group_count()).map(|index| self.group(index).member_count()).sum()
    }

    /// Number of records of one of the sixteen object datasets; `None` for other ids
    /// ([`documents::count`](crate::tenant::documents::count) knows the rest).
    pub fn count(&self, dataset: &str) -> Option<u64> {
        Some(match dataset {
            "organization" => 1,
            "users" => self.user_count(),
            "groups" => self.group_count(),
            "group-members" => self.group_member_count(),
            "devices" | "device-owners" => self.device_count(),
            "applications" => self.application_count(),
            "service-principals" => self.service_principal_count(),
            "directory-roles" | "role-definitions" => roles::ROLES.len() as u64,
            "role-assignments" => self.role_assignment_count(),
            "administrative-units" => ADMINISTRATIVE_UNITS,
            "domains" => DOMAINS,
            "deleted-users" => self.deleted_user_count(),
            "oauth2-permission-grants" => self.application_count() * 2,
            "contacts" => self.contact_count(),
            _ => return None,
        })
    }
}
