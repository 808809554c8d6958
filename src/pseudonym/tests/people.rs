//! Invented people for measurements: as many as wanted, each with every sort of identifier.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// A person, or what the gate makes of one.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) given: String,
    pub(super) family: String,
    pub(super) display: String,
    pub(super) upn: String,
    pub(super) sam: String,
    pub(super) id: String,
    pub(super) sid: String,
    pub(super) cloud_sid: String,
    pub(super) v4: String,
    pub(super) v6: String,
    pub(super) device: String,
    pub(super) domain: String,
    pub(super) netbios: String,
    pub(super) phone: String,
    pub(super) immutable: String,
    pub(super) puid: String,
    pub(super) city: String,
}

const GIVEN: [&str; 40] = [
    "Alice",
    "Bruno",
    "Carla",
    "Dmitri",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Ingrid",
    "Jonas",
    "Katarzyna",
    "Lionel",
    "Mireille",
    "Nadia",
    "Oskar",
    "Priya",
    "Quentin",
    "Rosalind",
    "Stefan",
    "Tamara",
    "Ulrike",
    "Vikram",
    "Wendy",
    "Xavier",
    "Yolanda",
    "Zo\u{eb}",
    "Andr\u{e9}",
    "Bj\u{f6}rn",
    "Ch\u{e9}rif",
    "Dagmar",
    "Emilio",
    "Fatima",
    "Gunnar",
    "Hannah",
    "Ismail",
    "Judith",
    "Kofi",
    "Ludmila",
    "Malik",
    "Nuno",
];
const FAMILY: [&str; 50] = [
    "Smithson",
    "Marlowe",
    "Fernandes",
    "Volkov",
    "Petrova",
    "Haddad",
    "Lindqvist",
    "Castellano",
    "Bergstr\u{f6}m",
    "Albrecht",
    "Kowalska",
    "Whitcombe",
    "Dubois",
    "Rahmani",
    "Nyg\u{e5}rd",
    "Chandra",
    "Leclerc",
    "Ashdown",
    "Radovic",
    "Ivanova",
    "M\u{fc}ller",
    "Mehta",
    "Harrington",
    "Delacroix",
    "Morales",
    "Vermeulen",
    "Garc\u{ed}a",
    "Strand",
    "Benali",
    "Hoffmann",
    "Baker",
    "Carter",
    "Cooper",
    "Fisher",
    "Hunter",
    "Parker",
    "Porter",
    "Stone",
    "Taylor",
    "Turner",
    "Walker",
    "Wright",
    "Young",
    "Grant",
    "Rivers",
    "Banks",
    "Brooks",
    "Fields",
    "Woods",
    "Price",
];
const CITIES: [&str; 6] = ["Port Ellery", "Harrowgate Quay", "Lissandra", "Bad Norrheim", "Saint-Aubrac", "Kelmscott"];

