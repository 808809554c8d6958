//! Named locations: which address lies in which location does not change.

use std::net::IpAddr;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{clean, field, gate_with};
use crate::pseudonym::{Gate, Policy};

/// One gate for all cases: making one compiles every pattern.
static GATE: LazyLock<Gate> = LazyLock::new(|| gate_with(Policy::standard()));

fn number(address: &str) -> u128 {
    match address.parse().unwrap() {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

/// Whether an address lies in a location, as its `ipRanges` say.
fn is_member(location: &Value, address: &str) -> bool {
    let is_v6 = address.contains(':');
    location["ipRanges"].as_array().unwrap().iter().any(|range| {
        let (lower, upper) = match range["cidrAddress"].as_str() {
            Some(cidr) => {
                let (first, length) = cidr.split_once('/').unwrap();
                let host = if is_v6 { 128 } else { 32 } - length.parse::<u32>().unwrap();
                let ones = u128::MAX.checked_shr(128 - host).unwrap_or(0);
                (first.to_owned(), Some(number(first) | ones))
            }
            None => (range["lowerAddress"].as_str().unwrap().to_owned(), None),
        };
        let upper = upper.unwrap_or_else(|| number(range["upperAddress"].as_str().unwrap()));
        lower.contains(':') == is_v6 && (number(&lower)..=upper).contains(&number(address))
    })
}

/// Addresses inside private blocks, in public space, anywhere.
fn v4() -> impl Strategy<Value = u32> {
    let within = |first: u32, noise: u32| (any::<u32>()).prop_map(move |bits| first | bits & noise);
    prop_oneof![
        any::<u32>(),
        within(0x0a00_0000, 0x00ff_ffff),
        within(0xac10_0000, 0x000f_ffff),
        within(0xcb00_7100, 0xff),
        within(0xc0a8_0000, 0xffff),
    ]
}

fn text_v4(address: u32) -> String {
    std::net::Ipv4Addr::from(address).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn membership_of_ipv4_addresses_is_unchanged(one in v4(), size in 0u32..5000, cidr in v4(), length in 8u32..33, others in prop::collection::vec(v4(), 8)) {
        let gate = &*GATE;
        let upper = one.saturating_add(size);
        let ones = u32::MAX.checked_shr(length).unwrap_or(0);
        let network = cidr & !ones;
        let location = json!({"ipRanges": [
            {"@odata.type": "#microsoft.graph.iPv4Range", "lowerAddress": text_v4(one), "upperAddress": text_v4(upper)},
            {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": format!("{}/{length}", text_v4(network))},
        ]});
        let after: Value = serde_json::from_str(&clean(gate, "settings", &location.to_string())).unwrap();
        for range in after["ipRanges"].as_array().unwrap() {
            let is_cidr = range["@odata.type"] == "#microsoft.graph.iPv4CidrRange";
            prop_assert_eq!(range.as_object().unwrap().len(), if is_cidr { 2 } else { 3 });
        }
        let edges = [one, upper, one.wrapping_sub(1), upper.wrapping_add(1), network, network | ones, (network | ones).wrapping_add(1)];
        for address in edges.into_iter().chain(others).map(text_v4) {
            prop_assert_eq!(is_member(&after, &field(gate, "ipAddress", &address)), is_member(&location, &address));
        }
    }

    #[test]
    fn membership_of_ipv6_addresses_is_unchanged(net in any::<u64>(), size in 0u64..300, length in 16u32..65, other in any::<u128>()) {
        let gate = &*GATE;
        let text = |address: u128| std::net::Ipv6Addr::from(address).to_string();
        // Public addresses: whole subnets from one /64 to another.
        let first = 0x2001_u128 << 112 | u128::from(net >> 16) << 64;
        let last = first.saturating_add(u128::from(size) << 64) | u128::from(u64::MAX);
        let network = other >> (128 - length) << (128 - length);
        let location = json!({"ipRanges": [
            {"lowerAddress": text(first), "upperAddress": text(last)},
            {"cidrAddress": format!("{}/{length}", text(network))},
        ]});
        let after: Value = serde_json::from_str(&clean(gate, "settings", &location.to_string())).unwrap();
        let ones = u128::MAX >> length;
        for address in [first, last, first - 1, last + 1, network, network | ones, other] {
            let address = text(address);
            prop_assert_eq!(is_member(&after, &field(gate, "ipAddress", &address)), is_member(&location, &address));
        }
    }
}

#[test]
fn a_range_that_is_one_network_stays_one_item_and_others_grow() {
    let gate = gate_with(Policy::standard());
    let ranges = |lower: &str, upper: &str| -> Vec<Value> {
        let location = json!({"ipRanges": [{"note": 1, "lowerAddress": lower, "upperAddress": upper}, {"x": [1]}]});
        let after: Value = serde_json::from_str(&clean(&gate, "settings", &location.to_string())).unwrap();
        after["ipRanges"].as_array().unwrap().clone()
    };
    assert_eq!(ranges("203.0.113.0", "203.0.113.255").len(), 2);
    let several = ranges("203.0.113.10", "203.0.113.20");
    assert!(several.len() > 2 && several.iter().filter(|one| one["note"] == 1).count() == several.len() - 1);
    assert_eq!(several.last().unwrap(), &json!({"x": [1]}));
}

#[test]
fn a_range_in_one_text_becomes_networks_and_what_cannot_be_kept_is_said() {
    let gate = gate_with(Policy::standard());
    let list = field(&gate, "ipRange", "203.0.113.10-203.0.113.11");
    assert!(list.ends_with("/31") && !list.contains(','), "one network");
    assert_eq!(field(&gate, "ipRange", "203.0.113.10-203.0.113.12").split(',').count(), 2);
    assert_eq!(gate.traits().records(), 0);
    field(&gate, "cidrAddress", "2001:db8:44::/120");
    let location = json!({"ipRanges": [{"lowerAddress": "2001:db8::1", "upperAddress": "2001:db8::9"}]});
    clean(&gate, "settings", &location.to_string());
    let traits = String::from_utf8(gate.traits().into_bytes()).unwrap();
    assert_eq!(traits.matches("membership-not-kept").count(), 2);
}

#[test]
fn kept_addresses_keep_their_ranges() {
    let gate = gate_with(Policy::standard().keep("ip").unwrap().keep("ip-range").unwrap());
    let location = r#"{"ipRanges":[{"lowerAddress":"203.0.113.10","upperAddress":"203.0.113.20"}]}"#;
    assert_eq!(clean(&gate, "settings", location), location);
}
