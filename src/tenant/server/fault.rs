//! Refusals, worded as Microsoft Graph words them (graph/errors, and the pages of the single APIs).
//!
//! Takes what is wrong, gives a status, a code and a message. Messages name options and limits, never values of
//! records.

use std::fmt::Write;

/// A reply that is not a success.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    /// HTTP status.
    pub(crate) status: u16,
    /// `error.code`.
    pub(crate) code: String,
    /// `error.message`.
    pub(crate) message: String,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Fault {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), headers: Vec::new() }
    }

    /// The path names nothing that this tenant serves.
    pub(crate) fn unknown_path() -> Self {
        Self::new(400, "BadRequest", "Resource not found for the segment in the request.")
    }

    /// The path names an object that does not exist.
    pub(crate) fn not_found(code: &str) -> Self {
        Self::new(
            404,
            code,
            "Resource does not exist or one of its queried reference-property objects are not present.",
        )
    }

    /// A query option that the endpoint does not take.
    pub(crate) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    /// A request that cannot be understood.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// No bearer token, or one that this tenant did not issue or that has ended.
    pub(crate) fn unauthenticated(message: &str) -> Self {
        let mut fault = Self::new(401, "InvalidAuthenticationToken", message);
        let challenge = r#"Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000""#;
        fault.headers.push(("www-authenticate", challenge.to_owned()));
        fault
    }

    /// The token lacks the permission.
    pub(crate) fn denied() -> Self {
        Self::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    /// The tenant lacks the licence.
    pub(crate) fn unlicensed() -> Self {
        let message = "Neither tenant is B2C or tenant doesn't have premium license";
        Self::new(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message)
    }

    /// The body, in Graph's shape.
    pub(crate) fn body(&self, date: &str, request_id: &str, client_request_id: &str) -> Vec<u8> {
        let code = if self.status == 429 { r#""code":"429","# } else { "" };
        let mut body = String::with_capacity(320);
        let _ = write!(
            body,
            r#"{{"error":{{"code":{},"message":{},"innerError":{{{code}"date":"{date}","request-id":"{request_id}","client-request-id":{}}}}}}}"#,
            quoted(&self.code),
            quoted(&self.message),
            quoted(client_request_id)
        );
        body.into_bytes()
    }
}

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    out.push(b'"');
    crate::json::escape_into(text, &mut out);
    out.push(b'"');
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_json_whatever_the_client_sent() {
        let body = Fault::denied().body("2026-09-01T00:00:00", "r", "a\"b\\");
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["error"]["code"], "Authorization_RequestDenied");
        assert_eq!(value["error"]["innerError"]["client-request-id"], "a\"b\\");
    }
}
