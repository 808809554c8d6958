//! Search filters: from their text to the bytes of a request.
//!
//! Takes the text of RFC 4515, gives BER of RFC 4511 §4.5.1.7. Knows every form; bounded in depth and length.

use super::ber::{constructed, element, tag};
use crate::limits::{LDAP_FILTER_BYTES_MAX, LDAP_FILTER_DEPTH_MAX};

/// The text is no filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadFilter;

/// Encodes a filter. One pair of parentheses around it may be left out.
pub(super) fn encode(text: &str) -> Result<Vec<u8>, BadFilter> {
    let text = text.trim();
    if text.len() > LDAP_FILTER_BYTES_MAX {
        return Err(BadFilter);
    }
    if !text.starts_with('(') {
        return item(text);
    }
    let (bytes, rest) = filter(text, 0)?;
    if rest.is_empty() { Ok(bytes) } else { Err(BadFilter) }
}

/// What must hold together.
pub(super) fn both(first: &[u8], second: &[u8]) -> Vec<u8> {
    constructed(0xa0, &[first.to_vec(), second.to_vec()])
}

/// A filter in parentheses, and what follows it.
fn filter(text: &str, depth: usize) -> Result<(Vec<u8>, &str), BadFilter> {
    let inner = text.strip_prefix('(').filter(|_| depth < LDAP_FILTER_DEPTH_MAX).ok_or(BadFilter)?;
    let (list_tag, mut rest) = match inner.as_bytes().first() {
        Some(b'&') => (0xa0, &inner[1..]),
        Some(b'|') => (0xa1, &inner[1..]),
        Some(b'!') => {
            let (one, rest) = filter(&inner[1..], depth + 1)?;
            return Ok((element(0xa2, &one), rest.strip_prefix(')').ok_or(BadFilter)?));
        }
        _ => {
            let end = inner.find([')', '(']).ok_or(BadFilter)?;
            let rest = inner[end..].strip_prefix(')').ok_or(BadFilter)?;
            return Ok((item(&inner[..end])?, rest));
        }
    };
    let mut parts = Vec::new();
    while rest.starts_with('(') {
        let (one, behind) = filter(rest, depth + 1)?;
        parts.push(one);
        rest = behind;
    }
    Ok((constructed(list_tag, &parts), rest.strip_prefix(')').ok_or(BadFilter)?))
}

/// `name=value` and its relatives.
fn item(text: &str) -> Result<Vec<u8>, BadFilter> {
    let (left, right) = text.split_once('=').ok_or(BadFilter)?;
    let pair = |tag_: u8, name: &str| {
        Ok(constructed(tag_, &[element(tag::OCTETS, described(name)?), element(tag::OCTETS, &value(right)?)]))
    };
    match left.as_bytes().last() {
        Some(b'>') => pair(0xa5, &left[..left.len() - 1]),
        Some(b'<') => pair(0xa6, &left[..left.len() - 1]),
        Some(b'~') => pair(0xa8, &left[..left.len() - 1]),
        Some(b':') => extensible(&left[..left.len() - 1], right),
        _ if right == "*" => Ok(element(0x87, described(left)?)),
        _ if right.contains('*') => substrings(left, right),
        _ => pair(0xa3, left),
    }
}

/// `name:dn:rule:=value`.
fn extensible(left: &str, right: &str) -> Result<Vec<u8>, BadFilter> {
    let (mut name, mut rule, mut dn) = (None, None, false);
    for (place, part) in left.split(':').enumerate() {
        match part {
            "" if place == 0 => {}
            _ if place == 0 => name = Some(described(part)?),
            _ if part.eq_ignore_ascii_case("dn") && !dn => dn = true,
            _ if rule.is_none() => rule = Some(described(part)?),
            _ => return Err(BadFilter),
        }
    }
    if name.is_none() && rule.is_none() {
        return Err(BadFilter);
    }
    let part = |tag: u8, bytes: Option<&[u8]>| bytes.map(|bytes| element(tag, bytes)).unwrap_or_default();
    let flag = if dn { element(0x84, &[0xff]) } else { Vec::new() };
    Ok(constructed(0xa9, &[part(0x81, rule), part(0x82, name), element(0x83, &value(right)?), flag]))
}

