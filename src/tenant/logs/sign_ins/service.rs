//! Sign-ins of service principals and managed identities (Graph `beta`).

use super::super::super::instant::Ticks;
use super::super::super::world::{Class, FIRST_PARTY, guid_bits, mix, stories};
use super::super::addresses::{DATA_CENTRES, Network};
use super::super::agents::{self, Outcome};
use super::super::ink::Ink;
use super::super::{event_number, loose_guid};
use super::Kind;
use super::stage::{Program, Stage};

/// Every `count / 40`-th record (at least the 25th) is the application of story 2.
fn is_payroll(kind: Kind, index: u64, count: u64) -> bool {
    kind == Kind::ServicePrincipal && index % (count / 40).max(25) == 3
}

/// The address of a record; managed identities have none.
pub(crate) fn network(seed: u64, kind: Kind, index: u64) -> Option<Network> {
    let draw = mix(seed ^ 0x5E4C, event_number(kind.number(), index));
    (kind == Kind::ServicePrincipal).then(|| match draw >> 20 & 3 {
        0 => Network::office(0, draw >> 24),
        _ => Network::DataCentre((draw >> 24) as u8 % DATA_CENTRES),
    })
}

/// Appends the record.
pub(super) fn write(stage: &Stage, at: Ticks, (kind, index): (Kind, u64), count: u64, out: &mut Vec<u8>) {
    let seed = stage.world.seed();
    let number = event_number(kind.number(), index);
    let draw = mix(seed ^ 0xFAC7, number);
    let id = guid_bits(seed, Class::Event, number);
    let payroll = is_payroll(kind, index, count);
    let program = program(stage, kind, draw, payroll);
    let outcome: &Outcome = match agents::choose(&agents::SERVICE, draw >> 8) {
        _ if payroll => &agents::SECRET_EXPIRED,
        Some(failure) if kind == Kind::ServicePrincipal => failure,
        _ => &agents::SUCCESS,
    };
    let resource = stage.program([0, 0, 1, 4][(draw >> 40) as usize & 3]);
    let network = network(seed, kind, index);
    out.raw("{\"id\":\"").guid(id).raw("\",\"createdDateTime\":\"").instant(at);
    out.raw("\",\"userDisplayName\":null,\"userPrincipalName\":null,\"userId\":\"\",");
    out.extend_from_slice(&program.app);
    out.raw(",\"ipAddress\":\"");
    if let Some(network) = network {
        network.write(&stage.world, out);
    }
    out.raw("\",\"ipAddressFromResourceProvider\":null,\"clientAppUsed\":\"\",\"userAgent\":");
    out.raw(if draw & 1 == 0 {
        "\"python-requests/2.32.3\""
    } else {
        "\"azsdk-net-Identity/1.13.2 (.NET 8.0.17; Ubuntu 22.04.5 LTS)\""
    });
    out.raw(",\"correlationId\":\"").guid(loose_guid(seed ^ 1, draw));
    out.raw("\",\"conditionalAccessStatus\":\"notApplied\",\"originalRequestId\":\"").guid(id);
    out.raw("\",\"isInteractive\":false,\"tokenIssuerName\":\"\",\"tokenIssuerType\":\"AzureAD\",\"clientCredentialType\":\"");
    out.raw(if kind == Kind::ManagedIdentity { "managedIdentity" } else { "clientSecret" });
    out.raw("\",\"processingTimeInMilliseconds\":").number(draw >> 7 & 0xFF);
    out.raw(",\"riskDetail\":\"none\",\"riskLevelAggregated\":\"none\",\"riskLevelDuringSignIn\":\"none\",\"riskState\":\"none\",\"riskEventTypes_v2\":[],");
    out.extend_from_slice(&resource.resource);
    out.raw(",\"resourceTenantId\":\"").raw(&stage.tenant_id).raw("\",\"homeTenantId\":\"").raw(&stage.tenant_id);
    out.raw("\",\"homeTenantName\":\"\",\"userType\":\"unknownFutureValue\",\"crossTenantAccessType\":\"none\",\"signInIdentifier\":\"\",\"signInIdentifierType\":\"unknownFutureValue\",\"alternateSignInName\":null,\"authenticationMethodsUsed\":[],\"authenticationRequirement\":\"singleFactorAuthentication\",");
    out.extend_from_slice(&program.principal);
    out.raw(",\"signInEventTypes\":[\"").raw(kind.event_type()).raw("\"],\"federatedCredentialId\":\"\",\"flaggedForReview\":false,\"isTenantRestricted\":false,\"autonomousSystemNumber\":");
    out.number(network.map_or(0, Network::system_number));
    credential(stage, draw, payroll, out);
    out.raw(",\"uniqueTokenIdentifier\":\"");
    super::user::token_identifier(id ^ u128::from(draw), out);
    out.raw("\",\"incomingTokenType\":\"none\",\"authenticationProtocol\":\"none\",");
    out.extend_from_slice(&resource.resource_principal);
    out.raw(",\"signInTokenProtectionStatus\":\"none\",\"appTokenProtectionStatus\":\"none\",\"originalTransferMethod\":\"none\",\"isThroughGlobalSecureAccess\":false,\"globalSecureAccessIpAddress\":\"\",\"sessionId\":\"\",\"clientSessionId\":null,\"appOwnerTenantId\":\"");
    out.raw(&program.owner).raw("\",\"resourceOwnerTenantId\":\"").raw(&resource.owner).raw("\",\"azureResourceId\":null,\"mfaDetail\":null,\"authenticationAppDeviceDetails\":null,\"managedServiceIdentity\":");
    managed_identity(stage, kind, program, out);
    out.raw(",\"status\":{\"errorCode\":")
        .number(u64::from(outcome.code))
        .raw(",\"failureReason\":")
        .quoted(outcome.reason);
    out.raw(",\"additionalDetails\":null},\"deviceDetail\":{\"deviceId\":\"\",\"displayName\":null,\"operatingSystem\":null,\"browser\":null,\"browserId\":null,\"isCompliant\":null,\"isManaged\":null,\"trustType\":null},\"location\":");
    match (network, stage.locations.first()) {
        (Some(Network::Office(..)), Some(location)) => out.extend_from_slice(location),
        _ => {
            out.raw("{\"city\":null,\"state\":null,\"countryOrRegion\":null,\"geoCoordinates\":{\"altitude\":null,\"latitude\":null,\"longitude\":null}}");
        }
    }
    out.raw(",\"appliedConditionalAccessPolicies\":[],\"authenticationContextClassReferences\":[],\"authenticationProcessingDetails\":[],\"networkLocationDetails\":[],\"authenticationDetails\":[],\"authenticationRequirementPolicies\":[],\"sessionLifetimePolicies\":[],\"privateLinkDetails\":null,\"appliedEventListeners\":[],\"authenticationAppPolicyEvaluationDetails\":[],\"conditionalAccessAudiences\":[],\"tokenProtectionStatusDetails\":null,\"agent\":{\"agentType\":\"notAgentic\",\"parentAppId\":null}}");
}

