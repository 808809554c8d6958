//! How a value may be spelt by some other program: written here from the standards, apart from the product's own code.

use base64::Engine as _;

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 3986: everything but unreserved characters.
pub fn percent(value: &str) -> String {
    value
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// Only `@` and space: what browsers do in the address bar.
pub fn percent_at(value: &str) -> String {
    value.replace('@', "%40").replace(' ', "%20")
}

/// JSON with everything beyond ASCII as `\u`: Python, PowerShell 5.
pub fn json_ascii(value: &str) -> String {
    let mut out = String::new();
    for symbol in value.chars() {
        match symbol {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            _ if symbol.is_ascii() => out.push(symbol),
            _ => out.extend(symbol.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    out
}

/// JSON's own escapes only.
pub fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// `&#64;` and the like for everything but letters, digits, dots.
pub fn html(value: &str) -> String {
    let plain = |symbol: char| symbol.is_ascii_alphanumeric() || ".-_ ".contains(symbol);
    value
        .chars()
        .map(|symbol| if plain(symbol) { symbol.to_string() } else { format!("&#{};", u32::from(symbol)) })
        .collect()
}

/// RFC 2045 quoted-printable without line breaks, `@` too.
pub fn quoted_printable(value: &str) -> String {
    value
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b".-_ ".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("={byte:02X}")
            }
        })
        .collect()
}

pub fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub fn base64_url(bytes: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

pub fn utf16le(value: &str) -> Vec<u8> {
    value.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub fn utf16be(value: &str) -> Vec<u8> {
    value.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// LDAP filter octets: `\74\e5…`.
pub fn octets(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// A registry value: `6e,00,65,00`.
pub fn registry(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(",")
}

/// An LDIF line folded behind every `width` bytes (RFC 2849).
pub fn fold(line: &str, width: usize) -> String {
    let mut out = String::new();
    let mut on_line = 0;
    for symbol in line.chars() {
        if on_line + symbol.len_utf8() > width {
            out.push_str("\n ");
            on_line = 1;
        }
        on_line += symbol.len_utf8();
        out.push(symbol);
    }
    out
}

/// A SID as Windows stores it.
pub fn sid_bytes(sid: &str) -> Vec<u8> {
    let parts: Vec<u64> = sid.split('-').skip(1).map(|part| part.parse().unwrap()).collect();
    let mut bytes = vec![parts[0] as u8, (parts.len() - 2) as u8];
    bytes.extend(&parts[1].to_be_bytes()[2..]);
    bytes.extend(parts[2..].iter().flat_map(|part| (*part as u32).to_le_bytes()));
    bytes
}

/// Letters without marks, as file servers and mail systems write them; none when nothing changes.
pub fn without_marks(value: &str) -> Option<String> {
    use unicode_normalization::UnicodeNormalization as _;
    let plain: String = value.nfd().filter(|symbol| !unicode_normalization::char::is_combining_mark(*symbol)).collect();
    (plain != value).then_some(plain)
}
