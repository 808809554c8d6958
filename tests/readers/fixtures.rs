//! Constructed files of a server: shapes of documentation and public samples, everything in them invented.

use crate::gate::{CLOUD, DN, OBJECT, SID, UPN, stored};
use crate::{spell, wide};

pub(crate) const DEVICE: &str = "c85f2b17-60d4-4e9a-b372-18ea4cd09f63";
/// Names, hosts, addresses.
pub(crate) const WORDS: &[(&str, &str)] = &[
    ("family name", "Brandhuber"),
    ("account", "obrandhuber"),
    ("domain", "ravensworth"),
    ("netbios", "RVNSW"),
    ("server", "RWSYNC01"),
    ("controller", "rwdc7"),
    ("laptop", "RW-LT-0931"),
    ("address", "10.44.17.203"),
    ("thumbprint", "4F9A1C6E02B7D85319FA60CE7B24D1853A9E70C2"),
];
/// What must not even become a pseudonym.
pub(crate) const SECRETS: &[(&str, &str)] = &[
    ("auth token", "ZmFrZS1hdXRoLXRva2VuLW9mLW5vYm9keQ"),
    ("bearer", "fakebearer0123456789abcdefghij"),
    ("database password", "Fake-Sa-Pw-77"),
    ("encrypted parameter", "RmFrZUVuY3J5cHRlZFBhcmFtZXRlcg"),
    ("laps", "Fake-Laps-Pw-3"),
    ("unicode password", "RmFrZVVuaWNvZGVQYXNzd29yZA"),
    ("certificate body", "MIIFakeCertificateBodyOfNobody"),
    ("settings url", "eyJGYWtlIjoic2V0dGluZ3MifQ"),
    ("saml token", "FakeSamlSignatureValueOfNobody"),
];
/// Secrets that no reader gives on.
pub(crate) const LEFT_OUT: &[&str] = &["laps", "unicode password", "certificate body"];

/// Reader, name of the file, bytes.
pub(crate) fn all() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        ("ldif", "users.ldif", ldif().into_bytes()),
        ("cs-export", "export.xml", wide(&connector_space())),
        ("run-history", "runs.xml", runs().into_bytes()),
        ("events", "application.xml", wide(&events())),
        ("events", "copied.txt", copied().into_bytes()),
        ("events", "powershell.json", powershell().into_bytes()),
        ("connect-trace", "trace-20240131-235900.log", trace().into_bytes()),
        ("agent-trace", "agent.log", agent().into_bytes()),
        ("connect-configuration", "Connector_1.xml", configuration().into_bytes()),
        ("connect-configuration", "Exported-SynchronizationPolicy.json", policy().into_bytes()),
        ("cmdlet", "state.jsonl", cmdlets().into_bytes()),
        ("cmdlet", "Get-ADSyncScheduler.txt", wide(&format_list())),
        ("adfs", "ADFSDiagnosticsFile.json", adfs().into_bytes()),
        ("dsregcmd", "dsregcmd.txt", device().into_bytes()),
        ("registry", "keys.reg", wide(&registry())),
        ("services", "services.txt", b"SERVICE_NAME: ADSync\r\n        STATE : 4 RUNNING\r\n        SERVICE_START_NAME : RVNSW\\obrandhuber\r\n".to_vec()),
        ("certutil", "my.txt", certificates().into_bytes()),
        ("httperr", "httperr1.log", b"#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-reason\n2024-01-31 10:00:00 10.44.17.203 51234 10.44.17.203 443 HTTP/1.1 GET /adfs/ls?username=ottilie.brandhuber@ravensworth.example 503 Timer\n".to_vec()),
    ]
}

fn immutable() -> String {
    spell::base64(&stored(OBJECT))
}

/// The anchor of an object in the cloud's connector space.
fn cloud_anchor() -> String {
    let text = spell::utf16le(&format!("User_{CLOUD}\0"));
    spell::base64(&[(text.len() as u32).to_le_bytes().as_slice(), &text].concat())
}

