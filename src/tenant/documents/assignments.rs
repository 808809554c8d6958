//! Directory roles, role definitions, role assignments and their schedules, members of administrative units.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/unifiedroleassignment>, `…/directoryrole`.

use serde_json::{Value, json};

use super::{Documents, collection, groups, listed};
use crate::tenant::world::{Device, Member, ROLES, Role, RoleAssignment, World, stamp};

/// The reply behind a path, if it is one of these.
pub(super) fn computed(world: &World, segments: &[&str]) -> Option<Documents> {
    Some(match segments {
        ["directoryRoles"] => collection(world, ROLES.len() as u64, |world, n| active_role(world, &ROLES[n as usize])),
        ["directoryRoles", id, "members"] => match ROLES.iter().position(|role| active_id(world, role) == *id) {
            Some(role) => listed(holders(world, role)),
            None => Documents::NotFound("Request_ResourceNotFound"),
        },
        ["roleManagement", "directory", "roleDefinitions"] => listed(ROLES.iter().map(definition).collect()),
        ["roleManagement", "directory", "roleAssignments"] => {
            collection(world, world.role_assignment_count(), |world, n| assignment(world, &world.role_assignment(n)))
        }
        ["roleManagement", "directory", "roleAssignmentScheduleInstances"] => {
            collection(world, world.role_assignment_count(), |world, n| instance(world, &world.role_assignment(n)))
        }
        _ => return None,
    })
}

fn active_id(world: &World, role: &Role) -> String {
    world.named_id(&format!("role-{}", role.template_id))
}

fn active_role(world: &World, role: &Role) -> Value {
    json!({
        "id": active_id(world, role),
        "deletedDateTime": null,
        "description": role.description,
        "displayName": role.name,
        "roleTemplateId": role.template_id,
    })
}

fn assignments(world: &World) -> impl Iterator<Item = RoleAssignment> + '_ {
    (0..world.role_assignment_count()).map(|index| world.role_assignment(index))
}

fn holders(world: &World, role: usize) -> Vec<Value> {
    let tenant_wide = assignments(world).filter(|assignment| assignment.role == role && assignment.scope == "/");
    tenant_wide.map(|assignment| groups::member(world, assignment.principal)).collect()
}

fn definition(role: &Role) -> Value {
    json!({
        "id": role.template_id,
        "description": role.description,
        "displayName": role.name,
        "isBuiltIn": true,
        "isEnabled": true,
        "resourceScopes": ["/"],
        "templateId": role.template_id,
        "version": "1",
        "rolePermissions": [{"allowedResourceActions": [role.action], "condition": null}],
        "inheritsPermissionsFrom": [{"id": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"}],
    })
}

fn assignment(world: &World, assignment: &RoleAssignment) -> Value {
    let role = &ROLES[assignment.role];
    json!({
        "id": assignment.id,
        "principalId": world.member_id(assignment.principal),
        "principalOrganizationId": world.tenant_id(),
        "resourceScope": assignment.scope,
        "directoryScopeId": assignment.scope,
        "appScopeId": null,
        "roleDefinitionId": role.template_id,
        "principal": groups::member(world, assignment.principal),
        "roleDefinition": definition(role),
    })
}

fn instance(world: &World, assignment: &RoleAssignment) -> Value {
    json!({
        "id": assignment.id,
        "principalId": world.member_id(assignment.principal),
        "roleDefinitionId": ROLES[assignment.role].template_id,
        "directoryScopeId": assignment.scope,
        "appScopeId": null,
        "startDateTime": stamp(world.past("role-start", assignment.role as u64, 31, 700)),
        "endDateTime": null,
        "assignmentType": "Assigned",
        "memberType": if matches!(assignment.principal, Member::Group(_)) { "Group" } else { "Direct" },
        "roleAssignmentOriginId": assignment.id,
        "roleAssignmentScheduleId": assignment.id,
    })
}

/// Members of an administrative unit; `None`: there is no such unit.
pub(super) fn unit_members(world: &World, id: &str) -> Option<Vec<Member>> {
    let devices_of = |owner: u64| {
        let own =
            (0..world.device_count().min(60)).map(|n| world.device(n)).filter(move |device| device.owner == owner);
        own.map(|Device { index, .. }| Member::Device(index))
    };
    let unit = (0..3).find(|number| world.named_id(&format!("au-{number}")) == id)?;
    Some(match unit {
        0 => vec![Member::User(15), Member::User(18), Member::User(27), Member::Group(20)],
        1 => (4..10).map(Member::User).chain([Member::Group(0)]).collect(),
        _ => devices_of(4).chain(devices_of(11)).collect(),
    })
}
