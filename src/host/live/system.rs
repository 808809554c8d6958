//! What the program itself finds out about the machine: Windows, .NET, TLS, programs, updates, proxies, time.
//!
//! Takes the registry and a few files, gives one JSON object for each fact. What is not there is said, since a value that is
//! missing decides as much as one that is set. Never runs a program. Sources:
//! <https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-tls-enforcement>,
//! <https://learn.microsoft.com/dotnet/framework/install/how-to-determine-which-versions-are-installed>.

use serde_json::{Value, json};

use super::expand::{Variables, expand};
use super::proxy;
use super::registry::{Key, Registry};
use crate::limits::MACHINE_CONFIG_BYTES_MAX;

/// Finds a fact out.
type Find = fn(&dyn Registry, &Variables) -> Vec<Value>;

/// The facts that rows name, and who finds them out.
const FACTS: [(&str, Find); 7] = [
    ("os", os),
    ("dotnet", dotnet),
    ("tls", tls),
    ("software", software),
    ("hotfixes", hotfixes),
    ("proxy", proxies),
    ("clock", clock),
];

/// Whether a fact has a name that is known.
#[cfg(test)]
pub(super) fn is_known(fact: &str) -> bool {
    FACTS.iter().any(|(name, _)| *name == fact)
}

/// One JSON object a line.
pub(super) fn facts(wanted: &[String], registry: &dyn Registry, variables: &Variables) -> String {
    let found = wanted.iter().filter_map(|fact| FACTS.iter().find(|(name, _)| name == fact));
    found.flat_map(|(_, find)| find(registry, variables)).map(|line| format!("{line}\n")).collect()
}

/// Values of a key under their own names; none where nothing is there.
fn values(key: &Key, names: &[&str], line: &mut Value) {
    for name in names {
        if let Some(text) = key.text(name) {
            line[*name] = json!(text);
        } else if let Some(number) = key.number(name) {
            line[*name] = json!(number);
        }
    }
}

fn os(registry: &dyn Registry, _: &Variables) -> Vec<Value> {
    const NAMES: [&str; 8] = [
        "ProductName",
        "EditionID",
        "InstallationType",
        "DisplayVersion",
        "CurrentVersion",
        "CurrentBuild",
        "UBR",
        "InstallDate",
    ];
    let mut line = json!({"kind": "os"});
    match registry.read(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion") {
        Ok(key) => values(&key, &NAMES, &mut line),
        Err(_) => line["state"] = json!("not found"),
    }
    line["uptimeSeconds"] = json!(sysinfo::System::uptime().ok());
    if let Ok(key) = registry.read(r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters") {
        values(&key, &["Hostname", "Domain"], &mut line);
    }
    if let Ok(key) = registry.read(r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa\FipsAlgorithmPolicy") {
        line["FipsEnabled"] = key.number("Enabled").map_or_else(|| json!("Not Found"), |number| json!(number));
    }
    vec![line]
}

fn dotnet(registry: &dyn Registry, _: &Variables) -> Vec<Value> {
    let mut line = json!({"kind": "dotnet"});
    match registry.read(r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full") {
        Ok(key) => values(&key, &["Release", "Version", "InstallPath", "TargetVersion"], &mut line),
        Err(_) => line["state"] = json!("not found"),
    }
    vec![line]
}

