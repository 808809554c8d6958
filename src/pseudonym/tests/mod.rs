//! Tests of the gate as a whole: with the real cipher, rules and dictionary.

#[cfg(not(feature = "gate-off"))]
mod again;
#[cfg(not(feature = "gate-off"))]
mod declared;
mod files;
mod forms;
mod gate;
#[cfg(not(feature = "gate-off"))]
mod people;
mod properties;
mod prose;
#[cfg(not(feature = "gate-off"))]
mod ranges;
mod repeats;
mod samples;
#[cfg(not(feature = "gate-off"))]
mod secrets;
mod texts;

use std::sync::Arc;

use bytes::Bytes;

use super::cipher::Ff1;
use super::key::MasterKey;
use super::{CleanBatch, Gate, Policy, Rules};
use crate::catalog::Group;
use crate::record::{RawBatch, RawRecord};

/// Datasets of the tests: id, group, path.
pub(super) const DATASETS: [(&str, Group, &str); 53] = [
    ("organization", Group::Objects, "/organization"),
    ("users", Group::Objects, "/users"),
    ("deleted-users", Group::Objects, "/directory/deletedItems/microsoft.graph.user"),
    ("groups", Group::Objects, "/groups"),
    ("group-members", Group::Objects, "/groups/{0}/members"),
    ("group-owners", Group::Objects, "/groups/{0}/owners"),
    ("devices", Group::Objects, "/devices"),
    ("device-owners", Group::Objects, "/devices/{0}/registeredOwners"),
    ("applications", Group::Objects, "/applications"),
    ("service-principals", Group::Objects, "/servicePrincipals"),
    ("directory-roles", Group::Objects, "/directoryRoles"),
    ("role-assignments", Group::Objects, "/roleManagement/directory/roleAssignments"),
    ("role-definitions", Group::Objects, "/roleManagement/directory/roleDefinitions"),
    ("administrative-units", Group::Objects, "/directory/administrativeUnits"),
    ("domains", Group::Objects, "/domains"),
    ("oauth2-permission-grants", Group::Objects, "/oauth2PermissionGrants"),
    ("contacts", Group::Objects, "/contacts"),
    ("deleted-groups", Group::Config, "/directory/deletedItems/microsoft.graph.group"),
    ("deleted-devices", Group::Config, "/directory/deletedItems/microsoft.graph.device"),
    ("deleted-applications", Group::Config, "/directory/deletedItems/microsoft.graph.application"),
    ("directory-role-members", Group::Config, "/directoryRoles/{0}/members"),
    ("administrative-unit-members", Group::Config, "/directory/administrativeUnits/{0}/members"),
    ("administrative-unit-scoped-roles", Group::Config, "/directory/administrativeUnits/{0}/scopedRoleMembers"),
    ("application-owners", Group::Config, "/applications/{0}/owners"),
    ("service-principal-owners", Group::Config, "/servicePrincipals/{0}/owners"),
    ("device-registered-users", Group::Config, "/devices/{0}/registeredUsers"),
    ("registration-details", Group::Config, "/reports/authenticationMethods/userRegistrationDetails"),
    ("user-sign-in-activity", Group::Config, "/users"),
    ("app-role-assignments", Group::Config, "/servicePrincipals/{0}/appRoleAssignments"),
    ("app-role-assigned-to", Group::Config, "/servicePrincipals/{0}/appRoleAssignedTo"),
    ("role-assignment-instances", Group::Config, "/r"),
    ("role-eligibility-instances", Group::Config, "/r"),
    ("risky-service-principal-history", Group::Config, "/identityProtection/riskyServicePrincipals/{0}/history"),
    ("domain-service-records", Group::Config, "/domains/{0}/serviceConfigurationRecords"),
    ("domain-verification-records", Group::Config, "/domains/{0}/verificationDnsRecords"),
    ("certificate-based-auth", Group::Config, "/organization/{0}/certificateBasedAuthConfiguration"),
    ("synchronization-schemas", Group::Config, "/servicePrincipals/{0}/synchronization/jobs/{1}/schema"),
    ("settings", Group::Config, "/policies/some"),
    ("audits", Group::Logs, "/auditLogs/directoryAudits"),
    ("sign-ins", Group::Logs, "/auditLogs/signIns"),
    ("sign-ins-noninteractive", Group::Logs, "/auditLogs/signIns"),
    ("sign-ins-service-principal", Group::Logs, "/auditLogs/signIns"),
    ("sign-ins-managed-identity", Group::Logs, "/auditLogs/signIns"),
    ("provisioning", Group::Logs, "/auditLogs/provisioning"),
    ("risky-users", Group::Logs, "/identityProtection/riskyUsers"),
    ("risky-user-history", Group::Logs, "/identityProtection/riskyUsers/{0}/history"),
    ("user-risk-events", Group::Logs, "/identityProtection/riskDetections"),
    ("risky-service-principals", Group::Logs, "/identityProtection/riskyServicePrincipals"),
    ("service-principal-risk-events", Group::Logs, "/identityProtection/servicePrincipalRiskDetections"),
    ("network-access-traffic", Group::Logs, "/networkAccess/logs/traffic"),
    ("remote-network-health", Group::Logs, "/networkAccess/logs/remoteNetworks"),
    ("custom-security-attribute-audits", Group::Logs, "/auditLogs/customSecurityAttributeAudits"),
    ("graph-activity", Group::Logs, ""),
];

