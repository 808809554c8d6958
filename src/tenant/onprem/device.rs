//! What `dsregcmd /status` says on a domain computer.
//!
//! Source: entra-docs troubleshoot-device-dsregcmd (sections, names, the failing case).

use std::fmt::Write;

use super::device_events::machine;
use super::{Server, ServerFile, instant, stories};
use crate::tenant::world::{INITIAL_DOMAIN, NETBIOS_DOMAIN};

const RULE: &str = "+----------------------------------------------------------------------+";

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    vec![ServerFile::new("dsregcmd.txt", status(server))]
}

fn section(out: &mut String, title: &str, rows: &[(&str, String)]) {
    let _ = write!(out, "{RULE}\r\n| {title:<69}|\r\n{RULE}\r\n\r\n");
    for (name, value) in rows {
        let _ = write!(out, "{name:>26} : {value}\r\n");
    }
    out.push_str("\r\n");
}

fn status(server: &Server) -> String {
    let (world, device, failed) = (server.world, machine(server), server.is_planted());
    let owner = world.user(device.owner);
    let say = |yes: bool| if yes { "YES".to_owned() } else { "NO".to_owned() };
    let at = |age_s| format!("{} UTC", instant::engine(server.ago_s(age_s), 0));
    let mut out = String::new();
    section(
        &mut out,
        "Device State",
        &[
            ("AzureAdJoined", say(!failed)),
            ("EnterpriseJoined", say(false)),
            ("DomainJoined", say(true)),
            ("DomainName", NETBIOS_DOMAIN.to_owned()),
            ("Device Name", format!("{}.ad.alderwood.local", device.display_name)),
        ],
    );
    if !failed {
        section(
            &mut out,
            "Device Details",
            &[
                ("DeviceId", device.device_id.clone()),
                ("Thumbprint", device.thumbprint.clone()),
                ("KeyContainerId", world.named_id("key-container")),
                ("KeyProvider", "Microsoft Platform Crypto Provider".to_owned()),
                ("TpmProtected", say(true)),
                ("DeviceAuthStatus", "SUCCESS".to_owned()),
            ],
        );
        section(
            &mut out,
            "Tenant Details",
            &[
                ("TenantName", INITIAL_DOMAIN.to_owned()),
                ("TenantId", world.tenant_id()),
                ("Idp", "login.windows.net".to_owned()),
                ("SettingsUrl", super::SECRETS[2].to_owned()),
            ],
        );
    }
    section(
        &mut out,
        "User State",
        &[("NgcSet", say(false)), ("WorkplaceJoined", say(false)), ("WamDefaultSet", say(!failed))],
    );
    section(
        &mut out,
        "SSO State",
        &[
            ("AzureAdPrt", say(!failed)),
            ("AzureAdPrtAuthority", format!("https://login.microsoftonline.com/{}", world.tenant_id())),
            ("User Identity", owner.upn),
        ],
    );
    section(&mut out, "Diagnostic Data", &diagnosis(server, &device.device_id, &at));
    section(
        &mut out,
        "Ngc Prerequisite Check",
        &[("IsDeviceJoined", say(!failed)), ("PreReqResult", "WillNotProvision".to_owned())],
    );
    out
}

fn diagnosis(server: &Server, device_id: &str, at: &dyn Fn(u64) -> String) -> Vec<(&'static str, String)> {
    if !server.is_planted() {
        return vec![("AadRecoveryEnabled", "NO".to_owned()), ("KeySignTest", "PASSED".to_owned())];
    }
    let pass = "PASS".to_owned();
    vec![
        ("Diagnostics Reference", "www.microsoft.com/aadjerrors".to_owned()),
        ("User Context", "SYSTEM".to_owned()),
        ("Client Time", at(7_100)),
        ("AD Connectivity Test", pass.clone()),
        ("AD Configuration Test", pass.clone()),
        ("DRS Discovery Test", pass.clone()),
        ("DRS Connectivity Test", pass.clone()),
        ("Token acquisition Test", pass),
        ("Fallback to Sync-Join", "ENABLED".to_owned()),
        ("Previous Registration", at(7_200)),
        ("Registration Type", "sync".to_owned()),
        ("Error Phase", "join".to_owned()),
        ("Client ErrorCode", stories::JOIN_ERROR.to_owned()),
        ("Server ErrorCode", "DirectoryError".to_owned()),
        ("Server Message", format!("The device object by the given id ({device_id}) isn't found.")),
        ("Https Status", "400".to_owned()),
        ("Request Id", server.world.named_id("join-request")),
    ]
}
