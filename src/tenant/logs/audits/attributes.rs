//! Audits of custom security attributes (graph beta, `customSecurityAttributeAudits`).

use serde_json::{Value, json};

use super::super::super::instant::{self, Ticks};
use super::super::super::world::{User, World, mix, stories};
use super::super::{guid_text, loose_guid};

/// The user that attribute audit `index` is about.
fn target(world: &World, index: u64) -> u64 {
    (mix(world.seed() ^ 0xC5A, index) >> 8) % world.user_count()
}

/// The attribute set, and the attribute in it.
const SET: &str = "Crew";
const ATTRIBUTE: &str = "Crew_BadgeAndPost";

/// The set or the attribute itself as a target.
fn definition(name: &str) -> Value {
    json!([{
        "id": name,
        "displayName": name,
        "type": "Other",
        "userPrincipalName": null,
        "groupType": null,
        "modifiedProperties": [{"displayName": "Description", "oldValue": null, "newValue": "\"Where somebody may work\""}],
    }])
}

/// A user as the target of values.
fn assignment(user: &User, value: &str) -> Value {
    json!([{
        "id": user.id,
        "displayName": null,
        "type": "User",
        "userPrincipalName": user.upn,
        "groupType": null,
        "modifiedProperties": [
            {"displayName": "Crew.BadgeAndPost", "oldValue": null, "newValue": value},
            {"displayName": "Included Updated Properties", "oldValue": null, "newValue": "\"Crew\""},
        ],
    }])
}

/// Appends the audit.
pub(crate) fn write(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    let draw = mix(world.seed() ^ 0xC5A, index);
    let user = world.user(target(world, index));
    let admin = world.user(stories::ADMIN);
    let value = json!([format!("{}; {}", user.employee_id.as_deref().unwrap_or("none"), user.job_title)]).to_string();
    let (activity, targets) = match index % 8 {
        1 => ("Add custom security attribute definition in an attribute set", definition(ATTRIBUTE)),
        2 => ("Update attribute set", definition(SET)),
        _ => ("Update attribute values assigned to a user", assignment(&user, &value)),
    };
    let record = json!({
        "id": super::super::record_id(world.seed(), "Directory", super::super::ATTRIBUTE_AUDITS, index),
        "category": "AttributeManagement",
        "correlationId": guid_text(loose_guid(world.seed() ^ 0xC5, draw)),
        "result": "success",
        "resultReason": "",
        "activityDisplayName": activity,
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
        "targetResources": targets,
        "additionalDetails": [{"key": "User-Agent", "value": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}],
    });
    super::super::append(&record, out);
}
