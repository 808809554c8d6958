//! The tenant's logs, computed record by record: nothing is ever held.
//!
//! Takes (seed, log, index), gives the record's JSON; a window of time is a range of indices (`timeline`). Shapes:
//! graph/api/resources (`signIn`, `directoryAudit`, `provisioningObjectSummary`, `riskDetection`, …). Identifiers
//! follow from seed and index only, never from the clock.

mod actors;
mod addresses;
mod agents;
mod audits;
mod counts;
mod enriched;
mod federation;
mod ink;
mod microsoft365;
mod network;
mod provisioning;
mod requests;
mod risk;
mod sign_ins;
mod timeline;
mod truth;

pub use sign_ins::Kind;
pub use truth::truth;

pub(crate) use actors::Actors;
pub(crate) use ink::Ink;
pub(crate) use microsoft365::{CONTENT_TYPES, Microsoft365};

use std::ops::Range;

use serde_json::Value;

use super::TenantSettings;
use super::instant::{self, Ticks};
use super::world::{Class, Settings, World, guid_bits, guid_of, mix};
use sign_ins::Stage;
use timeline::Timeline;

/// A log, or a list of risky principals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the service")]
pub enum Log {
    SignIns(Kind),
    Audits,
    AttributeAudits,
    Provisioning,
    RiskyUsers,
    RiskDetections,
    RiskyServicePrincipals,
    ServicePrincipalRiskDetections,
    Traffic,
    RemoteNetworks,
    FederationSignIns,
    GraphActivity,
    EnrichedAudits,
}

pub(crate) const AUDITS: u64 = 4;
pub(crate) const ATTRIBUTE_AUDITS: u64 = 5;

impl Log {
    /// All logs, in the order of `Log::number`.
    pub const ALL: [Self; 16] = [
        Self::SignIns(Kind::Interactive),
        Self::SignIns(Kind::NonInteractive),
        Self::SignIns(Kind::ServicePrincipal),
        Self::SignIns(Kind::ManagedIdentity),
        Self::Audits,
        Self::AttributeAudits,
        Self::Provisioning,
        Self::RiskyUsers,
        Self::RiskDetections,
        Self::RiskyServicePrincipals,
        Self::ServicePrincipalRiskDetections,
        Self::Traffic,
        Self::RemoteNetworks,
        Self::FederationSignIns,
        Self::GraphActivity,
        Self::EnrichedAudits,
    ];

    fn number(self) -> u64 {
        Self::ALL.iter().position(|&log| log == self).unwrap_or(0) as u64
    }

    /// Dataset id.
    pub fn dataset(self) -> &'static str {
        match self {
            Self::SignIns(Kind::Interactive) => "sign-ins",
            Self::SignIns(Kind::NonInteractive) => "sign-ins-noninteractive",
            Self::SignIns(Kind::ServicePrincipal) => "sign-ins-service-principal",
            Self::SignIns(Kind::ManagedIdentity) => "sign-ins-managed-identity",
            Self::Audits => "audits",
            Self::AttributeAudits => "custom-security-attribute-audits",
            Self::Provisioning => "provisioning",
            Self::RiskyUsers => "risky-users",
            Self::RiskDetections => "user-risk-events",
            Self::RiskyServicePrincipals => "risky-service-principals",
            Self::ServicePrincipalRiskDetections => "service-principal-risk-events",
            Self::Traffic => "network-access-traffic",
            Self::RemoteNetworks => "remote-network-health",
            Self::FederationSignIns => "adfs-sign-ins",
            Self::GraphActivity => "graph-activity",
            Self::EnrichedAudits => "enriched-microsoft365-audits",
        }
    }

    /// Path of its collection; none: Azure Monitor alone has it.
    pub fn path(self) -> Option<&'static str> {
        Some(match self {
            Self::SignIns(_) => "/auditLogs/signIns",
            Self::Audits => "/auditLogs/directoryAudits",
            Self::AttributeAudits => "/auditLogs/customSecurityAttributeAudits",
            Self::Provisioning => "/auditLogs/provisioning",
            Self::RiskyUsers => "/identityProtection/riskyUsers",
            Self::RiskDetections => "/identityProtection/riskDetections",
            Self::RiskyServicePrincipals => "/identityProtection/riskyServicePrincipals",
            Self::ServicePrincipalRiskDetections => "/identityProtection/servicePrincipalRiskDetections",
            Self::Traffic => "/networkAccess/logs/traffic",
            Self::RemoteNetworks => "/networkAccess/logs/remoteNetworks",
            Self::FederationSignIns | Self::GraphActivity | Self::EnrichedAudits => return None,
        })
    }

    /// The property that identifies a record.
    pub fn id_property(self) -> &'static str {
        match self {
            Self::Traffic => "transactionId",
            Self::GraphActivity => "requestId",
            _ => "id",
        }
    }

    /// The property that time filters compare.
    pub fn time_property(self) -> &'static str {
        match self {
            Self::SignIns(_) | Self::Traffic | Self::RemoteNetworks | Self::FederationSignIns => "createdDateTime",
            Self::GraphActivity => "timeGenerated",
            Self::EnrichedAudits => "creationTime",
            Self::Audits | Self::AttributeAudits | Self::Provisioning => "activityDateTime",
            Self::RiskDetections | Self::ServicePrincipalRiskDetections => "detectedDateTime",
            Self::RiskyUsers | Self::RiskyServicePrincipals => "riskLastUpdatedDateTime",
        }
    }

    /// Whether only `beta` has it.
    pub fn is_beta_only(self) -> bool {
        matches!(self, Self::AttributeAudits | Self::Traffic | Self::RemoteNetworks)
    }
}

