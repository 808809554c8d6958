//! What stands in a file, read in every way in which a reader might: unpacked, as UTF-8 or UTF-16, unescaped, decoded.
//! Written apart from the product's decoders; generous rather than exact, because a search may look too often.

use std::io::Read as _;

use base64::Engine as _;

/// Texts to search, each with the way in which it was read.
pub type Views = Vec<(String, Vec<u8>)>;

/// Files inside a file: of a gzip or a zip, recursively, else the file itself.
pub fn unpacked(name: &str, bytes: &[u8]) -> Views {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        // A damaged member still gives what stands before the damage.
        let _ = flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain);
        return unpacked(&format!("{name}!gz"), &plain);
    }
    if bytes.starts_with(b"PK\x03\x04")
        && let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(bytes))
    {
        let mut all = vec![(format!("{name}!comment"), archive.comment().to_vec())];
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).unwrap();
            let inner = format!("{name}!{}", entry.name().unwrap());
            let mut plain = Vec::new();
            entry.read_to_end(&mut plain).unwrap();
            all.push((format!("{name}!names"), inner.clone().into_bytes()));
            all.extend(unpacked(&inner, &plain));
        }
        return all;
    }
    vec![(name.to_owned(), bytes.to_vec())]
}

/// The characters: UTF-16 of either order by where the zero bytes stand, else the bytes.
pub fn characters(bytes: &[u8]) -> String {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if (even + odd) * 8 < bytes.len() || bytes.len() < 4 {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let order = if odd >= even { u16::from_le_bytes } else { u16::from_be_bytes };
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// All readings of a text. `raw` comes first.
pub fn readings(text: &str) -> Vec<(&'static str, String)> {
    let mut all = vec![("raw", text.to_owned())];
    let mut add = |name: &'static str, of: &str, read: fn(&str) -> Option<String>| {
        let reading = read(of).filter(|reading| !reading.is_empty() && reading != of);
        all.extend(reading.clone().map(|reading| (name, reading)));
        reading
    };
    if let Some(once) = add("unescaped", text, unescaped)
        && let Some(twice) = add("unescaped twice", &once, unescaped)
    {
        add("unescaped three times", &twice, unescaped);
    }
    if let Some(once) = add("percent-decoded", text, |text| escaped_bytes(text, b'%')) {
        add("percent-decoded twice", &once, |text| escaped_bytes(text, b'%'));
    }
    add("entities", text, entities);
    add("quoted-printable", text, |text| escaped_bytes(&text.replace("=\r\n", "").replace("=\n", ""), b'='));
    add("octets", text, |text| escaped_bytes(text, b'\\'));
    if let Some(unfolded) = text.contains("\n ").then(|| text.replace("\r\n ", "").replace("\n ", "")) {
        add("unfolded, base64", &unfolded, base64_runs);
        all.push(("unfolded", unfolded));
    }
    let mut add =
        |name: &'static str, read: fn(&str) -> Option<String>| all.extend(read(text).map(|text| (name, text)));
    add("base64", base64_runs);
    add("hexadecimal", hex_runs);
    let wrapped: Vec<_> = all.iter().filter(|(name, _)| ["base64", "hexadecimal"].contains(name)).cloned().collect();
    for (_, text) in wrapped {
        all.extend(unescaped(&text).map(|text| ("decoded, unescaped", text)));
        all.extend(base64_runs(&text).map(|text| ("decoded, base64", text)));
    }
    all
}

fn unescaped(text: &str) -> Option<String> {
    text.contains('\\').then(|| {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut high = None;
        while let Some(at) = rest.find('\\') {
            let unit = rest.get(at + 2..at + 6).and_then(|hex| u16::from_str_radix(hex, 16).ok());
            out.push_str(&rest[..at]);
            match (rest.as_bytes().get(at + 1), unit) {
                (Some(b'u'), Some(unit)) => {
                    let units: Vec<u16> = high.take().filter(|_| at == 0).into_iter().chain([unit]).collect();
                    match char::decode_utf16(units).next() {
                        Some(Ok(symbol)) => out.push(symbol),
                        _ => high = Some(unit),
                    }
                    rest = &rest[at + 6..];
                }
                (Some(b'n' | b'r' | b't'), _) => {
                    out.push(' ');
                    rest = &rest[at + 2..];
                }
                (Some(next), _) if next.is_ascii() => {
                    out.push(char::from(*next));
                    rest = &rest[at + 2..];
                }
                _ => rest = &rest[at + 1..],
            }
        }
        out + rest
    })
}

/// `%40`, `=40`, `\40`: the sign and two hexadecimal digits.
fn escaped_bytes(text: &str, sign: u8) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut found) = (0, false);
    while at < bytes.len() {
        match (digit(at + 1), digit(at + 2)) {
            (Some(high), Some(low)) if bytes[at] == sign => {
                out.push((high * 16 + low) as u8);
                (at, found) = (at + 3, true);
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    found.then(|| String::from_utf8_lossy(&out).into_owned())
}

fn entities(text: &str) -> Option<String> {
    text.contains('&').then(|| {
        let mut out = String::with_capacity(text.len());
        let mut parts = text.split('&');
        out.push_str(parts.next().unwrap());
        for part in parts {
            let symbol = part.find(';').filter(|end| *end < 9).and_then(|end| {
                let number = part[..end].strip_prefix('#');
                let named = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("commat", '@')];
                let symbol = match number {
                    Some(number) => char::from_u32(
                        number
                            .strip_prefix(['x', 'X'])
                            .map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?,
                    ),
                    None => named.iter().find(|(name, _)| *name == &part[..end]).map(|(_, symbol)| *symbol),
                };
                symbol.map(|symbol| (symbol, end))
            });
            match symbol {
                Some((symbol, end)) => {
                    out.push(symbol);
                    out.push_str(&part[end + 1..]);
                }
                None => {
                    out.push('&');
                    out.push_str(part);
                }
            }
        }
        out
    })
}

/// Everything that decodes as base64 or base64url, a line each; without zero bytes, so that UTF-16 is found too.
fn base64_runs(text: &str) -> Option<String> {
    let mut out = String::new();
    let runs = text.split(|symbol: char| !symbol.is_ascii_alphanumeric() && !"+/-_".contains(symbol));
    for run in runs.filter(|run| run.len() >= 16) {
        let plain = run.replace('-', "+").replace('_', "/");
        let whole = &plain[..plain.len() - usize::from(plain.len() % 4 == 1)];
        let engine = base64::engine::GeneralPurpose::new(
            &base64::alphabet::STANDARD,
            base64::engine::GeneralPurposeConfig::new()
                .with_decode_allow_trailing_bits(true)
                .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone),
        );
        if let Ok(bytes) = engine.decode(whole) {
            out.push_str(&String::from_utf8_lossy(&bytes).replace('\0', ""));
            out.push('\n');
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Everything that is hexadecimal, also as a registry export writes it.
fn hex_runs(text: &str) -> Option<String> {
    let joined = text.replace(",\\\r\n  ", ",").replace(",\\\n  ", ",");
    let mut out = String::new();
    let runs = joined.split(|symbol: char| !symbol.is_ascii_hexdigit() && symbol != ',');
    for run in runs.filter(|run| run.len() >= 16) {
        let digits: Vec<u8> =
            run.bytes().filter(|byte| *byte != b',').map(|byte| char::from(byte).to_digit(16).unwrap() as u8).collect();
        // Both alignments: a digit before the run may belong to something else.
        for from in 0..2 {
            let bytes: Vec<u8> =
                digits[from..].chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).filter(|byte| *byte != 0).collect();
            out.push_str(&String::from_utf8_lossy(&bytes));
            out.push('\n');
        }
    }
    (!out.is_empty()).then_some(out)
}
