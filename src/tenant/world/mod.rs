//! The invented organisation "Alderwood Marine": people, groups, devices and applications.
//!
//! Takes [`Settings`], gives a [`World`], which holds three numbers and computes every object from (seed, index) in
//! constant time: a tenant of a million users costs as much memory as one of forty. Same settings, same tenant, to
//! the letter. Never reads a clock, a file or the network. Every name, number and address is invented; networks are
//! those reserved for documentation (RFC 5737, RFC 3849), application ids of Microsoft's own applications are theirs.

mod accounts;
mod apps;
mod cast;
mod counts;
mod groups;
mod id;
mod identifiers;
mod machines;
mod members;
mod names;
mod people;
mod roles;
mod sites;
pub mod stories;

pub use apps::{Application, FIRST_PARTY, MICROSOFT_TENANT, ServicePrincipal, ServicePrincipalKind};
pub use groups::{Group, GroupKind};
pub use id::{Class, cloud_sid, guid_bits, guid_of, guid_text, guid_windows_bytes, mix, mix_text};
pub use identifiers::Kept;
pub use machines::{Device, TrustType};
pub use members::Member;
pub use people::{Contact, User};
pub use roles::{ROLES, Role, RoleAssignment};
pub use sites::{DEPARTMENTS, SITES, Site};

use time::{Duration, OffsetDateTime};

/// Smallest number of users: below it the stories would lack people.
pub const USERS_MIN: u64 = 40;

/// What makes a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Another seed, another tenant: other ids, people and times.
    pub seed: u64,
    /// How many users, guests included; at least [`USERS_MIN`].
    pub users: u64,
    /// "Now": all times are relative to it.
    pub now: OffsetDateTime,
}

/// The tenant. Copy it freely.
#[derive(Debug, Clone, Copy)]
pub struct World {
    pub(super) settings: Settings,
}

/// Display name of the organisation.
pub const ORGANISATION: &str = "Alderwood Marine";
/// Primary, managed domain.
pub const DOMAIN: &str = "alderwood.example";
/// Second verified domain, federated with AD FS.
pub const FEDERATED_DOMAIN: &str = "emea.alderwood.example";
/// The domain every tenant begins with.
pub const INITIAL_DOMAIN: &str = "alderwoodmarine.onmicrosoft.com";
/// A domain whose ownership nobody proved.
pub const UNVERIFIED_DOMAIN: &str = "alderwood-crew.example";
/// DNS name of the on-premises forest.
pub const ON_PREMISES_DOMAIN: &str = "ad.alderwood.local";
/// NetBIOS name of the on-premises domain.
pub const NETBIOS_DOMAIN: &str = "ALDERWOOD";

impl World {
    /// The tenant of these settings; a number of users below [`USERS_MIN`] counts as [`USERS_MIN`].
    pub fn new(settings: Settings) -> Self {
        Self { settings: Settings { users: settings.users.max(USERS_MIN), ..settings } }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.settings.seed
    }

    /// The instant all times are relative to.
    pub fn now(&self) -> OffsetDateTime {
        self.settings.now
    }

    /// The tenant id.
    pub fn tenant_id(&self) -> String {
        self.named_id("tenant")
    }

    /// Primary domain.
    pub fn domain(&self) -> &'static str {
        DOMAIN
    }

    /// Number of users, guests included.
    pub fn user_count(&self) -> u64 {
        self.settings.users
    }

    /// The id of something that has a name of its own: policy, location, job, tenant.
    pub fn named_id(&self, name: &str) -> String {
        guid_text(guid_bits(self.seed(), Class::Named, mix_text(self.seed(), name) >> 3))
    }

    /// Story 6: id of the provisioning job of "Tidewater HR"; the tenant id is part of it.
    pub fn tidewater_job_id(&self) -> String {
        format!("scim.{}.{}", self.tenant_id().replace('-', ""), self.named_id("tidewater-job"))
    }

    /// The id of the `index`-th object of a class, lower case.
    pub fn id(&self, class: Class, index: u64) -> String {
        guid_text(guid_bits(self.seed(), class, index))
    }

    /// The index behind an id, if this tenant could have issued it for this class.
    pub fn index(&self, class: Class, id: &str) -> Option<u64> {
        id::index_of(self.seed(), class, guid_of(id)?)
    }

    /// A number that depends on the seed, a purpose and an index, and on nothing else.
    pub fn draw(&self, purpose: &str, index: u64) -> u64 {
        mix(mix_text(self.seed(), purpose), index)
    }

    /// An instant between `days_least` and `days_most` (exclusive) before now, whole seconds.
    pub fn past(&self, purpose: &str, index: u64, days_least: u64, days_most: u64) -> OffsetDateTime {
        let span_s = days_most.saturating_sub(days_least).max(1) * 86_400;
        let age_s = days_least * 86_400 + self.draw(purpose, index) % span_s;
        self.ago_s(age_s)
    }

    /// The instant `age_s` seconds before now; the epoch where that does not exist.
    pub fn ago_s(&self, age_s: u64) -> OffsetDateTime {
        let age = Duration::seconds(i64::try_from(age_s).unwrap_or(i64::MAX));
        self.settings.now.checked_sub(age).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The on-premises security identifier with this relative id.
    pub fn on_premises_sid(&self, rid: u64) -> String {
        let part = |n| self.draw("domain-sid", n) % 4_000_000_000 + 100_000_000;
        format!("S-1-5-21-{}-{}-{}-{rid}", part(0), part(1), part(2))
    }
}

/// `2026-09-01T12:00:00Z`: whole seconds, UTC, as Graph writes them.
pub fn stamp(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (date, clock) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    )
}

#[cfg(test)]
mod tests;
