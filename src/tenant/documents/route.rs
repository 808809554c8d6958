//! Paths whose replies are computed: they grow with the tenant.

use serde_json::{Value, json};

use super::users::merge;
use super::{
    Documents, applications, assignments, collection, devices, groups, listed, registration, service_principals, users,
};
use crate::tenant::world::{FIRST_PARTY, Member, World, stamp};

const MISSING: Documents = Documents::NotFound("Request_ResourceNotFound");

/// The reply behind a path, if it is one of these.
pub(super) fn computed(world: &World, path: &str) -> Option<Documents> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    match segments.as_slice() {
        ["users", rest @ ..] => user(world, rest),
        ["groups", rest @ ..] => group(world, rest),
        ["devices", rest @ ..] => device(world, rest),
        ["applications", rest @ ..] => application(world, rest),
        ["servicePrincipals", rest @ ..] => service_principal(world, rest),
        ["contacts"] => {
            Some(collection(world, world.contact_count(), |world, n| users::contact(world, &world.contact(n))))
        }
        ["oauth2PermissionGrants"] => {
            let count = service_principals::permission_grant_count(world);
            Some(collection(world, count, service_principals::permission_grant))
        }
        ["directory", rest @ ..] => directory(world, rest),
        ["reports", "authenticationMethods", "userRegistrationDetails"] => {
            Some(collection(world, world.user_count(), |world, n| registration::details(world, &world.user(n))))
        }
        // What a domain has stands in the tenant file; the others have none.
        ["domains", domain, "verificationDnsRecords" | "serviceConfigurationRecords"] => {
            Some(if is_domain(domain) { listed(Vec::new()) } else { MISSING })
        }
        ["domains", _, "federationConfiguration"] => Some(MISSING),
        _ => assignments::computed(world, &segments),
    }
}

fn is_domain(name: &str) -> bool {
    use crate::tenant::world::{DOMAIN, FEDERATED_DOMAIN, INITIAL_DOMAIN, UNVERIFIED_DOMAIN};
    [DOMAIN, FEDERATED_DOMAIN, INITIAL_DOMAIN, UNVERIFIED_DOMAIN].contains(&name)
}

fn user(world: &World, rest: &[&str]) -> Option<Documents> {
    let Some((key, rest)) = rest.split_first() else {
        return Some(collection(world, world.user_count(), |world, n| users::user(world, &world.user(n))));
    };
    let Some(index) = world.user_index_by_id(key).or_else(|| user_by_upn(world, key)) else { return Some(MISSING) };
    Some(match rest {
        [] => Documents::Singleton(users::user(world, &world.user(index))),
        ["authentication", "methods"] => listed(registration::methods(world, &world.user(index))),
        ["registeredDevices" | "ownedDevices"] => {
            let owned = (0..world.device_count()).filter(|device| world.device(*device).owner == index);
            listed(owned.map(|device| groups::member(world, Member::Device(device))).collect())
        }
        ["memberOf"] => {
            let all = (0..world.group_count()).filter(|n| world.group(*n).members().any(|m| m == Member::User(index)));
            listed(all.map(|n| groups::member(world, Member::Group(n))).collect())
        }
        _ => return None,
    })
}

/// A walk over all users: only a request for one named person pays for it.
fn user_by_upn(world: &World, upn: &str) -> Option<u64> {
    if !upn.contains('@') {
        return None;
    }
    (0..world.user_count()).find(|index| world.user(*index).upn.eq_ignore_ascii_case(upn))
}

fn group(world: &World, rest: &[&str]) -> Option<Documents> {
    let Some((id, rest)) = rest.split_first() else {
        return Some(collection(world, world.group_count(), |world, n| groups::group(world, &world.group(n))));
    };
    let Some(index) = world.group_index_by_id(id) else { return Some(MISSING) };
    let group = world.group(index);
    Some(match rest {
        [] => Documents::Singleton(groups::group(world, &group)),
        ["members" | "transitiveMembers"] => collection(world, group.member_count(), move |world, place| {
            group.member(place).map_or(Value::Null, |member| groups::member(world, member))
        }),
        ["owners"] => listed(group.owners.iter().map(|n| groups::member(world, Member::User(*n))).collect()),
        _ => return None,
    })
}

