//! Identity Protection: risky users and service principals, their history, and detections.
//!
//! Ids of detections are 64 hexadecimal digits, not GUIDs, as in the service. `additionalInfo` is JSON in a string.
//! Source: graph/api/resources/riskdetection, riskyuser, serviceprincipalriskdetection.

use serde_json::{Value, json};

use super::super::instant::{self, SECOND, Ticks};
use super::super::world::{World, mix, stories};
use super::addresses::Network;
use super::agents::AGENTS;
use super::{guid_text, loose_guid};

/// Detections of each risky user.
pub(crate) const DETECTIONS_EACH: u64 = 3;

/// How many risky users there are: the story's, and one of a hundred.
pub(crate) fn risky_user_count(world: &World) -> u64 {
    2 + world.user_count() / 100
}

/// The user behind a place in the list. Places beyond the story's are spread, so that nobody is listed twice.
pub(crate) fn risky_user(world: &World, index: u64) -> u64 {
    match index {
        0 => stories::RISKY_USER,
        1 => stories::REMEDIATED_USER,
        _ => (30 + (index - 2) * 100) % world.user_count(),
    }
}

pub(crate) fn risky_user_id(world: &World, index: u64) -> String {
    world.user(risky_user(world, index)).id
}

struct Risk {
    level: &'static str,
    state: &'static str,
    detail: &'static str,
}

fn risk(index: u64) -> Risk {
    match index {
        0 => Risk { level: "high", state: "atRisk", detail: "none" },
        1 => Risk { level: "none", state: "remediated", detail: "userPerformedSecuredPasswordReset" },
        _ if index.is_multiple_of(3) => {
            Risk { level: "none", state: "dismissed", detail: "adminDismissedAllRiskForUser" }
        }
        _ => Risk { level: "medium", state: "atRisk", detail: "none" },
    }
}

fn user_body(world: &World, at: Ticks, index: u64) -> Value {
    let user = world.user(risky_user(world, index));
    let risk = risk(index);
    json!({
        "id": user.id,
        "isDeleted": false,
        "isProcessing": false,
        "riskLevel": risk.level,
        "riskState": risk.state,
        "riskDetail": risk.detail,
        "riskLastUpdatedDateTime": instant::text(at),
        "userDisplayName": user.display_name,
        "userPrincipalName": user.upn,
    })
}

/// Appends a risky user.
pub(crate) fn write_user(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    super::append(&user_body(world, at, index), out);
}

/// The history of a risky user, newest first.
pub(crate) fn user_history(world: &World, at: Ticks, index: u64) -> Vec<Value> {
    let item = |step: u64, detail: &str, types: &[&str]| {
        let mut body = user_body(world, at - step as Ticks * 3_600 * SECOND, index);
        if let Some(members) = body.as_object_mut() {
            let id = format!("{:016x}{:016x}", mix(world.seed() ^ 0x4157, index), step);
            members.insert("userId".to_owned(), Value::from(risky_user_id(world, index)));
            members.insert("id".to_owned(), Value::from(id));
            let by = (detail != "none").then(|| world.user(stories::ADMIN).id);
            members.insert("initiatedBy".to_owned(), Value::from(by));
            members
                .insert("activity".to_owned(), json!({"detail": detail, "riskEventTypes": types, "eventTypes": types}));
        }
        body
    };
    vec![
        item(0, risk(index).detail, &[]),
        item(1, "none", &["unfamiliarFeatures"]),
        item(2, "none", &["anonymizedIPAddress"]),
    ]
}

/// 64 digits that hold log and index, so that a detection is found by its id.
fn detection_id(seed: u64, log: u64, index: u64) -> String {
    let plain = log << 48 | index;
    let mask = mix(seed ^ 0x1D, 7);
    format!("{:016x}{:016x}{:016x}{:016x}", plain ^ mask, mix(seed, plain), mix(seed ^ 2, plain), mix(seed ^ 3, plain))
}

/// The index behind a detection's id.
pub(crate) fn find(seed: u64, log: u64, id: &str) -> Option<u64> {
    let plain = u64::from_str_radix(id.get(..16)?, 16).ok()? ^ mix(seed ^ 0x1D, 7);
    let index = plain & 0xFFFF_FFFF_FFFF;
    (plain >> 48 == log && detection_id(seed, log, index) == id).then_some(index)
}

/// The network of a detection.
pub(crate) fn detection_network(index: u64) -> Network {
    if index < DETECTIONS_EACH { Network::Spray(77) } else { Network::Carrier((index * 7 % 250) as u8) }
}

