//! Directory audits and custom security attribute audits.
//!
//! Takes an index, gives the record in the shape of `directoryAudit` (graph/api/resources/directoryaudit). Ids are
//! not GUIDs, as in the service: `Directory_<guid>_<letters>_<number>`.

mod activities;
mod attributes;
mod changes;

pub(crate) use attributes::write as write_attribute_audit;

use serde_json::{Value, json};

use super::super::instant::{self, Ticks};
use super::super::world::{FIRST_PARTY, INITIAL_DOMAIN, ROLES, SITES, User, World, mix, stories};
use super::loose_guid;
use activities::{ACTIVITIES, Activity, By, Target};

/// Whom and what one audit touches.
#[derive(Debug)]
struct Subject {
    user: User,
    group: String,
    /// Object id of the target that is not a user.
    id: String,
    name: Option<String>,
    /// First label of an application's host.
    host: String,
    draw: u64,
}

/// Names of devices that were deleted long ago: they stand in audits only.
pub(crate) fn deleted_device_name(seed: u64, draw: u64) -> String {
    format!("LT-GONE-{:02}{}", draw % 40, char::from(b'A' + (mix(seed, draw % 40) % 26) as u8))
}

/// The number of a deleted device that audit `index` names, if it names one.
pub(crate) fn deleted_device(seed: u64, index: u64) -> Option<u64> {
    let draw = mix(seed ^ 0xA0D1, index);
    let is_deletion = activity(draw, index).is_some_and(|activity| activity.target == Target::DeletedDevice);
    is_deletion.then_some(draw >> 20)
}

/// The user that audit `index` is about.
pub(crate) fn target_user(world: &World, index: u64) -> u64 {
    (mix(world.seed() ^ 0xA0D1, index) >> 16) % world.user_count()
}

/// Whether audit `index` shows the phone that its user gets codes on, and an address the user had before.
pub(crate) fn shows(seed: u64, index: u64) -> (bool, bool) {
    let changes = activity(mix(seed ^ 0xA0D1, index), index).map_or(&[][..], |activity| activity.changes);
    (changes.contains(&activities::Change::MfaPhone), changes.contains(&activities::Change::Proxy))
}

/// An address that a user had before: it stands in audits only.
pub(crate) fn former_address(user: &User) -> String {
    format!("smtp:{}.old@{INITIAL_DOMAIN}", user.mail_nickname)
}

/// The object id of a deleted device.
pub(crate) fn deleted_device_id(seed: u64, draw: u64) -> String {
    super::guid_text(loose_guid(seed ^ 0xDE1, draw % 40))
}

fn activity(draw: u64, index: u64) -> Option<&'static Activity> {
    // The first of every two rounds goes through the table, so that small logs have every kind.
    let rows = ACTIVITIES.len() as u64;
    let row = if (index / rows).is_multiple_of(2) { index % rows } else { draw % rows };
    ACTIVITIES.get(row as usize)
}

/// Appends the audit.
pub(crate) fn write(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    let draw = mix(world.seed() ^ 0xA0D1, index);
    let Some(activity) = activity(draw, index) else { return };
    let subject = subject(world, activity, draw, index);
    let correlation = super::guid_text(loose_guid(world.seed() ^ 0xC0, draw));
    let failed = draw >> 50 & 31 == 0;
    let reason = if failed {
        format!("Microsoft.Online.Workflows.SpecifiedTargetObjectNotFoundException: {}", subject.user.upn)
    } else {
        String::new()
    };
    let record = json!({
        "id": super::record_id(world.seed(), "Directory", super::AUDITS, index),
        "category": activity.category,
        "correlationId": correlation,
        "result": if failed { "failure" } else { "success" },
        "resultReason": reason,
        "activityDisplayName": activity.name,
        "activityDateTime": instant::text(at),
        "loggedByService": activity.service,
        "operationType": activity.operation,
        "initiatedBy": initiated_by(world, activity.by, &subject, draw),
        "targetResources": targets(world, activity, &subject),
        "additionalDetails": details(world, activity, &subject, draw),
    });
    super::append(&record, out);
}

fn subject(world: &World, activity: &Activity, draw: u64, index: u64) -> Subject {
    let user = world.user(target_user(world, index));
    let group = world.group((draw >> 24) % world.group_count());
    let (id, name, host) = match activity.target {
        Target::Device => {
            let device = world.device((draw >> 28) % world.device_count().max(1));
            (device.id, Some(device.display_name), String::new())
        }
        Target::DeletedDevice => {
            let gone = draw >> 20;
            (deleted_device_id(world.seed(), gone), Some(deleted_device_name(world.seed(), gone)), String::new())
        }
        Target::App => {
            let app = world.application((draw >> 28) % world.application_count());
            (app.id, Some(app.name), app.host)
        }
        Target::ServicePrincipal => {
            let principal = world.service_principal((draw >> 28) % world.service_principal_count());
            (principal.id, Some(principal.name), String::new())
        }
        Target::Group | Target::UserAndGroup => (group.id.clone(), Some(group.name.clone()), String::new()),
        Target::Policy => (
            world.named_id(stories::POLICY_BLOCK_FIELD),
            Some(stories::POLICY_BLOCK_FIELD_NAME.to_owned()),
            String::new(),
        ),
        Target::Role | Target::UserAndRole => {
            let role = &ROLES[draw as usize % ROLES.len()];
            (role.template_id.to_owned(), Some(role.name.to_owned()), String::new())
        }
        Target::User => (user.id.clone(), None, String::new()),
    };
    Subject { user, group: group.name, id, name, host, draw }
}

