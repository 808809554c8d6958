//! GUIDs in their dashed spelling, braces allowed: to a number and back to nothing (the map writes them).
//! Source: RFC 9562 section 4.

/// Value of each hexadecimal digit, 16 for other bytes.
static DIGITS: [u8; 256] = {
    let mut table = [16u8; 256];
    let mut at = 0u8;
    while at < 16 {
        let digit = b"0123456789abcdef"[at as usize];
        table[digit as usize] = at;
        table[digit.to_ascii_uppercase() as usize] = at;
        at += 1;
    }
    table
};

/// Whether a byte is a hexadecimal digit.
#[inline]
pub(super) fn is_hex(byte: u8) -> bool {
    DIGITS[usize::from(byte)] < 16
}

/// The number of a dashed GUID: 36 bytes, or 38 with braces.
#[inline]
pub(super) fn parse(text: &str) -> Option<u128> {
    let bytes = match text.len() {
        36 => text.as_bytes(),
        38 => text.strip_prefix('{')?.strip_suffix('}')?.as_bytes(),
        _ => return None,
    };
    parse_dashed(bytes)
}

/// The number of exactly 36 bytes.
#[inline]
pub(super) fn parse_dashed(bytes: &[u8]) -> Option<u128> {
    let bytes: &[u8; 36] = bytes.try_into().ok()?;
    let mut number = 0u128;
    for (at, &byte) in bytes.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = DIGITS[usize::from(byte)];
        if digit > 15 {
            return None;
        }
        number = number << 4 | u128::from(digit);
    }
    Some(number)
}

/// The number of exactly 32 hexadecimal digits.
pub(super) fn parse_plain(bytes: &[u8]) -> Option<u128> {
    let bytes: &[u8; 32] = bytes.try_into().ok()?;
    bytes.iter().try_fold(0u128, |number, &byte| match DIGITS[usize::from(byte)] {
        16.. => None,
        digit => Some(number << 4 | u128::from(digit)),
    })
}

/// The object id inside `S-1-12-1-a-b-c-d`: four little-endian numbers.
pub(super) fn parse_sid(text: &str) -> Option<u128> {
    let mut bytes = [0u8; 16];
    let mut parts = text.strip_prefix("S-1-12-1-")?.split('-');
    for chunk in bytes.chunks_exact_mut(4) {
        chunk.copy_from_slice(&parts.next()?.parse::<u32>().ok()?.to_le_bytes());
    }
    parts.next().is_none().then(|| from_mixed_endian(bytes))
}

/// Whether an id has version 8 (RFC 9562 section 5.8), as the pseudonyms of ids of version 4.
pub(super) fn is_version_8(number: u128) -> bool {
    number >> 76 & 0xf == 8 && number >> 62 & 0b11 == 0b10
}

/// The number whose little-endian field order (.NET, LDAP) gives these bytes.
pub(super) fn from_mixed_endian(bytes: [u8; 16]) -> u128 {
    u128::from_be_bytes(swap_fields(bytes))
}

/// The bytes in little-endian field order.
pub(super) fn to_mixed_endian(number: u128) -> [u8; 16] {
    swap_fields(number.to_be_bytes())
}

fn swap_fields(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn spellings_agree(number: u128) {
            let hex = format!("{number:032x}");
            let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
            proptest::prop_assert_eq!(parse(&text), Some(number));
            proptest::prop_assert_eq!(parse(&format!("{{{}}}", text.to_uppercase())), Some(number));
            proptest::prop_assert_eq!(parse_plain(text.replace('-', "").as_bytes()), Some(number));
            proptest::prop_assert_eq!(from_mixed_endian(to_mixed_endian(number)), number);
        }
    }

    #[test]
    fn a_cloud_sid_is_an_object_id_in_other_clothes() {
        let id = parse("73d664e4-0886-4a73-b745-c694da45ddb4");
        assert_eq!(parse_sid("S-1-12-1-1943430372-1249052806-2496021943-3034400218"), id);
        for text in ["S-1-12-1-1-2-3", "S-1-12-1-1-2-3-4-5", "S-1-5-21-1-2-3-4", "S-1-12-1-1-2-3-4294967296"] {
            assert_eq!(parse_sid(text), None);
        }
    }

    #[test]
    fn what_is_no_guid_is_refused() {
        for text in ["", "75b5b0ae-9fc5-8d0e-e0a9-7y6a4728de56", "75b5b0ae-9fc5-8d0e-e0a9-716a4728de5", "{}"] {
            assert_eq!(parse(text), None);
        }
    }
}