/// Appends a detection.
pub(crate) fn write_detection(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    let draw = mix(world.seed() ^ 0xDE7, index);
    let user = world.user(risky_user(world, index / DETECTIONS_EACH));
    let risk = risk(index / DETECTIONS_EACH);
    let kind = ["unfamiliarFeatures", "anonymizedIPAddress", "unlikelyTravel"][(index % DETECTIONS_EACH) as usize];
    let agent = AGENTS[(draw >> 8) as usize % AGENTS.len()].header;
    let info = json!([
        {"Key": "userAgent", "Value": agent},
        {"Key": "relatedLocation", "Value": {"clientIP": user.site.public_address(draw), "city": user.site.city}},
        {"Key": "alertUrl", "Value": format!("https://portal.azure.com/#blade/User/userId/{}/upn/{}", user.id, user.upn.replace('#', "%23").replace('@', "%40"))},
        {"Key": "mitreTechniques", "Value": "T1110.003,T1078"},
    ]);
    let request = guid_text(loose_guid(world.seed() ^ 0x4E, draw));
    let record = json!({
        "id": detection_id(world.seed(), 8, index),
        "requestId": request,
        "correlationId": guid_text(loose_guid(world.seed() ^ 0xC0, draw)),
        "riskEventType": kind,
        "riskState": risk.state,
        "riskLevel": if risk.level == "none" { "low" } else { risk.level },
        "riskDetail": risk.detail,
        "source": "IdentityProtection",
        "detectionTimingType": "realtime",
        "activity": "signin",
        "tokenIssuerType": "AzureAD",
        "ipAddress": detection_network(index).text(world),
        "location": {
            "city": "Valparaiso",
            "state": "Valparaiso",
            "countryOrRegion": "CL",
            "geoCoordinates": {"altitude": null, "latitude": -33.0472, "longitude": -71.6127},
        },
        "activityDateTime": instant::text(at - 90 * SECOND),
        "detectedDateTime": instant::text(at),
        "lastUpdatedDateTime": instant::text(at + 40 * SECOND),
        "userId": user.id,
        "userDisplayName": user.display_name,
        "userPrincipalName": user.upn,
        "additionalInfo": info.to_string(),
    });
    super::append(&record, out);
}

fn principal(world: &World, index: u64) -> super::super::world::ServicePrincipal {
    world.service_principal(world.service_principal_of(2 + index % 2))
}

pub(crate) fn risky_service_principal_id(world: &World, index: u64) -> String {
    principal(world, index).id
}

fn service_principal_body(world: &World, at: Ticks, index: u64) -> Value {
    let principal = principal(world, index);
    json!({
        "id": principal.id,
        "isEnabled": true,
        "isProcessing": false,
        "riskLastUpdatedDateTime": instant::text(at),
        "riskLevel": if index == 0 { "medium" } else { "low" },
        "riskState": "atRisk",
        "riskDetail": "none",
        "displayName": principal.name,
        "appId": principal.app_id,
        "servicePrincipalType": "Application",
    })
}

/// Appends a risky service principal.
pub(crate) fn write_service_principal(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    super::append(&service_principal_body(world, at, index), out);
}

/// The history of a risky service principal.
pub(crate) fn service_principal_history(world: &World, at: Ticks, index: u64) -> Vec<Value> {
    let mut body = service_principal_body(world, at, index);
    if let Some(members) = body.as_object_mut() {
        let id = format!("{:016x}{:016x}", mix(world.seed() ^ 0x5158, index), index);
        members.insert("servicePrincipalId".to_owned(), Value::from(risky_service_principal_id(world, index)));
        members.insert("id".to_owned(), Value::from(id));
        members.insert("initiatedBy".to_owned(), Value::Null);
        members.insert("activity".to_owned(), json!({"detail": "none", "riskEventTypes": ["suspiciousSignins"]}));
    }
    vec![body]
}

/// Appends a detection of a service principal.
pub(crate) fn write_service_principal_detection(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    let principal = principal(world, index);
    let record = json!({
        "id": detection_id(world.seed(), 10, index),
        "requestId": guid_text(loose_guid(world.seed() ^ 0x4F, index)),
        "correlationId": guid_text(loose_guid(world.seed() ^ 0xC1, index)),
        "riskEventType": "suspiciousSignins",
        "riskState": "atRisk",
        "riskLevel": "medium",
        "riskDetail": "none",
        "source": "IdentityProtection",
        "detectionTimingType": "offline",
        "activity": "servicePrincipal",
        "tokenIssuerType": "AzureAD",
        "ipAddress": Network::Spray(78).text(world),
        "location": {"city": "Valparaiso", "state": "Valparaiso", "countryOrRegion": "CL", "geoCoordinates": null},
        "activityDateTime": instant::text(at - 3_600 * SECOND),
        "detectedDateTime": instant::text(at),
        "lastUpdatedDateTime": instant::text(at),
        "servicePrincipalId": principal.id,
        "servicePrincipalDisplayName": principal.name,
        "appId": principal.app_id,
        "keyIds": [guid_text(loose_guid(world.seed() ^ 0xC4ED, index))],
        "additionalInfo": "[{\"Key\":\"alertUrl\",\"Value\":null}]",
    });
    super::append(&record, out);
}