fn substrings(name: &str, text: &str) -> Result<Vec<u8>, BadFilter> {
    let pieces: Vec<&str> = text.split('*').collect();
    let last = pieces.len().saturating_sub(1);
    let mut parts = Vec::new();
    for (place, piece) in pieces.iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
        let kind = if place == 0 {
            0x80
        } else if place == last {
            0x82
        } else {
            0x81
        };
        parts.push(element(kind, &value(piece)?));
    }
    if parts.is_empty() {
        return Err(BadFilter);
    }
    Ok(constructed(0xa4, &[element(tag::OCTETS, described(name)?), constructed(tag::SEQUENCE, &parts)]))
}

/// The name of an attribute or a rule.
fn described(name: &str) -> Result<&[u8], BadFilter> {
    let fits = |symbol: char| symbol.is_ascii_alphanumeric() || "-.;".contains(symbol);
    let name = name.trim();
    if !name.is_empty() && name.chars().all(fits) { Ok(name.as_bytes()) } else { Err(BadFilter) }
}

/// A value: `\` and two hexadecimal digits stand for a byte.
fn value(text: &str) -> Result<Vec<u8>, BadFilter> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let decoded = match byte {
            b'\\' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16)).ok_or(BadFilter);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                u8::try_from(high << 4 | low).map_err(|_| BadFilter)?
            }
            b'*' | b'(' | b')' => return Err(BadFilter),
            other => other,
        };
        out.push(decoded);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_the_standard_become_their_bytes() {
        let octets = |text: &str| element(tag::OCTETS, text.as_bytes());
        assert_eq!(encode("(cn=Ada)").unwrap(), constructed(0xa3, &[octets("cn"), octets("Ada")]));
        assert_eq!(encode("cn=Ada"), encode("(cn=Ada)"));
        assert_eq!(encode("(mail=*)").unwrap(), element(0x87, b"mail"));
        assert_eq!(encode("(n>=3)").unwrap()[0], 0xa5);
        assert_eq!(encode("(n<=3)").unwrap()[0], 0xa6);
        assert_eq!(encode("(n~=3)").unwrap()[0], 0xa8);
        let parts = [element(0x80, b"a"), element(0x81, b"b"), element(0x82, b"c")];
        let middle = constructed(0xa4, &[octets("cn"), constructed(tag::SEQUENCE, &parts)]);
        assert_eq!(encode("(cn=a*b*c)").unwrap(), middle);
        let both = [encode("(a=1)").unwrap(), element(0xa2, &encode("(b=2)").unwrap())];
        assert_eq!(encode("(&(a=1)(!(b=2)))").unwrap(), constructed(0xa0, &both));
        assert_eq!(encode(r"(guid=\40\5e\2a)").unwrap(), constructed(0xa3, &[octets("guid"), octets("@^*")]));
        let bits = [element(0x81, b"1.2.840.113556.1.4.803"), element(0x82, b"uac"), element(0x83, b"2")];
        assert_eq!(encode("(uac:1.2.840.113556.1.4.803:=2)").unwrap(), constructed(0xa9, &bits));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let deep = "(!".repeat(LDAP_FILTER_DEPTH_MAX + 1) + "(a=1)" + &")".repeat(LDAP_FILTER_DEPTH_MAX + 1);
        for bad in [
            "",
            "(",
            "(a)",
            "(a=1",
            "(a=1))",
            "(a=1)(b=2)",
            "(&(a=1)",
            "(=1)",
            "(a b=1)",
            r"(a=\4)",
            "(a=**)",
            "(:=1)",
            &deep,
        ] {
            assert_eq!(encode(bad), Err(BadFilter), "{bad}");
        }
        assert!(encode(&format!("(a={})", "x".repeat(LDAP_FILTER_BYTES_MAX))).is_err());
    }
}
