//! One connection to a directory: TLS always, one request at a time.
//!
//! Takes a [`Directory`], gives whole messages. With `ldap://` the first thing sent is StartTLS, and what stands behind its
//! answer before TLS begins is refused; there is no way to send anything else without TLS. Waits no longer than the
//! directory's pace says, keeps no more than one message. Never retries.
//! Source: RFC 4511 §4.14 (StartTLS), RFC 4513 §3.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::Directory;
use super::ber;
use super::message::{self, Body, Message};
use super::trouble::{Flaw, Step, Trouble};
use crate::limits::{LDAP_CONNECT_MS_MAX, LDAP_MESSAGE_BYTES_MAX};

/// A connection with TLS.
pub(super) struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: BytesMut,
    silence: Duration,
    last_id: u32,
}

impl Connection {
    /// Connects, up to the end of the TLS handshake.
    pub(super) async fn open(directory: &Directory) -> Result<Self, Trouble> {
        let limit = Duration::from_millis(LDAP_CONNECT_MS_MAX.min(directory.pace.silence_ms_max));
        timeout(limit, Self::connect(directory)).await.unwrap_or(Err(Trouble::Unreachable))
    }

    async fn connect(directory: &Directory) -> Result<Self, Trouble> {
        let found = lookup_host((directory.host.as_str(), directory.port)).await.map_err(|_| Trouble::NoSuchHost)?;
        let mut tcp = Err(Trouble::NoSuchHost);
        for address in found {
            tcp = TcpStream::connect(address).await.map_err(|_| Trouble::Unreachable);
            if tcp.is_ok() {
                break;
            }
        }
        let mut tcp = tcp?;
        let silence = Duration::from_millis(directory.pace.silence_ms_max);
        let mut last_id = 0;
        if !directory.is_tls_first {
            last_id = 1;
            start_tls(&mut tcp, silence).await?;
        }
        let name = ServerName::try_from(directory.host.clone()).map_err(|_| Trouble::Certificate(Flaw::OtherName))?;
        let connector = TlsConnector::from(config(directory)?);
        let stream = connector.connect(name, tcp).await.map_err(|error| flaw(&error))?;
        Ok(Self { stream, buffer: BytesMut::new(), silence, last_id })
    }

    /// The number of the next request.
    pub(super) fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id % 0x7fff_fffe + 1;
        self.last_id
    }

    /// Sends a request.
    pub(super) async fn send(&mut self, request: &[u8]) -> Result<(), Trouble> {
        write(&mut self.stream, request, self.silence).await
    }

    /// The next message about a request; what belongs to no request that waits is left out, the notice that the server
    /// closes the connection is [`Trouble::Closed`]. Not cancel-safe.
    pub(super) async fn receive(&mut self, id: u32) -> Result<Body, Trouble> {
        loop {
            let message = read(&mut self.stream, &mut self.buffer, self.silence).await?;
            match message {
                Message { id: 0, body: Body::Extended(_) } => return Err(Trouble::Closed),
                Message { id: about, body } if about == id => return Ok(body),
                _ => {}
            }
        }
    }

    /// Says good-bye; nobody waits for what becomes of it.
    pub(super) async fn close(mut self) {
        let request = message::unbind(self.next_id());
        if self.send(&request).await.is_ok() {
            let _ = timeout(Duration::from_secs(1), self.stream.shutdown()).await;
        }
    }

    /// The server's certificate, DER.
    #[cfg(any(windows, feature = "kerberos"))]
    pub(super) fn certificate(&self) -> Option<&[u8]> {
        self.stream.get_ref().1.peer_certificates()?.first().map(AsRef::as_ref)
    }
}

/// Asks for TLS on a connection on which nothing else has been said.
async fn start_tls(tcp: &mut TcpStream, silence: Duration) -> Result<(), Trouble> {
    write(tcp, &message::start_tls(1), silence).await?;
    let mut buffer = BytesMut::new();
    match read(tcp, &mut buffer, silence).await? {
        Message { id: 0 | 1, body: Body::Extended(reply) } if reply.code != 0 => {
            Err(Trouble::Refused(Step::StartTls, reply))
        }
        // Words before TLS could be anybody's.
        Message { id: 1, body: Body::Extended(_) } if buffer.is_empty() => Ok(()),
        _ => Err(Trouble::Malformed),
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8], silence: Duration) -> Result<(), Trouble> {
    let sent = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    match timeout(silence, sent).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Trouble::Closed),
        Err(_) => Err(Trouble::Silent),
    }
}

/// Reads one whole message; `buffer` keeps what came behind it.
async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
    silence: Duration,
) -> Result<Message, Trouble> {
    loop {
        if let Some((head, length)) = ber::header(buffer).map_err(|_| Trouble::Malformed)? {
            if buffer.first() != Some(&ber::tag::SEQUENCE) {
                return Err(Trouble::Malformed);
            }
            if length > LDAP_MESSAGE_BYTES_MAX {
                return Err(Trouble::TooLarge);
            }
            if let Some(content) = buffer.get(head..head + length) {
                let message = Message::parse(content).map_err(|_| Trouble::Malformed);
                buffer.advance(head + length);
                return message;
            }
        }
        match timeout(silence, stream.read_buf(buffer)).await {
            Ok(Ok(0)) | Ok(Err(_)) => return Err(Trouble::Closed),
            Ok(Ok(_)) => {}
            Err(_) => return Err(Trouble::Silent),
        }
    }
}

/// TLS 1.2 and 1.3, with the system's authorities or with those of `--ldap-ca`.
fn config(directory: &Directory) -> Result<Arc<ClientConfig>, Trouble> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(|_| Trouble::NoTls)?;
    let config = if directory.roots.is_empty() {
        let verified = builder.with_platform_verifier().map_err(|_| Trouble::Certificate(Flaw::Untrusted))?;
        verified.with_no_client_auth()
    } else {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(directory.roots.iter().cloned());
        builder.with_root_certificates(roots).with_no_client_auth()
    };
    Ok(Arc::new(config))
}

/// What a handshake failed by.
fn flaw(error: &std::io::Error) -> Trouble {
    use CertificateError as E;
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return Trouble::NoTls;
    };
    let rustls::Error::InvalidCertificate(error) = error else { return Trouble::NoTls };
    Trouble::Certificate(match error {
        E::Expired | E::ExpiredContext { .. } => Flaw::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => Flaw::NotYetValid,
        E::UnknownIssuer | E::BadSignature => Flaw::Untrusted,
        E::NotValidForName | E::NotValidForNameContext { .. } => Flaw::OtherName,
        E::Revoked => Flaw::Revoked,
        _ => Flaw::Other,
    })
}
