//! Distinguished names (RFC 4514, and the looser spellings of X.509 tools) and X.509 subjects.
//!
//! Order, attribute types, separators and their white space stay; every value is unescaped and mapped by its type:
//! `DC` together as one domain, `E` as an address, GUIDs, SIDs, Entra Connect's `{hex}` names and the marks of deleted and
//! conflicting objects (`\0ADEL:`, `\0ACNF:`) as what they are, containers of every directory as constants, the rest as
//! one token, so `CN=Alice` equals the account `alice`. What begins with `/` is a legacyExchangeDN.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::legacy_dn::legacy_dn;
use super::{NotThisKind, Turn, domain, guid, id, mail, sid};
use crate::catalog::Kind;
use crate::pseudonym::canonical::canonical;

/// Values that every directory has (canonical form): one a line in `dn-constants.txt`.
static CONSTANTS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("dn-constants.txt").lines().collect());
/// What follows the name of a deleted or conflicting object, before its GUID (MS-ADTS 3.1.1.5.5).
const MARKS: [&str; 2] = ["\nDEL:", "\nCNF:"];
const ESCAPED: &[char] = &['"', '+', ',', ';', '<', '>', '\\', '='];

/// One `type=value` as it stands in the text.
struct Part<'a> {
    /// White space in front.
    lead: &'a str,
    /// Attribute type up to and with `=`.
    head: &'a str,
    /// The value without escapes and quotes.
    value: String,
    /// Separator and what precedes it, or nothing at the end.
    tail: &'a str,
}

/// A distinguished name.
pub(super) fn dn(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if value.starts_with('/') {
        return legacy_dn(value, turn, out);
    }
    let parts = parts(value)?;
    let domain = parts.iter().filter(|part| is_type(part, "dc")).map(|part| part.value.trim()).collect::<Vec<_>>();
    let name = canonical(&domain.join(".")).into_owned();
    let keep_all = !name.is_empty() && turn.keeps(Kind::Domain, &name);
    let own = domain.len().saturating_sub(domain::readable_labels(&name));
    let mut label = 0;
    for part in &parts {
        out.push_str(part.lead);
        out.push_str(part.head);
        if is_type(part, "dc") {
            if keep_all || label >= own || is_constant(&part.value) {
                write_escaped(&part.value, out);
            } else {
                let mut image = String::new();
                turn.name(&part.value, &mut image)?;
                write_escaped(&image, out);
            }
            label += 1;
        } else {
            part_value(part, turn, out)?;
        }
        out.push_str(part.tail);
    }
    Ok(())
}

fn part_value(part: &Part<'_>, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if let Some((mark, at)) = MARKS.into_iter().find_map(|mark| part.value.find(mark).map(|at| (mark, at))) {
        escaped_value(part, &part.value[..at], turn, out)?;
        out.push_str("\\0A");
        out.push_str(mark.trim_start());
        let id = &part.value[at + mark.len()..];
        return if id::whole_guid(Kind::PrincipalId, id, turn, out) { Ok(()) } else { Err(NotThisKind) };
    }
    escaped_value(part, &part.value, turn, out)
}

/// Tokens need no escapes; the canonical form of a name may.
fn escaped_value(part: &Part<'_>, text: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let mut image = String::new();
    value(part, text, turn, &mut image)?;
    write_escaped(&image, out);
    Ok(())
}

fn value(part: &Part<'_>, text: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if text.trim().is_empty() || is_type(part, "c") || is_constant(text) {
        out.push_str(text);
        return Ok(());
    }
    let start = out.len();
    if guid::parse(text).is_some() {
        id::whole_guid(Kind::PrincipalId, text, turn, out);
        return Ok(());
    }
    if text.starts_with("S-1-") && sid::sid(text, turn, out).is_ok() {
        return Ok(());
    }
    out.truncate(start);
    if mail::is_address(text) {
        return mail::mail(text, turn, out);
    }
    if is_type(part, "cn")
        && text.contains('.')
        && domain::is_domain(text)
        && domain::readable_labels(&canonical(text)) > 0
    {
        return domain::domain(text, turn, out);
    }
    turn.name(text, out)
}

fn is_type(part: &Part<'_>, name: &str) -> bool {
    part.head.trim_end_matches('=').trim().eq_ignore_ascii_case(name)
}

/// Whether the value is the same in every directory.
pub(super) fn is_constant(value: &str) -> bool {
    let form = canonical(value);
    CONSTANTS.contains(&*form) || form.starts_with("ms-organization-p2p-access [")
}

/// Cuts the text at unescaped `,`, `;` and `+`.
fn parts(text: &str) -> Result<Vec<Part<'_>>, NotThisKind> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let lead = &rest[..rest.len() - rest.trim_start().len()];
        rest = rest.trim_start();
        let (kind, _) = rest.split_once('=').ok_or(NotThisKind)?;
        let name = kind.trim_end();
        let valid = name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        if !valid {
            return Err(NotThisKind);
        }
        let (head, after) = rest.split_at(kind.len() + 1);
        let (value, length) = read_value(after)?;
        let tail = after[length..].chars().next().map_or(0, char::len_utf8);
        parts.push(Part { lead, head, value, tail: &after[length..length + tail] });
        rest = &after[length + tail..];
        if tail == 0 {
            return Ok(parts);
        }
    }
}

/// The unescaped value at the start of `text` and its length there; it ends in front of a separator or at the end.
fn read_value(text: &str) -> Result<(String, usize), NotThisKind> {
    let mut bytes = Vec::new();
    let (mut quoted, mut at) = (false, 0);
    let source = text.as_bytes();
    // Trailing blanks that are not escaped belong to the separator.
    let mut kept = 0;
    while let Some(byte) = source.get(at) {
        match byte {
            b'\\' => {
                let pair = source.get(at + 1..at + 3).and_then(|pair| match pair {
                    [high, low] => Some((guid::hex_digit(*high)? << 4) | guid::hex_digit(*low)?),
                    _ => None,
                });
                at += if pair.is_some() { 3 } else { 2 };
                bytes.push(pair.or_else(|| source.get(at - 1).copied()).ok_or(NotThisKind)?);
                kept = bytes.len();
                continue;
            }
            b'"' => quoted = !quoted,
            b',' | b';' | b'+' if !quoted => break,
            b' ' if !quoted && bytes.is_empty() => {}
            other => {
                bytes.push(*other);
                if *other != b' ' || quoted {
                    kept = bytes.len();
                }
            }
        }
        at += 1;
    }
    if quoted {
        return Err(NotThisKind);
    }
    bytes.truncate(kept);
    Ok((String::from_utf8(bytes).map_err(|_| NotThisKind)?, at))
}

/// Writes a value with the escapes of RFC 4514 §2.4.
fn write_escaped(value: &str, out: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        let edge = (c == ' ' && (at == 0 || at == last)) || (c == '#' && at == 0);
        if c == '\n' {
            out.push_str("\\0A");
            continue;
        }
        if edge || ESCAPED.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
}
