//! The ways of signing in that `azure_identity` has: secret, certificate, workload and managed identity, Azure CLI.
//!
//! Takes the settings of one of them, gives tokens. The library's requests go over the program's own client. Its
//! credentials are made anew for every request, because their built-in cache can be neither emptied after a 401
//! nor told of a claims challenge; the cache in front ([`super::cache`]) does both. The library insists on an
//! `https://` authority, so it is given one, and the last step of its pipeline sends the request to the token
//! endpoint that was configured and checked. Never prints what the library or the Azure CLI said: it may name people.
//! Source: <https://docs.rs/azure_identity/1.0.0/azure_identity/>.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{
    Body, ClientMethodOptions, ClientOptions, Context, ExponentialRetryOptions, HttpClient as _, Request, RetryOptions,
    Transport,
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertion, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions, Executor,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use url::Url;
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::cache::{Ask, Mint};
use super::certificate::Signer;
use super::endpoint::{Endpoint, TOKEN_PATH};
use super::{AccessToken, AuthError, Refusal, metadata};
use crate::limits::CLI_ANSWER_S;
use crate::net::transport::AzureTransport;

/// Which credential, with what it needs.
pub(super) enum Credential {
    Secret {
        client_id: String,
        secret: Zeroizing<String>,
        at: Endpoint,
    },
    Certificate {
        client_id: String,
        signer: Arc<Signer>,
        at: Endpoint,
    },
    Workload {
        client_id: String,
        token_file: std::path::PathBuf,
        at: Endpoint,
    },
    /// `probe`: how long the metadata service may take to show that it is there; `None`: no need to ask.
    Managed {
        client_id: Option<String>,
        probe: Option<Duration>,
    },
    Cli {
        tenant: Option<String>,
    },
}

/// A way of signing in through `azure_identity`.
pub(super) struct Azure {
    pub credential: Credential,
    pub client: reqwest::Client,
}

impl Azure {
    fn options(&self, at: Option<&Endpoint>, status: &Arc<AtomicU16>) -> ClientOptions {
        let last = LastStep {
            transport: AzureTransport::new(self.client.clone()),
            token: at.map(|at| at.token.clone()),
            status: Arc::clone(status),
        };
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = "https://token.endpoint.invalid".into();
        ClientOptions {
            transport: Some(Transport::with_policy(Arc::new(last))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            retry: RetryOptions::exponential(ExponentialRetryOptions { max_retries: 4, ..Default::default() }),
            ..Default::default()
        }
    }

    fn make(&self, status: &Arc<AtomicU16>) -> azure_core::Result<Arc<dyn TokenCredential>> {
        Ok(match &self.credential {
            Credential::Secret { client_id, secret, at } => {
                let options = ClientSecretCredentialOptions { client_options: self.options(Some(at), status) };
                let secret = Secret::new(secret.to_string());
                ClientSecretCredential::new(&at.tenant, client_id.clone(), secret, Some(options))?
            }
            Credential::Certificate { client_id, signer, at } => {
                let options = ClientAssertionCredentialOptions { client_options: self.options(Some(at), status) };
                let assertion = Assertion {
                    signer: Arc::clone(signer),
                    client_id: client_id.clone(),
                    audience: at.token.to_string(),
                };
                ClientAssertionCredential::new(at.tenant.clone(), client_id.clone(), assertion, Some(options))?
            }
            Credential::Workload { client_id, token_file, at } => {
                WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions {
                        client_options: self.options(Some(at), status),
                    },
                    client_id: Some(client_id.clone()),
                    tenant_id: Some(at.tenant.clone()),
                    token_file_path: Some(token_file.clone()),
                }))?
            }
            Credential::Managed { client_id, .. } => {
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                    client_options: self.options(None, status),
                }))?
            }
            Credential::Cli { tenant } => AzureCliCredential::new(Some(AzureCliCredentialOptions {
                tenant_id: tenant.clone(),
                executor: Some(Arc::new(BoundedExecutor)),
                ..Default::default()
            }))?,
        })
    }

    /// The library's error, reduced to what may be shown.
    fn fault(&self, error: &azure_core::Error, status: u16) -> AuthError {
        let http = http_fault(error, status);
        match &self.credential {
            Credential::Cli { .. } => cli_fault(&error.to_string()),
            Credential::Managed { .. } => AuthError::ManagedIdentity(match http {
                Some(AuthError::Unreachable(_)) => "its endpoint does not answer. Choose another --auth",
                _ => "assign one to it, or set AZURE_CLIENT_ID to the one that it has",
            }),
            Credential::Workload { .. } => http.unwrap_or(AuthError::FederatedToken),
            _ => http.unwrap_or(AuthError::Unreadable(status)),
        }
    }
}