/// Service sign-in `index` of `count` if it gave a token for Microsoft Graph: draw, program.
pub(super) fn graph_token(stage: &Stage, kind: Kind, index: u64, count: u64) -> Option<(u64, &Program)> {
    let draw = mix(stage.world.seed() ^ 0xFAC7, event_number(kind.number(), index));
    let failed = is_payroll(kind, index, count) || agents::choose(&agents::SERVICE, draw >> 8).is_some();
    (!failed && draw >> 40 & 3 < 2).then(|| (draw, program(stage, kind, draw, false)))
}

fn program(stage: &Stage, kind: Kind, draw: u64, payroll: bool) -> &Program {
    let own = stage.first_managed - FIRST_PARTY.len();
    let managed = stage.programs.len() - stage.first_managed;
    let place = draw >> 48;
    match kind {
        _ if payroll => stage.program(FIRST_PARTY.len() + stories::HARBOR_PAYROLL_APP as usize),
        Kind::ManagedIdentity => stage.program(stage.first_managed + place as usize % managed.max(1)),
        // Harbor Payroll only ever fails.
        _ => stage.program(FIRST_PARTY.len() + 1 + place as usize % own.saturating_sub(1).max(1)),
    }
}

fn credential(stage: &Stage, draw: u64, payroll: bool, out: &mut Vec<u8>) {
    out.raw(",\"servicePrincipalCredentialKeyId\":\"");
    if payroll {
        out.raw(&stage.world.named_id(stories::EXPIRED_SECRET));
    } else {
        out.guid(loose_guid(stage.world.seed() ^ 0xC4ED, draw >> 58));
    }
    out.raw("\",\"servicePrincipalCredentialThumbprint\":null");
}

fn managed_identity(stage: &Stage, kind: Kind, program: &Program, out: &mut Vec<u8>) {
    if kind != Kind::ManagedIdentity {
        out.raw("null");
        return;
    }
    out.raw("{\"msiType\":\"systemAssigned\",\"associatedResourceId\":\"/subscriptions/")
        .raw(&stage.world.named_id("subscription"));
    out.raw("/resourcegroups/rg-yard/providers/microsoft.compute/virtualmachines/").raw(&program.app_id);
    out.raw("\",\"federatedTokenId\":null,\"federatedTokenIssuer\":null}");
}
