//! URLs, request paths and UNC paths, part by part.
//!
//! Scheme, port, separators and parameter names stay. The host is mapped as one. Of a path on one of Microsoft's own
//! hosts (or without host) the service's words stay, GUIDs, addresses and domains are mapped by the word in front of
//! them (`users`, `devices`, `groups` …), and what follows a keyed collection is one token; on any other host every
//! segment that is not a well-known word is one token, its file extension kept. Parameter values: numbers and the
//! service's vocabulary stay, literals of `$filter`, `$search` and `$expand` are mapped inside the expression, nested
//! URLs again as URLs, credentials become `***`, anything else is one token. A password in front of the host becomes
//! `***`. `mailto:`, `tel:` and `urn:uuid:` are what they say. Anything else is refused.

use super::url_parts::{self, Place};
use super::{NotThisKind, Turn, domain, guid, id, mail, phone, service_domains, walk};
use crate::catalog::Kind;
use crate::pseudonym::canonical::canonical;

/// How deep URLs within parameters of URLs are taken apart.
const NESTED_MAX: usize = 2;
/// Stands for what must not come back.
pub(super) const REMOVED: &str = "***";

/// A URL, a request path (`/users/…`) or a UNC path.
pub(super) fn url(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    nested(value, 0, turn, out)
}

/// A URL at the given depth of nesting.
pub(super) fn nested(value: &str, depth: usize, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if depth > NESTED_MAX {
        return turn.name(value, out);
    }
    if let Some(path) = value.strip_prefix("\\\\") {
        return unc(path, turn, out);
    }
    if value.starts_with('/') && !value.starts_with("//") {
        let first = value.split(['/', '?', '#']).nth(1).unwrap_or_default();
        return after_host(value, url_parts::is_known(first), depth, turn, out);
    }
    let (scheme, rest) = value.split_once(':').filter(|(scheme, _)| is_scheme(scheme)).ok_or(NotThisKind)?;
    let Some(rest) = rest.strip_prefix("//") else { return opaque(value, scheme, rest, turn, out) };
    out.push_str(scheme);
    out.push_str("://");
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority_part(authority, turn, out)?;
    let microsoft = service_domains::is_microsoft(&canonical(host));
    after_host(tail, microsoft, depth, turn, out)
}

fn is_scheme(scheme: &str) -> bool {
    scheme.len() >= 2
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// URLs without `//`.
fn opaque(value: &str, scheme: &str, rest: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    match scheme.to_ascii_lowercase().as_str() {
        "mailto" => {
            out.push_str(scheme);
            out.push(':');
            mail::mail(rest, turn, out)
        }
        "tel" => phone::phone(value, turn, out),
        "urn" if id::whole_guid(Kind::PrincipalId, value, turn, out) => Ok(()),
        _ => Err(NotThisKind),
    }
}

/// `user:password@host:port`; gives the host.
fn authority_part<'a>(authority: &'a str, turn: &mut dyn Turn, out: &mut String) -> Result<&'a str, NotThisKind> {
    let host = match authority.rsplit_once('@') {
        None => authority,
        Some((user, host)) => {
            let (user, password) = user.split_once(':').map_or((user, None), |(user, word)| (user, Some(word)));
            turn.name(&url_parts::decoded(user), out)?;
            out.push_str(password.map_or("", |_| ":***"));
            out.push('@');
            host
        }
    };
    // `api://<application id>`.
    if guid::parse(host).is_some() {
        id::whole_guid(Kind::AppId, host, turn, out);
    } else if !host.is_empty() {
        if !domain::is_host(host) {
            return Err(NotThisKind);
        }
        walk(Kind::Host, host, turn, out)?;
    }
    let bare = host.rsplit_once(':').map_or(host, |(name, _)| name);
    Ok(bare)
}

/// Path, query and fragment.
fn after_host(
    tail: &str,
    microsoft: bool,
    depth: usize,
    turn: &mut dyn Turn,
    out: &mut String,
) -> Result<(), NotThisKind> {
    let (rest, fragment) = tail.split_once('#').map_or((tail, None), |(rest, mark)| (rest, Some(mark)));
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    segments(path, microsoft, turn, out)?;
    if let Some(query) = query {
        out.push('?');
        for (at, pair) in query.split('&').enumerate() {
            if at > 0 {
                out.push('&');
            }
            url_parts::parameter(pair, depth, turn, out)?;
        }
    }
    if let Some(fragment) = fragment {
        out.push('#');
        segments(fragment, microsoft, turn, out)?;
    }
    Ok(())
}

fn segments(path: &str, microsoft: bool, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let mut before = "";
    for (at, segment) in path.split('/').enumerate() {
        if at > 0 {
            out.push('/');
        }
        url_parts::segment(segment, Place { microsoft, before, first: at <= 1 }, turn, out)?;
        if !segment.is_empty() {
            before = segment;
        }
    }
    Ok(())
}

/// `server\share\folder\file`.
fn unc(path: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    out.push_str("\\\\");
    for (at, part) in path.split('\\').enumerate() {
        if at == 0 {
            if !domain::is_host(part) {
                return Err(NotThisKind);
            }
            walk(Kind::Host, part, turn, out)?;
            continue;
        }
        out.push('\\');
        url_parts::segment(part, Place { microsoft: false, before: "", first: false }, turn, out)?;
    }
    Ok(())
}
