//! Mail addresses and user principal names.
//!
//! `local@domain` becomes `token@domain`, the domain label by label. A guest's `local_domain#EXT#@tenant` is split at the
//! last `_` before `#EXT#` (domains have none), so that it carries the same tokens as the home address. `Name <address>`
//! and claim prefixes (`i:0#.f|membership|…`) are taken apart. What stands in a name field without `@` is an account,
//! a GUID or a telephone number, and is mapped as that.

use super::{NotThisKind, Turn, account, domain, phone, walk};
use crate::catalog::Kind;

const GUEST_MARK: &str = "#EXT#";

/// An address or user principal name.
pub(super) fn mail(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if let Some((claim, rest)) = value.rsplit_once('|')
        && claim.starts_with("i:")
    {
        out.push_str(claim);
        out.push('|');
        return mail(rest, turn, out);
    }
    if let Some((name, address)) = value.strip_suffix('>').and_then(|shown| shown.split_once('<'))
        && address.contains('@')
        && !address.contains(['<', '>'])
    {
        let trimmed = name.trim();
        if !trimmed.is_empty() {
            turn.name(trimmed, out)?;
        }
        out.push_str(&name[name.trim_end().len()..]);
        out.push('<');
        mail(address, turn, out)?;
        out.push('>');
        return Ok(());
    }
    let Some((local, host)) = value.rsplit_once('@') else {
        return without_domain(value, turn, out);
    };
    local_part(local, turn, out)?;
    out.push('@');
    walk(Kind::Domain, host, turn, out)
}

/// Whether the whole text is one address with a dotted domain: used where an address is possible but not expected.
pub(super) fn is_address(value: &str) -> bool {
    value.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && host.contains('.') && domain::is_domain(host) && !value.contains(char::is_whitespace)
    })
}

fn local_part(local: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let Some((home, mark)) = guest(local) else {
        return account::account_name(local, turn, out);
    };
    match home.rsplit_once('_').filter(|(_, host)| host.contains('.') && domain::is_domain(host)) {
        Some((name, host)) => {
            account::account_name(name, turn, out)?;
            out.push('_');
            walk(Kind::Domain, host, turn, out)?;
        }
        None => turn.name(home, out)?,
    }
    out.push_str(mark);
    Ok(())
}

/// The home part and the guest mark as written.
fn guest(local: &str) -> Option<(&str, &str)> {
    let (home, mark) = local.split_at_checked(local.len().checked_sub(GUEST_MARK.len())?)?;
    (mark.eq_ignore_ascii_case(GUEST_MARK) && !home.is_empty()).then_some((home, mark))
}

fn without_domain(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if value.starts_with('+') {
        let start = out.len();
        if phone::phone(value, turn, out).is_ok() {
            return Ok(());
        }
        out.truncate(start);
    }
    account::account(value, turn, out)
}
