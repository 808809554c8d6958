//! Opening the way: the demo's server, the token, the tenant's id, the client.
//!
//! Takes settings, gives a [`Connection`]. Tokens stay inside it and are never printed.

use std::sync::Arc;

use super::args::CollectArgs;
use super::places::Reach;
use super::settings::Settings;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::commands::stopped::Stopped;
use crate::net::auth::{AuthKind, AuthSettings, Claims, Talk, claims, token_source};
use crate::net::{Client, ClientOptions, Endpoints, Patience, Setup, Target, endpoint, http_client};
use crate::tenant::TenantSettings;
use crate::tenant::server::{NotServed, Running, serve};

/// Signed in, with nothing asked of the tenant yet.
pub(in crate::commands) struct Connection {
    /// Sends requests.
    pub client: Client,
    /// The tenant's id (GUID), lower case.
    pub tenant_id: String,
    /// How places that the diagnostic settings name are reached.
    pub reach: Reach,
    /// What the token for Graph may do, if it says so.
    pub claims: Option<Claims>,
    demo: std::sync::Mutex<Option<Running>>,
}

impl Connection {
    /// Stops the embedded tenant, if this is the demo.
    pub(in crate::commands) async fn close(&self) {
        let running = self.demo.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(running) = running {
            running.shutdown().await;
        }
    }
}

/// Where the services are, and the HTTP client that asks them.
pub(in crate::commands) struct Way {
    pub endpoints: Endpoints,
    pub http: reqwest::Client,
    demo: Option<Running>,
}

/// Starts the demo's server if asked, and makes the HTTP client.
///
/// # Errors
/// [`Stopped`] when a socket or TLS cannot be had.
pub(in crate::commands) async fn find_way(
    args: &CollectArgs,
    settings: &Settings,
    clock: Clock,
) -> Result<Way, Stopped> {
    let demo = if args.demo { Some(start_demo(clock).await?) } else { None };
    let endpoints = match (&settings.endpoints, &demo) {
        (Some(endpoints), _) => endpoints.clone(),
        (None, Some(running)) => demo_endpoints(running)?,
        (None, None) => return Err(Stopped::Unexpected("no endpoints".into())),
    };
    let http = http_client(&ClientOptions::for_endpoints(&endpoints))?;
    Ok(Way { endpoints, http, demo })
}

/// Signs in and finds out which tenant it is.
///
/// Not cancel-safe: drop it only to end the program.
pub(in crate::commands) async fn connect(
    catalog: &'static Catalog,
    args: &CollectArgs,
    settings: &Settings,
    clock: Clock,
    way: Way,
    talk: Talk,
) -> Result<Connection, Stopped> {
    let Way { endpoints, http, demo } = way;
    let mut auth = AuthSettings::new(args.tenant.clone(), endpoints.login_url.clone(), http.clone(), talk);
    let kind = match &demo {
        None => args.auth,
        Some(running) => {
            let token = running.token.clone();
            auth.variables = Arc::new(move |name| (name == "ENTRA_BUNDLE_TOKEN").then(|| token.clone()));
            AuthKind::Token
        }
    };
    let tokens = token_source(kind, auth)?;
    let token = tokens.token(&endpoints.graph.scope).await?;
    let claims = claims(&token);
    let claimed = claims.as_ref().and_then(|claims| claims.tid.clone()).map(|tid| tid.to_ascii_lowercase());
    let tenant_id = match &demo {
        Some(running) => running.tenant_id.clone(),
        None => tenant_id(args.tenant.as_deref().unwrap_or_default(), claimed)?,
    };
    let cloud = catalog.cloud(&settings.cloud);
    let reach = Reach {
        storage_suffix: cloud.map(|cloud| cloud.storage_suffix.clone()).unwrap_or_default(),
        hub_suffix: cloud.map(|cloud| cloud.hub_suffix.clone()).unwrap_or_default(),
        demo: demo.as_ref().map(|running| (running.storage_url.clone(), running.event_hub.clone())),
        tenant_id: tenant_id.clone(),
        tokens: Arc::clone(&tokens),
    };
    let setup = Setup {
        http,
        tokens,
        endpoints,
        rates: settings.rates.clone(),
        // Without the list of forbidden paths nothing may be asked.
        denied: |path| Catalog::embedded().map_or(true, |catalog| catalog.denied(path).is_some()),
        patience: Patience::default(),
        // The same run asks with the same ids, whatever the key: they are no secret.
        run_id: format!("{tenant_id}/{}", clock.now().unix_timestamp()),
        clock,
    };
    Ok(Connection { client: Client::new(setup)?, tenant_id, reach, claims, demo: std::sync::Mutex::new(demo) })
}

async fn start_demo(clock: Clock) -> Result<Running, Stopped> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(NotServed::Socket)?;
    // Over loopback compressing costs more than it saves.
    Ok(serve(TenantSettings { gzip: false, ..TenantSettings::demo(clock.now()) }, listener).await?)
}

fn demo_endpoints(running: &Running) -> Result<Endpoints, Stopped> {
    let target = |url: &str| -> Result<Target, Stopped> {
        Ok(Target { url: endpoint(url, "--demo")?, scope: "https://graph.microsoft.com/.default".into() })
    };
    let graph = target(&running.graph_url)?;
    Ok(Endpoints {
        arm: target(&running.arm_url)?,
        logs: target(&running.logs_url)?,
        office: target(&running.office_url)?,
        login_url: endpoint(&running.login_url, "--demo")?,
        graph,
    })
}

/// The tenant's id: what `--tenant` says if it is a GUID, else what the token says; they must agree.
fn tenant_id(named: &str, claimed: Option<String>) -> Result<String, Stopped> {
    let is_guid = named.len() == 36
        && named.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    match (is_guid.then(|| named.to_ascii_lowercase()), claimed) {
        (Some(named), Some(claimed)) if named != claimed => Err(Stopped::OtherTenant),
        (Some(named), _) => Ok(named),
        (None, Some(claimed)) => Ok(claimed),
        (None, None) => Err(Stopped::UnknownTenant),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_is_known_or_refused() {
        let (one, other) = ("00000000-0000-4000-8000-00000000000A", "00000000-0000-4000-8000-00000000000b");
        assert_eq!(tenant_id(one, None).ok(), Some(one.to_lowercase()));
        assert_eq!(tenant_id("alderwood.example", Some(other.into())).ok(), Some(other.into()));
        assert!(matches!(tenant_id(one, Some(other.into())), Err(Stopped::OtherTenant)));
        assert!(matches!(tenant_id("alderwood.example", None), Err(Stopped::UnknownTenant)));
    }
}
