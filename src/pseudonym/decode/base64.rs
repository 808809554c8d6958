//! Base64 and base64url inside a text (RFC 4648): credentials of `Basic`, encoded commands, anchors, opaque parameters,
//! lines of MIME and PEM.
//!
//! Takes a text, cleans what every run of symbols holds, and writes it back in the same alphabet, with or without
//! padding, in lines of the same length. A run that is nothing as a whole is tried in parts, as `/`, `-` and `_` also
//! separate words.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::opaque::{Rewritten, rewrite};
use super::{Reader, hex};
use crate::pseudonym::scan::Claims;

/// Shortest run that is opened, symbols: 12 bytes.
const SYMBOLS_MIN: usize = 16;
/// The same when the run ends in `=`: a name of six letters.
const PADDED_MIN: usize = 7;
/// Shortest line of a run that goes on in the next one.
const LINE_SYMBOLS_MIN: usize = 60;

const FORGIVING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone)
    .with_decode_allow_trailing_bits(true);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, FORGIVING);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, FORGIVING);

static SYMBOLS: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
        at += 1;
    }
    table
};

/// Claims the runs in which something changes, with their padding.
pub(in crate::pseudonym) fn find(text: &str, layer: u8, claims: &mut Claims, reader: &Reader<'_>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while bytes.len() - at > PADDED_MIN {
        let length = bytes[at..].iter().take_while(|&&byte| SYMBOLS[usize::from(byte)]).count();
        if length < PADDED_MIN {
            at += length + 1;
            if at >= bytes.len() {
                return;
            }
            continue;
        }
        let start = at;
        at += length;
        let (end, is_folded) = match length >= LINE_SYMBOLS_MIN {
            true => folded_end(bytes, start, at),
            false => (at, false),
        };
        let padding = bytes[end..].iter().take(2).take_while(|&&byte| byte == b'=').count();
        if is_folded && claims.is_free(start, end + padding) {
            let joined: String = text[start..end].split_whitespace().collect();
            if let Some(new) = opened(&joined, padding, layer, reader) {
                claims.replace(start, end + padding, folded(&new, &text[start..end]));
                at = end + padding;
                continue;
            }
        }
        let padding = if is_folded { 0 } else { padding };
        if (length >= SYMBOLS_MIN || padding > 0) && claims.is_free(start, at + padding) {
            run(text, start, at, padding, layer, claims, reader);
        }
    }
}

/// A run, whole and then in parts.
fn run(text: &str, start: usize, end: usize, padding: usize, layer: u8, claims: &mut Claims, reader: &Reader<'_>) {
    let whole = &text[start..end];
    if whole.len() == 36 && crate::pseudonym::guid::parse(whole).is_some() {
        return;
    }
    if let Some(new) = opened(whole, padding, layer, reader) {
        return claims.replace(start, end + padding, new);
    }
    // `{"…` begins a JSON object: a parameter may stand right before it.
    let object = whole.find("eyJ").filter(|at| *at > 0).map(|at| start + at);
    let mut begin = start;
    let separators = whole.match_indices(['/', '-', '_']).map(|(at, _)| start + at);
    for stop in separators.chain([end]) {
        let padding = if stop == end { padding } else { 0 };
        let is_part = stop - begin >= SYMBOLS_MIN || padding > 0 && stop - begin >= PADDED_MIN;
        if is_part
            && stop - begin < whole.len()
            && claims.is_free(begin, stop + padding)
            && let Some(new) = opened(&text[begin..stop], padding, layer, reader)
        {
            claims.replace(begin, stop + padding, new);
        }
        begin = stop + 1;
    }
    if let Some(at) = object
        && claims.is_free(at, end + padding)
        && let Some(new) = opened(&text[at..end], padding, layer, reader)
    {
        claims.replace(at, end + padding, new);
    }
}

/// Where a run ends that goes on over line ends, and whether it does.
fn folded_end(bytes: &[u8], start: usize, first: usize) -> (usize, bool) {
    let width = first - start;
    let mut end = first;
    while width.is_multiple_of(4) {
        let gap = bytes[end..].iter().take(3).take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ')).count();
        let next = end + gap;
        let length = bytes[next..].iter().take_while(|&&byte| SYMBOLS[usize::from(byte)]).count();
        if gap == 0 || !bytes[end..next].contains(&b'\n') || length == 0 || length > width {
            break;
        }
        end = next + length;
        if length < width {
            break;
        }
    }
    (end, end > first)
}

/// The symbols in lines like those of `model`.
fn folded(symbols: &str, model: &str) -> String {
    let width = model.find(|symbol: char| symbol.is_whitespace()).unwrap_or(model.len()).max(1);
    let gap: String = model[width..].chars().take_while(|symbol| symbol.is_whitespace()).collect();
    let mut out = String::with_capacity(symbols.len() + symbols.len() / width * gap.len() + 4);
    for (number, symbol) in symbols.chars().enumerate() {
        if number > 0 && number.is_multiple_of(width) {
            out.push_str(&gap);
        }
        out.push(symbol);
    }
    out
}

/// What a run becomes, padded like it; none: it stays.
fn opened(run: &str, padding: usize, layer: u8, reader: &Reader<'_>) -> Option<String> {
    let bytes = run.as_bytes();
    if padding > 0 && !(run.len() + padding).is_multiple_of(4) || hex::is_digits(bytes) {
        return None;
    }
    let is_url = bytes.iter().any(|byte| matches!(byte, b'-' | b'_'));
    if is_url && bytes.iter().any(|byte| matches!(byte, b'+' | b'/')) {
        return None;
    }
    // One symbol too many carries no byte.
    let whole = run.get(..run.len() - usize::from(run.len() % 4 == 1))?;
    let engine = if is_url { URL } else { PLAIN };
    match rewrite(&engine.decode(whole).ok()?, layer, reader)? {
        Rewritten::Removed(rule) => Some((reader.mark)(rule, run)),
        Rewritten::Bytes(new) => {
            let mut out = engine.encode(new);
            out.push_str(&run[whole.len()..]);
            // A run of whole groups shows no padding; only what looks like a part of a JWT never has one.
            if padding > 0 || run.len().is_multiple_of(4) && !is_url && !run.starts_with("eyJ") {
                out.extend(std::iter::repeat_n('=', (4 - out.len() % 4) % 4));
            }
            Some(out)
        }
    }
}
