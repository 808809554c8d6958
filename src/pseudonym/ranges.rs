//! Ranges of addresses in named locations: `cidrAddress`, and `lowerAddress` with `upperAddress`.
//!
//! The map preserves prefixes but not order, so a range becomes several, and which address lies in one of them is
//! unchanged. Takes an item of an array of ranges, says with which bounds it is written and how often; every other
//! member is as in the original: the array may get longer. A range outside an array, or one that cuts an IPv6 subnet,
//! keeps its shape with both bounds mapped, and the traits say that membership is not kept.
//! Source: learn.microsoft.com/graph/api/resources/iprange (iPv4CidrRange, iPv6CidrRange; beta: iPv4Range, iPv6Range).

use std::net::IpAddr;

use super::gate::Gate;
use super::map::ip::{address, networks};
use super::traits::Violations;
use crate::catalog::Kind;
use crate::json::{self, Span};

/// An item of an array of ranges, and what it becomes.
pub(super) struct Range {
    /// The values that are replaced, between their quotes.
    spans: Vec<Span>,
    /// Their new texts, one row for each new item.
    rows: Vec<Vec<String>>,
    /// The row that is being written.
    row: usize,
}

impl Range {
    /// How many items it becomes.
    pub(super) fn items(&self) -> usize {
        self.rows.len()
    }

    /// The next text decided is that of this item.
    pub(super) fn turn_to(&mut self, row: usize) {
        self.row = row;
    }

    /// The text that stands in this place in the item that is being written.
    pub(super) fn decided(&self, place: &Span) -> Option<&str> {
        let position = self.spans.iter().position(|span| span == place)?;
        self.rows.get(self.row)?.get(position).map(String::as_str)
    }
}

impl Gate {
    /// The ranges that a range becomes: first and last address, sorted, neighbours joined. `None` when membership cannot
    /// be kept, or the text is no range.
    fn sealed_ranges(&self, range: &str) -> Option<Vec<(u128, u128, u32)>> {
        let mut images = Vec::new();
        for network in networks(range)? {
            images.extend(self.cipher.seal_network(network)?);
        }
        images.sort_unstable();
        let mut ranges: Vec<(u128, u128, u32)> = Vec::new();
        for image in images {
            match ranges.last_mut() {
                Some(last) if last.1.checked_add(1) == Some(image.first) => last.1 = image.last(),
                _ => ranges.push((image.first, image.last(), image.bits)),
            }
        }
        Some(ranges)
    }

    /// Whether a typed range keeps its members.
    pub(super) fn keeps_members(&self, range: &str) -> bool {
        networks(range).is_none_or(|all| all.into_iter().all(|one| self.cipher.seal_network(one).is_some()))
    }

    /// The range that stands at `scope`. `None`: it is no range whose members can be kept, or the policy keeps addresses.
    pub(super) fn range(&self, text: &str, scope: usize) -> Option<Range> {
        if cfg!(feature = "gate-off") || self.is_kept(Kind::IpRange) || self.is_kept(Kind::Ip) {
            return None;
        }
        let members: Vec<_> = json::members(text.as_bytes(), scope).ok()?.map_while(Result::ok).collect();
        let member = |name: &str| {
            let (_, span) = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()))?;
            let value = text.get(span.clone())?.strip_prefix('"')?.strip_suffix('"')?;
            Some((span.start + 1..span.end - 1, value))
        };
        if let Some((span, value)) = member("cidrAddress") {
            let networks = networks(value)?;
            let images = networks.into_iter().map(|one| self.cipher.seal_network(one)).collect::<Option<Vec<_>>>()?;
            let rows =
                images.concat().into_iter().map(|one| vec![format!("{}/{}", address(one.first, one.bits), one.length)]);
            return Some(Range { spans: vec![span], rows: rows.collect(), row: 0 });
        }
        let ((lower_span, lower), (upper_span, upper)) = (member("lowerAddress")?, member("upperAddress")?);
        let ranges = self.sealed_ranges(&format!("{lower}-{upper}"));
        if ranges.is_none() && lower.parse::<IpAddr>().is_ok() {
            let mut token = String::new();
            if self.typed(Kind::Ip, lower, 0, &mut token) {
                self.note_trait(Kind::IpRange, &token, Violations::RANGE);
            }
        }
        let row = |(first, last, bits)| vec![address(first, bits).to_string(), address(last, bits).to_string()];
        Some(Range { spans: vec![lower_span, upper_span], rows: ranges?.into_iter().map(row).collect(), row: 0 })
    }
}
