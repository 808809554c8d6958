//! Binary values of directory attributes, spelt as everybody spells them.
//!
//! Takes base64, gives `S-1-…` for a SID and the usual GUID text where the attribute holds one, else the base64 as it
//! is. Which attribute holds what is in rows (`catalog/directory.toml`). Source: [MS-DTYP] 2.3.4 (GUID), 2.4.2 (SID);
//! learn.microsoft.com/windows/win32/adschema/attributes-all.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::catalog::{ReadAs, attribute_reading};

/// A value of an attribute, given in base64. A SID shows itself; a GUID needs a row that says so, and the consistency GUID
/// has none, because as base64 it is the cloud's immutable id.
pub(super) fn spelt(attribute: &str, base64: String) -> String {
    let read_as = attribute_reading(attribute).map(|(_, row)| row.read_as);
    let Ok(bytes) = STANDARD.decode(base64.trim()) else { return base64 };
    let text = match read_as {
        Some(ReadAs::Base64 | ReadAs::Count) => None,
        Some(ReadAs::Guid) => guid(&bytes),
        Some(ReadAs::Sid | ReadAs::Text) | None => sid(&bytes),
    };
    text.unwrap_or(base64)
}

/// Whether an attribute's value stays base64 whatever it holds.
pub(super) fn stays(attribute: &str) -> bool {
    attribute_reading(attribute).is_some_and(|(_, row)| row.read_as == ReadAs::Base64)
}

/// The text in an anchor of the synchronisation engine, given in base64: its length in bytes, then UTF-16 with a final
/// zero. None: it is another anchor.
pub(super) fn anchor(base64: &str) -> Option<String> {
    let bytes = STANDARD.decode(base64.trim()).ok()?;
    let (length, wide) = bytes.split_first_chunk::<4>()?;
    let (units, rest) = wide.as_chunks::<2>();
    if usize::try_from(u32::from_le_bytes(*length)).ok()? != wide.len() || !rest.is_empty() {
        return None;
    }
    let text = String::from_utf16(&units.iter().map(|unit| u16::from_le_bytes(*unit)).collect::<Vec<_>>()).ok()?;
    let text = text.strip_suffix('\0').unwrap_or(&text);
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// `S-1-…` of the binary form.
pub(super) fn sid(bytes: &[u8]) -> Option<String> {
    let [1, count, authority @ ..] = bytes else { return None };
    let (authority, parts) = authority.split_first_chunk::<6>()?;
    let (parts, rest) = parts.as_chunks::<4>();
    if parts.len() != usize::from(*count) || !rest.is_empty() || parts.len() > 15 {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut text = format!("S-1-{authority}");
    parts.iter().for_each(|part| text.push_str(&format!("-{}", u32::from_le_bytes(*part))));
    Some(text)
}

/// The usual text of the mixed-endian form.
pub(super) fn guid(bytes: &[u8]) -> Option<String> {
    let bytes: &[u8; 16] = bytes.try_into().ok()?;
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (first, last) = rest.split_at(2);
    Some(format!("{}-{}-{}-{}-{}", hex(&[*d, *c, *b, *a]), hex(&[*f, *e]), hex(&[*h, *g]), hex(first), hex(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_attributes_are_spelt_and_others_stay() {
        // Values of documentation: learn.microsoft.com/openspecs ([MS-DTYP]) shapes, invented contents.
        let sid = "AQUAAAAAAAUVAAAAE96EgCpsCzhEeoZSTwQAAA==";
        assert_eq!(spelt("objectSid", sid.to_owned()), "S-1-5-21-2156191251-940272682-1384544836-1103");
        let guid = "QF5HMK7n80qvdYsUPIHa9Q==";
        assert_eq!(spelt("OBJECTGUID", guid.to_owned()), "30475e40-e7ae-4af3-af75-8b143c81daf5");
        for (attribute, value) in
            [("mS-DS-ConsistencyGuid", guid), ("objectSid", "AQ=="), ("objectGUID", "no"), ("mail", guid)]
        {
            assert_eq!(spelt(attribute, value.to_owned()), value);
        }
    }
}
