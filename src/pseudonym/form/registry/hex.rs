//! `hex:`, `hex(2):` … data: bytes in pairs of hexadecimal digits with commas between, wrapped with a backslash.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::ldif::binary::{self, Outcome};
use super::super::text::Desk;
use super::escaped;
use crate::pseudonym::duty::{Duty, SCAN_FILE};

/// Registry types that hold text: REG_SZ, REG_EXPAND_SZ, REG_LINK, REG_MULTI_SZ.
const TEXT_TYPES: [&str; 4] = ["hex(1)", "hex(2)", "hex(6)", "hex(7)"];
/// Column at which regedit wraps, characters.
const COLUMN_MAX: usize = 80;

/// Appends the new data; `column` is where it begins. None when it is no hexadecimal data.
pub(super) fn rewrite(
    desk: &mut Desk<'_, '_>,
    duty: Option<Duty>,
    column: usize,
    data: &str,
    out: &mut String,
) -> Option<bool> {
    let (kind, digits) = data.split_once(':')?;
    let bytes = bytes(digits)?;
    if bytes.is_empty() {
        return Some(false);
    }
    if TEXT_TYPES.contains(&kind.to_ascii_lowercase().as_str()) {
        let Some(new) = texts(desk, duty, &bytes) else { return Some(false) };
        write(kind, &new, column, data, out);
        return Some(true);
    }
    // Numbers: REG_DWORD, REG_DWORD_BIG_ENDIAN, REG_QWORD.
    if ["hex(4)", "hex(5)", "hex(b)"].contains(&kind) {
        return Some(false);
    }
    match binary::base64(desk, duty, &STANDARD.encode(&bytes), 0) {
        Outcome::Same => return Some(false),
        Outcome::Removed(mark) => out.extend(["\"", &escaped(&mark), "\""]),
        Outcome::Encoded(text) => write(kind, &STANDARD.decode(text).ok()?, column, data, out),
    }
    Some(true)
}

/// The bytes of `25,00,\<line end>  53,…`.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let plain: String = digits.chars().filter(|symbol| !symbol.is_ascii_whitespace() && *symbol != '\\').collect();
    if plain.is_empty() {
        return Some(Vec::new());
    }
    let pair = |pair: &str| (pair.len() == 2).then(|| u8::from_str_radix(pair, 16).ok()).flatten();
    plain.split(',').map(pair).collect()
}

/// Text data with every text in it treated: UTF-16 in version 5, bytes in REGEDIT4. None when nothing changes.
fn texts(desk: &mut Desk<'_, '_>, duty: Option<Duty>, bytes: &[u8]) -> Option<Vec<u8>> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let is_wide = bytes.len().is_multiple_of(2) && bytes.iter().skip(1).step_by(2).any(|byte| *byte == 0);
    let text = match is_wide {
        true => String::from_utf16_lossy(&units),
        false => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut changed = false;
    let mut clean = String::new();
    for (at, part) in text.split('\0').enumerate() {
        if at > 0 {
            clean.push('\0');
        }
        let start = clean.len();
        let new = match duty {
            _ if part.is_empty() => false,
            Some(duty) => desk.value(duty, part, 0, &mut clean),
            None => desk.value(SCAN_FILE, part, 0, &mut clean),
        };
        if !new {
            clean.truncate(start);
            clean.push_str(part);
        }
        changed |= new;
    }
    changed.then(|| match is_wide {
        true => clean.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        // Every character came from one byte, and pseudonyms are ASCII.
        false => clean.chars().map(|symbol| u8::try_from(u32::from(symbol)).unwrap_or(b'?')).collect(),
    })
}

/// Writes the bytes as the old data was written: on one line, or wrapped before column 80.
fn write(kind: &str, bytes: &[u8], column: usize, old: &str, out: &mut String) {
    let end = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let upper = old.bytes().any(|byte| matches!(byte, b'A'..=b'F'));
    let wraps = old.contains('\n') || column + old.len() < COLUMN_MAX;
    out.extend([kind, ":"]);
    let mut at = column + kind.len() + 1;
    for (number, byte) in bytes.iter().enumerate() {
        let pair = if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
        let last = number + 1 == bytes.len();
        out.push_str(&pair);
        at += 3;
        if !last {
            out.push(',');
            if wraps && at + 3 >= COLUMN_MAX - 1 {
                out.extend(["\\", end, "  "]);
                at = 2;
            }
        }
    }
}
