//! Groups, their members and owners, administrative units and their members.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/group>, <https://learn.microsoft.com/graph/api/group-list-members>.

use serde_json::{Value, json};

use super::{devices, service_principals, users};
use crate::tenant::world::{Group, INITIAL_DOMAIN, Member, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN, World, stamp};

/// A group with everything a list can select.
pub(super) fn group(world: &World, group: &Group) -> Value {
    let kind = group.kind;
    let mut types = Vec::new();
    if kind.is_dynamic() {
        types.push("DynamicMembership");
    }
    if kind.is_unified() {
        types.insert(0, "Unified");
    }
    let synced = kind.is_synced().then_some(true);
    let created = stamp(group.created);
    let proxies = |mail: &String| [format!("SMTP:{mail}"), format!("smtp:{}@{INITIAL_DOMAIN}", group.nickname)];
    let mut body = json!({
        "id": group.id,
        "deletedDateTime": null,
        "classification": null,
        "createdDateTime": created,
        "creationOptions": [],
        "description": group.description,
        "displayName": group.name,
        "expirationDateTime": null,
        "groupTypes": types,
        "isAssignableToRole": kind == crate::tenant::world::GroupKind::RoleAssignable,
        "mail": group.mail,
        "mailEnabled": kind.is_mail_enabled(),
        "mailNickname": group.nickname,
        "membershipRule": group.rule,
        "membershipRuleProcessingState": group.rule.map(|_| "On"),
        "preferredDataLocation": null,
        "preferredLanguage": null,
        "proxyAddresses": group.mail.iter().flat_map(proxies).collect::<Vec<_>>(),
        "renewedDateTime": created,
        "resourceBehaviorOptions": [],
        "resourceProvisioningOptions": if kind.is_unified() { vec!["Team"] } else { Vec::new() },
        "securityEnabled": kind != crate::tenant::world::GroupKind::Distribution,
        "securityIdentifier": world.group_cloud_sid(group.index),
        "theme": null,
        "uniqueName": null,
        "visibility": kind.is_unified().then_some("Private"),
        "assignedLicenses": [],
    });
    let on_premises = json!({
        "onPremisesDomainName": synced.map(|_| ON_PREMISES_DOMAIN),
        "onPremisesLastSyncDateTime": synced.map(|_| stamp(world.ago_s(1_260))),
        "onPremisesNetBiosName": synced.map(|_| NETBIOS_DOMAIN),
        "onPremisesSamAccountName": group.sam,
        "onPremisesSecurityIdentifier": group.sid,
        "onPremisesSyncEnabled": synced,
        "onPremisesProvisioningErrors": [],
        "serviceProvisioningErrors": [],
    });
    // Null for groups without licences: the description of the service has no null there, so it is left out.
    let licences =
        if group.index == 13 { json!({"licenseProcessingState": {"state": "ProcessingComplete"}}) } else { json!({}) };
    users::merge(&mut body, [on_premises, licences]);
    body
}

/// A member or owner: `@odata.type` first, then the default properties of its class.
pub(super) fn member(world: &World, member: Member) -> Value {
    let (class, body) = match member {
        Member::User(index) => ("user", users::person(&world.user(index))),
        Member::Group(index) => ("group", group(world, &world.group(index))),
        Member::Device(index) => ("device", devices::device(world, &world.device(index))),
        Member::ServicePrincipal(index) => {
            ("servicePrincipal", service_principals::service_principal(world, &world.service_principal(index)))
        }
    };
    let mut typed = json!({"@odata.type": format!("#microsoft.graph.{class}")});
    users::merge(&mut typed, [body]);
    typed
}
