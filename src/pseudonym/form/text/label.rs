//! Labels in a line, and the values behind them.
//!
//! | form | the value ends |
//! |---|---|
//! | `Label : value`, `Label:<tab>value`, `Label . . . : value` alone on a line (dsregcmd, Format-List, ipconfig) | with the line |
//! | `"label":"value"`, also with escaped quotes | at the quote |
//! | `<label>value</label>` | at its end tag |
//! | `[Label value;]` (errors of directory services) | at the semicolon |
//! | `Label: value`, `label=value` in running text | at a delimiter, and it must look like its kind |
//!
//! A label counts only if a row by key types it; prose has none. What running text must show is in [`super::value`].

use memchr::{memchr_iter, memchr2_iter};

use super::desk::Desk;
use super::value::{self, Wrap};
use crate::catalog::{Action, Kind};
use crate::pseudonym::duty::{Duty, SCAN_FILE};

/// Longest label, bytes: `Execution Context Account Distinguished Name`.
pub(super) const LABEL_BYTES_MAX: usize = 48;
/// Most words of a label in running text.
const WORDS_MAX: usize = 4;

/// A value in a line and what is to be done with it.
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) duty: Duty,
    pub(super) wrap: Wrap,
}

/// Room for a label without its punctuation.
pub(super) type Letters = [u8; LABEL_BYTES_MAX];

/// The key that a label stands for: letters and digits only. None when that is the label as it is, or too long or short.
pub(super) fn normalised<'l>(label: &str, letters: &'l mut Letters) -> Option<&'l [u8]> {
    let mut length = 0;
    for byte in label.bytes().filter(u8::is_ascii_alphanumeric) {
        *letters.get_mut(length)? = byte;
        length += 1;
    }
    letters.get(..length).filter(|_| (2..label.len()).contains(&length))
}

/// Whether a value is a word for "nothing" or for its own type, as documents write it.
pub(super) fn stands_for_nothing(value: &str) -> bool {
    const WORDS: [&str; 30] = [
        "string",
        "str",
        "int",
        "int32",
        "int64",
        "bool",
        "boolean",
        "guid",
        "uuid",
        "object",
        "array",
        "true",
        "false",
        "yes",
        "no",
        "null",
        "nil",
        "none",
        "undefined",
        "n/a",
        "not set",
        "not configured",
        "not found",
        "unknown",
        "default",
        "system",
        "(null)",
        "(none)",
        "<null>",
        "[]",
    ];
    let bracketed = |open, close| value.starts_with(open) && value.ends_with(close);
    !value.contains(char::is_alphanumeric)
        || WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
        || bracketed('<', '>')
        || bracketed('%', '%')
        || value.starts_with(['$', '@'])
        || value.starts_with("{{")
        || value.starts_with("System.")
}

const SEPARATOR: u8 = 1;
const MARKUP: u8 = 1 << 1;
const BRACKET: u8 = 1 << 2;
const BACKSLASH: u8 = 1 << 3;

static SIGNS: [u8; 256] = {
    let mut table = [0; 256];
    table[b':' as usize] = SEPARATOR;
    table[b'=' as usize] = SEPARATOR;
    table[b'<' as usize] = MARKUP;
    table[b'[' as usize] = BRACKET;
    table[b'\\' as usize] = BACKSLASH;
    table
};

/// The labelled values of a line, in order, apart from each other.
pub(super) fn find(desk: &Desk<'_, '_>, line: &str) -> Vec<Span> {
    let bytes = line.as_bytes();
    let mut spans: Vec<Span> = Vec::new();
    let signs = bytes.iter().fold(0, |signs, &byte| signs | SIGNS[usize::from(byte)]);
    if signs & SEPARATOR != 0
        && let Some(span) = whole_line(desk, line)
    {
        spans.push(span);
        return spans;
    }
    if signs & MARKUP != 0 {
        spans.extend(memchr_iter(b'<', bytes).filter_map(|at| element(desk, line, at)));
    }
    if signs & BRACKET != 0 {
        spans.extend(memchr_iter(b'[', bytes).filter_map(|at| bracket(desk, line, at)));
    }
    if signs & BACKSLASH != 0 {
        for (start, end) in memchr_iter(b'\\', bytes).filter_map(|at| value::profile(line, at + 1)) {
            let duty = Duty { action: Action::Kind(Kind::Account), ..SCAN_FILE };
            spans.push(Span { start, end, duty, wrap: Wrap::Plain });
        }
    }
    if signs & SEPARATOR != 0 {
        for at in memchr2_iter(b':', b'=', bytes) {
            if spans.iter().all(|span| at < span.start || span.end <= at)
                && let Some(span) = quoted(desk, line, at).or_else(|| running(desk, line, at))
                && spans.iter().all(|other| span.end <= other.start || other.end <= span.start)
            {
                spans.push(span);
            }
        }
    }
    spans.sort_unstable_by_key(|span| span.start);
    spans
}

