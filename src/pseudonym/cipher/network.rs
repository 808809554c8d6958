//! Networks: which networks the addresses of a network become.
//!
//! A permutation that preserves prefixes maps a network to one network, except where a class boundary stands in the way
//! (pseudonyms.md: prefixes shorter than /16 hold or hit blocks of another class, and single addresses are constants).
//! There the network is cut in halves until every part keeps its class, so that the images together are exact: an
//! address lies in the network if and only if its pseudonym lies in one of them. Not possible for parts of an IPv6
//! subnet (lengths 65 to 127): interface ids are mapped as a whole and have no prefixes.

use super::ip::{Addresses, V4_CLASSES, V6, V6_CLASSES, Way};

/// A network: its first address and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    /// The first address, IPv4 in the lower 32 bits.
    pub first: u128,
    /// Leading bits that the addresses share.
    pub length: u32,
    /// Bits of an address: 32 or 128.
    pub bits: u32,
}

impl Network {
    /// The network of an address; `None` when the length is more than the address has.
    pub fn new(address: u128, length: u32, bits: u32) -> Option<Self> {
        let host = bits.checked_sub(length)?;
        let first = address.checked_shr(host).unwrap_or(0).checked_shl(host).unwrap_or(0);
        Some(Self { first, length, bits })
    }

    /// The last address.
    pub fn last(&self) -> u128 {
        self.first | ones(self.bits - self.length)
    }

    /// The fewest networks that hold just the addresses from `lower` to `upper`; empty when there are none.
    pub fn cover(lower: u128, upper: u128, bits: u32) -> Vec<Self> {
        let mut networks = Vec::new();
        let mut first = lower;
        while first <= upper {
            // The largest network that begins at `first` and does not pass `upper`.
            let mut host = first.trailing_zeros().min(bits);
            while host > 0 && upper - first < ones(host) {
                host -= 1;
            }
            networks.push(Self { first, length: bits - host, bits });
            match (first | ones(host)).checked_add(1) {
                Some(next) => first = next,
                None => break,
            }
        }
        networks
    }

    fn halves(&self) -> [Self; 2] {
        let length = self.length + 1;
        let middle = self.first | 1u128.checked_shl(self.bits - length).unwrap_or(0);
        [Self { length, ..*self }, Self { first: middle, length, ..*self }]
    }

    fn holds(&self, prefix: u128, length: u32) -> bool {
        self.length <= length
            && Self::new(prefix, self.length, self.bits).is_some_and(|network| network.first == self.first)
    }

    /// The one class that all its addresses have; `None` when there are several. `classes`: prefix, length, class.
    fn class<C: Copy>(&self, classes: &[(u128, u32, C)], other: C) -> Option<C> {
        let is_torn = classes.iter().any(|&(prefix, length, _)| length > self.length && self.holds(prefix, length));
        (!is_torn).then(|| self.class_around(classes, other))
    }

    /// The class of its addresses outside of the smaller classes in it.
    fn class_around<C: Copy>(&self, classes: &[(u128, u32, C)], other: C) -> C {
        let around = classes.iter().filter(|&&(prefix, length, _)| {
            Self::new(prefix, length, self.bits).is_some_and(|class| class.holds(self.first, self.length))
        });
        around.max_by_key(|class| class.1).map_or(other, |class| class.2)
    }

    /// Whether all its addresses have this class, none of them, or only some.
    fn share<C: Copy + PartialEq>(&self, class: C, classes: &[(u128, u32, C)], other: C) -> Share {
        match self.class(classes, other) {
            Some(whole) if whole == class => Share::All,
            Some(_) => Share::None,
            None => {
                let inside = |&(prefix, length, one): &(u128, u32, C)| one == class && self.holds(prefix, length);
                let has_some = self.class_around(classes, other) == class || classes.iter().any(inside);
                if has_some { Share::Some } else { Share::None }
            }
        }
    }
}

/// How many addresses of a network have a class.
enum Share {
    All,
    Some,
    None,
}

