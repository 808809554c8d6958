//! Proxy addresses: a prefix, whose case says which address is the primary one, and an address of that type.
//!
//! The prefix stays as it is. SMTP, SIP and everything with `@` is an address; X500 a distinguished name; X400 a list of
//! attributes, of which country and carrier stay; anything else one token.

use super::{NotThisKind, Turn, dn, id, mail, walk};
use crate::catalog::Kind;

/// Longest address type (`x400`, `notes`, `CCMAIL`, `AirSync` …) in characters.
const PREFIX_MAX: usize = 12;

/// `SMTP:…`, `smtp:…`, `sip:…`, `x500:…`, `SPO:…`; without a prefix a mail address.
pub(super) fn proxy_address(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let Some((prefix, address)) = value.split_once(':').filter(|(prefix, _)| is_prefix(prefix)) else {
        return if value.contains('@') { mail::mail(value, turn, out) } else { Err(NotThisKind) };
    };
    out.push_str(prefix);
    out.push(':');
    if address.is_empty() {
        return Ok(());
    }
    match prefix.to_ascii_lowercase().as_str() {
        "x500" => dn::dn(address, turn, out).or_else(|NotThisKind| turn.name(address, out)),
        "x400" => x400(address, turn, out),
        "spo" => spo(address, turn, out),
        _ if address.contains('@') => walk(Kind::Mail, address, turn, out),
        _ => turn.name(address, out),
    }
}

fn is_prefix(prefix: &str) -> bool {
    (2..=PREFIX_MAX).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `C=US;A= ;P=Contoso;O=Exchange;S=Smith;G=Alice;`
fn x400(address: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    for (at, part) in address.split(';').enumerate() {
        if at > 0 {
            out.push(';');
        }
        let Some((attribute, value)) = part.split_once('=') else {
            turn.name(part.trim(), out)?;
            continue;
        };
        out.push_str(attribute);
        out.push('=');
        if matches!(attribute.trim().to_ascii_lowercase().as_str(), "c" | "a") {
            out.push_str(value);
        } else {
            turn.name(value.trim(), out)?;
        }
    }
    Ok(())
}

/// `SPO_<guid>@SPO_<guid>`: the SharePoint object and its tenant.
fn spo(address: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let (object, tenant) = address.split_once('@').ok_or(NotThisKind)?;
    for (at, (kind, part)) in [(Kind::PrincipalId, object), (Kind::TenantId, tenant)].into_iter().enumerate() {
        if at > 0 {
            out.push('@');
        }
        let (head, guid) = part.split_at_checked("SPO_".len()).ok_or(NotThisKind)?;
        out.push_str(head);
        if !head.eq_ignore_ascii_case("SPO_") || !id::whole_guid(kind, guid, turn, out) {
            return Err(NotThisKind);
        }
    }
    Ok(())
}
