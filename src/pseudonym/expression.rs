//! Rules and filters: dynamic membership (`user.department -eq "Sales"`), device filters, OData `$filter`
//! (`startswith(displayName,'Al')`). The literals are mapped by the attribute before them, so that a rule still
//! selects the same objects; everything else is scanned.
//! Source: learn.microsoft.com/entra/identity/users/groups-dynamic-membership.
//!
//! `-startsWith`, `-contains` and `-match` cannot hold on mapped values: the literal is mapped as a whole, and the
//! evaluated membership is what tells.

use super::duty::{Duty, SCAN};
use super::gate::Gate;
use super::rules::NOWHERE;
use crate::catalog::Action;

/// Rewrites the literals of a rule.
pub(super) fn rewrite(gate: &Gate, rule: &str, layer: u8, out: &mut String) -> bool {
    let mut changed = false;
    let mut rebuilt = String::with_capacity(rule.len() + 32);
    let mut duty = None;
    let mut rest = rule;
    let mut piece = String::new();
    while let Some(open) = rest.find(['"', '\'']) {
        let (before, quoted) = rest.split_at(open);
        duty = attribute(gate, before).unwrap_or(duty);
        changed |= append(gate, None, before, layer, &mut piece, &mut rebuilt);
        let quote = &quoted[..1];
        let Some(length) = quoted[1..].find(quote) else {
            rest = quoted;
            break;
        };
        let literal = &quoted[1..=length];
        rebuilt.push_str(quote);
        changed |= append(gate, duty, literal, layer, &mut piece, &mut rebuilt);
        rebuilt.push_str(quote);
        rest = &quoted[length + 2..];
    }
    changed |= append(gate, None, rest, layer, &mut piece, &mut rebuilt);
    if changed {
        out.push_str(&rebuilt);
    }
    changed
}

fn append(gate: &Gate, duty: Option<Duty>, text: &str, layer: u8, piece: &mut String, out: &mut String) -> bool {
    piece.clear();
    let changed = match duty {
        Some(duty) if !text.is_empty() => gate.apply(duty, text, layer, piece),
        _ => gate.scan(text, layer, piece),
    };
    out.push_str(if changed { piece } else { text });
    changed
}

/// What the words between two literals say about the next one: `None` nothing new (a list goes on),
/// `Some(None)` an attribute without a rule, `Some(Some(duty))` an attribute with one.
fn attribute(gate: &Gate, words: &str) -> Option<Option<Duty>> {
    const GRAMMAR: [&str; 24] = [
        "and",
        "or",
        "not",
        "eq",
        "ne",
        "in",
        "notin",
        "contains",
        "notcontains",
        "startswith",
        "notstartswith",
        "endswith",
        "notendswith",
        "match",
        "notmatch",
        "any",
        "all",
        "ge",
        "le",
        "gt",
        "lt",
        "true",
        "false",
        "null",
    ];
    let is_word = |symbol: char| symbol.is_alphanumeric() || "._-".contains(symbol);
    let name = words
        .split(|symbol| !is_word(symbol))
        .filter(|word| !word.is_empty() && !word.starts_with('-'))
        .rfind(|word| !GRAMMAR.contains(&word.to_ascii_lowercase().as_str()))?;
    let key = name.rsplit('.').next().unwrap_or(name);
    let mut number = gate.rules.key(key.as_bytes());
    // `displayName` has no rule by key; in a rule over users or devices the class says what it is.
    if key.eq_ignore_ascii_case("displayName") {
        let class = if name.starts_with("device.") { "deviceDisplayName" } else { "userDisplayName" };
        number = gate.rules.key(class.as_bytes());
    }
    let case = gate.rules.cases(NOWHERE, number).1.iter().find(|case| case.when.is_none());
    Some(match case {
        Some(case) if matches!(case.action, Action::Kind(_)) => {
            Some(Duty { action: case.action, mark: case.mark, ..SCAN })
        }
        _ => None,
    })
}
