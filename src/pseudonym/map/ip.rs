//! IP addresses and ranges as they are written.
//!
//! Takes an address with or without port and zone (`1.2.3.4:443`, `[2001:db8::1]:443`, `fe80::1%eth0`) and writes the
//! mapped one in the same form, IPv6 in RFC 5952 spelling. A network keeps its length and has zero host bits; where a
//! class boundary tears it, it becomes several, separated by commas. Lengths of IPv6 from 65 to 127 fall into the
//! interface id, which has no prefixes: there the first address is mapped, and which addresses lie in it is lost.
//! `lower-upper` becomes the list of networks that cover it, because order is not preserved.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{NotThisKind, Turn};
use crate::pseudonym::cipher::Network;

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
    if !value.contains(['/', '-']) {
        return ip(value, turn, out);
    }
    for (at, network) in networks(value).ok_or(NotThisKind)?.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_network(network, turn, out);
    }
    Ok(())
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

/// Writes the networks that a network becomes. One whose addresses do not stay together keeps its length, and its first
/// address is mapped.
fn write_network(network: Network, turn: &mut dyn Turn, out: &mut String) {
    let images = turn.network(network).unwrap_or_else(|| vec![Network { first: turn.ipv6(network.first), ..network }]);
    for (at, image) in images.into_iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}{}/{}", address(image.first, image.bits), image.length);
    }
}

/// The address of a number.
pub(crate) fn address(number: u128, bits: u32) -> IpAddr {
    match u32::try_from(number) {
        Ok(v4) if bits == 32 => IpAddr::V4(v4.into()),
        _ => IpAddr::V6(number.into()),
    }
}

/// The networks of a range as it is written; none when it is not one.
pub(crate) fn networks(value: &str) -> Option<Vec<Network>> {
    let number = |address: IpAddr| match address {
        IpAddr::V4(v4) => (u32::from(v4).into(), 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    if let Some((address, length)) = value.split_once('/') {
        let (address, bits) = number(address.trim().parse().ok()?);
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        return Network::new(address, length.parse().ok().filter(|_| is_number)?, bits).map(|network| vec![network]);
    }
    let (lower, upper) = value.split_once('-')?;
    let ((lower, bits), (upper, others)) = (number(lower.trim().parse().ok()?), number(upper.trim().parse().ok()?));
    (bits == others && lower <= upper).then(|| Network::cover(lower, upper, bits))
}
