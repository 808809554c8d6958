//! Signs in a person who types a code on another device (RFC 8628).
//!
//! Takes a public client id; shows the code through `talk`, waits, gives tokens. The refresh token stays in
//! memory, is overwritten at the end, and serves only to get tokens for further scopes and to renew them. Polling,
//! `slow_down` and the time limit are the `oauth2` crate's; a poll that fails on the way is tried again.
//! Source: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code>.

use std::sync::{Arc, Mutex, PoisonError};

use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicTokenResponse};
use oauth2::{
    AuthType, ClientId, DeviceAuthorizationUrl, DeviceCodeErrorResponseType, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, RefreshToken, RequestTokenError, Scope, StandardDeviceAuthorizationResponse, TokenResponse as _,
    TokenUrl,
};
use zeroize::Zeroizing;

use super::cache::{Ask, Mint};
use super::endpoint::Endpoint;
use super::metadata::body;
use super::{AccessToken, AuthError, Refusal, Talk};
use crate::clock::Clock;

type Public = BasicClient<EndpointNotSet, EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// Signing in by device code.
pub(super) struct Device {
    oauth: Public,
    client: reqwest::Client,
    talk: Talk,
    /// Held for the whole of a request, so that a person is asked once even when two scopes are wanted at a time.
    refresh: tokio::sync::Mutex<Option<Zeroizing<String>>>,
}

impl Device {
    pub(super) fn new(client_id: String, at: Endpoint, client: reqwest::Client, talk: Talk) -> Self {
        let oauth = BasicClient::new(ClientId::new(client_id))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(TokenUrl::from_url(at.token))
            .set_device_authorization_url(DeviceAuthorizationUrl::from_url(at.device));
        Self { oauth, client, talk, refresh: tokio::sync::Mutex::default() }
    }

    /// Asks the person. Returns once they have signed in, declined, or let the code expire.
    async fn ask_person(&self, ask: &Ask<'_>) -> Result<BasicTokenResponse, AuthError> {
        let exchange = Exchange::new(&self.client);
        let http = |request| exchange.send(request);
        let mut first = self.oauth.exchange_device_code().add_scopes(scopes(ask));
        if let Some(claims) = ask.claims {
            first = first.add_extra_param("claims", claims);
        }
        let code: StandardDeviceAuthorizationResponse =
            first.request_async(&http).await.map_err(|error| exchange.fault(error))?;
        (self.talk)(&format!(
            "To sign in, open {} in a browser and enter the code {} (it is valid for {} minutes).",
            shown(code.verification_uri().as_str()),
            shown(code.user_code().secret()),
            code.expires_in().as_secs().div_ceil(60),
        ));
        let polling = self.oauth.exchange_device_access_token(&code).request_async(&http, tokio::time::sleep, None);
        polling.await.map_err(|error| match &error {
            RequestTokenError::ServerResponse(response) => match response.error() {
                DeviceCodeErrorResponseType::ExpiredToken => AuthError::CodeExpired,
                DeviceCodeErrorResponseType::AccessDenied => AuthError::Declined,
                DeviceCodeErrorResponseType::Basic(BasicErrorResponseType::Extension(word))
                    if word == "authorization_declined" =>
                {
                    AuthError::Declined
                }
                _ => exchange.fault(error),
            },
            _ => exchange.fault(error),
        })
    }

    async fn renew(&self, ask: &Ask<'_>, refresh: &str) -> Result<BasicTokenResponse, AuthError> {
        let exchange = Exchange::new(&self.client);
        let http = |request| exchange.send(request);
        let refresh = RefreshToken::new(refresh.to_owned());
        let mut request = self.oauth.exchange_refresh_token(&refresh).add_scopes(scopes(ask));
        if let Some(claims) = ask.claims {
            request = request.add_extra_param("claims", claims);
        }
        request.request_async(&http).await.map_err(|error| exchange.fault(error))
    }
}

#[async_trait::async_trait]
impl Mint for Device {
    async fn mint(&self, ask: &Ask<'_>) -> Result<AccessToken, AuthError> {
        let mut refresh = self.refresh.lock().await;
        let renewed = match &*refresh {
            Some(secret) => Some(self.renew(ask, secret).await),
            None => None,
        };
        let response = match renewed {
            Some(Err(AuthError::Refused(refusal)))
                if matches!(refusal.error.as_str(), "invalid_grant" | "interaction_required") =>
            {
                (self.talk)("The sign-in must be repeated.");
                self.ask_person(ask).await?
            }
            Some(other) => other?,
            None => self.ask_person(ask).await?,
        };
        if let Some(secret) = response.refresh_token() {
            *refresh = Some(Zeroizing::new(secret.secret().clone()));
        }
        let life = response.expires_in().and_then(|life| time::Duration::try_from(life).ok());
        AccessToken::new(response.access_token().secret(), life.map(|life| Clock::System.now() + life))
    }

    fn describe(&self) -> &'static str {
        "device-code"
    }
}

fn scopes(ask: &Ask<'_>) -> [Scope; 2] {
    [Scope::new(ask.scope.to_owned()), Scope::new("offline_access".into())]
}

/// A text from the server, fit for a terminal.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The HTTP side of one exchange; remembers the last refusal, of which the `oauth2` crate keeps only a part.
struct Exchange<'a> {
    client: &'a reqwest::Client,
    refusal: Arc<Mutex<Option<Refusal>>>,
}

/// No reply that says anything: it is asked again while polling.
#[derive(Debug, thiserror::Error)]
#[error("no usable reply")]
struct NoReply;

impl<'a> Exchange<'a> {
    fn new(client: &'a reqwest::Client) -> Self {
        Self { client, refusal: Arc::default() }
    }

    fn send(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, NoReply>> + Send + 'static {
        let (client, refusal) = (self.client.clone(), Arc::clone(&self.refusal));
        async move {
            let request = reqwest::Request::try_from(request).map_err(|_| NoReply)?;
            let response = client.execute(request).await.map_err(|_| NoReply)?;
            let status = response.status();
            if status.is_server_error() || status == 429 {
                return Err(NoReply);
            }
            let kind = response.headers().get(reqwest::header::CONTENT_TYPE).cloned();
            let body = body(response).await.ok_or(NoReply)?;
            if !status.is_success() {
                *refusal.lock().unwrap_or_else(PoisonError::into_inner) = Refusal::read(&body);
            }
            let mut reply = HttpResponse::new(body);
            *reply.status_mut() = status;
            if let Some(kind) = kind {
                reply.headers_mut().insert(reqwest::header::CONTENT_TYPE, kind);
            }
            Ok(reply)
        }
    }

    /// The exchange's error, reduced to what may be shown: the crate's own would repeat the server's words.
    fn fault<T: oauth2::ErrorResponse + 'static>(&self, error: RequestTokenError<NoReply, T>) -> AuthError {
        match error {
            RequestTokenError::Request(NoReply) => AuthError::Unreachable("no usable reply"),
            RequestTokenError::ServerResponse(_) => {
                let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take();
                refusal.map_or(AuthError::Unreadable(400), AuthError::Refused)
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => AuthError::Unreadable(200),
        }
    }
}