fn plain(name: &str) -> String {
    name.chars()
        .map(|symbol| match symbol {
            '\u{e9}' | '\u{eb}' => 'e',
            '\u{ed}' => 'i',
            '\u{f6}' => 'o',
            '\u{fc}' => 'u',
            '\u{e5}' => 'a',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

/// A number that looks random.
fn mixed(number: u64, salt: u64) -> u64 {
    let mut value = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value ^= value >> 29;
    value = value.wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 32
}

fn guid(number: u64, salt: u64) -> String {
    let (high, low) = (mixed(number, salt), mixed(number, salt + 100));
    format!(
        "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}",
        high >> 32,
        high & 0xffff,
        low & 0xfff,
        high >> 20 & 0xfff,
        low >> 16
    )
}

/// The bytes of a dashed GUID in the order of .NET.
pub(super) fn octets(id: &str) -> [u8; 16] {
    super::super::guid::to_mixed_endian(super::super::guid::parse(id).unwrap())
}

fn cloud_sid(id: &str) -> String {
    let parts = octets(id);
    let numbers = parts.chunks_exact(4).map(|part| u32::from_le_bytes(part.try_into().unwrap()).to_string());
    format!("S-1-12-1-{}", numbers.collect::<Vec<_>>().join("-"))
}

impl Person {
    /// The person of a number.
    pub(super) fn new(number: u64) -> Self {
        let at = usize::try_from(number).unwrap();
        let (given, family) = (GIVEN[at % 40], FAMILY[(at + at / 40 * 7) % 50]);
        let round = at / 200;
        let suffix = if round > 0 { format!("{round}") } else { String::new() };
        let local = format!("{}.{}{suffix}", plain(given), plain(family));
        let digits = 10 + number % 90;
        let id = guid(number, 1);
        Self {
            given: given.to_owned(),
            family: family.to_owned(),
            display: format!("{given} {family}"),
            upn: format!("{local}@alderwood.example"),
            sam: format!("{}{}{digits}{suffix}", &plain(given)[..1], &plain(family)[..4]),
            sid: format!("S-1-5-21-1004336348-1177238915-682003330-{}", 1104 + number),
            cloud_sid: cloud_sid(&id),
            id,
            v4: format!("81.{}.{}.{}", 20 + number % 200, number * 7 % 250, 1 + number * 13 % 250),
            v6: format!("2a02:{:x}:44:{:x}::{:x}", 0x810 + number % 4000, number % 65_000, 0x1f + number),
            device: format!("AW-LT-{:04}", 400 + number),
            domain: "ad.alderwood.local".to_owned(),
            netbios: "ALDERWOOD".to_owned(),
            phone: format!("+44 1752 55{:04}", 100 + number * 37 % 9_000),
            immutable: STANDARD.encode(octets(&guid(number, 2))),
            puid: format!("1003{:012X}", mixed(number, 3) & 0xffff_ffff_ffff),
            city: CITIES[at % 6].to_owned(),
        }
    }

    /// The directory's record of the person.
    pub(super) fn record(&self) -> String {
        serde_json::json!({
            "id": self.id, "displayName": self.display, "givenName": self.given, "surname": self.family,
            "userPrincipalName": self.upn, "mail": self.upn, "mailNickname": self.sam, "city": self.city,
            "onPremisesSamAccountName": self.sam, "onPremisesDomainName": self.domain, "mobilePhone": self.phone,
            "onPremisesSecurityIdentifier": self.sid, "onPremisesImmutableId": self.immutable,
            "securityIdentifier": self.cloud_sid,
        })
        .to_string()
    }

    /// What the fields of the person become.
    #[cfg(not(feature = "gate-off"))]
    pub(super) fn pseudonym(&self, gate: &Gate) -> Self {
        let clean = |key: &str, value: &str| field(gate, key, value);
        let id = clean("userId", &self.id);
        Self {
            given: String::new(),
            family: String::new(),
            display: clean("userDisplayName", &self.display),
            upn: clean("userPrincipalName", &self.upn),
            sam: clean("samAccountName", &self.sam),
            sid: clean("onPremisesSecurityIdentifier", &self.sid),
            cloud_sid: cloud_sid(&id),
            id,
            v4: clean("ipAddress", &self.v4),
            v6: clean("ipAddress", &self.v6),
            device: clean("deviceName", &self.device),
            domain: clean("domainName", &self.domain),
            netbios: clean("domainName", "alderwood.example").split('.').next().unwrap().to_owned(),
            phone: clean("mobilePhone", &self.phone),
            immutable: clean("onPremisesImmutableId", &self.immutable),
            puid: clean("puid", &self.puid),
            city: clean("city", &self.city),
        }
    }
}

/// A gate that knows the first so many people, their devices and domains.
pub(super) fn gate_of(count: u64) -> Gate {
    let gate = gate_with(Policy::standard());
    gate.learn(&batch("organization", &[DIRECTORY[0].1])).unwrap();
    gate.learn(&batch("domains", &[r#"{"id":"alderwood.example"}"#])).unwrap();
    for number in 0..count {
        let person = Person::new(number);
        gate.learn(&batch("users", &[&person.record()])).unwrap();
        let device = serde_json::json!({"displayName": person.device}).to_string();
        gate.learn(&batch("devices", &[&device])).unwrap();
    }
    gate.freeze();
    gate
}
