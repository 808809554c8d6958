//! Traces of the agents: provisioning (Cloud Sync), pass-through authentication.
//!
//! Source: the form of .NET's `TextWriterTraceListener`; entra-docs cloud-sync/how-to-troubleshoot,
//! tshoot-connect-pass-through-authentication (error codes).

use std::fmt::Write;

use super::{Server, ServerFile, instant};
use crate::tenant::world::stories::HELPDESK;
use crate::tenant::world::{Class, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN};

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let name = instant::file(server.ago_s(86_400));
    vec![
        ServerFile::new(
            format!(
                "ProgramData/Microsoft/Azure AD Connect Provisioning Agent/Trace/AzureADConnectProvisioningAgent_{name}.log"
            ),
            provisioning(server),
        ),
        ServerFile::new(
            format!(
                "ProgramData/Microsoft/Azure AD Connect Authentication Agent/Trace/AzureADConnectAuthenticationAgent_{name}.log"
            ),
            authentication(server),
        ),
    ]
}

/// An entry: process, level, id, text, thread, instant.
fn entry(out: &mut String, server: &Server, (process, level): (&str, &str), age_s: u64, text: &str) {
    let at = instant::precise(server.ago_s(age_s), age_s * 3_331);
    let _ = write!(out, "{process} {level}: 0 : {text}\r\n    ThreadId={}\r\n    DateTime={at}\r\n", age_s % 23 + 3);
}

fn provisioning(server: &Server) -> String {
    let process = "AADConnectProvisioningAgent.exe";
    let mut out = String::new();
    let texts = [
        format!("Agent started on AWM-SYNC02.{ON_PREMISES_DOMAIN} as {NETBIOS_DOMAIN}\\provAgentgMSA$."),
        format!(
            "Agent id {} is connected to tenant {}.",
            server.world.named_id("provisioning-agent"),
            server.world.tenant_id()
        ),
        format!(
            "LDAP search base OU=People,DC=ad,DC=alderwood,DC=local returned {} entries.",
            server.world.user_count() * 7 / 10
        ),
    ];
    for (number, text) in (0..).zip(&texts) {
        entry(&mut out, server, (process, "Information"), 86_000 - number * 40, text);
    }
    let failed = "Web socket failed to connect.\r\n  at Microsoft.ApplicationProxy.Connector.Listeners.ConnectorSignalingWebSocket.Connect()\r\n\
                  Retryable Operation is rethrowing error after failed with Exception:\r\n  'System.Net.WebSockets.WebSocketException: \
                  Unable to connect to the remote server.'";
    if server.is_planted() {
        entry(&mut out, server, (process, "Error"), 70_000, failed);
    }
    entry(&mut out, server, (process, "Information"), 69_000, "Web socket connected.");
    out
}

fn authentication(server: &Server) -> String {
    let process = "AzureADConnectAuthenticationAgentService.exe";
    let mut out = String::new();
    entry(
        &mut out,
        server,
        (process, "Information"),
        80_000,
        &format!("Agent started on AWM-PTA01.{ON_PREMISES_DOMAIN}."),
    );
    for number in 0..4_u64 {
        let request = server.world.id(Class::Event, (1 << 48) + number);
        let text = format!("Passthrough Authentication request failed. RequestId: '{request}'. Reason: '1328'.");
        entry(&mut out, server, (process, "Error"), 60_000 - number * 900, &text);
    }
    let user = server.world.user(HELPDESK);
    let text = format!("Passthrough Authentication request succeeded for {}.", user.upn);
    entry(&mut out, server, (process, "Information"), 50_000, &text);
    out
}
