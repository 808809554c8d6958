//! The way of signing in that was asked for, made from the environment variables that Microsoft's tools share.
//!
//! Takes [`AuthSettings`], gives one [`Mint`] per `--auth` kind. Reads variables and files, talks to nobody.
//! Source: <https://learn.microsoft.com/azure/developer/rust/sdk/authentication/overview> (`AZURE_*`).

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::azure::{Azure, Credential};
use super::cache::{Ask, Mint};
use super::certificate::Signer;
use super::device::Device;
use super::endpoint::{Endpoint, is_tenant};
use super::token::claims_of;
use super::{AccessToken, AuthError, AuthSettings, DEVICE_CLIENT_ID};
use crate::clock::Clock;

const ID: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const PASSWORD: &str = "AZURE_CLIENT_CERTIFICATE_PASSWORD";
const FEDERATED: &str = "AZURE_FEDERATED_TOKEN_FILE";
const BEARER: &str = "ENTRA_BUNDLE_TOKEN";

/// Variables of which one is set wherever an Azure service offers a managed identity other than by the
/// virtual machine's metadata endpoint.
const IDENTITY_MARKERS: [&str; 2] = ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"];

pub(super) fn client_secret(settings: &AuthSettings) -> Result<Azure, AuthError> {
    const KIND: &str = "client-secret";
    let missing = AuthError::Missing { kind: KIND, needs: "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET" };
    let (Some(client_id), Some(secret)) = (settings.variable(ID), settings.variable(SECRET)) else {
        return Err(missing);
    };
    let credential = Credential::Secret { client_id, secret: Zeroizing::new(secret), at: tenant(settings, KIND)? };
    Ok(azure(settings, credential))
}

pub(super) fn client_certificate(settings: &AuthSettings) -> Result<Azure, AuthError> {
    const KIND: &str = "client-certificate";
    let missing = AuthError::Missing { kind: KIND, needs: "AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH" };
    let (Some(client_id), Some(path)) = (settings.variable(ID), settings.variable(CERTIFICATE)) else {
        return Err(missing);
    };
    let at = tenant(settings, KIND)?;
    let password = Zeroizing::new(settings.variable(PASSWORD).unwrap_or_default());
    let signer = Arc::new(Signer::read(path.as_ref(), &password)?);
    Ok(azure(settings, Credential::Certificate { client_id, signer, at }))
}

pub(super) fn workload_identity(settings: &AuthSettings) -> Result<Azure, AuthError> {
    const KIND: &str = "workload-identity";
    let missing = AuthError::Missing { kind: KIND, needs: "AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE" };
    let (Some(client_id), Some(file)) = (settings.variable(ID), settings.variable(FEDERATED)) else {
        return Err(missing);
    };
    let credential = Credential::Workload { client_id, token_file: file.into(), at: tenant(settings, KIND)? };
    Ok(azure(settings, credential))
}

/// Whether the environment names a managed identity, so that there is nothing to probe for.
pub(super) fn names_managed_identity(settings: &AuthSettings) -> bool {
    IDENTITY_MARKERS.iter().any(|name| settings.variable(name).is_some())
}

/// `wait`: how long the virtual machine's metadata service may take to show that it is there.
pub(super) fn managed_identity(settings: &AuthSettings, wait: Duration) -> Azure {
    let probe = (!names_managed_identity(settings)).then_some(wait);
    azure(settings, Credential::Managed { client_id: settings.variable(ID), probe })
}

pub(super) fn azure_cli(settings: &AuthSettings) -> Result<Azure, AuthError> {
    let tenant = settings.tenant();
    if tenant.as_deref().is_some_and(|tenant| !is_tenant(tenant)) {
        return Err(AuthError::BadTenant);
    }
    Ok(azure(settings, Credential::Cli { tenant }))
}

pub(super) fn device_code(settings: &AuthSettings) -> Result<Device, AuthError> {
    // A person's home tenant answers for "organizations".
    let tenant = settings.tenant().unwrap_or_else(|| "organizations".into());
    let at = Endpoint::new(&settings.login_url, &tenant)?;
    let client_id = settings.variable(ID).unwrap_or_else(|| DEVICE_CLIENT_ID.into());
    Ok(Device::new(client_id, at, settings.client.clone(), settings.talk.clone()))
}

pub(super) fn bearer(settings: &AuthSettings) -> Result<Bearer, AuthError> {
    let missing = AuthError::Missing { kind: "token", needs: BEARER };
    let secret = settings.variable(BEARER).map(Zeroizing::new).ok_or(missing)?;
    let secret = secret.trim();
    let secret = secret.strip_prefix("Bearer ").unwrap_or(secret).trim_start();
    let expires_on = claims_of(secret.as_bytes()).and_then(|claims| claims.expires_on());
    let token = AccessToken::new(secret, expires_on).map_err(|_| AuthError::Token("is not a bearer token"))?;
    Ok(Bearer(token))
}

fn tenant(settings: &AuthSettings, kind: &'static str) -> Result<Endpoint, AuthError> {
    Endpoint::new(&settings.login_url, &settings.tenant().ok_or(AuthError::NoTenant(kind))?)
}

fn azure(settings: &AuthSettings, credential: Credential) -> Azure {
    Azure { credential, client: settings.client.clone() }
}

/// The token that somebody put into `ENTRA_BUNDLE_TOKEN`, for every scope. After a 401 it is handed out again: there
/// is no other, and services refuse good tokens now and then.
pub(super) struct Bearer(AccessToken);

#[async_trait::async_trait]
impl Mint for Bearer {
    async fn mint(&self, _: &Ask<'_>) -> Result<AccessToken, AuthError> {
        if self.0.is_expired(Clock::System.now()) {
            return Err(AuthError::Token("has expired"));
        }
        Ok(self.0.clone())
    }

    fn describe(&self) -> &'static str {
        "token"
    }
}
