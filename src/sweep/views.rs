//! The readings of a line: as it stands, and as a program would read it.
//!
//! Takes a line and how its file is written, gives every text in it: the strings of JSON without their escapes, again
//! for JSON in a string, texts without percent-encoding, `\u`, character references, and what base64 holds. A decoded
//! reading takes the place of the raw one where that would cut words at the escapes. Depth is bounded.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{bytes, decode};
use crate::limits::TEXT_LAYERS_MAX;

/// Shortest base64 text that is opened when it ends in `=`, symbols.
const PADDED_MIN: usize = 7;
/// Shortest text with six bytes in hexadecimal.
const HEX_BYTES_MIN: usize = 12;

/// Shortest pseudonym of a name behind its `px`, symbols.
const TOKEN_SYMBOLS_MIN: usize = 12;

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
/// A byte beyond ASCII.
const BEYOND: u8 = 1 << 6;
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
            0x80.. => BEYOND,
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
    /// What speaks against chance when the text came out of encoded bytes ([`bytes::evidence`]).
    evidence: u32,
}

impl View<'_> {
    /// Whether one of the marks occurs.
    pub(super) fn has(&self, marks: u8) -> bool {
        self.marks & marks != 0
    }

    /// Whether the text was read as such, or has as many bits of evidence that it is one.
    pub(super) fn is_meant(&self, bits: u32) -> bool {
        self.evidence >= bits
    }
}

/// Where a reading stands: how many layers were taken off, and what speaks against chance in the weakest of them.
#[derive(Clone, Copy)]
struct Rung {
    depth: u8,
    evidence: u32,
}

impl Rung {
    const GROUND: Self = Self { depth: 0, evidence: u32::MAX };

