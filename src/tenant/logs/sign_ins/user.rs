//! A user sign-in in the shape of Graph `beta`: all properties.
//!
//! Copies fragments and draws numbers; the order of members is that of the service's replies.

use super::super::ink::Ink;
use super::Kind;
use super::facts::{Facts, Proof, Who};
use super::stage::Stage;

/// `uniqueTokenIdentifier`: 22 symbols of base64url.
pub(super) fn token_identifier(bits: u128, out: &mut Vec<u8>) {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    out.extend((0..22).map(|place| SYMBOLS[(bits >> (place * 5)) as usize & 63]));
}

/// The user's three members; those of outsiders are made on the spot.
pub(super) fn person(facts: &Facts<'_>, out: &mut Vec<u8>) {
    match facts.who {
        Who::Actor(actor) => out.extend_from_slice(&actor.person),
        Who::Outsider(name, upn, _) => {
            out.raw("\"userDisplayName\":").quoted(name).raw(",\"userPrincipalName\":").quoted(upn);
            out.raw(",\"userId\":\"00000000-0000-0000-0000-000000000000\"");
        }
    }
}

/// `status`
pub(super) fn status(facts: &Facts<'_>, out: &mut Vec<u8>) {
    out.raw("{\"errorCode\":").number(u64::from(facts.outcome.code)).raw(",\"failureReason\":");
    out.quoted(facts.reason.as_deref().unwrap_or(facts.outcome.reason)).raw(",\"additionalDetails\":");
    out.maybe(Some(facts.outcome.details).filter(|text| !text.is_empty())).raw("}");
}

/// `location`
pub(super) fn location(stage: &Stage, facts: &Facts<'_>, out: &mut Vec<u8>) {
    match stage.locations.get(facts.site) {
        Some(location) if facts.network.slot() != Some(384 + 77) => out.extend_from_slice(location),
        _ => {
            out.raw("{\"city\":\"Valparaiso\",\"state\":\"Valparaiso\",\"countryOrRegion\":\"CL\",\"geoCoordinates\":{\"altitude\":null,\"latitude\":-33.0472,\"longitude\":-71.6127}}");
        }
    }
}

/// `deviceDetail`
pub(super) fn device(facts: &Facts<'_>, is_beta: bool, out: &mut Vec<u8>) {
    match facts.device {
        Some(detail) if is_beta => out.extend_from_slice(detail),
        Some(detail) => {
            out.extend_from_slice(String::from_utf8_lossy(detail).replace("\"browserId\":null,", "").as_bytes())
        }
        None => {
            out.raw("{\"deviceId\":\"\",\"displayName\":\"\",\"operatingSystem\":\"").raw(facts.agent.system);
            out.raw("\",\"browser\":\"").raw(facts.agent.browser);
            out.raw(if is_beta { "\",\"browserId\":null" } else { "\"" });
            out.raw(",\"isCompliant\":false,\"isManaged\":false,\"trustType\":\"\"}");
        }
    }
}

/// The members that tell a risky sign-in.
pub(super) fn risk(facts: &Facts<'_>, is_beta: bool, out: &mut Vec<u8>) {
    let types = if facts.is_risky { "[\"unfamiliarFeatures\",\"anonymizedIPAddress\"]" } else { "[]" };
    let (level, state) = if facts.is_risky { ("high", "atRisk") } else { ("none", "none") };
    out.raw("\"riskDetail\":\"none\",\"riskLevelAggregated\":\"").raw(level);
    out.raw("\",\"riskLevelDuringSignIn\":\"").raw(level).raw("\",\"riskState\":\"").raw(state).raw("\"");
    if !is_beta {
        out.raw(",\"riskEventTypes\":").raw(types);
    }
    out.raw(",\"riskEventTypes_v2\":").raw(types);
}

