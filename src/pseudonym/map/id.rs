//! Ids of principals, devices, applications, requests and configuration.
//!
//! A principal's id is a GUID in any spelling, the SID that encodes it, a PUID, `User_<guid>`, an address standing in its
//! place, or a role assignment id (base64url of role and principal, `…-1`). Ids of records may also be a text with
//! GUIDs in it, which are mapped where they stand. Anything else is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::guid::{self, from_mixed_endian, hex_digit, mixed_endian, push_digit};
use super::{NotThisKind, Turn, mail, sid};
use crate::catalog::Kind;
use crate::pseudonym::cipher::Field;

/// Base64url characters of the 32 bytes of a role assignment id.
const ASSIGNMENT_CHARACTERS: usize = 43;

/// The id of a principal, device or application.
pub(super) fn principal(kind: Kind, value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if whole_guid(kind, value, turn, out) || role_assignment(kind, value, turn, out) {
        return Ok(());
    }
    if value.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("S-1-")) {
        return sid::sid(value, turn, out);
    }
    let start = out.len();
    if puid(value, turn, out).is_ok() {
        return Ok(());
    }
    out.truncate(start);
    if value.contains('@') {
        return mail::mail(value, turn, out);
    }
    if let Some((class, id)) = value.split_once('_')
        && class.bytes().all(|byte| byte.is_ascii_alphabetic())
        && guid::parse(id).is_some()
    {
        out.push_str(class);
        out.push('_');
        whole_guid(kind, id, turn, out);
        return Ok(());
    }
    Err(NotThisKind)
}

/// The id of a request, a session, a policy or another record.
pub(super) fn record(kind: Kind, value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if whole_guid(kind, value, turn, out) || role_assignment(kind, value, turn, out) {
        return Ok(());
    }
    if embedded_guids(kind, value, turn, out) { Ok(()) } else { Err(NotThisKind) }
}

/// ImmutableId: the base64 of a GUID, else any text.
pub(super) fn immutable_id(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if whole_guid(Kind::ImmutableId, value, turn, out) {
        return Ok(());
    }
    if mail::is_address(value) { mail::mail(value, turn, out) } else { turn.name(value, out) }
}

/// Sixteen hexadecimal digits, alone or as `i:0h.f|membership|<puid>@live.com`.
pub(super) fn puid(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let (head, rest) = value.split_at(value.rfind('|').map_or(0, |at| at + 1));
    let (digits, tail) = match rest.get(rest.len().saturating_sub(9)..) {
        Some(tail) if tail.eq_ignore_ascii_case("@live.com") => rest.split_at(rest.len() - 9),
        _ => (rest, ""),
    };
    if digits.len() != 16 || !(head.is_empty() || head.starts_with("i:")) {
        return Err(NotThisKind);
    }
    out.push_str(head);
    hex_field(Field::Puid, digits, turn, out)?;
    out.push_str(tail);
    Ok(())
}

/// Hexadecimal digits as one fixed-width field, upper case kept.
pub(super) fn hex_field(field: Field, digits: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let number = digits.bytes().try_fold(0_u128, |n, byte| Some((n << 4) | u128::from(hex_digit(byte)?)));
    let turned = turn.field(field, number.ok_or(NotThisKind)?);
    let upper = digits.bytes().any(|b| b.is_ascii_uppercase());
    (0..digits.len()).rev().for_each(|place| push_digit((turned >> (4 * place)) as u8 & 15, upper, out));
    Ok(())
}

/// Writes the GUID that the whole value is; gives `false` when it is none.
pub(super) fn whole_guid(kind: Kind, value: &str, turn: &mut dyn Turn, out: &mut String) -> bool {
    let Some((guid, spelling)) = guid::parse(value) else { return false };
    guid::write(turned(kind, guid, turn), spelling, out);
    true
}

fn turned(kind: Kind, guid: u128, turn: &mut dyn Turn) -> u128 {
    if turn.keeps_guid(kind, guid) { guid } else { turn.guid(guid) }
}

/// A role assignment id: 16 bytes role definition, 16 bytes principal, both in .NET's order, and a number. The role stays
/// (it is a template or configuration id), the principal is mapped.
fn role_assignment(kind: Kind, value: &str, turn: &mut dyn Turn, out: &mut String) -> bool {
    let Some((body, number)) = value.split_at_checked(ASSIGNMENT_CHARACTERS) else { return false };
    let counted = number.strip_prefix('-').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let mut bytes = [0; 33];
    let Ok(32) = URL_SAFE_NO_PAD.decode_slice(body, &mut bytes) else { return false };
    let Some(principal) = bytes.get(16..32).and_then(|half| half.try_into().ok()).map(from_mixed_endian) else {
        return false;
    };
    let kind = if kind == Kind::ConfigId { Kind::PrincipalId } else { kind };
    if !counted {
        return false;
    }
    bytes[16..32].copy_from_slice(&mixed_endian(turned(kind, principal, turn)));
    URL_SAFE_NO_PAD.encode_string(&bytes[..32], out);
    out.push_str(number);
    true
}

/// Maps every GUID (dashed, or 32 digits between other characters) within the text; gives whether there was one.
fn embedded_guids(kind: Kind, value: &str, turn: &mut dyn Turn, out: &mut String) -> bool {
    let word = |c: char| c.is_ascii_hexdigit() || c == '-';
    let (mut rest, mut found) = (value, false);
    while let Some(start) = rest.find(word) {
        let (head, tail) = rest.split_at(start);
        out.push_str(head);
        let length = tail.find(|c| !word(c)).unwrap_or(tail.len());
        let (run, after) = tail.split_at(length);
        if whole_guid(kind, run, turn, out) {
            found = true;
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out.push_str(rest);
    found
}