/// The logs of one tenant.
#[derive(Debug)]
pub struct Logs {
    stage: Stage,
    timelines: [Timeline; 16],
    microsoft365: Microsoft365,
}

/// The world of these settings.
pub(crate) fn world_of(settings: &TenantSettings) -> World {
    World::new(Settings { seed: settings.seed, users: settings.users, now: settings.now })
}

impl Logs {
    /// The logs of these settings.
    pub fn new(settings: &TenantSettings) -> Self {
        let world = world_of(settings);
        let now = instant::ticks(settings.now);
        let counts = Log::ALL.map(|log| count(log, settings, &world));
        let mut timelines = [Timeline::new(now, 0, 0); 16];
        for ((timeline, count), number) in timelines.iter_mut().zip(counts).zip(0..) {
            *timeline = Timeline::new(now, count, mix(settings.seed, number));
        }
        let microsoft365 = Microsoft365::new(world, settings);
        Self { stage: Stage::new(world), timelines, microsoft365 }
    }

    /// The world that the logs are about.
    pub fn world(&self) -> &World {
        &self.stage.world
    }

    fn timeline(&self, log: Log) -> &Timeline {
        let [first, ..] = &self.timelines;
        self.timelines.get(log.number() as usize).unwrap_or(first)
    }

    /// What its people do in Microsoft 365.
    pub(crate) fn microsoft365(&self) -> &Microsoft365 {
        &self.microsoft365
    }

    /// Number of records.
    pub fn count(&self, log: Log) -> u64 {
        self.timeline(log).count()
    }

    /// The instant of a record.
    pub(crate) fn at(&self, log: Log, index: u64) -> Ticks {
        self.timeline(log).at(index)
    }

    /// The records of a closed window.
    pub(crate) fn within(&self, log: Log, lower: Ticks, upper: Ticks) -> Range<u64> {
        self.timeline(log).within(lower, upper)
    }

    /// Appends the record with this index.
    pub(crate) fn write(&self, actors: &mut Actors, log: Log, is_beta: bool, index: u64, out: &mut Vec<u8>) {
        let (world, at) = (&self.stage.world, self.at(log, index));
        match log {
            Log::SignIns(kind) => sign_ins::write(&self.stage, actors, self.timeline(log), (kind, is_beta), index, out),
            Log::Audits => audits::write(world, at, index, out),
            Log::AttributeAudits => audits::write_attribute_audit(world, at, index, out),
            Log::Provisioning => provisioning::write(world, at, index, out),
            Log::RiskyUsers => risk::write_user(world, at, index, out),
            Log::RiskDetections => risk::write_detection(world, at, index, out),
            Log::RiskyServicePrincipals => risk::write_service_principal(world, at, index, out),
            Log::ServicePrincipalRiskDetections => risk::write_service_principal_detection(world, at, index, out),
            Log::Traffic => network::write_traffic(world, at, index, out),
            Log::RemoteNetworks => network::write_health(world, at, index, out),
            Log::FederationSignIns => federation::write(self, actors, index, out),
            Log::GraphActivity => requests::write(self, actors, index, out),
            Log::EnrichedAudits => enriched::write(self, actors, index, out),
        }
    }