/// The duty behind a label, if it is more than a scan.
fn typed(desk: &Desk<'_, '_>, label: &str) -> Option<Duty> {
    desk.duty(label, &|_| None).filter(|duty| duty.action != Action::Scan)
}

fn is_label(symbol: char) -> bool {
    symbol.is_ascii_alphanumeric() || " ._-/()#".contains(symbol)
}

/// A line that is one label and its value.
fn whole_line(desk: &Desk<'_, '_>, line: &str) -> Option<Span> {
    let colon = memchr::memchr(b':', line.as_bytes())?;
    let (before, after) = (&line[..colon], &line[colon + 1..]);
    let label = before.trim().trim_end_matches(['.', ' ']);
    let tabular = after.starts_with('\t') || after.starts_with("  ");
    let apart = before.ends_with([' ', '\t']) && after.starts_with([' ', '\t']);
    if !(tabular || apart)
        || !(2..=LABEL_BYTES_MAX).contains(&label.len())
        || !label.starts_with(|first: char| first.is_ascii_alphabetic())
        || !label.chars().all(is_label)
    {
        return None;
    }
    let duty = typed(desk, label)?;
    let start = line.len() - after.trim_start().len();
    let end = line.trim_end().len();
    (start < end && !value::is_code(&line[start..end])).then_some(Span { start, end, duty, wrap: Wrap::Plain })
}

/// `"label" : "value"` around a colon or an equals sign.
fn quoted(desk: &Desk<'_, '_>, line: &str, at: usize) -> Option<Span> {
    let before = line[..at].trim_end();
    let quote = ["\\\"", "\"", "'"].into_iter().find(|quote| before.ends_with(quote))?;
    let head = &before[..before.len() - quote.len()];
    let open = head.rfind(['"', '\''])?;
    let label = head[open + 1..].trim_end_matches('\\');
    let duty = typed(desk, label)?;
    let after = line[at + 1..].trim_start();
    let from = line.len() - after.len();
    if let Some(rest) = after.strip_prefix(quote) {
        let start = line.len() - rest.len();
        let end = start + quoted_end(rest, quote)?;
        let named =
            label.len() > 2 && line[start..end].get(..label.len()).is_some_and(|s| s.eq_ignore_ascii_case(label));
        let wrap = match quote {
            "'" => Wrap::Plain,
            "\"" => Wrap::Json(1),
            _ => Wrap::Json(2),
        };
        let usable =
            start < end && !stands_for_nothing(&line[start..end]) && !(named && line[start..end].ends_with("value"));
        return usable.then_some(Span { start, end, duty, wrap });
    }
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let ends = after[digits..].trim_start().starts_with([',', '}', ']']) || after.len() == digits;
    (digits > 0 && ends).then_some(Span { start: from, end: from + digits, duty, wrap: Wrap::Number })
}

