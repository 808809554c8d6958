//! What a value in running text must look like to belong to its label.
//!
//! Documents and source text are full of `domain: the name of …` and `alias = value;`. There a value counts only if its
//! characters show its kind, or if the label is so telling (three words: `AdConnectorUserName`) that nothing else can
//! stand behind it.

use std::net::IpAddr;

use super::desk::Desk;
use super::label::stands_for_nothing;
use crate::catalog::{Action, Kind};
use crate::json::{escape_into, unescape};
use crate::pseudonym::duty::Duty;
use crate::pseudonym::form::xml;
use crate::pseudonym::map::{guid, reads_as_host};

/// Words of a label that speak for themselves.
const TELLING_WORDS: usize = 3;
/// Shortest anchor in base64, characters: 14 bytes.
const ANCHOR_BYTES_MIN: usize = 20;
/// Most words of a person's name in running text.
const NAME_WORDS_MAX: usize = 4;

/// How a value is written in its line.
#[derive(Clone, Copy)]
pub(super) enum Wrap {
    /// As it is.
    Plain,
    /// Inside JSON quotes, so many deep.
    Json(u8),
    /// A JSON number, which becomes a string.
    Number,
    /// Between tags.
    Markup,
}

impl Wrap {
    /// Does the duty on a value that is wrapped so.
    pub(super) fn treat(self, desk: &mut Desk<'_, '_>, duty: Duty, value: &str, layer: u8, out: &mut String) -> bool {
        match self {
            Self::Plain => desk.value(duty, value, layer, out),
            Self::Markup => match xml::decode(value) {
                Some(text) => {
                    let mut clean = String::new();
                    let changed = desk.value(duty, &text, layer, &mut clean);
                    if changed {
                        xml::encode(&clean, value, None, out);
                    }
                    changed
                }
                None => desk.scan(value, layer, out),
            },
            Self::Json(depth) => json(desk, depth, duty, value, layer, out),
            Self::Number => {
                let mut clean = String::new();
                let changed = desk.value(duty, value, layer, &mut clean);
                if changed {
                    out.extend(["\"", &clean, "\""]);
                }
                changed
            }
        }
    }
}

/// A value inside quotes: unescaped as often as it is wrapped, and escaped again.
fn json(desk: &mut Desk<'_, '_>, depth: u8, duty: Duty, value: &str, layer: u8, out: &mut String) -> bool {
    let mut text = value.to_owned();
    for _ in 0..depth {
        match unescape(text.as_bytes()) {
            Ok(inner) => text = inner.into_owned(),
            Err(_) => return desk.scan(value, layer, out),
        }
    }
    let mut clean = String::new();
    if !desk.value(duty, &text, layer, &mut clean) {
        return false;
    }
    for _ in 0..depth {
        let mut bytes = Vec::with_capacity(clean.len() + 8);
        escape_into(&clean, &mut bytes);
        clean = String::from_utf8(bytes).unwrap_or_default();
    }
    out.push_str(&clean);
    true
}

/// Whether a value may stand right behind a colon: `azureADId:<guid>`, not `host:port` or `C:\`.
pub(super) fn may_follow_at_once(duty: Duty) -> bool {
    matches!(duty.action, Action::Kind(kind) if is_id(kind))
}

/// Whether a value alone on its line is rather source text.
pub(super) fn is_code(value: &str) -> bool {
    value.ends_with(['{', '(', ';'])
        || value.contains("=>")
        || value.contains("::")
        || stands_for_nothing(value.trim_end_matches(','))
}

fn is_id(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::UserId
            | Kind::DeviceId
            | Kind::PrincipalId
            | Kind::GroupId
            | Kind::ServicePrincipalId
            | Kind::AppId
            | Kind::TenantId
            | Kind::ConfigId
            | Kind::RequestId
    )
}