fn cloud_dn() -> String {
    format!("CN={{{}}}", spell::hex(immutable().as_bytes()))
}

fn ldif() -> String {
    format!(
        "dn: {DN}\nchangetype: add\nobjectClass: top\nobjectClass: person\nobjectClass: organizationalPerson\nobjectClass: user\n\
         cn: Ottilie Brandhuber\nsAMAccountName: obrandhuber\nuserPrincipalName: {UPN}\nobjectGUID:: {guid}\nobjectSid:: {sid}\n\
         mS-DS-ConsistencyGuid:: {guid}\nproxyAddresses: SMTP:{UPN}\nproxyAddresses: smtp:o.brandhuber@ravensworth.example\n\
         memberOf: CN=Harbour Crew,OU=Groups,DC=corp,\n DC=ravensworth,DC=example\nmanager: {DN}\nms-Mcs-AdmPwd: Fake-Laps-Pw-3\n\
         unicodePwd:: RmFrZVVuaWNvZGVQYXNzd29yZA==\nuserCertificate:: MIIFakeCertificateBodyOfNobody==\n\n\
         dn: CN=RW-LT-0931,OU=Computers,DC=corp,DC=ravensworth,DC=example\nobjectClass: top\nobjectClass: user\nobjectClass: computer\n\
         cn: RW-LT-0931\ndNSHostName: rw-lt-0931.corp.ravensworth.example\nobjectGUID:: {device}\n\n\
         dn: CN=62a0ff2e-97b9-4513-943f-0d221bd30080,CN=Device Registration Configuration,CN=Services,CN=Configuration,DC=corp,DC=ravensworth,DC=example\n\
         objectClass: serviceConnectionPoint\nkeywords: azureADName:ravensworth.example\nkeywords: azureADId:5e81c0d7-93a4-4b62-a1f9-0c7d6e2b8f34\n\n\
         dn: OU=Harbour,DC=corp,DC=ravensworth,DC=example\nobjectClass: top\nobjectClass: organizationalUnit\nou: Harbour\nname: Harbour\n",
        guid = immutable(),
        sid = spell::base64(&spell::sid_bytes(SID)),
        device = spell::base64(&stored(DEVICE)),
    )
}

fn connector_space() -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-16"?>
<cs-objects>
 <cs-object cs-dn="{DN}" id="{{F650712A-7013-4711-9160-005056B50BB9}}" object-type="user">
  <ma-id>{{AE4DB4CC-B16B-4EB2-ACF5-837CA84E4D7D}}</ma-id><ma-name>corp.ravensworth.example</ma-name>
  <partition-name>DC=corp,DC=ravensworth,DC=example</partition-name><domain-name>RVNSW</domain-name>
  <fully-qualified-domain-name>corp.ravensworth.example</fully-qualified-domain-name><account-name>obrandhuber</account-name>
  <mv-link lineage-id="{{0870F2A3-0A77-46A4-BDA3-CED0C1AFBDE9}}" lineage-type="sync-rule">{{67D2DA90-0C2A-4411-A2E8-0050568E45D6}}</mv-link>
  <synchronized-hologram><entry dn="{DN}"><anchor encoding="base64">{anchor}</anchor><primary-objectclass>user</primary-objectclass>
   <attr name="userPrincipalName" type="string" multivalued="false"><value>{UPN}</value></attr>
   <attr name="displayName" type="string" multivalued="false"><value>Ottilie Brandhuber</value></attr>
   <attr name="objectSid" type="binary" multivalued="false"><value encoding="base64">{sid}</value></attr>
   <attr name="proxyAddresses" type="string" multivalued="true"><value>SMTP:{UPN}</value></attr>
   <dn-attr name="manager" multivalued="false"><dn-value><dn>{DN}</dn></dn-value></dn-attr></entry></synchronized-hologram>
 </cs-object>
 <cs-object cs-dn="{cloud}" id="{{A1B2C3D4-5E6F-4A7B-8C9D-0E1F2A3B4C5D}}" object-type="user">
  <ma-id>{{B891884F-051E-4A83-95AF-2544101C9083}}</ma-id><ma-name>ravensworthferries.onmicrosoft.com - AAD</ma-name>
  <mv-link lineage-type="sync-rule">{{67D2DA90-0C2A-4411-A2E8-0050568E45D6}}</mv-link>
  <synchronized-hologram><entry dn="{cloud}"><anchor encoding="base64">{cloud_anchor}</anchor>
   <attr name="sourceAnchor" multivalued="false"><value>{anchor}</value></attr></entry></synchronized-hologram>
  <unapplied-export><delta operation="update" dn="{cloud}"><attr name="mail" operation="update" multivalued="false"><value operation="delete">old.brandhuber@ravensworth.example</value><value operation="add">{UPN}</value></attr></delta></unapplied-export>
 </cs-object>
