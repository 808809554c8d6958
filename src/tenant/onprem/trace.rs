//! What the wizard leaves in `%ProgramData%\AADConnect`: traces, its saved state, the synchronisation policy.
//!
//! Source: line shape of public traces (`[clock] [thread] [level] text`, the date in the file's name alone), entra-docs
//! reference-connect-user-privacy and how-to-connect-import-export-config (which files lie there).

use std::fmt::Write;

use serde_json::json;

use super::{CONNECT_HOST, CONNECTOR_ACCOUNT, Server, ServerFile, instant};
use crate::tenant::world::stories::{ADMIN, SYNC_ACCOUNT};
use crate::tenant::world::{DOMAIN, INITIAL_DOMAIN, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN};

/// How long ago the wizard ran.
const RAN_S: u64 = 6 * 86_400;
/// Version of the installed program; the cloud says the same.
pub(super) const VERSION: &str = "2.5.76.0";

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let name = instant::file(server.ago_s(RAN_S));
    let folder = "ProgramData/AADConnect";
    vec![
        ServerFile::new(format!("{folder}/trace-{name}.log"), trace(server)),
        ServerFile::new(format!("{folder}/PersistedState.xml"), persisted(server)),
        ServerFile::new(format!("{folder}/Applied-SynchronizationPolicy-{name}.JSON"), policy(server)),
    ]
}

fn trace(server: &Server) -> String {
    let world = server.world;
    let (admin, sync) = (world.user(ADMIN), world.user(SYNC_ACCOUNT));
    let (tenant, started) = (world.tenant_id(), server.ago_s(RAN_S));
    let lines = [
        ("INFO ", "================================================================================".to_owned()),
        ("INFO ", "Application starting".to_owned()),
        ("INFO ", format!("Start Time (UTC): {}", instant::engine(started, 0))),
        ("INFO ", format!("Application Version: {VERSION}")),
        ("INFO ", "machine.config path: C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\Config\\machine.config.".to_owned()),
        ("INFO ", "Default Proxy [ProxyAddress]: http://BGO-PROXY01.ad.alderwood.local:8080/".to_owned()),
        ("VERB ", format!("Package=Microsoft Entra Connect Sync, Version={VERSION}, UpgradeCode=d61eb959-f2d1-4170-be64-4dc367f451ea")),
        ("INFO ", format!("Attaching to the ADSync database: SQLServerName={CONNECT_HOST}.{ON_PREMISES_DOMAIN} SQLInstanceName=(localdb) ServiceAccountName={NETBIOS_DOMAIN}\\svc-aadsync, state=Attached.")),
        ("INFO ", "Page transition from \"Welcome\" [WelcomePageViewModel] to \"Connect to Microsoft Entra ID\" [AzureTenantPageViewModel]".to_owned()),
        ("INFO ", format!("AzureTenantPage: Beginning tenant credential validation for user - {}", admin.upn)),
        ("INFO ", format!("ResolveAzureInstance [Worldwide]: authority=HTTPS://LOGIN.MICROSOFTONLINE.COM/{},\r\nResolution Method [Registry Configuration]: Worldwide.", INITIAL_DOMAIN.to_uppercase())),
        ("INFO ", format!("Authenticate: successfully acquired an access token. TenantId={tenant}, UserInfo={}, IdentityProvider=https://sts.windows.net/{tenant}/.", admin.upn)),
        ("INFO ", format!("AzureTenantPage: Successfully retrieved company information for tenant {tenant}. Initial domain ({INITIAL_DOMAIN}).")),
        ("VERB ", format!("AdConnectorUserName : {NETBIOS_DOMAIN}\\{CONNECTOR_ACCOUNT}")),
        ("INFO ", format!("OnPremisesDirectoryPage: forest {ON_PREMISES_DOMAIN} added, sign-in configuration uses the suffixes {DOMAIN}.")),
        ("WARN ", format!("GetServiceAccount: service account authorization failed for {}. Waiting for account to be provisioned. Details: AADSTS50079: Due to a configuration change made by your administrator, you must enroll in multi-factor authentication.", sync.upn)),
        ("INFO ", format!("GetServiceAccount: service account authorization succeeded for {}.", sync.upn)),
        ("ERROR", "ADPowerShellQueryProvider: SearchAdSyncDirectoryObjects Failed to run the ldap search query. Details:\r\nSystem.DirectoryServices.Protocols.LdapException: The supplied credential is invalid.\r\n   at System.DirectoryServices.Protocols.LdapConnection.BindHelper(NetworkCredential newCredential)".to_owned()),
        ("INFO ", "ExecuteADSyncConfiguration: configuration succeeded. Exporting synchronization policy.".to_owned()),
    ];
    let mut out = String::new();
    for (number, (level, text)) in (0_u64..).zip(&lines) {
        let clock = instant::clock(server.ago_s(RAN_S - number * 3), number * 137);
        let _ = write!(out, "[{clock}] [{:>3}] [{level}] {text}\r\n", 1 + number / 6 * 11);
    }
    out
}

fn persisted(server: &Server) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<PersistedStateContainer xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\">\r\n  <Elements>\r\n",
    );
    for (key, value) in [
        ("IWizardContext.ConfiguredVersion", VERSION.to_owned()),
        ("IGlobalContext.TenantId", server.world.tenant_id()),
        ("IADContext.ForestName", ON_PREMISES_DOMAIN.to_owned()),
        ("ISourceAnchorContext.SourceAnchorAttribute", "mS-DS-ConsistencyGuid".to_owned()),
    ] {
        let _ = write!(
            out,
            "    <PersistedStateElement>\r\n      <Key>{key}</Key>\r\n      <Value>{value}</Value>\r\n    </PersistedStateElement>\r\n"
        );
    }
    out + "  </Elements>\r\n</PersistedStateContainer>\r\n"
}

fn policy(server: &Server) -> String {
    let world = server.world;
    let document = json!({
        "policyMetadata": {
            "source": "Applied", "version": VERSION, "exportedOn": instant::precise(server.ago_s(RAN_S - 60), 0),
            "machineName": CONNECT_HOST, "userName": format!("{NETBIOS_DOMAIN}\\whope"),
        },
        "azureADConnectSettings": {
            "tenantId": world.tenant_id(), "tenantName": INITIAL_DOMAIN, "userSignInMethod": "PasswordHashSync",
            "sourceAnchorAttribute": "mS-DS-ConsistencyGuid", "userPrincipalNameAttribute": "userPrincipalName",
        },
        "onPremisesDirectoryPolicy": [{
            "fullyQualifiedDomainName": ON_PREMISES_DOMAIN,
            "connectorAccount": format!("{NETBIOS_DOMAIN}\\{CONNECTOR_ACCOUNT}"),
            "containersToInclude": ["OU=People,DC=ad,DC=alderwood,DC=local", "OU=Groups,DC=ad,DC=alderwood,DC=local"],
            "containersToExclude": ["OU=Leavers,DC=ad,DC=alderwood,DC=local"],
        }],
        "azureDirectoryPolicy": {"features": ["PasswordHashSync", "PasswordWriteBack"]},
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