/// Ids that the tests take for Microsoft's.
fn well_known(id: u128) -> bool {
    [0, 0x00000003_0000_0000_c000_000000000000, 0x62e90394_69f5_4237_9190_012177145e10].contains(&id)
}

/// A gate with a fixed key that knows nobody.
pub(super) fn gate_with(policy: Policy) -> Gate {
    let key = MasterKey::from_bytes([7; 32]);
    Gate::new(Arc::new(Ff1::new(&key)), policy, Rules::new(DATASETS), well_known)
}

pub(super) fn batch(dataset: &'static str, records: &[&str]) -> RawBatch {
    let records = records.iter().map(|text| RawRecord::new(Bytes::copy_from_slice(text.as_bytes()))).collect();
    RawBatch { dataset, slice: 0, parent: None, records }
}

/// A directory with one person, one device, one group; the made-up tenant of all tests.
const DIRECTORY: [(&str, &str); 6] = [
    (
        "organization",
        r#"{"id":"2f6e8d91-c05b-4a73-b9e4-60d1f7a3c582","displayName":"Alderwood Marine","verifiedDomains":[{"name":"alderwood.example"},{"name":"alderwoodmarine.onmicrosoft.com"}]}"#,
    ),
    ("domains", r#"{"id":"emea.alderwood.example"}"#),
    (
        "users",
        r#"{"id":"7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31","displayName":"Ada Field (Crew)","givenName":"Ada","surname":"Field","userPrincipalName":"ada.field@alderwood.example","mail":"Ada.Field@alderwood.example","mailNickname":"afield7","onPremisesSamAccountName":"afield7","onPremisesDomainName":"ad.alderwood.local","onPremisesSecurityIdentifier":"S-1-5-21-1004336348-1177238915-682003330-1104"}"#,
    ),
    (
        "devices",
        r#"{"id":"0c9e4b77-51d2-4f3a-8e6b-9a7d3c2f1e05","deviceId":"91d0c6aa-7be1-4a3c-b1d5-5e9f2c7a8d60","displayName":"AW-LT-0412"}"#,
    ),
    ("groups", r#"{"id":"5d8a3f16-27c9-4e0b-b4f1-86a2d7c9e053","displayName":"Field Crew"}"#),
    (
        "applications",
        r#"{"id":"e41b6c08-93fa-4d27-8b5e-1f0a7d3c9264","appId":"93c5d7e2-4b18-4a6f-9e03-d2f8b1a7605c","displayName":"Harbor Payroll"}"#,
    ),
];

/// A gate that has read the directory.
pub(super) fn gate() -> Gate {
    frozen(gate_with(Policy::standard()))
}

pub(super) fn frozen(gate: Gate) -> Gate {
    for (dataset, record) in DIRECTORY {
        gate.learn(&batch(dataset, &[record])).unwrap();
    }
    gate.freeze();
    gate
}

/// One record through the gate, without the line end.
pub(super) fn clean(gate: &Gate, dataset: &'static str, record: &str) -> String {
    let clean: CleanBatch = gate.clean_batch(&batch(dataset, &[record])).unwrap();
    assert_eq!(clean.refused(), []);
    assert_eq!(clean.records(), 1);
    let mut text = String::from_utf8(clean.into_bytes()).unwrap();
    assert_eq!(text.pop(), Some('\n'));
    text
}

#[cfg(not(feature = "gate-off"))]
pub(super) fn text(gate: &Gate, text: &str) -> String {
    gate.clean_text(&crate::record::RawText::new(text)).into_string()
}

/// What a typed field makes of a value.
#[cfg(not(feature = "gate-off"))]
pub(super) fn field(gate: &Gate, key: &str, value: &str) -> String {
    let record = serde_json::json!({ key: value }).to_string();
    let clean: serde_json::Value = serde_json::from_str(&clean(gate, "graph-activity", &record)).unwrap();
    clean[key].as_str().unwrap().to_owned()
}