/// What happened on the wire, if the error comes from there. `status`: of the last reply, 0 without one.
fn http_fault(error: &azure_core::Error, status: u16) -> Option<AuthError> {
    let unreadable =
        || if matches!(status, 429 | 500..) { AuthError::Busy(status) } else { AuthError::Unreadable(status) };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref::<azure_core::Error>().map(azure_core::Error::kind) {
            Some(ErrorKind::HttpResponse { raw_response, .. }) => {
                let body = raw_response.as_ref().map(|raw| raw.body().as_ref()).unwrap_or_default();
                return Some(Refusal::read(body).map_or_else(unreadable, AuthError::Refused));
            }
            Some(ErrorKind::Connection) => return Some(AuthError::Unreachable("no connection")),
            Some(ErrorKind::Io) => return Some(AuthError::Unreachable("no complete reply")),
            Some(ErrorKind::DataConversion) => return Some(unreadable()),
            _ => cause = error.source(),
        }
    }
    None
}

#[async_trait::async_trait]
impl Mint for Azure {
    async fn mint(&self, ask: &Ask<'_>) -> Result<AccessToken, AuthError> {
        if let Credential::Managed { probe: Some(limit), .. } = &self.credential
            && !metadata::answers(&self.client, *limit).await
        {
            return Err(AuthError::ManagedIdentity(
                "it is no Azure machine, or a proxy is in between. Set NO_PROXY=169.254.169.254, or choose another --auth",
            ));
        }
        let status = Arc::new(AtomicU16::new(0));
        let fault = |error| self.fault(&error, status.load(Ordering::Relaxed));
        let credential = self.make(&status).map_err(fault)?;
        let mut context = Context::new();
        if let Some(claims) = ask.claims {
            context.insert(ClaimsParameter(claims.to_owned()));
        }
        let options = TokenRequestOptions { method_options: ClientMethodOptions { context } };
        let token = credential.get_token(&[ask.scope], Some(options)).await.map_err(fault)?;
        AccessToken::new(token.token.secret(), Some(token.expires_on))
    }

    fn describe(&self) -> &'static str {
        match self.credential {
            Credential::Secret { .. } => "client-secret",
            Credential::Certificate { .. } => "client-certificate",
            Credential::Workload { .. } => "workload-identity",
            Credential::Managed { .. } => "managed-identity",
            Credential::Cli { .. } => "azure-cli",
        }
    }
}

/// The claims challenge of one token request, on its way through the library's pipeline.
struct ClaimsParameter(String);

/// The end of the library's pipeline: addresses the token endpoint and adds the claims challenge.
#[derive(Debug)]
struct LastStep {
    transport: AzureTransport,
    token: Option<Url>,
    /// Of the last reply: the library forgets it when the body is no JSON.
    status: Arc<AtomicU16>,
}

impl LastStep {
    async fn send_on(&self, request: &Request) -> PolicyResult {
        let response = self.transport.execute_request(request).await?;
        self.status.store(response.status().into(), Ordering::Relaxed);
        Ok(response)
    }
}

#[async_trait::async_trait]
impl Policy for LastStep {
    async fn send(&self, context: &Context, request: &mut Request, _: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some(token) = self.token.as_ref().filter(|_| request.url().path().ends_with(TOKEN_PATH)) else {
            return self.send_on(request).await;
        };
        // A copy: a retry comes through here again with the request as the library made it.
        let mut request = request.clone();
        request.url_mut().clone_from(token);
        if let (Some(ClaimsParameter(claims)), Body::Bytes(body)) = (context.value(), request.body()) {
            let form = String::from_utf8_lossy(body).into_owned();
            request.set_body(form_urlencoded::Serializer::new(form).append_pair("claims", claims).finish());
        }
        self.send_on(&request).await
    }
}

/// Signs a new assertion for every token request.
struct Assertion {
    signer: Arc<Signer>,
    client_id: String,
    audience: String,
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assertion")
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.signer
            .assertion(&self.client_id, &self.audience)
            .map_err(|fault| azure_core::Error::new(ErrorKind::Credential, fault))
    }
}

/// Runs the Azure CLI without a terminal and not for longer than [`CLI_ANSWER_S`].
#[derive(Debug)]
struct BoundedExecutor;

#[async_trait::async_trait]
impl Executor for BoundedExecutor {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = tokio::process::Command::new(program);
        command.args(args).stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output();
        tokio::time::timeout(Duration::from_secs(CLI_ANSWER_S), output).await.map_err(|_| io::ErrorKind::TimedOut)?
    }
}

/// What the Azure CLI's complaint means. Its own words name accounts and tenants and are not repeated.
fn cli_fault(said: &str) -> AuthError {
    if let Some(refusal) = Refusal::from_text(said) {
        return AuthError::Refused(refusal);
    }
    AuthError::AzureCli(if said.contains("not found on PATH") || said.contains("wasn't found") {
        "it is not installed. Install it, or choose another --auth"
    } else if said.contains("az login") {
        "nobody is signed in to it. Run `az login`, or choose another --auth"
    } else if said.contains("2.54.0") {
        "it is too old. Update it to 2.54.0 or newer"
    } else if said.contains("timed out") {
        "it did not answer in time. Run `az account get-access-token` to see what it waits for"
    } else {
        "run `az account get-access-token` to see why"
    })
}
