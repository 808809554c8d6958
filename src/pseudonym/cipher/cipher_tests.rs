//! Properties of every domain of the cipher: permutation, shape, proof, class.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::bits::FIELDS;
use super::*;
use crate::pseudonym::canonical::canonical;
use crate::pseudonym::key::MasterKey;

pub(crate) fn cipher(seed: u8) -> Ff1 {
    Ff1::new(&MasterKey::from_bytes([seed; 32]))
}

fn sealed(cipher: &Ff1, text: &str) -> String {
    let mut token = String::new();
    cipher.seal_atom(text, &mut token);
    token
}

fn text_of(cipher: &Ff1, token: &str) -> Option<String> {
    match cipher.open_atom(token)? {
        Atom::Text(text) => Some(text),
        Atom::Digest => None,
    }
}

#[test]
fn tokens_have_the_shortest_length_that_holds_the_text() {
    let cipher = cipher(1);
    let rows = [
        ("a", 12),
        ("abcdefg", 12),
        ("abcdefgh", 16),
        ("firstname.lastname12", 28),
        ("0123456789012345678901234567890123456789", 48),
        ("01234567890123456789012345678901234567890", 96),
        ("smith, alice", 20),
        ("ж", 12),
        ("o'brien (emea) & sons", 32),
    ];
    for (text, symbols) in rows {
        let token = sealed(&cipher, text);
        assert_eq!(token.len(), 2 + symbols, "a text of {} bytes", text.len());
        assert!(token.starts_with("px") && token.bytes().skip(2).all(|b| symbol_value(b).is_some()));
    }
}

#[test]
fn a_text_beyond_the_cap_becomes_a_recognisable_digest() {
    let cipher = cipher(1);
    let cap = crate::limits::ATOM_BYTES_MAX;
    let longest = "x".repeat(cap);
    assert!(text_of(&cipher, &sealed(&cipher, &longest)) == Some(longest));
    let (one, other) = (sealed(&cipher, &"x".repeat(cap + 1)), sealed(&cipher, &"x".repeat(cap + 2)));
    assert_ne!(one, other);
    for token in [one, other] {
        assert_eq!(token.len(), 50);
        assert!(cipher.open_atom(&token) == Some(Atom::Digest));
        assert_eq!(sealed(&cipher, &token), token);
    }
}

#[test]
fn a_random_token_or_a_wrong_key_opens_nothing() {
    let (right, wrong) = (cipher(1), cipher(2));
    let mut tokens = HashSet::new();
    for number in 0..20_000_u32 {
        let token = sealed(&right, &format!("user{number}"));
        assert!(wrong.open_atom(&token).is_none());
        assert!(right.open_atom(&token[..token.len() - 1]).is_none());
        assert!(tokens.insert(token));
    }
    assert!((0..20_000).all(|number| !tokens.contains(&sealed(&wrong, &format!("user{number}")))));
}

#[test]
fn versions_of_guids_stay_apart() {
    let cipher = cipher(1);
    let version = |guid: u128| ((guid >> 62) & 3 == 2).then_some((guid >> 76) & 15);
    let seed = 0x74e5_1d2c_9a3b_4f60_8b1c_2d3e_4f5a_6b7c_u128;
    let mut seen = HashMap::new();
    for number in 0..40_000_u128 {
        let mixed = seed.wrapping_mul(2 * number + 1).rotate_left((number % 128) as u32);
        let nibble = number % 16;
        let guid = (mixed & !(15 << 76) & !(3 << 62)) | (nibble << 76) | (((number >> 4) % 4) << 62);
        let image = cipher.seal_guid(guid);
        assert_eq!(cipher.open_guid(image), guid);
        match version(guid) {
            Some(4) => assert_eq!(version(image), Some(8)),
            Some(8) => assert_eq!(version(image), Some(4)),
            _ => assert!(!matches!(version(image), Some(4 | 8))),
        }
        assert_ne!(cipher.seal_guid(image), guid, "sealing twice must not reveal");
        assert_eq!(*seen.entry(image).or_insert(guid), guid, "two GUIDs with one image");
    }
}

#[test]
fn constant_guids_stay() {
    let cipher = cipher(1);
    for guid in [0, u128::MAX, 0x0000_0003_0000_0000_c000_0000_0000_0000] {
        assert!(guid_kept(guid));
        assert_eq!(cipher.seal_guid(guid), guid);
    }
}

fn common_bits(a: u32, b: u32) -> u32 {
    (a ^ b).leading_zeros()
}

