//! Regular expressions in rules: what stands in them literally is mapped, the expression around it stays.
//!
//! Takes .NET expressions as far as they are cut here: classes, groups, quantifiers and escapes are copied; runs of
//! literal characters are mapped, domains label by label. The result is an expression again. An unescaped dot between
//! two letters is read as the dot that its author meant. Source:
//! learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference.

use crate::catalog::Kind;
use crate::pseudonym::gate::Gate;

/// Shortest run of digits that may be somebody's number.
const DIGITS_MIN: usize = 4;

/// Appends the expression with its literal runs mapped; false, and nothing, when none is.
pub(super) fn map(gate: &Gate, kind: Kind, pattern: &str, layer: u8, out: &mut String) -> bool {
    let start = out.len();
    let mut changed = false;
    let mut run = String::new();
    let mut rest = pattern;
    while let Some(symbol) = rest.chars().next() {
        let (meta, literal) = piece(rest, symbol, !run.is_empty());
        match literal {
            Some(symbol) => run.push(symbol),
            None => {
                changed |= end_run(gate, kind, &mut run, layer, out);
                out.push_str(&rest[..meta]);
            }
        }
        rest = &rest[meta..];
    }
    changed |= end_run(gate, kind, &mut run, layer, out);
    if !changed {
        out.truncate(start);
    }
    changed
}

/// The length of the next piece, and the character that it stands for, if it stands for one.
fn piece(rest: &str, symbol: char, is_inside: bool) -> (usize, Option<char>) {
    let next = rest[symbol.len_utf8()..].chars().next();
    match symbol {
        '\\' => match next {
            Some(escaped) if ".-_@ '+/".contains(escaped) => (1 + escaped.len_utf8(), Some(escaped)),
            Some(class) => (1 + class.len_utf8(), None),
            None => (1, None),
        },
        '[' => (class_length(rest), None),
        '{' => (rest.find('}').map_or(1, |end| end + 1), None),
        '(' => {
            let flags = rest
                .strip_prefix("(?")
                .map_or(0, |flags| flags.find([':', ')', '>', '=', '!']).map_or(0, |end| end + 2));
            (1 + flags, None)
        }
        '.' if is_inside && next.is_some_and(char::is_alphanumeric) => (1, Some('.')),
        '-' | '_' | '@' | ' ' | '\'' => (1, Some(symbol)),
        _ if symbol.is_alphanumeric() => (symbol.len_utf8(), Some(symbol)),
        _ => (symbol.len_utf8(), None),
    }
}

/// `[^\]a-z]`, brackets included.
fn class_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, symbol) in rest.char_indices().skip(1) {
        match symbol {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ']' if at > 1 => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn end_run(gate: &Gate, kind: Kind, run: &mut String, layer: u8, out: &mut String) -> bool {
    let run = std::mem::take(run);
    let mut mapped = String::new();
    let is_telling =
        run.contains(char::is_alphabetic) || run.chars().filter(char::is_ascii_digit).count() >= DIGITS_MIN;
    let changed = is_telling && mapped_run(gate, kind, &run, layer, &mut mapped);
    let text = if changed { &mapped } else { &run };
    for symbol in text.chars() {
        if ".+(){}[]\\$^*?|#".contains(symbol) {
            out.push('\\');
        }
        out.push(symbol);
    }
    changed
}

fn mapped_run(gate: &Gate, kind: Kind, run: &str, layer: u8, out: &mut String) -> bool {
    let mut one = |kind: Kind, text: &str| {
        if !gate.typed(kind, text, layer, out) {
            out.push_str(text);
        }
    };
    match run.split_once('@') {
        Some((local, domain)) => {
            one(Kind::Account, local);
            out.push('@');
            let mut one = |text: &str| {
                if !gate.typed(Kind::Domain, text, layer, out) {
                    out.push_str(text);
                }
            };
            one(domain);
        }
        None if run.contains('.') && super::has_domain(kind) => one(Kind::Domain, run),
        None => one(kind, run),
    }
    out != run
}
