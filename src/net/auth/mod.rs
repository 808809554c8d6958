//! Signing in: a token for each service, by any of the `--auth` kinds.
//!
//! Takes [`AuthSettings`], gives a [`TokenSource`] that the client asks before each request. Tokens and secrets
//! live in memory only: they are never written, logged, printed or put into an error. Which permissions a token
//! carries is read with [`claims`]. Nothing is asked of anybody until the first token is wanted.
//! Source: <https://learn.microsoft.com/entra/identity-platform/v2-protocols> (OAuth 2.0, RFC 6749).

mod automatic;
mod azure;
mod cache;
mod certificate;
mod challenge;
mod device;
mod endpoint;
mod environment;
mod error;
mod metadata;
mod refusal;
mod token;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use challenge::claims_challenge;
pub use error::{AuthError, CertificateFault};
pub use refusal::Refusal;
pub use token::{AccessToken, Claims, claims};

use cache::Cached;

use crate::limits::METADATA_WAIT_MS;

/// The public client that `device-code` uses unless `AZURE_CLIENT_ID` names another: the Azure CLI's, which
/// exists in every tenant.
pub const DEVICE_CLIENT_ID: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// Shows a line to the person at the terminal. It may carry a sign-in code: it goes to stderr and nowhere else.
pub type Talk = Arc<dyn Fn(&str) + Send + Sync>;

/// Looks up an environment variable.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Gives the token for a service.
#[async_trait::async_trait]
pub trait TokenSource: Send + Sync {
    /// A token for a scope such as `https://graph.microsoft.com/.default`, from the cache while it lasts.
    ///
    /// Cancel-safe: a call that is dropped leaves the cache as it was.
    ///
    /// # Errors
    /// [`AuthError`], which says what to do next.
    async fn token(&self, scope: &str) -> Result<AccessToken, AuthError>;

    /// Tells that a service refused the scope's token (401). `claims` is what [`claims_challenge`] found in
    /// the reply; the next token is asked for with it. Cancel-safe.
    async fn invalidate(&self, scope: &str, claims: Option<&str>);

    /// The `--auth` kind in use, as typed; for `auto` the chosen one, once it is chosen.
    fn describe(&self) -> &'static str;
}

/// How to sign in (`--auth`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum AuthKind {
    /// The first of the others that is set up here
    #[default]
    Auto,
    /// The account that is signed in to the Azure CLI
    AzureCli,
    /// The managed identity of the Azure machine that this runs on (AZURE_CLIENT_ID: a user-assigned one)
    ManagedIdentity,
    /// A federated token file (AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE)
    WorkloadIdentity,
    /// An application's secret (AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_SECRET)
    ClientSecret,
    /// An application's certificate (AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_CERTIFICATE_PATH,
    /// AZURE_CLIENT_CERTIFICATE_PASSWORD)
    ClientCertificate,
    /// A code to type in a browser on any device
    DeviceCode,
    /// A bearer token in ENTRA_BUNDLE_TOKEN
    Token,
}

/// What signing in needs to know.
#[derive(Clone)]
pub struct AuthSettings {
    /// Tenant id or domain (`--tenant`); without it `AZURE_TENANT_ID`.
    pub tenant: Option<String>,
    /// The sign-in server, for example `https://login.microsoftonline.com`.
    pub login_url: Url,
    /// The program's HTTP client.
    pub client: reqwest::Client,
    /// Shows the device code and which kind `auto` chose.
    pub talk: Talk,
    /// Where `AZURE_*` and `ENTRA_BUNDLE_TOKEN` are looked up.
    pub variables: Variables,
    /// Whether a person can be asked: `auto` offers the device code only then.
    pub interactive: bool,
}

impl AuthSettings {
    /// Settings with the process's environment; interactive when stdin and stderr are terminals.
    pub fn new(tenant: Option<String>, login_url: Url, client: reqwest::Client, talk: Talk) -> Self {
        let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Self { tenant, login_url, client, talk, variables: Arc::new(|name| std::env::var(name).ok()), interactive }
    }

    /// A variable that is set and not blank.
    fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn tenant(&self) -> Option<String> {
        self.tenant.clone().or_else(|| self.variable("AZURE_TENANT_ID"))
    }
}

/// The token source of an `--auth` kind. Reads variables and the certificate file; asks nobody yet.
///
/// # Errors
/// [`AuthError`] when a variable is missing, the certificate cannot be used, or an address is not allowed.
pub fn token_source(kind: AuthKind, settings: AuthSettings) -> Result<Arc<dyn TokenSource>, AuthError> {
    Ok(match kind {
        AuthKind::Auto => Arc::new(Cached::new(automatic::Automatic::new(settings))),
        AuthKind::AzureCli => Arc::new(Cached::new(environment::azure_cli(&settings)?)),
        AuthKind::ManagedIdentity => {
            Arc::new(Cached::new(environment::managed_identity(&settings, Duration::from_millis(METADATA_WAIT_MS))))
        }
        AuthKind::WorkloadIdentity => Arc::new(Cached::new(environment::workload_identity(&settings)?)),
        AuthKind::ClientSecret => Arc::new(Cached::new(environment::client_secret(&settings)?)),
        AuthKind::ClientCertificate => Arc::new(Cached::new(environment::client_certificate(&settings)?)),
        AuthKind::DeviceCode => Arc::new(Cached::new(environment::device_code(&settings)?)),
        AuthKind::Token => Arc::new(Cached::new(environment::bearer(&settings)?)),
    })
}

/// For the fuzz targets: the claims of a token.
#[cfg(feature = "fuzz-doors")]
pub(crate) fn fuzz(secret: &[u8]) {
    let _ = token::claims_of(secret);
    let _ = claims_challenge(&String::from_utf8_lossy(secret));
}
