//! How many of everything a tenant of a given number of users has. 120 users: 25 groups, 90 devices, 25 applications,
//! 60 service principals.

use super::apps::{FIRST_PARTY, named_applications};
use super::groups::named_groups;
use super::{World, roles};

/// Managed identities in a tenant of the smallest size.
const MANAGED_IDENTITIES: u64 = 5;

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
}
