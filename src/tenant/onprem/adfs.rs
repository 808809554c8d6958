//! AD FS: the diagnostics file of its toolbox, its certificates and settings as cmdlets give them.
//!
//! Source: microsoft/adfsToolbox (names of the tests; Result 0 passed, 1 not run, 2 failed), docs of `Get-AdfsCertificate`.

use serde_json::{Value, json};

use super::{FEDERATION_HOST, FEDERATION_SERVICE, Server, ServerFile, instant, stories};
use crate::tenant::world::{FEDERATED_DOMAIN, ON_PREMISES_DOMAIN};

const DAY_S: i64 = 86_400;
/// How long the other certificates have, days.
const SOUND_DAYS: i64 = 300;

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let name = instant::file(server.ago_s(3_000)).replace('-', "");
    let certificates: String = certificates(server).iter().map(|row| format!("{row}\n")).collect();
    vec![
        ServerFile::new(format!("ADFSDiagnosticsFile-{name}.json"), diagnostics(server).to_string()),
        ServerFile::new("Get-AdfsCertificate.json", certificates),
        ServerFile::new("Get-AdfsProperties.json", format!("{}\n", properties(server))),
    ]
}

/// 40 hexadecimal digits.
pub(super) fn thumbprint(server: &Server, name: &str) -> String {
    let draw = |n| server.world.draw(name, n);
    format!("{:016X}{:016X}{:08X}", draw(0), draw(1), draw(2) >> 32)
}

/// Days until a certificate ends.
pub(super) fn days_left(server: &Server, purpose: &str) -> i64 {
    let ends = server.is_planted() && purpose == "Token-Signing";
    if ends { stories::SIGNING_DAYS_LEFT as i64 } else { SOUND_DAYS }
}

fn certificates(server: &Server) -> Vec<Value> {
    let row = |purpose: &str| {
        let ends = server.world.now() + time::Duration::seconds(days_left(server, purpose) * DAY_S);
        let subject = match purpose {
            "Service-Communications" => format!("CN={FEDERATION_SERVICE}"),
            _ => format!("CN=ADFS {} - {FEDERATION_SERVICE}", purpose.replace("Token-", "")),
        };
        json!({
            "CertificateType": purpose,
            "IsPrimary": true,
            "StoreLocation": "LocalMachine",
            "StoreName": "My",
            "Thumbprint": thumbprint(server, purpose),
            "Certificate": {
                "Subject": subject, "Issuer": subject, "NotBefore": instant::powershell(server.ago_s(65 * 86_400)),
                "NotAfter": instant::powershell(ends), "Thumbprint": thumbprint(server, purpose),
            },
        })
    };
    ["Service-Communications", "Token-Decrypting", "Token-Signing"].map(row).into()
}

fn properties(server: &Server) -> Value {
    json!({
        "HostName": FEDERATION_SERVICE,
        "Identifier": format!("http://{FEDERATION_SERVICE}/adfs/services/trust"),
        "AutoCertificateRollover": !server.is_planted(),
        "CertificateDuration": 365,
        "CurrentFarmBehavior": 4,
        "DisplayName": "Alderwood Marine",
        "EnableIdPInitiatedSignonPage": false,
        "ExtranetLockoutEnabled": true,
        "AcceptableIdentifiers": [format!("https://{FEDERATION_SERVICE}/adfs"), format!("urn:federation:{FEDERATED_DOMAIN}")],
    })
}

fn diagnostics(server: &Server) -> Value {
    let host = format!("{FEDERATION_HOST}.{ON_PREMISES_DOMAIN}");
    let test = |name: &str, result: u8, detail: Value, output: Value| {
        json!({
            "Name": name, "ComputerName": host, "Result": result, "Detail": detail, "Output": output,
            "ExceptionMessage": null, "Exception": null,
        })
    };
    let signing = thumbprint(server, "Token-Signing");
    let ends = server.is_planted();
    let detail = format!("Token-Signing certificate with thumbprint {signing} will end in less than 90 days.");
    let tests = vec![
        test("IsAdfsRunning", 0, Value::Null, json!({"ADFSServiceState": "Running"})),
        test(
            "IsWidRunning",
            0,
            Value::Null,
            json!({"WIDServiceState": "Running", "WIDServiceStartMode": ["Manual", "Auto"]}),
        ),
        test("PingFederationMetadata", 0, Value::Null, json!({"PingFedmetadataException": "NONE"})),
        test(
            "CheckAdfsSslBindings",
            0,
            Value::Null,
            json!({"SSLBindings": [{
                "AcceptClientCerts": false, "AppId": "5d89a20c-beab-4389-9447-324788eb944a", "HostName": FEDERATION_SERVICE,
                "CertificateHash": thumbprint(server, "Service-Communications"), "CtlStoreName": "AdfsTrustedDevices", "PortNumber": 443,
            }]}),
        ),
        test(
            "Test-Certificate-Token-Signing-Primary-AboutToExpire",
            if ends { 2 } else { 0 },
            if ends { json!(detail) } else { Value::Null },
            json!({"Thumbprint": signing}),
        ),
        test("TestServicePrincipalName", 0, Value::Null, json!({"ADFSServiceAccount": "ALDERWOOD\\svc-adfs$"})),
    ];
    json!({"ADFSToolbox": {"Test-AdfsServerHealth": {"AllTests": tests, "ReachableServers": [host], "UnreachableServers": []}}})
}
