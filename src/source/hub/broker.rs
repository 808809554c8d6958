//! The connection: who may read, which hubs there are, and what a failure means.
//!
//! Every question has a time limit of its own and ends with the run; what the client says about a failure is sorted into
//! [`Trouble`], and none of its texts go on: they may quote names.

use std::sync::Arc;
use std::time::Duration;

use rskafka::BackoffConfig;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, OauthBearerCredentials, SaslConfig};

use super::super::{Run, Stop};
use super::{Credential, Hub, OWN_HUBS, tls, told};
use crate::limits::{HUB_MESSAGE_BYTES_MAX, HUB_PATIENCE_S, HUB_REQUEST_S_MAX, HUB_TRIES_MAX};
use crate::net::Fault;
use crate::net::auth::{AccessToken, TokenSource};
use crate::record::Outcome;

/// What went wrong, as far as it matters.
#[derive(Clone)]
pub(super) enum Trouble {
    /// It may go away: a connection that broke, a broker that moved.
    Passing,
    /// The offset does not exist any more, or not yet.
    OutOfRange,
    /// It will not go away.
    Final(Stop),
}

/// A connected client.
pub(super) struct Broker(Client);

impl Broker {
    pub(super) async fn connect(place: &Hub, run: &Run<'_>) -> Result<Self, Trouble> {
        let mut builder = ClientBuilder::new(vec![format!("{}:{}", place.host, place.port)])
            .client_id(concat!("entra-bundle/", env!("CARGO_PKG_VERSION")))
            .max_message_size(HUB_MESSAGE_BYTES_MAX)
            .backoff_config(BackoffConfig {
                init_backoff: Duration::from_millis(200),
                max_backoff: Duration::from_secs(5),
                base: 2.0,
                deadline: Some(Duration::from_secs(HUB_PATIENCE_S)),
            });
        if !place.is_plain {
            let no_tls = || failed("the system has no certificate store", "install the package ca-certificates");
            let config = tls::config(&place.host, &place.roots).map_err(|_| Trouble::Final(no_tls()))?;
            builder = builder.tls_config(config);
        }
        if let Some(sasl) = sasl(place).await.map_err(Trouble::Final)? {
            builder = builder.sasl_config(sasl);
        }
        Ok(Self(ask(run, builder.build()).await?))
    }

    /// The partitions of the hub, or of all hubs of Azure Monitor.
    pub(super) async fn partitions(&self, place: &Hub, run: &Run<'_>) -> Result<Vec<(String, i32)>, Trouble> {
        let topics = ask(run, self.0.list_topics()).await?;
        let wanted = |name: &str| match &place.name {
            Some(wanted) => name.eq_ignore_ascii_case(wanted),
            None => name.to_ascii_lowercase().starts_with(OWN_HUBS),
        };
        let topics = topics.into_iter().filter(|topic| wanted(&topic.name));
        let all: Vec<(String, i32)> = topics
            .flat_map(|topic| topic.partitions.into_iter().map(move |number| (topic.name.clone(), number)))
            .collect();
        if all.is_empty() {
            return Err(Trouble::Final(told(
                // A hub that may not be read is not shown either: it was named, so the right is the likelier lack.
                Outcome::Denied,
                "the namespace shows no such event hub to this sign-in",
                "check the name; the credential needs the right to listen (role Azure Event Hubs Data Receiver on the hub or the namespace)",
            )));
        }
        Ok(all)
    }

    /// The client of one partition.
    pub(super) async fn partition(&self, run: &Run<'_>, hub: &str, number: i32) -> Result<PartitionClient, Trouble> {
        ask(run, self.0.partition_client(hub, number, UnknownTopicHandling::Error)).await
    }
}

/// Waits for an answer, but neither longer than is sensible nor longer than the run lasts. Cancel-safe.
pub(super) async fn ask<T>(run: &Run<'_>, question: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
    let limit = Duration::from_secs(HUB_REQUEST_S_MAX);
    tokio::select! {
        biased;
        stop = run.over() => Err(Trouble::Final(stop)),
        answer = tokio::time::timeout(limit, question) => match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(trouble(&error)),
            Err(_) => Err(Trouble::Passing),
        },
    }
}

/// How often something has failed in a row.
#[derive(Default)]
pub(super) struct Patience(u32);

impl Patience {
    /// It has come forward: what fails now fails for the first time.
    pub(super) fn restore(&mut self) {
        self.0 = 0;
    }

