//! `modifiedProperties` of an audit: JSON text inside strings, where half of all leaks come from.
//!
//! Takes a [`Change`] and whom it touches, gives `{displayName, oldValue, newValue}`. Source: exported records;
//! microsoft-apis §2.1 ("Trap").

use serde_json::{Value, json};

use super::super::super::world::{DOMAIN, ROLES, User, World, stories};
use super::super::phone;
use super::Subject;
use super::activities::Change;

/// One changed property.
pub(super) fn of(world: &World, change: Change, subject: &Subject) -> Value {
    let user = &subject.user;
    match change {
        Change::AccountEnabled => property("AccountEnabled", &json!([false]), &json!([true])),
        Change::Disabled => property("AccountEnabled", &json!([true]), &json!([false])),
        Change::DisplayName => {
            let name = subject.name.as_deref().unwrap_or(&user.display_name);
            property("DisplayName", &json!([]), &json!([name]))
        }
        Change::UserPrincipalName => property("UserPrincipalName", &json!([]), &json!([user.upn])),
        Change::TargetUpn => bare("TargetId.UserType", &json!(if user.is_guest { "Guest" } else { "Member" })),
        Change::Mail => property("Mail", &json!([]), &json!([user.mail])),
        Change::Proxy => {
            let former = super::former_address(user);
            let mut before = user.proxy_addresses.clone();
            before.push(former);
            property("ProxyAddresses", &json!(before), &json!(user.proxy_addresses))
        }
        Change::OnPremises => on_premises(user),
        Change::Included => bare("Included Updated Properties", &json!("ProxyAddresses, DisplayName")),
        Change::Licence => licence(user),
        Change::MfaPhone => mfa(world, user),
        Change::GroupName => property("Group.DisplayName", &json!(null), &json!(subject.group)),
        Change::MembershipRule => {
            let rule = format!(
                "(user.userPrincipalName -eq \"{}\") or (user.department -eq \"{}\")",
                user.upn, user.department
            );
            property("MembershipRule", &json!([]), &json!([rule]))
        }
        Change::AppAddress => {
            let host = format!("https://{}.{DOMAIN}/signin-oidc?login_hint={}", subject.host, encoded(&user.upn));
            property(
                "AppAddress",
                &json!([]),
                &json!([{"AddressType": 0, "Address": host, "ReplyAddressClientType": 1}]),
            )
        }
        Change::SecretName => {
            let key = world.named_id(stories::EXPIRED_SECRET);
            let text = format!(
                "[KeyIdentifier={key},KeyType=Password,KeyUsage=Verify,DisplayName=made by {}]",
                user.display_name
            );
            property("KeyDescription", &json!([]), &json!([text]))
        }
        Change::ConsentScopes => {
            let text = format!(
                "[] => [[Id: {}, ClientId: {}, PrincipalId: {}, ResourceId: {}, ConsentType: Principal, Scope: User.Read Mail.Read]]",
                world.named_id("grant"),
                subject.id,
                user.id,
                world.service_principal(0).id
            );
            bare("ConsentAction.Permissions", &json!(text))
        }
        Change::DeviceName => {
            let (id, name) = (&subject.id, subject.name.as_deref().unwrap_or_default());
            let physical = json!([format!("[USER-GID]:{}:6755398495", user.id), format!("[GID]:g:{}", dashless(id))]);
            let before = json!({"DisplayName": null, "DevicePhysicalIds": []});
            let after = json!({"DisplayName": name, "DevicePhysicalIds": physical, "DeviceTrustType": "Azure AD join"});
            property("Device", &json!([before]), &json!([after]))
        }
        Change::Renamed => {
            let name = subject.name.as_deref().unwrap_or_default();
            property("DisplayName", &json!([format!("{name} (pilot)")]), &json!([name]))
        }
        Change::RoleName => {
            let role = ROLES.get(subject.draw as usize % ROLES.len()).map_or("", |role| role.name);
            property("Role.DisplayName", &json!(null), &json!(role))
        }
        Change::PolicyJson => policy(world, user),
    }
}

fn property(name: &str, old: &Value, new: &Value) -> Value {
    json!({"displayName": name, "oldValue": old.to_string(), "newValue": new.to_string()})
}

fn bare(name: &str, new: &Value) -> Value {
    json!({"displayName": name, "oldValue": null, "newValue": new.to_string()})
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub(super) fn dashless(id: &str) -> String {
    id.replace('-', "")
}

fn on_premises(user: &User) -> Value {
    match (&user.immutable_id, &user.dn) {
        (Some(anchor), Some(dn)) => {
            let after = json!([{"SourceAnchor": anchor, "OnPremisesDistinguishedName": dn, "OnPremisesSecurityIdentifier": user.sid, "Password": null}]);
            property("OnPremisesAttributes", &json!([]), &after)
        }
        _ => property("MobilePhone", &json!([]), &json!([user.mobile])),
    }
}

fn licence(user: &User) -> Value {
    let after = format!(
        "[SkuName=SPE_E5, AccountId={}, SkuId=06ebc4ee-1bb5-47dd-8120-11324bc54e06, DisabledPlans=[]]",
        dashless(&user.id)
    );
    property("AssignedLicense", &json!([]), &json!([after]))
}

fn mfa(world: &World, user: &User) -> Value {
    let number = phone(world, user.index);
    let before =
        json!({"PhoneNumber": null, "AlternativePhoneNumber": null, "Email": null, "VoiceOnlyPhoneNumber": null});
    let after = json!({"PhoneNumber": number, "AlternativePhoneNumber": user.phone, "Email": user.other_mails.first(), "VoiceOnlyPhoneNumber": null});
    property("StrongAuthenticationUserDetails", &json!([before]), &json!([after]))
}

fn policy(world: &World, user: &User) -> Value {
    let group = world.group(stories::FIELD_CREW_GROUP);
    let body = |state: &str| {
        json!({
            "id": world.named_id(stories::POLICY_BLOCK_FIELD),
            "displayName": stories::POLICY_BLOCK_FIELD_NAME,
            "state": state,
            "conditions": {
                "applications": {"includeApplications": ["All"], "excludeApplications": []},
                "users": {"includeUsers": [], "excludeUsers": [user.id], "includeGroups": [group.id]},
                "clientAppTypes": ["exchangeActiveSync", "other"],
            },
            "grantControls": {"operator": "OR", "builtInControls": ["block"]},
            "modifiedBy": user.upn,
        })
    };
    let (old, new) = (body("enabledForReportingButNotEnforced"), body("enabled"));
    json!({"displayName": "ConditionalAccessPolicy", "oldValue": old.to_string(), "newValue": new.to_string()})
}