/// The length of the value at the start of a text; none when nothing there looks like it.
pub(super) fn length(duty: Duty, label: &str, text: &str, to_line_end: bool) -> Option<usize> {
    let Action::Kind(kind) = duty.action else { return None };
    let value = match kind {
        Kind::Name | Kind::OrgName | Kind::Place | Kind::Job => phrase(text, to_line_end),
        _ => token(text),
    };
    (!value.is_empty() && !stands_for_nothing(value) && looks_like(kind, label, value)).then_some(value.len())
}

/// Up to white space or a delimiter, without the full stop of the sentence.
fn token(text: &str) -> &str {
    let is_end = |symbol: char| symbol.is_whitespace() || ",;()[]\"'<>|`".contains(symbol);
    let token = &text[..text.find(is_end).unwrap_or(text.len())];
    let called = text[token.len()..].starts_with(['(', '[', '<']);
    if called { "" } else { token.trim_end_matches(['.', ':', '/']) }
}

/// Several words, up to a delimiter or the next label.
fn phrase(text: &str, to_line_end: bool) -> &str {
    let is_letter = |symbol: Option<char>| symbol.is_some_and(char::is_alphabetic);
    // `O'Brien`: an apostrophe.
    let in_word = |at: usize| is_letter(text[..at].chars().next_back()) && is_letter(text[at + 1..].chars().next());
    let is_end = |&(at, symbol): &(usize, char)| match symbol {
        ',' => !to_line_end,
        '\'' => !in_word(at),
        _ => "\t;()[]\"<>|`={}".contains(symbol),
    };
    let end = text.char_indices().find(is_end).map_or(text.len(), |(at, _)| at);
    // `O&apos;Brien`: read when the reference is undone.
    if text[end..].starts_with(';') && text[..end].rfind('&') > text[..end].rfind(' ') {
        return "";
    }
    let end = if text[end..].starts_with('=') { text[..end].rfind(' ').unwrap_or(0) } else { end };
    let end = text[..end].find("  ").unwrap_or(end);
    text[..end].trim_end().trim_end_matches(['.', ','])
}

fn looks_like(kind: Kind, label: &str, value: &str) -> bool {
    match kind {
        _ if is_id(kind) => guid::parse(value).is_some() || value.starts_with("S-1-"),
        // Of some anchors only the ending shows what they are.
        Kind::ImmutableId => guid::parse(value).is_some() || value.len() >= ANCHOR_BYTES_MIN && value.ends_with("=="),
        Kind::Upn | Kind::Mail => {
            is_address(value) || kind == Kind::Upn && value.contains('\\') && is_account(label, value)
        }
        Kind::Sid => value.starts_with("S-1-"),
        Kind::Ip => value.parse::<IpAddr>().is_ok(),
        Kind::Puid => value.len() == 16 && is_hex(value),
        Kind::Thumbprint => value.len() >= 32 && is_hex(value),
        Kind::Serial => value.len() >= 5 && has_digit(value) && is_plain(value),
        Kind::EmployeeId => has_digit(value) && is_plain(value) && value.len() >= 4,
        Kind::Domain | Kind::Host => is_machine(label, value),
        Kind::Account | Kind::DomainUser => is_address(value) || is_account(label, value),
        Kind::Name => is_name(value),
        Kind::OrgName => is_telling(label) && is_name(value),
        _ => false,
    }
}

fn is_address(value: &str) -> bool {
    value
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
}

