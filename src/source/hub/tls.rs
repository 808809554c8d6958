//! TLS to one namespace and to no other.
//!
//! A broker tells its clients where its partitions are, and the client goes there with the same credential. The opinion
//! lets a handshake succeed only with the host that was configured, so that a credential cannot be led elsewhere.

use std::sync::Arc;

use rustls::client::danger::ServerCertVerified;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, Error};

use crate::net::{Opinion, tls_config};

/// The system's opinion, for one host.
#[derive(Debug)]
struct OneHost {
    host: String,
}

impl Opinion for OneHost {
    fn judge(
        &self,
        _: &CertificateDer<'_>,
        name: &ServerName<'_>,
        system: impl FnOnce() -> Result<ServerCertVerified, Error>,
    ) -> Result<ServerCertVerified, Error> {
        if !name.to_str().eq_ignore_ascii_case(&self.host) {
            return Err(Error::InvalidCertificate(CertificateError::NotValidForName));
        }
        system()
    }
}

/// A configuration that trusts what the system trusts (and `roots`), for this host alone.
///
/// # Errors
/// The system has no certificate store.
pub(super) fn config(host: &str, roots: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, Error> {
    tls_config(roots, Arc::new(OneHost { host: host.to_owned() }))
}
