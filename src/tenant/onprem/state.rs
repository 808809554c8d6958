//! What cmdlets and probes said on the Connect server: engine state, services, clock, certificates, reachability.
//!
//! Cmdlets' objects as JSON lines in files of their names; the rest in the shape of its dataset. Source: docs of the ADSync
//! module, entra-docs tshoot-connect-connectivity (hosts).

use serde_json::{Value, json};

use super::{CONNECT_HOST, FEDERATION_SERVICE, Server, ServerFile, YARD_DOMAIN, adfs, instant, runs, stories, trace};
use crate::catalog::host::{Origin, items};
use crate::tenant::world::stories::SYNC_ACCOUNT;
use crate::tenant::world::{INITIAL_DOMAIN, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN, stamp};

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let file = |name: &str, rows: Vec<Value>| {
        ServerFile::new(name, rows.iter().map(|row| format!("{row}\n")).collect::<String>())
    };
    let mut files = vec![
        file("Get-ADSyncScheduler.json", vec![scheduler(server)]),
        file("Get-ADSyncConnector.json", connectors(server)),
        file("Get-ADSyncAADCompanyFeature.json", vec![features()]),
        file("Get-ADSyncGlobalSettingsParameter.json", settings(server)),
        file("Get-ADSyncConnectorStatistics.json", statistics(server)),
        file("host-state.jsonl", host()),
        file("certificates.jsonl", certificates(server)),
    ];
    files.extend(connectivity(server).into_iter().map(|(name, rows)| file(&name, rows)));
    files
}

fn scheduler(server: &Server) -> Value {
    json!({
        "AllowedSyncCycleInterval": "00:30:00", "CurrentlyEffectiveSyncCycleInterval": "00:30:00",
        "CustomizedSyncCycleInterval": null, "NextSyncCyclePolicyType": "Delta",
        "NextSyncCycleStartTimeInUTC": instant::powershell(server.world.now() + time::Duration::seconds(540)),
        "PurgeRunHistoryInterval": "7.00:00:00", "SyncCycleEnabled": !server.is_planted(), "MaintenanceEnabled": true,
        "StagingModeEnabled": false, "SchedulerSuspended": false, "SyncCycleInProgress": false,
    })
}

fn connectors(server: &Server) -> Vec<Value> {
    let row =
        |name: &str, id: String, kind: &str| json!({"Name": name, "Type": kind, "Identifier": id, "Version": 682});
    vec![
        row(ON_PREMISES_DOMAIN, server.world.named_id("connector-ad"), "AD"),
        row(YARD_DOMAIN, server.world.named_id("connector-yard"), "AD"),
        row(&format!("{INITIAL_DOMAIN} - AAD"), runs::CLOUD_CONNECTOR.to_owned(), "Extensible2"),
    ]
}

fn features() -> Value {
    json!({"PasswordHashSync": true, "ForcePasswordChangeOnLogOn": false, "UserWriteback": false, "DeviceWriteback": false})
}

fn settings(server: &Server) -> Vec<Value> {
    let row = |name: &str, value: &str| json!({"Name": name, "Value": value});
    vec![
        row("Microsoft.SystemInformation.MachineName", CONNECT_HOST),
        row("Microsoft.SynchronizationOption.AnchorAttribute", "mS-DS-ConsistencyGuid"),
        row("Microsoft.Synchronize.ServerConfigurationVersion", trace::VERSION),
        row("Microsoft.Connector.ServiceAccount", &server.world.user(SYNC_ACCOUNT).upn),
    ]
}

fn statistics(server: &Server) -> Vec<Value> {
    let synced = (0..server.world.user_count()).filter(|&index| server.world.user(index).is_synced).count();
    vec![
        json!({"ConnectorName": ON_PREMISES_DOMAIN, "TotalConnectors": synced, "TotalDisconnectors": 3, "PendingExport": 2}),
    ]
}

fn host() -> Vec<Value> {
    let service = |name: &str, account: &str| json!({"kind": "service", "name": name, "state": "Running", "startMode": "Auto", "account": account});
    vec![
        json!({"kind": "os", "name": "Windows Server 2022 Datacenter", "version": "10.0.20348", "host": format!("{CONNECT_HOST}.{ON_PREMISES_DOMAIN}")}),
        service("ADSync", &format!("{NETBIOS_DOMAIN}\\svc-aadsync")),
        service("AADConnectProvisioningAgent", &format!("{NETBIOS_DOMAIN}\\provAgentgMSA$")),
        service("AzureADConnectAgentUpdater", "NT AUTHORITY\\SYSTEM"),
        json!({"kind": "software", "name": "Microsoft Entra Connect Sync", "version": trace::VERSION}),
        json!({"kind": "dotnet", "version": "4.8.09037", "release": 528_449}),
        json!({"kind": "proxy", "layer": "winhttp", "proxy": "BGO-PROXY01.ad.alderwood.local:8080", "bypass": "<local>"}),
        json!({"kind": "time", "Type": "NT5DS", "NtpServer": "time.windows.com,0x9"}),
    ]
}

fn certificates(server: &Server) -> Vec<Value> {
    let row = |store: &str, subject: String, issuer: &str, purpose: &str| {
        json!({
            "store": store, "subject": subject, "issuer": issuer, "notBefore": stamp(server.ago_s(65 * 86_400)),
            "notAfter": stamp(server.world.now() + time::Duration::days(adfs::days_left(server, purpose))),
            "thumbprint": adfs::thumbprint(server, purpose), "hasPrivateKey": true,
        })
    };
    vec![
        row(
            "LocalMachine\\My",
            format!("CN={FEDERATION_SERVICE}"),
            "CN=Alderwood Marine Issuing CA",
            "Service-Communications",
        ),
        row("LocalMachine\\My", format!("CN=ADFS Signing - {FEDERATION_SERVICE}"), "CN=ADFS Signing", "Token-Signing"),
        row(
            "LocalMachine\\My",
            format!("CN={CONNECT_HOST}.{ON_PREMISES_DOMAIN}"),
            "CN=Alderwood Marine Issuing CA",
            "machine",
        ),
    ]
}

/// One file for each item that tries hosts out.
fn connectivity(server: &Server) -> Vec<(String, Vec<Value>)> {
    let ahead = if server.is_planted() { stories::CLOCK_SKEW_S } else { 1 };
    let row = |(number, host): (usize, &String), port: u16| {
        let address = server.world.user(number as u64 + 30).site.public_address(number as u64 + 3);
        let mut row = json!({"host": host, "port": port, "dns": [address], "tcp": "ok"});
        if port == 443 {
            row["tls"] = json!("TLSv1_3");
            row["tlsTrusted"] = json!(true);
        }
        let is_refused = server.is_planted() && host == "adminwebservice.microsoftonline.com";
        row["http"] = json!(if is_refused { 407 } else { 200 });
        match is_refused {
            true => row["reason"] = json!("a proxy or a firewall refuses"),
            false => row["clockAheadSeconds"] = json!(ahead),
        }
        row
    };
    let probes = items().iter().filter_map(|item| match &item.from {
        Origin::Probe { hosts, port } => {
            let rows = hosts.iter().enumerate().map(|host| row(host, *port));
            Some((format!("{}.jsonl", item.id), rows.collect::<Vec<_>>()))
        }
        _ => None,
    });
    // And one that somebody else wrote.
    let other = ("connectivity.jsonl".to_owned(), vec![row((0, &"graph.microsoft.com".to_owned()), 443)]);
    probes.chain([other]).collect()
}
