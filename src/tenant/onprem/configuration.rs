//! The server configuration as `Get-ADSyncServerConfiguration` writes it: connectors, rules, the metaverse.
//!
//! Source: element names as in microsoft/AADConnectConfigDocumenter's sample; values are the tenant's own.

use std::fmt::Write;

use super::{CONNECTOR_ACCOUNT, Server, ServerFile, YARD_DOMAIN, instant, runs};
use crate::tenant::world::stories::SYNC_ACCOUNT;
use crate::tenant::world::{DOMAIN, INITIAL_DOMAIN, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN};

/// Name, direction, precedence, source attribute and target attribute of a rule.
const RULES: [(&str, &str, u32, &str, &str, &str); 4] = [
    ("In from AD - User Join", "Inbound", 100, "user", "objectGUID", "sourceAnchorBinary"),
    ("In from AD - User Common", "Inbound", 102, "user", "userPrincipalName", "userPrincipalName"),
    ("Out to AAD - User Join", "Outbound", 132, "user", "sourceAnchor", "sourceAnchor"),
    ("In from AD - Group Common", "Inbound", 110, "group", "displayName", "displayName"),
];

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let world = server.world;
    let folder = "ProgramData/AADConnect/Exported-ServerConfiguration";
    let at = |number| instant::engine(server.ago_s(6 * 86_400), number);
    let mut files = Vec::new();
    let forests = [(ON_PREMISES_DOMAIN, "connector-ad", NETBIOS_DOMAIN), (YARD_DOMAIN, "connector-yard", "YARD")];
    for (number, (domain, id, netbios)) in (1..).zip(forests) {
        let id = world.named_id(id);
        files.push(ServerFile::new(
            format!("{folder}/Connectors/Connector_{{{id}}}.xml"),
            directory(&id, domain, netbios, &at(number)),
        ));
    }
    let id = runs::CLOUD_CONNECTOR;
    let name = format!("{folder}/Connectors/Connector_{{{id}}}.xml");
    files.push(ServerFile::new(name, cloud(&world.user(SYNC_ACCOUNT).upn, &at(3))));
    for (place, rule) in RULES.iter().enumerate() {
        let id = world.named_id(&format!("sync-rule-{place}"));
        let text = self::rule(&id, &world.named_id("connector-ad"), rule);
        files.push(ServerFile::new(format!("{folder}/SynchronizationRules/SynchronizationRule_{{{id}}}.xml"), text));
    }
    files.push(ServerFile::new(format!("{folder}/GlobalSettings/MV.xml"), metaverse(server)));
    files
}

fn directory(id: &str, domain: &str, netbios: &str, at: &str) -> String {
    let root = domain.split('.').map(|label| format!("DC={label}")).collect::<Vec<_>>().join(",");
    format!(
        "<ma-data>\r\n  <format-version>1</format-version>\r\n  <id>{{{}}}</id>\r\n  <name>{domain}</name>\r\n  <category>AD</category>\r\n  \
         <creation-time>{at}</creation-time>\r\n  <last-modification-time>{at}</last-modification-time>\r\n  <version>682</version>\r\n  \
         <private-configuration>\r\n    <adma-configuration>\r\n      <forest-name>{domain}</forest-name>\r\n      \
         <forest-login-user>{CONNECTOR_ACCOUNT}</forest-login-user>\r\n      <forest-login-domain>{netbios}</forest-login-domain>\r\n      \
         <sign-and-seal>1</sign-and-seal>\r\n    </adma-configuration>\r\n  </private-configuration>\r\n  <ma-partition-data>\r\n    <partition>\r\n      \
         <name>{root}</name>\r\n      <selected>1</selected>\r\n      <filter>\r\n        <containers>\r\n          <inclusions>\r\n            \
         <inclusion>OU=People,{root}</inclusion>\r\n          </inclusions>\r\n          <exclusions>\r\n            \
         <exclusion>OU=Leavers,{root}</exclusion>\r\n          </exclusions>\r\n        </containers>\r\n      </filter>\r\n      \
         <last-dc>dc1.{domain}</last-dc>\r\n    </partition>\r\n  </ma-partition-data>\r\n  <parameter-values>\r\n    \
         <parameter name=\"password\" type=\"encrypted-string\" use=\"connectivity\" encrypted=\"1\" />\r\n    \
         <parameter name=\"Connector.GroupFilteringGroupDn\" type=\"string\" use=\"global\" />\r\n  </parameter-values>\r\n</ma-data>\r\n",
        id.to_uppercase()
    )
}

