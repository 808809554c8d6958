//! The planted stories of the on-premises side: who takes part, and the ids of the findings that must come of it.
//!
//! Indices are those of [`World::user`](crate::tenant::world::World::user). [`Health::Sound`](super::Health::Sound) has
//! none of them.

pub use crate::tenant::world::stories::{CONFLICT_ADDRESS, CONFLICT_OWNER, CONFLICT_USER};

/// Its UPN on premises ends in the name of the forest, which nobody can verify in the tenant.
pub const NON_ROUTABLE: u64 = 26;
/// Synchronised, says the cloud; no longer in Active Directory.
pub const CLOUD_ONLY: u64 = 28;
/// Was moved from another forest: mS-DS-ConsistencyGuid is not its objectGUID.
pub const MIGRATED: u64 = 19;
/// A second account in Active Directory has the same mS-DS-ConsistencyGuid.
pub const CLONED: u64 = 20;

/// Somebody who is in Active Directory only: given name, family name, account name.
pub const STRANDED: (&str, &str, &str) = ("Ailsa", "Craigmore", "acraigmore");
/// The export of this one ends in InvalidSoftMatch; it is in Active Directory only as well.
pub const UNMATCHED: (&str, &str, &str) = ("Bryn", "Tolland", "btolland");
/// Account name of the clone.
pub const CLONE_ACCOUNT: &str = "kmensah-old";

/// How long ago the heartbeats of the second connector stopped and came back, seconds.
pub const HEARTBEAT_GAP_S: (u64, u64) = (9 * 3_600, 5 * 3_600);
/// Days until the token-signing certificate ends.
pub const SIGNING_DAYS_LEFT: u64 = 9;
/// How far the server's clock is ahead, seconds.
pub const CLOCK_SKEW_S: i64 = 412;
/// The error code of the failed join.
pub const JOIN_ERROR: &str = "0x801c03f2";

/// Ids of the findings (`catalog/findings.toml`) that the stories must lead to.
pub const FINDINGS: [&str; 15] = [
    "attribute-not-unique",
    "invalid-soft-match",
    "duplicate-address",
    "non-routable-upn",
    "only-in-active-directory",
    "only-in-cloud",
    "consistency-guid-differs",
    "consistency-guid-duplicate",
    "password-sync-heartbeat",
    "scheduler-off",
    "device-join-failed",
    "adfs-certificate-expires",
    "tls-dotnet-off",
    "proxy-authentication",
    "clock-skew",
];