/// The eight values that Microsoft's script for TLS 1.2 looks at.
fn tls(registry: &dyn Registry, _: &Variables) -> Vec<Value> {
    const KEYS: [(&str, [&str; 2]); 4] = [
        (
            r"HKLM\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319",
            ["SystemDefaultTlsVersions", "SchUseStrongCrypto"],
        ),
        (r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319", ["SystemDefaultTlsVersions", "SchUseStrongCrypto"]),
        (
            r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server",
            ["Enabled", "DisabledByDefault"],
        ),
        (
            r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client",
            ["Enabled", "DisabledByDefault"],
        ),
    ];
    let mut found = Vec::new();
    for (path, names) in KEYS {
        let key = registry.read(path).unwrap_or_default();
        for name in names {
            let value = key.number(name).map_or_else(|| json!("Not Found"), |number| json!(number));
            found.push(json!({"kind": "tls", "key": path, "name": name, "value": value}));
        }
    }
    found
}

fn software(registry: &dyn Registry, _: &Variables) -> Vec<Value> {
    const NAMES: [&str; 4] = ["DisplayName", "DisplayVersion", "Publisher", "InstallDate"];
    let mut found = Vec::new();
    for (view, path) in [
        ("64-bit", r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"),
        ("32-bit", r"HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall"),
    ] {
        for product in registry.read(path).unwrap_or_default().keys {
            let Ok(key) = registry.read(&format!("{path}\\{product}")) else { continue };
            let mut line = json!({"kind": "software", "view": view, "product": product});
            values(&key, &NAMES, &mut line);
            // What has no name is a part of something else.
            if line.get("DisplayName").is_some() {
                found.push(line);
            }
        }
    }
    found
}

/// Packages of Windows updates, from the store of components: 112 is "installed".
fn hotfixes(registry: &dyn Registry, _: &Variables) -> Vec<Value> {
    const PACKAGES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";
    let mut found = Vec::new();
    for name in registry.read(PACKAGES).unwrap_or_default().keys {
        let Some(rest) = name.strip_prefix("Package_for_") else { continue };
        let Ok(key) = registry.read(&format!("{PACKAGES}\\{name}")) else { continue };
        let mut line = json!({"kind": "hotfix", "package": rest});
        values(&key, &["CurrentState"], &mut line);
        found.push(line);
    }
    found
}

fn proxies(registry: &dyn Registry, variables: &Variables) -> Vec<Value> {
    let mut found = proxy::from_registry(registry);
    for (bits, folder) in [("64-bit", "Framework64"), ("32-bit", "Framework")] {
        let path = format!(r"%SystemRoot%\Microsoft.NET\{folder}\v4.0.30319\Config\machine.config");
        let Some(path) = expand(&path, variables) else { continue };
        let is_short = std::fs::metadata(&path).is_ok_and(|file| file.len() <= MACHINE_CONFIG_BYTES_MAX);
        let Some(bytes) = is_short.then(|| std::fs::read(&path).ok()).flatten() else { continue };
        let mut line = proxy::from_machine_config(&String::from_utf8_lossy(&bytes));
        line["view"] = json!(bits);
        found.push(line);
    }
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        if let Some(value) = variables(name) {
            found.push(json!({"kind": "proxy", "layer": "environment", "name": name, "value": value}));
        }
    }
    found
}

/// Where the machine has its time from. How far it is off is told by the hosts that are tried out.
fn clock(registry: &dyn Registry, _: &Variables) -> Vec<Value> {
    let mut line = json!({"kind": "time"});
    match registry.read(r"HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Parameters") {
        Ok(key) => values(&key, &["Type", "NtpServer"], &mut line),
        Err(_) => line["state"] = json!("not found"),
    }
    if let Ok(key) = registry.read(r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation") {
        values(&key, &["TimeZoneKeyName"], &mut line);
    }
    vec![line]
}

#[cfg(test)]
mod tests {
    use super::super::registry::fake::{Fake, dword, string};
    use super::*;

    fn lines(facts_wanted: &[&str], fake: &Fake) -> Vec<Value> {
        let wanted: Vec<String> = facts_wanted.iter().map(|fact| (*fact).to_owned()).collect();
        let text = facts(&wanted, fake, &|_: &str| None);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn values_that_are_missing_are_told() {
        let mut fake = Fake::default();
        fake.set(r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319", "SchUseStrongCrypto", dword(1));
        let tls = lines(&["tls"], &fake);
        assert_eq!(tls.len(), 8);
        assert_eq!(tls.iter().filter(|line| line["value"] == "Not Found").count(), 7);
        assert_eq!((&tls[3]["name"], &tls[3]["value"]), (&json!("SchUseStrongCrypto"), &json!(1)));
        assert_eq!(lines(&["dotnet"], &fake)[0]["state"], "not found");
    }

    #[test]
    fn windows_its_programs_and_updates_are_told() {
        let mut fake = Fake::default();
        let windows = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
        fake.set(windows, "ProductName", string("Windows Server 2022 Standard"));
        fake.set(windows, "UBR", dword(2700));
        let uninstall = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
        fake.set(&format!("{uninstall}\\{{1}}"), "DisplayName", string("Microsoft Entra Connect Sync"));
        fake.set(&format!("{uninstall}\\{{1}}"), "DisplayVersion", string("2.5.79.0"));
        fake.set(&format!("{uninstall}\\{{2}}"), "SystemComponent", dword(1));
        let packages = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";
        fake.set(&format!("{packages}\\Package_for_KB5031364~31bf3856ad364e35~amd64~~1.0"), "CurrentState", dword(112));
        fake.set(&format!("{packages}\\Microsoft-Windows-Foundation"), "CurrentState", dword(112));
        let found = lines(&["os", "software", "hotfixes", "clock", "no such fact"], &fake);
        assert_eq!(
            (&found[0]["ProductName"], &found[0]["UBR"]),
            (&json!("Windows Server 2022 Standard"), &json!(2700))
        );
        assert_eq!((&found[1]["kind"], &found[1]["DisplayVersion"]), (&json!("software"), &json!("2.5.79.0")));
        assert_eq!((&found[2]["kind"], &found[2]["CurrentState"]), (&json!("hotfix"), &json!(112)));
        assert_eq!((&found[3]["kind"], &found[3]["state"]), (&json!("time"), &json!("not found")));
        assert_eq!(found.len(), 4);
    }
}
