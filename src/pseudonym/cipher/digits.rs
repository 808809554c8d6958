//! Decimal digits (telephone numbers): FF1 radix 10, as many digits out as in.
//!
//! Six to thirty digits are a permutation and come back; fewer would be a domain below a million (SP 800-38G) and
//! more do not occur in numbers (E.164 has fifteen): those become keyed digits, which cannot be undone.

use std::sync::OnceLock;

use aes::Aes256;
use aes::cipher::KeyInit;

use super::ff1::Domain;

const DIGITS_MIN: usize = 6;
const DIGITS_MAX: usize = 30;

/// The key of digits. Domains are made when a length is met first.
pub(super) struct Digits {
    cipher: Aes256,
    domains: [OnceLock<Option<Domain>>; DIGITS_MAX - DIGITS_MIN + 1],
}

impl Digits {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self { cipher: Aes256::new(key.into()), domains: [const { OnceLock::new() }; DIGITS_MAX - DIGITS_MIN + 1] }
    }

    /// Maps the digits in place; `digest` is asked for when they cannot be a permutation. Gives whether they are.
    pub(super) fn seal(&self, digits: &mut [u8], digest: impl FnOnce(&[u8]) -> [u8; 32]) -> bool {
        if let Some(domain) = self.domain(digits.len()) {
            let (a, b) = numbers(digits);
            write(digits, domain.encrypt(&self.cipher, a, b));
            return true;
        }
        let digest = digest(digits);
        digits.iter_mut().zip(digest.iter().cycle()).for_each(|(digit, byte)| *digit = byte % 10);
        false
    }

    pub(super) fn open(&self, digits: &mut [u8]) -> bool {
        let Some(domain) = self.domain(digits.len()) else { return false };
        let (a, b) = numbers(digits);
        write(digits, domain.decrypt(&self.cipher, a, b));
        true
    }

    fn domain(&self, length: usize) -> Option<&Domain> {
        let slot = self.domains.get(length.checked_sub(DIGITS_MIN)?)?;
        slot.get_or_init(|| Domain::new(&self.cipher, 10, u32::try_from(length).ok()?, &[])).as_ref()
    }
}

fn numbers(digits: &[u8]) -> (u128, u128) {
    let number = |part: &[u8]| part.iter().fold(0_u128, |n, d| n * 10 + u128::from(d % 10));
    let (left, right) = digits.split_at(digits.len() / 2);
    (number(left), number(right))
}

fn write(digits: &mut [u8], halves: (u128, u128)) {
    let half = digits.len() / 2;
    let (left, right) = digits.split_at_mut(half);
    for (part, mut number) in [(left, halves.0), (right, halves.1)] {
        for digit in part.iter_mut().rev() {
            *digit = (number % 10) as u8;
            number /= 10;
        }
    }
}
