//! What collections in the test's own process share: the tenant's now, a gate, a client for the tenant's services.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::sync::Arc;

use entra_bundle::catalog::{Catalog, Dataset, Throttle};
use entra_bundle::clock::Clock;
use entra_bundle::net::auth::{AuthKind, AuthSettings, token_source};
use entra_bundle::net::{Client, ClientOptions, Endpoints, Patience, Rate, Setup, Target, endpoint, http_client};
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::pseudonym::{Gate, Policy, Rules};
use entra_bundle::source::Window;
use time::OffsetDateTime;
use time::macros::datetime;

/// The tenant's now: its logs end an hour before.
pub const NOW: OffsetDateTime = datetime!(2026-09-15 12:00 UTC);

/// Everything that the tenant has.
pub fn window() -> Window {
    Window { since: NOW - time::Duration::days(7), until: NOW }
}

/// The row of a dataset.
pub fn dataset(id: &str) -> &'static Dataset {
    Catalog::embedded().unwrap().dataset(id).unwrap()
}

/// A gate that may still learn.
pub fn open_gate() -> Gate {
    let catalog = Catalog::embedded().unwrap();
    let rows = catalog.datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str()));
    let cipher = Arc::new(Ff1::new(&MasterKey::from_bytes([7; 32])));
    Gate::new(cipher, Policy::standard(), Rules::new(rows), |_| false)
}

/// A gate that knows nobody.
pub fn gate() -> Gate {
    let gate = open_gate();
    gate.freeze();
    gate
}

/// A client for the services at this address: no budgets, short pauses.
pub fn client(url: &str, tenant_id: &str) -> Client {
    let patience = Patience { tries_max: 4, throttled_max: 6, pause_scale: 0.002, ..Patience::default() };
    client_with(url, tenant_id, patience, Clock::Fixed(NOW), ClientOptions::default().read_timeout_ms)
}

/// The same, with other patience, by another clock.
pub fn client_with(url: &str, tenant_id: &str, patience: Patience, clock: Clock, read_timeout_ms: u64) -> Client {
    let target =
        || Target { url: endpoint(url, "--graph-url").unwrap(), scope: "https://graph.microsoft.com/.default".into() };
    let endpoints = Endpoints {
        graph: target(),
        arm: target(),
        logs: target(),
        office: target(),
        login_url: endpoint(url, "--login-url").unwrap(),
    };
    let options = ClientOptions { read_timeout_ms, ..ClientOptions::for_endpoints(&endpoints) };
    let http = http_client(&options).unwrap();
    let tenant = Some(tenant_id.to_owned());
    let mut auth = AuthSettings::new(tenant, endpoints.login_url.clone(), http.clone(), Arc::new(|_: &str| {}));
    auth.variables = Arc::new(|name| match name {
        "AZURE_CLIENT_ID" => Some("00000000-0000-4000-8000-00000000000a".to_owned()),
        "AZURE_CLIENT_SECRET" => Some("invented".to_owned()),
        _ => None,
    });
    Client::new(Setup {
        http,
        tokens: token_source(AuthKind::ClientSecret, auth).unwrap(),
        endpoints,
        rates: Throttle::ALL.map(|class| Rate { class, limit: None }).to_vec(),
        denied: |path| Catalog::embedded().map_or(true, |catalog| catalog.denied(path).is_some()),
        patience,
        run_id: "test".into(),
        clock,
    })
    .unwrap()
}
