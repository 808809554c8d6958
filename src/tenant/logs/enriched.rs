//! SharePoint's audits together with what Global Secure Access knows of device and connection (category
//! `EnrichedOffice365AuditLogs`).
//!
//! The record of Office 365 in camel case and the columns of the table EnrichedMicrosoft365AuditLogs. The names inside
//! `properties` are UNVERIFIED: no export is public. Source: azure-monitor/reference/tables/enrichedmicrosoft365auditlogs,
//! entra-docs global-secure-access/how-to-view-enriched-logs.

use serde_json::json;

use super::super::instant::{self, SECOND};
use super::super::world::{Class, FIRST_PARTY, User, World, guid_bits, mix};
use super::actors::Actors;
use super::addresses::Network;
use super::network::personal_folder;
use super::sign_ins::{self, Token};
use super::{Kind, Log, Logs, event_number, guid_text, loose_guid};

/// Operation, record type (6: files, 14: sharing).
const OPERATIONS: [(&str, u64); 5] =
    [("FileAccessed", 6), ("FileModified", 6), ("FileDownloaded", 6), ("FileUploaded", 6), ("SharingSet", 14)];

fn draw(world: &World, index: u64) -> u64 {
    mix(world.seed() ^ 0xE365, index)
}

/// The token that reached SharePoint.
fn token(logs: &Logs, actors: &mut Actors, index: u64) -> Option<Token> {
    let log = Log::SignIns(Kind::NonInteractive);
    let before = logs.within(log, i64::MIN, logs.at(Log::EnrichedAudits, index) - SECOND);
    sign_ins::user_token(&logs.stage, actors, logs.timeline(log), before, FIRST_PARTY[3].0)
}

/// Who acts, and from where.
pub(crate) fn actor(logs: &Logs, actors: &mut Actors, index: u64) -> (u64, Network) {
    let world = logs.world();
    token(logs, actors, index).and_then(|token| Some((token.user?, token.network))).unwrap_or_else(|| {
        let user = draw(world, index) % world.user_count();
        (user, Network::Home(user))
    })
}

/// How SharePoint keys a user.
pub(crate) fn passport(user: &User) -> String {
    format!("{}@live.com", user.puid.to_lowercase())
}

/// Appends the record.
pub(crate) fn write(logs: &Logs, actors: &mut Actors, index: u64, out: &mut Vec<u8>) {
    let (world, draw) = (logs.world(), draw(logs.world(), index));
    let token = token(logs, actors, index);
    let (user, network) = actor(logs, actors, index);
    let actor = actors.of(user);
    let (operation, record_type) = OPERATIONS[(draw >> 8) as usize % OPERATIONS.len()];
    let site = format!("https://alderwoodmarine-my.sharepoint.com/personal/{}/", personal_folder(&actor.user));
    let file = ["Crew list.xlsx", "Charter.docx", "Watch bill.pdf"][(draw >> 16) as usize % 3];
    let device = actor.device.as_ref();
    let record = json!({
        "id": guid_text(guid_bits(world.seed(), Class::Event, event_number(Log::EnrichedAudits.number(), index))),
        "creationTime": instant::text(logs.at(Log::EnrichedAudits, index)),
        "recordType": record_type,
        "operation": operation,
        "organizationId": world.tenant_id(),
        "userType": 0,
        "userKey": format!("i:0h.f|membership|{}", passport(&actor.user)),
        "workload": if draw & 3 == 0 { "OneDrive" } else { "SharePoint" },
        "resultStatus": "Succeeded",
        "objectId": format!("{site}Documents/{file}"),
        "userId": actor.user.upn.to_lowercase(),
        "clientIp": network.text(world),
        "sourceIp": network.text(world),
        "actorUserType": if actor.user.is_guest { "Guest" } else { "Regular" },
        "deviceId": device.map_or("", |device| &device.device_id),
        "deviceOperatingSystem": device.map_or("", |device| device.os),
        "deviceOperatingSystemVersion": device.map_or("", |device| device.os_version),
        "uniqueTokenId": token.as_ref().map_or("", |token| &token.identifier),
        "additionalProperties": {
            "siteUrl": site,
            "sourceRelativeUrl": "Documents",
            "sourceFileName": file,
            "sourceFileExtension": file.rsplit('.').next(),
            "itemType": "File",
            "eventSource": "SharePoint",
            "correlationId": guid_text(loose_guid(world.seed() ^ 0xE366, draw)),
            "userAgent": super::agents::AGENTS[(draw >> 44) as usize % super::agents::AGENTS.len()].header,
            "applicationId": token.as_ref().map(|token| token.app_id.as_str()),
            "appAccessContext": {
                "aadSessionId": token.as_ref().map(|token| guid_text(token.session)),
                "uniqueTokenId": token.as_ref().map(|token| token.identifier.as_str()),
            },
        },
    });
    super::append(&record, out);
}
