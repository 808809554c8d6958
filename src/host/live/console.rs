//! What programs write to a console that nobody sees: its code page is the one of MS-DOS.
//!
//! Takes the bytes and the code page that Windows is set to, gives UTF-8. What is UTF-8 or UTF-16 already stays as it is.
//! Source: <https://learn.microsoft.com/windows/win32/intl/code-page-identifiers>.

use encoding_rs::{BIG5, EUC_KR, GBK, SHIFT_JIS};
use oem_cp::code_table::DECODING_TABLE_CP_MAP;

use super::registry::Registry;

/// The code page of consoles, if the registry says it.
pub(super) fn code_page(registry: &dyn Registry) -> Option<u16> {
    let key = registry.read(r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage").ok()?;
    key.text("OEMCP")?.parse().ok()
}

/// The bytes as UTF-8, as far as the code page is known.
pub(super) fn utf8(bytes: Vec<u8>, code_page: Option<u16>) -> Vec<u8> {
    // No code page has a zero in a text.
    if std::str::from_utf8(&bytes).is_ok() || bytes.contains(&0) {
        return bytes;
    }
    // Those of East Asia are the same for windows and consoles.
    let east = match code_page {
        Some(932) => Some(SHIFT_JIS),
        Some(936) => Some(GBK),
        Some(949) => Some(EUC_KR),
        Some(950) => Some(BIG5),
        _ => None,
    };
    if let Some(encoding) = east {
        return encoding.decode(&bytes).0.into_owned().into_bytes();
    }
    match code_page.and_then(|page| DECODING_TABLE_CP_MAP.get(&page)) {
        Some(table) => table.decode_string_lossy(&bytes).into_bytes(),
        None => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::fake::{Fake, string};
    use super::*;

    #[test]
    fn names_come_out_as_they_are_spelt() {
        let mut fake = Fake::default();
        assert_eq!(code_page(&fake), None);
        fake.set(r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage", "OEMCP", string("850"));
        assert_eq!(code_page(&fake), Some(850));
        let said = |bytes: &[u8], page| String::from_utf8(utf8(bytes.to_vec(), page)).unwrap();
        assert_eq!(said(b"M\x81ller", Some(850)), "Müller");
        assert_eq!(said(b"\x83\x65\x83\x58\x83\x67", Some(932)), "テスト");
        assert_eq!(said("Müller".as_bytes(), Some(850)), "Müller");
        assert_eq!(utf8(b"\xff\xfea\0".to_vec(), Some(850)), b"\xff\xfea\0");
        assert_eq!(utf8(b"M\x81ller".to_vec(), None), b"M\x81ller");
    }
}
