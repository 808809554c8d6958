//! A bearer token, and what can be read in it.
//!
//! [`AccessToken`] holds the program's one lasting copy of the secret: a buffer that all its clones and the requests
//! in flight share, overwritten when the last of them is gone. No `Debug`, no `Display`, no `Serialize`.
//! [`claims`] reads the payload (RFC 7519) without checking the signature: only the service can judge a token,
//! the claims merely tell beforehand which permissions it will not have.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use reqwest::header::HeaderValue;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::AuthError;
use crate::clock::Clock;
use crate::limits::TOKEN_RENEW_S;

const SCHEME: &str = "Bearer ";

/// A bearer token. Cloning shares the one buffer. It can stand in a header and cannot be printed:
///
/// ```
/// # use entra_bundle::net::auth::AccessToken;
/// fn header(token: &AccessToken) -> reqwest::header::HeaderValue { token.header_value() }
/// ```
/// ```compile_fail,E0277
/// # use entra_bundle::net::auth::AccessToken;
/// fn shown(token: &AccessToken) -> String { format!("{token:?}") }
/// ```
/// ```compile_fail,E0277
/// # use entra_bundle::net::auth::AccessToken;
/// fn shown(token: &AccessToken) -> String { format!("{token}") }
/// ```
#[derive(Clone)]
pub struct AccessToken {
    header: HeaderValue,
    expires_on: Option<OffsetDateTime>,
    renew_on: Option<OffsetDateTime>,
}

impl AccessToken {
    /// Takes a token and the instant at which it ends (`None`: unknown, it is used until it is refused).
    ///
    /// # Errors
    /// [`AuthError::Unreadable`] when the text cannot stand in a header.
    pub(crate) fn new(secret: &str, expires_on: Option<OffsetDateTime>) -> Result<Self, AuthError> {
        let secret = secret.trim();
        let mut bytes = Zeroizing::new(Vec::with_capacity(SCHEME.len() + secret.len()));
        bytes.extend_from_slice(SCHEME.as_bytes());
        bytes.extend_from_slice(secret.as_bytes());
        let visible = !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
        let mut header = match HeaderValue::from_maybe_shared(Bytes::from_owner(bytes)) {
            Ok(header) if visible => header,
            _ => return Err(AuthError::Unreadable(200)),
        };
        header.set_sensitive(true);
        let renew_on = expires_on.map(|end| {
            let life = end - Clock::System.now();
            end - time::Duration::seconds(TOKEN_RENEW_S).min(life / 2)
        });
        Ok(Self { header, expires_on, renew_on })
    }

    /// The value for the `Authorization` header, marked sensitive.
    pub fn header_value(&self) -> HeaderValue {
        self.header.clone()
    }

    /// When the token ends, UTC; `None` when that cannot be known.
    pub fn expires_on(&self) -> Option<OffsetDateTime> {
        self.expires_on
    }

    pub(super) fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_on.is_some_and(|end| end <= now)
    }

    pub(super) fn is_due(&self, now: OffsetDateTime) -> bool {
        self.renew_on.is_some_and(|due| due <= now)
    }

    fn secret(&self) -> &[u8] {
        self.header.as_bytes().get(SCHEME.len()..).unwrap_or_default()
    }
}

/// What an access token says about itself. Holds identifiers: it is neither printed nor written.
#[derive(Clone, Default, serde::Deserialize)]
pub struct Claims {
    /// Application permissions, for example `AuditLog.Read.All` (app-only tokens).
    #[serde(default)]
    pub roles: Vec<String>,
    /// Delegated permissions, separated by blanks (`scp`).
    #[serde(default, rename = "scp")]
    scopes: String,
    /// Template ids of the directory roles that the user holds tenant-wide.
    #[serde(default)]
    pub wids: Vec<String>,
    /// Object id of the user or service principal.
    pub oid: Option<String>,
    /// The tenant.
    pub tid: Option<String>,
    /// The application that asked (v1 tokens; v2 tokens call it `azp`).
    #[serde(alias = "azp")]
    pub appid: Option<String>,
    /// The service that the token is for.
    pub aud: Option<String>,
    /// `app` or `user`, where the application asked for that claim.
    #[serde(default)]
    idtyp: Option<String>,
    /// End, seconds since 1970.
    pub exp: Option<i64>,
}

impl Claims {
    /// The delegated permissions, for example `Directory.Read.All`.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.split_ascii_whitespace()
    }

    /// Whether an application signed in for itself. Without the `idtyp` claim: it carries no delegated scopes.
    pub fn is_app(&self) -> bool {
        self.idtyp.as_deref().map_or(self.scopes.is_empty(), |kind| kind == "app")
    }

    /// When the token ends.
    pub(super) fn expires_on(&self) -> Option<OffsetDateTime> {
        self.exp.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok())
    }
}

/// Reads the claims of a token; `None` when it is not a JWT (some services use opaque tokens).
pub fn claims(token: &AccessToken) -> Option<Claims> {
    claims_of(token.secret())
}

pub(super) fn claims_of(secret: &[u8]) -> Option<Claims> {
    let payload = secret.split(|&byte| byte == b'.').nth(1)?;
    let json = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?);
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn the_header_value_is_sensitive_and_carries_the_token() {
        let token = AccessToken::new(" abc.def \n", None).unwrap();
        assert_eq!(token.header_value().as_bytes(), b"Bearer abc.def");
        assert!(token.header_value().is_sensitive());
        assert_eq!(format!("{:?}", token.header_value()), "Sensitive");
    }

    #[test]
    fn a_text_that_cannot_be_a_token_is_refused() {
        for text in ["", "  ", "two words", "line\nbreak", "ütf"] {
            assert!(AccessToken::new(text, None).is_err());
        }
    }

    #[test]
    fn claims_of_a_user_and_of_an_app_are_told_apart() {
        let user = AccessToken::new(
            &jwt(r#"{"scp":"AuditLog.Read.All User.Read","wids":["w"],"exp":1,"aud":"a","x":[1]}"#),
            None,
        );
        let user = claims(&user.unwrap()).unwrap();
        assert_eq!(user.scopes().collect::<Vec<_>>(), ["AuditLog.Read.All", "User.Read"]);
        assert!(!user.is_app() && user.roles.is_empty());
        let app = AccessToken::new(&jwt(r#"{"roles":["Directory.Read.All"],"idtyp":"app","azp":"b","tid":"t"}"#), None);
        let app = claims(&app.unwrap()).unwrap();
        assert!(app.is_app());
        assert_eq!((app.roles.len(), app.appid.as_deref(), app.tid.as_deref()), (1, Some("b"), Some("t")));
    }

    #[test]
    fn an_opaque_or_broken_token_has_no_claims() {
        for text in ["opaque", "a.b", "a.!.c", "e30.W10.c", ".."] {
            assert!(claims_of(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_token_is_due_five_minutes_before_its_end_or_at_half_its_life() {
        let now = Clock::System.now();
        let hour = AccessToken::new("t", Some(now + time::Duration::hours(1))).unwrap();
        assert!(!hour.is_due(now + time::Duration::minutes(54)) && hour.is_due(now + time::Duration::minutes(56)));
        let minute = AccessToken::new("t", Some(now + time::Duration::seconds(60))).unwrap();
        assert!(!minute.is_due(now + time::Duration::seconds(20)) && minute.is_due(now + time::Duration::seconds(40)));
        let past = AccessToken::new("t", Some(now - time::Duration::seconds(60))).unwrap();
        assert!(past.is_due(now) && past.is_expired(now));
    }
}