</cs-objects>"#,
        anchor = immutable(),
        sid = spell::base64(&spell::sid_bytes(SID)),
        cloud = cloud_dn(),
        cloud_anchor = cloud_anchor(),
    )
}

fn runs() -> String {
    format!(
        r#"<run-history><run-details><ma-id>{{B891884F-051E-4A83-95AF-2544101C9083}}</ma-id><ma-name>ravensworthferries.onmicrosoft.com - AAD</ma-name>
<run-number>41</run-number><run-profile-name>Export</run-profile-name><security-id>RVNSW\obrandhuber</security-id>
<step-details step-number="1" step-id="{{E0446E50-FF59-4691-9EC0-F9BD3D564F4A}}"><start-date>2024-01-31 23:05:05.367</start-date>
<end-date>2024-01-31 23:06:06.677</end-date><step-result>completed-export-errors</step-result>
<ma-connection><connection-result>success</connection-result><server>rwdc7.corp.ravensworth.example:389</server></ma-connection>
<synchronization-errors><export-error cs-guid="{{A1B2C3D4-5E6F-4A7B-8C9D-0E1F2A3B4C5D}}" dn="{cloud}">
<date-occurred>2024-01-31 23:06:02.006</date-occurred><retry-count>7</retry-count><error-type>AttributeValueMustBeUnique</error-type>
<cd-error><error-literal>Unable to update this object because the following attributes [UserPrincipalName {UPN};] may already be associated with another object.
Tracking Id: 11111111-2222-4333-8444-555555555555</error-literal></cd-error></export-error></synchronization-errors>
<export-counters><export-add detail="true">3</export-add><export-failure detail="true">1</export-failure></export-counters></step-details></run-details></run-history>"#,
        cloud = cloud_dn(),
    )
}

/// One event as `wevtutil qe /f:RenderedXml` writes it.
fn event(channel: &str, provider: &str, id: u32, data: &str, message: &str) -> String {
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{provider}'/><EventID Qualifiers='0'>{id}</EventID>\
         <Level>2</Level><Task>1</Task><TimeCreated SystemTime='2024-01-31T22:00:00.000000000Z'/><EventRecordID>1204</EventRecordID>\
         <Channel>{channel}</Channel><Computer>RWSYNC01.corp.ravensworth.example</Computer><Security UserID='{SID}'/></System>{data}\
         <RenderingInfo Culture='en-US'><Message>{message}</Message><Level>Error</Level></RenderingInfo></Event>\r\n"
    )
}

