//! Segments of paths and parameters of queries.
//!
//! Takes one part as it stands in a URL, decodes its percent escapes, maps what it holds and escapes it again when it was
//! escaped before. Which words stay is listed in `url-words.txt` (lower case, one a line: `path WORD`; `keyed
//! WORD` for collections whose next segment is a key; `word PARAMETER` for parameters whose values are the service's
//! vocabulary; `secret PARAMETER` for credentials).

use std::collections::HashSet;
use std::sync::LazyLock;

use super::url::{REMOVED, nested};
use super::{NotThisKind, Turn, domain, guid, id, mail, sid};
use crate::catalog::Kind;
use crate::pseudonym::canonical::canonical;

/// The rows of `url-words.txt`: list and word.
static WORDS: LazyLock<HashSet<(&'static str, &'static str)>> =
    LazyLock::new(|| include_str!("url-words.txt").lines().filter_map(|line| line.split_once(' ')).collect());

/// Longest number that is no identifier, digits.
const NUMBER_DIGITS_MAX: usize = 6;
const EXTENSION_MAX: usize = 5;

/// Where a segment stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// On one of Microsoft's own hosts.
    pub(super) microsoft: bool,
    /// The segment in front.
    pub(super) before: &'a str,
    /// The first of the path.
    pub(super) first: bool,
}

fn listed(list: &str, word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    WORDS.contains(&(list, word.as_str()))
}

/// Whether a path that begins with this segment is one of the services that are known.
pub(super) fn is_known(first: &str) -> bool {
    listed("path", first)
}

/// One segment of a path.
pub(super) fn segment(raw: &str, place: Place<'_>, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let text = decoded(raw);
    if text.trim().is_empty() || listed("path", &text) || is_number(&text) {
        out.push_str(raw);
        return Ok(());
    }
    let kind = kind_after(place);
    let mut image = String::new();
    if let Some((collection, _)) = text.split_once('(').filter(|_| text.contains('\'')) {
        literals(&text, kind_after(Place { before: collection, ..place }), turn, &mut image)?;
    } else if !identifier(&text, kind, turn, &mut image)? {
        let keyed = listed("keyed", place.before);
        if place.microsoft && !keyed && is_word(&text) {
            image.push_str(&text);
        } else if let Some((stem, extension)) = text.rsplit_once('.').filter(|(stem, ext)| is_file(stem, ext)) {
            turn.name(stem, &mut image)?;
            image.push('.');
            image.push_str(extension);
        } else {
            turn.name(&text, &mut image)?;
        }
    }
    push_encoded(&image, raw, out);
    Ok(())
}

/// One `name=value`.
pub(super) fn parameter(pair: &str, depth: usize, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let Some((name, raw)) = pair.split_once('=') else {
        return segment(pair, Place { microsoft: true, before: "", first: false }, turn, out);
    };
    let key = decoded(name).to_ascii_lowercase();
    out.push_str(name);
    out.push('=');
    let text = decoded(raw);
    if raw.is_empty() || listed("word", &key) || is_number(&text) || matches!(text.as_str(), "true" | "false" | "null")
    {
        out.push_str(raw);
        return Ok(());
    }
    if listed("secret", &key) {
        out.push_str(REMOVED);
        return Ok(());
    }
    let kind = kind_of_parameter(&key);
    let mut image = String::new();
    if matches!(key.as_str(), "$filter" | "$search" | "$expand" | "filter") {
        literals(&text, Kind::PrincipalId, turn, &mut image)?;
    } else if text.contains("://") {
        let start = image.len();
        if nested(&text, depth + 1, turn, &mut image).is_err() {
            image.truncate(start);
            turn.name(&text, &mut image)?;
        }
    } else if !identifier(&text, kind, turn, &mut image)? {
        turn.name(&text, &mut image)?;
    }
    push_encoded(&image, raw, out);
    Ok(())
}

/// Maps a GUID, an address, a SID or a domain; gives `false` when the text is none of them.
fn identifier(text: &str, kind: Kind, turn: &mut dyn Turn, out: &mut String) -> Result<bool, NotThisKind> {
    if guid::parse(text).is_some() {
        return Ok(id::whole_guid(kind, text, turn, out));
    }
    if mail::is_address(text) {
        return mail::mail(text, turn, out).map(|()| true);
    }
    let start = out.len();
    if text.starts_with("S-1-") && sid::sid(text, turn, out).is_ok() {
        return Ok(true);
    }
    out.truncate(start);
    let dotted = text.contains('.') && !is_version(text) && domain::is_domain(text);
    if dotted && domain::readable_labels(&canonical(text)) > 0 {
        return super::walk(Kind::Domain, text, turn, out).map(|()| true);
    }
    Ok(false)
}

/// Maps the quoted literals and the bare GUIDs of an OData expression.
fn literals(text: &str, kind: Kind, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let mut rest = text;
    while let Some(start) = rest.find(['\'', '"']) {
        let (outside, quoted) = rest.split_at(start);
        bare_guids(outside, kind, turn, out)?;
        let (quote, inner) = quoted.split_at(1);
        // A doubled quote stands for itself.
        let mut end = 0;
        while let Some(at) = inner[end..].find(quote) {
            end += at;
            if quote == "\"" || !inner[end + 1..].starts_with(quote) {
                break;
            }
            end += 2;
        }
        let closed = inner[end..].starts_with(quote);
        let literal = if closed { &inner[..end] } else { inner };
        out.push_str(quote);
        let mut image = String::new();
        literal_value(&literal.replace("''", "'"), kind, quote == "\"", turn, &mut image)?;
        out.push_str(&if quote == "'" { image.replace('\'', "''") } else { image });
        if !closed {
            return Ok(());
        }
        out.push_str(quote);
        rest = &inner[end + 1..];
    }
    bare_guids(rest, kind, turn, out)
}

