//! Account names, `DOMAIN\user`, and names of persons.
//!
//! An account is one token, so that it equals the local part of the address and the common name made of the same text.
//! `$` of computer accounts stays, as do built-in accounts and authorities, and the shapes of Entra Connect's own
//! accounts (`MSOL_`, `AAD_` and twelve digits; `Sync_<server>_` and twelve digits), whose parts are mapped.

use super::{NotThisKind, Turn, domain, guid, id, mail, sid};
use crate::catalog::Kind;
use crate::pseudonym::canonical::canonical;
use crate::pseudonym::cipher::Field;

/// Accounts that exist everywhere (canonical form, sorted).
const BUILT_IN: [&str; 14] = [
    "administrator",
    "anonymous logon",
    "azureadkerberos",
    "azureadssoacc",
    "defaultaccount",
    "guest",
    "iusr",
    "krbtgt",
    "krbtgt_azuread",
    "local service",
    "network service",
    "system",
    "trustedinstaller",
    "wdagutilityaccount",
];
/// Authorities whose accounts are all constants (canonical form).
const SYSTEM_AUTHORITIES: [&str; 5] = ["nt authority", "nt service", "builtin", "window manager", "font driver host"];
/// Authorities that are constants while their accounts are not.
const KEPT_AUTHORITIES: [&str; 6] =
    [".", "azuread", "microsoftaccount", "workgroup", "iis apppool", "nt virtual machine"];
const INSTALLATION_DIGITS: usize = 12;

/// A bare account name; an address, `DOMAIN\user`, a SID or a GUID in its place is mapped as such.
pub(super) fn account(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if value.contains('@') {
        return mail::mail(value, turn, out);
    }
    if value.contains('\\') {
        return domain_user(value, turn, out);
    }
    if guid::parse(value).is_some() {
        return id::principal(Kind::PrincipalId, value, turn, out);
    }
    if value.starts_with("S-1-") && sid::sid(value, turn, out).is_ok() {
        return Ok(());
    }
    if let Some(name) = value.strip_suffix('$').filter(|name| !name.trim().is_empty()) {
        account_name(name, turn, out)?;
        out.push('$');
        return Ok(());
    }
    account_name(value, turn, out)
}

/// `DOMAIN\user`.
pub(super) fn domain_user(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let (authority, user) = value.split_once('\\').ok_or(NotThisKind)?;
    if user.is_empty() || user.contains('\\') {
        return Err(NotThisKind);
    }
    let known = canonical(authority);
    if SYSTEM_AUTHORITIES.contains(&&*known) {
        out.push_str(value);
        return Ok(());
    }
    if KEPT_AUTHORITIES.contains(&&*known) || turn.keeps(Kind::Domain, authority) {
        out.push_str(authority);
    } else {
        domain::domain(authority, turn, out)?;
    }
    out.push('\\');
    account(user, turn, out)
}

/// A person's name. Directories often hold the address or the account there: then it is mapped as that.
pub(super) fn person(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if mail::is_address(value) {
        return mail::mail(value, turn, out);
    }
    let start = out.len();
    let one_word = !value.contains(char::is_whitespace);
    if one_word && value.contains('\\') && domain_user(value, turn, out).is_ok() {
        return Ok(());
    }
    out.truncate(start);
    turn.name(value, out)
}

/// The name itself: built-in, Entra Connect's, or one token.
pub(super) fn account_name(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if BUILT_IN.binary_search(&&*canonical(value)).is_ok() {
        out.push_str(value);
        return Ok(());
    }
    let Some((head, installation)) = value.rsplit_once('_').filter(|(_, digits)| is_installation(digits)) else {
        return turn.name(value, out);
    };
    if head.eq_ignore_ascii_case("MSOL") || head.eq_ignore_ascii_case("AAD") {
        out.push_str(head);
    } else if let Some((sync, server)) = head.split_at_checked("Sync_".len())
        && sync.eq_ignore_ascii_case("Sync_")
        && !server.is_empty()
    {
        out.push_str(sync);
        turn.name(server, out)?;
    } else {
        return turn.name(value, out);
    }
    out.push('_');
    id::hex_field(Field::Installation, installation, turn, out)
}

fn is_installation(digits: &str) -> bool {
    digits.len() == INSTALLATION_DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit())
}
