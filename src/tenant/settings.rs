//! What a tenant is made of and how its server behaves: sizes, seed, limits, licence.
//!
//! Gives [`TenantSettings`]; the defaults are those of `collect --demo` (no limits, no latency).

use std::str::FromStr;

use time::OffsetDateTime;

use super::faults::FaultPlan;
use super::hub::HubSettings;
use super::logs::CONTENT_TYPES;
use crate::catalog::routes;

/// Size and behaviour of one embedded tenant. The same seed and sizes give the same identifiers at any time.
#[derive(Debug, Clone)]
pub struct TenantSettings {
    /// Users of the tenant; everything else in the directory follows from it.
    pub users: u64,
    /// Sign-ins of each of the four kinds.
    pub sign_ins: u64,
    /// Directory audits.
    pub audits: u64,
    /// Chooses the tenant: all identifiers follow from it.
    pub seed: u64,
    /// The logs span the six days before this instant and end one hour before it.
    pub now: OffsetDateTime,
    /// Throttling.
    pub limits: Limits,
    /// Delay of each request, milliseconds.
    pub latency_ms: u64,
    /// Licence of the tenant: without P1 or P2 premium reports are refused.
    pub licence: Licence,
    /// Permissions that the token lacks, for example `AuditLog.Read.All`.
    pub denied: Vec<String>,
    /// Compress replies when the client accepts it.
    pub gzip: bool,
    /// Lifetime of an access token, seconds.
    pub token_lifetime_s: u64,
    /// Records of a page at most, below what the endpoint allows: a small tenant with many pages.
    pub page_max: Option<u64>,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// Where the diagnostic settings send which categories.
    pub routing: Routing,
    /// Content types of Microsoft 365 activity that somebody has subscribed to.
    pub subscriptions: Vec<&'static str>,
    /// How the event hub behaves.
    pub hub: HubSettings,
}

/// Which categories the diagnostic settings send where, in Azure's spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// To the Log Analytics workspace.
    pub workspace: Vec<&'static str>,
    /// To the storage account.
    pub storage: Vec<&'static str>,
    /// To the event hub, all in one.
    pub hub: Vec<&'static str>,
}

impl Routing {
    /// What the demo shows: every destination has something that the others lack.
    pub fn demo() -> Self {
        let all = || routes().iter().map(|route| route.category.as_str());
        let without = |left_out: &[&str]| all().filter(|category| !left_out.contains(category)).collect();
        Self {
            workspace: without(&["ADFSSignInLogs", "EnrichedOffice365AuditLogs"]),
            storage: vec!["AuditLogs", "SignInLogs", "ADFSSignInLogs"],
            hub: vec!["EnrichedOffice365AuditLogs"],
        }
    }

    /// Everything everywhere.
    pub fn everything() -> Self {
        let all: Vec<&'static str> = routes().iter().map(|route| route.category.as_str()).collect();
        Self { workspace: all.clone(), storage: all.clone(), hub: all }
    }

    /// The content types of Microsoft 365 activity that go with it: a tenant that keeps nothing keeps none of these.
    pub fn subscriptions(&self) -> Vec<&'static str> {
        if *self == Self::nothing() { Vec::new() } else { CONTENT_TYPES.to_vec() }
    }

    /// Nothing anywhere.
    pub fn nothing() -> Self {
        Self { workspace: Vec::new(), storage: Vec::new(), hub: Vec::new() }
    }
}

/// A `--routing` value is unknown.
#[derive(Debug, thiserror::Error)]
#[error("routing is `demo`, `all`, `none`, or everything to one destination: `workspace`, `storage`, `event-hub`")]
pub struct BadRouting;

impl FromStr for Routing {
    type Err = BadRouting;

    fn from_str(text: &str) -> Result<Self, BadRouting> {
        match text {
            "demo" => Ok(Self::demo()),
            "all" => Ok(Self::everything()),
            "none" => Ok(Self::nothing()),
            "workspace" => Ok(Self { workspace: Self::everything().workspace, ..Self::nothing() }),
            "storage" => Ok(Self { storage: Self::everything().storage, ..Self::nothing() }),
            "event-hub" => Ok(Self { hub: Self::everything().hub, ..Self::nothing() }),
            _ => Err(BadRouting),
        }
    }
}

impl TenantSettings {
    /// The demo tenant as of `now`.
    pub fn demo(now: OffsetDateTime) -> Self {
        Self {
            users: 120,
            sign_ins: 1_500,
            audits: 800,
            seed: 1,
            now,
            limits: Limits::Off,
            latency_ms: 0,
            licence: Licence::P2,
            denied: Vec::new(),
            gzip: true,
            token_lifetime_s: 3_599,
            page_max: None,
            faults: FaultPlan::default(),
            routing: Routing::demo(),
            subscriptions: Routing::demo().subscriptions(),
            hub: HubSettings::default(),
        }
    }
}

/// Which throttling limits the server enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// As published: reports 5 requests in 10 s, identity 1 a second, directory resource units.
    Published,
    /// None.
    Off,
    /// The published limits times this number.
    Scaled(u32),
}

/// A `--limits` value is none of `published`, `off`, `scaled:N`.
#[derive(Debug, thiserror::Error)]
#[error("limits are `published`, `off` or `scaled:N` with N from 1")]
pub struct BadLimits;

impl FromStr for Limits {
    type Err = BadLimits;

    fn from_str(text: &str) -> Result<Self, BadLimits> {
        match text {
            "published" => Ok(Self::Published),
            "off" => Ok(Self::Off),
            _ => match text.strip_prefix("scaled:").and_then(|times| times.parse().ok()) {
                Some(times) if times > 0 => Ok(Self::Scaled(times)),
                _ => Err(BadLimits),
            },
        }
    }
}

/// The tenant's Microsoft Entra ID licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Licence {
    /// No premium reports, audit logs of 7 days.
    Free,
    /// Sign-in logs, provisioning logs, registration reports.
    P1,
    /// Everything.
    P2,
}

/// A `--licence` value is none of `free`, `p1`, `p2`.
#[derive(Debug, thiserror::Error)]
#[error("a licence is `free`, `p1` or `p2`")]
pub struct BadLicence;

impl FromStr for Licence {
    type Err = BadLicence;

    fn from_str(text: &str) -> Result<Self, BadLicence> {
        match text {
            "free" => Ok(Self::Free),
            "p1" => Ok(Self::P1),
            "p2" => Ok(Self::P2),
            _ => Err(BadLicence),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_licences_are_read_and_nonsense_is_refused() {
        assert_eq!("scaled:20".parse::<Limits>().unwrap(), Limits::Scaled(20));
        assert_eq!("published".parse::<Limits>().unwrap(), Limits::Published);
        for wrong in ["", "scaled:", "scaled:0", "on"] {
            assert!(wrong.parse::<Limits>().is_err());
        }
        assert!(Licence::Free < "p1".parse().unwrap());
        assert!("p3".parse::<Licence>().is_err());
    }
}
