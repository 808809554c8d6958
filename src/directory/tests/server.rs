//! A scripted directory over TLS: it answers what a test says, also what no directory should.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::super::ber::{Reader, constructed, element, header, number, tag};
use crate::net::mock_tls::TlsEnd;

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Bind,
    StartTls,
    Search { base: String, attributes: Vec<String>, cookie: Vec<u8> },
    Other,
}

/// What the server does about it.
pub(super) enum Act {
    Say(Vec<u8>),
    /// Says this and closes the connection.
    Last(Vec<u8>),
    /// Says this and nothing any more.
    Hang(Vec<u8>),
}

/// Connection (from 0), number of the message, what was asked.
type Script = dyn Fn(u32, u32, &Asked) -> Act + Send + Sync;

/// A server on loopback.
pub(super) struct Server {
    pub(super) port: u16,
    pub(super) pem: Vec<u8>,
    pub(super) asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Serves a script; with `is_tls_first` from the first byte, else after StartTLS.
    pub(super) async fn start(
        is_tls_first: bool,
        script: impl Fn(u32, u32, &Asked) -> Act + Send + Sync + 'static,
    ) -> Option<Self> {
        let TlsEnd { acceptor, pem } = TlsEnd::made("/CN=localhost", "DNS:localhost")?;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (script, asked) = (Arc::new(script), Arc::new(Mutex::new(Vec::new())));
        let (log, connections) = (Arc::clone(&asked), AtomicU32::new(0));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = connections.fetch_add(1, Ordering::Relaxed);
                let (script, acceptor, log) = (Arc::clone(&script), acceptor.clone(), Arc::clone(&log));
                tokio::spawn(serve(stream, (is_tls_first, acceptor), number, script, log));
            }
        });
        Some(Self { port, pem, asked })
    }
}

async fn serve(
    mut tcp: TcpStream,
    (is_tls_first, acceptor): (bool, TlsAcceptor),
    number: u32,
    script: Arc<Script>,
    log: Arc<Mutex<Vec<Asked>>>,
) {
    if !is_tls_first {
        let mut buffer = BytesMut::new();
        let Some((id, asked)) = next(&mut tcp, &mut buffer).await else { return };
        log.lock().unwrap().push(asked.clone());
        match script(number, id, &asked) {
            Act::Say(bytes) => tcp.write_all(&bytes).await.unwrap(),
            Act::Last(bytes) | Act::Hang(bytes) => {
                let _ = tcp.write_all(&bytes).await;
                return;
            }
        }
    }
    let Ok(mut tls) = acceptor.accept(tcp).await else { return };
    let mut buffer = BytesMut::new();
    while let Some((id, asked)) = next(&mut tls, &mut buffer).await {
        log.lock().unwrap().push(asked.clone());
        match script(number, id, &asked) {
            Act::Say(bytes) => drop(tls.write_all(&bytes).await),
            Act::Last(bytes) => {
                let _ = tls.write_all(&bytes).await;
                let _ = tls.shutdown().await;
                return;
            }
            Act::Hang(bytes) => {
                let _ = tls.write_all(&bytes).await;
                let _ = tls.flush().await;
                return std::future::pending().await;
            }
        }
        let _ = tls.flush().await;
    }
}

