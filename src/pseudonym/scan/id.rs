//! Object ids in text, dashed or in a place that announces them.
//!
//! Well-known and kept ids stay; ids of people and devices are mapped; unknown ones are mapped unless the words
//! before them say that they are a request's or a correlation's. The other spellings (without dashes, base64, octets) are
//! only taken for ids when the id is known, which is the matter of `decode`: 32 hexadecimal digits are usually a digest.

use super::{Claims, context};
use crate::catalog::Kind;
use crate::pseudonym::gate::Gate;
use crate::pseudonym::guid;
use crate::pseudonym::map::guid::parse as spelt_guid;

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
            // Version 8 is what pseudonyms have; Entra makes object ids of version 4.
            None if guid::is_version_8(id) => true,
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

/// Claims ids in a spelling or a place that says that they are ids, also unknown ones: the sixteen octets of an LDAP
/// filter, `<GUID=…>`, base64 behind `Anchor`, `SourceAnchor`, `ImmutableId`. Source: MS-ADTS 3.1.1.3.1.2.4.
pub(super) fn find_announced(gate: &Gate, text: &str, claims: &mut Claims) {
    const OCTETS: usize = 48;
    const GUID: &str = "<GUID=";
    let bytes = text.as_bytes();
    let mut claim = |start: usize, end: usize| {
        let mut new = String::new();
        let is_ours = |id| guid::is_version_8(id) && gate.known(id).is_none();
        if let Some(value) = text.get(start..end)
            && spelt_guid(value).is_some_and(|(id, _)| !is_ours(id))
            && claims.is_free(start, end)
            && gate.seal_guid(value, &mut new)
        {
            claims.replace(start, end, new);
        }
    };
    for at in memchr::memchr_iter(b'\\', bytes) {
        if bytes.get(at + 3) == Some(&b'\\') && bytes.get(at + OCTETS) != Some(&b'\\') {
            claim(at, at + OCTETS);
        }
    }
    for (at, _) in text.match_indices("==") {
        if let Some(start) = at.checked_sub(22)
            && text.get(..start).is_some_and(context::is_anchor)
        {
            claim(start, at + 2);
        }
    }
    for (at, _) in text.match_indices(GUID) {
        let (start, end) = (at + GUID.len(), at + GUID.len() + 32);
        let number = bytes.get(start..end).and_then(guid::parse_plain);
        let id = number.map(|number| guid::from_mixed_endian(number.to_be_bytes()));
        if let Some(id) = id.filter(|&id| !guid::is_version_8(id) || gate.known(id).is_some())
            && claims.is_free(start, end)
            && let Some(new) = gate.sealed_id(id)
        {
            let octets = u128::from_be_bytes(guid::to_mixed_endian(new));
            claims.replace(start, end, format!("{octets:032x}"));
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
