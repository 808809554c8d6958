//! Literals that are compared with a part of a value.
//!
//! `@alderwood.example` at the end and `smtp:` at the start are whole parts of a mapped value too, and the comparison
//! still holds. Any other part is mapped as if it were a whole value, and the traits say that it tells nothing.

use super::{Comparison, has_domain, regex};
use crate::catalog::Kind;
use crate::pseudonym::gate::Gate;
use crate::pseudonym::traits::Violations;

/// Appends what becomes of the part; false when it stays.
pub(super) fn map(gate: &Gate, kind: Kind, comparison: Comparison, text: &str, layer: u8, out: &mut String) -> bool {
    if gate.is_kept(kind) {
        return gate.typed(kind, text, layer, out);
    }
    if kind == Kind::ProxyAddress && comparison == Comparison::Start && is_address_type(text) {
        return false;
    }
    let start = out.len();
    if comparison == Comparison::Pattern {
        let changed = regex::map(gate, kind, text, layer, out);
        if changed {
            gate.note_trait(kind, &out[start..], Violations::IN_PART);
        }
        return changed;
    }
    let domain = text.strip_prefix('@').filter(|domain| domain.contains('.') && has_domain(kind));
    if let Some(domain) = domain.filter(|_| comparison != Comparison::Start) {
        out.push('@');
        let changed = gate.typed(Kind::Domain, domain, layer, out);
        if !changed {
            out.truncate(start);
        }
        return changed;
    }
    let changed = gate.typed(kind, text, layer, out);
    if changed {
        gate.note_trait(kind, &out[start..], Violations::IN_PART);
    }
    changed
}

/// `smtp:`, `SMTP:`, `sip:`.
fn is_address_type(text: &str) -> bool {
    text.strip_suffix(':').is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
