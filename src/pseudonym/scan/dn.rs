//! Distinguished names in text: `CN=Ada Field,OU=Crew,DC=alderwood,DC=local` (RFC 4514) and
//! `/o=ExchangeLabs/ou=…/cn=…` (legacyExchangeDN).

use super::{Claims, is_word_byte};
use crate::catalog::Kind;
use crate::pseudonym::canonical::invisible;
use crate::pseudonym::gate::Gate;

const TYPES: [&str; 10] = ["cn=", "ou=", "dc=", "o=", "l=", "st=", "c=", "uid=", "e=", "serialnumber="];

/// How far a part of a name is looked for behind a quote, bytes: the longest common name has 64 characters.
const NAME_BYTES_MAX: usize = 128;

/// The attribute type with its `=` at the start of a text.
fn attribute(text: &str) -> Option<usize> {
    TYPES
        .iter()
        .find(|name| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
        .map(|name| name.len())
}

/// Which escapes a name may have in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Those of RFC 4514 only. A name with others is read when they are undone.
    Own,
    /// Any.
    Any,
}

/// Claims names of two parts or more, and a single `CN=` that ends at a delimiter.
pub(super) fn find(gate: &Gate, text: &str, escapes: Escapes, claims: &mut Claims) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(step) = memchr::memchr(b'=', &bytes[at..]) {
        let equals = at + step;
        at = equals + 1;
        let letters = bytes[..equals].iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let start = equals - letters;
        let exchange = start > 0
            && bytes[start - 1] == b'/'
            && text[start..].get(..2).is_some_and(|o| o.eq_ignore_ascii_case("o="));
        if attribute(&text[start..]) != Some(letters + 1) || start > 0 && !exchange && is_word_byte(bytes[start - 1]) {
            continue;
        }
        let (start, end) =
            if exchange { (start - 1, exchange_end(text, equals)) } else { (start, dn_end(text, start)) };
        let is_name = exchange || text[start..end].contains(',') || text[start..].starts_with("CN=");
        if end <= equals + 1 || !is_name || !claims.is_free(start, end) {
            continue;
        }
        at = end;
        if escapes == Escapes::Own && has_foreign_escapes(&text[start..end]) {
            continue;
        }
        let mut new = String::new();
        if gate.claimed(Kind::Dn, &text[start..end], true, &mut new) {
            claims.replace(start, end, new);
        }
    }
}

fn has_foreign_escapes(name: &str) -> bool {
    name.contains(|symbol: char| matches!(symbol, '%' | '&') || invisible(symbol))
        || ["\\\\", "\\u", "\\x", "=3D"].iter().any(|escape| name.contains(escape))
}

/// Where a name ends: at a quote, a bracket, a line end, a semicolon, or behind the last part that follows a comma.
fn dn_end(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let value = at + attribute(&text[at..]).unwrap_or_default();
        let end = value_end(text, value);
        let next = text[end..].strip_prefix(',').map(|rest| text.len() - rest.trim_start_matches(' ').len());
        match next {
            Some(next) if attribute(&text[next..]).is_some() => at = next,
            // The last part: of a domain component only the label belongs to it.
            _ if text[at..].get(..3).is_some_and(|dc| dc.eq_ignore_ascii_case("dc=")) => {
                let label = text[value..end]
                    .find(|symbol: char| !(symbol.is_alphanumeric() || symbol == '-' || symbol == '_'))
                    .unwrap_or(end - value);
                return value + label;
            }
            _ => return end,
        }
    }
}

fn value_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            b'\'' if is_apostrophe(text, at) => at += 1,
            b',' | b';' | b'"' | b'\'' | b'<' | b'>' | b')' | b']' | b'|' | b'\n' | b'\r' | b'\t' => break,
            b' ' if is_next_label(&text[at + 1..]) => break,
            _ => at += 1,
        }
    }
    let mut end = at.min(bytes.len());
    while end > start && bytes[end - 1] == b' ' && !(end >= 2 && bytes[end - 2] == b'\\') {
        end -= 1;
    }
    // Never inside a character: every byte that stops is ASCII, so is every byte that is stepped over singly.
    end
}

/// Whether a quote belongs to the name: inside a word (`CN=D'Arcy Wells`), or where another part of the name follows
/// (`CN=Field' Boat,OU=Crew`).
fn is_apostrophe(text: &str, at: usize) -> bool {
    let (before, behind) = (&text[..at], &text[at + 1..]);
    let in_word = before.ends_with(char::is_alphanumeric) && behind.starts_with(char::is_alphanumeric);
    in_word || {
        let end = behind.bytes().take(NAME_BYTES_MAX).position(|byte| b",;\"'<>)]|\n\r\t".contains(&byte));
        let next = end.and_then(|end| behind[end..].strip_prefix(','));
        next.is_some_and(|next| attribute(next.trim_start_matches(' ')).is_some())
    }
}

/// `CN={…} sourceAnchor=…`: the value ends where another label begins.
fn is_next_label(text: &str) -> bool {
    let word = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    word >= 2 && text.as_bytes().get(word) == Some(&b'=')
}

fn exchange_end(text: &str, from: usize) -> usize {
    text[from..].find(['"', '\'', ';', ',', '<', '>', '\n', '\r']).map_or(text.len(), |length| from + length)
}
