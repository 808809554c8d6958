//! Host names, also inside URLs: `sts.emea.alderwood.example`. Those under the customer's own domains, and every other
//! that ends in a public suffix: the leak check cannot tell a partner's domain from the customer's.

use super::{Claims, is_word_byte};
use crate::catalog::Kind;
use crate::pseudonym::dictionary::Dictionary;
use crate::pseudonym::gate::Gate;
use crate::pseudonym::map::reads_as_host;

/// Claims host names. Public services' names stay, for the map leaves them.
pub(super) fn find(gate: &Gate, dictionary: Option<&Dictionary>, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    let starts = |byte: u8| is_word_byte(byte) || byte == b'_';
    let mut at = 0;
    while at < bytes.len() {
        if !starts(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        at += bytes[at..].iter().take_while(|&&byte| starts(byte) || b".-".contains(&byte)).count();
        let name = text[start..at].trim_end_matches(['.', '-', '_']);
        let end = start + name.len();
        if !name.contains('.') || !claims.is_free(start, end) {
            continue;
        }
        let anchored = text[..start].ends_with("//") || text[..start].ends_with("\\\\");
        let is_own = || dictionary.is_some_and(|dictionary| dictionary.is_under_own_domain(name));
        if !reads_as_host(name, anchored) && !is_own() {
            continue;
        }
        // `dean.church` is an account before it is a host: the suffix would stay and give the name away.
        if dictionary.is_some_and(|dictionary| dictionary.is_term(name)) {
            continue;
        }
        let mut new = String::new();
        if gate.claimed(Kind::Host, name, true, &mut new) {
            claims.replace(start, end, new);
        }
    }
}

/// Claims the server of a network path: `\\fs02\crew`, also where the backslashes are doubled.
pub(super) fn find_share(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    let is_name = |byte: u8| is_word_byte(byte) || b"-_.".contains(&byte);
    for (at, _) in text.match_indices(r"\\") {
        let (start, slashes) = (at + 2, bytes[..at].iter().rev().take_while(|&&byte| byte == b'\\').count());
        let before = (at - slashes).checked_sub(1).map(|before| bytes[before]);
        if before.is_some_and(|byte| is_name(byte) || byte == b':') {
            continue;
        }
        let length = bytes[start..].iter().take_while(|&&byte| is_name(byte)).count();
        let end = start + length;
        // As many behind the server as halve those before it: `\\\\xff\\xfe` are escapes, no share.
        let behind = bytes[end..].iter().take_while(|&&byte| byte == b'\\').count();
        let share = bytes.get(end + behind).is_some_and(|&byte| is_word_byte(byte) || b"$_%".contains(&byte));
        let is_share = behind > 0 && share && (behind == 1 || slashes + 2 >= 2 * behind);
        let is_server = bytes.get(start).is_some_and(|&byte| is_word_byte(byte)) && is_share;
        let mut new = String::new();
        if is_server && claims.is_free(start, end) && gate.claimed(Kind::Host, &text[start..end], true, &mut new) {
            claims.replace(start, end, new);
        }
    }
}

/// Claims the owner in the path of a personal site: `/personal/ada_field_alderwood_example/`.
pub(super) fn find_personal_site(gate: &Gate, text: &str, claims: &mut Claims) {
    const FOLDER: &str = "/personal/";
    for (at, _) in text.match_indices(FOLDER) {
        let start = at + FOLDER.len();
        let length = text[start..].find(|symbol: char| !symbol.is_alphanumeric() && symbol != '_' && symbol != '-');
        let end = length.map_or(text.len(), |length| start + length);
        let mut new = String::new();
        if start < end && claims.is_free(start, end) && gate.claimed(Kind::Account, &text[start..end], true, &mut new) {
            claims.replace(start, end, new);
        }
    }
}
