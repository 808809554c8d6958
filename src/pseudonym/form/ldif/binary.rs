//! Base64 values of directory attributes: texts, GUIDs, SIDs, Entra Connect's anchors; what is none of these is removed.
//!
//! The syntax of an attribute is not known here, so the bytes must show what they are. Certificates, keys, descriptors
//! and blobs hold names where no detector sees them: they become a mark, unless a row says `scan`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::text::Desk;
use crate::catalog::{Action, Kind};
use crate::pseudonym::duty::{Duty, SCAN_FILE};

/// Values up to this length are numbers, flags and times, bytes.
const NUMBER_BYTES_MAX: usize = 8;

/// What becomes of a value.
pub(in crate::pseudonym::form) enum Outcome {
    /// It stays.
    Same,
    /// Another value, in base64.
    Encoded(String),
    /// A mark, as text.
    Removed(String),
}

impl Outcome {
    /// The text in the place of the base64, if it changes.
    pub(in crate::pseudonym::form) fn into_text(self) -> Option<String> {
        match self {
            Self::Same => None,
            Self::Encoded(text) | Self::Removed(text) => Some(text),
        }
    }
}

/// Encodes a text.
pub(super) fn encode(text: &str) -> String {
    STANDARD.encode(text)
}

/// The text that a value in base64 is.
pub(super) fn decode(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

/// A value in base64.
pub(in crate::pseudonym::form) fn base64(
    desk: &mut Desk<'_, '_>,
    duty: Option<Duty>,
    text: &str,
    layer: u8,
) -> Outcome {
    if text.is_empty() || cfg!(feature = "gate-off") || text.starts_with("[REMOVED:") {
        return Outcome::Same;
    }
    let mut clean = String::new();
    if let Some(Duty { action: Action::Drop, mark, .. }) = duty {
        return removed(desk, mark, text);
    }
    let compact: String = text.split_ascii_whitespace().collect();
    let Ok(bytes) = STANDARD.decode(&compact) else {
        let changed = desk.value(duty.unwrap_or(SCAN_FILE), text, layer, &mut clean);
        return if changed { Outcome::Removed(clean) } else { Outcome::Same };
    };
    match treated(desk, duty, &compact, &bytes, layer) {
        Some(Some(new)) => Outcome::Encoded(new),
        Some(None) => Outcome::Same,
        None if bytes.starts_with(&[0x30, 0x82]) => removed(desk, "certificate", text),
        None => removed(desk, "binary", text),
    }
}

fn removed(desk: &Desk<'_, '_>, mark: &str, text: &str) -> Outcome {
    if desk.learns() { Outcome::Same } else { Outcome::Removed(desk.gate.removal_mark(mark, text)) }
}

/// The new base64, none inside when it stays, none at all when the bytes say nothing.
fn treated(
    desk: &mut Desk<'_, '_>,
    duty: Option<Duty>,
    compact: &str,
    bytes: &[u8],
    layer: u8,
) -> Option<Option<String>> {
    let mut clean = String::new();
    if let Some(text) = readable(bytes) {
        let changed = desk.value(duty.unwrap_or(SCAN_FILE), text, layer, &mut clean);
        return Some(changed.then(|| STANDARD.encode(&clean)));
    }
    if let Some(wide) = anchor(bytes) {
        let duty = duty.unwrap_or(kind(Kind::PrincipalId));
        let changed = desk.value(duty, &wide.text, layer, &mut clean);
        return Some(changed.then(|| STANDARD.encode(anchor_of(&wide.again(&clean)))));
    }
    if let Some(wide) = wide(bytes) {
        let changed = desk.value(duty.unwrap_or(SCAN_FILE), &wide.text, layer, &mut clean);
        return Some(changed.then(|| STANDARD.encode(wide.again(&clean))));
    }
    let known = match duty.map(|duty| duty.action) {
        Some(Action::Kind(kind)) if is_sid(bytes) || bytes.len() == 16 => Some(kind),
        Some(Action::Scan) => return Some(None),
        _ if is_sid(bytes) => Some(Kind::Sid),
        _ if bytes.len() == 16 => Some(Kind::PrincipalId),
        _ => None,
    };
    let known = known.map(|kind| if is_sid(bytes) && bytes.len() != 16 { Kind::Sid } else { kind });
    match known {
        Some(known) => Some(desk.value(self::kind(known), compact, layer, &mut clean).then_some(clean)),
        None if bytes.len() <= NUMBER_BYTES_MAX => Some(None),
        None => None,
    }
}

fn kind(kind: Kind) -> Duty {
    Duty { action: Action::Kind(kind), ..SCAN_FILE }
}

/// UTF-8 without control characters.
fn readable(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.chars().any(|symbol| symbol.is_control() && !matches!(symbol, '\n' | '\r' | '\t'))).then_some(text)
}

/// A text in UTF-16, little endian.
pub(in crate::pseudonym::form) struct Wide {
    pub(in crate::pseudonym::form) text: String,
    /// Final zeros, which are no characters.
    zeros: usize,
}

impl Wide {
    /// The bytes of another text with the same zeros.
    pub(in crate::pseudonym::form) fn again(&self, text: &str) -> Vec<u8> {
        let zeros = std::iter::repeat_n(0_u16, self.zeros);
        text.encode_utf16().chain(zeros).flat_map(u16::to_le_bytes).collect()
    }
}

/// The text that bytes are: at least two characters, most of them Latin, no control characters but zeros between texts.
pub(in crate::pseudonym::form) fn wide(bytes: &[u8]) -> Option<Wide> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    if !bytes.len().is_multiple_of(2) || units.len() < 2 {
        return None;
    }
    let text = String::from_utf16(&units).ok()?;
    let plain = text.trim_end_matches('\0');
    let latin = plain.chars().filter(|symbol| u32::from(*symbol) < 0x250).count() * 4 >= plain.chars().count() * 3;
    let control = plain.chars().any(|symbol| symbol.is_control() && !matches!(symbol, '\n' | '\r' | '\t' | '\0'));
    let zeros = text.len() - plain.len();
    (!plain.is_empty() && latin && !control).then(|| Wide { text: plain.to_owned(), zeros })
}

/// An anchor of the sync engine: the length in bytes, then UTF-16 with a final zero.
fn anchor(bytes: &[u8]) -> Option<Wide> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let whole = usize::try_from(u32::from_le_bytes(*length)).is_ok_and(|length| length == rest.len());
    whole.then(|| wide(rest)).flatten()
}

fn anchor_of(wide: &[u8]) -> Vec<u8> {
    let length = u32::try_from(wide.len()).unwrap_or_default();
    [length.to_le_bytes().as_slice(), wide].concat()
}

/// Whether the bytes are a security identifier (MS-DTYP 2.4.2).
pub(in crate::pseudonym::form) fn is_sid(bytes: &[u8]) -> bool {
    matches!(bytes, [1, count, 0, 0, 0, 0, 0, _, rest @ ..] if (1..=15).contains(count) && rest.len() == 4 * usize::from(*count))
}
