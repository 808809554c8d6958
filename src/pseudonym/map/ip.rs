//! IP addresses and ranges as they are written.
//!
//! Takes an address with or without port and zone (`1.2.3.4:443`, `[2001:db8::1]:443`, `fe80::1%eth0`) and writes the
//! mapped one in the same form, IPv6 in RFC 5952 spelling. A range keeps its length and has zero host bits; lengths
//! of IPv6 beyond 64 fall into the interface id, which has no prefixes: there the whole address is mapped. `lower-upper`
//! becomes the list of blocks that cover it, because order is not preserved.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{NotThisKind, Turn};

/// Longest IPv6 prefix that is preserved.
const V6_PREFIX_MAX: u32 = 64;

/// One address.
pub(super) fn ip(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if let Ok(address) = value.parse::<IpAddr>() {
        write_address(address, turn, out);
        return Ok(());
    }
    if let Some((inner, rest)) = value.strip_prefix('[').and_then(|value| value.split_once(']')) {
        out.push('[');
        zoned(inner, turn, out)?;
        out.push(']');
        return port(rest, out);
    }
    if let Some((address, number)) = value.rsplit_once(':')
        && let Ok(address) = address.parse::<Ipv4Addr>()
    {
        write_address(address.into(), turn, out);
        return port(&value[value.len() - number.len() - 1..], out);
    }
    zoned(value, turn, out)
}

/// `address/length`, `lower-upper`, or one address.
pub(super) fn ip_range(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if let Some((address, length)) = value.split_once('/') {
        let address = address.parse().map_err(|_| NotThisKind)?;
        let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
        let length = length.parse().ok().filter(|_| digits).ok_or(NotThisKind)?;
        return write_block(address, length, turn, out);
    }
    let Some((lower, upper)) = value.split_once('-') else { return ip(value, turn, out) };
    match (lower.trim().parse(), upper.trim().parse()) {
        (Ok(IpAddr::V4(lower)), Ok(IpAddr::V4(upper))) => {
            blocks(u32::from(lower).into(), u32::from(upper).into(), 32, turn, out)
        }
        (Ok(IpAddr::V6(lower)), Ok(IpAddr::V6(upper))) => blocks(lower.into(), upper.into(), 128, turn, out),
        _ => Err(NotThisKind),
    }
}

/// Whether the text is one address, perhaps with a port.
pub(super) fn is_address(value: &str) -> bool {
    ip(value, &mut super::Plain, &mut String::new()).is_ok()
}

fn zoned(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let (address, zone) = value.split_at(value.find('%').unwrap_or(value.len()));
    let address: Ipv6Addr = address.parse().map_err(|_| NotThisKind)?;
    if !zone.chars().skip(1).all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) || zone.len() > 17 {
        return Err(NotThisKind);
    }
    write_address(address.into(), turn, out);
    out.push_str(zone);
    Ok(())
}

fn port(text: &str, out: &mut String) -> Result<(), NotThisKind> {
    let number =
        text.strip_prefix(':').is_some_and(|n| (1..=5).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()));
    if !text.is_empty() && !number {
        return Err(NotThisKind);
    }
    out.push_str(text);
    Ok(())
}

fn write_address(address: IpAddr, turn: &mut dyn Turn, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match address {
        IpAddr::V4(v4) => write!(out, "{}", Ipv4Addr::from(turn.ipv4(v4.into()))),
        IpAddr::V6(v6) => write!(out, "{}", Ipv6Addr::from(turn.ipv6(v6.into()))),
    };
}

fn write_block(address: IpAddr, length: u32, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let _ = match address {
        IpAddr::V4(v4) if length <= 32 => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            write!(out, "{}/{length}", Ipv4Addr::from(turn.ipv4(u32::from(v4) & mask) & mask))
        }
        IpAddr::V6(v6) if length <= V6_PREFIX_MAX => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            write!(out, "{}/{length}", Ipv6Addr::from(turn.ipv6(u128::from(v6) & mask) & mask))
        }
        IpAddr::V6(v6) if length <= 128 => write!(out, "{}/{length}", Ipv6Addr::from(turn.ipv6(v6.into()))),
        _ => return Err(NotThisKind),
    };
    Ok(())
}

/// The fewest blocks that cover `lower..=upper`, each mapped, separated by commas.
fn blocks(lower: u128, upper: u128, bits: u32, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if lower > upper {
        return Err(NotThisKind);
    }
    let mut start = lower;
    loop {
        // The largest block that begins at `start` and does not pass `upper`.
        let mut size = start.trailing_zeros().min(bits);
        while size > 0 && upper - start < u128::MAX.checked_shr(128 - size).unwrap_or(0) {
            size -= 1;
        }
        let address = match u32::try_from(start) {
            Ok(v4) if bits == 32 => IpAddr::V4(v4.into()),
            _ => IpAddr::V6(start.into()),
        };
        write_block(address, bits - size, turn, out)?;
        let last = start + u128::MAX.checked_shr(128 - size).unwrap_or(0);
        if last >= upper {
            return Ok(());
        }
        out.push(',');
        start = last + 1;
    }
}
