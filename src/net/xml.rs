//! XML of storage accounts: elements, and error bodies.
//!
//! Takes XML, gives paths and texts, or code and message. What a message says in detail can hold the text that was signed, with addresses
//! and parts of a signature: it is cut before that.
//! Source: <https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2>.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::limits::XML_DEPTH_MAX;

/// Calls `ended` at the end of each element with its path from the root (itself last) and the text in it, not that of
/// its children. `None`: no well-formed XML, or nested too deeply.
pub(crate) fn elements(xml: &str, mut ended: impl FnMut(&[String], &str)) -> Option<()> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) if path.len() >= XML_DEPTH_MAX => return None,
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                text.clear();
            }
            Event::Empty(empty) => {
                path.push(empty.name().as_ref().to_owned());
                ended(&path, "");
                path.pop();
                text.clear();
            }
            Event::End(_) => {
                ended(&path, &text);
                path.pop();
                text.clear();
            }
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(name) => text.push(character(&name)?),
            Event::CData(part) => text.push_str(&part),
            Event::Eof => break,
            _ => {}
        }
    }
    path.is_empty().then_some(())
}

/// The character that a reference (`amp`, `#x2F`) stands for.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Code and message of `<Error><Code>…</Code><Message>…</Message>`; `None`: it is something else.
pub(super) fn error(body: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}');
    if !text.starts_with('<') {
        return None;
    }
    let (mut code, mut message, mut detail) = (String::new(), String::new(), String::new());
    elements(text, |path, text| match path {
        [root, name] if root == "Error" => match name.as_str() {
            "Code" => code = text.to_owned(),
            "Message" => message = text.to_owned(),
            "AuthenticationErrorDetail" => detail = text.to_owned(),
            _ => {}
        },
        _ => {}
    })?;
    // "…\nRequestId:…\nTime:…"
    let mut said = message.split("RequestId:").next().unwrap_or_default().trim().to_owned();
    let detail = detail.split(['\'', '"', '[', '\n']).next().unwrap_or_default().trim();
    if !detail.is_empty() {
        said = format!("{said} ({detail})");
    }
    (!code.is_empty()).then_some((code, said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_end_with_their_own_text_and_references_are_resolved() {
        let mut seen = Vec::new();
        let xml = "\u{feff}<?xml version=\"1.0\"?><a x=\"y\"><b>1&amp;2&#x2F;</b><c/><d><![CDATA[<]]></d></a>";
        elements(xml, |path, text| seen.push((path.join("."), text.to_owned()))).unwrap();
        let expected = [("a.b", "1&2/"), ("a.c", ""), ("a.d", "<"), ("a", "")];
        assert_eq!(seen, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
        for bad in ["<a>", "<a></b>", "<a>&nothing;</a>"] {
            assert!(elements(bad, |_, _| {}).is_none(), "{bad}");
        }
        assert!(elements(&"<a>".repeat(1_000), |_, _| {}).is_none());
    }

    #[test]
    fn codes_are_read_and_what_was_signed_is_not_repeated() {
        let expired = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.\nRequestId:r\nTime:t</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [a] - Expiry [b]</AuthenticationErrorDetail></Error>";
        let (code, message) = error(expired.as_bytes()).unwrap();
        assert_eq!(code, "AuthenticationFailed");
        assert_eq!(
            message,
            "Server failed to authenticate the request. (Signature not valid in the specified time frame: Start)"
        );
        let signed = "<Error><Code>C</Code><Message>M</Message><AuthenticationErrorDetail>The MAC signature found in the HTTP request 'c4nary' is not</AuthenticationErrorDetail></Error>";
        assert_eq!(error(signed.as_bytes()).unwrap().1, "M (The MAC signature found in the HTTP request)");
        for other in ["", "{}", "<html><body>Code</body></html>", "<Error><Code>", "<Error></Error>"] {
            assert_eq!(error(other.as_bytes()), None, "{other}");
        }
    }
}
