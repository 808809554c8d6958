//! What can come instead of an answer.
//!
//! Takes an error reply's status and body, gives a [`Refusal`]: code, message and request id, whatever spelling
//! the service uses (`{"error":{"code","message","innerError":{"request-id"}}}`, `innererror`, `requestId`,
//! `odata.error`, OAuth's bare strings, XML of storage accounts). Nothing here prints what a service sent.
//! Source: <https://learn.microsoft.com/graph/errors>.

use crate::json;
use crate::record::RawText;

use super::auth::AuthError;
use super::recovery;
use super::xml;

/// Errors inside errors that are looked at: the deepest known reply has two.
const INNER_MAX: usize = 4;

/// The service said no, and why.
#[derive(Clone)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `error.code`, empty when there is none.
    pub code: RawText,
    /// `error.message`, empty when there is none.
    pub message: RawText,
    /// `request-id` of the reply or of its body.
    pub request_id: RawText,
}

impl Refusal {
    /// Reads an error body; `request_id` is the header's, if there was one. Never fails: what is missing is empty.
    pub(crate) fn read(status: u16, body: &[u8], request_id: Option<&str>) -> Self {
        let root = json::value_span(body, 0).unwrap_or(0..0).start;
        let error = child(body, root, "error").or_else(|| child(body, root, "odata.error")).unwrap_or(root..root);
        let inner = child(body, error.start, "innerError").unwrap_or(0..0);
        let first =
            |places: &[(usize, &str)]| places.iter().find_map(|&(at, name)| text(body, at, name)).unwrap_or_default();
        let code = text_at(body, &error).unwrap_or_else(|| first(&[(error.start, "code"), (inner.start, "code")]));
        let message = first(&[(error.start, "message"), (root, "error_description"), (root, "message")]);
        let message = with_inner(body, message, inner.start);
        let (code, message) = xml::error(body).unwrap_or((code, message));
        let request_id = request_id.map_or_else(
            || first(&[(inner.start, "request-id"), (inner.start, "requestId"), (error.start, "requestId")]),
            str::to_owned,
        );
        Self { status, code: RawText::new(code), message: RawText::new(message), request_id: RawText::new(request_id) }
    }
}

/// The message with those of the errors inside, which alone say what is wrong where the outer one is general (Log
/// Analytics: "The request had some invalid properties").
fn with_inner(body: &[u8], mut message: String, mut at: usize) -> String {
    for _ in 0..INNER_MAX {
        let Some(inner) = text(body, at, "message").filter(|_| at > 0) else { break };
        if !message.contains(&inner) {
            message = if message.is_empty() { inner } else { format!("{message}: {inner}") };
        }
        at = child(body, at, "innerError").map_or(0, |span| span.start);
    }
    message
}

/// The value of the member `name` of the object at `at`; names are compared without regard to case.
fn child(body: &[u8], at: usize, name: &str) -> Option<json::Span> {
    let member = |(key, span): (&[u8], json::Span)| key.eq_ignore_ascii_case(name.as_bytes()).then_some(span);
    json::members(body, at).ok()?.map_while(Result::ok).find_map(member)
}

fn text(body: &[u8], at: usize, name: &str) -> Option<String> {
    let span = child(body, at, name)?;
    text_at(body, &span).or_else(|| text_at(body, &child(body, span.start, "value")?))
}

fn text_at(body: &[u8], span: &json::Span) -> Option<String> {
    let quoted = body.get(span.clone())?;
    let inner = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    json::unescape(inner).ok().map(std::borrow::Cow::into_owned).filter(|text| !text.is_empty())
}

/// Why a request was tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A status that may pass.
    #[error("the service answered {0}")]
    Status(u16),
    /// No connection.
    #[error("no connection: {0}")]
    NoConnection(&'static str),
    /// The connection broke before the reply was whole.
    #[error("the reply broke off")]
    Broken,
    /// Nothing came for too long.
    #[error("the reply took too long")]
    Stalled,
    /// Something else than JSON, for example a proxy's page, or JSON that ends too early.
    #[error("the reply was not valid JSON")]
    NotJson,
    /// What was begun is not done yet.
    #[error("the service is still working on it")]
    Unfinished,
}

impl Fault {
    /// Whether a smaller question may help.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::Stalled) || matches!(self, Self::Status(status) if recovery::is_slow(*status))
    }

    pub(super) fn of(error: &reqwest::Error) -> Self {
        if !error.is_connect() {
            return if error.is_timeout() { Self::Stalled } else { Self::Broken };
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(current) = cause {
            if current.is::<rustls::Error>() {
                return Self::NoConnection("the server's certificate or TLS version was refused");
            }
            if let Some(io) = current.downcast_ref::<std::io::Error>() {
                match io.kind() {
                    std::io::ErrorKind::ConnectionRefused => return Self::NoConnection("the port is closed"),
                    std::io::ErrorKind::ConnectionReset => return Self::NoConnection("the connection was reset"),
                    _ => {}
                }
                // An io::Error can wrap the TLS error as its payload, which `source` skips.
                if io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
                    return Self::NoConnection("the server's certificate or TLS version was refused");
                }
            }
            cause = current.source();
        }
        Self::NoConnection(if error.is_timeout() { "nobody answered" } else { "the name or the host was not found" })
    }
}

/// No answer, after so many repetitions.
pub struct Failure {
    /// What happened last.
    pub kind: FailureKind,
    /// How often the request was repeated.
    pub retries: u32,
}

/// Why there is no answer.
pub enum FailureKind {
    /// The service refused for good.
    Refused(Refusal),
    /// It was tried as often as is sensible.
    GaveUp {
        /// What happened last.
        fault: Fault,
        /// The service's words about it, if a reply came.
        refusal: Option<Refusal>,
    },
    /// The address is not the service's: nothing was sent.
    Foreign,
    /// The path holds secrets: nothing was sent.
    Secret,
    /// The reply is longer than the cap.
    TooLarge,
    /// There is no token.
    Auth(AuthError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_spelling_of_an_error_is_read() {
        let rows = [
            (r#"{"error":{"code":"C","message":"M","innerError":{"request-id":"R"}}}"#, "C", "M", "R"),
            (r#"{"error":{"code":"C","message":"M","innererror":{"requestId":"R"}}}"#, "C", "M", "R"),
            (r#"{"error":{"code":"","message":"M","innerError":{"code":"429"}}}"#, "429", "M", ""),
            (
                r#"{"error":{"message":"M","code":"C","innererror":{"code":"D","message":"N","innererror":{"message":"O"}}}}"#,
                "C",
                "M: N: O",
                "",
            ),
            (r#"{"odata.error":{"code":"C","message":{"lang":"en","value":"M"},"requestId":"R"}}"#, "C", "M", "R"),
            (r#"{"error":"invalid_grant","error_description":"M"}"#, "invalid_grant", "M", ""),
            (r#"{"Message":"M"}"#, "", "M", ""),
            ("<html>", "", "", ""),
            ("", "", "", ""),
            (r#"{"error":{"code":"C","message":"cut"#, "", "", ""),
            ("[1]", "", "", ""),
        ];
        for (body, code, message, request_id) in rows {
            let refusal = Refusal::read(403, body.as_bytes(), None);
            let read = (refusal.code.expose(), refusal.message.expose(), refusal.request_id.expose());
            assert_eq!(read, (code, message, request_id), "{body}");
        }
        assert_eq!(Refusal::read(403, b"{}", Some("H")).request_id.expose(), "H");
    }
}
