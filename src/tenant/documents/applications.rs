//! Application registrations and their credentials.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/application>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::users::merge;
use crate::tenant::world::{Application, Class, DOMAIN, FIRST_PARTY, INITIAL_DOMAIN, World, stamp, stories};

/// Permissions of Microsoft Graph (the same in every tenant): sign in and read the profile, …
const USER_READ: &str = "e1fe6dd8-ba31-4d61-89e7-88639da4683d";
/// … and, as an application, read all users.
pub(super) const USER_READ_ALL: &str = "df021288-bdef-4463-88db-98f22de89214";

/// An application registration.
pub(super) fn application(world: &World, app: &Application) -> Value {
    let home = format!("https://{}.{DOMAIN}", app.host);
    let mut body = json!({
        "id": app.id,
        "deletedDateTime": null,
        "appId": app.app_id,
        "applicationTemplateId": null,
        "disabledByMicrosoftStatus": null,
        "createdDateTime": stamp(app.created),
        "displayName": app.name,
        "description": null,
        "groupMembershipClaims": null,
        "identifierUris": [format!("api://{}", app.app_id)],
        "isDeviceOnlyAuthSupported": null,
        "isFallbackPublicClient": null,
        "notes": app.notes,
        "publisherDomain": DOMAIN,
        "serviceManagementReference": null,
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "tokenEncryptionKeyId": null,
        "samlMetadataUrl": null,
        "defaultRedirectUri": null,
        "addIns": [],
    });
    let settings = json!({
        "api": {
            "acceptMappedClaims": null, "knownClientApplications": [], "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [], "preAuthorizedApplications": [],
        },
        "appRoles": [app_role(world, app.index)],
        "info": {
            "logoUrl": null, "marketingUrl": null, "privacyStatementUrl": null,
            "supportUrl": format!("{home}/support"), "termsOfServiceUrl": null,
        },
        "keyCredentials": keys(world, app),
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "passwordCredentials": secrets(world, app),
        "publicClient": {"redirectUris": []},
        "requiredResourceAccess": [{
            "resourceAppId": FIRST_PARTY[0].0,
            "resourceAccess": [{"id": USER_READ, "type": "Scope"}, {"id": USER_READ_ALL, "type": "Role"}],
        }],
        "verifiedPublisher": {"displayName": null, "verifiedPublisherId": null, "addedDateTime": null},
        "web": {
            "homePageUrl": home, "logoutUrl": null, "redirectUris": [format!("{home}/signin-oidc")],
            "implicitGrantSettings": {"enableAccessTokenIssuance": false, "enableIdTokenIssuance": app.index.is_multiple_of(4)},
            "redirectUriSettings": [{"uri": format!("{home}/signin-oidc"), "index": null}],
        },
        "spa": {"redirectUris": []},
    });
    merge(&mut body, [settings]);
    body
}

pub(super) fn app_role(world: &World, index: u64) -> Value {
    json!({
        "allowedMemberTypes": ["User"], "description": "Reads and writes", "displayName": "Contributor",
        "id": app_role_id(world, index), "isEnabled": true, "origin": "Application", "value": "Contributor",
    })
}

fn app_role_id(world: &World, application: u64) -> String {
    world.named_id(&format!("app-role-{application}"))
}

/// Story 2: Harbor Payroll's only secret ended nine days ago.
fn secrets(world: &World, app: &Application) -> Vec<Value> {
    let (key_id, name, end) = match app.index {
        stories::HARBOR_PAYROLL_APP => {
            (world.named_id(stories::EXPIRED_SECRET), "payroll nightly", world.ago_s(9 * 86_400))
        }
        index if index % 3 == 1 => (world.id(Class::Key, index), "deployment", world.now() + time::Duration::days(120)),
        _ => return Vec::new(),
    };
    // The service shows the first characters of the secret: these are invented, and must be removed all the same.
    let hint = ["fAk", "nOt", "inV"][app.index as usize % 3];
    vec![json!({
        "customKeyIdentifier": null,
        "displayName": name,
        "endDateTime": stamp(end),
        "hint": hint,
        "keyId": key_id,
        "secretText": null,
        "startDateTime": stamp(end - time::Duration::days(180)),
    })]
}

pub(super) fn keys(world: &World, app: &Application) -> Vec<Value> {
    if !app.index.is_multiple_of(8) || app.index == stories::HARBOR_PAYROLL_APP {
        return Vec::new();
    }
    let thumbprint: Vec<u8> = (0..20).map(|n| (world.draw("certificate", app.index * 20 + n) & 0xFF) as u8).collect();
    vec![json!({
        "customKeyIdentifier": STANDARD.encode(thumbprint),
        "displayName": format!("CN={}.{DOMAIN}", app.host),
        "endDateTime": stamp(world.now() + time::Duration::days(200)),
        "key": null,
        "keyId": world.id(Class::Key, 1_000 + app.index),
        "startDateTime": stamp(world.ago_s(165 * 86_400)),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    })]
}

/// The deleted application.
pub(super) fn deleted_application(world: &World) -> Value {
    let mut app = world.application(1 << 41);
    app.name = "Old Rota".to_owned();
    app.host = "old-rota".to_owned();
    let mut body = application(world, &app);
    body["deletedDateTime"] = json!(stamp(world.ago_s(12 * 86_400)));
    body["publisherDomain"] = json!(INITIAL_DOMAIN);
    body
}
