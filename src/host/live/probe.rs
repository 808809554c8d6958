//! Hosts that a server must reach, tried out step by step: name, connection, TLS, HTTP, clock.
//!
//! Takes a host and a port, gives one JSON object: which step failed, and how. The first three steps go straight there, as a
//! firewall sees them; HTTP goes the way of the system's proxy. The TLS step accepts any certificate in order to tell who
//! issued it (an inspecting proxy shows there) and whether the system trusts it; it sends nothing but the handshake. Sources:
//! <https://learn.microsoft.com/entra/identity/hybrid/connect/tshoot-connect-connectivity>, RFC 9110 (10.2.2 `Date`).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::Error;
use rustls::client::danger::ServerCertVerified;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Map, Value, json};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::clock::Clock;
use crate::limits::HOST_PROBE_MS;
use crate::net::{self, Opinion, tls_config};

const STEP: Duration = Duration::from_millis(HOST_PROBE_MS);

/// Tries out a host. Cancel-safe. A step that fails keeps the later direct ones from being tried; HTTP is tried always,
/// since a proxy may reach what we do not.
pub(super) async fn probe(host: &str, port: u16, http: Option<&reqwest::Client>, clock: Clock) -> Value {
    let (mut line, request) = tokio::join!(direct(host, port), ask(host, port, http, clock));
    line.extend(request);
    Value::Object(line)
}

async fn direct(host: &str, port: u16) -> Map<String, Value> {
    let mut line = Map::new();
    let mut tell = |name: &str, value: Value| line.insert(name.to_owned(), value);
    tell("host", json!(host));
    tell("port", json!(port));
    let addresses: Vec<SocketAddr> = match timeout(STEP, lookup_host((host, port))).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(_)) => Vec::new(),
        Err(_) => {
            tell("dns", json!("timed out"));
            return line;
        }
    };
    if addresses.is_empty() {
        tell("dns", json!("not found"));
        return line;
    }
    tell("dns", json!(addresses.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>()));
    let stream = match timeout(STEP, TcpStream::connect(addresses.as_slice())).await {
        Ok(Ok(stream)) => stream,
        failed => {
            let word = failed.map_or("timed out", |opened| opened.err().map_or("failed", |error| connecting(&error)));
            tell("tcp", json!(word));
            return line;
        }
    };
    tell("tcp", json!("ok"));
    if port != 80 {
        match timeout(STEP, handshake(host, stream)).await {
            Ok(Ok(seen)) => line.extend(seen),
            Ok(Err(reason)) => drop(line.insert("tls".into(), json!(reason))),
            Err(_) => drop(line.insert("tls".into(), json!("timed out"))),
        }
    }
    line
}

fn connecting(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "refused",
        std::io::ErrorKind::ConnectionReset => "reset",
        std::io::ErrorKind::TimedOut => "timed out",
        std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => "no route",
        _ => "failed",
    }
}

/// Version, issuer, and whether the system trusts the certificate.
async fn handshake(host: &str, stream: TcpStream) -> Result<Map<String, Value>, String> {
    let witness = Arc::new(Witness::default());
    let config = tls_config(&[], Arc::clone(&witness)).map_err(|_| "the system has no certificate store")?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| "no name for TLS")?;
    let stream = TlsConnector::from(config).connect(name, stream).await;
    let mut line = Map::new();
    let seen = witness.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Seen { issuer, fault }) = seen {
        line.insert("tlsIssuer".into(), json!(issuer));
        line.insert("tlsTrusted".into(), json!(fault.is_none()));
        if let Some(fault) = fault {
            line.insert("tlsReason".into(), json!(fault));
        }
    }
    let version = match &stream {
        Ok(stream) => stream.get_ref().1.protocol_version().and_then(|version| version.as_str()).unwrap_or("unknown"),
        Err(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(Error::PeerIncompatible(_)) => "no version or cipher in common",
            Some(Error::AlertReceived(_)) => "refused",
            Some(_) => "failed",
            None => connecting(error),
        },
    };
    line.insert("tls".into(), json!(version));
    Ok(line)
}

/// What was shown.
struct Seen {
    issuer: Option<String>,
    /// Why the system does not trust it.
    fault: Option<&'static str>,
}

/// Notes what the system thinks of a certificate, and goes on whatever it thinks.
#[derive(Debug, Default)]
struct Witness {
    seen: Mutex<Option<Seen>>,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seen")
    }
}

impl Opinion for Witness {
    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        _: &ServerName<'_>,
        system: impl FnOnce() -> Result<ServerCertVerified, Error>,
    ) -> Result<ServerCertVerified, Error> {
        let issuer = X509Certificate::from_der(certificate).ok().map(|(_, one)| one.issuer().to_string());
        let fault = system().err().map(|error| distrust(&error));
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen { issuer, fault });
        Ok(ServerCertVerified::assertion())
    }
}

fn distrust(error: &Error) -> &'static str {
    use rustls::CertificateError;
    match error {
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => "expired",
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "for another name",
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => "unknown issuer",
        Error::InvalidCertificate(CertificateError::Revoked) => "revoked",
        _ => "not trusted",
    }
}

/// One request for the host's first page, without any credential.
async fn ask(host: &str, port: u16, http: Option<&reqwest::Client>, clock: Clock) -> Map<String, Value> {
    let mut line = Map::new();
    let scheme = if port == 80 { "http" } else { "https" };
    let (Some(http), Ok(url)) = (http, Url::parse(&format!("{scheme}://{host}:{port}/"))) else { return line };
    match net::probe(http, &url, clock, STEP).await {
        Ok(reached) => {
            line.insert("http".into(), json!(reached.status));
            line.insert("httpMs".into(), json!(u64::try_from(reached.latency.as_millis()).unwrap_or(u64::MAX)));
            if let Some(ahead) = reached.ahead_s {
                line.insert("clockAheadSeconds".into(), json!(ahead));
            }
            if matches!(reached.status, 403 | 407) {
                line.insert("reason".into(), json!("a proxy or a firewall refuses"));
            }
        }
        Err(reason) => {
            line.insert("http".into(), json!("failed"));
            line.insert("reason".into(), json!(reason));
        }
    }
    line
}
