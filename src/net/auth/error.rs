//! Why nobody could be signed in, and what to do next.
//!
//! Gives [`AuthError`] only. It never holds a token, a secret, a name or a server's own sentence, so that it can
//! be shown, logged and written anywhere. `collect` ends with exit code 5 on it.

use super::Refusal;

/// Signing in failed. Every message says what happened and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// A setting that this way of signing in needs is missing.
    #[error("--auth {kind} needs {needs}: set it, or choose another --auth")]
    Missing {
        /// The `--auth` kind as typed.
        kind: &'static str,
        /// The variables or options that it needs.
        needs: &'static str,
    },
    /// No tenant is named.
    #[error("--auth {0} needs the tenant: give --tenant, or set AZURE_TENANT_ID")]
    NoTenant(&'static str),
    /// The sign-in address is plain http and not on this machine.
    #[error(
        "the sign-in address must be https:// (http:// is accepted for loopback addresses only): correct --login-url"
    )]
    PlainHttp,
    /// The tenant is neither an id nor a domain name.
    #[error("--tenant is neither a tenant id nor a domain name: correct it")]
    BadTenant,
    /// The sign-in server refused.
    #[error("{0}")]
    Refused(Refusal),
    /// No reply came.
    #[error(
        "the sign-in server could not be reached ({0}): check the network, the proxy (HTTPS_PROXY) and --login-url"
    )]
    Unreachable(&'static str),
    /// The sign-in server has no time, or a proxy says so in its place.
    #[error(
        "the sign-in server is busy or down (HTTP status {0}): try again in a few minutes, and check the proxy, if there is one"
    )]
    Busy(u16),
    /// A reply came, but not one that a sign-in server sends.
    #[error(
        "the sign-in server's answer could not be read (HTTP status {0}): check --login-url, and whether a proxy answers in its place"
    )]
    Unreadable(u16),
    /// The certificate cannot be used.
    #[error("{0}")]
    Certificate(#[from] CertificateFault),
    /// The user declined.
    #[error("the sign-in was declined: start again and accept, or choose another --auth")]
    Declined,
    /// Nobody typed the code in time.
    #[error("the code expired before anyone signed in with it: start again")]
    CodeExpired,
    /// The bearer token in `ENTRA_BUNDLE_TOKEN` can no longer be used.
    #[error("the token in ENTRA_BUNDLE_TOKEN {0}: set a fresh one, or choose another --auth")]
    Token(&'static str),
    /// The Azure CLI cannot give a token.
    #[error("the Azure CLI gave no token: {0}")]
    AzureCli(&'static str),
    /// There is no managed identity here.
    #[error("this machine has no managed identity that can be used: {0}")]
    ManagedIdentity(&'static str),
    /// The file with the federated token cannot be read.
    #[error(
        "the file that AZURE_FEDERATED_TOKEN_FILE names cannot be read: check the pod's service account, or choose another --auth"
    )]
    FederatedToken,
    /// `--auth auto` found nothing that could be used.
    #[error(
        "no way to sign in was found. Looked for ENTRA_BUNDLE_TOKEN, AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or \
         AZURE_CLIENT_CERTIFICATE_PATH, a workload identity, a managed identity and the Azure CLI. Next: run `az login`, \
         or use --auth device-code"
    )]
    NothingFound,
}

impl AuthError {
    /// Whether this way of signing in is simply not set up here, so that `auto` may try the next.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::AzureCli(_) | Self::ManagedIdentity(_))
    }
}

/// What is wrong with a certificate file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// The file is not there, not readable or far too large.
    #[error("the file that AZURE_CLIENT_CERTIFICATE_PATH names cannot be read: check the path and its permissions")]
    Unreadable,
    /// Neither PEM nor PKCS#12.
    #[error("the certificate file is neither PEM nor PKCS#12: export it again with its private key")]
    UnknownFormat,
    /// PKCS#12 with another password.
    #[error("the password of the PKCS#12 file is wrong: correct AZURE_CLIENT_CERTIFICATE_PASSWORD")]
    WrongPassword,
    /// The PEM key is encrypted.
    #[error(
        "the private key in the PEM file is encrypted, which is not supported: use a PKCS#12 file with \
         AZURE_CLIENT_CERTIFICATE_PASSWORD"
    )]
    EncryptedPem,
    /// The file has no private key.
    #[error("the certificate file holds no private key: export the certificate together with its key")]
    NoKey,
    /// The key is not RSA, or too short or too long.
    #[error("the private key is not an RSA key of 2048 to 4096 bits: make a certificate with one")]
    UnfitKey,
    /// No certificate in the file belongs to the key.
    #[error("no certificate in the file belongs to its private key: export both together")]
    NoCertificate,
    /// The signature could not be made.
    #[error("the sign-in assertion could not be signed: try again")]
    Unsigned,
}
