//! The hub's socket: accepts connections on loopback, lets them sign in, answers one question after the other.
//!
//! Cancel-safe: dropping [`Serving`] ends the connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use kafka_protocol::messages::{
    ApiKey, FetchRequest, ListOffsetsRequest, MetadataRequest, ProduceRequest, SaslAuthenticateRequest,
    SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::StrBytes;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::super::accept::accept;
use super::super::server::Tenant;
use super::wire::{Nonsense, Question};
use super::{Content, HUB, answers, sign_in};

const UNSUPPORTED_VERSION: i16 = 35;
const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
const SASL_AUTHENTICATION_FAILED: i16 = 58;
/// How long a client is told to wait, where that is planned, milliseconds.
const THROTTLE_MS: i32 = 150;

/// A hub that is being served.
#[derive(Debug)]
pub(crate) struct Serving {
    /// `127.0.0.1:PORT/HUB`
    pub(crate) address: String,
    accepting: JoinHandle<()>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What all connections share.
struct Broker {
    tenant: Arc<Tenant>,
    content: Content,
    address: SocketAddr,
    questions: AtomicU64,
}

/// Serves the tenant's hub on a free port.
///
/// # Errors
/// There is none.
pub(crate) async fn serve(tenant: Arc<Tenant>) -> std::io::Result<Serving> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let content = Content::new(&tenant);
    let broker = Arc::new(Broker { tenant, content, address, questions: AtomicU64::new(0) });
    let accepting = tokio::spawn(accept(listener, move |stream| {
        let broker = Arc::clone(&broker);
        // A client that goes away, or speaks nonsense, is no fault of the hub.
        async move { drop(broker.converse(stream).await) }
    }));
    Ok(Serving { address: format!("{address}/{HUB}"), accepting })
}

/// What goes wrong with a question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    CutOff,
    HalfAnswer,
    OtherLeader,
    Wait,
}

impl Broker {
    async fn converse(&self, mut stream: TcpStream) -> Result<(), Nonsense> {
        let mut mechanism = String::new();
        let mut is_known = false;
        while let Some(question) = Question::read(&mut stream).await? {
            let answer = match question.key {
                ApiKey::ApiVersions if !answers::is_known(question.key, question.version) => {
                    question.answer(&answers::versions(UNSUPPORTED_VERSION), 0)?
                }
                key if !answers::is_known(key, question.version) => return Err(Nonsense),
                ApiKey::ApiVersions => question.answer(&answers::versions(0), question.version)?,
                ApiKey::SaslHandshake => {
                    let asked: SaslHandshakeRequest = question.body()?;
                    mechanism = asked.mechanism.to_string();
                    question.answer(&handshake(&mechanism), question.version)?
                }
                ApiKey::SaslAuthenticate => {
                    let asked: SaslAuthenticateRequest = question.body()?;
                    is_known = sign_in::is_valid(&self.tenant, &mechanism, &asked.auth_bytes);
                    question.answer(&authentication(is_known), question.version)?
                }
                // As Event Hubs does: who has not signed in is cut off.
                _ if !is_known => return Err(Nonsense),
                _ => {
                    let trouble = self.trouble();
                    if trouble == Some(Trouble::CutOff) {
                        return Ok(());
                    }
                    let mut answer = self.answer(&question, trouble).await?;
                    if trouble == Some(Trouble::HalfAnswer) {
                        answer.truncate(answer.len() / 2);
                        let _ = stream.write_all(&answer).await;
                        return Ok(());
                    }
                    answer
                }
            };
            stream.write_all(&answer).await.map_err(|_| Nonsense)?;
        }
        Ok(())
    }

    async fn answer(&self, question: &Question, trouble: Option<Trouble>) -> Result<BytesMut, Nonsense> {
        let wait = if trouble == Some(Trouble::Wait) { THROTTLE_MS } else { 0 };
        match question.key {
            ApiKey::Metadata => {
                let asked: MetadataRequest = question.body()?;
                let answer = answers::metadata(&asked, question.version, self.address, &self.tenant);
                question.answer(
                    &answer.with_throttle_time_ms(if question.version > 2 { wait } else { 0 }),
                    question.version,
                )
            }
            ApiKey::ListOffsets => {
                let asked: ListOffsetsRequest = question.body()?;
                let answer = answers::offsets(&asked, &self.content);
                question.answer(
                    &answer.with_throttle_time_ms(if question.version > 1 { wait } else { 0 }),
                    question.version,
                )
            }
            ApiKey::Fetch => {
                let asked: FetchRequest = question.body()?;
                let error = if trouble == Some(Trouble::OtherLeader) { answers::NOT_LEADER_OR_FOLLOWER } else { 0 };
                let answer = answers::fetch(&asked, &self.content, &self.tenant, error);
                let partitions = || answer.responses.iter().flat_map(|topic| &topic.partitions);
                if partitions()
                    .all(|one| one.error_code == 0 && one.records.as_ref().is_none_or(bytes::Bytes::is_empty))
                {
                    // At the end: a broker waits for more to come, as long as it may.
                    let wait_ms = u64::try_from(asked.max_wait_ms).unwrap_or(0).min(5_000);
                    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                }
                question.answer(&answer.with_throttle_time_ms(wait), question.version)
            }
            ApiKey::Produce => {
                question.answer(&answers::refusal(&question.body::<ProduceRequest>()?), question.version)
            }
            _ => Err(Nonsense),
        }
    }

    fn trouble(&self) -> Option<Trouble> {
        const TURNS: [Trouble; 7] = [
            Trouble::CutOff,
            Trouble::HalfAnswer,
            Trouble::OtherLeader,
            Trouble::Wait,
            Trouble::HalfAnswer,
            Trouble::CutOff,
            Trouble::Wait,
        ];
        let every = self.tenant.settings.hub.trouble_every?;
        let number = self.questions.fetch_add(1, Ordering::Relaxed) + 1;
        let turn = (number / every.max(1)) as usize;
        number.is_multiple_of(every.max(1)).then(|| TURNS[turn % TURNS.len()])
    }
}

fn handshake(mechanism: &str) -> SaslHandshakeResponse {
    let is_offered = sign_in::MECHANISMS.contains(&mechanism);
    SaslHandshakeResponse::default()
        .with_error_code(if is_offered { 0 } else { UNSUPPORTED_SASL_MECHANISM })
        .with_mechanisms(sign_in::MECHANISMS.map(StrBytes::from_static_str).to_vec())
}

fn authentication(is_known: bool) -> SaslAuthenticateResponse {
    if is_known {
        return SaslAuthenticateResponse::default();
    }
    SaslAuthenticateResponse::default()
        .with_error_code(SASL_AUTHENTICATION_FAILED)
        .with_error_message(Some(StrBytes::from_static_str("Invalid credentials for the namespace.")))
}
