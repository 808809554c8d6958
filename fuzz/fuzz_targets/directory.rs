//! What an LDAP server says: messages, records with their ranges, refusals; and filters.
#![no_main]

use entra_bundle::directory::doors;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| doors::read(data));
