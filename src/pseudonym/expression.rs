//! Rules and filters: dynamic membership (`user.department -eq "Sales"`), device filters, OData `$filter`
//! (`startswith(displayName,'Al')`), `$search`. The literals are mapped by the attribute before them, so that a rule
//! still selects the same objects; everything else is scanned.
//! Sources: learn.microsoft.com/entra/identity/users/groups-dynamic-membership, OData 4.01 URL conventions §5.1.1.
//!
//! What compares a part of a value (`-startsWith`, `-contains`, `-match`) cannot hold on mapped values, unless the part is
//! a whole domain with its `@`, or the type of a proxy address: see `part`. The traits then name the literal's pseudonym,
//! and the evaluated membership is what tells.

mod part;
mod query;
mod regex;

use super::duty::{Duty, SCAN};
use super::gate::Gate;
use super::rules::{NO_KEY, NOWHERE};
use crate::catalog::{Action, Kind};

/// How a literal is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Whole,
    Start,
    End,
    Part,
    Pattern,
}

/// What is known about the next literal: it goes on through a list.
#[derive(Clone, Copy)]
struct Context {
    duty: Option<Duty>,
    comparison: Comparison,
}

/// Rewrites the literals of a rule.
pub(super) fn rewrite(gate: &Gate, rule: &str, layer: u8, out: &mut String) -> bool {
    let mut changed = false;
    let mut rebuilt = String::with_capacity(rule.len() + 32);
    let mut context = Context { duty: None, comparison: Comparison::Whole };
    let mut rest = rule;
    let mut piece = String::new();
    while let Some(open) = rest.find(['"', '\'']) {
        let (before, quoted) = rest.split_at(open);
        context = context_of(gate, before, context);
        changed |= scanned(gate, before, layer, &mut piece, &mut rebuilt);
        let (quote, inside) = quoted.split_at(1);
        let Some(length) = literal_length(inside, quote) else {
            rest = quoted;
            break;
        };
        let (written, behind) = inside.split_at(length);
        rebuilt.push_str(quote);
        changed |= literal(gate, context, written, quote, layer, &mut rebuilt);
        rebuilt.push_str(quote);
        rest = &behind[1..];
    }
    changed |= scanned(gate, rest, layer, &mut piece, &mut rebuilt);
    if changed {
        out.push_str(&rebuilt);
    }
    changed
}

fn scanned(gate: &Gate, text: &str, layer: u8, piece: &mut String, out: &mut String) -> bool {
    piece.clear();
    let changed = gate.scan(text, layer, piece);
    out.push_str(if changed { piece } else { text });
    changed
}

/// Bytes to the quote that ends a literal. Inside, a quote is doubled, or stands behind a backslash or a backtick; when
/// the literal would then never end, those were characters like others.
fn literal_length(inside: &str, quote: &str) -> Option<usize> {
    let bytes = inside.as_bytes();
    let quote = *quote.as_bytes().first()?;
    let mut at = 0;
    while let Some(step) = bytes.get(at..).and_then(|rest| memchr::memchr3(quote, b'\\', b'`', rest)) {
        at += step;
        let is_pair = bytes.get(at + 1) == Some(&quote);
        // `""` alone is an empty literal.
        match bytes.get(at) == Some(&quote) {
            true if !is_pair || at == 0 && bytes.get(2) != Some(&quote) => return Some(at),
            true => at += 2,
            false => at += if is_pair { 2 } else { 1 },
        }
    }
    memchr::memchr(quote, bytes)
}

/// Appends the literal, mapped or as written.
fn literal(gate: &Gate, context: Context, written: &str, quote: &str, layer: u8, out: &mut String) -> bool {
    let text = written.replace(&format!("\\{quote}"), quote).replace(&format!("`{quote}"), quote);
    let text = text.replace(&[quote, quote].concat(), quote);
    let mut mapped = String::new();
    let (duty, text) = match searched(gate, &text) {
        Some((duty, attribute, words)) if context.duty.is_none() => {
            mapped.push_str(attribute);
            (Some(duty), words)
        }
        _ => (context.duty, text.as_str()),
    };
    let changed = match duty.map(|duty| (duty, duty.action)) {
        _ if text.is_empty() => false,
        Some((_, Action::Kind(kind))) if context.comparison != Comparison::Whole => {
            part::map(gate, kind, context.comparison, text, layer, &mut mapped)
        }
        Some((duty, _)) => gate.apply(duty, text, layer, &mut mapped),
        None => gate.scan(text, layer, &mut mapped),
    };
    match changed {
        true => out.push_str(&mapped.replace(quote, &[quote, quote].concat())),
        false => out.push_str(written),
    }
    changed
}

