//! The edge files: identifiers in the spellings that the field's redactors miss, twenty people each. A file plants one
//! class in one spelling, so that a search can be told to find it there.

use serde_json::json;

use super::people::{FOREST, NETBIOS, Person, entra_sid, guid_stored};
use super::spell;

/// People who are planted in one file.
pub const EACH: usize = 20;

/// Name of the file, class that it plants, how.
pub type Edge = (&'static str, &'static str, fn(&Person, usize) -> String);

/// A base64 text that holds `value` with `shift` bytes before it.
fn shifted(value: &str, shift: usize) -> String {
    spell::base64(format!("{}{value};", &"xyz"[..shift]).as_bytes())
}

fn jwt(person: &Person) -> String {
    let header = spell::base64_url(br#"{"typ":"JWT","alg":"RS256","kid":"k"}"#);
    let claims = json!({"aud": "00000003-0000-0000-c000-000000000000", "name": person.name, "oid": person.object(),
        "ipaddr": person.ipv4, "upn": person.upn, "unique_name": person.upn, "onprem_sid": person.sid});
    format!("{header}.{}.{}", spell::base64_url(claims.to_string().as_bytes()), spell::base64_url(&[7; 96]))
}

fn reversed(address: &str) -> String {
    address.split('.').rev().collect::<Vec<_>>().join(".")
}

fn dashed(address: &str) -> String {
    address.replace('.', "-")
}

/// `Given Family` where the directory says `Family, Given`, and the reverse.
pub fn reordered(person: &Person) -> String {
    match person.name.contains(',') {
        true => format!("{} {}", person.given, person.family),
        false => format!("{}, {}", person.family, person.given),
    }
}

fn six(address: &str) -> u128 {
    address.parse::<std::net::Ipv6Addr>().unwrap().into()
}

pub const EDGES: [Edge; 40] = [
    ("jwt.txt", "upn", |person, _| format!("bearer token was {} (expired)", jwt(person))),
    ("jwt-payload.txt", "object-id", |person, _| format!("payload={}", jwt(person).split('.').nth(1).unwrap())),
    ("guid-without-dashes.txt", "object-id", |person, _| format!("key {} done", person.object().replace('-', ""))),
    ("guid-upper-braces.txt", "device-id", |person, _| format!("{{{}}}", person.device().to_uppercase())),
    ("guid-octets.txt", "object-id", |person, _| {
        format!("(objectGUID={})", spell::octets(&guid_stored(person.object_id)))
    }),
    ("guid-base64.txt", "device-id", |person, _| format!("id={} ok", spell::base64(&guid_stored(person.device_id)))),
    ("anchor-hex.txt", "immutable-id", |person, _| format!("CN={{{}}}", spell::hex(person.immutable().as_bytes()))),
    ("entra-sid.txt", "object-id", |person, _| format!("owner {}", entra_sid(person.object_id))),
    ("sid-binary.txt", "sid", |person, _| format!("objectSid:: {}", spell::base64(&spell::sid_bytes(&person.sid)))),
    ("u0040.txt", "upn", |person, _| format!("login {} failed", person.upn.replace('@', "\\u0040"))),
    ("percent.txt", "upn", |person, _| format!("GET /users/{}/manager", spell::percent_at(&person.upn))),
    ("percent-twice.txt", "upn", |person, _| {
        format!("GET /go?next=%2Fusers%2F{}", spell::percent_at(&person.upn).replace('%', "%25"))
    }),
    ("percent-name.txt", "name", |person, _| format!("GET /search?q={}", spell::percent(&person.name))),
    ("html.txt", "mail", |person, _| format!("<td>{}</td>", person.mail.replace('@', "&#64;"))),
    ("html-name.txt", "name", |person, _| format!("<td>{}</td>", spell::html(&person.name))),
    ("quoted-printable.txt", "mail", |person, _| format!("To: {}", person.mail.replace('@', "=40"))),
    ("quoted-name.txt", "name", |person, _| format!("From: {} wrote", spell::quoted_printable(&person.name))),
    ("json-escapes.jsonl", "name", |person, number| {
        format!("{{\"n\":{number},\"note\":\"seen: {}\"}}", spell::json_ascii(&person.name))
    }),
    ("json-in-json.jsonl", "mail", |person, number| {
        json!({"n": number, "raw": json!({"inner": json!({"who": person.mail, "where": person.ipv4}).to_string()}).to_string()}).to_string()
    }),
    ("base64-0.txt", "mail", |person, _| format!("blob {} end", shifted(&person.mail, 0))),
    ("base64-1.txt", "upn", |person, _| format!("blob {} end", shifted(&person.upn, 1))),
    ("base64-2.txt", "mail", |person, _| format!("blob {} end", shifted(&person.mail, 2))),
    ("base64-utf16.txt", "upn", |person, _| {
        format!("-EncodedCommand {}", spell::base64(&spell::utf16le(&format!("Get-MgUser -UserId {}", person.upn))))
    }),
    ("hex.txt", "upn", |person, _| format!("data 0x{}", spell::hex(person.upn.as_bytes()))),
    ("hex-utf16.reg.txt", "account", |person, _| {
        format!("\"p\"=hex(2):{}", spell::registry(&spell::utf16le(&format!("C:\\Users\\{}\0", person.account))))
    }),
    ("dashed-host.txt", "ipv4", |person, number| {
        format!(
            "from {}-{}.pool.carrier.example port {number}",
            ["ip", "host", "dsl"][number % 3],
            dashed(&person.ipv4)
        )
    }),
    ("in-addr.txt", "ipv4", |person, _| format!("PTR? {}.in-addr.arpa", reversed(&person.ipv4))),
    ("mapped-v4.txt", "ipv4", |person, _| format!("client ::ffff:{} port", person.ipv4)),
    ("ip6-arpa.txt", "ipv6", |person, _| {
        let nibbles: Vec<String> = format!("{:032x}", six(&person.ipv6)).chars().rev().map(String::from).collect();
        format!("PTR? {}.ip6.arpa", nibbles.join("."))
    }),
    ("v6-long.txt", "ipv6", |person, _| {
        let groups: Vec<String> =
            (0..8).rev().map(|at| format!("{:04X}", six(&person.ipv6) >> (at * 16) & 0xffff)).collect();
        format!("peer {} up", groups.join(":"))
    }),
    ("v6-port.txt", "ipv6", |person, _| format!("peer [{}]:443 up", person.ipv6)),
    ("mixed-case.txt", "upn", |person, _| {
        let turn = |(at, symbol): (usize, char)| if at % 2 == 0 { symbol.to_ascii_uppercase() } else { symbol };
        format!("login {}", person.upn.char_indices().map(turn).collect::<String>())
    }),
    ("account-alone.txt", "account", |person, _| format!("query user {} /server", person.account.to_uppercase())),
    ("account-domain.txt", "account", |person, _| {
        format!("{}/{} and {NETBIOS}\\{}", NETBIOS.to_lowercase(), person.account, person.account)
    }),
    ("local-part.txt", "upn-local", |person, _| format!("mailbox of {} is full", person.upn_local())),
    ("local-paths.txt", "mail-local", |person, _| {
        format!("\\\\files\\{}$\\Documents and /srv/{}/mail", person.mail_local(), person.mail_local())
    }),
    ("guest.txt", "mail-local", |person, _| {
        format!("{}#EXT#@brackwater.onmicrosoft.com", person.mail.replace('@', "_"))
    }),
    ("name-other-order.txt", "name", |person, _| format!("call from {} today", reordered(person))),
    ("name-no-marks.txt", "name", |person, _| {
        format!("call from {} today", spell::without_marks(&person.name).unwrap_or_else(|| person.name.to_uppercase()))
    }),
    ("host-fqdn.txt", "host", |person, _| {
        format!("ping {}.{FOREST} and \\\\{}\\c$", person.host, person.host.to_uppercase())
    }),
];
