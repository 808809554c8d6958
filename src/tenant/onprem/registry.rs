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

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let mut text = String::from("Windows Registry Editor Version 5.00\r\n");
    for (key, values) in keys(server) {
        let _ = write!(text, "\r\n[{key}]\r\n");
        for (name, data) in values {
            let _ = match data {
                Data::Number(number) => write!(text, "\"{name}\"=dword:{number:08x}\r\n"),
                Data::Text(value) => {
                    write!(text, "\"{name}\"=\"{}\"\r\n", value.replace('\\', "\\\\").replace('"', "\\\""))
                }
            };
        }
    }
    let bytes = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes);
    vec![ServerFile::new("registry.reg", bytes.collect::<Vec<u8>>())]
}

fn keys(server: &Server) -> Vec<(String, Vec<(&'static str, Data)>)> {
    let machine = "HKEY_LOCAL_MACHINE";
    let strong = u32::from(!server.is_planted());
    let dotnet =
        || vec![("SystemDefaultTlsVersions", Data::Number(strong)), ("SchUseStrongCrypto", Data::Number(strong))];
    let protocol = || vec![("Enabled", Data::Number(1)), ("DisabledByDefault", Data::Number(0))];
    let schannel =
        format!("{machine}\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2");
    vec![
        (format!("{machine}\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319"), dotnet()),
        (format!("{machine}\\SOFTWARE\\WOW6432Node\\Microsoft\\.NETFramework\\v4.0.30319"), dotnet()),
        (format!("{schannel}\\Client"), protocol()),
        (format!("{schannel}\\Server"), protocol()),
        (
            format!("{machine}\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full"),
            vec![("Release", Data::Number(528_449)), ("Version", Data::Text("4.8.09037".to_owned()))],
        ),
        (
            format!("{machine}\\SYSTEM\\CurrentControlSet\\Services\\ADSync\\Parameters"),
            vec![
                ("Path", Data::Text("C:\\Program Files\\Microsoft Azure AD Sync\\".to_owned())),
                ("Server", Data::Text("(localdb)".to_owned())),
                ("SQLInstance", Data::Text(".\\ADSync2019".to_owned())),
                ("DBName", Data::Text("ADSync".to_owned())),
                ("Version", Data::Text(trace::VERSION.to_owned())),
            ],
        ),
        (
            format!("{machine}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\CDJ\\AAD"),
            vec![
                ("TenantId", Data::Text(server.world.tenant_id())),
                ("TenantName", Data::Text(INITIAL_DOMAIN.to_owned())),
            ],
        ),
        (
            format!("{machine}\\SYSTEM\\CurrentControlSet\\Control\\Lsa"),
            vec![("RestrictRemoteSam", Data::Text("O:BAG:BAD:(A;;RC;;;BA)".to_owned()))],
        ),
        (
            format!("{machine}\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters"),
            vec![
                ("Domain", Data::Text(ON_PREMISES_DOMAIN.to_owned())),
                ("Hostname", Data::Text(super::CONNECT_HOST.to_owned())),
            ],
        ),
    ]
}
