//! The only place that makes an HTTP client.
//!
//! Takes time limits, gives a `reqwest::Client`: rustls with ring and the system's roots, HTTP/2 and keep-alive,
//! compressed replies, no redirects (a redirect would carry a token or a filter elsewhere), no `Referer`.
//! Source: <https://docs.rs/reqwest/0.13/reqwest/struct.ClientBuilder.html>.

use std::time::Duration;

use super::guard::Endpoints;
use crate::limits::{CONNECT_TIMEOUT_MS, READ_TIMEOUT_MS};

/// Setting up the network failed: nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The TLS library refused to start.
    #[error(
        "the HTTPS client could not be made: check that the system has a certificate store (package ca-certificates)"
    )]
    Tls,
    /// A configured address cannot be used.
    #[error("{0} is not an https:// address without user name, query and fragment: correct it")]
    BadAddress(&'static str),
    /// Plain http to another machine.
    #[error("{0} must be https:// (http:// is accepted for loopback addresses only): correct it")]
    PlainHttp(&'static str),
}

/// How the HTTP client is made.
#[derive(Clone, Copy, Debug)]
pub struct ClientOptions {
    /// Longest wait for a connection, milliseconds.
    pub connect_timeout_ms: u64,
    /// Longest silence of a reply, milliseconds.
    pub read_timeout_ms: u64,
    /// Everything is asked of this machine: no proxy is used and no certificate store is needed.
    pub loopback_only: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { connect_timeout_ms: CONNECT_TIMEOUT_MS, read_timeout_ms: READ_TIMEOUT_MS, loopback_only: false }
    }
}

impl ClientOptions {
    /// The usual options for these endpoints.
    pub fn for_endpoints(endpoints: &Endpoints) -> Self {
        Self { loopback_only: endpoints.are_loopback(), ..Self::default() }
    }
}

/// Makes the HTTP client.
///
/// # Errors
/// [`NetError::Tls`] when no TLS configuration can be made.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn http_client(options: &ClientOptions) -> Result<reqwest::Client, NetError> {
    // A second call finds the provider in place; that is no error.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("entra-bundle/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_millis(options.connect_timeout_ms))
        .read_timeout(Duration::from_millis(options.read_timeout_ms))
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(90))
        .http2_adaptive_window(true)
        .http2_keep_alive_interval(Duration::from_secs(20));
    if options.loopback_only {
        builder = builder.no_proxy().tls_certs_only([]);
    }
    builder.build().map_err(|_| NetError::Tls)
}
