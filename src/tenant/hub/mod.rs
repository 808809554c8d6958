//! The tenant's event hub: the Kafka endpoint of an Event Hubs namespace on a loopback port of its own.
//!
//! Takes the tenant's logs, gives messages `{"records":[…]}` in several partitions, in the order of their arrival. Answers
//! ApiVersions, SaslHandshake, SaslAuthenticate, Metadata, ListOffsets and Fetch, and nothing that could change anything:
//! no producing, no groups, no offsets to commit. Computes every message when it is fetched.
//! Source: kafka.apache.org/protocol, learn.microsoft.com/azure/event-hubs/azure-event-hubs-apache-kafka-overview.

mod answers;
mod content;
mod serving;
mod sign_in;
mod wire;

pub(crate) use content::Content;
pub(crate) use serving::{Serving, serve};

/// Name of the hub.
pub(crate) const HUB: &str = "entra-logs";
/// Number of its partitions.
pub(crate) const PARTITIONS: i32 = 4;

/// How the hub behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubSettings {
    /// How long it keeps messages, seconds before the tenant's `now`.
    pub keeps_s: u64,
    /// Every n-th question goes wrong, in turn: cut off, half an answer, told that another broker leads, told to wait.
    pub trouble_every: Option<u64>,
    /// Where it says to be, if not where it is: host and port of something that stands before it.
    pub advertised: Option<(&'static str, u16)>,
}

impl Default for HubSettings {
    /// The standard tier's longest retention, and no trouble.
    fn default() -> Self {
        Self { keeps_s: 7 * 86_400, trouble_every: None, advertised: None }
    }
}
