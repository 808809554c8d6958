//! `DOMAIN\user` in text. Paths (`C:\Users`, `\\server\share`) and the authorities of Windows are none.

use super::{Claims, is_word_byte};
use crate::catalog::Kind;
use crate::pseudonym::gate::Gate;

/// First halves that belong to the system or to paths.
const AUTHORITIES: [&str; 18] = [
    "AUTHORITY",
    "BUILTIN",
    "SERVICE",
    "HKLM",
    "HKCU",
    "HKEY_LOCAL_MACHINE",
    "HKEY_CURRENT_USER",
    "SOFTWARE",
    "SYSTEM",
    "WINDOWS",
    "MICROSOFT",
    "CERT",
    "WORKGROUP",
    "APPPOOL",
    "MACHINE",
    "DEVICE",
    "REGISTRY",
    "USERS",
];

/// Claims down-level logon names: the first half in capitals, or one of the customer's own domains.
pub(super) fn find(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    for slash in memchr::memchr_iter(b'\\', bytes) {
        let left =
            bytes[..slash].iter().rev().take_while(|&&byte| is_word_byte(byte) || b"-._".contains(&byte)).count();
        let right =
            bytes[slash + 1..].iter().take_while(|&&byte| is_word_byte(byte) || b"-._$".contains(&byte)).count();
        let (start, mut end) = (slash - left, slash + 1 + right);
        while end > slash + 1 && (bytes[end - 1] == b'.' || bytes[end - 1] == b'-') {
            end -= 1;
        }
        if left == 0 || end == slash + 1 || bytes.get(end) == Some(&b'\\') || !claims.is_free(start, end) {
            continue;
        }
        if start > 0 && matches!(bytes[start - 1], b'\\' | b':' | b'/') {
            continue;
        }
        let domain = &text[start..slash];
        let capitals = domain.len() >= 2
            && domain.bytes().any(|byte| byte.is_ascii_uppercase())
            && domain.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
        let own = gate.dictionary().is_some_and(|dictionary| dictionary.is_own_domain(domain));
        if !own && !capitals || AUTHORITIES.iter().any(|name| name.eq_ignore_ascii_case(domain)) {
            continue;
        }
        // `LINUX\0`, `SS\u06EB`: an escape. Users have two characters and a letter.
        let user = &text[slash + 1..end];
        let unit = user.strip_prefix('u').and_then(|rest| rest.get(..4));
        let is_unit = unit.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if !own && (is_unit || user.len() < 2 || !user.bytes().any(|byte| byte.is_ascii_alphabetic() || byte >= 0x80)) {
            continue;
        }
        let mut new = String::new();
        if gate.claimed(Kind::DomainUser, &text[start..end], true, &mut new) {
            claims.replace(start, end, new);
        }
    }
}
