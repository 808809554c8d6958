//! What stands on a customer's servers: the sync service's trace, directory exports, a registry export, a system log.

use super::people::{Dice, FOREST, NETBIOS, Person, guid_stored, guid_text};
use super::spell;

fn clock(number: usize) -> String {
    format!("{:02}:{:02}:{:02}.{:03}", number / 3600 % 24, number / 60 % 60, number % 60, number * 7 % 1000)
}

/// Entra Connect's trace.
pub fn trace(people: &[Person]) -> String {
    let mut out = String::from("[00:00:00.000] [  1] [INFO ] Application Version: 2.4.131.0\r\n");
    for (number, person) in people.iter().enumerate() {
        let line = match number % 5 {
            0 => format!("AzureTenantPage: Beginning tenant credential validation for user - {}", person.upn),
            1 => format!(
                "Attaching to the ADSync database: SQLServerName={} SQLInstanceName=ADSYNC ServiceAccountName={NETBIOS}\\{}, state=Exists",
                person.fqdn(),
                person.account
            ),
            2 => format!(
                "SyncObject: CN={{{}}} sourceAnchor={} upn={} displayName=\"{}\" objectSid={}",
                spell::hex(person.immutable().as_bytes()),
                person.immutable(),
                person.upn,
                person.name,
                person.sid
            ),
            3 => format!(
                "TrackingId: {}, Reason: Synchronization Engine returned an error hr=80230818, Context: cloudAnchor: User_{}, SourceAnchorValue: {}, UserPrincipalName: {}, Details: export to {} failed",
                guid_text(Dice::new(number as u64).guid()),
                person.object(),
                person.immutable(),
                person.upn,
                person.dn()
            ),
            _ => format!(
                "Connection from [{}]:49{:03} to {}:443, client {} ({}), device {}",
                person.ipv6,
                number % 1000,
                person.ipv4,
                person.host,
                person.name,
                person.device()
            ),
        };
        out += &format!(
            "[{}] [{:>3}] [{}] {line}\r\n",
            clock(number),
            number % 40,
            ["INFO ", "VERB ", "WARN "][number % 3]
        );
        if number % 50 == 0 {
            out += "Exception: System.TimeoutException: The operation has timed out. HRESULT 0x80131505\r\n   at Microsoft.Online.Sync.Engine.Export(String target) in Engine.cs:line 412\r\n";
        }
    }
    out
}

/// A directory export with folded lines, base64 values and binary identifiers.
pub fn ldif(people: &[Person]) -> String {
    let mut out = String::from("version: 1\n\n");
    for (number, person) in people.iter().enumerate() {
        let line = |out: &mut String, name: &str, value: &str| {
            let safe = value.is_ascii() && !value.starts_with([' ', ':', '<']);
            let text =
                if safe { format!("{name}: {value}") } else { format!("{name}:: {}", spell::base64(value.as_bytes())) };
            *out += &spell::fold(&text, [76, 40, 24][number % 3]);
            out.push('\n');
        };
        line(&mut out, "dn", &person.dn());
        out += "objectClass: top\nobjectClass: person\nobjectClass: user\n";
        line(&mut out, "cn", &person.name);
        line(&mut out, "sn", person.family);
        line(&mut out, "givenName", person.given);
        line(&mut out, "displayName", &person.name);
        line(&mut out, "sAMAccountName", &person.account);
        line(&mut out, "userPrincipalName", &person.upn);
        line(&mut out, "mail", &person.mail);
        line(&mut out, "proxyAddresses", &format!("SMTP:{}", person.mail));
        line(
            &mut out,
            "description",
            &format!("Workstation {} for {} with a long remark behind it", person.fqdn(), person.name),
        );
        out += &spell::fold(&format!("objectGUID:: {}", spell::base64(&guid_stored(person.on_premises_id))), 76);
        out.push('\n');
        out += &spell::fold(&format!("objectSid:: {}", spell::base64(&spell::sid_bytes(&person.sid))), 76);
        out += "\nuserAccountControl: 512\nwhenCreated: 20260101103000.0Z\nuSNChanged: 183204\n\n";
    }
    out
}

