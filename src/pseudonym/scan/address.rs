//! Network addresses in text: IPv4, IPv6, `in-addr.arpa`, dashed in host names, MAC.
//!
//! Guards (measured on product documentation): a dotted number behind a letter, `/`, `-` or the word "version" is a
//! version; an IPv6 address must parse as one and have three colons or start like a real one.

use super::{Claims, context, is_word_byte};
use crate::catalog::Kind;
use crate::pseudonym::gate::Gate;

/// The end of a dotted quad that starts at `start`, with its octets; the separator is a dot or a dash.
fn quad(bytes: &[u8], start: usize, separator: u8) -> Option<usize> {
    let mut at = start;
    for part in 0..4 {
        if part > 0 {
            if bytes.get(at) != Some(&separator) {
                return None;
            }
            at += 1;
        }
        let digits = bytes[at.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 3 || digits > 1 && bytes[at] == b'0' {
            return None;
        }
        let number = bytes[at..at + digits].iter().fold(0u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        if number > 255 {
            return None;
        }
        at += digits;
    }
    // A fifth part makes it a version (or an object identifier).
    let more = bytes.get(at) == Some(&separator) && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    let glued = bytes.get(at).is_some_and(u8::is_ascii_digit);
    (!more && !glued).then_some(at)
}

/// Claims IPv4 addresses and networks.
pub(super) fn find_v4(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let starts = bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_digit());
        let Some(end) = starts.then(|| quad(bytes, at, b'.')).flatten() else {
            at += 1;
            continue;
        };
        let start = at;
        at = end;
        if !claims.is_free(start, end) || !may_precede(text, start, claims) || is_reversed_v6(text, end) {
            continue;
        }
        if bytes.get(end).is_some_and(|&byte| is_word_byte(byte) || byte == b'_') {
            continue;
        }
        // `Rich Client 4.40.0.0`: a version, or a network that identifies nobody.
        if text[start..end].ends_with(".0.0") && bytes.get(end) != Some(&b'/') {
            claims.keep(start, end);
            continue;
        }
        if context::is_outline(text, start, end) {
            continue;
        }
        if let Some(tail) = text[end..].strip_prefix(".in-addr.arpa") {
            let whole = text.len() - tail.len();
            reversed(gate, text, start, end, claims);
            claims.keep(end, whole);
            continue;
        }
        let length = bytes[end..].iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        let is_network = bytes.get(end) == Some(&b'/')
            && (1..=2).contains(&length)
            && text[end + 1..end + 1 + length].parse::<u8>().is_ok_and(|length| length <= 32)
            && !bytes.get(end + 1 + length).is_some_and(|&byte| is_word_byte(byte));
        if is_network {
            claim(gate, Kind::IpRange, text, start, end + 1 + length, claims);
        } else {
            claim(gate, Kind::Ip, text, start, end, claims);
        }
    }
}

/// Whether the digits are the first of a reversed IPv6 address (`4.7.1.2.e.e.a.8.….ip6.arpa`).
fn is_reversed_v6(text: &str, end: usize) -> bool {
    let rest = text[end..].trim_start_matches(|symbol: char| symbol.is_ascii_hexdigit() || symbol == '.');
    rest.get(..8).is_some_and(|suffix| suffix.eq_ignore_ascii_case("ip6.arpa"))
}

fn claim(gate: &Gate, kind: Kind, text: &str, start: usize, end: usize, claims: &mut Claims) {
    let mut new = String::new();
    if gate.claimed(kind, &text[start..end], false, &mut new) {
        claims.replace(start, end, new);
    } else {
        claims.keep(start, end);
    }
}

fn may_precede(text: &str, start: usize, claims: &Claims) -> bool {
    let before = &text[..start];
    match before.as_bytes() {
        [] => true,
        [.., b'/', b'/'] => true,
        // The second address of a range.
        [.., digit, b'-'] if digit.is_ascii_digit() => !claims.is_free(start - 2, start - 1),
        [.., b'/' | b'-' | b'_' | b'.'] => false,
        [.., byte] if is_word_byte(*byte) => false,
        _ => !context::is_version(before),
    }
}

fn reversed(gate: &Gate, text: &str, start: usize, end: usize, claims: &mut Claims) {
    let turn = |address: &str| address.rsplit('.').collect::<Vec<_>>().join(".");
    let mut new = String::new();
    if gate.claimed(Kind::Ip, &turn(&text[start..end]), false, &mut new) {
        claims.replace(start, end, turn(&new));
    }
}