fn device(world: &World, rest: &[&str]) -> Option<Documents> {
    let Some((id, rest)) = rest.split_first() else {
        return Some(collection(world, world.device_count(), |world, n| devices::device(world, &world.device(n))));
    };
    let Some(index) = world.device_index_by_id(id) else { return Some(MISSING) };
    let device = world.device(index);
    Some(match rest {
        [] => Documents::Singleton(devices::device(world, &device)),
        ["registeredOwners" | "registeredUsers"] => listed(vec![groups::member(world, Member::User(device.owner))]),
        _ => return None,
    })
}

fn application(world: &World, rest: &[&str]) -> Option<Documents> {
    let Some((id, rest)) = rest.split_first() else {
        return Some(collection(world, world.application_count(), |world, n| {
            applications::application(world, &world.application(n))
        }));
    };
    let Some(index) = world.application_index_by_id(id) else { return Some(MISSING) };
    let app = world.application(index);
    Some(match rest {
        [] => Documents::Singleton(applications::application(world, &app)),
        ["owners"] => listed(vec![groups::member(world, Member::User(app.owner))]),
        ["federatedIdentityCredentials"] => listed(Vec::new()),
        _ => return None,
    })
}

fn service_principal(world: &World, rest: &[&str]) -> Option<Documents> {
    let Some((id, rest)) = rest.split_first() else {
        return Some(collection(world, world.service_principal_count(), |world, n| {
            service_principals::service_principal(world, &world.service_principal(n))
        }));
    };
    let Some(index) = world.service_principal_index_by_id(id) else { return Some(MISSING) };
    let own = index.checked_sub(FIRST_PARTY.len() as u64).filter(|app| *app < world.application_count());
    Some(match rest {
        [] => Documents::Singleton(service_principals::service_principal(world, &world.service_principal(index))),
        ["appRoleAssignments"] => listed(service_principals::app_role_assignments(world, index)),
        ["appRoleAssignedTo"] => listed(service_principals::app_role_assigned_to(world, index)),
        ["owners"] => {
            let owner = own.map(|app| groups::member(world, Member::User(world.application(app).owner)));
            listed(owner.into_iter().collect())
        }
        // The two jobs of the tenant stand in the provisioning file.
        ["synchronization", "jobs"] => listed(Vec::new()),
        ["synchronization", "jobs", _, "schema"] => MISSING,
        _ => return None,
    })
}

fn directory(world: &World, rest: &[&str]) -> Option<Documents> {
    Some(match rest {
        ["deletedItems", "microsoft.graph.user"] => collection(world, world.deleted_user_count(), users::deleted),
        ["deletedItems", "microsoft.graph.group"] => {
            let mut gone = world.group(world.group_count() + 40_000);
            gone.name = "Night Watch".to_owned();
            let mut body = groups::group(world, &gone);
            merge(&mut body, [json!({"deletedDateTime": stamp(world.ago_s(6 * 86_400))})]);
            listed(vec![body])
        }
        ["deletedItems", "microsoft.graph.application"] => listed(vec![applications::deleted_application(world)]),
        ["deletedItems", "microsoft.graph.device"] => listed(vec![devices::lost(world)]),
        ["deviceLocalCredentials"] => {
            collection(world, devices::local_credential_count(world), devices::local_credential)
        }
        ["administrativeUnits", id, "members"] => match assignments::unit_members(world, id) {
            Some(members) => listed(members.into_iter().map(|member| groups::member(world, member)).collect()),
            None => MISSING,
        },
        _ => return None,
    })
}