/// Appends the record.
pub(super) fn write(stage: &Stage, facts: &Facts<'_>, out: &mut Vec<u8>) {
    let seed = stage.world.seed();
    let session = facts.guid(seed, 2);
    out.raw("{\"id\":\"").guid(facts.id).raw("\",\"createdDateTime\":\"").instant(facts.at).raw("\",");
    person(facts, out);
    out.push(b',');
    out.extend_from_slice(&facts.app.app);
    out.raw(",\"ipAddress\":\"");
    facts.network.write(&stage.world, out);
    out.raw("\",\"ipAddressFromResourceProvider\":");
    if facts.kind == Kind::NonInteractive && facts.draw & 0x70 == 0 {
        out.push(b'"');
        facts.network.write(&stage.world, out);
        out.push(b'"');
    } else {
        out.raw("null");
    }
    out.raw(",\"clientAppUsed\":\"").raw(facts.client_app).raw("\",\"userAgent\":\"").raw(facts.agent.header);
    out.raw("\",\"correlationId\":\"").guid(facts.guid(seed, 1));
    out.raw("\",\"conditionalAccessStatus\":\"").raw(facts.access).raw("\",\"originalRequestId\":\"").guid(facts.id);
    out.raw(if facts.kind == Kind::Interactive { "\",\"isInteractive\":true" } else { "\",\"isInteractive\":false" });
    issuer(facts, out);
    out.raw(",\"clientCredentialType\":\"none\",\"processingTimeInMilliseconds\":")
        .number(facts.draw >> 7 & 0x1FF)
        .raw(",");
    risk(facts, true, out);
    out.push(b',');
    out.extend_from_slice(&facts.resource.resource);
    out.raw(",\"resourceTenantId\":\"").raw(&stage.tenant_id).raw("\",");
    identity(facts, stage, out);
    out.raw(",\"servicePrincipalName\":null,\"servicePrincipalId\":\"\",\"signInEventTypes\":[\"")
        .raw(facts.kind.event_type());
    out.raw("\"],\"federatedCredentialId\":\"\",\"flaggedForReview\":false,\"isTenantRestricted\":false,\"autonomousSystemNumber\":");
    out.number(facts.network.system_number());
    out.raw(",\"servicePrincipalCredentialKeyId\":null,\"servicePrincipalCredentialThumbprint\":null,\"uniqueTokenIdentifier\":\"");
    token_identifier(facts.id ^ session, out);
    out.raw("\",\"incomingTokenType\":\"").raw(incoming_token(facts)).raw("\",\"authenticationProtocol\":\"");
    out.raw(if facts.draw & 0x1F00 == 0 { "deviceCode" } else { "none" }).raw("\",");
    out.extend_from_slice(&facts.resource.resource_principal);
    out.raw(",\"signInTokenProtectionStatus\":\"none\",\"appTokenProtectionStatus\":\"none\",\"originalTransferMethod\":\"none\"");
    out.raw(",\"isThroughGlobalSecureAccess\":false,\"globalSecureAccessIpAddress\":\"\",\"sessionId\":\"")
        .guid(session);
    out.raw("\",\"clientSessionId\":null,\"appOwnerTenantId\":\"").raw(&facts.app.owner);
    out.raw("\",\"resourceOwnerTenantId\":\"")
        .raw(&facts.resource.owner)
        .raw("\",\"azureResourceId\":null,\"mfaDetail\":");
    out.raw(if facts.proof == Proof::Push {
        "{\"authMethod\":\"Mobile app notification\",\"authDetail\":null}"
    } else {
        "null"
    });
    out.raw(",\"authenticationAppDeviceDetails\":null,\"managedServiceIdentity\":null,\"status\":");
    status(facts, out);
    out.raw(",\"deviceDetail\":");
    device(facts, true, out);
    out.raw(",\"location\":");
    location(stage, facts, out);
    out.raw(",\"appliedConditionalAccessPolicies\":");
    out.extend_from_slice(facts.policies.map_or(b"[]", |[beta, _]| beta.as_slice()));
    super::details::write(stage, facts, out);
    out.raw(
        ",\"privateLinkDetails\":null,\"appliedEventListeners\":[],\"authenticationAppPolicyEvaluationDetails\":[]",
    );
    out.raw(",\"conditionalAccessAudiences\":[{\"applicationId\":\"").raw(&facts.resource.app_id);
    out.raw("\",\"audienceReasons\":\"none\"}],\"tokenProtectionStatusDetails\":{\"signInSessionStatus\":\"unbound\",\"signInSessionStatusCode\":1002},\"agent\":{\"agentType\":\"notAgentic\",\"parentAppId\":null}}");
}

fn issuer(facts: &Facts<'_>, out: &mut Vec<u8>) {
    if facts.proof == Proof::Federated {
        out.raw(",\"tokenIssuerName\":\"http://").raw(super::FEDERATION_HOST);
        out.raw("/adfs/services/trust/emea\",\"tokenIssuerType\":\"ADFederationServices\"");
    } else {
        out.raw(",\"tokenIssuerName\":\"\",\"tokenIssuerType\":\"AzureAD\"");
    }
}

fn identity(facts: &Facts<'_>, stage: &Stage, out: &mut Vec<u8>) {
    match facts.who {
        Who::Actor(actor) => {
            out.extend_from_slice(&actor.home);
            out.push(b',');
            out.extend_from_slice(&actor.signed_in_as);
        }
        Who::Outsider(_, upn, is_partner) => {
            out.raw("\"homeTenantId\":\"");
            if is_partner {
                out.guid(super::super::actors::home_tenant(&stage.world, upn));
            } else {
                out.raw(&stage.tenant_id);
            }
            let access = if is_partner { "serviceProvider" } else { "none" };
            out.raw("\",\"homeTenantName\":\"\",\"userType\":\"member\",\"crossTenantAccessType\":\"").raw(access);
            out.raw("\",\"signInIdentifier\":").quoted(upn);
            out.raw(",\"signInIdentifierType\":\"userPrincipalName\",\"alternateSignInName\":null");
        }
    }
    out.raw(",\"authenticationMethodsUsed\":[],\"authenticationRequirement\":\"");
    let is_single = matches!(facts.proof, Proof::Password | Proof::Federated);
    out.raw(if is_single { "singleFactorAuthentication\"" } else { "multiFactorAuthentication\"" });
}

fn incoming_token(facts: &Facts<'_>) -> &'static str {
    match (facts.kind, facts.proof) {
        (Kind::NonInteractive, Proof::Hello | Proof::Claim) => "primaryRefreshToken",
        (Kind::NonInteractive, _) => "refreshToken",
        (_, Proof::Federated) => "saml11",
        _ => "none",
    }
}
