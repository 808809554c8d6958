//! Where bearer tokens come from: the boundary between signing in and the client that sends requests.
//!
//! Takes a scope, gives a token. Never shows a token: it has no `Debug` and no `Display`.

use reqwest::header::HeaderValue;
use time::OffsetDateTime;

/// Gives access tokens, and renews them.
#[async_trait::async_trait]
pub trait TokenSource: Send + Sync {
    /// A token for `scope` (`https://graph.microsoft.com/.default`). Cancel-safe.
    async fn token(&self, scope: &str) -> Result<AccessToken, AuthError>;
    /// The service refused the token with 401; `claims` is its claims challenge (JSON), if it sent one. Cancel-safe.
    async fn invalidate(&self, scope: &str, claims: Option<&str>);
    /// The kind of sign-in, as `--auth` spells it.
    fn describe(&self) -> &'static str;
}

/// A bearer token. Cloning shares the one buffer.
#[derive(Clone)]
pub struct AccessToken {
    header: HeaderValue,
}

impl AccessToken {
    /// Wraps a token; `_expires_on` is when it ends.
    ///
    /// # Errors
    /// [`AuthError::Unreadable`] when the text cannot stand in a header.
    pub(crate) fn new(secret: &str, _expires_on: Option<OffsetDateTime>) -> Result<Self, AuthError> {
        let mut header = HeaderValue::from_str(&format!("Bearer {secret}")).map_err(|_| AuthError::Unreadable(200))?;
        header.set_sensitive(true);
        Ok(Self { header })
    }

    /// The value for the `Authorization` header, marked sensitive.
    pub fn header_value(&self) -> HeaderValue {
        self.header.clone()
    }
}

/// Signing in failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// A reply came, but not one that a sign-in server sends.
    #[error("the sign-in server's answer could not be read (HTTP status {0}): check --login-url")]
    Unreadable(u16),
    /// The user declined.
    #[error("the sign-in was declined: start again and accept, or choose another --auth")]
    Declined,
}

/// The `claims` of a challenge in `WWW-Authenticate`, decoded to JSON; `None` when the header carries none.
pub fn claims_challenge(www_authenticate: &str) -> Option<String> {
    use base64::Engine as _;
    let (_, rest) = www_authenticate.split_once("claims=\"")?;
    let (value, _) = rest.split_once('"')?;
    let json = base64::prelude::BASE64_STANDARD.decode(value).ok()?;
    String::from_utf8(json).ok()
}
