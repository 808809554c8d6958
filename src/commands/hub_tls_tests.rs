//! An event hub over TLS: a TLS end before the tenant's hub, with a certificate made on the spot.

use time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::hub_tests::{KEY, NOW, Shelf, all, collect, said, served, settings};
use crate::net::mock_tls::TlsEnd;
use crate::record::Outcome;
use crate::source::hub::{Credential, Hub};
use crate::tenant::{HubSettings, TenantSettings};

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
    let Some(end) = TlsEnd::made("/CN=localhost", "DNS:localhost,IP:127.0.0.1") else { return };
    // The same end under two names, both in the certificate: only the one that was configured is spoken to.
    for (advertised, roots, outcome, reason) in [
        ("localhost", vec![end.certificate()], Outcome::Complete, ""),
        ("127.0.0.1", vec![end.certificate()], Outcome::Failed, "certificate"),
        ("localhost", Vec::new(), Outcome::Failed, "certificate"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let hub = HubSettings { advertised: Some((advertised, port)), ..HubSettings::default() };
        let settings = TenantSettings { hub, sign_ins: 60, audits: 40, ..settings() };
        let running = served(&settings).await;
        let address = running.event_hub.clone().unwrap();
        let (own, name) = address.split_once('/').unwrap();
        let front = tokio::spawn(pass_on(listener, end.acceptor.clone(), own.to_owned()));
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
