//! A stock consumer (librdkafka) reads the tenant's event hub: the tenant speaks Kafka, not our client's dialect of it.
//! The hub knows no request that commits, joins or writes, so that nothing read from it can have left a trace.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod support;

use std::net::TcpListener;
use std::process::Command;

use entra_bundle::tenant::logs::{Log, Logs};
use entra_bundle::tenant::server::serve;
use entra_bundle::tenant::{Routing, TenantSettings};
use time::macros::datetime;

const KEY: &str = "Endpoint=sb://tenant.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0";

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_consumer_reads_the_tenants_hub() {
    let has = Command::new("python3").args(["-c", "import confluent_kafka"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        return support::missing("confluent-kafka (PyPI)");
    }
    let now = datetime!(2026-09-15 12:00 UTC);
    let settings =
        TenantSettings { sign_ins: 300, audits: 200, routing: Routing::everything(), ..TenantSettings::demo(now) };
    let running = serve(settings.clone(), TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
    let hub = running.event_hub.clone().unwrap();
    let (address, topic) = hub.split_once('/').unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hub/consumer.py");
    let arguments = [script, address, topic, KEY].map(str::to_owned);
    let output = tokio::task::spawn_blocking(move || Command::new("python3").args(arguments).output().unwrap());
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["unread"], serde_json::json!([]), "{said}");
    let logs = Logs::new(&settings);
    for log in Log::ALL {
        let routes = entra_bundle::catalog::routes();
        let route = routes.iter().find(|route| route.dataset == log.dataset()).unwrap();
        let (count, got) = (logs.count(log), said["events"][&route.category].as_u64().unwrap_or(0));
        // At least once: a few messages come twice.
        assert!((count..=count + count / 3 + 32).contains(&got), "{}: {got} of {count}", route.category);
    }
}