    fn up(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

/// Gives every reading of a line.
pub fn each(line: &str, form: Form, give: &mut dyn FnMut(View<'_>)) {
    match form {
        Form::Json => strings(line, Rung::GROUND, give),
        Form::Text => climb(line, Rung::GROUND, give),
    }
}

/// Gives every reading of a text that a line holds ([`each_text`]).
pub(super) fn readings(text: &str, give: &mut dyn FnMut(View<'_>)) {
    climb(text, Rung::GROUND, give);
}

fn strings(line: &str, rung: Rung, give: &mut dyn FnMut(View<'_>)) {
    each_text(line, &mut |text| climb(text, rung, give));
}

/// The texts between quotes, and those between strings: a line that is no JSON is seen whole too.
#[inline]
pub(super) fn each_text(line: &str, give: &mut dyn FnMut(&str)) {
    let mut texts = Texts::new(line);
    while texts.next(give) {}
}

/// The texts of a line, one by one.
pub(super) struct Texts<'l> {
    line: &'l str,
    /// Where the next one begins: behind a quote, unless it is the first. Beyond the line: there is none.
    start: usize,
}

impl<'l> Texts<'l> {
    pub(super) fn new(line: &'l str) -> Self {
        Self { line, start: 0 }
    }

    /// The quote that the next text stands behind; none before the first and behind the last.
    #[inline]
    pub(super) fn quote(&self) -> Option<usize> {
        self.start.checked_sub(1).filter(|&quote| quote < self.line.len())
    }

    /// Goes on at a quote, or at the end of the line.
    #[inline]
    pub(super) fn skip_to(&mut self, quote: usize) {
        self.start = quote + 1;
    }

    /// Where the texts so far end: at the next quote or the end of the line.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.quote().unwrap_or(self.line.len())
    }

    /// Gives the next text, if it is long enough to hold anything. False: that was the last.
    #[inline]
    pub(super) fn next(&mut self, give: &mut dyn FnMut(&str)) -> bool {
        let bytes = self.line.as_bytes();
        let (mut at, mut escaped) = (self.start, false);
        let end = loop {
            let step = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest));
            let end = step.map_or(bytes.len(), |step| at + step);
            if bytes.get(end) != Some(&b'\\') {
                break end;
            }
            escaped = true;
            at = end + 2;
        };
        // Quote and backslash are ASCII, so the slice is between characters.
        let text = self.line.get(self.start..end).unwrap_or_default();
        if escaped {
            let quoted = self.line.get(self.start.saturating_sub(1)..end + 1).unwrap_or_default();
            match serde_json::from_str::<String>(quoted) {
                Ok(text) => give(&text),
                Err(_) => give(text),
            }
        } else if text.len() > 2 {
            give(text);
        }
        self.start = end + 1;
        end < bytes.len()
    }
}

type Decoder = fn(&str) -> Option<String>;

/// A text and its readings.
fn climb(text: &str, rung: Rung, give: &mut dyn FnMut(View<'_>)) {
    // An id and nothing else holds nothing but itself.
    if is_guid(text) {
        return give(View { text, marks: SYMBOL, evidence: rung.evidence });
    }
    let (mut marks, mut run, mut longest) = (0, 0_usize, 0);
    for byte in text.bytes() {
        let mark = MARKS[usize::from(byte)];
        marks |= mark;
        run = if mark & SYMBOL != 0 { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let deeper = rung.depth < TEXT_LAYERS_MAX;
    let is_coded = marks & (PERCENT | AMPERSAND | BACKSLASH) != 0;
    if deeper && is_coded && is_json(text) {
        return strings(text, rung.up(), give);
    }
    if deeper
        && marks & BEYOND != 0
        && let Some(visible) = decode::visible(text)
    {
        return climb(&visible, rung.up(), give);
    }
    let opens = |opened: &[u8], give: &mut dyn FnMut(View<'_>)| {
        bytes::open(opened, 0, &mut |text| {
            let evidence = rung.evidence.min(bytes::evidence(text));
            climb(text, Rung { evidence, ..rung.up() }, give);
        });
    };
    if deeper && (longest >= decode::BASE64_SYMBOLS_MIN || marks & EQUALS != 0 && longest >= PADDED_MIN) {
        each_base64(text, &mut |opened| opens(opened, give));
    }
    if deeper && text.len() >= HEX_BYTES_MIN && text.bytes().any(|byte| byte.is_ascii_digit()) {
        bytes::each_hex(text, &mut |opened| opens(opened, give));
    }
    cloud_ids(text, give);
    if deeper
        && marks & EQUALS != 0
        && let Some(decoded) = decode::quoted_printable(text)
    {
        climb(&decoded, rung.up(), give);
    }
    if deeper && is_coded {
        let rungs: [(u8, Decoder); 3] =
            [(PERCENT, decode::percent), (AMPERSAND, decode::reference), (BACKSLASH, decode::unicode)];
        let decoded = rungs.into_iter().filter(|(mark, _)| marks & mark != 0).find_map(|(_, decode)| decode(text));
        if let Some(decoded) = decoded {
            return climb(&decoded, rung.up(), give);
        }
        // These look like paths, so the text as it stands is looked at too.
        for decode in [decode::backslash as Decoder, decode::octets] {
            if let Some(decoded) = decode(text).filter(|_| marks & BACKSLASH != 0) {
                climb(&decoded, rung.up(), give);
            }
        }
    }
    give(View { text, marks, evidence: rung.evidence });
}

/// Made once: making it costs more than searching a text.
static CLOUD_SID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("S-1-12-1-"));

/// The object ids in `S-1-12-1-a-b-c-d`, with dashes.
fn cloud_ids(text: &str, give: &mut dyn FnMut(View<'_>)) {
    for at in CLOUD_SID.find_iter(text.as_bytes()) {
        let numbers = text
            .get(at + CLOUD_SID.needle().len()..)
            .unwrap_or_default()
            .split(|symbol: char| !symbol.is_ascii_digit());
        let numbers = numbers.take(4).map(str::parse::<u32>).collect::<Result<Vec<_>, _>>().unwrap_or_default();
        let octets: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
        if octets.len() == 16 {
            bytes::open(&octets, 0, &mut |text| give(View { text, marks: 0, evidence: u32::MAX }));
        }
    }
}

/// JSON in a string. JSON without escapes in it reads the same as a text.
fn is_json(text: &str) -> bool {
    text.trim_ascii_start().starts_with(['{', '[', '"']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// A GUID with dashes is a run of symbols too, and the commonest one.
pub(super) fn is_guid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    let is_part = |(at, byte): (usize, u8)| if dashes.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(is_part)
}

/// A word that is written as pseudonyms are: `px` and nothing but small letters and digits. As base64 it would begin with
/// the byte A7, which begins no text. Of the texts of a bundle that are never the same twice most are these; without
/// opening them the check takes 54 instead of 64 instructions a byte of sign-ins.
fn is_token(run: &str) -> bool {
    run.strip_prefix("px").is_some_and(|rest| {
        rest.len() >= TOKEN_SYMBOLS_MIN && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// The run that was broken into lines of one length (MIME: 76 symbols, PEM: 64), without the breaks, and where it ends.
/// What stands across a break can only be read so.
fn unwrapped(source: &[u8], start: usize, width: usize) -> Option<(String, usize)> {
    let is_symbol = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let line = |at: usize| source.get(at..).map_or(0, |rest| rest.iter().take_while(|byte| is_symbol(byte)).count());
    let breaks: [&[u8]; 4] = [b"\r\n", b"\n", b"\\r\\n", b"\\n"];
    if !(64..=76).contains(&width) {
        return None;
    }
    let mut joined = source.get(start..start + width)?.to_vec();
    let mut end = start + width;
    loop {
        let rest = source.get(end..).unwrap_or_default();
        let Some(next) = breaks.iter().find(|one| rest.starts_with(one)).map(|one| end + one.len()) else { break };
        let length = line(next);
        joined.extend_from_slice(source.get(next..next + length.min(width))?);
        if length == 0 || length > width {
            break;
        }
        end = next + length;
        if length < width {
            break;
        }
    }
    (end > start + width).then(|| String::from_utf8(joined).ok().map(|joined| (joined, end))).flatten()
}

/// Every run of symbols, whole and, as `/`, `-` and `_` also separate words, in parts; and a JSON object at its end.
fn each_base64(text: &str, open: &mut dyn FnMut(&[u8])) {
    let is_symbol = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    let source = text.as_bytes();
    let mut at = 0;
    while let Some(step) = source.get(at..).and_then(|rest| rest.iter().position(|byte| is_symbol(*byte))) {
        let start = at + step;
        let length = source.get(start..).map_or(0, |rest| rest.iter().take_while(|byte| is_symbol(**byte)).count());
        at = start + length;
        let is_padded = source.get(at) == Some(&b'=');
        let least = if is_padded { PADDED_MIN } else { decode::BASE64_SYMBOLS_MIN };
        let run = text.get(start..at).unwrap_or_default();
        if length < least || is_guid(run) || is_token(run) {
            continue;
        }
        if let Some((joined, end)) = unwrapped(source, start, length) {
            at = end;
            if let Some(bytes) = decode::base64(&joined) {
                open(&bytes);
            }
            continue;
        }
        let parts = run.split(['/', '-', '_']).filter(|part| part.len() >= least && part.len() < run.len());
        let object = run.find("eyJ").filter(|at| *at > 0).and_then(|at| run.get(at..));
        for part in [run].into_iter().chain(parts).chain(object) {
            if let Some(bytes) = decode::base64(part) {
                open(&bytes);
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
            r#"{"a":"ada=40x.test"}"#,
            r#"{"a":"616461 6164614078 6164614078.test 61646140782e74657374"}"#,
            r#"{"a":"61-64-61-40-78-2E-74-65-73-74"}"#,
            r#"{"a":"state-eyJhIjoiYWRhQHgudGVzdCJ9"}"#,
            r#"{"a":"YWRhQHgudGVzdA=="}"#,
            r#"{"a":"ada\40x.test"}"#,
            "{\"a\":\"ada@\u{200b}x.test\"}",
            r#"{"a":"QWxsIHRoZSB3b3JkcyB0aGF0IHN0YW5kIGluIGZyb250IG9mIGl0IGFyZSBwYWRkaW5nIGFkYUB4\nLnRlc3Qgc2FpZA=="}"#,
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
