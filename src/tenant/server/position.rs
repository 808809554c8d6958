//! Where a list continues: the opaque `$skiptoken`.
//!
//! A token holds up to four offsets and a check over the request it belongs to, so the server keeps no state: a
//! token that was altered, or that is used with another path or query, does not open. Source: graph/paging.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::world::mix;

/// Offsets into the up to four lists that a page is merged from.
pub(crate) type Position = [u64; 4];

/// What a token belongs to: the path and every option but the token itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bearing {
    key: u64,
}

impl Bearing {
    /// The bearing of one list.
    pub(crate) fn new(seed: u64, path: &str, repeated_query: &str) -> Self {
        let key = path
            .bytes()
            .chain([b'?'])
            .chain(repeated_query.bytes())
            .fold(mix(seed, 0x51CB), |key, byte| mix(key, u64::from(byte)));
        Self { key }
    }

    /// The token of a position.
    pub(crate) fn seal(self, position: Position) -> String {
        let mut bytes = Vec::with_capacity(40);
        for (mask, offset) in self.masks().zip(position) {
            bytes.extend_from_slice(&(offset ^ mask).to_be_bytes());
        }
        bytes.extend_from_slice(&self.check(position).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position of a token; none if it is not a token of this list.
    pub(crate) fn open(self, token: &str) -> Option<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == 40)?;
        let mut numbers =
            bytes.chunks_exact(8).map(|chunk| chunk.iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte)));
        let mut position = Position::default();
        for (offset, mask) in position.iter_mut().zip(self.masks()) {
            *offset = numbers.next()? ^ mask;
        }
        (numbers.next()? == self.check(position)).then_some(position)
    }

    fn masks(self) -> impl Iterator<Item = u64> {
        (1..=4).map(move |place| mix(self.key, place))
    }

    fn check(self, position: Position) -> u64 {
        position.iter().fold(self.key, |sum, &offset| mix(sum, offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_token_opens_only_for_its_own_list(position: [u64; 4], flip in 0_usize..54) {
            let bearing = Bearing::new(1, "/users", "$top=5");
            let token = bearing.seal(position);
            proptest::prop_assert_eq!(bearing.open(&token), Some(position));
            proptest::prop_assert_eq!(Bearing::new(1, "/users", "$top=6").open(&token), None);
            proptest::prop_assert_eq!(Bearing::new(1, "/groups", "$top=5").open(&token), None);
            let mut mangled = token.into_bytes();
            mangled[flip] = if mangled[flip] == b'A' { b'B' } else { b'A' };
            // The last symbol carries two padding bits, so altering it may also make it undecodable.
            let opened = bearing.open(&String::from_utf8(mangled).unwrap());
            proptest::prop_assert_eq!(opened, None);
        }
    }

    #[test]
    fn other_text_is_no_token() {
        for text in ["", "null", "%%%", "AAAA"] {
            assert_eq!(Bearing::new(1, "/users", "").open(text), None);
        }
    }
}
