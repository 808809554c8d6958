//! The invented people: two thousand of them, thirteen classes of identifiers each, the same for the same seed.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;

use super::names::{FAMILY, GIVEN, SITES};

/// A small generator (SplitMix64): the corpus is the same on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    /// A random (version 4) id.
    pub fn guid(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.roll().to_be_bytes());
        id[8..].copy_from_slice(&self.roll().to_be_bytes());
        id[6] = id[6] & 0x0f | 0x40;
        id[8] = id[8] & 0x3f | 0x80;
        id
    }
}

/// `7f3c1d52-…` from the bytes in the order in which they are written.
pub fn guid_text(id: [u8; 16]) -> String {
    let hex = super::spell::hex(&id);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The bytes as Windows stores them: the first three groups little endian.
pub fn guid_stored(id: [u8; 16]) -> [u8; 16] {
    [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(|at: usize| id[at])
}

/// `S-1-12-1-…`: the object id in the form of a SID.
pub fn entra_sid(id: [u8; 16]) -> String {
    let stored = guid_stored(id);
    let parts = stored.chunks(4).map(|four| u32::from_le_bytes(four.try_into().unwrap()).to_string());
    format!("S-1-12-1-{}", parts.collect::<Vec<_>>().join("-"))
}

/// The classes of planted identifiers; the tenant id is planted too, but kept.
pub const CLASSES: [&str; 13] = [
    "upn",
    "upn-local",
    "mail",
    "mail-local",
    "ipv4",
    "ipv6",
    "object-id",
    "device-id",
    "name",
    "host",
    "sid",
    "account",
    "immutable-id",
];

#[derive(Clone)]
pub struct Person {
    pub upn: String,
    pub mail: String,
    pub ipv4: String,
    pub ipv6: String,
    pub object_id: [u8; 16],
    pub device_id: [u8; 16],
    pub given: &'static str,
    pub family: &'static str,
    pub name: String,
    pub host: String,
    pub sid: String,
    pub account: String,
    pub on_premises_id: [u8; 16],
    pub site: usize,
}

pub const TENANT: &str = "3d9c17e4-52ab-4f06-8b7d-c1e0a94f5d28";
pub const DOMAIN: &str = "brackwater.example";
pub const FOREST: &str = "corp.brackwater.example";
pub const NETBIOS: &str = "BRACKWATER";
pub const DOMAIN_SID: &str = "S-1-5-21-2914663870-1407398112-3320714452";

impl Person {
    fn new(number: usize, dice: &mut Dice) -> Self {
        // Every pair of names once, in an order that mixes them; then with a middle initial.
        let (given, family) = (GIVEN[number % 64], FAMILY[(number / 64 + number * 29) % 64]);
        let code = 1000 + number;
        let ascii = |name: &str, width: usize| -> String {
            let letters = name.chars().filter(char::is_ascii_alphabetic).map(|symbol| symbol.to_ascii_lowercase());
            let plain: String = letters.take(width).collect();
            if plain.len() < 2 { format!("{plain}kwx{}", &"abcdefgh"[number % 7..=number % 7]) } else { plain }
        };
        let (short, long) = (ascii(given, 12), ascii(family, 14));
        let name = match number % 7 {
            0 => format!("{family}, {given}"),
            1 => format!("{given} {family} (Berth {})", number % 9 + 1),
            _ => format!("{given} {family}"),
        };
        let site = number % SITES.len();
        let [first, second] = SITES[site].3;
        // The third and fourth octet by number: no two people share an address.
        let spread = (number * 7919 + 257) % 65_000;
        let private = number % 20 == 19;
        let ipv4 = match private {
            true => Ipv4Addr::new(10, 16 + site as u8, (spread >> 8) as u8, (spread & 0xff) as u8),
            false => Ipv4Addr::new(first, second, (spread >> 8) as u8, (spread & 0xff) as u8),
        };
        let low = dice.roll();
        let low = if number % 5 == 4 { low & 0xffff_ffff } else { low };
        let high = 0x2001_0db8_0000_0000_u64 | (0x4a00 + site as u64) << 16 | (number % 40) as u64;
        Self {
            upn: format!("{short}.{long}{code}@{FOREST}"),
            mail: format!("{long}.{}{code}@{DOMAIN}", &short[..1]),
            ipv4: ipv4.to_string(),
            ipv6: Ipv6Addr::from(u128::from(high) << 64 | u128::from(low)).to_string(),
            object_id: dice.guid(),
            device_id: dice.guid(),
            given,
            family,
            name,
            host: format!("{}-{:02}-{code}", ["BRW-LT", "BRWWS", "SRV-APP"][number % 3], site + 1),
            sid: format!("{DOMAIN_SID}-{}", 1104 + number),
            account: format!("{}{}{code}", &short[..2], &long[..long.len().min(3)]),
            on_premises_id: dice.guid(),
            site,
        }
    }

    pub fn upn_local(&self) -> &str {
        self.upn.split('@').next().unwrap()
    }

    pub fn mail_local(&self) -> &str {
        self.mail.split('@').next().unwrap()
    }

    pub fn object(&self) -> String {
        guid_text(self.object_id)
    }

    pub fn device(&self) -> String {
        guid_text(self.device_id)
    }

    pub fn immutable(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(guid_stored(self.on_premises_id))
    }

    pub fn fqdn(&self) -> String {
        format!("{}.{FOREST}", self.host.to_lowercase())
    }

    pub fn dn(&self) -> String {
        format!(
            "CN={},OU=Crew,OU={},DC=corp,DC=brackwater,DC=example",
            self.name.replace(',', "\\,"),
            SITES[self.site].0
        )
    }

    /// The value of a class; a GUID as text.
    pub fn value(&self, class: &str) -> String {
        match class {
            "upn" => self.upn.clone(),
            "upn-local" => self.upn_local().to_owned(),
            "mail" => self.mail.clone(),
            "mail-local" => self.mail_local().to_owned(),
            "ipv4" => self.ipv4.clone(),
            "ipv6" => self.ipv6.clone(),
            "object-id" => self.object(),
            "device-id" => self.device(),
            "name" => self.name.clone(),
            "host" => self.host.clone(),
            "sid" => self.sid.clone(),
            "account" => self.account.clone(),
            "immutable-id" => self.immutable(),
            other => unreachable!("no class {other}"),
        }
    }
}

/// Everybody.
pub fn people(count: usize) -> Vec<Person> {
    let mut dice = Dice::new(0x0b1a_c4a7);
    (0..count).map(|number| Person::new(number, &mut dice)).collect()
}
