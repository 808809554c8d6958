//! Membership before is membership after, for every network that can be said in networks.

use proptest::prelude::*;

use super::super::ip::{v4_class, v6_class};
use super::*;
use crate::pseudonym::cipher::{Cipher, Ff1};
use crate::pseudonym::key::MasterKey;

fn cipher(seed: u8) -> Ff1 {
    Ff1::new(&MasterKey::from_bytes([seed; 32]))
}

/// Addresses near the borders of the classes, and any.
fn v4() -> impl Strategy<Value = u32> {
    let border = (0..V4_CLASSES.len(), any::<u32>(), 0u32..33).prop_map(|(at, noise, keep)| {
        let prefix = u32::try_from(V4_CLASSES[at].0).unwrap();
        prefix ^ noise.checked_shr(keep).unwrap_or(0)
    });
    prop_oneof![any::<u32>(), border]
}

fn v6() -> impl Strategy<Value = u128> {
    let border = (0..V6_CLASSES.len(), any::<u128>(), 0u32..129)
        .prop_map(|(at, noise, keep)| V6_CLASSES[at].0 ^ noise.checked_shr(keep).unwrap_or(0));
    prop_oneof![any::<u128>(), border]
}

fn holds(networks: &[Network], address: u128) -> bool {
    networks.iter().any(|network| (network.first..=network.last()).contains(&address))
}

proptest! {
    #[test]
    fn the_tables_of_classes_say_what_the_functions_say(v4 in v4(), v6 in v6()) {
        let one = |address, bits| Network::new(address, bits, bits).unwrap();
        prop_assert_eq!(one(v4.into(), 32).class(&V4_CLASSES, Some(0)), Some(v4_class(v4)));
        prop_assert_eq!(one(v6, 128).class(&V6_CLASSES, V6::Upper(0)), Some(v6_class(v6)));
    }

    #[test]
    fn membership_in_an_ipv4_network_is_unchanged(seed in 0u8..8, near in v4(), length in 0u32..33, other in v4()) {
        let cipher = cipher(seed);
        let network = Network::new(near.into(), length, 32).unwrap();
        let images = cipher.seal_network(network).unwrap();
        // Inside, at both ends, just outside, anywhere.
        let (first, last) = (network.first as u32, network.last() as u32);
        for address in [near, first, last, first.wrapping_sub(1), last.wrapping_add(1), other] {
            let inside = (first..=last).contains(&address);
            prop_assert_eq!(holds(&images, cipher.seal_ipv4(address).into()), inside);
        }
        let count = |networks: &[Network]| networks.iter().map(|one| one.last() - one.first + 1).sum::<u128>();
        prop_assert_eq!(count(&images), count(&[network]), "as many addresses after as before");
        let back: Vec<Network> = images.iter().flat_map(|image| cipher.open_network(*image).unwrap()).collect();
        prop_assert_eq!(joined(back), vec![network]);
    }

    #[test]
    fn membership_in_an_ipv6_network_is_unchanged(seed in 0u8..8, near in v6(), length in 0u32..129, other in v6()) {
        let cipher = cipher(seed);
        let network = Network::new(near, length, 128).unwrap();
        let Some(images) = cipher.seal_network(network) else {
            // Parts of a subnet, and what holds the embedded addresses of `::/64` and `64:ff9b::/64` together with others.
            let holds_embedding = network.holds(0, 96) || network.holds(0x0064_ff9b << 96, 96);
            prop_assert!((65..128).contains(&length) || holds_embedding);
            return Ok(());
        };
        for address in [near, network.first, network.last(), network.first.wrapping_sub(1), network.last().wrapping_add(1), other] {
            let inside = (network.first..=network.last()).contains(&address);
            prop_assert_eq!(holds(&images, cipher.seal_ipv6(address)), inside);
        }
        let back: Vec<Network> = images.iter().flat_map(|image| cipher.open_network(*image).unwrap()).collect();
        prop_assert_eq!(joined(back), vec![network]);
    }

    #[test]
    fn a_range_is_covered_exactly(one in v6(), other in v6(), probe in v6(), bits in prop_oneof![Just(32u32), Just(128)]) {
        let [one, other, probe] = [one, other, probe].map(|address| if bits == 32 { address & 0xffff_ffff } else { address });
        let (lower, upper) = (one.min(other), one.max(other));
        let networks = Network::cover(lower, upper, bits);
        for address in [lower, upper, lower.wrapping_sub(1), upper.wrapping_add(1), probe] {
            prop_assert_eq!(holds(&networks, address), (lower..=upper).contains(&address));
        }
        prop_assert!(networks.len() <= 2 * bits as usize);
    }
}

#[test]
fn ordinary_networks_stay_one_network_of_their_length() {
    let cipher = cipher(1);
    for (first, length) in [(0xcb00_7100u128, 24), (0x0a01_0000, 16), (0xc0a8_0100, 24), (0x0a00_0000, 8)] {
        let images = cipher.seal_network(Network { first, length, bits: 32 }).unwrap();
        assert_eq!((images.len(), images[0].length), (1, length));
    }
    let v6 = Network::new(0x2001_0db8_0044 << 80, 48, 128).unwrap();
    assert_eq!(cipher.seal_network(v6).unwrap().len(), 1);
    assert!(cipher.seal_network(Network::new(0x2001_0db8 << 96, 120, 128).unwrap()).is_none());
}