fn events() -> String {
    let classic = |text: &str| format!("<EventData><Data>{text}</Data></EventData>");
    let requested =
        format!("Password Change Request - Anchor: {}, Dn: {DN}, Change Date: 05/01/2013 16:34:08", immutable());
    let writeback = format!(
        "TrackingId: 00000000-0000-0000-0000-000000000000, Reason: Synchronization Engine returned an error hr=80230818, Context: cloudAnchor: User_{CLOUD}, SourceAnchorValue: {}, UserPrincipalName: {UPN}, Details: none",
        immutable()
    );
    let domain = "Password hash synchronization failed for domain: corp.ravensworth.example, domain controller hostname: rwdc7.corp.ravensworth.example, domain controller IP address: 10.44.17.203.";
    [
        event("Application", "Directory Synchronization", 611, &classic(domain), domain),
        event("Application", "Directory Synchronization", 656, &classic(&requested), &requested),
        event("Application", "PasswordResetService", 33001, &classic(&writeback), ""),
        event(
            "Microsoft-Windows-User Device Registration/Admin",
            "Microsoft-Windows-User Device Registration",
            103,
            "<EventData><Data Name='AuthToken'>ZmFrZS1hdXRoLXRva2VuLW9mLW5vYm9keQ</Data><Data Name='UserName'>RVNSW\\obrandhuber</Data></EventData>",
            "",
        ),
        event(
            "Security",
            "AD FS Auditing",
            411,
            &format!("<UserData><Event xmlns='http://schemas.microsoft.com/ActiveDirectoryFederationServices/2.0/Events'><EventData><Data>11111111-2222-4333-8444-555555555555</Data><Data>{UPN}</Data><Data>10.44.17.203,172.16.36.42</Data></EventData></Event></UserData>"),
            "",
        ),
    ]
    .concat()
}

fn copied() -> String {
    format!(
        "Log Name:      Application\r\nSource:        ADSync\r\nEvent ID:      6941\r\nLevel:         Error\r\nUser:          RVNSW\\obrandhuber\r\nComputer:      RWSYNC01.corp.ravensworth.example\r\n\
         Description:   ECMA2 MA export run caused an error.\r\n\r\nError Name: AttributeValueMustBeUnique\r\nError Detail: [UserPrincipalName {UPN};]. Correct it.\r\n\r\n\
         Log Name:      Application\r\nSource:        Directory Synchronization\r\nEvent ID:      654\r\nDescription:   Provisioning ping. corp.ravensworth.example\r\n"
    )
}

fn powershell() -> String {
    serde_json::json!([{
        "Id": 6329, "Level": 2, "LevelDisplayName": "Error", "ProviderName": "ADSync", "LogName": "Application", "RecordId": 77,
        "MachineName": "RWSYNC01.corp.ravensworth.example", "UserId": {"BinaryLength": 28, "Value": SID},
        "TimeCreated": "/Date(1706738400000)/", "Message": format!("An unexpected error has occurred during a password set operation for {DN}"),
        "Properties": [{"Value": UPN}, {"Value": 3}],
    }])
    .to_string()
}

fn trace() -> String {
    format!(
        "[23:59:58.100] [  1] [INFO ] ================================\r\n[23:59:58.170] [ 13] [INFO ] AzureTenantPage: Beginning Windows Azure tenant credential validation for user - {UPN}\r\n\
         [23:59:59.200] [ 13] [ERROR] SearchAdSyncDirectoryObjects Failed to run the ldap search query. Parameter values passed to PowerShell:\r\n\
         ForestFqdn : corp.ravensworth.example\r\nAdConnectorUserName : RVNSW\\obrandhuber\r\nBaseDn : CN=Services\r\n\
         [00:00:01.300] [ 12] [INFO ] Attaching to the ADSync database: SQLServerName=RWSYNC01.corp.ravensworth.example ServiceAccountName=RVNSW\\obrandhuber, Password=Fake-Sa-Pw-77;\r\n\
         [00:00:02.400] [ 12] [VERB ] GET https://graph.windows.net/x Authorization: Bearer fakebearer0123456789abcdefghij\r\n\
         [00:00:03.500] [ 12] [INFO ] SyncObject: sourceAnchor={anchor} cloudAnchor: User_{CLOUD}, octets (objectGUID={octets}) upn={UPN} displayName=\"Ottilie Brandhuber\" objectSid={SID}\r\n",
        anchor = immutable(),
        octets = spell::octets(&stored(OBJECT)),
    )
}

