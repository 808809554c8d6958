//! From clean characters back to the file's own encoding (Windows-1252 as in the WHATWG Encoding Standard).

use crate::record::{Encoding, Form, RawStretch};

/// What the bytes 0x80 to 0x9F of Windows-1252 stand for; five of them stand for themselves.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Writes a text in the encoding of its stretch, behind the byte order mark if it has one.
pub(super) fn encode(text: String, stretch: &RawStretch) -> Vec<u8> {
    let mark = if stretch.has_mark { "\u{feff}" } else { "" };
    let units = || mark.encode_utf16().chain(text.encode_utf16());
    match stretch.encoding {
        Encoding::Utf8 if !stretch.has_mark => text.into_bytes(),
        Encoding::Utf8 => [mark, &text].concat().into_bytes(),
        Encoding::Utf16Le => units().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => units().flat_map(u16::to_be_bytes).collect(),
        Encoding::Windows1252 => windows_1252(&text, stretch.form),
    }
}

/// Pseudonyms are ASCII, but a value that changed is written anew, without the escapes that it came with: characters
/// that the encoding lacks are escaped again in the form's own way.
fn windows_1252(text: &str, form: Form) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for symbol in text.chars() {
        let code = u32::from(symbol);
        match u8::try_from(code) {
            Ok(byte) if !(0x80..0xa0).contains(&byte) => out.push(byte),
            _ => match (HIGH.iter().position(|&high| high == symbol), form) {
                (Some(position), _) => out.push(0x80 + u8::try_from(position).unwrap_or_default()),
                (None, Form::Json | Form::JsonLines) => {
                    for unit in symbol.encode_utf16(&mut [0; 2]) {
                        out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                    }
                }
                (None, Form::Xml) => out.extend_from_slice(format!("&#{code};").as_bytes()),
                (None, _) => out.push(b'?'),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_1252_has_a_byte_for_its_own_characters_and_an_escape_for_others() {
        assert_eq!(windows_1252("a\u{e9}€\u{81}Ÿ", Form::Text), b"a\xe9\x80\x81\x9f");
        assert_eq!(windows_1252("中😀", Form::Json), br"\u4e2d\ud83d\ude00");
        assert_eq!(windows_1252("中", Form::Xml), b"&#20013;");
    }
}
