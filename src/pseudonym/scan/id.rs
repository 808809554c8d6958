//! Object ids in text: dashed, without dashes, as base64 of the bytes (ImmutableId).
//!
//! Well-known and kept ids stay; ids of people and devices are mapped; unknown ones are mapped unless the words
//! before them say that they are a request's or a correlation's. The other spellings are only taken for ids when
//! the id is known: 32 hexadecimal digits are usually a digest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Claims, context, is_word_byte};
use crate::catalog::Kind;
use crate::pseudonym::gate::Gate;
use crate::pseudonym::guid;

/// The pseudonym of an id that is known to be mapped.
pub(in crate::pseudonym) type Seal<'s> = &'s dyn Fn(u128) -> Option<u128>;

/// Claims dashed GUIDs.
pub(super) fn find_dashed(gate: &Gate, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(step) = memchr::memchr(b'-', &bytes[from..]) {
        let dash = from + step;
        from = dash + 1;
        let Some(start) = dash.checked_sub(8) else { continue };
        let end = start + 36;
        let Some(id) = bytes.get(start..end).and_then(guid::parse_dashed) else { continue };
        let glued =
            start > 0 && guid::is_hex(bytes[start - 1]) || bytes.get(end).is_some_and(|&byte| guid::is_hex(byte));
        if glued || !claims.is_free(start, end) {
            continue;
        }
        from = end;
        let mut new = String::new();
        let keep = match gate.known(id) {
            _ if (gate.well_known)(id) => true,
            Some(kind) => gate.keeps_id(kind),
            None => {
                gate.keeps_id(Kind::PrincipalId) || gate.is_kept(Kind::RequestId) && context::is_request(&text[..start])
            }
        };
        if !keep && gate.seal_guid(&text[start..end], &mut new) {
            claims.replace(start, end, new);
        } else {
            claims.keep(start, end);
        }
    }
}

/// Claims runs of exactly 32 hexadecimal digits that are a known id.
pub(in crate::pseudonym) fn find_plain(seal: Seal<'_>, text: &str, claims: &mut Claims) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_word_byte(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take_while(|&&byte| is_word_byte(byte)).count();
        let end = at + length;
        if length == 32
            && let Some(id) = guid::parse_plain(&bytes[at..end])
            && claims.is_free(at, end)
            && let Some(new) = seal(id)
        {
            let plain = guid::dashed(new).replace('-', "");
            let is_upper = bytes[at..end].iter().any(u8::is_ascii_uppercase);
            claims.replace(at, end, if is_upper { plain.to_ascii_uppercase() } else { plain });
        }
        at = end;
    }
}

/// Claims base64 of the 16 bytes of a known id: 22 symbols and `==`.
pub(in crate::pseudonym) fn find_base64(seal: Seal<'_>, text: &str, claims: &mut Claims) {
    for (at, _) in text.match_indices("==") {
        let (Some(start), end) = (at.checked_sub(22), at + 2) else { continue };
        let Some(Ok(bytes)) = text.get(start..end).map(|symbols| STANDARD.decode(symbols)) else { continue };
        let Ok(bytes) = <[u8; 16]>::try_from(bytes) else { continue };
        if claims.is_free(start, end)
            && let Some(new) = seal(guid::from_mixed_endian(bytes))
        {
            claims.replace(start, end, STANDARD.encode(guid::to_mixed_endian(new)));
        }
    }
}

/// Claims what names a machine in a device's physical ids: `[GID]:g:…`, `[HWID]:h:…`, `[USER-GID]:<user id>:…`,
/// `[ZTDID]:…`. Source: learn.microsoft.com/graph/api/resources/device.
pub(super) fn find_physical(gate: &Gate, text: &str, claims: &mut Claims) {
    const MARK: &str = "ID]:";
    for (at, _) in text.match_indices(MARK) {
        let value = at + MARK.len();
        let length = text[value..].find(|symbol: char| !(symbol.is_ascii_alphanumeric() || ":-".contains(symbol)));
        let end = length.map_or(text.len(), |length| value + length);
        let start = text[value..end].rfind(':').map_or(value, |colon| value + colon + 1);
        let kind =
            if guid::parse_plain(&text.as_bytes()[start..end]).is_some() { Kind::DeviceId } else { Kind::Serial };
        let mut new = String::new();
        // A dashed id is the business of those who know whose it is.
        if guid::parse(&text[start..end]).is_none()
            && claims.is_free(start, end)
            && gate.claimed(kind, &text[start..end], true, &mut new)
        {
            claims.replace(start, end, new);
        }
    }
}
