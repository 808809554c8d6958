//! Addresses that are never requested (`deny.toml`): secrets, and what people wrote or stored.
//!
//! Takes a path with or without query, gives the row that forbids it. `net` asks before each request, also for
//! links that a reply names and for members of a batch. Never allows anything: it only refuses.

use serde::{Deserialize, Serialize};

use super::glob;

/// A forbidden address.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeniedPath {
    /// Lower-case part of a path; `*` is anything.
    pub pattern: String,
    /// What stands there.
    pub why: String,
}

/// The row that forbids a path: its pattern fits a run of whole segments. Percent-encoding is undone twice, because
/// a proxy may undo it once more; empty and dot segments are resolved as a server resolves them.
pub(super) fn find<'a>(rows: &'a [DeniedPath], path: &str) -> Option<&'a DeniedPath> {
    let plain = resolve(&String::from_utf8_lossy(&decode(&decode(path.as_bytes()))).to_lowercase());
    rows.iter().find(|row| glob::fits(&format!("*{}/*", row.pattern), &plain))
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| Some((hex(*after.first()?)? << 4) | hex(*after.get(1)?)?)).flatten();
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
        out.push(escaped.unwrap_or(byte));
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// `/a//b/./c/../d?e` → `/a/b/d/e/`: every segment, the query and a function's brackets end with `/`.
fn resolve(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split(['/', '\\', '?', '(', '#']) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    format!("/{}/", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;

    #[test]
    fn secrets_are_refused_in_every_spelling() {
        let catalog = Catalog::embedded().unwrap();
        for path in [
            "/servicePrincipals/x/synchronization/secrets",
            "/v1.0/serviceprincipals/x/SYNCHRONIZATION/Secrets?$top=1",
            "/servicePrincipals/x/synchronization%2Fsecrets",
            "/servicePrincipals/x/synchronization%252Fsecrets",
            "/servicePrincipals/x//synchronization///secrets",
            "/beta/directory/deviceLocalCredentials/x?$select=credentials",
            "/directory/%64eviceLocalCredentials",
            "/informationProtection/bitlocker/recoveryKeys/x?$select=key",
            "/users/x/authentication/temporaryAccessPassMethods",
            "/servicePrincipals/x/synchronization/./secrets",
            "/servicePrincipals/x/synchronization/jobs/../secrets",
            "/users/x/messages",
            "/users/x/drive/root/children",
        ] {
            assert!(catalog.denied(path).is_some(), "{path}");
        }
        for path in
            ["/users", "/admin/serviceAnnouncement/messages", "/domains/drive.example/x", "/%", "/%4", "", "/é%ff"]
        {
            assert!(catalog.denied(path).is_none(), "{path}");
        }
    }
}
