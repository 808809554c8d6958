//! An event hub, read live: what Azure Monitor has sent to it and its retention has kept.
//!
//! Takes a namespace or one hub in it and a credential, gives records of any category that is asked for. Reads
//! partitions by offset through the Kafka endpoint (port 9093, SASL over TLS): it joins no consumer group and commits
//! nothing, so the customer's own consumers do not notice. It ends: each partition is read up to where it ended when the
//! reading began, and once more to where it ends then. Event time inside the records decides what is in the window; arrival
//! is later. Never sends, never creates a hub.
//!
//! The client is `rskafka`: pure Rust, MIT/Apache, kept by InfluxData since 2022, reads partitions without groups, takes
//! our rustls configuration. The AMQP alternative (`azure_messaging_eventhubs`) is still 0.x and takes an Azure credential
//! only, so that no broker but Microsoft's could prove it.
//! Source: learn.microsoft.com/azure/event-hubs/azure-event-hubs-apache-kafka-overview, kafka.apache.org/protocol.

mod address;
mod broker;
mod close;
mod partition;
mod sorter;
#[cfg(test)]
mod tests;
mod tls;

use super::{End, Run, Stop};
use crate::record::{Outcome, Verdict};

pub use address::{Credential, Hub, HubError};
use broker::{Broker, Patience, Trouble};
use partition::{Lap, Partition};
use sorter::Sorter;

/// Hubs that Azure Monitor makes when a diagnostic setting names none: one for each category.
const OWN_HUBS: &str = "insights-logs-";

/// What the hub says of itself: outcome, reason, what would change it.
fn told(outcome: Outcome, reason: impl Into<String>, hint: &str) -> Stop {
    Stop::Told(Verdict::because(outcome, reason).with_hint(hint))
}

/// Collects from it; one end for each run, in their order.
pub(super) async fn collect(runs: &[Run<'_>], place: &Hub) -> Vec<End> {
    let Some(first) = runs.first() else { return Vec::new() };
    let sorter = Sorter::new(runs);
    let laps = match read(first, place, &sorter).await {
        Ok(laps) => laps,
        Err(stop) => return runs.iter().map(|_| End::Stopped(stop.clone())).collect(),
    };
    let mut ends = Vec::with_capacity(runs.len());
    for (place, run) in runs.iter().enumerate() {
        ends.push(close::end(run, &laps, sorter.seen(place)).await);
    }
    ends
}

/// Reads every partition; the error is what keeps all of them from being read.
async fn read(run: &Run<'_>, place: &Hub, sorter: &Sorter<'_, '_>) -> Result<Vec<Lap>, Stop> {
    let mut patience = Patience::default();
    let (broker, partitions) = loop {
        match open(run, place).await {
            Ok(opened) => break opened,
            Err(trouble) => patience.again(run, &trouble).await?,
        }
    };
    // One after the other: a hub gives 2 MB/s a throughput unit however many partitions are asked, and so the same hub is
    // always read in the same order.
    let mut laps: Vec<Lap> = Vec::with_capacity(partitions.len());
    for (hub, number) in partitions {
        laps.push(Partition::new(&broker, run, sorter, hub, number).read().await);
        if laps.last().and_then(|lap| lap.stop.as_ref()).is_some_and(Stop::ends_the_run) {
            break;
        }
    }
    match laps.iter().find_map(|lap| lap.stop.as_ref().filter(|stop| stop.ends_the_run())) {
        Some(stop) => Err(stop.clone()),
        None => Ok(laps),
    }
}

async fn open(run: &Run<'_>, place: &Hub) -> Result<(Broker, Vec<(String, i32)>), Trouble> {
    let broker = Broker::connect(place, run).await?;
    let partitions = broker.partitions(place, run).await?;
    Ok((broker, partitions))
}