/// `"displayName:Ada"` of a `$search`: the duty of the attribute, the attribute with its colon, the words.
fn searched<'t>(gate: &Gate, literal: &'t str) -> Option<(Duty, &'t str, &'t str)> {
    let colon = literal.find(':')?;
    let (attribute, words) = literal.split_at_checked(colon + 1)?;
    duty_of(gate, attribute.trim_end_matches(':')).map(|duty| (duty, attribute, words))
}

/// What the words between two literals say about the next one: the last attribute, the last operator. Words that are
/// neither, as between the items of a list, say nothing new.
fn context_of(gate: &Gate, words: &str, before: Context) -> Context {
    let is_word = |symbol: char| symbol.is_alphanumeric() || "._-".contains(symbol);
    let mut context = before;
    for word in words.split(|symbol| !is_word(symbol)).filter(|word| !word.is_empty()) {
        let plain = word.trim_start_matches('-').to_ascii_lowercase();
        match comparison_of(&plain) {
            Some(comparison) => context.comparison = comparison,
            // `_` is the item of a collection, and so is a variable of one letter (`p:p eq`).
            None if word.starts_with('-') || GRAMMAR.contains(&plain.as_str()) || plain.len() < 2 => {}
            // The next comparison begins: without an operator before the attribute it is a whole one.
            None => {
                let is_function =
                    context.comparison != Comparison::Whole && words.contains('(') && !words.contains(" -");
                let comparison = if is_function { context.comparison } else { Comparison::Whole };
                context = Context { duty: duty_of(gate, word), comparison };
            }
        }
    }
    context
}

fn comparison_of(word: &str) -> Option<Comparison> {
    Some(match word {
        "eq" | "ne" | "in" | "notin" | "ge" | "le" | "gt" | "lt" => Comparison::Whole,
        "startswith" | "notstartswith" => Comparison::Start,
        "endswith" | "notendswith" => Comparison::End,
        "contains" | "notcontains" | "substringof" => Comparison::Part,
        "match" | "notmatch" | "matchespattern" => Comparison::Pattern,
        _ => return None,
    })
}

const GRAMMAR: [&str; 11] = ["and", "or", "not", "any", "all", "true", "false", "null", "tolower", "toupper", "filter"];

/// The duty of an attribute, if it has a row.
fn duty_of(gate: &Gate, name: &str) -> Option<Duty> {
    let key = name.rsplit('.').next().unwrap_or(name);
    // `displayName` has no rule by key; in a rule over users or devices the class says what it is.
    let class = match (key.eq_ignore_ascii_case("displayName"), name.split('.').next().unwrap_or_default()) {
        (true, "device") => "deviceDisplayName",
        (true, "group") => "groupDisplayName",
        (true, _) => "userDisplayName",
        (false, "group") if key.eq_ignore_ascii_case("objectId") => "groupId",
        _ => key,
    };
    let by_key = |name: &str| Some(gate.rules.attribute(name)).filter(|&number| number != NO_KEY);
    let number = by_key(class).or_else(|| by_key(name))?;
    let case = gate.rules.cases(NOWHERE, number).1.iter().find(|case| case.when.is_none())?;
    matches!(case.action, Action::Kind(_)).then_some(Duty { action: case.action, mark: case.mark, ..SCAN })
}

/// Claims the values of `$filter` and `$search` in the URLs of a text.
pub(super) use query::find;

/// Kinds that end in a domain behind an `@`.
fn has_domain(kind: Kind) -> bool {
    matches!(kind, Kind::Upn | Kind::Mail | Kind::ProxyAddress)
}

#[cfg(test)]
#[cfg(not(feature = "gate-off"))]
#[path = "expression/tests.rs"]
mod tests;
