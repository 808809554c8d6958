//! Domain and host names, label by label.
//!
//! Every label of its own becomes one token wherever it stands, so `emea.contoso.com`, `DC=contoso` and `CONTOSO\` stay
//! visibly the same brand. Readable stay: the public suffix, non-routable last labels, service domains, the labels of
//! service records (`_ldap._tcp`), Microsoft's discovery names (`autodiscover` …) and `*`. Reverse names
//! (`4.3.2.1.in-addr.arpa`) follow their address. Takes up to a final dot; written in lower case.

use std::net::{Ipv4Addr, Ipv6Addr};

use unicode_normalization::char::is_combining_mark;

use super::public_suffix::public_labels;
use super::service_domains::kept_labels;
use super::{NotThisKind, Turn, guid, id, ip};
use crate::catalog::Kind;
use crate::pseudonym::canonical::canonical;

/// Labels of service records and of Active Directory's locator names.
const RECORD_LABELS: [&str; 22] = [
    "_autodiscover",
    "_dmarc",
    "_domainkey",
    "_gc",
    "_kerberos",
    "_kpasswd",
    "_ldap",
    "_msdcs",
    "_ntp",
    "_sip",
    "_sipfederationtls",
    "_sites",
    "_tcp",
    "_tls",
    "_udp",
    "_vlmcs",
    "dc",
    "default-first-site-name",
    "domains",
    "gc",
    "pdc",
    "_http",
];
/// First labels that a Microsoft client looks up under every domain.
const DISCOVERY_LABELS: [&str; 9] = [
    "autodiscover",
    "enterpriseenrollment",
    "enterpriseregistration",
    "lyncdiscover",
    "lyncdiscoverinternal",
    "msoid",
    "sip",
    "sipinternal",
    "www",
];
/// Endings that SharePoint adds to the tenant's label.
const SHAREPOINT_ENDINGS: [&str; 5] = ["-my", "-admin", "-public", "-files", "-myfiles"];
const LABEL_MAX: usize = 63;
const V4_REVERSE: &str = ".in-addr.arpa";
const V6_REVERSE: &str = ".ip6.arpa";

/// Whether the text has the form of a domain name: labels of letters, digits, `-` and `_`, not ending in a number.
pub(super) fn is_domain(value: &str) -> bool {
    let name = value.strip_suffix('.').unwrap_or(value);
    let label = |label: &str| {
        !label.is_empty()
            && (label == "*"
                || label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_') || is_combining_mark(c)))
    };
    let numeric = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    name.split('.').all(label) && !(name.contains('.') && name.rsplit('.').next().is_some_and(numeric))
}

/// Whether the text can be the host of a URL: an address or a domain name, perhaps with a port.
pub(super) fn is_host(value: &str) -> bool {
    let bracketed = value.starts_with('[') && value.contains(']');
    bracketed || ip::is_address(value) || is_domain(value.rsplit_once(':').map_or(value, |(name, _)| name))
}

/// A DNS or NetBIOS domain name.
pub(super) fn domain(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if !is_domain(value) {
        return Err(NotThisKind);
    }
    let lower = canonical(value);
    let (name, dot) = lower.strip_suffix('.').map_or((&*lower, ""), |name| (name, "."));
    if reverse_name(name, turn, out).is_none() {
        labels(name, turn, out)?;
    }
    out.push_str(dot);
    Ok(())
}

/// A host: an address, a domain name, either with a port, or any device name.
pub(super) fn host(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let start = out.len();
    if ip::ip(value, turn, out).is_ok() {
        return Ok(());
    }
    out.truncate(start);
    if let Some((name, port)) = value.rsplit_once(':')
        && !port.is_empty()
        && port.bytes().all(|b| b.is_ascii_digit())
        && is_domain(name)
    {
        domain(name, turn, out)?;
        out.push(':');
        out.push_str(port);
        return Ok(());
    }
    if let Some(name) = value.strip_suffix('$').filter(|name| is_domain(name)) {
        domain(name, turn, out)?;
        out.push('$');
        return Ok(());
    }
    if is_domain(value) { domain(value, turn, out) } else { turn.name(value, out) }
}

/// How many labels at the end of a lower-case name stay.
pub(super) fn readable_labels(name: &str) -> usize {
    match kept_labels(name) {
        // A bare label has no suffix: `corp` and `local` alone are somebody's NetBIOS name.
        0 if !name.contains('.') => 0,
        0 => public_labels(name),
        kept => kept,
    }
}

fn labels(name: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let count = name.split('.').count();
    let own = count - readable_labels(name).min(count);
    let records = name.split('.').any(|label| label.starts_with('_') && RECORD_LABELS.contains(&label));
    let sharepoint = own == 1 && name.contains(".sharepoint.");
    for (at, label) in name.split('.').enumerate() {
        if at > 0 {
            out.push('.');
        }
        let fixed = at >= own
            || label == "*"
            || (records && RECORD_LABELS.contains(&label))
            || (at == 0 && own > 1 && DISCOVERY_LABELS.contains(&label));
        if fixed {
            out.push_str(label);
        } else {
            own_label(label, sharepoint, turn, out)?;
        }
    }
    Ok(())
}

fn own_label(label: &str, sharepoint: bool, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if label.len() == 36 && guid::parse(label).is_some() {
        id::whole_guid(Kind::PrincipalId, label, turn, out);
        return Ok(());
    }
    let ending = SHAREPOINT_ENDINGS.into_iter().find(|ending| sharepoint && label.ends_with(ending));
    let ending = ending.filter(|ending| ending.len() < label.len()).unwrap_or_default();
    turn.name(&label[..label.len() - ending.len()], out)?;
    out.push_str(ending);
    Ok(())
}

/// Maps the address within a reverse name of full length.
fn reverse_name(name: &str, turn: &mut dyn Turn, out: &mut String) -> Option<()> {
    if let Some(octets) = name.strip_suffix(V4_REVERSE) {
        let mut parts: Vec<&str> = octets.split('.').collect();
        parts.reverse();
        let address: Ipv4Addr = parts.join(".").parse().ok()?;
        let [a, b, c, d] = Ipv4Addr::from(turn.ipv4(address.into())).octets();
        out.push_str(&format!("{d}.{c}.{b}.{a}{V4_REVERSE}"));
        return Some(());
    }
    let nibbles = name.strip_suffix(V6_REVERSE).filter(|nibbles| nibbles.len() == LABEL_MAX)?;
    let mut address = 0;
    for (at, nibble) in nibbles.split('.').enumerate() {
        let digit = nibble.bytes().next().filter(|_| nibble.len() == 1).and_then(guid::hex_digit)?;
        address |= u128::from(digit) << (4 * at);
    }
    let turned = u128::from(Ipv6Addr::from(turn.ipv6(address)));
    for place in 0..32 {
        guid::push_digit((turned >> (4 * place)) as u8 & 15, false, out);
        out.push_str(if place < 31 { "." } else { V6_REVERSE });
    }
    Some(())
}
