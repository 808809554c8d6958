//! Addresses with `@`: mail, UPN, guest (`a_b.com#EXT#@c.onmicrosoft.com`), `service@realm`.

use super::Claims;
use crate::catalog::Kind;
use crate::pseudonym::gate::Gate;

/// Bytes that a local part may have in running text. Quotes and slashes delimit it there.
fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"._+-#'~!$&^*".contains(&byte)
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b".-_".contains(&byte)
}

/// Claims every address.
pub(super) fn find(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let left = bytes[..at].iter().rev().take_while(|&&byte| is_local(byte)).count();
        let right = bytes[at + 1..].iter().take_while(|&&byte| is_domain(byte)).count();
        let is_edge = |symbol: char| !symbol.is_alphanumeric() && symbol != '_';
        let start = at - text[at - left..at].trim_start_matches(is_edge).len();
        let end = at + 1 + text[at + 1..at + 1 + right].trim_end_matches(is_edge).len();
        if start == at || end == at + 1 || !claims.is_free(start, end) {
            continue;
        }
        let domain = &text[at + 1..end];
        if ["odata.", "microsoft."].iter().any(|name| domain.starts_with(name)) || domain == "delta" {
            continue;
        }
        if is_version(domain) || domain.bytes().all(is_local) && !domain.contains('.') && is_marker(&text[start..at]) {
            continue;
        }
        let mut new = String::new();
        if gate.claimed(Kind::Upn, &text[start..end], true, &mut new) {
            claims.replace(start, end, new);
        } else {
            claims.keep(start, end);
        }
    }
}

/// `main@0.1.0`, `statfs@FBSD_1.0`: a package or a symbol with its version.
fn is_version(domain: &str) -> bool {
    domain.rsplit('.').next().is_some_and(|last| last.starts_with(|digit: char| digit.is_ascii_digit()))
        && domain.contains('.')
        && domain.parse::<std::net::Ipv4Addr>().is_err()
}

/// `struct@Name`: says in documentation what sort of item is meant.
fn is_marker(local: &str) -> bool {
    const ITEMS: [&str; 14] = [
        "const", "crate", "derive", "enum", "field", "fn", "macro", "method", "mod", "module", "struct", "trait",
        "type", "value",
    ];
    ITEMS.contains(&local)
}
