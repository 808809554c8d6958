//! The parsers of identifiers: every kind takes or refuses any text, and what it takes comes back with the key.
#![no_main]

use std::sync::LazyLock;

use entra_bundle::catalog::Kind;
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::{map, reveal};
use entra_bundle_fuzz::{cipher, is_bounded};
use libfuzzer_sys::fuzz_target;

static CIPHER: LazyLock<Ff1> = LazyLock::new(cipher);

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(value) = std::str::from_utf8(rest) else { return };
    let kind = Kind::ALL[usize::from(*first) % Kind::ALL.len()];
    let (mut once, mut again, mut plain) = (String::new(), String::new(), String::new());
    let taken = map::pseudonymise(kind, value, &*CIPHER, &mut once);
    assert_eq!(taken.is_ok(), map::pseudonymise(kind, value, &*CIPHER, &mut again).is_ok());
    assert_eq!(once, again);
    assert!(is_bounded(value.len(), once.len()));
    let _ = map::canonical_form(kind, value, &mut plain);
    let _ = map::is_pseudonym(kind, value, &*CIPHER);
    if taken.is_ok() {
        let mut back = String::new();
        let _ = map::reveal_as(kind, &once, &*CIPHER, &mut back);
    }
    let mut back = String::new();
    let _ = map::reveal_as(kind, value, &*CIPHER, &mut back);
    let _ = reveal::reveal(value, &*CIPHER);
    let _ = reveal::readings(value);
});