fn cloud(account: &str, at: &str) -> String {
    format!(
        "<ma-data>\r\n  <format-version>1</format-version>\r\n  <id>{{{}}}</id>\r\n  <name>{INITIAL_DOMAIN} - AAD</name>\r\n  \
         <category>Extensible2</category>\r\n  <subtype>Windows Azure Active Directory (Microsoft)</subtype>\r\n  \
         <creation-time>{at}</creation-time>\r\n  <last-modification-time>{at}</last-modification-time>\r\n  <version>310</version>\r\n  \
         <parameter-values>\r\n    <parameter name=\"UserName\" type=\"string\" use=\"connectivity\">{account}</parameter>\r\n    \
         <parameter name=\"Password\" type=\"encrypted-string\" use=\"connectivity\" encrypted=\"1\" />\r\n    \
         <parameter name=\"Microsoft.Synchronize.StagingMode\" type=\"string\" use=\"global\">False</parameter>\r\n  </parameter-values>\r\n</ma-data>\r\n",
        runs::CLOUD_CONNECTOR.to_uppercase()
    )
}

fn rule(
    id: &str,
    connector: &str,
    (name, direction, precedence, kind, from, to): &(&str, &str, u32, &str, &str, &str),
) -> String {
    let is_out = *direction == "Outbound";
    let connector = if is_out { runs::CLOUD_CONNECTOR } else { connector };
    let (source, target) = if is_out { ("person", *kind) } else { (*kind, "person") };
    format!(
        "<synchronizationRule>\r\n  <id>{{{id}}}</id>\r\n  <internal-id>{{{id}}}</internal-id>\r\n  <version>1</version>\r\n  \
         <name>{name}</name>\r\n  <description />\r\n  <direction>{direction}</direction>\r\n  <disabled>False</disabled>\r\n  \
         <connector>{{{connector}}}</connector>\r\n  <sourceObjectType>{source}</sourceObjectType>\r\n  \
         <targetObjectType>{target}</targetObjectType>\r\n  <linkType>Join</linkType>\r\n  <precedence>{precedence}</precedence>\r\n  \
         <EnablePasswordSync>true</EnablePasswordSync>\r\n  <attribute-mappings>\r\n    <mapping>\r\n      <dest>{to}</dest>\r\n      \
         <src>\r\n        <attr>{from}</attr>\r\n      </src>\r\n      <valueMergeType>Update</valueMergeType>\r\n    </mapping>\r\n  \
         </attribute-mappings>\r\n  <synchronizationCriteria />\r\n</synchronizationRule>\r\n"
    )
}

fn metaverse(server: &Server) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "<saved-mv-configuration server='{}' export-date='{}'>\r\n<mv-data>\r\n <format-version>1</format-version>\r\n <version>695</version>\r\n <parameter-values>\r\n",
        super::CONNECT_HOST,
        instant::engine(server.ago_s(6 * 86_400), 9),
    );
    for (name, value) in [
        ("Microsoft.OptionalFeature.PasswordHashSync", "True"),
        ("Microsoft.OptionalFeature.UserWriteBack", "False"),
        ("Microsoft.SynchronizationOption.AnchorAttribute", "mS-DS-ConsistencyGuid"),
        ("Microsoft.SynchronizationOption.UPNAttribute", "userPrincipalName"),
        ("Microsoft.UserSignIn.DesktopSsoEnabled", "True"),
        ("Microsoft.SystemInformation.MachineRole", "RoleMemberServer"),
        ("Microsoft.DirectorySync.DefaultDomain", DOMAIN),
    ] {
        let _ = write!(out, "  <parameter name=\"{name}\" type=\"string\">{value}</parameter>\r\n");
    }
    out + " </parameter-values>\r\n</mv-data>\r\n</saved-mv-configuration>\r\n"
}
