//! LDIF (RFC 2849) as `ldifde` writes it: base64 where the rules ask for it, lines folded behind 76 characters.
//!
//! Takes attributes, gives text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Characters of a line before it is folded.
const LINE_CHARS: usize = 76;

/// Entries, one after another.
#[derive(Default)]
pub(super) struct Ldif {
    text: String,
}

impl Ldif {
    /// Begins an entry; object classes from the most general one to its own.
    pub(super) fn entry(&mut self, dn: &str, classes: &[&str]) -> &mut Self {
        if !self.text.is_empty() {
            self.text.push_str("\r\n");
        }
        self.add("dn", dn).add("changetype", "add");
        classes.iter().for_each(|class| {
            self.add("objectClass", class);
        });
        self.add("distinguishedName", dn)
    }

    /// Adds a text.
    pub(super) fn add(&mut self, name: &str, value: &str) -> &mut Self {
        let safe_first = !value.starts_with([' ', ':', '<']);
        let is_safe = safe_first && !value.ends_with(' ') && value.bytes().all(|byte| (0x20..0x7F).contains(&byte));
        match is_safe {
            true => self.fold(&format!("{name}: {value}")),
            false => self.bytes(name, value.as_bytes()),
        }
    }

    /// Adds a text that may be missing.
    pub(super) fn some(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.add(name, value),
            None => self,
        }
    }

    /// Adds bytes.
    pub(super) fn bytes(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.fold(&format!("{name}:: {}", STANDARD.encode(value)))
    }

    fn fold(&mut self, line: &str) -> &mut Self {
        for (place, letter) in line.chars().enumerate() {
            if place > 0 && place % LINE_CHARS == 0 {
                self.text.push_str("\r\n ");
            }
            self.text.push(letter);
        }
        self.text.push_str("\r\n");
        self
    }

    /// The file.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}

/// The bytes of `S-1-5-21-…` (\[MS-DTYP\] 2.4.2.2); empty for what is no SID.
pub(super) fn sid_bytes(sid: &str) -> Vec<u8> {
    let mut parts = sid.split('-').skip(2).filter_map(|part| part.parse::<u64>().ok());
    let Some(authority) = parts.next() else { return Vec::new() };
    let rest: Vec<u32> = parts.map(|part| part as u32).collect();
    let mut bytes = vec![1, rest.len() as u8];
    bytes.extend_from_slice(&authority.to_be_bytes()[2..]);
    rest.iter().for_each(|part| bytes.extend_from_slice(&part.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_is_base64_and_long_lines_are_folded() {
        let mut ldif = Ldif::default();
        ldif.entry("CN=A", &["top"]).add("cn", "é").add("description", &"x".repeat(90)).some("sn", None);
        let text = String::from_utf8(ldif.into_bytes()).unwrap();
        assert!(text.starts_with("dn: CN=A\r\nchangetype: add\r\nobjectClass: top\r\n") && text.contains("cn:: w6k="));
        assert!(text.lines().all(|line| line.len() <= LINE_CHARS + 1) && text.contains("\r\n xxx"));
    }

    /// Vector of [MS-DTYP]-shaped tools: `S-1-5-21-…-1103` as Active Directory stores it.
    #[test]
    fn a_sid_has_the_bytes_of_the_directory() {
        let bytes = sid_bytes("S-1-5-21-2156191251-940272682-1384544836-1103");
        assert_eq!(STANDARD.encode(bytes), "AQUAAAAAAAUVAAAAE96EgCpsCzhEeoZSTwQAAA==");
    }
}
