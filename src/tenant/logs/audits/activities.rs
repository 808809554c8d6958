//! What happens in the audit log: activities with their category, service, actor, targets and changes.
//!
//! A table. Source: entra-docs reference-audit-activities; the spelling of services and categories as in exported
//! records.

use By::{Admin, Devices, Helpdesk, Invitation, Owner, Provisioning, Substrate, Sync, Themselves};
use Change::{
    AccountEnabled, AppAddress, ConsentScopes, DeviceName, Disabled, DisplayName, GroupName, Included, Licence, Mail,
    MembershipRule, MfaPhone, OnPremises, PolicyJson, Proxy, Renamed, RoleName, SecretName, TargetUpn,
    UserPrincipalName,
};
use Target::{App, DeletedDevice, Device, Group, Policy, Role, ServicePrincipal, User, UserAndGroup, UserAndRole};

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Admin,
    Helpdesk,
    Owner,
    Themselves,
    /// Entra Connect's account.
    Sync,
    /// "Microsoft Substrate Management"
    Substrate,
    /// "Device Registration Service"
    Devices,
    /// "Azure AD Cloud Sync" and the provisioning service.
    Provisioning,
    /// "Microsoft Invitation Acceptance Portal"
    Invitation,
}

/// To what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    User,
    UserAndGroup,
    UserAndRole,
    Group,
    App,
    ServicePrincipal,
    Device,
    /// A device that is no longer in the directory: its name stands only here.
    DeletedDevice,
    Policy,
    Role,
}

/// Which property changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    AccountEnabled,
    AppAddress,
    ConsentScopes,
    DeviceName,
    Disabled,
    DisplayName,
    GroupName,
    Included,
    Licence,
    Mail,
    MembershipRule,
    MfaPhone,
    OnPremises,
    PolicyJson,
    Proxy,
    Renamed,
    RoleName,
    SecretName,
    TargetUpn,
    UserPrincipalName,
}

/// One kind of audit.
#[derive(Debug)]
pub(super) struct Activity {
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    pub(super) by: By,
    pub(super) target: Target,
    pub(super) changes: &'static [Change],
}

const fn core(
    name: &'static str,
    category: &'static str,
    operation: &'static str,
    by: By,
    target: Target,
    changes: &'static [Change],
) -> Activity {
    Activity { name, category, service: "Core Directory", operation, by, target, changes }
}

const fn of(service: &'static str, activity: Activity) -> Activity {
    Activity { service, ..activity }
}

