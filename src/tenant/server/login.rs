//! The token endpoint look-alike: client credentials, device code, refresh tokens.
//!
//! Takes form bodies, gives unsigned tokens shaped like JWTs (header `alg: none`), which only this tenant accepts.
//! Shapes and errors: entra-docs v2-oauth2-client-creds-grant-flow, v2-oauth2-device-code, RFC 8628. Not a security
//! boundary: any non-empty secret is accepted.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::world::mix;
use super::reply::Reply;
use crate::catalog::Catalog;

/// Device codes that wait at the same time; further ones end the oldest.
const DEVICE_CODES_MAX: usize = 256;

/// Issues and checks tokens for one tenant.
#[derive(Debug)]
pub(crate) struct Login {
    tenant_id: String,
    seed: u64,
    lifetime_s: u64,
    denied: Vec<String>,
    polls: Mutex<HashMap<String, u32>>,
}

/// Application permissions that a token names: all that a dataset needs only for reading.
fn roles() -> BTreeSet<&'static str> {
    let rows = Catalog::embedded().map(Catalog::datasets).unwrap_or_default();
    let reading = rows.iter().filter(|row| !row.needs_write());
    reading.flat_map(|row| row.permission.application.iter().chain(&row.permission.also)).map(String::as_str).collect()
}

impl Login {
    pub(crate) fn new(tenant_id: String, seed: u64, lifetime_s: u64, denied: Vec<String>) -> Self {
        Self { tenant_id, seed, lifetime_s, denied, polls: Mutex::default() }
    }

    /// An access token issued at `now_s` (seconds since 1970) for a resource, for example
    /// `https://graph.microsoft.com`.
    pub(crate) fn issue(&self, resource: &str, app_id: &str, now_s: i64) -> String {
        let lifetime_s = i64::try_from(self.lifetime_s).unwrap_or(i64::MAX);
        let roles: Vec<&str> = roles().into_iter().filter(|role| !self.denied.iter().any(|no| no == role)).collect();
        let claims = json!({
            "aud": resource,
            "iss": format!("https://sts.windows.net/{}/", self.tenant_id),
            "iat": now_s,
            "nbf": now_s,
            "exp": now_s.saturating_add(lifetime_s),
            "appid": app_id,
            "idtyp": "app",
            "roles": roles,
            "tid": self.tenant_id,
            "ver": "1.0",
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let body = format!("{}.{}", encode(&json!({"typ": "JWT", "alg": "none"})), encode(&claims));
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(self.stamp(&body).to_be_bytes()))
    }

    /// Whether an `Authorization` header holds a token of this tenant that has not ended.
    ///
    /// # Errors
    /// What is wrong, in Graph's words.
    pub(crate) fn check(&self, authorization: Option<&str>, now_s: i64) -> Result<(), &'static str> {
        let header = authorization.ok_or("Access token is empty.")?;
        let token =
            header.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer ")).and_then(|_| header.get(7..));
        let (body, stamp) = token
            .and_then(|token| token.trim().rsplit_once('.'))
            .ok_or("CompactToken parsing failed with error code: 80049217")?;
        if stamp != URL_SAFE_NO_PAD.encode(self.stamp(body).to_be_bytes()) {
            return Err("Access token validation failure. Invalid signature.");
        }
        let claims = body.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let expiry = claims
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
            .and_then(|claims| claims.get("exp")?.as_i64());
        if expiry.is_none_or(|expiry| expiry <= now_s) {
            return Err("Lifetime validation failed, the token is expired.");
        }
        Ok(())
    }

    fn stamp(&self, body: &str) -> u64 {
        body.bytes().fold(mix(self.seed, 0x704E), |sum, byte| mix(sum, u64::from(byte)))
    }

