//! A registry export (`reg export`, UTF-16): TLS, .NET, the engine's parameters, client-side registration, connectors.
//!
//! Source: entra-docs reference-connect-tls-enforcement (the eight values), hybrid-join-control (CDJ), the text form:
//! learn.microsoft.com/windows/win32/sysinfo/registry-value-types.

use std::fmt::Write;

use super::{Server, ServerFile, trace};
use crate::tenant::world::{INITIAL_DOMAIN, ON_PREMISES_DOMAIN};

/// A value as the export writes it.
enum Data {
    Number(u32),
    Text(String),
}

/// The files: one for each item of the catalogue, as the program itself would make them, and one export by hand.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    keys(server).into_iter().map(|(name, keys)| ServerFile::new(format!("{name}.reg"), export(&keys))).collect()
}

/// An export of keys, UTF-16 with a byte order mark.
fn export(keys: &[Key]) -> Vec<u8> {
    let mut text = String::from("Windows Registry Editor Version 5.00\r\n");
    for (key, values) in keys {
        let _ = write!(text, "\r\n[HKEY_{key}]\r\n");
        for (name, data) in values {
            let _ = match data {
                Data::Number(number) => write!(text, "\"{name}\"=dword:{number:08x}\r\n"),
                Data::Text(value) => {
                    write!(text, "\"{name}\"=\"{}\"\r\n", value.replace('\\', "\\\\").replace('"', "\\\""))
                }
            };
        }
    }
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// A key with its values.
type Key = (String, Vec<(&'static str, Data)>);

fn keys(server: &Server) -> Vec<(&'static str, Vec<Key>)> {
    let strong = u32::from(!server.is_planted());
    let text = |name: &'static str, value: &str| (name, Data::Text(value.to_owned()));
    let dotnet =
        || vec![("SystemDefaultTlsVersions", Data::Number(strong)), ("SchUseStrongCrypto", Data::Number(strong))];
    let protocol = || vec![("Enabled", Data::Number(1)), ("DisabledByDefault", Data::Number(0))];
    let software = |rest: &str| format!("LOCAL_MACHINE\\SOFTWARE\\{rest}");
    let system = |rest: &str| format!("LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\{rest}");
    let protocols = |side: &str| system(&format!("Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\{side}"));
    let tenant = server.world.tenant_id();
    vec![
        ("registry-tls", vec![(protocols("Client"), protocol()), (protocols("Server"), protocol())]),
        (
            "registry-dotnet",
            vec![
                (software("Microsoft\\.NETFramework\\v4.0.30319"), dotnet()),
                (software("WOW6432Node\\Microsoft\\.NETFramework\\v4.0.30319"), dotnet()),
                (
                    software("Microsoft\\NET Framework Setup\\NDP\\v4\\Full"),
                    vec![("Release", Data::Number(528_449)), text("Version", "4.8.09037")],
                ),
            ],
        ),
        (
            "registry-connect",
            vec![(
                system("Services\\ADSync\\Parameters"),
                vec![
                    text("Path", "C:\\Program Files\\Microsoft Azure AD Sync\\"),
                    text("Server", "(localdb)"),
                    text("SQLInstance", ".\\ADSync2019"),
                    text("DBName", "ADSync"),
                    text("Version", trace::VERSION),
                ],
            )],
        ),
        (
            "registry-device-join",
            vec![(
                software("Microsoft\\Windows\\CurrentVersion\\CDJ\\AAD"),
                vec![text("TenantId", &tenant), text("TenantName", INITIAL_DOMAIN)],
            )],
        ),
        (
            "registry-device-user",
            vec![(
                "CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\AAD".to_owned(),
                vec![text("TenantId", &tenant)],
            )],
        ),
        (
            "registry-proxy",
            vec![(
                "CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings".to_owned(),
                vec![("ProxyEnable", Data::Number(1)), text("ProxyServer", "BGO-PROXY01.ad.alderwood.local:8080")],
            )],
        ),
        (
            "registry-remote-sam",
            vec![(system("Control\\Lsa"), vec![text("RestrictRemoteSam", "O:BAG:BAD:(A;;RC;;;BA)")])],
        ),
        (
            "registry-agents",
            vec![(
                software("Microsoft\\Microsoft Entra private network connector"),
                vec![text("Version", "1.5.4287.0"), text("TenantId", &tenant)],
            )],
        ),
        (
            "tcpip-export",
            vec![(
                system("Services\\Tcpip\\Parameters"),
                vec![text("Domain", ON_PREMISES_DOMAIN), text("Hostname", super::CONNECT_HOST)],
            )],
        ),
    ]
}
