//! legacyExchangeDN: `/o=Org/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=<32 hex>-alias`.
//!
//! Attribute types and Exchange's own parts stay (they are listed with the constants of distinguished names); a GUID in
//! front of the alias is mapped as one; everything else is one token.

use super::dn::is_constant;
use super::{NotThisKind, Turn, id};
use crate::catalog::Kind;

/// Digits of a GUID without dashes.
const GUID_DIGITS: usize = 32;

/// A legacyExchangeDN.
pub(super) fn legacy_dn(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let body = value.strip_prefix('/').ok_or(NotThisKind)?;
    for part in rdns(body) {
        let (attribute, text) = part.split_once('=').ok_or(NotThisKind)?;
        if attribute.is_empty() || !attribute.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(NotThisKind);
        }
        out.push('/');
        out.push_str(attribute);
        out.push('=');
        part_value(text, turn, out)?;
    }
    Ok(())
}

/// Cuts at `/` in front of `type=`: a value may hold a slash.
fn rdns(body: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    for (at, _) in body.match_indices('/') {
        let kind = body[at + 1..].split(['=', '/']).next().unwrap_or_default();
        let typed = body.as_bytes().get(at + 1 + kind.len()) == Some(&b'=');
        if typed && !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric()) {
            cuts.push(at + 1);
        }
    }
    let ends = cuts.iter().skip(1).map(|cut| cut - 1).chain([body.len()]);
    cuts.iter().zip(ends).map(|(start, end)| &body[*start..end]).collect()
}

fn part_value(text: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if text.trim().is_empty() || is_constant(text) {
        out.push_str(text);
        return Ok(());
    }
    if let Some((guid, alias)) = text.split_at_checked(GUID_DIGITS) {
        let start = out.len();
        if alias.is_empty() || alias.starts_with('-') {
            if id::whole_guid(Kind::PrincipalId, guid, turn, out) {
                if let Some(alias) = alias.strip_prefix('-') {
                    out.push('-');
                    turn.name(alias, out)?;
                }
                return Ok(());
            }
            out.truncate(start);
        }
    }
    turn.name(text, out)
}
