//! Service principals, role assignments from and to them, and delegated permission grants.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/serviceprincipal>, `…/approleassignment`,
//! `…/oauth2permissiongrant`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::applications::{USER_READ_ALL, app_role, keys};
use super::users::merge;
use crate::tenant::world::{
    Application, Class, DOMAIN, FIRST_PARTY, MICROSOFT_TENANT, Member, ServicePrincipal, ServicePrincipalKind, World,
    stamp, stories,
};

/// Microsoft Graph: index of its service principal.
const GRAPH: u64 = 0;
/// Permission of Microsoft Graph to read all mail, as an application (the same in every tenant).
const MAIL_READ: &str = "810c84a8-4a9e-49e6-bf7d-12d183f40d01";
/// The role that stands for "default access".
const DEFAULT_ACCESS: &str = "00000000-0000-0000-0000-000000000000";
/// The template of applications outside the gallery, the same in every tenant.
const CUSTOM_TEMPLATE: &str = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

/// A service principal.
pub(super) fn service_principal(world: &World, principal: &ServicePrincipal) -> Value {
    let app = match principal.kind {
        ServicePrincipalKind::Own(index) => Some(world.application(index)),
        _ => None,
    };
    let mut body = face(world, principal, app.as_ref());
    let parts = json!({
        "addIns": [],
        "appRoles": app.as_ref().map(|app| app_role(world, app.index)).into_iter().collect::<Vec<_>>(),
        "info": {
            "logoUrl": null, "marketingUrl": null, "privacyStatementUrl": null, "supportUrl": null,
            "termsOfServiceUrl": null,
        },
        "keyCredentials": app.as_ref().map(|app| keys(world, app)).unwrap_or_default(),
        "oauth2PermissionScopes": [],
        "passwordCredentials": [],
        "resourceSpecificApplicationPermissions": [],
        "verifiedPublisher": {"displayName": null, "verifiedPublisherId": null, "addedDateTime": null},
    });
    merge(&mut body, [parts]);
    body
}

/// The plain properties.
fn face(world: &World, principal: &ServicePrincipal, app: Option<&Application>) -> Value {
    let kind = principal.kind;
    let home = app.map(|app| format!("https://{}.{DOMAIN}", app.host));
    let owner_tenant = match kind {
        ServicePrincipalKind::FirstParty => Some(MICROSOFT_TENANT.to_owned()),
        ServicePrincipalKind::Own(_) => Some(world.tenant_id()),
        ServicePrincipalKind::ManagedIdentity => None,
    };
    json!({
        "id": principal.id,
        "deletedDateTime": null,
        "accountEnabled": principal.index % 29 != 28,
        "alternativeNames": alternative_names(world, principal),
        "appDisplayName": principal.name,
        "appDescription": null,
        "appId": principal.app_id,
        "applicationTemplateId": app.map(|_| CUSTOM_TEMPLATE),
        "appOwnerOrganizationId": owner_tenant,
        "appRoleAssignmentRequired": app.is_some_and(|app| app.index == stories::HARBOR_PAYROLL_APP),
        "createdDateTime": stamp(principal.created),
        "description": null,
        "disabledByMicrosoftStatus": null,
        "displayName": principal.name,
        "homepage": home,
        "loginUrl": null,
        "logoutUrl": null,
        "notes": app.and_then(|app| app.notes),
        "notificationEmailAddresses": notification_addresses(world, app),
        "preferredSingleSignOnMode": app.filter(|app| app.index == 23).map(|_| "saml"),
        "preferredTokenSigningKeyThumbprint": null,
        "replyUrls": home.iter().map(|home| format!("{home}/signin-oidc")).collect::<Vec<_>>(),
        "servicePrincipalNames": [principal.app_id],
        "servicePrincipalType": if kind == ServicePrincipalKind::ManagedIdentity { "ManagedIdentity" } else { "Application" },
        "signInAudience": match kind {
            ServicePrincipalKind::FirstParty => Some("AzureADMultipleOrgs"),
            ServicePrincipalKind::Own(_) => Some("AzureADMyOrg"),
            ServicePrincipalKind::ManagedIdentity => None,
        },
        "tags": app.map(|_| "WindowsAzureActiveDirectoryIntegratedApp").into_iter().collect::<Vec<_>>(),
        "tokenEncryptionKeyId": null,
    })
}

