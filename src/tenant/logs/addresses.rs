//! From which network somebody signs in.
//!
//! Offices use the public networks of the sites; homes an IPv6 address of their own or an address shared by many
//! subscribers; data centres a few. All lie in networks reserved for documentation (RFC 5737, RFC 3849).

use super::super::world::{SITES, Site, World, mix, stories};
use super::ink::Ink;

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// The office of a site (index into [`SITES`]), with a host number.
    Office(usize, u8),
    /// The user's own office.
    OwnOffice(u8),
    /// The next office: a journey.
    NextOffice(u8),
    /// The user's own IPv6 address at home.
    Home(u64),
    /// A subscriber address shared by many, 192.0.2.0/24.
    Carrier(u8),
    /// The attackers' network of story 4.
    Spray(u8),
    /// A data centre.
    DataCentre(u8),
}

/// Hosts of a site's public network.
const OFFICE_HOSTS: u64 = 14;
/// Data centre addresses.
pub(crate) const DATA_CENTRES: u8 = 12;

impl Network {
    /// An office address of the site.
    pub(crate) fn office(site: usize, draw: u64) -> Self {
        Self::Office(site % SITES.len(), (draw % OFFICE_HOSTS) as u8)
    }

    /// The network itself, for a user of this site.
    pub(crate) fn seen_from(self, site: usize) -> Self {
        match self {
            Self::OwnOffice(host) => Self::office(site, u64::from(host)),
            Self::NextOffice(host) => Self::office(site + 1, u64::from(host)),
            other => other,
        }
    }

    /// The site it lies at, for a user of this site.
    pub(crate) fn site(self, home: usize) -> usize {
        match self.seen_from(home) {
            Self::Office(site, _) => site,
            _ => home,
        }
    }

    /// The address.
    pub(crate) fn text(self, world: &World) -> String {
        match self {
            Self::OwnOffice(_) | Self::NextOffice(_) => self.seen_from(0).text(world),
            Self::Office(site, host) => {
                SITES.get(site).map(|site| site.public_address(u64::from(host))).unwrap_or_default()
            }
            Self::Home(user) => home(world.seed(), user),
            Self::Carrier(host) => format!("192.0.2.{host}"),
            Self::Spray(host) => {
                let [a, b, c] = stories::SPRAY_NETWORK;
                format!("{a}.{b}.{c}.{host}")
            }
            Self::DataCentre(host) => format!("2001:db8:da7a:{:x}::{:x}", host % 3 + 1, u64::from(host) * 7 + 4),
        }
    }

    /// Appends the address.
    pub(crate) fn write(self, world: &World, out: &mut Vec<u8>) {
        match self {
            Self::Carrier(host) => {
                out.raw("192.0.2.").number(u64::from(host));
            }
            Self::Office(site, host) => {
                if let Some(Site { public_net: ([a, b, c], first), .. }) = SITES.get(site) {
                    for octet in [a, b, c] {
                        out.number(u64::from(*octet)).raw(".");
                    }
                    out.number(u64::from(first + host));
                }
            }
            other => {
                out.raw(&other.text(world));
            }
        }
    }

    /// Autonomous system number: 64496 to 64511 are reserved for documentation (RFC 5398).
    pub(crate) fn system_number(self) -> u64 {
        match self {
            Self::OwnOffice(_) | Self::NextOffice(_) => 64_496,
            Self::Office(site, _) => 64_496 + site as u64,
            Self::Home(user) => 64_503 + user % 3,
            Self::Carrier(_) => 64_506,
            Self::Spray(_) => 64_510,
            Self::DataCentre(_) => 64_509,
        }
    }

    /// Every address that is not a home.
    pub(crate) fn shared() -> impl Iterator<Item = Self> {
        let offices =
            (0..SITES.len()).flat_map(|site| (0..OFFICE_HOSTS).map(move |host| Self::Office(site, host as u8)));
        let rest = (0..=255).flat_map(|host| [Self::Carrier(host), Self::Spray(host)]);
        offices.chain(rest).chain((0..DATA_CENTRES).map(Self::DataCentre))
    }

    /// A number that is this address's own; none for homes and for offices that depend on the user.
    pub(crate) fn slot(self) -> Option<usize> {
        match self {
            Self::Office(site, host) => Some(site * OFFICE_HOSTS as usize + usize::from(host)),
            Self::Home(_) | Self::OwnOffice(_) | Self::NextOffice(_) => None,
            Self::Carrier(host) => Some(128 + usize::from(host)),
            Self::Spray(host) => Some(384 + usize::from(host)),
            Self::DataCentre(host) => Some(640 + usize::from(host)),
        }
    }
}

/// The IPv6 address of a user at home: a prefix of the user's own, an interface id that never changes.
fn home(seed: u64, user: u64) -> String {
    let interface = mix(seed ^ 0x0110, user) | 0x1000_1000_1000_1000;
    format!(
        "2001:db8:{:x}:{:x}:{:x}:{:x}:{:x}:{:x}",
        0x1000 + (user >> 16 & 0xFFF),
        user & 0xFFFF,
        interface >> 48,
        interface >> 32 & 0xFFFF,
        interface >> 16 & 0xFFFF,
        interface & 0xFFFF
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::world;
    use super::*;

    #[test]
    fn addresses_are_valid_distinct_and_have_distinct_slots() {
        let world = world(60);
        let mut texts = std::collections::HashSet::new();
        let mut slots = std::collections::HashSet::new();
        for network in Network::shared() {
            let text = network.text(&world);
            assert!(text.parse::<std::net::IpAddr>().is_ok());
            assert!(slots.insert(network.slot().unwrap()));
            assert!(texts.insert(text));
        }
        for user in [0, 1, 65_535, 65_536, 999_999] {
            let text = Network::Home(user).text(&world);
            assert!(text.parse::<std::net::Ipv6Addr>().is_ok() && texts.insert(text));
        }
    }
}