fn ones(count: u32) -> u128 {
    u128::MAX.checked_shr(128 - count).unwrap_or(0)
}

impl Addresses {
    /// What a network becomes, sorted, neighbours joined; `None` when it cannot be said in networks.
    pub(super) fn network(&self, network: Network, way: Way) -> Option<Vec<Network>> {
        if network.length == 0 {
            return Some(vec![network]);
        }
        let mut images = Vec::new();
        match network.bits {
            32 => self.v4_images(network, way, &mut images),
            _ => self.v6_images(network, way, &mut images)?,
        }
        Some(joined(images))
    }

    fn v4_images(&self, network: Network, way: Way, images: &mut Vec<Network>) {
        let Some(class) = network.class(&V4_CLASSES, Some(0)) else { return self.v4_halves(network, way, images) };
        let Some(fixed) = class.filter(|fixed| *fixed < network.length) else { return images.push(network) };
        let mut image = network;
        loop {
            let address = u32::try_from(image.first).unwrap_or(0);
            image.first = self.v4_step(address, fixed, network.length, way).into();
            match image.share(class, &V4_CLASSES, Some(0)) {
                Share::All => return images.push(image),
                Share::None => {}
                Share::Some => return self.v4_halves(network, way, images),
            }
        }
    }

    fn v4_halves(&self, network: Network, way: Way, images: &mut Vec<Network>) {
        network.halves().into_iter().for_each(|half| self.v4_images(half, way, images));
    }

    fn v6_images(&self, network: Network, way: Way, images: &mut Vec<Network>) -> Option<()> {
        if network.length == 128 {
            images.push(Network { first: self.v6(network.first, way), ..network });
            return Some(());
        }
        let halves = |images: &mut Vec<Network>| match network.length {
            0..64 => network.halves().into_iter().try_for_each(|half| self.v6_images(half, way, images)),
            _ => None,
        };
        let Some(class) = network.class(&V6_CLASSES, V6::Upper(0)) else { return halves(images) };
        match class {
            V6::Kept => images.push(network),
            V6::EmbeddedV4 => self.embedded(network, 0, way, images),
            V6::SixToFour if network.length <= 48 => self.embedded(network, 80, way, images),
            _ if network.length > 64 => return None,
            V6::LowerHalf => images.push(network),
            V6::Upper(fixed) if network.length <= fixed => images.push(network),
            V6::SixToFour | V6::Upper(_) => {
                let mut image = network;
                loop {
                    image.first = self.v6_upper_step(class, image.first, network.length, way);
                    match image.share(class, &V6_CLASSES, V6::Upper(0)) {
                        Share::All => break images.push(image),
                        Share::None => {}
                        Share::Some => return halves(images),
                    }
                }
            }
        }
        Some(())
    }

    /// The network of the IPv4 address that ends `shift` bits before the end.
    fn embedded(&self, network: Network, shift: u32, way: Way, images: &mut Vec<Network>) {
        let inner = Network { first: network.first >> shift & ones(32), length: network.length + shift - 96, bits: 32 };
        let mut found = Vec::new();
        self.v4_images(inner, way, &mut found);
        let outer = network.first & !(ones(32) << shift);
        images.extend(joined(found).into_iter().map(|inner| Network {
            first: outer | inner.first << shift,
            length: inner.length + 96 - shift,
            bits: 128,
        }));
    }
}

/// Sorted, two halves of one network joined.
fn joined(mut networks: Vec<Network>) -> Vec<Network> {
    networks.sort_unstable();
    let mut done: Vec<Network> = Vec::with_capacity(networks.len());
    for network in networks {
        done.push(network);
        while let [.., one, other] = done.as_slice() {
            let whole = Network::new(one.first, one.length.saturating_sub(1), one.bits);
            let Some(whole) = whole.filter(|whole| one.length > 0 && whole.halves() == [*one, *other]) else { break };
            done.truncate(done.len() - 2);
            done.push(whole);
        }
    }
    done
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