    /// `POST /{tenant}/oauth2/v2.0/token`
    pub(crate) fn token(&self, tenant: &str, form: &str, now_s: i64) -> Reply {
        let fields: HashMap<_, _> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let field = |name: &str| fields.get(name).map(String::as_str).filter(|value| !value.is_empty());
        if !self.serves(tenant) {
            return refuse(
                400,
                "invalid_request",
                90002,
                "Tenant not found. Check to make sure you have the correct tenant ID.",
            );
        }
        let Some(client_id) = field("client_id") else {
            return refuse(
                400,
                "invalid_request",
                900_144,
                "The request body must contain the following parameter: 'client_id'.",
            );
        };
        match field("grant_type") {
            Some("client_credentials") => {
                if field("client_secret").is_none() && field("client_assertion").is_none() {
                    let message =
                        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
                    return refuse(401, "invalid_client", 7_000_218, message);
                }
            }
            Some("refresh_token") if field("refresh_token").is_some() => {}
            Some("urn:ietf:params:oauth:grant-type:device_code") => {
                if let Some(refusal) = field("device_code").map_or(Some(unknown_code()), |code| self.poll(code)) {
                    return refusal;
                }
            }
            _ => return refuse(400, "unsupported_grant_type", 70_003, "The app requested an unsupported grant type."),
        }
        let scope = field("scope").unwrap_or("https://graph.microsoft.com/.default");
        let resource = scope.split_ascii_whitespace().next().unwrap_or("").trim_end_matches("/.default");
        let mut answer = json!({
            "token_type": "Bearer",
            "expires_in": self.lifetime_s,
            "ext_expires_in": self.lifetime_s,
            "access_token": self.issue(resource, client_id, now_s),
        });
        if field("grant_type") != Some("client_credentials")
            && let Some(members) = answer.as_object_mut()
        {
            members.insert("scope".to_owned(), Value::from(scope));
            members.insert("refresh_token".to_owned(), Value::from(format!("0.{:016x}", self.stamp(client_id))));
        }
        Reply::plain_json(200, answer.to_string().into_bytes())
    }

    /// `POST /{tenant}/oauth2/v2.0/devicecode`
    pub(crate) fn device_code(&self, tenant: &str, request: u64) -> Reply {
        if !self.serves(tenant) {
            return refuse(
                400,
                "invalid_request",
                90002,
                "Tenant not found. Check to make sure you have the correct tenant ID.",
            );
        }
        let device_code = format!("D{:016x}{:016x}", mix(self.seed, request), mix(request, self.seed));
        let user_code: String = mix(request, 9).to_string().chars().take(9).collect();
        let mut polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
        if polls.len() >= DEVICE_CODES_MAX {
            polls.clear();
        }
        polls.insert(device_code.clone(), 0);
        let answer = json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": 900,
            "interval": 1,
            "message": format!("To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code {user_code} to authenticate."),
        });
        Reply::plain_json(200, answer.to_string().into_bytes())
    }

    /// The first poll waits, the second is approved; a code is good for one token.
    fn poll(&self, code: &str) -> Option<Reply> {
        let mut polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = polls.get_mut(code) else { return Some(unknown_code()) };
        *count += 1;
        if *count == 1 {
            let message = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
            return Some(refuse(400, "authorization_pending", 70_016, message));
        }
        polls.remove(code);
        None
    }

    fn serves(&self, tenant: &str) -> bool {
        tenant.eq_ignore_ascii_case(&self.tenant_id)
            || matches!(tenant, "common" | "organizations")
            || tenant.contains('.')
    }
}

fn unknown_code() -> Reply {
    refuse(400, "bad_verification_code", 70_019, "Verification code is not recognized.")
}

fn refuse(status: u16, error: &str, code: u32, message: &str) -> Reply {
    let answer = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {message}"),
        "error_codes": [code],
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    });
    Reply::plain_json(status, answer.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        Login::new("tenant-1".into(), 1, 60, vec!["User.Read.All".into()])
    }

    fn field(reply: &Reply, name: &str) -> Value {
        serde_json::from_slice::<Value>(&reply.body).unwrap()[name].clone()
    }

    #[test]
    fn a_token_is_accepted_until_it_ends_and_only_unaltered() {
        let login = login();
        let token = format!("Bearer {}", login.issue("https://graph.microsoft.com", "app", 1_000));
        assert_eq!(login.check(Some(&token), 1_059), Ok(()));
        assert!(login.check(Some(&token), 1_060).is_err());
        assert!(login.check(Some(&token.replace('e', "f")), 1_001).is_err());
        assert!(login.check(None, 0).is_err() && login.check(Some("Basic x.y.z"), 0).is_err());
    }

    #[test]
    fn client_credentials_need_a_secret_and_the_right_tenant() {
        let login = login();
        let form = "grant_type=client_credentials&client_id=a&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_secret=s";
        assert_eq!(login.token("tenant-1", form, 0).status, 200);
        assert_eq!(login.token("tenant-2", form, 0).status, 400);
        let without = login.token("tenant-1", &form.replace("client_secret=s", ""), 0);
        assert_eq!((without.status, field(&without, "error")), (401, "invalid_client".into()));
    }

    #[test]
    fn a_device_code_is_pending_once_and_good_for_one_token() {
        let login = login();
        let code = field(&login.device_code("tenant-1", 7), "device_code");
        let form = format!(
            "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=a&device_code={}",
            code.as_str().unwrap()
        );
        assert_eq!(field(&login.token("tenant-1", &form, 0), "error"), "authorization_pending");
        assert!(field(&login.token("tenant-1", &form, 0), "refresh_token").is_string());
        assert_eq!(field(&login.token("tenant-1", &form, 0), "error"), "bad_verification_code");
    }
}
