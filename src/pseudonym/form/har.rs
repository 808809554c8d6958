//! HTTP archives (HAR 1.2): what stands beside its name, and the bodies of messages.
//!
//! Cookies, credentials and tokens go, by the name of their header, parameter or form field. Bodies are cleaned as what
//! their MIME type says, also when they are base64. A body of bytes that are no text is removed, as it cannot be read.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Teach;
use crate::catalog::Action;
use crate::pseudonym::duty::{Duty, SCAN_FILE, named};
use crate::pseudonym::gate::Gate;
use crate::pseudonym::lesson::{Lesson, NameKeys};
use crate::pseudonym::walk::{Here, Manner};

/// The shapes that have rules of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::pseudonym) enum Part {
    /// None of them.
    None,
    /// The rows of a table.
    Rows,
    /// One of them.
    Row,
    /// Objects of a name and a value: headers, parameters.
    Pairs,
    /// Cookies.
    Cookies,
    /// A body and its type.
    Body,
    /// A request or a response.
    Message,
}

impl Part {
    /// The part under a key of an archive.
    pub(in crate::pseudonym) fn of(key: &str, otherwise: Self) -> Self {
        match key {
            "headers" | "queryString" | "params" => Self::Pairs,
            "cookies" => Self::Cookies,
            "postData" | "content" => Self::Body,
            "request" | "response" => Self::Message,
            _ => otherwise,
        }
    }
}

/// What a text in an archive is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::pseudonym) enum Body {
    /// An address with parameters.
    Url,
    /// `application/x-www-form-urlencoded`.
    Fields { is_base64: bool },
    /// JSON, HTML or any other text.
    Text { is_base64: bool },
}

/// Whether the value beside a name is a secret.
pub(in crate::pseudonym) fn is_secret_name(name: &str) -> bool {
    static NAMES: OnceLock<Vec<&str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        include_str!("secret-names.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
    });
    names.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

impl Body {
    /// A body, by its MIME type.
    pub(in crate::pseudonym) fn new(mime: &str, is_base64: bool) -> Self {
        match mime.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            true => Self::Fields { is_base64 },
            false => Self::Text { is_base64 },
        }
    }

    /// Appends the clean body and says whether it changed.
    pub(in crate::pseudonym) fn clean(self, gate: &Gate, value: &str, layer: u8, out: &mut String) -> bool {
        match self {
            Self::Url => clean_url(gate, value, layer, out),
            Self::Fields { is_base64: false } => clean_fields(gate, value, layer, out),
            Self::Text { is_base64: false } => clean_text(gate, value, layer, out),
            Self::Fields { is_base64: true } | Self::Text { is_base64: true } => {
                let decoded = STANDARD.decode(value).ok();
                let Some(bytes) = decoded else { return clean_text(gate, value, layer, out) };
                let mut inner = String::new();
                let changed = match std::str::from_utf8(&bytes) {
                    Ok(text) => self.decoded().clean(gate, text, layer, &mut inner),
                    Err(_) => {
                        inner = gate.removal_mark("binary-body", value);
                        true
                    }
                };
                if changed {
                    STANDARD.encode_string(inner, out);
                }
                changed
            }
        }
    }

    fn decoded(self) -> Self {
        match self {
            Self::Fields { .. } => Self::Fields { is_base64: false },
            _ => Self::Text { is_base64: false },
        }
    }

    /// Gives the typed values of the body.
    pub(in crate::pseudonym) fn learn(self, here: Here<'_>, names: NameKeys, value: &str, teach: &mut Teach<'_>) {
        match self {
            Self::Url => {
                for part in value.split(['?', '#']).skip(1) {
                    learn_fields(here.gate, part, teach);
                }
            }
            Self::Fields { is_base64: false } => learn_fields(here.gate, value, teach),
            Self::Text { is_base64: false } => {
                let manner = Manner { is_file: true, ..Manner::default() };
                let here = Here { text: value, layer: here.layer + 1, manner, ..here };
                // What is no JSON teaches nothing.
                let _ = Lesson::over(here, names, teach).stretch(&[]);
            }
            Self::Fields { is_base64: true } | Self::Text { is_base64: true } => {
                let decoded = STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                if let Some(text) = decoded {
                    self.decoded().learn(here, names, &text, teach);
                }
            }
        }
    }
}

fn clean_text(gate: &Gate, value: &str, layer: u8, out: &mut String) -> bool {
    if let Some(changed) = gate.nested(SCAN_FILE, value, layer, out) {
        return changed;
    }
    let start = out.len();
    let mut changed = false;
    for line in value.split_inclusive('\n') {
        let is_new = gate.scan(line, layer, out);
        if !is_new {
            out.push_str(line);
        }
        changed |= is_new;
    }
    if !changed {
        out.truncate(start);
    }
    changed
}

/// `name=value&name=value`, percent-encoded, a plus for a blank (WHATWG URL §5).
fn clean_fields(gate: &Gate, value: &str, layer: u8, out: &mut String) -> bool {
    let start = out.len();
    let mut changed = false;
    let mut new = String::new();
    for (number, field) in value.split('&').enumerate() {
        if number > 0 {
            out.push('&');
        }
        new.clear();
        let (name, text) = field.split_once('=').unwrap_or(("", field));
        let plain = percent_decoded(text);
        if !plain.is_empty() && gate.apply(duty_of(gate, name), &plain, layer, &mut new) {
            changed = true;
            out.push_str(&field[..field.len() - text.len()]);
            out.extend(url::form_urlencoded::byte_serialize(new.as_bytes()));
        } else {
            out.push_str(field);
        }
    }
    if !changed {
        out.truncate(start);
    }
    changed
}

fn clean_url(gate: &Gate, value: &str, layer: u8, out: &mut String) -> bool {
    let start = out.len();
    let mut changed = false;
    let mut rest = value;
    let mut is_address = true;
    while !rest.is_empty() {
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(end);
        let is_new = match is_address {
            true => gate.scan(part, layer, out),
            false => clean_fields(gate, part, layer, out),
        };
        if !is_new {
            out.push_str(part);
        }
        changed |= is_new;
        is_address = false;
        let mark = usize::from(!tail.is_empty());
        out.push_str(&tail[..mark]);
        rest = &tail[mark..];
    }
    if !changed {
        out.truncate(start);
    }
    changed
}

fn learn_fields(gate: &Gate, value: &str, teach: &mut Teach<'_>) {
    for (name, text) in value.split('&').filter_map(|field| field.split_once('=')) {
        if let Action::Kind(kind) = duty_of(gate, name).action {
            teach.value(kind, &percent_decoded(text));
        }
    }
}

fn duty_of(gate: &Gate, name: &str) -> Duty {
    named(gate, &percent_decoded(name))
}

/// The text of a field; what is no valid UTF-8 shows as U+FFFD.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_sorted_and_found_in_any_case() {
        let names: Vec<&str> = include_str!("secret-names.txt").lines().filter(|line| !line.starts_with('#')).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(is_secret_name("Set-Cookie") && is_secret_name("SAMLResponse") && !is_secret_name("client_id"));
    }

    #[test]
    fn fields_are_decoded_once() {
        assert_eq!(percent_decoded("a%40b+c%2540%zz%"), "a@b c%40%zz%");
    }
}
