//! Hosts on this machine: one that answers, one that refuses, one whose certificate nobody trusts, one that hangs.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::probe::probe;
use crate::clock::Clock;
use crate::net::mock_tls::TlsEnd;
use crate::net::{ClientOptions, http_client};

fn http() -> reqwest::Client {
    http_client(&ClientOptions { loopback_only: true, ..ClientOptions::default() }).unwrap()
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_told_with_its_issuer() {
    let Some(TlsEnd { acceptor, .. }) = TlsEnd::made("/CN=Inspecting Proxy", "DNS:localhost") else { return };
    let (listener, port) = listener().await;
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move { acceptor.accept(stream).await.map(drop) });
        }
    });
    let line = probe("localhost", port, Some(&http()), Clock::System).await;
    server.abort();
    assert_eq!((&line["host"], &line["port"], &line["tcp"]), (&json!("localhost"), &json!(port), &json!("ok")));
    assert_eq!((&line["tls"], &line["tlsTrusted"]), (&json!("TLSv1_3"), &json!(false)), "{line}");
    assert_eq!(line["tlsIssuer"], "CN=Inspecting Proxy");
    assert_eq!(line["http"], "failed");
    assert!(line["reason"].is_string(), "{line}");
}

#[tokio::test]
async fn what_does_not_answer_says_at_which_step() {
    let (closed, port) = listener().await;
    drop(closed);
    let line = probe("127.0.0.1", port, None, Clock::System).await;
    assert_eq!((&line["dns"], &line["tcp"]), (&json!(["127.0.0.1"]), &json!("refused")));
    assert!(line.get("tls").is_none() && line.get("http").is_none());
    let line = probe("no-such-host.invalid", port, None, Clock::System).await;
    assert_eq!((line["dns"].as_str(), line.get("tcp")), (Some("not found"), None));
    // Somebody who speaks no TLS.
    let (listener, port) = listener().await;
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"220 mail.contoso.test\r\n").await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    let line = probe("127.0.0.1", port, None, Clock::System).await;
    server.abort();
    assert_eq!((&line["tcp"], &line["tls"]), (&json!("ok"), &json!("failed")), "{line}");
}

#[tokio::test]
async fn a_refusal_and_a_clock_that_is_off_are_told() {
    let (listener, port) = listener().await;
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 1024];
            let _ = stream.read(&mut buffer).await;
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nDate: Thu, 01 Jan 1970 00:10:00 GMT\r\n\
                          Content-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    // The scheme follows the port; a proxy of the tests stands on port 80's part.
    let proxied = reqwest_through(port);
    let clock = Clock::Fixed(time::OffsetDateTime::UNIX_EPOCH);
    let line = probe("127.0.0.1", 80, Some(&proxied), clock).await;
    server.abort();
    assert_eq!((&line["http"], &line["clockAheadSeconds"]), (&json!(407), &json!(600)), "{line}");
    assert_eq!(line["reason"], "a proxy or a firewall refuses");
}

/// A client that asks everything of a proxy on this machine.
#[expect(clippy::disallowed_methods, reason = "a proxy of the test's own")]
fn reqwest_through(port: u16) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let proxy = reqwest::Proxy::all(format!("http://127.0.0.1:{port}")).unwrap();
    reqwest::Client::builder().proxy(proxy).tls_certs_only([]).build().unwrap()
}
