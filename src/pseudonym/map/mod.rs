//! The type map: how a value of each kind becomes its pseudonym, part by part, in its outer form.
//!
//! Takes a kind and a value and appends the pseudonym; a value that does not have the form of its kind is refused
//! ([`NotThisKind`]), never passed through: the caller scans it instead. Blank values stay as they are. Which kinds and
//! which values are kept is the caller's policy ([`pseudonymise_keeping`] asks it for every part); constants that
//! identify nobody (well-known SIDs, nil GUID, loopback …) are always kept. Nothing here logs or stores a value.
//!
//! | kind | becomes |
//! |---|---|
//! | names, accounts, places, jobs, numbers, serials | one token of the canonical text |
//! | user principal name, mail, guest, proxy address | token `@` domain; prefixes and `#EXT#` kept |
//! | domain, host | label by label; public suffix, `onmicrosoft.com`, service domains kept |
//! | DN, legacyExchangeDN | value by value; attribute types, order, constants kept |
//! | ids | GUID to GUID in the same spelling; `S-1-12-1-…` follows its object id |
//! | SID | domain part and RID, RIDs below 1000 kept |
//! | IP address, range | prefix-preserving within the class |
//! | telephone number | digits after the country code |
//! | coordinates, thumbprints | rounded; keyed digest (neither can be undone) |
//! | URL | host, path, query: see `url` |

mod account;
mod dn;
mod domain;
pub(crate) mod guid;
mod host_shape;
mod id;
pub(crate) mod ip;
mod legacy_dn;
mod mac;
mod mail;
mod measure;
mod phone;
mod proxy;
pub(crate) mod public_suffix;
mod service_domains;
mod sid;
mod turn;
mod url;
mod url_parts;

use crate::catalog::Kind;
use crate::pseudonym::canonical::visible;
use crate::pseudonym::cipher::Cipher;

pub(crate) use host_shape::reads_as_host;
pub use turn::Keep;
pub(crate) use turn::{Open, Turn};
use turn::{Plain, Seal};

/// The value does not have the form of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value does not have the form of its kind: scan it as text")]
pub struct NotThisKind;

/// What an opened token says when its text was too long to be kept in it.
pub(crate) const TOO_LONG: &str = "[a text of more than 1 KiB: cannot be revealed]";

/// What an undone value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Parts whose check symbols verified with this key.
    pub proven: usize,
    /// Parts that carry no check: GUIDs, SIDs, addresses, digits.
    pub unproven: usize,
}

/// Appends the pseudonym of `value` to `out`.
///
/// # Errors
/// [`NotThisKind`] when the value does not have the form of `kind`; `out` is as it was.
pub fn pseudonymise(kind: Kind, value: &str, cipher: &dyn Cipher, out: &mut String) -> Result<(), NotThisKind> {
    walk_whole(kind, value, &mut Seal { cipher, keep: None }, out)
}

/// Like [`pseudonymise`], but asks `keep` for the value and for every part of it (the domain of an address, the ids in a
/// URL, each with its own kind) whether it stays as it is. GUIDs are asked for in lower case with dashes.
///
/// # Errors
/// [`NotThisKind`], as [`pseudonymise`].
pub fn pseudonymise_keeping(
    kind: Kind,
    value: &str,
    cipher: &dyn Cipher,
    keep: Keep<'_>,
    out: &mut String,
) -> Result<(), NotThisKind> {
    walk_whole(kind, value, &mut Seal { cipher, keep: Some(keep) }, out)
}

/// Appends the canonical form of `value`: what [`reveal_as`] gives back for its pseudonym.
///
/// # Errors
/// [`NotThisKind`], as [`pseudonymise`].
pub fn canonical_form(kind: Kind, value: &str, out: &mut String) -> Result<(), NotThisKind> {
    walk_whole(kind, value, &mut Plain, out)
}

/// Undoes a pseudonym whose kind is known and says what that rests on. With nothing proven the result is only as good
/// as the certainty that the key is the right one.
///
/// # Errors
/// [`NotThisKind`] when the value is no pseudonym of this kind under this key, or one that cannot be undone.
pub fn reveal_as(kind: Kind, value: &str, cipher: &dyn Cipher, out: &mut String) -> Result<Proof, NotThisKind> {
    let mut open = Open::new(cipher);
    walk_whole(kind, value, &mut open, out)?;
    Ok(Proof { proven: open.proven, unproven: open.unproven })
}

/// Whether the value is one that [`pseudonymise`] makes, as far as it can be told: at least one part is proven and none
/// is refused. Kept constants alone are no pseudonym.
pub fn is_pseudonym(kind: Kind, value: &str, cipher: &dyn Cipher) -> bool {
    reveal_as(kind, value, cipher, &mut String::new()).is_ok_and(|proof| proof.proven > 0)
}

/// Whether the text is a MAC address.
pub(crate) fn is_mac(value: &str) -> bool {
    mac::mac(value, &mut Plain, &mut String::new()).is_ok()
}

fn walk_whole(kind: Kind, value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let start = out.len();
    let shown = visible(value);
    if shown.is_empty() {
        out.push_str(value);
        return Ok(());
    }
    walk(kind, &shown, turn, out).inspect_err(|_| out.truncate(start))
}

/// Takes `value` (visible form, not blank) apart and turns its parts.
fn walk(kind: Kind, value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if turn.keeps(kind, value) {
        out.push_str(value);
        return Ok(());
    }
    match kind {
        Kind::UserId
        | Kind::DeviceId
        | Kind::PrincipalId
        | Kind::GroupId
        | Kind::ServicePrincipalId
        | Kind::AppId
        | Kind::TenantId => id::principal(kind, value, turn, out),
        Kind::ConfigId | Kind::RequestId => id::record(kind, value, turn, out),
        Kind::Upn | Kind::Mail => mail::mail(value, turn, out),
        Kind::ProxyAddress => proxy::proxy_address(value, turn, out),
        Kind::Name => account::person(value, turn, out),
        Kind::Account => account::account(value, turn, out),
        Kind::DomainUser => account::domain_user(value, turn, out),
        Kind::Domain => domain::domain(value, turn, out),
        Kind::Host => domain::host(value, turn, out),
        Kind::Dn => dn::dn(value, turn, out),
        Kind::Sid => sid::sid(value, turn, out),
        Kind::Ip => ip::ip(value, turn, out),
        Kind::IpRange => ip::ip_range(value, turn, out),
        Kind::Phone => phone::phone(value, turn, out),
        Kind::ImmutableId => id::immutable_id(value, turn, out),
        Kind::Puid => id::puid(value, turn, out),
        Kind::Serial => mac::mac(value, turn, out).or_else(|NotThisKind| turn.name(value, out)),
        Kind::Coordinates => measure::coordinates(value, turn, out),
        Kind::Thumbprint => measure::thumbprint(value, turn, out),
        Kind::Url => url::url(value, turn, out),
        Kind::EmployeeId
        | Kind::Place
        | Kind::Job
        | Kind::OrgName
        | Kind::GroupName
        | Kind::AppName
        | Kind::ConfigName => turn.name(value, out),
    }
}

#[cfg(test)]
mod id_tests;
#[cfg(test)]
mod map_tests;
#[cfg(test)]
mod property_tests;
