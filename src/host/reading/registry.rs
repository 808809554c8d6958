//! Registry exports (`.reg`, `REGEDIT4`) and the output of `reg query`.
//!
//! Gives `{"key","name","type","value"}` per value; a key without values is `{"key"}`, so that what is there can be told
//! from what is not. Text types are decoded, numbers are numbers, binary is hexadecimal.
//! Source: learn.microsoft.com/troubleshoot/windows-server/performance/use-reg-file;
//! learn.microsoft.com/windows/win32/sysinfo/registry-value-types.

use serde_json::{Map, Value};

use super::out::Out;
use super::{Read, binary};
use crate::limits::{HOST_RECORD_BYTES_MAX, HOST_TEXT_BYTES_MAX};
use crate::record::RawStretch;

/// The types by their number in `hex(n)`.
const TYPES: [&str; 12] = [
    "REG_NONE",
    "REG_SZ",
    "REG_EXPAND_SZ",
    "REG_BINARY",
    "REG_DWORD",
    "REG_DWORD_BIG_ENDIAN",
    "REG_LINK",
    "REG_MULTI_SZ",
    "REG_RESOURCE_LIST",
    "REG_FULL_RESOURCE_DESCRIPTOR",
    "REG_RESOURCE_REQUIREMENTS_LIST",
    "REG_QWORD",
];

#[derive(Default)]
struct Registry {
    key: Option<(u64, String)>,
    /// Whether a value of the key was given.
    has_values: bool,
    /// A value whose data goes on in the next line.
    open: Option<Open>,
}

/// A value whose data goes on.
struct Open {
    line: u64,
    entry: String,
    /// It is a string that was not closed; else bytes, whose last line does not end with a backslash.
    is_string: bool,
}

impl Registry {
    fn close_key(&mut self, out: &mut Out<'_>) {
        if let Some((line, key)) = self.key.take().filter(|_| !self.has_values) {
            out.record(line, Map::from_iter([("key".to_owned(), Value::from(key))]));
        }
    }

    fn begin_key(&mut self, line: u64, key: &str, out: &mut Out<'_>) {
        self.close_key(out);
        (self.key, self.has_values) = (Some((line, key.to_owned())), false);
    }

    fn give(&mut self, line: u64, name: String, kind: &str, value: Value, out: &mut Out<'_>) {
        let key = self.key.as_ref().map_or("", |(_, key)| key);
        let members = [("key", Value::from(key)), ("name", Value::from(name)), ("type", Value::from(kind))];
        let mut record = Map::from_iter(members.map(|(key, value)| (key.to_owned(), value)));
        match value {
            Value::Object(members) => record.extend(members),
            value => {
                record.insert("value".to_owned(), value);
            }
        }
        self.has_values = true;
        out.record(line, record);
    }

    fn line(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        if let Some(mut open) = self.open.take() {
            open.entry.push('\n');
            open.entry.push_str(text);
            let most = if open.is_string { HOST_TEXT_BYTES_MAX } else { HOST_RECORD_BYTES_MAX };
            let goes_on = if open.is_string { !has_quote(text) } else { text.trim_end().ends_with('\\') };
            match (open.entry.len() < most, goes_on) {
                (false, _) => out.unknown_lines(open.line, &open.entry),
                (true, true) => self.open = Some(open),
                (true, false) => self.entry(open.line, open.entry, out),
            }
            return;
        }
        let inner = text.strip_prefix('[').and_then(|rest| rest.trim_end().strip_suffix(']'));
        if let Some(key) = inner {
            self.begin_key(line, key, out);
        } else if text.starts_with(['"', '@']) {
            self.entry(line, text.to_owned(), out);
        } else if text.starts_with("HKEY_") {
            self.begin_key(line, text.trim_end(), out);
        } else if let Some((name, kind, value)) = queried(text) {
            let number = value.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok());
            let value = match kind {
                "REG_DWORD" | "REG_QWORD" => number.map_or_else(|| Value::from(value), Value::from),
                "REG_MULTI_SZ" => value.split("\\0").filter(|text| !text.is_empty()).collect(),
                _ => Value::from(value),
            };
            self.give(line, name.to_owned(), kind, value, out);
        } else if !text.starts_with("Windows Registry Editor") && !text.starts_with("REGEDIT") {
            out.unknown(line, text.strip_prefix(';').unwrap_or(text));
        }
    }

    /// `"name"=data` as far as it was read.
    fn entry(&mut self, line: u64, entry: String, out: &mut Out<'_>) {
        match value(&entry) {
            Data::Whole(name, kind, value) => self.give(line, name, kind, value, out),
            Data::GoesOn => self.open = Some(Open { line, is_string: !entry.trim_end().ends_with(",\\"), entry }),
            Data::None => out.unknown_lines(line, &entry),
        }
    }
}

