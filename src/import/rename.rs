//! The names of Graph for what PowerShell has named its own way.
//!
//! Takes an object whose members begin with capitals (`Get-Mg… | ConvertTo-Json`), gives it with small ones at every depth,
//! values as they were, but `/Date(…)/` (Windows PowerShell's instants) as RFC 3339.
//! Source: <https://learn.microsoft.com/powershell/microsoftgraph/get-started>.

use super::instant;
use crate::json;

/// The object under Graph's names; none when it is no JSON.
pub(super) fn to_graph(object: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(object.len());
    value(object, 0, &mut out)?;
    Some(out)
}

/// `IPAddress` is `ipAddress`, `AppId` is `appId`.
pub(super) fn camel(name: &str) -> String {
    let capitals = name.chars().take_while(|symbol| symbol.is_ascii_uppercase()).count();
    let small = match capitals {
        0 | 1 => capitals,
        all if all == name.chars().count() => all,
        some => some - 1,
    };
    let (head, tail) = name.split_at_checked(small).unwrap_or(("", name));
    head.to_ascii_lowercase() + tail
}

/// Writes the value at `at`; gives the position behind it. The depth is bounded, since the value was read as JSON before.
fn value(bytes: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    match bytes.get(at)? {
        b'{' => {
            let mut members = json::members(bytes, at).ok()?;
            out.push(b'{');
            for (n, member) in members.by_ref().enumerate() {
                let (key, span) = member.ok()?;
                out.extend_from_slice(if n > 0 { b",\"" } else { b"\"" });
                // A name with signs is no property of an object but data.
                match std::str::from_utf8(key).ok().filter(|key| key.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
                    Some(key) => out.extend_from_slice(camel(key).as_bytes()),
                    None => out.extend_from_slice(key),
                }
                out.extend_from_slice(b"\":");
                value(bytes, span.start, out)?;
            }
            out.push(b'}');
            Some(members.end())
        }
        b'[' => {
            let mut items = json::items(bytes, at).ok()?;
            out.push(b'[');
            for (n, item) in items.by_ref().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                value(bytes, item.ok()?.start, out)?;
            }
            out.push(b']');
            Some(items.end())
        }
        _ => {
            let end = json::skip_value(bytes, at).ok()?;
            let raw = bytes.get(at..end)?;
            match date(raw) {
                Some(text) => {
                    out.push(b'"');
                    out.extend_from_slice(text.as_bytes());
                    out.push(b'"');
                }
                None => out.extend_from_slice(raw),
            }
            Some(end)
        }
    }
}

/// `"\/Date(1700000000000)\/"` as RFC 3339.
fn date(raw: &[u8]) -> Option<String> {
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if !inner.starts_with(br"\/Date(") && !inner.starts_with(b"/Date(") {
        return None;
    }
    instant::read(&json::unescape(inner).ok()?).and_then(instant::write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_graph() {
        for (name, expected) in [
            ("AppId", "appId"),
            ("IPAddress", "ipAddress"),
            ("Id", "id"),
            ("ID", "id"),
            ("userId", "userId"),
            ("A", "a"),
            ("", ""),
        ] {
            assert_eq!(camel(name), expected);
        }
        let object = br#"{ "Id":"1", "CreatedDateTime":"\/Date(1661191636000)\/","Status":{"ErrorCode":0},
            "List":[{"IPAddress":null},1.50,"Id"],"@odata.type":"X"}"#;
        let expected = r#"{"id":"1","createdDateTime":"2022-08-22T18:07:16Z","status":{"errorCode":0},"list":[{"ipAddress":null},1.50,"Id"],"@odata.type":"X"}"#;
        assert_eq!(String::from_utf8(to_graph(object).unwrap()).unwrap(), expected);
        assert!(to_graph(b"{\"a\":").is_none());
    }
}
