//! An event hub over TLS: a TLS end before the tenant's hub, with a certificate made on the spot.

use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::hub_tests::{KEY, NOW, Shelf, all, collect, said, served, settings};
use crate::record::Outcome;
use crate::source::hub::{Credential, Hub};
use crate::tenant::{HubSettings, TenantSettings};

/// A certificate for `localhost` and 127.0.0.1, and its key; `None`, with a note, without openssl.
fn certificate() -> Option<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let folder = tempfile::tempdir().unwrap();
    let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
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
    Some((CertificateDer::from_pem_file(certificate).unwrap(), PrivateKeyDer::from_pem_file(key).unwrap()))
}

/// Ends TLS at the listener and passes everything on to an address.
async fn pass_on(listener: TcpListener, acceptor: TlsAcceptor, to: String) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, to) = (acceptor.clone(), to.clone());
        tokio::spawn(async move {
            let Ok(mut inner) = acceptor.accept(stream).await else { return };
            let Ok(mut outer) = TcpStream::connect(to).await else { return };
            let _ = tokio::io::copy_bidirectional(&mut inner, &mut outer).await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_is_read_over_tls_and_a_credential_goes_to_no_other_host() {
    let Some((certificate, key)) = certificate() else { return };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    // The same end under two names, both in the certificate: only the one that was configured is spoken to.
    for (advertised, roots, outcome, reason) in [
        ("localhost", vec![certificate.clone()], Outcome::Complete, ""),
        ("127.0.0.1", vec![certificate.clone()], Outcome::Failed, "certificate"),
        ("localhost", Vec::new(), Outcome::Failed, "certificate"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let hub = HubSettings { advertised: Some((advertised, port)), ..HubSettings::default() };
        let settings = TenantSettings { hub, sign_ins: 60, audits: 40, ..settings() };
        let running = served(&settings).await;
        let address = running.event_hub.clone().unwrap();
        let (own, name) = address.split_once('/').unwrap();
        let front = tokio::spawn(pass_on(listener, acceptor.clone(), own.to_owned()));
        let credential = Credential::connection_string(KEY).unwrap();
        let place = Hub::new(&format!("localhost:{port}/{name}"), credential).unwrap().over_tls(roots);
        let reports = collect(place, &all()[..3], &Shelf::default(), NOW - Duration::days(7)).await;
        for report in &reports {
            assert_eq!(report.verdict.outcome, outcome, "{advertised}: {}", said(report));
            assert!(said(report).contains(reason) && (outcome == Outcome::Complete || report.records == 0));
        }
        front.abort();
    }
}
