//! Ranges of addresses in named locations: `cidrAddress`, and `lowerAddress` with `upperAddress`.
//!
//! The map preserves prefixes but not order, so a range becomes several, and which address lies in one of them is
//! unchanged. Takes an item of an array of ranges, writes it once for each new range, with every other member as in the
//! original: the array may get longer. A range outside an array, or one that cuts an IPv6 subnet, keeps its shape with
//! both bounds mapped, and the traits say that membership is not kept.
//! Source: learn.microsoft.com/graph/api/resources/iprange (iPv4CidrRange, iPv6CidrRange; beta: iPv4Range, iPv6Range).

use std::net::IpAddr;

use super::clean::RefusalCause;
use super::gate::Gate;
use super::map::ip::{address, networks};
use super::rewrite::Pass;
use super::rules::Node;
use super::traits::Violations;
use crate::catalog::Kind;
use crate::json::{self, Span};

/// An item of an array, and what it becomes.
struct Item {
    /// The values that are replaced.
    spans: Vec<Span>,
    /// Their new texts, one row for each new item.
    rows: Vec<Vec<String>>,
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

    fn range_item(&self, text: &str, scope: usize) -> Option<Item> {
        let members: Vec<_> = json::members(text.as_bytes(), scope).ok()?.map_while(Result::ok).collect();
        let member = |name: &str| {
            let (_, span) = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()))?;
            let value = text.get(span.clone())?.strip_prefix('"')?.strip_suffix('"')?;
            Some((span.clone(), value))
        };
        if let Some((span, value)) = member("cidrAddress") {
            let networks = networks(value)?;
            let images = networks.into_iter().map(|one| self.cipher.seal_network(one)).collect::<Option<Vec<_>>>()?;
            let rows =
                images.concat().into_iter().map(|one| vec![format!("{}/{}", address(one.first, one.bits), one.length)]);
            return Some(Item { spans: vec![span], rows: rows.collect() });
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
        Some(Item { spans: vec![lower_span, upper_span], rows: ranges?.into_iter().map(row).collect() })
    }
}

impl Pass<'_> {
    /// Writes the item of an array of ranges that starts here. False, and nothing done: it is no range whose members can
    /// be kept, or the policy keeps addresses.
    pub(super) fn range(&mut self, node: Node, depth: usize) -> Result<bool, RefusalCause> {
        let start = self.at;
        if cfg!(feature = "gate-off") || self.gate.is_kept(Kind::IpRange) || self.gate.is_kept(Kind::Ip) {
            return Ok(false);
        }
        let Some(item) = self.gate.range_item(self.text, start) else { return Ok(false) };
        self.flush(start);
        for (number, row) in item.rows.into_iter().enumerate() {
            if number > 0 {
                self.flush(self.at);
                self.out.push(b',');
                (self.at, self.copied) = (start, start);
            }
            self.fixed = item.spans.iter().cloned().zip(row).collect();
            let written = self.object(node, depth);
            self.fixed.clear();
            written?;
        }
        self.changed = true;
        Ok(true)
    }

    /// Writes the value that is decided already, if there is one here.
    pub(super) fn decided(&mut self) -> bool {
        let Some((span, text)) = self.fixed.iter().find(|(span, _)| span.start == self.at).cloned() else {
            return false;
        };
        self.flush(span.start);
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
        (self.at, self.copied) = (span.end, span.end);
        true
    }
}