    /// The index of the record with this id, if the log has it.
    pub(crate) fn find(&self, log: Log, id: &str) -> Option<u64> {
        let world = &self.stage.world;
        let index = match log {
            Log::RiskyUsers => (0..self.count(log)).find(|&index| risk::risky_user_id(world, index) == id),
            Log::RiskyServicePrincipals => {
                (0..self.count(log)).find(|&index| risk::risky_service_principal_id(world, index) == id)
            }
            Log::RiskDetections | Log::ServicePrincipalRiskDetections => risk::find(world.seed(), log.number(), id),
            _ => {
                let guid = id.split('_').find(|part| part.len() == 36).unwrap_or(id);
                let number = world.index(Class::Event, guid).filter(|_| guid_of(guid).is_some())?;
                (number >> 48 == log.number() + 1).then_some(number & 0xFFFF_FFFF_FFFF)
            }
        };
        index.filter(|&index| index < self.count(log))
    }
}

/// How many records a log has.
fn count(log: Log, settings: &TenantSettings, world: &World) -> u64 {
    match log {
        Log::SignIns(_) => settings.sign_ins,
        Log::Audits => settings.audits,
        Log::AttributeAudits => 24 + settings.audits / 20,
        Log::Provisioning => 60 + settings.audits / 4,
        Log::RiskyUsers => risk::risky_user_count(world),
        Log::RiskDetections => risk::DETECTIONS_EACH * risk::risky_user_count(world),
        Log::RiskyServicePrincipals => 2,
        Log::ServicePrincipalRiskDetections => 4,
        Log::Traffic => 100 + settings.audits / 2,
        Log::RemoteNetworks => 288,
        Log::FederationSignIns => 40 + settings.sign_ins / 10,
        Log::GraphActivity => settings.sign_ins,
        Log::EnrichedAudits => 50 + settings.audits / 2,
    }
}

/// The history of a risky principal, newest first.
pub(crate) fn history(logs: &Logs, log: Log, index: u64) -> Vec<Value> {
    let (world, at) = (logs.world(), logs.at(log, index));
    if log == Log::RiskyUsers {
        risk::user_history(world, at, index)
    } else {
        risk::service_principal_history(world, at, index)
    }
}

/// The `request-id` of the n-th request to a server.
pub(crate) fn guid_of_request(seed: u64, number: u64) -> String {
    guid_text(loose_guid(seed ^ 0x4E91, number))
}

/// A number for record `index` of log `log` that no other record has.
pub(crate) fn event_number(log: u64, index: u64) -> u64 {
    (log + 1) << 48 | index & 0xFFFF_FFFF_FFFF
}

/// `Directory_<guid>_KXQZP_<number>`: the id of an audit.
pub(crate) fn record_id(seed: u64, prefix: &str, log: u64, index: u64) -> String {
    let number = event_number(log, index);
    let letters: String = (0..5).map(|place| char::from(b'A' + (mix(seed ^ place, number) % 26) as u8)).collect();
    format!(
        "{prefix}_{}_{letters}_{}",
        guid_text(guid_bits(seed, Class::Event, number)),
        mix(seed, number) % 90_000_000 + 10_000_000
    )
}

/// A version 4 GUID that belongs to no object.
pub(crate) fn loose_guid(key: u64, number: u64) -> u128 {
    let bits = u128::from(mix(key, number)) << 64 | u128::from(mix(number ^ 0x6D1D, key));
    bits & !(0xF << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62
}

pub(crate) use super::world::guid_text;

/// The phone that receives a user's codes: it stands in audits only.
pub(crate) fn phone(world: &World, user: u64) -> String {
    format!("+44 7700 9{:05}", mix(world.seed() ^ 0xF0, user) % 100_000)
}

fn append(record: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(record.to_string().as_bytes());
}

#[cfg(test)]
mod tests;
