//! `$filter` and `$search` in URLs: percent-decoded, rewritten as rules, encoded again.
//!
//! Takes a text that may hold URLs, claims the parameters' values. A value ends at `&`, `#`, a double quote (of a log;
//! `$search` has its own) or the protocol's version. Source: RFC 3986 §2.1, OData 4.01 URL conventions §5.1.

use std::fmt::Write;

use super::rewrite;
use crate::pseudonym::gate::Gate;
use crate::pseudonym::scan::Claims;

const PARAMETERS: [&str; 6] = ["$filter=", "%24filter=", "$search=", "%24search=", "?filter=", "&filter="];
/// Claims the values of `$filter` and `$search`.
pub(in crate::pseudonym) fn find(gate: &Gate, text: &str, layer: u8, claims: &mut Claims) {
    for (equals, _) in text.match_indices('=') {
        let head = &text[..=equals];
        let is_parameter = |name: &&&str| {
            head.len() >= name.len()
                && head.is_char_boundary(head.len() - name.len())
                && head[head.len() - name.len()..].eq_ignore_ascii_case(name)
        };
        let Some(name) = PARAMETERS.iter().find(is_parameter) else { continue };
        let value = &text[equals + 1..];
        let is_end = |symbol: char| matches!(symbol, '&' | '#') || symbol == '"' && !name.ends_with("search=");
        let end = value.find(is_end).unwrap_or(value.len());
        let end = value[..end].find(" HTTP/").unwrap_or(end);
        let value = &value[..end];
        let start = equals + 1;
        let mut new = String::new();
        if !value.is_empty() && claims.is_free(start, start + end) && rewritten(gate, value, layer, &mut new) {
            claims.replace(start, start + end, new);
        }
    }
}

fn rewritten(gate: &Gate, value: &str, layer: u8, out: &mut String) -> bool {
    let has_plus = value.contains('+') && !value.contains(' ');
    let spaced = if has_plus { value.replace('+', " ") } else { value.to_owned() };
    let Some(decoded) = percent_decoded(&spaced) else { return false };
    let mut new = String::new();
    if !rewrite(gate, &decoded, layer, &mut new) {
        return false;
    }
    if decoded == value {
        out.push_str(&new);
        return true;
    }
    let encoded = percent_encoded(&new);
    out.push_str(&if has_plus { encoded.replace("%20", "+") } else { encoded });
    true
}

/// The text behind `%41`; none when it is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let pair = behind.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        let pair = pair.filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// The text with everything encoded that a query cannot hold as it is.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~$'(),/:@*;=".contains(&byte) {
            true => out.push(char::from(byte)),
            // Writing to a String cannot fail.
            false => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