fn agent() -> String {
    format!(
        "AzureADConnectAuthenticationAgentService.exe Error: 0 : Passthrough Authentication request failed for RVNSW\\obrandhuber. RequestId: 'df63f4a4-68b9-44ae-8d81-6ad2d844d84e'. Reason: '1328'.\r\n    ThreadId=5\r\n    DateTime=2024-01-01T00:00:00.0000000Z\r\n\
         AADConnectProvisioningAgent.exe Warning: 7 : Web socket to rwdc7.corp.ravensworth.example failed\r\n  at {UPN}\r\n"
    )
}

fn configuration() -> String {
    r#"<ma-data><id>{AE4DB4CC-B16B-4EB2-ACF5-837CA84E4D7D}</id><name>corp.ravensworth.example</name><category>AD</category>
<private-configuration><adma-configuration><forest-name>corp.ravensworth.example</forest-name><forest-login-domain>RVNSW</forest-login-domain><forest-login-user>obrandhuber</forest-login-user>
<parameter-values><parameter name="UserName" type="string" use="connectivity" dataType="String">Sync_RWSYNC01_e3c03195e061@ravensworthferries.onmicrosoft.com</parameter>
<parameter name="password" type="encrypted-string" use="connectivity" dataType="String" encrypted="1">RmFrZUVuY3J5cHRlZFBhcmFtZXRlcg==</parameter></parameter-values></adma-configuration></private-configuration>
<ma-partition-data><partition><id>{dc4c27db-d13d-460a-9a82-c48aba1ee815}</id><name>DC=corp,DC=ravensworth,DC=example</name>
<filter><containers><inclusions><inclusion>OU=Harbour,DC=corp,DC=ravensworth,DC=example</inclusion></inclusions></containers></filter>
<custom-data><adma-partition-data><dn>DC=corp,DC=ravensworth,DC=example</dn><last-dc>rwdc7.corp.ravensworth.example</last-dc><cookie>TVNEUwMAAABEZn1iRaXRAQ==</cookie></adma-partition-data></custom-data></partition></ma-partition-data></ma-data>"#
        .to_owned()
}

fn policy() -> String {
    serde_json::json!({
        "azureADGlobalSettings": {"stagingMode": false},
        "deploymentMetadata": {"serverName": "RWSYNC01", "createdBy": "RVNSW\\obrandhuber"},
        "synchronizationRules": [{"name": "In from AD - User Join", "precedence": 100, "connector": "corp.ravensworth.example",
          "synchronizationCriteria": [{"csAttribute": "mail", "csOperator": "EQUAL", "csValue": UPN}]}],
        "onpremisesDirectoryPolicy": [{"name": "corp.ravensworth.example", "partitions": [{"name": "DC=corp,DC=ravensworth,DC=example"}]}],
    })
    .to_string()
}

fn cmdlets() -> String {
    let lines = [
        serde_json::json!({"cmdlet": "Get-ADSyncScheduler", "SyncCycleEnabled": false, "CurrentlyEffectiveSyncCycleInterval": "00:30:00"}),
        serde_json::json!({"cmdlet": "Get-ADSyncCSObject", "DistinguishedName": DN, "ConnectorName": "corp.ravensworth.example", "AnchorValue": immutable(),
            "Attributes": [{"Name": "userPrincipalName", "Values": [UPN]}, {"Name": "sn", "Values": ["Brandhuber"]}]}),
        serde_json::json!({"cmdlet": "Get-ADSyncConnector", "Name": "corp.ravensworth.example",
            "ConnectivityParameters": [{"Name": "forest-login-user", "Value": "obrandhuber"}, {"Name": "password", "Value": "RmFrZUVuY3J5cHRlZFBhcmFtZXRlcg=="}]}),
    ];
    lines.map(|line| line.to_string() + "\n").concat()
}

fn format_list() -> String {
    format!(
        "\r\n##### Get-ADSyncScheduler #####\r\n\r\nSyncCycleEnabled : True\r\nMachineName      : RWSYNC01.corp.ravensworth.example\r\n\r\n\r\n\
         Get-ADSyncConnector\r\n\r\nName              : corp.ravensworth.example\r\nUserName          : RVNSW\\obrandhuber\r\nDistinguishedName : {DN}\r\n                    and a second line\r\n\r\n"
    )
}

