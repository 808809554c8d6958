//! Test support: the server's end of TLS, with a certificate that openssl makes on the spot.

use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// The server's end, and its certificate.
pub(crate) struct TlsEnd {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) pem: Vec<u8>,
}

impl TlsEnd {
    /// For a subject (`/CN=…`) and alternative names (`DNS:localhost`). `None`, with a note, without openssl.
    pub(crate) fn made(subject: &str, names: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args(["-subj", subject, "-addext", &format!("subjectAltName={names}")])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args([std::ffi::OsStr::new("-keyout"), key.as_os_str(), "-out".as_ref(), certificate.as_os_str()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            assert!(std::env::var_os("CI").is_none(), "openssl is not installed; .ci/run should have installed it");
            eprintln!("left out: openssl is not installed");
            return None;
        }
        let pem = std::fs::read(certificate).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let chain = vec![CertificateDer::from_pem_slice(&pem).unwrap()];
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        Some(Self { acceptor: TlsAcceptor::from(Arc::new(config)), pem })
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(&self.pem).unwrap()
    }
}