/// Where a quoted text ends: at the same quote, escapes stepped over.
fn quoted_end(text: &str, quote: &str) -> Option<usize> {
    if quote == "\\\"" {
        // In doubly quoted text `\\\"` is an escaped quote, `\"` the end.
        let ends = |at: &usize| !text[..*at].ends_with('\\');
        return text.match_indices(quote).map(|(at, _)| at).find(ends);
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == "\"" => at += 2,
            _ if quote.as_bytes() == [byte] => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// `<label …>value</label>`.
fn element(desk: &Desk<'_, '_>, line: &str, at: usize) -> Option<Span> {
    let rest = &line[at + 1..];
    let length = rest.find(|symbol: char| !symbol.is_ascii_alphanumeric() && !"-_.:".contains(symbol))?;
    let name = &rest[..length];
    let inside = rest.find('>').filter(|&end| length > 0 && !rest[..end].ends_with('/'))?;
    let start = at + 1 + inside + 1;
    let end = start + line[start..].find('<')?;
    let closes = line[end..].strip_prefix("</").and_then(|rest| rest.strip_prefix(name))?;
    let duty = typed(desk, name.rsplit(':').next().unwrap_or(name))?;
    let usable = closes.starts_with('>') && !stands_for_nothing(line[start..end].trim());
    usable.then_some(Span { start, end, duty, wrap: Wrap::Markup })
}

/// `[Label value;]`.
fn bracket(desk: &Desk<'_, '_>, line: &str, at: usize) -> Option<Span> {
    let rest = &line[at + 1..];
    let (label, value) = rest[..rest.find(";]")?].split_once(' ')?;
    let duty = label.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| typed(desk, label)).flatten()?;
    let start = at + 1 + label.len() + 1;
    Some(Span { start, end: start + value.len(), duty, wrap: Wrap::Plain })
}

/// A label and a value in running text.
fn running(desk: &Desk<'_, '_>, line: &str, at: usize) -> Option<Span> {
    let bytes = line.as_bytes();
    let equals = bytes[at] == b'=';
    let next = *bytes.get(at + 1)?;
    if matches!(next, b':' | b'=' | b'>' | b'~' | b'/') || at > 0 && matches!(bytes[at - 1], b':' | b' ' | b'!' | b'<')
    {
        return None;
    }
    let start = at + 1 + bytes[at + 1..].iter().take_while(|&&byte| byte == b' ').count();
    if start == bytes.len() {
        return None;
    }
    let (label, duty) = label_before(desk, &line[..at], if equals { 1 } else { WORDS_MAX })?;
    if duty.action == Action::Scan || !equals && next != b' ' && !value::may_follow_at_once(duty) {
        return None;
    }
    let begins_line = line[..at].trim_start().len() == label.len();
    let length = value::length(duty, label, &line[start..], begins_line && !equals)?;
    Some(Span { start, end: start + length, duty, wrap: Wrap::Plain })
}

/// The longest run of last words that any row knows, and what the row says.
fn label_before<'t>(desk: &Desk<'_, '_>, text: &'t str, words_max: usize) -> Option<(&'t str, Duty)> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let bytes = text.as_bytes();
    let mut found = None;
    let mut at = bytes.len();
    for _ in 0..words_max {
        let start = at - bytes[..at].iter().rev().take_while(|&&byte| is_word(byte)).count();
        if start == at || bytes.len() - start > LABEL_BYTES_MAX {
            break;
        }
        let label = &text[start..];
        found = desk.duty(label, &|_| None).map(|duty| (label, duty)).or(found);
        if start == 0 || bytes[start - 1] != b' ' {
            break;
        }
        at = start - 1;
    }
    found
}

/// The names in a line of a `hosts` file: an address, then a host's names, of which the short ones show nothing by
/// themselves. A line of a log is none: its words are neither the beginning of the first name nor written like a host's.
pub(super) fn host_names(line: &str) -> Vec<Span> {
    let entry = line.split('#').next().unwrap_or_default();
    let mut words = entry.split_ascii_whitespace();
    if words.next().is_none_or(|word| word.parse::<std::net::IpAddr>().is_err()) {
        return Vec::new();
    }
    let names: Vec<&str> = words.collect();
    let label = names.iter().find(|name| name.contains('.')).and_then(|name| name.split('.').next());
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let is_machine = |name: &str| {
        name.bytes().any(|byte| byte.is_ascii_digit() || byte == b'-')
            && !name.bytes().any(|byte| byte.is_ascii_lowercase())
            && name.starts_with(|symbol: char| symbol.is_ascii_uppercase())
    };
    let is_host = |name: &&str| {
        name.contains('.') || is_machine(name) || label.is_some_and(|label| label.eq_ignore_ascii_case(name))
    };
    if names.is_empty() || !names.iter().all(|name| is_plain(name) && is_host(name)) {
        return Vec::new();
    }
    let duty = Duty { action: Action::Kind(Kind::Host), ..SCAN_FILE };
    let (mut spans, mut at) = (Vec::new(), 0);
    for name in names {
        let start = entry[at..].find(name).map_or(at, |step| at + step);
        at = start + name.len();
        if !name.contains('.') {
            spans.push(Span { start, end: at, duty, wrap: Wrap::Plain });
        }
    }
    spans
}