/// The next request.
async fn next(stream: &mut (impl tokio::io::AsyncRead + Unpin), buffer: &mut BytesMut) -> Option<(u32, Asked)> {
    loop {
        if let Some((head, length)) = header(buffer).unwrap()
            && let Some(content) = buffer.get(head..head + length)
        {
            let read = read(content);
            buffer.advance(head + length);
            return Some(read);
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

fn read(content: &[u8]) -> (u32, Asked) {
    let mut message = Reader::new(content);
    let id = message.number(tag::INTEGER).unwrap();
    let (kind, operation) = message.element().unwrap();
    let mut operation = Reader::new(operation);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let asked = match kind {
        0x60 => Asked::Bind,
        0x77 => Asked::StartTls,
        0x63 => {
            let base = text(operation.expect(tag::OCTETS).unwrap());
            // Scope, aliases, limits, types only, filter.
            (0..6).for_each(|_| assert!(operation.element().is_ok()));
            let mut names = Reader::new(operation.expect(tag::SEQUENCE).unwrap());
            let mut attributes = Vec::new();
            while !names.is_empty() {
                attributes.push(text(names.expect(tag::OCTETS).unwrap()));
            }
            let cookie = message.optional(0xa0).unwrap().map(|controls| {
                let mut control = Reader::new(Reader::new(controls).expect(tag::SEQUENCE).unwrap());
                (0..2).for_each(|_| assert!(control.element().is_ok()));
                let mut value =
                    Reader::new(Reader::new(control.expect(tag::OCTETS).unwrap()).expect(tag::SEQUENCE).unwrap());
                value.element().unwrap();
                value.expect(tag::OCTETS).unwrap().to_vec()
            });
            Asked::Search { base, attributes, cookie: cookie.unwrap_or_default() }
        }
        _ => Asked::Other,
    };
    (id, asked)
}

fn message(id: u32, operation: Vec<u8>, controls: Vec<u8>) -> Vec<u8> {
    constructed(tag::SEQUENCE, &[number(tag::INTEGER, id), operation, controls])
}

fn result(kind: u8, code: u32, words: &str) -> Vec<u8> {
    constructed(
        kind,
        &[number(tag::ENUMERATED, code), element(tag::OCTETS, b""), element(tag::OCTETS, words.as_bytes())],
    )
}

/// An answer to a sign-in.
pub(super) fn bound(id: u32, code: u32, words: &str) -> Vec<u8> {
    message(id, result(0x61, code, words), Vec::new())
}

/// An answer to StartTLS, and the notice that the server closes (`id` 0).
pub(super) fn extended(id: u32, code: u32) -> Vec<u8> {
    message(id, result(0x78, code, ""), Vec::new())
}

/// The end of a page.
pub(super) fn done(id: u32, code: u32, words: &str, cookie: &[u8]) -> Vec<u8> {
    let value = constructed(tag::SEQUENCE, &[number(tag::INTEGER, 0), element(tag::OCTETS, cookie)]);
    let control = [element(tag::OCTETS, b"1.2.840.113556.1.4.319"), element(tag::OCTETS, &value)];
    message(id, result(0x65, code, words), constructed(0xa0, &[constructed(tag::SEQUENCE, &control)]))
}

/// An object.
pub(super) fn entry(id: u32, dn: &str, attributes: &[(&str, &[&str])]) -> Vec<u8> {
    let octets = |text: &str| element(tag::OCTETS, text.as_bytes());
    let attribute = |(name, values): &(&str, &[&str])| {
        let values: Vec<_> = values.iter().map(|value| octets(value)).collect();
        constructed(tag::SEQUENCE, &[octets(name), constructed(tag::SET, &values)])
    };
    let list: Vec<_> = attributes.iter().map(attribute).collect();
    message(id, constructed(0x64, &[octets(dn), constructed(tag::SEQUENCE, &list)]), Vec::new())
}

/// A reference to another server.
pub(super) fn reference(id: u32) -> Vec<u8> {
    message(id, constructed(0x73, &[element(tag::OCTETS, b"ldap://child.contoso.test/DC=child")]), Vec::new())
}

/// What every directory says of itself.
pub(super) fn root(id: u32) -> Vec<u8> {
    let names: [(&str, &[&str]); 4] = [
        ("defaultNamingContext", &["DC=contoso,DC=test"]),
        ("configurationNamingContext", &["CN=Configuration,DC=contoso,DC=test"]),
        ("schemaNamingContext", &["CN=Schema,CN=Configuration,DC=contoso,DC=test"]),
        ("currentTime", &["20260915120000.0Z"]),
    ];
    [entry(id, "", &names), done(id, 0, "", b"")].concat()
}
