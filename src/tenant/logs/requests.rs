//! Requests to Microsoft Graph (category `MicrosoftGraphActivityLogs`).
//!
//! Each belongs to a sign-in that is in the logs: `signInActivityId` is its `uniqueTokenIdentifier`. People hide in
//! the addresses. Source: the documented export, learn.microsoft.com/graph/microsoft-graph-activity-logs-overview.

use serde_json::json;

use super::super::instant::{self, SECOND};
use super::super::world::{Class, FIRST_PARTY, User, World, guid_bits, mix, stories};
use super::actors::Actors;
use super::sign_ins::{self, Token};
use super::{Kind, Log, Logs, event_number, guid_text, loose_guid};

/// Role template of Global Administrator, and that of every member.
const ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const MEMBER: &str = "b79fbf4d-3ef9-4689-8143-76b194e85509";

/// The token that request `index` carries.
pub(crate) fn token(logs: &Logs, actors: &mut Actors, index: u64) -> Option<Token> {
    let at = logs.at(Log::GraphActivity, index);
    let stage = &logs.stage;
    let before = |log| (logs.timeline(log), logs.within(log, i64::MIN, at - SECOND));
    let (users, silent) = before(Log::SignIns(Kind::NonInteractive));
    let (services, own) = before(Log::SignIns(Kind::ServicePrincipal));
    let graph = FIRST_PARTY[0].0;
    let service = || sign_ins::service_token(stage, services, own.clone());
    let app_only = draw(logs.world(), index) & 7 < 3;
    let first = if app_only { service() } else { None };
    first.or_else(|| sign_ins::user_token(stage, actors, users, silent, graph)).or_else(service)
}

fn draw(world: &World, index: u64) -> u64 {
    mix(world.seed() ^ 0x6AC7, index)
}

/// Appends the record.
pub(crate) fn write(logs: &Logs, actors: &mut Actors, index: u64, out: &mut Vec<u8>) {
    let (world, at) = (logs.world(), logs.at(Log::GraphActivity, index));
    let draw = draw(world, index);
    let token = token(logs, actors, index);
    let owner = token.as_ref().and_then(|token| token.user);
    let (method, path) = request(world, owner, draw);
    let version = if draw >> 12 & 3 == 0 { "beta" } else { "v1.0" };
    let id = guid_text(guid_bits(world.seed(), Class::Event, event_number(Log::GraphActivity.number(), index)));
    let status = status(draw, method);
    let duration = draw >> 20 & 0xF_FFFF;
    let record = json!({
        "timeGenerated": instant::text(at),
        "requestId": id,
        "operationId": id,
        "clientRequestId": guid_text(loose_guid(world.seed() ^ 0x6AC8, draw)),
        "apiVersion": version,
        "requestMethod": method,
        "requestUri": format!("https://graph.microsoft.com/{version}{path}"),
        "responseStatusCode": status,
        "responseSizeBytes": if status < 400 { draw >> 50 } else { 311 },
        "durationMs": duration,
        "ipAddress": token.as_ref().map(|token| token.network.text(world)),
        "location": "UK South",
        "userAgent": token.as_ref().map(|token| token.agent),
        "appId": token.as_ref().map(|token| token.app_id.as_str()),
        "servicePrincipalId": token.as_ref().filter(|token| token.user.is_none()).map(|token| token.principal.as_str()),
        "userId": owner.map(|user| world.id(Class::User, user)),
        "roles": owner.is_none().then_some("AuditLog.Read.All Directory.Read.All User.Read.All"),
        "scopes": owner.map(|_| "Directory.Read.All email openid profile User.Read.All"),
        "wids": if owner == Some(stories::ADMIN) { ADMINISTRATOR } else { MEMBER },
        "clientAuthMethod": if owner.is_some() { "0" } else { "1" },
        "C_DeviceId": token.as_ref().and_then(|token| token.device.as_deref()).unwrap_or_default(),
        "c_Sid": token.as_ref().filter(|_| owner.is_some()).map_or_else(String::new, |token| guid_text(token.session)),
        "signInActivityId": token.as_ref().map(|token| token.identifier.as_str()),
        "tokenIssuedAt": token.as_ref().map(|token| instant::text(token.issued)),
        "identityProvider": format!("https://sts.windows.net/{}/", world.tenant_id()),
        "tenantId": world.tenant_id(),
        "atContent": "",
    });
    super::append(&record, out);
}

