//! The eight planted stories: who and what takes part. Logs and documents read the same constants.
//!
//! All numbers are indices into [`World`](super::World): `world.user(RISKY_USER)`, `world.group(FIELD_CREW_GROUP)`.
//! They stand below the smallest size of a world, so that every tenant tells all stories.

use std::ops::Range;

/// Global administrator; made most of the configuration and appears in audits.
pub const ADMIN: u64 = 0;
/// Helpdesk: resets passwords, works from two sites.
pub const HELPDESK: u64 = 1;
/// The directory synchronisation account of Entra Connect (`Sync_HOST_…`).
pub const SYNC_ACCOUNT: u64 = 2;
/// Emergency access account, cloud only, excluded from policies.
pub const BREAK_GLASS: u64 = 3;

/// Story 1: the policy "Block legacy sign-in for Field Crew" (name of its id: `POLICY_BLOCK_FIELD`) blocks the group
/// "Field Crew" (error 53003).
pub const FIELD_CREW_GROUP: u64 = 0;
/// Story 1: users who are blocked (members of the group).
pub const FIELD_CREW: Range<u64> = 4..10;
/// Story 1: `world.named_id(POLICY_BLOCK_FIELD)` is the policy's id.
pub const POLICY_BLOCK_FIELD: &str = "ca-block-field-crew";
/// Story 1: its display name.
pub const POLICY_BLOCK_FIELD_NAME: &str = "Block legacy sign-in for Field Crew";
/// A policy that applies with success to all users: `world.named_id(POLICY_REQUIRE_MFA)`.
pub const POLICY_REQUIRE_MFA: &str = "ca-require-mfa";
/// Its display name.
pub const POLICY_REQUIRE_MFA_NAME: &str = "Require multifactor authentication for all users";
/// A report-only policy: compliant devices.
pub const POLICY_COMPLIANT_DEVICE: &str = "ca-compliant-device";
/// Its display name.
pub const POLICY_COMPLIANT_DEVICE_NAME: &str = "Compliant device for finance apps";

/// Story 2: application (and service principal of the same app) whose client secret has expired (7000222).
pub const HARBOR_PAYROLL_APP: u64 = 0;
/// Story 2: `world.named_id(EXPIRED_SECRET)` is the key id of the expired secret.
pub const EXPIRED_SECRET: &str = "harbor-payroll-secret";

/// Story 3: its proxy address is already taken by [`CONFLICT_OWNER`] (PropertyConflict).
pub const CONFLICT_USER: u64 = 10;
/// Story 3: who holds the address.
pub const CONFLICT_OWNER: u64 = 11;

/// Story 3: the address; `smtp:` in front of it in the directory.
pub const CONFLICT_ADDRESS: &str = "j.smith@alderwood.example";

/// Story 4: a password spray (50126) from one network …
pub const SPRAY_NETWORK: [u8; 3] = [198, 51, 100];
/// Story 4: … over these users, …
pub const SPRAY_TARGETS: Range<u64> = 4..40;
/// Story 4: … one of whom then signs in.
pub const SPRAY_VICTIM: u64 = 14;

/// Story 5: device that was deleted in Entra while the client still presents it. It is in `deletedItems`, not in
/// `/devices`: use [`World::lost_device`](super::World::lost_device).
pub const LOST_DEVICE_OWNER: u64 = 15;

/// Story 6: application "Tidewater HR", whose provisioning job is in quarantine.
pub const TIDEWATER_APP: u64 = 1;
/// Story 6: error code of the quarantine.
pub const QUARANTINE_CODE: &str = "EncounteredQuarantineException";
/// Story 6: users whose provisioning keeps failing.
pub const TIDEWATER_FAILING: Range<u64> = 16..20;

/// Story 7: risky user, `atRisk`, `high`. The same person as the spray's victim.
pub const RISKY_USER: u64 = SPRAY_VICTIM;
/// Story 7: a second one, `remediated`.
pub const REMEDIATED_USER: u64 = 20;

/// Story 8: guest in `PendingAcceptance` who cannot redeem the invitation (50020).
pub const PENDING_GUEST: u64 = 21;
/// A guest who works normally.
pub const ACTIVE_GUEST: u64 = 22;
