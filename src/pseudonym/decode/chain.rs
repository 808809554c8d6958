//! Ids of role assignments, app role assignments and permission grants: base64url (RFC 4648 section 5, no padding)
//! of one to three object ids in .NET byte order, perhaps with `-1` behind. They would give the principal away.
//! Source: learn.microsoft.com/graph/api/resources/unifiedroleassignment (observed ids).

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::pseudonym::gate::Gate;
use crate::pseudonym::guid;

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Maps the ids inside. False when the value is no chain or nothing in it is mapped.
pub(in crate::pseudonym) fn rewrite(gate: &Gate, value: &str, out: &mut String) -> bool {
    let length = match value.len() {
        22 | 24 => 22,
        43 | 45 => 43,
        64 | 66 => 64,
        _ => return false,
    };
    let Some((chain, suffix)) = value.split_at_checked(length) else { return false };
    if !(suffix.is_empty() || suffix.starts_with('-') && suffix.ends_with(|digit: char| digit.is_ascii_digit())) {
        return false;
    }
    let Ok(mut bytes) = FORGIVING.decode(chain) else { return false };
    let mut changed = false;
    for part in bytes.chunks_exact_mut(16) {
        let Ok(id) = <[u8; 16]>::try_from(&*part).map(guid::from_mixed_endian) else { return false };
        if let Some(new) = gate.sealed_id(id) {
            part.copy_from_slice(&guid::to_mixed_endian(new));
            changed = true;
        }
    }
    if changed {
        FORGIVING.encode_string(&bytes, out);
        out.push_str(suffix);
    }
    changed
}
