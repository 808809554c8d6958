//! Error bodies of storage accounts.
//!
//! Takes XML, gives code and message. What a message says in detail can hold the text that was signed, with addresses
//! and parts of a signature: it is cut before that.
//! Source: <https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2>.

use crate::xml::elements;

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