/// All kinds; each is as frequent as its rows.
pub(super) static ACTIVITIES: [Activity; 49] = [
    core("Update user", "UserManagement", "Update", Substrate, User, &[Proxy, Mail, Included, TargetUpn]),
    core("Update user", "UserManagement", "Update", Sync, User, &[OnPremises, DisplayName, Included, TargetUpn]),
    core("Update user", "UserManagement", "Update", Helpdesk, User, &[DisplayName, UserPrincipalName, TargetUpn]),
    core("Update user", "UserManagement", "Update", Substrate, User, &[Included, TargetUpn]),
    core(
        "Add user",
        "UserManagement",
        "Add",
        Sync,
        User,
        &[AccountEnabled, DisplayName, UserPrincipalName, OnPremises, Proxy],
    ),
    core("Delete user", "UserManagement", "Delete", Helpdesk, User, &[TargetUpn]),
    core("Restore user", "UserManagement", "Update", Helpdesk, User, &[TargetUpn]),
    core("Disable account", "UserManagement", "Update", Helpdesk, User, &[Disabled, TargetUpn]),
    core("Enable account", "UserManagement", "Update", Helpdesk, User, &[AccountEnabled, TargetUpn]),
    core(
        "Update StsRefreshTokenValidFrom Timestamp",
        "UserManagement",
        "Update",
        Substrate,
        User,
        &[Included, TargetUpn],
    ),
    core("Change user license", "UserManagement", "Update", Admin, User, &[Licence, TargetUpn]),
    core("Change user license", "UserManagement", "Update", Substrate, User, &[Licence, TargetUpn]),
    core("Reset user password", "UserManagement", "Update", Helpdesk, User, &[TargetUpn]),
    core("Change user password", "UserManagement", "Update", Themselves, User, &[TargetUpn]),
    of(
        "Self-service Password Management",
        core("Reset password (self-service)", "UserManagement", "Update", Themselves, User, &[TargetUpn]),
    ),
    of(
        "Self-service Password Management",
        core("Self-service password reset flow activity progress", "UserManagement", "Update", Themselves, User, &[]),
    ),
    of(
        "Authentication Methods",
        core("User registered security info", "UserManagement", "Add", Themselves, User, &[MfaPhone]),
    ),
    of(
        "Authentication Methods",
        core("Update user", "UserManagement", "Update", Themselves, User, &[MfaPhone, TargetUpn]),
    ),
    of("Invited Users", core("Invite external user", "UserManagement", "Add", Owner, User, &[Mail, UserPrincipalName])),
    of(
        "Invited Users",
        core("Redeem external user invite", "UserManagement", "Update", Invitation, User, &[UserPrincipalName]),
    ),
    core("Add member to group", "GroupManagement", "Assign", Owner, UserAndGroup, &[GroupName]),
    core("Add member to group", "GroupManagement", "Assign", Substrate, UserAndGroup, &[GroupName]),
    core("Remove member from group", "GroupManagement", "Unassign", Owner, UserAndGroup, &[GroupName]),
    core("Add owner to group", "GroupManagement", "Assign", Admin, UserAndGroup, &[GroupName]),
    core("Update group", "GroupManagement", "Update", Owner, Group, &[DisplayName, MembershipRule, Included]),
    core("Add group", "GroupManagement", "Add", Owner, Group, &[DisplayName, MembershipRule]),
    of(
        "Self-service Group Management",
        core("GroupLifecyclePolicies_Get", "GroupManagement", "Update", Admin, Group, &[]),
    ),
    core("Add application", "ApplicationManagement", "Add", Admin, App, &[AppAddress, DisplayName, Included]),
    core("Update application", "ApplicationManagement", "Update", Owner, App, &[AppAddress, Included]),
    core(
        "Update application – Certificates and secrets management",
        "ApplicationManagement",
        "Update",
        Owner,
        App,
        &[SecretName, Included],
    ),
    core(
        "Add service principal",
        "ApplicationManagement",
        "Add",
        Admin,
        ServicePrincipal,
        &[AccountEnabled, DisplayName],
    ),
    core("Update service principal", "ApplicationManagement", "Update", Substrate, ServicePrincipal, &[Included]),
    core("Consent to application", "ApplicationManagement", "Assign", Themselves, ServicePrincipal, &[ConsentScopes]),
    core(
        "Add delegated permission grant",
        "ApplicationManagement",
        "Assign",
        Admin,
        ServicePrincipal,
        &[ConsentScopes],
    ),
    core("Add app role assignment grant to user", "UserManagement", "Assign", Admin, ServicePrincipal, &[TargetUpn]),
    core("Register device", "Device", "Add", Devices, Device, &[DeviceName, Included]),
    core("Update device", "Device", "Update", Devices, Device, &[DeviceName, Included]),
    core("Add registered owner to device", "Device", "Assign", Devices, Device, &[DeviceName, TargetUpn]),
    core("Add registered users to device", "Device", "Assign", Devices, Device, &[DeviceName, TargetUpn]),
    core("Delete device", "Device", "Delete", Admin, DeletedDevice, &[DeviceName]),
    core("Add member to role", "RoleManagement", "Assign", Admin, UserAndRole, &[RoleName]),
    of(
        "PIM",
        core(
            "Add member to role completed (PIM activation)",
            "RoleManagement",
            "Assign",
            Themselves,
            Role,
            &[RoleName],
        ),
    ),
    core("Update policy", "Policy", "Update", Admin, Policy, &[PolicyJson]),
    of(
        "Conditional Access",
        core("Update conditional access policy", "Policy", "Update", Admin, Policy, &[PolicyJson]),
    ),
    of(
        "Account Provisioning",
        core("Export", "ProvisioningManagement", "Update", Provisioning, User, &[UserPrincipalName]),
    ),
    of("B2C", core("Set company information", "DirectoryManagement", "Update", Admin, Policy, &[Included])),
    core("Update application", "ApplicationManagement", "Update", Owner, App, &[Renamed, Included]),
    core("Delete application", "ApplicationManagement", "Delete", Admin, App, &[]),
    core("Add owner to application", "ApplicationManagement", "Assign", Admin, App, &[]),
];