fn status(draw: u64, method: &str) -> u64 {
    match draw >> 32 & 31 {
        0 => 403,
        1 | 2 => 429,
        3 => 404,
        4 => 503,
        _ if method == "PATCH" => 204,
        _ => 200,
    }
}

/// Method and path with query, about some person of the tenant.
fn request(world: &World, owner: Option<u64>, draw: u64) -> (&'static str, String) {
    let someone = world.user((draw >> 24) % world.user_count());
    let User { id, upn, display_name, .. } = &someone;
    let own = owner.map_or_else(|| format!("/users/{id}"), |_| "/me".to_owned());
    let quoted = percent(&upn.replace('\'', "''"));
    match draw >> 40 & 15 {
        0 => ("GET", format!("{own}?$select=id,displayName,mail")),
        1 => ("GET", format!("/users/{}?$select=id,displayName", as_typed(upn))),
        2 => ("GET", format!("/users/{id}/memberOf?$top=999")),
        3 => ("GET", format!("/users?$filter=userPrincipalName%20eq%20%27{quoted}%27&$select=id")),
        4 => ("GET", format!("/users?$search=%22displayName:{}%22&$count=true", percent(display_name))),
        5 => ("GET", format!("/auditLogs/signIns?$filter=userId%20eq%20%27{id}%27&$top=50")),
        6 => (
            "GET",
            format!("/users?$filter=mail%20eq%20%27{quoted}%27%20or%20otherMails/any(m:m%20eq%20%27{quoted}%27)"),
        ),
        7 => ("GET", format!("{own}/drive/root:/Documents/{}.xlsx", percent(&format!("Roster {display_name}")))),
        8 => ("GET", format!("/devices/{}", world.device((draw >> 24) % world.device_count().max(1)).id)),
        9 => ("PATCH", format!("/users/{id}")),
        10 => ("POST", "/$batch".to_owned()),
        11 => {
            ("GET", format!("/groups/{}/members?$top=999", world.id(Class::Group, (draw >> 24) % world.group_count())))
        }
        12 => ("GET", format!("{own}/messages?$filter=from/emailAddress/address%20eq%20%27{quoted}%27")),
        13 => ("GET", format!("/users(%27{quoted}%27)/authentication/methods")),
        _ => ("GET", "/users?$select=id,userPrincipalName&$top=999&$skiptoken=RFNwdAIAAQ".to_owned()),
    }
}

/// A sign-in name as people write it into an address: bare where that is possible.
fn as_typed(upn: &str) -> String {
    let encoded = percent(upn);
    if encoded.replace("%40", "@") == upn { upn.to_owned() } else { encoded }
}

fn percent(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::tests::{record, settings};
    use super::*;

    #[test]
    fn every_request_names_a_sign_in_that_is_in_the_logs() {
        let logs = Logs::new(&settings());
        let all = |log: Log| (0..logs.count(log)).map(|index| record(&logs, log, true, index)).collect::<Vec<Value>>();
        let by_token: std::collections::HashMap<String, Value> = [Kind::NonInteractive, Kind::ServicePrincipal]
            .into_iter()
            .flat_map(|kind| all(Log::SignIns(kind)))
            .map(|one| (one["uniqueTokenIdentifier"].as_str().unwrap().to_owned(), one))
            .collect();
        let (mut delegated, mut app_only, mut lost) = (0, 0, 0);
        for request in all(Log::GraphActivity) {
            let Some(sign_in) = request["signInActivityId"].as_str().map(|id| &by_token[id]) else {
                lost += 1;
                continue;
            };
            assert_eq!((&request["ipAddress"], &request["appId"]), (&sign_in["ipAddress"], &sign_in["appId"]));
            assert!(request["tokenIssuedAt"] == sign_in["createdDateTime"] && sign_in["status"]["errorCode"] == 0);
            if request["userId"].is_null() {
                assert_eq!(request["servicePrincipalId"], sign_in["servicePrincipalId"]);
                app_only += 1;
            } else {
                assert!(request["userId"] == sign_in["userId"] && request["c_Sid"] == sign_in["sessionId"]);
                delegated += 1;
            }
        }
        assert!(delegated > 300 && app_only > 200 && lost < 20, "{delegated} {app_only} {lost}");
    }
}