fn xml(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A connector space export of the sync service.
pub fn csexport(people: &[Person]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- csexport -->\r\n<cs-objects>\r\n");
    for (number, person) in people.iter().enumerate() {
        let attr = |name: &str, value: &str| {
            format!(
                "   <attr name=\"{name}\" type=\"string\" multivalued=\"false\"><value>{}</value></attr>\r\n",
                xml(value)
            )
        };
        out += &format!(
            " <cs-object cs-dn=\"{}\" id=\"{{{}}}\" object-type=\"user\">\r\n  <pending-import-hologram><entry dn=\"{}\"><anchor encoding=\"base64\">{}</anchor>\r\n",
            xml(&person.dn()),
            person.object().to_uppercase(),
            xml(&person.dn()),
            person.immutable()
        );
        out += &attr("userPrincipalName", &person.upn);
        out += &attr("displayName", &person.name);
        out += &attr("mail", &person.mail);
        out += &attr("sAMAccountName", &person.account);
        out += &attr("objectSid", &person.sid);
        out += &attr("cloudAnchor", &format!("User_{}", person.object()));
        out += &format!(
            "   <attr name=\"usnchanged\" type=\"integer\"><value>0x{:x}</value></attr>\r\n",
            180_000 + number
        );
        out += &format!(
            "   <note><![CDATA[seen on {} <{}>]]></note>\r\n  </entry></pending-import-hologram>\r\n </cs-object>\r\n",
            person.fqdn(),
            person.mail
        );
    }
    out + "</cs-objects>\r\n"
}

/// A registry export; the caller writes it as UTF-16.
pub fn registry(people: &[Person]) -> String {
    let mut out = String::from("Windows Registry Editor Version 5.00\r\n\r\n");
    for (number, person) in people.iter().enumerate() {
        let thumb: String = spell::hex(&Dice::new(number as u64).guid()).to_uppercase() + "A1B2C3D4";
        out += &format!(
            "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\CloudDomainJoin\\JoinInfo\\{thumb}]\r\n"
        );
        out += &format!(
            "\"UserEmail\"=\"{}\"\r\n\"TenantId\"=\"{}\"\r\n\"IdpDomain\"=\"login.windows.net\"\r\n",
            person.upn,
            super::people::TENANT
        );
        out += &format!("\"DeviceId\"=\"{}\"\r\n\"Flags\"=dword:0000{:04x}\r\n", person.device(), number % 65_536);
        out += &format!(
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\{}]\r\n",
            person.sid
        );
        let path: Vec<u8> = spell::utf16le(&format!("C:\\\\Users\\\\{}\0", person.account).replace("\\\\", "\\"));
        out += &format!("\"ProfileImagePath\"=hex(2):{}\r\n", folded(&spell::registry(&path)));
        out += &format!(
            "\"Sid\"=hex:{}\r\n\"Computer\"=\"{}\"\r\n\"Owner\"=\"{NETBIOS}\\\\{}\"\r\n\r\n",
            folded(&spell::registry(&spell::sid_bytes(&person.sid))),
            person.host,
            person.account
        );
    }
    out
}

/// Long values go on behind a backslash.
fn folded(hex: &str) -> String {
    let bytes: Vec<&str> = hex.split(',').collect();
    bytes.chunks(20).map(|chunk| chunk.join(",")).collect::<Vec<_>>().join(",\\\r\n  ")
}

/// A system log of a Linux server that is joined.
pub fn syslog(people: &[Person]) -> String {
    let mut out = String::new();
    for (number, person) in people.iter().enumerate() {
        let host = person.host.to_lowercase();
        out += &match number % 4 {
            0 => format!(
                "Sep 15 {:02}:14:02 {host} sshd[{number}]: Accepted publickey for {} from {} port 50122 ssh2: RSA SHA256:{}\n",
                number % 24,
                person.account,
                person.ipv4,
                spell::base64(&Dice::new(number as u64).guid())
            ),
            1 => format!(
                "Sep 15 {:02}:14:03 {host} sssd[be[{FOREST}]]: Could not resolve {} ({}); group lookup for {} failed\n",
                number % 24,
                person.upn,
                person.name,
                person.sid
            ),
            2 => format!(
                "Sep 15 {:02}:14:05 {}.{FOREST} systemd-logind[612]: New session {number} of user {}.\n",
                number % 24,
                host,
                person.account
            ),
            _ => format!(
                "Sep 15 {:02}:14:09 {host} postfix/smtpd[911]: connect from unknown[{}]: helo=<{}> to=<{}>\n",
                number % 24,
                person.ipv6,
                person.fqdn(),
                person.mail
            ),
        };
    }
    out
}
