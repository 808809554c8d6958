//! The readings of a line: as it stands, and as a program would read it.
//!
//! Takes a line and how its file is written, gives every text in it: the strings of JSON without their escapes, again
//! for JSON in a string, texts without percent-encoding, `\u`, character references, and what base64 holds. A decoded
//! reading takes the place of the raw one where that would cut words at the escapes. Depth is bounded.

use super::decode;
use crate::limits::TEXT_LAYERS_MAX;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON or JSON Lines: texts stand in quotes.
    Json,
    /// Any other text.
    Text,
}

/// `@` occurs.
pub(super) const AT: u8 = 1;
/// `.` occurs.
pub(super) const DOT: u8 = 1 << 1;
/// `\` occurs.
pub(super) const BACKSLASH: u8 = 1 << 2;
/// `=` occurs.
pub(super) const EQUALS: u8 = 1 << 3;
const PERCENT: u8 = 1 << 4;
const AMPERSAND: u8 = 1 << 5;
/// A symbol of base64 or base64url.
const SYMBOL: u8 = 1 << 7;

static MARKS: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = match at as u8 {
            b'@' => AT,
            b'.' => DOT,
            b'\\' => BACKSLASH,
            b'=' => EQUALS,
            b'%' => PERCENT,
            b'&' => AMPERSAND,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' => SYMBOL,
            _ => 0,
        };
        at += 1;
    }
    table
};

/// A text and which marks occur in it.
#[derive(Clone, Copy)]
pub struct View<'t> {
    /// The text.
    pub text: &'t str,
    marks: u8,
}

impl View<'_> {
    /// Whether one of the marks occurs.
    pub(super) fn has(&self, marks: u8) -> bool {
        self.marks & marks != 0
    }
}

/// Gives every reading of a line.
pub fn each(line: &str, form: Form, give: &mut dyn FnMut(View<'_>)) {
    match form {
        Form::Json => strings(line, 0, give),
        Form::Text => climb(line, 0, give),
    }
}

/// The texts between quotes, and those between strings: a line that is no JSON is seen whole too.
fn strings(line: &str, depth: u8, give: &mut dyn FnMut(View<'_>)) {
    let bytes = line.as_bytes();
    let (mut start, mut at, mut escaped) = (0, 0, false);
    loop {
        let step = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest));
        let end = step.map_or(bytes.len(), |step| at + step);
        if bytes.get(end) == Some(&b'\\') {
            escaped = true;
            at = end + 2;
            continue;
        }
        // Quote and backslash are ASCII, so the slice is between characters.
        let text = line.get(start..end).unwrap_or_default();
        if escaped {
            match serde_json::from_str::<String>(line.get(start.saturating_sub(1)..end + 1).unwrap_or_default()) {
                Ok(text) => climb(&text, depth, give),
                Err(_) => climb(text, depth, give),
            }
        } else if text.len() > 2 {
            climb(text, depth, give);
        }
        if end >= bytes.len() {
            return;
        }
        (start, at, escaped) = (end + 1, end + 1, false);
    }
}

type Decoder = fn(&str) -> Option<String>;

/// A text and its readings.
fn climb(text: &str, depth: u8, give: &mut dyn FnMut(View<'_>)) {
    let (mut marks, mut run, mut longest) = (0, 0_usize, 0);
    for byte in text.bytes() {
        let mark = MARKS[usize::from(byte)];
        marks |= mark;
        run = if mark & SYMBOL != 0 { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let deeper = depth < TEXT_LAYERS_MAX;
    let is_coded = marks & (PERCENT | AMPERSAND | BACKSLASH) != 0;
    if deeper && is_coded && is_json(text) {
        return strings(text, depth + 1, give);
    }
    if deeper && longest >= decode::BASE64_SYMBOLS_MIN && !is_guid(text) {
        open_base64(text, depth, give);
    }
    if deeper && is_coded {
        let rungs: [(u8, Decoder); 3] =
            [(PERCENT, decode::percent), (AMPERSAND, decode::reference), (BACKSLASH, decode::unicode)];
        let decoded = rungs.into_iter().filter(|(mark, _)| marks & mark != 0).find_map(|(_, decode)| decode(text));
        if let Some(decoded) = decoded {
            return climb(&decoded, depth + 1, give);
        }
        if let Some(decoded) = decode::backslash(text).filter(|_| marks & BACKSLASH != 0) {
            climb(&decoded, depth + 1, give);
        }
    }
    give(View { text, marks });
}

/// JSON in a string. JSON without escapes in it reads the same as a text.
fn is_json(text: &str) -> bool {
    text.trim_ascii_start().starts_with(['{', '[', '"']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// A GUID with dashes is a run of symbols too, and the commonest one.
fn is_guid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    text.len() == 36 && text.bytes().enumerate().all(|(at, byte)| byte == b'-' || !dashes.contains(&at))
}

/// Every run of symbols, whole and, as `/` also separates paths, in parts.
fn open_base64(text: &str, depth: u8, give: &mut dyn FnMut(View<'_>)) {
    let is_symbol = |symbol: char| symbol.is_ascii() && MARKS[symbol as usize & 0x7f] & SYMBOL != 0;
    for run in text.split(|symbol| !is_symbol(symbol)) {
        let whole = (run.len() >= decode::BASE64_SYMBOLS_MIN).then_some(run);
        let parts = run.split('/').filter(|part| part.len() >= decode::BASE64_SYMBOLS_MIN && part.len() < run.len());
        for part in whole.into_iter().chain(parts) {
            if let Some(decoded) = decode::base64(part) {
                climb(&decoded, depth + 1, give);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str, form: Form) -> Vec<String> {
        let mut all = Vec::new();
        each(line, form, &mut |view| all.push(view.text.to_owned()));
        all
    }

    #[test]
    fn a_text_is_seen_however_it_is_wrapped() {
        for line in [
            r#"{"a":"ada@x.test"}"#,
            r#"{"a":"ada\u0040x.test"}"#,
            r#"{"a":"{\"b\":\"ada@x.test\"}"}"#,
            r#"{"a":"{\"b\":\"{\\\"c\\\":\\\"ada@x.test\\\"}\"}"}"#,
            r#"{"a":"ada%40x.test"}"#,
            r#"{"a":"ada%2540x.test"}"#,
            r#"{"a":"ada&#64;x.test"}"#,
            r#"{"a":"ada\\u0040x.test"}"#,
            r#"{"a":"YWRhQHgudGVzdAphZGFAeC50ZXN0CmFkYUB4LnRlc3Q="}"#,
            r#"{"a":"https://h/p/YWRhQHgudGVzdAphZGFAeC50ZXN0CmFkYUB4LnRlc3Q?q"}"#,
            r#"{"ada@x.test":1}"#,
            r#"broken " ada@x.test"#,
        ] {
            let all = texts(line, Form::Json);
            assert!(all.iter().any(|text| text.contains("ada@x.test")), "{line}: {all:?}");
        }
    }

    #[test]
    fn escapes_never_stick_to_words() {
        assert_eq!(texts(r#""one\nada@x.test""#, Form::Json), ["one\nada@x.test"]);
        assert_eq!(texts("q%3Dada%40x.test", Form::Text), ["q=ada@x.test"]);
    }

    #[test]
    fn depth_is_bounded() {
        let mut text = "ada@x.test".to_owned();
        for _ in 0..12 {
            text = serde_json::to_string(&text).unwrap();
        }
        assert!(!texts(&text, Form::Json).is_empty());
    }
}
