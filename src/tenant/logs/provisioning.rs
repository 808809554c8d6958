//! Provisioning logs: what the provisioning service did with each person.
//!
//! Steps are prose with names and sign-in names, details are open maps, and the job id embeds the tenant id without
//! dashes. Source: graph/api/resources/provisioningobjectsummary, provisioningstep.

use serde_json::{Value, json};

use super::super::instant::{self, Ticks};
use super::super::world::{Class, User, World, guid_bits, mix, stories};
use super::{event_number, guid_text, loose_guid};

const LOG: u64 = 6;

/// Whom record `index` is about, and whether it fails (story 6).
pub(crate) fn target(world: &World, index: u64) -> (u64, bool) {
    let draw = mix(world.seed() ^ 0x9807, index);
    let failing = stories::TIDEWATER_FAILING;
    if index.is_multiple_of(3) {
        (failing.start + index / 3 % (failing.end - failing.start), true)
    } else {
        (draw % world.user_count(), false)
    }
}

/// Appends the record.
pub(crate) fn write(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    let draw = mix(world.seed() ^ 0x9807, index);
    let (user, fails) = target(world, index);
    let user = world.user(user);
    let app = world.application(stories::TIDEWATER_APP);
    let principal = world.service_principal(world.service_principal_of(stories::TIDEWATER_APP));
    let action = if fails { "create" } else { ["update", "update", "create", "disable"][draw as usize & 3] };
    let record = json!({
        "id": guid_text(guid_bits(world.seed(), Class::Event, event_number(LOG, index))),
        "activityDateTime": instant::text(at),
        "tenantId": world.tenant_id(),
        "jobId": world.tidewater_job_id(),
        "cycleId": guid_text(loose_guid(world.seed() ^ 0xCC1, index / 40)),
        "changeId": guid_text(loose_guid(world.seed() ^ 0xC4A, draw)),
        "provisioningAction": action,
        "durationInMilliseconds": draw % 4_000 + 120,
        "servicePrincipal": {"id": principal.id, "displayName": principal.name},
        "sourceSystem": {"id": world.named_id("source-system"), "displayName": "Azure Active Directory", "details": {}},
        "targetSystem": {
            "id": world.named_id("target-system"),
            "displayName": app.name,
            "details": {
                "ApplicationId": app.app_id,
                "ServicePrincipalId": principal.id,
                "ServicePrincipalDisplayName": principal.name,
            },
        },
        "initiatedBy": {"id": "", "displayName": "Azure AD Provisioning Service", "initiatorType": "system"},
        "sourceIdentity": {
            "id": user.id,
            "displayName": user.display_name,
            "identityType": "User",
            "details": {"id": user.id, "odatatype": "User", "DisplayName": user.display_name, "UserPrincipalName": user.upn},
        },
        "targetIdentity": target_identity(&user, fails, draw),
        "provisioningStatusInfo": status(&user, fails),
        "provisioningSteps": steps(&user, &app.name, action, fails),
        "modifiedProperties": changes(&user),
    });
    super::append(&record, out);
}

/// The id that the vendor gave a person.
fn vendor_id(draw: u64) -> String {
    format!("thr-{:08}", draw % 100_000_000)
}

/// The vendor's id in record `index`, where the record shows one.
pub(crate) fn shown_vendor_id(world: &World, index: u64) -> Option<String> {
    let (_, fails) = target(world, index);
    (!fails).then(|| vendor_id(mix(world.seed() ^ 0x9807, index)))
}

fn target_identity(user: &User, fails: bool, draw: u64) -> Value {
    let kind = "urn:ietf:params:scim:schemas:core:2.0:User";
    if fails {
        return json!({"id": "", "displayName": "", "identityType": kind, "details": {}});
    }
    json!({
        "id": vendor_id(draw),
        "displayName": user.upn.to_lowercase(),
        "identityType": kind,
        "details": {"userName": user.upn.to_lowercase(), "givenName": user.given_name, "surname": user.surname},
    })
}

fn status(user: &User, fails: bool) -> Value {
    if !fails {
        return json!({"status": "success", "errorInformation": null});
    }
    json!({
        "status": "failure",
        "errorInformation": {
            "errorCode": stories::QUARANTINE_CODE,
            "reason": format!(
                "Tidewater HR returned an error response with the HTTP status code 409. A user with the userName '{}' and the phone {} already exists. Too many failures: the job is in quarantine.",
                user.upn.to_lowercase(),
                user.phone.as_deref().unwrap_or("unknown")
            ),
            "additionalDetails": null,
            "errorCategory": "nonServiceFailure",
            "recommendedAction": "https://docs.microsoft.com/azure/active-directory/app-provisioning/application-provisioning-quarantine-status",
        },
    })
}

fn steps(user: &User, app: &str, action: &str, fails: bool) -> Value {
    let upn = &user.upn;
    let outcome = if fails { "failure" } else { "success" };
    let verb = if fails { "Failed to create" } else { "Changed" };
    json!([
        {
            "name": "EntryImportAdd",
            "provisioningStepType": "import",
            "status": "success",
            "description": format!("Received User '{upn}' change of type (Add) from Azure Active Directory"),
            "details": {
                "objectId": user.id,
                "accountEnabled": if user.is_enabled { "True" } else { "False" },
                "displayName": user.display_name,
                "givenName": user.given_name,
                "surname": user.surname,
                "mailNickname": user.mail_nickname,
                "userPrincipalName": upn,
                "IsSoftDeleted": "False",
                "appRoleAssignments": "User",
            },
        },
        {
            "name": "EntrySynchronizationScoping",
            "provisioningStepType": "scoping",
            "status": "success",
            "description": format!("Determine if User in scope by evaluating against each scoping filter: '{upn}'"),
            "details": {"Active in the source system": "True", "Assigned to the application": "True"},
        },
        {
            "name": "EntrySynchronizationAdd",
            "provisioningStepType": "matching",
            "status": "success",
            "description": format!("User '{upn}' will be {action}d in {app} (User is active and assigned in Azure Active Directory)"),
            "details": {},
        },
        {
            "name": "EntryExportAdd",
            "provisioningStepType": "export",
            "status": outcome,
            "description": format!("{verb} User '{}' in {app}", user.display_name),
            "details": {"ReportableIdentifier": upn},
        },
    ])
}

fn changes(user: &User) -> Value {
    let change = |name: &str, value: Option<&str>| json!({"displayName": name, "oldValue": null, "newValue": value});
    json!([
        change("userName", Some(&user.upn)),
        change("active", Some(if user.is_enabled { "True" } else { "False" })),
        change("displayName", Some(&user.display_name)),
        change("emails[type eq \"work\"].value", user.mail.as_deref()),
        change("externalId", Some(&user.mail_nickname)),
        change("phoneNumbers[type eq \"work\"].value", user.phone.as_deref()),
        change(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
            user.employee_id.as_deref()
        ),
        change("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", Some(user.department)),
    ])
}
