//! An interactive sign-in in the shape of Graph `v1.0`: 29 properties.

use super::super::ink::Ink;
use super::facts::{Facts, Who};
use super::stage::Stage;
use super::user;

/// Appends the record.
pub(super) fn write(stage: &Stage, facts: &Facts<'_>, out: &mut Vec<u8>) {
    out.raw("{\"id\":\"").guid(facts.id).raw("\",\"createdDateTime\":\"").instant(facts.at).raw("\",");
    user::person(facts, out);
    out.push(b',');
    out.extend_from_slice(&facts.app.app);
    out.raw(",\"ipAddress\":\"");
    facts.network.write(&stage.world, out);
    out.raw("\",\"clientAppUsed\":\"").raw(facts.client_app).raw("\",\"userAgent\":\"").raw(facts.agent.header);
    out.raw("\",\"correlationId\":\"").guid(facts.guid(stage.world.seed(), 1));
    out.raw("\",\"conditionalAccessStatus\":\"").raw(facts.access).raw("\",\"isInteractive\":true,");
    user::risk(facts, false, out);
    out.push(b',');
    out.extend_from_slice(&facts.resource.resource);
    out.raw(",\"resourceTenantId\":\"").raw(&stage.tenant_id).raw("\",\"homeTenantId\":\"");
    match facts.who {
        Who::Actor(actor) if actor.user.is_guest => {
            out.guid(super::super::actors::home_tenant(&stage.world, &actor.user.sign_in_name));
        }
        Who::Outsider(_, upn, true) => {
            out.guid(super::super::actors::home_tenant(&stage.world, upn));
        }
        _ => {
            out.raw(&stage.tenant_id);
        }
    }
    out.raw("\",\"servicePrincipalName\":null,\"servicePrincipalId\":\"\",\"authenticationAppDeviceDetails\":null,\"status\":");
    user::status(facts, out);
    out.raw(",\"deviceDetail\":");
    user::device(facts, false, out);
    out.raw(",\"location\":");
    user::location(stage, facts, out);
    out.raw(",\"appliedConditionalAccessPolicies\":");
    out.extend_from_slice(facts.policies.map_or(b"[]", |[_, v1]| v1.as_slice()));
    out.raw("}");
}