fn v4_block(address: u32) -> &'static str {
    let [a, b, ..] = address.to_be_bytes();
    match (a, b) {
        (10, _) => "10/8",
        (172, 16..=31) => "172.16/12",
        (192, 168) => "192.168/16",
        (169, 254) => "169.254/16",
        (100, 64..=127) => "100.64/10",
        (0 | 127 | 224.., _) => "kept",
        _ => "public",
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_text_comes_back(text in "\\PC{1,90}") {
        let cipher = cipher(3);
        let form = canonical(&text);
        let token = sealed(&cipher, &form);
        prop_assert!(form.is_empty() || text_of(&cipher, &token).as_deref() == Some(&*form));
        prop_assert_eq!(sealed(&cipher, &token), token);
    }

    #[test]
    fn every_short_ascii_text_comes_back(text in "[ -~]{1,45}") {
        let cipher = cipher(3);
        let token = sealed(&cipher, &text);
        prop_assert!(text_of(&cipher, &token).as_deref() == Some(&*text));
    }

    #[test]
    fn a_changed_token_does_not_open(text in "[a-z0-9.]{1,40}", at in any::<prop::sample::Index>(), to in 0..32_usize) {
        let cipher = cipher(3);
        let token = sealed(&cipher, &text);
        let mut changed = token.clone().into_bytes();
        let place = 2 + at.index(changed.len() - 2);
        changed[place] = SYMBOLS[to];
        let changed = String::from_utf8(changed).unwrap();
        prop_assert!(changed == token || cipher.open_atom(&changed).is_none());
    }

    #[test]
    fn fields_are_permutations_of_their_width(number in any::<u128>()) {
        let cipher = cipher(3);
        for (field, _, width) in FIELDS {
            let mut value = number & ((1 << width) - 1);
            if field == Field::Rid {
                value = value.max(1000);
            }
            let image = cipher.seal_field(field, value);
            prop_assert!(image >> width == 0);
            prop_assert!(field != Field::Rid || image >= 1000);
            prop_assert_eq!(cipher.open_field(field, image), value);
        }
    }

    #[test]
    fn ipv4_class_prefix_and_way_back(a in any::<u32>(), b in any::<u32>(), shared in 16..32_u32) {
        let cipher = cipher(3);
        // A second address that shares at least `shared` bits with the first.
        let b = (a & (u32::MAX << (32 - shared))) | (b & !(u32::MAX << (32 - shared)));
        let (image_a, image_b) = (cipher.seal_ipv4(a), cipher.seal_ipv4(b));
        prop_assert_eq!(v4_block(image_a), v4_block(a));
        prop_assert_eq!(cipher.open_ipv4(image_a), a);
        prop_assert_eq!(common_bits(image_a, image_b), common_bits(a, b));
    }

    #[test]
    fn ipv4_private_blocks(low in any::<u32>(), block in 0..5_usize) {
        let (network, length) =
            [(0x0a00_0000, 8), (0x6440_0000, 10), (0xac10_0000, 12), (0xa9fe_0000, 16), (0xc0a8_0000, 16)][block];
        let cipher = cipher(3);
        let address = network | (low & (u32::MAX >> length));
        let image = cipher.seal_ipv4(address);
        prop_assert_eq!(v4_block(image), v4_block(address));
        prop_assert_eq!(cipher.open_ipv4(image), address);
    }

    #[test]
    fn ipv6_prefix_and_way_back(net in any::<u64>(), other in any::<u64>(), id in any::<u64>(), shared in 32..64_u32) {
        let cipher = cipher(3);
        let whole = |upper: u64| (u128::from(upper) << 64) | u128::from(id);
        let heads: [u64; 7] = [0x2001_0db8 << 32, 0xfd00 << 48, 0x3000 << 48, 0xfe80 << 48, 0x2002 << 48, 0, 0xff02 << 48];
        for (at, head) in heads.into_iter().enumerate() {
            let first = head | (net & 0xffff_ffff);
            let mask = u64::MAX << (64 - shared);
            let second = (first & mask) | (other & !mask);
            let (a, b) = (cipher.seal_ipv6(whole(first)), cipher.seal_ipv6(whole(second)));
            prop_assert_eq!(cipher.open_ipv6(a), whole(first));
            prop_assert_eq!(cipher.open_ipv6(b), whole(second));
            if at < 3 {
                prop_assert_eq!(((a ^ b) >> 64).leading_zeros(), u128::from(first ^ second).leading_zeros());
                prop_assert_eq!(a >> 125, whole(first) >> 125);
                prop_assert_eq!(a as u64, b as u64, "one interface id");
            }
        }
        for embedded in [0x0000_ffff_u128 << 32, 0x0064_ff9b << 96] {
            let image = cipher.seal_ipv6(embedded | u128::from(other as u32));
            prop_assert_eq!(image, embedded | u128::from(cipher.seal_ipv4(other as u32)));
            prop_assert_eq!(cipher.open_ipv6(image), embedded | u128::from(other as u32));
        }
    }

    #[test]
    fn digits_keep_their_count(number in prop::collection::vec(0..10_u8, 1..40)) {
        let cipher = cipher(3);
        let mut image = number.clone();
        let back = cipher.seal_digits(&mut image);
        prop_assert_eq!(back, (6..=30).contains(&number.len()));
        prop_assert!(image.len() == number.len() && image.iter().all(|d| *d < 10));
        prop_assert_eq!(cipher.open_digits(&mut image), back);
        prop_assert!(!back || image == number);
    }
}

#[test]
fn addresses_that_are_constants_stay() {
    let cipher = cipher(1);
    for address in ["127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.251", "168.63.129.16", "169.254.169.254"] {
        let number = u32::from(address.parse::<std::net::Ipv4Addr>().unwrap());
        assert!(v4_kept(number) && cipher.seal_ipv4(number) == number, "{address}");
    }
    for address in ["::", "::1", "ff02::1"] {
        let number = u128::from(address.parse::<std::net::Ipv6Addr>().unwrap());
        assert!(v6_kept(number) && cipher.seal_ipv6(number) == number, "{address}");
    }
}

#[test]
fn a_public_network_has_distinct_images() {
    let cipher = cipher(9);
    let images: HashSet<u32> = (0xcb00_0000..0xcb00_8000_u32).map(|address| cipher.seal_ipv4(address)).collect();
    assert_eq!(images.len(), 0x8000);
}