/// Claims IPv6 addresses.
pub(super) fn find_v6(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let mut at = 0;
    while at < bytes.len() {
        if !is_part(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        at += bytes[at..].iter().take_while(|&&byte| is_part(byte)).count();
        let glued =
            start > 0 && is_word_byte(bytes[start - 1]) || bytes.get(at).is_some_and(|&byte| is_word_byte(byte));
        let run = text[start..at].trim_end_matches('.');
        let colons = run.bytes().filter(|&byte| byte == b':').count();
        if glued || colons < 2 || run.len() < 4 {
            continue;
        }
        let Some((offset, address)) = parse_v6(run) else { continue };
        let (start, mut end) = (start + offset, start + offset + address.len());
        // Four digits in the first group: `f32::` is a type.
        let starts_real = matches!(address.as_bytes(), [b'2' | b'3' | b'f' | b'F', b, c, d, b':', ..]
            if [b, c, d].iter().all(|byte| byte.is_ascii_hexdigit()));
        if !(colons >= 3 || starts_real) || !claims.is_free(start, end) {
            continue;
        }
        let digits = bytes[end..].iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        let is_network = bytes.get(end) == Some(&b'/') && (1..=3).contains(&digits);
        if is_network {
            end += 1 + digits;
        }
        claim(gate, if is_network { Kind::IpRange } else { Kind::Ip }, text, start, end, claims);
    }
}

/// The address in a run, which may have a stray colon at either end (`ip:fe80::1`, `fe80::1:`).
fn parse_v6(run: &str) -> Option<(usize, &str)> {
    let one_off = run.strip_suffix(':').unwrap_or(run);
    let late = run.strip_prefix(':').unwrap_or(run);
    [run, one_off, late]
        .into_iter()
        .find(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
        .map(|address| (if address.len() < run.len() && run.ends_with(address) { 1 } else { 0 }, address))
}

/// Claims `host-10-43-136-14`, `10-43-136-14.pool.example`.
pub(super) fn find_dashed(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    for start in 0..bytes.len() {
        if !bytes[start].is_ascii_digit() || start > 0 && bytes[start - 1].is_ascii_digit() {
            continue;
        }
        let Some(end) = quad(bytes, start, b'-') else { continue };
        let named = match &bytes[..start] {
            [.., letter, b'-'] => letter.is_ascii_alphabetic(),
            [.., byte] if is_word_byte(*byte) || *byte == b'-' => false,
            _ => matches!(bytes.get(end..), Some([b'.', letter, ..]) if letter.is_ascii_alphabetic()),
        };
        if !named || !claims.is_free(start, end) || bytes.get(end).is_some_and(|&byte| is_word_byte(byte)) {
            continue;
        }
        let mut new = String::new();
        if gate.claimed(Kind::Ip, &text[start..end].replace('-', "."), false, &mut new) {
            claims.replace(start, end, new.replace('.', "-"));
            domain_behind(gate, text, end, claims);
        }
    }
}

/// The domain behind such a label belongs to the same name.
fn domain_behind(gate: &Gate, text: &str, end: usize, claims: &mut Claims) {
    let Some(rest) = text[end..].strip_prefix('.') else { return };
    let is_part = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '-' | '.' | '_');
    let domain = &rest[..rest.find(|symbol| !is_part(symbol)).unwrap_or(rest.len())];
    let domain = domain.trim_end_matches(['.', '-', '_']);
    let (start, end) = (end + 1, end + 1 + domain.len());
    if domain.contains('.') && claims.is_free(start, end) {
        claim(gate, Kind::Host, text, start, end, claims);
    }
}

/// Claims MAC addresses: six pairs with one separator.
pub(super) fn find_mac(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    let Some(last) = bytes.len().checked_sub(17) else { return };
    for start in 0..=last {
        let separator = bytes[start + 2];
        if separator != b':' && separator != b'-' {
            continue;
        }
        let window = &bytes[start..start + 17];
        let is_mac = window.iter().enumerate().all(|(at, byte)| match at % 3 {
            2 => *byte == separator,
            _ => byte.is_ascii_hexdigit(),
        });
        let end = start + 17;
        let bounded = |byte: u8| !is_word_byte(byte) && byte != separator;
        let free = (start == 0 || bounded(bytes[start - 1])) && bytes.get(end).is_none_or(|&byte| bounded(byte));
        if is_mac && free && claims.is_free(start, end) {
            claim(gate, Kind::Serial, text, start, end, claims);
        }
    }
}

/// Claims `2001-db8-44--1f.ipv6-literal.net`, `ip6-2a02-810-44-1--1f.pool.example`: the colons of an address as dashes.
pub(super) fn find_dashed_v6(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    let mut at = 0;
    while at < bytes.len() {
        if !is_part(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        at += bytes[at..].iter().take_while(|&&byte| is_part(byte)).count();
        let run = &text[start..at];
        let dashes = run.bytes().filter(|&byte| byte == b'-').count();
        let named = bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        if !named || !(2..=8).contains(&dashes) || start > 0 && is_word_byte(bytes[start - 1]) {
            continue;
        }
        let address = run.trim_start_matches('-');
        let (start, spelt) = (at - address.len(), address.replace('-', ":"));
        let is_real = matches!(spelt.as_bytes(), [b'2' | b'3' | b'f' | b'F', _, _, _, b':', ..]);
        let mut new = String::new();
        if is_real
            && spelt.parse::<std::net::Ipv6Addr>().is_ok()
            && claims.is_free(start, at)
            && gate.claimed(Kind::Ip, &spelt, false, &mut new)
        {
            claims.replace(start, at, new.replace(':', "-"));
        }
    }
}
