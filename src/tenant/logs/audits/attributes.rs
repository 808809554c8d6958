//! Audits of custom security attributes (graph beta, `customSecurityAttributeAudits`).

use serde_json::json;

use super::super::super::instant::{self, Ticks};
use super::super::super::world::{World, mix, stories};
use super::super::{guid_text, loose_guid};

/// The user that attribute audit `index` is about.
fn target(world: &World, index: u64) -> u64 {
    (mix(world.seed() ^ 0xC5A, index) >> 8) % world.user_count()
}

/// Appends the audit.
pub(crate) fn write(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    let draw = mix(world.seed() ^ 0xC5A, index);
    let user = world.user(target(world, index));
    let admin = world.user(stories::ADMIN);
    let value = json!([format!("{}; {}", user.employee_id.as_deref().unwrap_or("none"), user.job_title)]).to_string();
    let record = json!({
        "id": super::super::record_id(world.seed(), "Directory", super::super::ATTRIBUTE_AUDITS, index),
        "category": "AttributeManagement",
        "correlationId": guid_text(loose_guid(world.seed() ^ 0xC5, draw)),
        "result": "success",
        "resultReason": "",
        "activityDisplayName": "Update attribute values assigned to a user",
        "activityDateTime": instant::text(at),
        "loggedByService": "Core Directory",
        "operationType": "Update",
        "userAgent": null,
        "initiatedBy": {
            "app": null,
            "user": {
                "id": admin.id,
                "displayName": null,
                "userPrincipalName": admin.upn,
                "ipAddress": admin.site.public_address(draw >> 40),
                "userType": null,
                "homeTenantId": null,
                "homeTenantName": null,
            },
        },
        "targetResources": [{
            "id": user.id,
            "displayName": null,
            "type": "User",
            "userPrincipalName": user.upn,
            "groupType": null,
            "modifiedProperties": [
                {"displayName": "Crew.BadgeAndPost", "oldValue": null, "newValue": value},
                {"displayName": "Included Updated Properties", "oldValue": null, "newValue": "\"Crew\""},
            ],
        }],
        "additionalDetails": [{"key": "User-Agent", "value": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}],
    });
    super::super::append(&record, out);
}