fn adfs() -> String {
    serde_json::json!({"ADFSToolbox": {
        "Test-AdfsServerHealth": {"AllTests": [
            {"Name": "CheckDuplicateSPN", "ComputerName": "RWSYNC01.corp.ravensworth.example", "Result": 2, "Detail": format!("Found SPN in object: {DN}"), "Output": null},
            {"Name": "TestAdfsRequestToken", "ComputerName": "RWSYNC01.corp.ravensworth.example", "Result": 0,
             "Detail": "Token Received: <s:Envelope><saml:Assertion><ds:SignatureValue>FakeSamlSignatureValueOfNobody</ds:SignatureValue></saml:Assertion></s:Envelope>", "Output": null}],
            "FailedTests": []},
        "Adfs-Configuration": {"ServiceAccount": "RVNSW\\obrandhuber", "FederationServiceName": "sts.ravensworth.example",
            "AdfsCertificate": [{"CertificateType": "Token-Signing", "Certificate": {"Issuer": "CN=ADFS Signing - sts.ravensworth.example", "Thumbprint": "4F9A1C6E02B7D85319FA60CE7B24D1853A9E70C2"}}]},
    }, "Version": "1.0.9"})
    .to_string()
}

fn device() -> String {
    format!(
        "+----------------------------------------------------------------------+\r\n| Device State                                                         |\r\n+----------------------------------------------------------------------+\r\n\r\n\
         \x20            AzureAdJoined : YES\r\n                DomainName : RVNSW\r\n               Device Name : RW-LT-0931.corp.ravensworth.example\r\n\r\n\
         \x20                 DeviceId : {DEVICE}\r\n                Thumbprint : 4F9A1C6E02B7D85319FA60CE7B24D1853A9E70C2\r\n               SettingsUrl : eyJGYWtlIjoic2V0dGluZ3MifQ==\r\n\
         \x20   Executing Account Name : RVNSW\\obrandhuber, {UPN}\r\n    Auto Detect PAC Status : Failed to auto detect the Proxy Auto-Configuration (PAC) script for ottilie.brand\r\nhuber@ravensworth.example\r\n"
    )
}

fn registry() -> String {
    format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\CloudDomainJoin\\JoinInfo\\4F9A1C6E02B7D85319FA60CE7B24D1853A9E70C2]\r\n\
         \"UserEmail\"=\"{UPN}\"\r\n\"TenantId\"=\"5e81c0d7-93a4-4b62-a1f9-0c7d6e2b8f34\"\r\n\r\n\
         [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\ADSync\\Parameters]\r\n\"Server\"=\"RWSYNC01\"\r\n\"DeviceGuid\"=hex:{bytes}\r\n\
         \"Account\"=hex(1):{text}\r\n\"Enabled\"=dword:00000001\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\{SID}]\r\n\"ProfileImagePath\"=\"C:\\\\Users\\\\obrandhuber\"\r\n",
        bytes = spell::registry(&stored(DEVICE)),
        text = spell::registry(&spell::utf16le("RVNSW\\obrandhuber\0")),
    )
}

fn certificates() -> String {
    format!(
        "My \"Personal\"\r\n================ Certificate 0 ================\r\nX509 Certificate:\r\nVersion: 3\r\nSerial Number: 61aabb\r\nIssuer:\r\n    CN=RVNSW Root CA, DC=corp, DC=ravensworth, DC=example\r\n\
         \x20NotBefore: 1/1/2020 1:00 PM\r\n NotAfter: 1/1/2030 1:00 PM\r\nSubject:\r\n    {DN}\r\nPublic Key: UnusedBits = 0\r\n    0000  30 82 01 0a 02 82 01 01\r\nCert Hash(sha1): 4f9a1c6e02b7d85319fa60ce7b24d1853a9e70c2\r\n\
         \x20 Key Container = te-4a\r\nEncryption test passed\r\nCertUtil: -store command completed successfully.\r\n"
    )
}
