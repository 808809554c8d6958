//! `--auth auto`: takes the first way of signing in that is set up here, and says which.
//!
//! Order: `ENTRA_BUNDLE_TOKEN`, client secret, client certificate, workload identity, managed identity, Azure CLI,
//! and on a terminal the device code. What the environment names is used and nothing else is tried after it: a
//! wrong secret must not end in a sign-in as somebody else. Only the managed identity that must be probed for and
//! the Azure CLI are passed over when they are not there.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::cache::{Ask, Mint};
use super::{AccessToken, AuthError, AuthSettings, environment};
use crate::limits::IDENTITY_PROBE_MS;

/// The chain.
pub(super) struct Automatic {
    settings: AuthSettings,
    choosing: tokio::sync::Mutex<()>,
    chosen: OnceLock<Arc<dyn Mint>>,
}

impl Automatic {
    pub(super) fn new(settings: AuthSettings) -> Self {
        Self { settings, choosing: tokio::sync::Mutex::default(), chosen: OnceLock::new() }
    }

    /// What the environment names, without asking anybody.
    fn named(&self) -> Result<Option<Arc<dyn Mint>>, AuthError> {
        fn found<M: Mint + 'static>(made: Result<M, AuthError>) -> Result<Option<Arc<dyn Mint>>, AuthError> {
            match made {
                Ok(mint) => Ok(Some(Arc::new(mint))),
                Err(AuthError::Missing { .. }) => Ok(None),
                Err(other) => Err(other),
            }
        }
        let settings = &self.settings;
        if let Some(mint) = found(environment::bearer(settings))? {
            return Ok(Some(mint));
        }
        if let Some(mint) = found(environment::client_secret(settings))? {
            return Ok(Some(mint));
        }
        if let Some(mint) = found(environment::client_certificate(settings))? {
            return Ok(Some(mint));
        }
        if let Some(mint) = found(environment::workload_identity(settings))? {
            return Ok(Some(mint));
        }
        let managed = || environment::managed_identity(settings, Duration::ZERO);
        Ok(environment::names_managed_identity(settings).then(|| Arc::new(managed()) as Arc<dyn Mint>))
    }

    async fn choose(&self, ask: &Ask<'_>) -> Result<AccessToken, AuthError> {
        if let Some(mint) = self.named()? {
            return self.keep(mint).mint(ask).await;
        }
        let probe = Duration::from_millis(IDENTITY_PROBE_MS);
        let candidates: [Arc<dyn Mint>; 2] = [
            Arc::new(environment::managed_identity(&self.settings, probe)),
            Arc::new(environment::azure_cli(&self.settings)?),
        ];
        for mint in candidates {
            match mint.mint(ask).await {
                Err(error) if error.is_absent() => {}
                answer => {
                    self.keep(mint);
                    return answer;
                }
            }
        }
        if !self.settings.interactive {
            return Err(AuthError::NothingFound);
        }
        self.keep(Arc::new(environment::device_code(&self.settings)?)).mint(ask).await
    }

    /// Settles the choice and says so. Called under `choosing`, once.
    fn keep(&self, mint: Arc<dyn Mint>) -> &Arc<dyn Mint> {
        (self.settings.talk)(&format!("Signing in with --auth {}.", mint.describe()));
        self.chosen.get_or_init(|| mint)
    }
}

#[async_trait::async_trait]
impl Mint for Automatic {
    async fn mint(&self, ask: &Ask<'_>) -> Result<AccessToken, AuthError> {
        if let Some(mint) = self.chosen.get() {
            return mint.mint(ask).await;
        }
        let _choosing = self.choosing.lock().await;
        match self.chosen.get() {
            Some(mint) => mint.mint(ask).await,
            None => self.choose(ask).await,
        }
    }

    fn describe(&self) -> &'static str {
        self.chosen.get().map_or("auto", |mint| mint.describe())
    }
}
