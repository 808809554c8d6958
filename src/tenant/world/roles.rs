//! Directory roles (ids are Microsoft's role templates, the same in every tenant) and who holds them.
//!
//! Source: <https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>.

use super::id::{guid_of, guid_windows_bytes};
use super::members::Member;
use super::{World, stories};

use base64::Engine;

/// A built-in role.
#[derive(Debug)]
pub struct Role {
    /// Role template id; also the id of the role definition.
    pub template_id: &'static str,
    /// Name.
    pub name: &'static str,
    /// Description.
    pub description: &'static str,
    /// Counts as privileged.
    pub is_privileged: bool,
    /// One of the actions it allows.
    pub action: &'static str,
}

/// Who holds a role.
#[derive(Debug, Clone)]
pub struct RoleAssignment {
    /// Id in the form of the service: role and principal in base64url, `-1`.
    pub id: String,
    /// Index in [`ROLES`].
    pub role: usize,
    /// Holder.
    pub principal: Member,
    /// `/` or the path of an administrative unit.
    pub scope: String,
}

macro_rules! roles {
    ($($id:literal $name:literal $privileged:literal $action:literal $description:literal)*) => {
        [$(Role { template_id: $id, name: $name, description: $description, is_privileged: $privileged, action: $action }),*]
    };
}

/// The roles that stand in `roleDefinitions`.
pub static ROLES: [Role; 17] = roles! {
    "62e90394-69f5-4237-9190-012177145e10" "Global Administrator" true "microsoft.directory/applications/allProperties/allTasks" "Manages everything that uses Microsoft Entra identities."
    "729827e3-9c14-49f7-bb1b-9608f156bbb8" "Helpdesk Administrator" true "microsoft.directory/users/password/update" "Resets passwords of people without administrative roles."
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451" "Global Reader" true "microsoft.directory/users/allProperties/read" "Reads what a global administrator reads."
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9" "Conditional Access Administrator" true "microsoft.directory/conditionalAccessPolicies/create" "Manages Conditional Access."
    "194ae4cb-b126-40b2-bd5b-6091b380977d" "Security Administrator" true "microsoft.directory/policies/standard/read" "Reads security information and manages its configuration."
    "5d6b6bb7-de71-4623-b4af-96380a352509" "Security Reader" true "microsoft.directory/signInReports/allProperties/read" "Reads security information and reports."
    "fe930be7-5e62-47db-91af-98c3a49a38b1" "User Administrator" true "microsoft.directory/users/create" "Manages users and groups."
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3" "Application Administrator" true "microsoft.directory/applications/create" "Manages applications and enterprise applications."
    "158c047a-c907-4556-b7ef-446551a6b5f7" "Cloud Application Administrator" true "microsoft.directory/applications/create" "As Application Administrator, without the application proxy."
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2" "Hybrid Identity Administrator" true "microsoft.directory/cloudProvisioning/allProperties/allTasks" "Manages synchronisation with the on-premises directory."
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13" "Privileged Authentication Administrator" true "microsoft.directory/users/authenticationMethods/create" "Manages authentication methods of everybody."
    "e8611ab8-c189-46e8-94e1-60213ab1f814" "Privileged Role Administrator" true "microsoft.directory/roleAssignments/allProperties/allTasks" "Assigns roles."
    "c4e39bd9-1100-46d3-8c65-fb160da0071f" "Authentication Administrator" true "microsoft.directory/users/authenticationMethods/create" "Manages authentication methods of people without administrative roles."
    "4a5d8f65-41da-4de4-8968-e035b65339cf" "Reports Reader" false "microsoft.directory/signInReports/allProperties/read" "Reads sign-in and audit reports."
    "d29b2b05-8046-44ba-8758-1e26182fcf32" "Directory Synchronization Accounts" true "microsoft.directory/onPremisesSynchronization/standard/read" "Held by the account of Microsoft Entra Connect."
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b" "Directory Readers" false "microsoft.directory/users/standard/read" "Reads basic information."
    "95e79109-95c0-4d8e-aee3-d01accf2d47b" "Guest Inviter" false "microsoft.directory/users/inviteGuest" "Invites guests whatever the tenant's setting."
};

/// Role and holder; the last column is the administrative unit, if the role is held for one only.
const ASSIGNMENTS: [(usize, Member, Option<&str>); 14] = [
    (0, Member::User(stories::ADMIN), None),
    (0, Member::User(stories::BREAK_GLASS), None),
    (1, Member::Group(23), None),
    (1, Member::User(stories::HELPDESK), Some("au-0")),
    (2, Member::User(29), None),
    (3, Member::User(stories::ADMIN), None),
    (5, Member::User(20), None),
    (6, Member::User(stories::HELPDESK), Some("au-1")),
    (7, Member::ServicePrincipal(31), None),
    (9, Member::User(stories::ADMIN), None),
    (13, Member::User(25), None),
    (14, Member::User(stories::SYNC_ACCOUNT), None),
    (15, Member::ServicePrincipal(32), None),
    (16, Member::User(15), None),
];

pub(super) fn assignment_count() -> u64 {
    ASSIGNMENTS.len() as u64
}

impl World {
    /// The role assignment with this index (below [`World::role_assignment_count`]).
    pub fn role_assignment(&self, index: u64) -> RoleAssignment {
        let (role, principal, unit) = ASSIGNMENTS[index as usize % ASSIGNMENTS.len()];
        let scope = unit.map_or("/".to_owned(), |unit| format!("/administrativeUnits/{}", self.named_id(unit)));
        let mut bytes = Vec::with_capacity(32);
        for id in [ROLES[role].template_id, &self.member_id(principal)] {
            bytes.extend(guid_windows_bytes(guid_of(id).unwrap_or_default()));
        }
        let id = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        RoleAssignment { id: format!("{id}-{}", 1 + u8::from(unit.is_some())), role, principal, scope }
    }

    /// The object id of a member.
    pub fn member_id(&self, member: Member) -> String {
        use super::Class;
        match member {
            Member::User(index) => self.id(Class::User, index),
            Member::Group(index) => self.id(Class::Group, index),
            Member::Device(index) => self.id(Class::Device, index),
            Member::ServicePrincipal(index) => self.id(Class::ServicePrincipal, index),
        }
    }
}