/// What a value's data is.
enum Data {
    Whole(String, &'static str, Value),
    GoesOn,
    None,
}

fn value(entry: &str) -> Data {
    let (name, rest) = match entry.strip_prefix('"') {
        Some(quoted) => match string(quoted) {
            Some((name, rest)) => (name, rest),
            None => return Data::GoesOn,
        },
        None => ("@".to_owned(), entry.strip_prefix('@').unwrap_or_default()),
    };
    let Some(data) = rest.strip_prefix('=') else { return Data::None };
    if let Some(quoted) = data.strip_prefix('"') {
        return match string(quoted) {
            Some((text, rest)) if rest.trim().is_empty() => Data::Whole(name, "REG_SZ", Value::from(text)),
            Some(_) => Data::None,
            None => Data::GoesOn,
        };
    }
    if data.trim_end().ends_with('\\') {
        return Data::GoesOn;
    }
    if data.trim_end() == "-" {
        return Data::Whole(name, "removed", Value::Null);
    }
    let Some((kind, digits)) = data.split_once(':') else { return Data::None };
    if kind == "dword" {
        let number = u32::from_str_radix(digits.trim(), 16);
        return number.map_or(Data::None, |number| Data::Whole(name, "REG_DWORD", Value::from(number)));
    }
    let number = match kind.strip_prefix("hex") {
        Some("") => Some(3),
        Some(rest) => rest.strip_prefix('(').and_then(|rest| usize::from_str_radix(rest.strip_suffix(')')?, 16).ok()),
        None => None,
    };
    match (number.and_then(|number| TYPES.get(number).map(|kind| (number, *kind))), bytes(digits)) {
        (Some((number, kind)), Some(bytes)) => {
            let value = of_bytes(number, &name, &bytes);
            Data::Whole(name, kind, value)
        }
        _ => Data::None,
    }
}

/// Whether a line has a quote that is not escaped.
fn has_quote(line: &str) -> bool {
    let mut symbols = line.bytes();
    while let Some(symbol) = symbols.next() {
        match symbol {
            b'\\' => drop(symbols.next()),
            b'"' => return true,
            _ => {}
        }
    }
    false
}

/// The text up to the closing quote, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut symbols = text.char_indices();
    while let Some((at, symbol)) = symbols.next() {
        match symbol {
            '\\' => out.push(symbols.next()?.1),
            '"' => return Some((out, text.get(at + 1..)?)),
            other => out.push(other),
        }
    }
    None
}

/// The bytes of `25,00,\<line end>  53,…`.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let plain: String = digits.chars().filter(|symbol| !symbol.is_ascii_whitespace() && *symbol != '\\').collect();
    let pair = |pair: &str| (pair.len() == 2).then(|| u8::from_str_radix(pair, 16).ok()).flatten();
    plain.split(',').filter(|pair| !pair.is_empty()).map(pair).collect()
}

/// The value that bytes of a type are. Binary that is no SID, no GUID and no proxy setting stands in a member `bytes`.
fn of_bytes(number: usize, name: &str, bytes: &[u8]) -> Value {
    let little = || bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    match number {
        1 | 2 | 6 => Value::from(text(bytes).trim_end_matches('\0')),
        7 => text(bytes).split('\0').filter(|text| !text.is_empty()).collect(),
        4 | 11 if bytes.len() <= 8 => Value::from(little()),
        _ => of_binary(name, bytes),
    }
}

fn of_binary(name: &str, bytes: &[u8]) -> Value {
    const PROXIES: [&str; 3] = ["WinHttpSettings", "DefaultConnectionSettings", "SavedLegacySettings"];
    let lower = name.to_ascii_lowercase();
    let is_id = lower.ends_with("guid") || lower.ends_with("id");
    if let Some(sid) = binary::sid(bytes) {
        return Value::from(sid);
    }
    if let Some(guid) = binary::guid(bytes).filter(|_| is_id) {
        return Value::from(guid);
    }
    let settings = PROXIES.contains(&name).then(|| proxy(bytes)).flatten();
    settings.unwrap_or_else(|| {
        let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Value::Object(Map::from_iter([("bytes".to_owned(), Value::from(hex))]))
    })
}

/// Proxy settings of WinHTTP and WinINET: version, counter, flags, then the proxy and what bypasses it, each behind its
/// length. Seen, not documented.
fn proxy(bytes: &[u8]) -> Option<Value> {
    let number = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk::<4>()?));
    let text = |at: usize| {
        let length = usize::try_from(number(at)?).ok()?;
        let text = bytes.get(at + 4..(at + 4).checked_add(length)?)?;
        Some((String::from_utf8_lossy(text).into_owned(), at + 4 + length))
    };
    let (server, next) = text(12)?;
    let (bypass, _) = text(next)?;
    let members = [
        ("flags", Value::from(number(8)?)),
        ("proxyServer", Value::from(server)),
        ("proxyBypass", Value::from(bypass)),
    ];
    Some(Value::Object(Map::from_iter(members.map(|(key, value)| (key.to_owned(), value)))))
}

/// UTF-16 in version 5, bytes in REGEDIT4.
fn text(bytes: &[u8]) -> String {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let is_wide = rest.is_empty() && pairs.iter().any(|pair| pair[1] == 0);
    match is_wide {
        true => String::from_utf16_lossy(&pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect::<Vec<_>>()),
        false => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// `    Name    REG_SZ    value` of `reg query`.
fn queried(text: &str) -> Option<(&str, &'static str, &str)> {
    let text = text.strip_prefix("    ")?;
    let (name, rest) = text.split_once("    REG_")?;
    let (kind, value) = rest.split_once("    ").unwrap_or((rest.trim_end(), ""));
    let kind = TYPES.iter().find(|known| known.strip_prefix("REG_") == Some(kind))?;
    Some((name, kind, value.trim_end()))
}

impl Read for Registry {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        let first = out.first_line();
        (first..).zip(stretch.text.expose().lines()).for_each(|(line, text)| self.line(line, text, out));
    }

    fn end(&mut self, out: &mut Out<'_>) {
        if let Some(open) = self.open.take() {
            out.unknown_lines(open.line, &open.entry);
        }
        self.close_key(out);
    }
}

/// The reader.
pub(super) fn reader(_: &str) -> Box<dyn Read> {
    Box::new(Registry::default())
}