fn initiated_by(world: &World, by: By, subject: &Subject, draw: u64) -> Value {
    let app = |name: &str| {
        let place = FIRST_PARTY.iter().position(|(_, known)| *known == name);
        let principal = place.map(|place| world.service_principal(place as u64));
        let id = principal.map_or_else(|| world.named_id(name), |principal| principal.id);
        json!({"user": null, "app": {"appId": null, "displayName": name, "servicePrincipalId": id, "servicePrincipalName": null}})
    };
    let person = match by {
        By::Substrate => return app("Microsoft Substrate Management"),
        By::Devices => return app("Device Registration Service"),
        By::Provisioning => return app("Azure AD Cloud Sync"),
        By::Invitation => return app("Microsoft Invitation Acceptance Portal"),
        By::Admin => world.user(stories::ADMIN),
        By::Helpdesk => world.user(stories::HELPDESK),
        By::Sync => world.user(stories::SYNC_ACCOUNT),
        By::Owner => world.user(4 + draw % 12),
        By::Themselves => subject.user.clone(),
    };
    let site = person.site;
    json!({"app": null, "user": {
        "id": person.id,
        "displayName": if draw & 1 == 0 { Value::Null } else { Value::from(person.display_name) },
        "userPrincipalName": person.upn,
        "ipAddress": if by == By::Sync { Value::Null } else { Value::from(site.public_address(draw >> 33)) },
        "userType": null,
        "homeTenantId": null,
        "homeTenantName": null,
    }})
}

fn targets(world: &World, activity: &Activity, subject: &Subject) -> Value {
    let changes: Vec<Value> = activity.changes.iter().map(|&change| changes::of(world, change, subject)).collect();
    let user = |changes: Vec<Value>| {
        json!({
            "id": subject.user.id,
            "displayName": null,
            "type": "User",
            "userPrincipalName": subject.user.upn,
            "groupType": null,
            "modifiedProperties": changes,
        })
    };
    let other = |kind: &str, group: Value, changes: Vec<Value>| {
        json!({
            "id": subject.id,
            "displayName": subject.name,
            "type": kind,
            "userPrincipalName": null,
            "groupType": group,
            "modifiedProperties": changes,
        })
    };
    let plain = Value::Null;
    match activity.target {
        Target::User => json!([user(changes)]),
        Target::UserAndGroup => json!([user(changes), other("Group", json!("azureAD"), Vec::new())]),
        Target::UserAndRole => json!([user(changes), other("Role", plain, Vec::new())]),
        Target::Group => json!([other("Group", json!("unifiedGroups"), changes)]),
        Target::App => json!([other("Application", plain, changes)]),
        Target::ServicePrincipal => json!([other("ServicePrincipal", plain, changes), user(Vec::new())]),
        Target::Device | Target::DeletedDevice => json!([other("Device", plain, changes), user(Vec::new())]),
        Target::Policy => json!([other("Policy", plain, changes)]),
        Target::Role => json!([other("Role", plain, changes), user(Vec::new())]),
    }
}

fn details(world: &World, activity: &Activity, subject: &Subject, draw: u64) -> Value {
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36";
    let url = |path: &str| format!("https://graph.microsoft.com/v1.0/{path}");
    match activity.service {
        "Self-service Password Management" => {
            let site =
                SITES.get(draw as usize % SITES.len()).map(|site| site.public_address(draw >> 9)).unwrap_or_default();
            json!([
                {"key": "OnPremisesAgent", "value": "AWM-CONNECT01.ad.alderwood.local"},
                {"key": "Comment", "value": format!("User {} ({}) submitted the user name from {site}", subject.user.display_name, subject.user.upn)},
            ])
        }
        "Invited Users" => json!([
            {"key": "invitedUserEmailAddress", "value": subject.user.mail},
            {"key": "inviteRedirectUrl", "value": format!("https://myapps.microsoft.com/?tenantid={}&login_hint={}", world.tenant_id(), subject.user.upn.replace('#', "%23").replace('@', "%40"))},
        ]),
        "Core Directory" if activity.category == "Device" => json!([
            {"key": "Device Id", "value": changes::dashless(&subject.id)},
            {"key": "Device Trust Type", "value": "AzureAd"},
            {"key": "User", "value": subject.user.cloud_sid},
        ]),
        "Core Directory" if draw & 3 == 0 => json!([
            {"key": "User-Agent", "value": agent},
            {"key": "Request", "value": url(&format!("users/{}?$select=displayName", subject.user.upn.replace('#', "%23").replace('@', "%40")))},
        ]),
        _ => json!([]),
    }
}