    /// Waits before the next try, longer each time; the error is why there is none. Cancel-safe.
    pub(super) async fn again(&mut self, run: &Run<'_>, trouble: &Trouble) -> Result<(), Stop> {
        self.0 += 1;
        match trouble {
            Trouble::Final(stop) => return Err(stop.clone()),
            Trouble::Passing | Trouble::OutOfRange if self.0 > HUB_TRIES_MAX => {
                return Err(failed(
                    "the event hub did not answer, after every sensible number of tries",
                    "check the address and that port 9093 is open to it (doctor does); then run again",
                ));
            }
            Trouble::Passing | Trouble::OutOfRange => {}
        }
        tokio::select! {
            biased;
            stop = run.over() => Err(stop),
            () = run.request.client.nap(Duration::from_millis(200 << self.0.min(5)), Fault::Broken) => Ok(()),
        }
    }
}

async fn sasl(place: &Hub) -> Result<Option<SaslConfig>, Stop> {
    Ok(match &place.credential {
        Credential::Nobody => None,
        Credential::ConnectionString(text) => {
            Some(SaslConfig::Plain(Credentials::new("$ConnectionString".to_owned(), text.as_str().to_owned())))
        }
        Credential::Bearer(source) => {
            let scope = place.scope();
            // Asked once before the client asks, so that the reason of a refusal is not lost.
            source.token(&scope).await.map_err(|error| Stop::Auth(error.to_string()))?;
            let source = Arc::clone(source);
            let callback = Arc::new(move || {
                let (source, scope) = (Arc::clone(&source), scope.clone());
                let token: futures_util::future::BoxFuture<'static, Result<String, NoToken>> =
                    Box::pin(async move { bearer(source.as_ref(), &scope).await });
                token
            });
            Some(SaslConfig::Oauthbearer(OauthBearerCredentials { callback, authz_id: None, bearer_kvs: Vec::new() }))
        }
    })
}

type NoToken = Box<dyn std::error::Error + Send + Sync>;

async fn bearer(source: &dyn TokenSource, scope: &str) -> Result<String, NoToken> {
    let token: AccessToken = source.token(scope).await?;
    let header = token.header_value();
    let text = header.to_str()?;
    Ok(text.split_once(' ').map_or(text, |(_, secret)| secret).to_owned())
}

/// What an error of the client means.
fn trouble(error: &Error) -> Trouble {
    match error {
        Error::ServerError { protocol_error, .. } => of_server(*protocol_error),
        // The client tells why it gave up in words only.
        error => match error.to_string().to_ascii_lowercase() {
            text if text.contains("sasl") => Trouble::Final(refused()),
            text if text.contains("certificate") => Trouble::Final(failed(
                "the server's certificate is not the namespace's or is not trusted here",
                "check the address; a proxy that opens TLS needs its certificate in the system's store",
            )),
            text if text.contains("compression") => Trouble::Final(failed(
                "messages are compressed in a way that this program cannot read",
                "only gzip and snappy are known: give the hub's records as files with --input",
            )),
            _ => Trouble::Passing,
        },
    }
}

fn of_server(error: ProtocolError) -> Trouble {
    use ProtocolError as E;
    match error {
        E::OffsetOutOfRange => Trouble::OutOfRange,
        E::SaslAuthenticationFailed
        | E::TopicAuthorizationFailed
        | E::GroupAuthorizationFailed
        | E::ClusterAuthorizationFailed
        | E::UnsupportedSaslMechanism
        | E::IllegalSaslState => Trouble::Final(refused()),
        E::UnknownTopicOrPartition | E::InvalidTopicException => Trouble::Final(told(
            Outcome::Unavailable,
            "the event hub is not there any more",
            "check the name of the hub in the diagnostic settings",
        )),
        E::UnsupportedCompressionType => Trouble::Final(failed(
            "messages are compressed in a way that this program cannot read",
            "give the hub's records as files with --input",
        )),
        _ => Trouble::Passing,
    }
}

fn refused() -> Stop {
    told(
        Outcome::Denied,
        "the event hub refused the credential",
        "give the role Azure Event Hubs Data Receiver on the hub or its namespace, or a connection string with Listen (--event-hub-key-file); the basic tier has no Kafka endpoint, and local authentication may be switched off",
    )
}

fn failed(reason: &str, hint: &str) -> Stop {
    told(Outcome::Failed, reason, hint)
}