fn alternative_names(world: &World, principal: &ServicePrincipal) -> Vec<String> {
    if principal.kind != ServicePrincipalKind::ManagedIdentity {
        return Vec::new();
    }
    let subscription = world.named_id("subscription");
    vec![
        "isExplicit=False".to_owned(),
        format!(
            "/subscriptions/{subscription}/resourcegroups/rg-yard/providers/Microsoft.Compute/virtualMachines/{}",
            principal.name
        ),
    ]
}

fn notification_addresses(world: &World, app: Option<&Application>) -> Vec<String> {
    let noticed = app.filter(|app| app.index == 23 || app.index == stories::TIDEWATER_APP);
    noticed.and_then(|app| world.user(app.owner).mail).into_iter().collect()
}

/// Application permissions that a service principal holds.
pub(super) fn app_role_assignments(world: &World, index: u64) -> Vec<Value> {
    let principal = world.service_principal(index);
    let role = match principal.kind {
        ServicePrincipalKind::Own(18 | 19) => MAIL_READ,
        ServicePrincipalKind::Own(app) if app % 4 == 2 => USER_READ_ALL,
        ServicePrincipalKind::ManagedIdentity => USER_READ_ALL,
        _ => return Vec::new(),
    };
    vec![json!({
        "id": assignment_id(world, "role", index),
        "deletedDateTime": null,
        "appRoleId": role,
        "createdDateTime": stamp(principal.created),
        "principalDisplayName": principal.name,
        "principalId": principal.id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": FIRST_PARTY[GRAPH as usize].1,
        "resourceId": world.id(Class::ServicePrincipal, GRAPH),
    })]
}

/// Who is assigned to a service principal's application.
pub(super) fn app_role_assigned_to(world: &World, index: u64) -> Vec<Value> {
    let resource = world.service_principal(index);
    let members = match resource.kind {
        ServicePrincipalKind::Own(stories::HARBOR_PAYROLL_APP) => vec![Member::Group(13), Member::User(14)],
        ServicePrincipalKind::Own(stories::TIDEWATER_APP) => vec![Member::Group(14)],
        ServicePrincipalKind::Own(app) => vec![Member::User(4 + app % 12), Member::Group(2 + app % 8)],
        ServicePrincipalKind::FirstParty if index == GRAPH => {
            let holders = (0..world.service_principal_count()).filter(|holder| *holder != GRAPH);
            return holders.flat_map(|holder| app_role_assignments(world, holder)).collect();
        }
        _ => return Vec::new(),
    };
    let assigned = |(place, member): (usize, Member)| {
        let (name, class) = match member {
            Member::Group(group) => (world.group(group).name, "Group"),
            Member::User(user) => (world.user(user).display_name, "User"),
            Member::Device(_) | Member::ServicePrincipal(_) => (String::new(), "ServicePrincipal"),
        };
        json!({
            "id": assignment_id(world, "assigned", index * 10 + place as u64),
            "deletedDateTime": null,
            "appRoleId": DEFAULT_ACCESS,
            "createdDateTime": stamp(resource.created),
            "principalDisplayName": name,
            "principalId": world.member_id(member),
            "principalType": class,
            "resourceDisplayName": resource.name,
            "resourceId": resource.id,
        })
    };
    members.into_iter().enumerate().map(assigned).collect()
}

/// 32 bytes in base64url, as the service's ids of assignments.
fn assignment_id(world: &World, purpose: &str, index: u64) -> String {
    let bytes: Vec<u8> = (0..4).flat_map(|n| world.draw(purpose, index * 4 + n).to_be_bytes()).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A delegated permission grant: even ones for everybody, odd ones for one person.
pub(super) fn permission_grant(world: &World, index: u64) -> Value {
    let client = world.service_principal_of(index / 2 % world.application_count());
    let scope =
        ["openid profile User.Read offline_access", " Mail.Read Calendars.Read", "User.Read.All"][index as usize % 3];
    let principal = (index % 2 == 1).then(|| world.id(Class::User, 4 + index % 36));
    json!({
        "id": assignment_id(world, "grant", index),
        "clientId": world.id(Class::ServicePrincipal, client),
        "consentType": if principal.is_some() { "Principal" } else { "AllPrincipals" },
        "principalId": principal,
        "resourceId": world.id(Class::ServicePrincipal, GRAPH),
        "scope": scope,
    })
}

/// Number of permission grants: two for each application.
pub(super) fn permission_grant_count(world: &World) -> u64 {
    world.application_count() * 2
}