fn is_hex(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn has_digit(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
}

/// Characters of names and numbers, none of expressions.
fn is_plain(value: &str) -> bool {
    value.chars().all(|symbol| symbol.is_alphanumeric() || "-_.$".contains(symbol))
}

/// Written in capitals, or with a digit or a hyphen, as machines and service accounts are; an identifier of a programming
/// language is not.
fn is_marked(value: &str) -> bool {
    let capitals = value.len() >= 3
        && value.bytes().any(|byte| byte.is_ascii_uppercase())
        && !value.bytes().any(|byte| byte.is_ascii_lowercase());
    is_plain(value)
        && value.starts_with(char::is_alphanumeric)
        && (capitals && !value.contains('_')
            || has_digit(value) && value.contains(['-', '_', '$'])
            || value.ends_with('$'))
}

/// A variable's name rather than a value: `userName`, `user.name`.
fn is_identifier(value: &str) -> bool {
    let humps = value.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    humps
        || stands_for_nothing(value)
        || matches!(value, "name" | "self" | "this" | "value" | "user" | "host" | "domain")
}

fn is_telling(label: &str) -> bool {
    let bytes = label.as_bytes();
    let starts = (1..bytes.len()).filter(|&at| {
        let (last, this) = (bytes[at - 1], bytes[at]);
        let next = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        !last.is_ascii_alphanumeric() && this.is_ascii_alphanumeric()
            || this.is_ascii_uppercase() && (last.is_ascii_lowercase() || last.is_ascii_uppercase() && next)
    });
    starts.count() + 1 >= TELLING_WORDS
}

fn is_machine(label: &str, value: &str) -> bool {
    let name = value.trim_start_matches('\\').rsplit_once(':').map_or(value, |(name, _)| name);
    if name.contains('.') {
        return reads_as_host(name, false) || is_telling(label) && is_plain(name) && !is_identifier(name);
    }
    is_marked(name) || is_telling(label) && is_plain(name) && !is_identifier(name)
}

fn is_account(label: &str, value: &str) -> bool {
    let name = value.rsplit('\\').next().unwrap_or(value);
    let plain = is_plain(name) && !name.is_empty() && value.matches('\\').count() <= 1;
    plain
        && (value.contains('\\') && value.len() > name.len() + 1
            || is_marked(name)
            || is_telling(label) && !is_identifier(name))
}

/// Two to four words that begin with capitals: `Ada Field`, `Field, Ada (Crew)`.
fn is_name(value: &str) -> bool {
    let words: Vec<&str> = value.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let is_word = |word: &&str| {
        word.starts_with(char::is_uppercase)
            && word.chars().all(|symbol| symbol.is_alphabetic() || "-'.".contains(symbol))
    };
    (2..=NAME_WORDS_MAX).contains(&words.len()) && words.iter().all(is_word)
}

/// Whether a text is a dotted number that its key declares to be a version or an object identifier, not an address.
pub(in crate::pseudonym::form) fn is_number_of(key: &str, text: &str) -> bool {
    const ENDINGS: [&str; 6] = ["version", "syntax", "oid", "build", "attributeid", "governsid"];
    let text = text.trim();
    text.contains('.')
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && ENDINGS.iter().any(|ending| {
            key.len()
                .checked_sub(ending.len())
                .and_then(|at| key.get(at..))
                .is_some_and(|end| end.eq_ignore_ascii_case(ending))
        })
}

/// The owner's folder in a path below `Users`, as a span of the line: `…\Users\afield\AppData`.
pub(super) fn profile(line: &str, users: usize) -> Option<(usize, usize)> {
    const SHARED: [&str; 12] = [
        "public",
        "default",
        "default user",
        "all users",
        "administrator",
        "username",
        "user",
        "user name",
        "yourname",
        "your_username",
        "appdata",
        "defaultapppool",
    ];
    const FOLDER: &str = "Users\\";
    let head = line.get(users..users + FOLDER.len())?;
    if !head.eq_ignore_ascii_case(FOLDER) || !line[..users].ends_with('\\') {
        return None;
    }
    let rest = line[users + FOLDER.len()..].trim_start_matches('\\');
    let start = line.len() - rest.len();
    let is_end = |symbol: char| "\\/\"'<>|;,:*?)]".contains(symbol) || symbol.is_control();
    let end = rest.find(is_end).unwrap_or(rest.len());
    let name =
        if rest[end..].starts_with('\\') { &rest[..end] } else { rest[..end].split(' ').next()?.trim_end_matches('.') };
    let usable =
        !name.is_empty() && !stands_for_nothing(name) && !SHARED.iter().any(|word| word.eq_ignore_ascii_case(name));
    usable.then_some((start, start + name.len()))
}
