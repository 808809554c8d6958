//! FF1 against the sample vectors of NIST SP 800-38G and against the `fpe` crate.

use aes::cipher::KeyInit;
use aes::{Aes128, Aes192, Aes256};
use fpe::ff1::{FF1, FlexibleNumeralString};
use proptest::prelude::*;

use super::*;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn number(digits: &[u16], radix: u32) -> u128 {
    digits.iter().fold(0, |n, d| n * u128::from(radix) + u128::from(*d))
}

fn numerals(mut n: u128, radix: u32, length: usize) -> Vec<u16> {
    let mut digits = vec![0; length];
    for digit in digits.iter_mut().rev() {
        *digit = (n % u128::from(radix)) as u16;
        n /= u128::from(radix);
    }
    digits
}

fn both_ways<C: BlockCipherEncrypt<BlockSize = U16>>(cipher: &C, radix: u32, plain: &[u16], tweak: &[u8]) -> Vec<u16> {
    let domain = Domain::new(cipher, radix, plain.len() as u32, tweak).unwrap();
    let half = plain.len() / 2;
    let (a, b) = (number(&plain[..half], radix), number(&plain[half..], radix));
    let (c, d) = domain.encrypt(cipher, a, b);
    assert_eq!(domain.decrypt(cipher, c, d), (a, b));
    let mut sealed = numerals(c, radix, half);
    sealed.extend(numerals(d, radix, plain.len() - half));
    sealed
}

fn text(digits: &[u16]) -> String {
    digits.iter().map(|d| char::from_digit(u32::from(*d), 36).unwrap()).collect()
}

fn digits(text: &str) -> Vec<u16> {
    text.chars().map(|c| c.to_digit(36).unwrap() as u16).collect()
}

/// The nine samples of <https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values>, FF1.
#[test]
fn nist_samples() {
    let key = hex("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94");
    let tweak = hex("39383736353433323130");
    let tweak_36 = hex("3737373770717273373737");
    let letters = "0123456789abcdefghi";
    let rows: [(usize, u32, &str, &[u8], &str); 9] = [
        (16, 10, "0123456789", &[], "2433477484"),
        (16, 10, "0123456789", &tweak, "6124200773"),
        (16, 36, letters, &tweak_36, "a9tv40mll9kdu509eum"),
        (24, 10, "0123456789", &[], "2830668132"),
        (24, 10, "0123456789", &tweak, "2496655549"),
        (24, 36, letters, &tweak_36, "xbj3kv35jrawxv32ysr"),
        (32, 10, "0123456789", &[], "6657667009"),
        (32, 10, "0123456789", &tweak, "1001623463"),
        (32, 36, letters, &tweak_36, "xs8a0azh2avyalyzuwd"),
    ];
    for (key_bytes, radix, plain, tweak, sealed) in rows {
        let plain = digits(plain);
        let got = match key_bytes {
            // The 192-bit samples use EF4359D8D580AA4F as their last eight bytes, which is a prefix of the long key.
            16 => both_ways(&Aes128::new_from_slice(&key[..16]).unwrap(), radix, &plain, tweak),
            24 => both_ways(&Aes192::new_from_slice(&key[..24]).unwrap(), radix, &plain, tweak),
            _ => both_ways(&Aes256::new_from_slice(&key).unwrap(), radix, &plain, tweak),
        };
        assert_eq!(text(&got), sealed, "AES-{} radix {radix} tweak of {} bytes", key_bytes * 8, tweak.len());
    }
}

#[test]
fn too_small_and_too_wide_domains_are_refused() {
    let cipher = Aes256::new_from_slice(&[7; 32]).unwrap();
    assert!(Domain::new(&cipher, 10, 5, &[]).is_none(), "100,000 strings");
    assert!(Domain::new(&cipher, 10, 6, &[]).is_some(), "1,000,000 strings");
    assert!(Domain::new(&cipher, 2, 240, &[]).is_some(), "halves of 120 bits");
    assert!(Domain::new(&cipher, 2, 241, &[]).is_none(), "a half of 121 bits");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn equals_the_fpe_crate(
        key in any::<[u8; 32]>(),
        radix in prop::sample::select(vec![2_u32, 10, 32, 36, 255]),
        seed in prop::collection::vec(any::<u16>(), 20..=240),
        tweak in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        // Cut to what a half of 120 bits holds.
        let longest = (240.0 / f64::from(radix).log2()).floor() as usize;
        let plain: Vec<u16> = seed.iter().take(longest).map(|n| n % radix as u16).collect();
        let cipher = Aes256::new_from_slice(&key).unwrap();
        let oracle = FF1::<Aes256>::new(&key, radix).unwrap();
        let expected: Vec<u16> = oracle.encrypt(&tweak, &FlexibleNumeralString::from(plain.clone())).unwrap().into();
        prop_assert_eq!(both_ways(&cipher, radix, &plain, &tweak), expected);
    }
}
