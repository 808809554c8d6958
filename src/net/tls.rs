//! TLS by the system's authorities, with a word of the caller's own about each certificate.
//!
//! Takes an [`Opinion`], gives a client's configuration. Signatures, versions and ciphers are always the system verifier's
//! and rustls' affair; never trusts a certificate by itself: an opinion decides whether it does.
//! Source: docs.rs/rustls-platform-verifier.

use std::fmt::Debug;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// What is thought about a server's certificate.
pub(crate) trait Opinion: Debug + Send + Sync {
    /// Whether the handshake goes on. `system` asks what the system thinks of the certificate for this name.
    ///
    /// # Errors
    /// It does not go on.
    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        system: impl FnOnce() -> Result<ServerCertVerified, Error>,
    ) -> Result<ServerCertVerified, Error>;
}

#[derive(Debug)]
struct Judged<O> {
    opinion: Arc<O>,
    system: Verifier,
}

impl<O: Opinion> ServerCertVerifier for Judged<O> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let system = || self.system.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        self.opinion.judge(end_entity, name, system)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// A configuration in which the system trusts its own authorities and `roots`, and the opinion decides.
///
/// # Errors
/// The system has no certificate store.
pub(crate) fn tls_config<O: Opinion + 'static>(
    roots: &[CertificateDer<'static>],
    opinion: Arc<O>,
) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let system = match roots {
        [] => Verifier::new(Arc::clone(&provider))?,
        roots => Verifier::new_with_extra_roots(roots.iter().cloned(), Arc::clone(&provider))?,
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Judged { opinion, system }))
        .with_no_client_auth();
    Ok(Arc::new(config))
}
