//! Texts in base64 or base64url inside a text (RFC 4648): credentials of `Basic`, encoded commands, opaque parameters.
//!
//! Takes a text, scans what every run of symbols holds when that is UTF-8 or UTF-16 (little endian), and writes it back
//! in the same alphabet, with or without padding. What holds no text (ids, keys, certificates) stays.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Scan;
use crate::limits::TEXT_LAYERS_MAX;
use crate::pseudonym::scan::Claims;

/// Shortest run that is opened, symbols: 18 bytes.
const SYMBOLS_MIN: usize = 24;

const FORGIVING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone)
    .with_decode_allow_trailing_bits(true);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, FORGIVING);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, FORGIVING);

/// Claims the runs in which the scan changes something, with their padding.
pub(in crate::pseudonym) fn find(text: &str, layer: u8, claims: &mut Claims, scan: Scan<'_>) {
    let bytes = text.as_bytes();
    if layer >= TEXT_LAYERS_MAX {
        return;
    }
    let mut at = 0;
    while bytes.len() - at >= SYMBOLS_MIN {
        let length = bytes[at..].iter().take_while(|&&byte| is_symbol(byte)).count();
        let padding = bytes[at + length..].iter().take(2).take_while(|&&byte| byte == b'=').count();
        let end = at + length + padding;
        if length >= SYMBOLS_MIN
            && claims.is_free(at, end)
            && let Some(mut new) = rewritten(&text[at..at + length], layer, scan)
        {
            if padding > 0 {
                new.extend(std::iter::repeat_n('=', (4 - new.len() % 4) % 4));
            }
            claims.replace(at, end, new);
        }
        at = (at + length).max(at + 1);
    }
}

fn is_symbol(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

fn rewritten(run: &str, layer: u8, scan: Scan<'_>) -> Option<String> {
    let engine = if run.contains(['-', '_']) { URL } else { PLAIN };
    // Most runs are ids and keys: their first bytes show it.
    let probe = engine.decode(run.get(..SYMBOLS_MIN)?).ok()?;
    if probe.iter().any(|byte| matches!(byte, 1..=8 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f)) {
        return None;
    }
    let bytes = engine.decode(run).ok()?;
    let wide = bytes.len() % 2 == 0 && bytes.iter().skip(1).step_by(2).all(|byte| *byte == 0);
    let text = if wide {
        bytes.iter().step_by(2).map(|byte| char::from(*byte)).collect()
    } else {
        String::from_utf8(bytes).ok()?
    };
    if text.chars().any(|symbol| symbol.is_control() && !matches!(symbol, '\n' | '\r' | '\t')) {
        return None;
    }
    let mut clean = String::new();
    scan(&text, layer + 1, &mut clean).then(|| {
        if wide {
            engine.encode(clean.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
        } else {
            engine.encode(clean)
        }
    })
}