fn literal_value(
    text: &str,
    kind: Kind,
    search: bool,
    turn: &mut dyn Turn,
    out: &mut String,
) -> Result<(), NotThisKind> {
    // `$search="displayName:alice"` names the property inside the quotes.
    let (property, text) = match text.split_once(':').filter(|(property, _)| search && is_word(property)) {
        Some((property, value)) => (Some(property), value),
        None => (None, text),
    };
    if let Some(property) = property {
        out.push_str(property);
        out.push(':');
    }
    let dated =
        text.len() >= 10 && text.starts_with(|c: char| c.is_ascii_digit()) && text.as_bytes().get(4) == Some(&b'-');
    let plain = matches!(text, "" | "true" | "false") || is_number(text);
    if plain || (dated && text.chars().all(|c| c.is_ascii_digit() || "-:.TZ+".contains(c))) {
        out.push_str(text);
        return Ok(());
    }
    if identifier(text, kind, turn, out)? { Ok(()) } else { turn.name(text, out) }
}

fn bare_guids(text: &str, kind: Kind, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    let edge = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    for run in text.split_inclusive(edge) {
        let word = run.strip_suffix(edge).unwrap_or(run);
        if !id::whole_guid(kind, word, turn, out) {
            out.push_str(word);
        }
        out.push_str(&run[word.len()..]);
    }
    Ok(())
}

fn kind_after(place: Place<'_>) -> Kind {
    match place.before.to_ascii_lowercase().as_str() {
        "users" | "userid" | "owners" | "members" | "objectid" | "riskyusers" => Kind::UserId,
        "devices" | "deviceid" => Kind::DeviceId,
        "groups" | "groupid" => Kind::GroupId,
        "serviceprincipals" | "riskyserviceprincipals" => Kind::ServicePrincipalId,
        "applications" | "appid" => Kind::AppId,
        "tenants" | "tenantid" | "organization" => Kind::TenantId,
        "signins" | "directoryaudits" | "provisioning" | "riskdetections" => Kind::RequestId,
        "policies" | "directoryroles" | "roledefinitions" | "subscriptions" | "jobs" => Kind::ConfigId,
        // `login.microsoftonline.com/<tenant>/…`, `sts.windows.net/<tenant>/`.
        _ if place.microsoft && place.first => Kind::TenantId,
        _ => Kind::PrincipalId,
    }
}

fn kind_of_parameter(key: &str) -> Kind {
    match key {
        "client_id" | "appid" | "resource" | "audience" => Kind::AppId,
        "tenant" | "tenantid" | "tid" | "realm" => Kind::TenantId,
        "client-request-id" | "client_request_id" | "correlationid" | "correlation_id" | "request_id" | "sessionid" => {
            Kind::RequestId
        }
        "deviceid" | "device_id" => Kind::DeviceId,
        "groupid" => Kind::GroupId,
        _ => Kind::PrincipalId,
    }
}

fn is_number(text: &str) -> bool {
    text.len() <= NUMBER_DIGITS_MAX && text.bytes().all(|b| b.is_ascii_digit())
}

/// `v1.0`, `2.5`.
fn is_version(text: &str) -> bool {
    text.trim_start_matches('v').bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// A word of a service: a letter or `$`, then letters, digits, `.`, `-`, `_`, perhaps `()`.
fn is_word(text: &str) -> bool {
    let word = text.strip_suffix("()").unwrap_or(text);
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'$'))
        && !word.starts_with("px")
}

fn is_file(stem: &str, extension: &str) -> bool {
    !stem.is_empty()
        && (2..=EXTENSION_MAX).contains(&extension.len())
        && extension.starts_with(|c: char| c.is_ascii_alphabetic())
        && extension.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The text without percent escapes; as it stands when they are none or not UTF-8.
pub(super) fn decoded(raw: &str) -> String {
    let source = raw.as_bytes();
    let mut bytes = Vec::with_capacity(source.len());
    let mut at = 0;
    while let Some(byte) = source.get(at) {
        let pair = source.get(at + 1).zip(source.get(at + 2)).filter(|_| *byte == b'%');
        match pair.and_then(|(high, low)| Some((guid::hex_digit(*high)? << 4) | guid::hex_digit(*low)?)) {
            Some(value) => {
                bytes.push(value);
                at += 3;
            }
            None => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| raw.to_owned())
}

/// Escapes `image` as `raw` was: everything but unreserved characters when `raw` had escapes and no reserved character,
/// else only what would end the part. So escaping the result again changes nothing.
fn push_encoded(image: &str, raw: &str, out: &mut String) {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let strict = raw.contains('%') && raw.bytes().all(|byte| unreserved(byte) || byte == b'%');
    for byte in image.bytes() {
        let ends = !byte.is_ascii_graphic() || matches!(byte, b'#' | b'&' | b'?' | b'/' | b'%' | b'\\');
        if unreserved(byte) || !(strict || ends) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            guid::push_digit(byte >> 4, true, out);
            guid::push_digit(byte & 15, true, out);
        }
    }
}
