//! What lies in the hub: which records make up which message, and where it lies.
//!
//! Consecutive records of one log travel together, oldest first; a message arrives minutes after its youngest record. Now
//! and then one is sent twice: delivery is at least once. Holds 24 bytes for each message, never a record.

use super::super::instant::{self, SECOND, Ticks};
use super::super::logs::{Actors, Log, Logs};
use super::super::monitor::envelope::Envelope;
use super::super::server::Tenant;
use super::super::world::mix;
use super::PARTITIONS;
use crate::catalog::routes;

/// Records of one message.
const RECORDS: u64 = 16;
/// One message in so many is sent twice.
const TWICE: u64 = 31;

/// Where a message comes from.
#[derive(Debug, Clone, Copy)]
struct Message {
    arrived: Ticks,
    /// Place in `Content::logs`.
    log: usize,
    /// Position of its oldest record, counted from the oldest of the log.
    first: u64,
}

/// The hub's partitions.
#[derive(Debug)]
pub(crate) struct Content {
    logs: Vec<(Log, &'static str)>,
    partitions: Vec<Vec<Message>>,
    /// Before this instant everything has been deleted.
    kept_from: Ticks,
}

impl Content {
    /// What the diagnostic settings have sent.
    pub(crate) fn new(tenant: &Tenant) -> Self {
        let settings = &tenant.settings;
        let is_routed = |category: &str| settings.routing.hub.contains(&category);
        let logs: Vec<(Log, &'static str)> = Log::ALL
            .into_iter()
            .filter_map(|log| Some((log, routes().iter().find(|route| route.dataset == log.dataset())?)))
            .map(|(log, route)| (log, route.category.as_str()))
            .filter(|(_, category)| is_routed(category))
            .collect();
        let mut partitions: Vec<Vec<Message>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
        for (place, &(log, _)) in logs.iter().enumerate() {
            let count = tenant.logs.count(log);
            for (first, number) in (0..count).step_by(RECORDS as usize).zip(0_u64..) {
                let draw = mix(settings.seed ^ 0x4B1, (place as u64) << 40 | number);
                let newest = count - 1 - (first + RECORDS - 1).min(count - 1);
                let arrived = tenant.logs.at(log, newest) + (60 + (draw >> 8) as Ticks % 240) * SECOND;
                let Some(partition) = partitions.get_mut(draw as usize % PARTITIONS as usize) else { continue };
                partition.push(Message { arrived, log: place, first });
                if draw >> 32 & 0xFFFF < 0xFFFF / TWICE {
                    partition.push(Message { arrived: arrived + 30 * SECOND, log: place, first });
                }
            }
        }
        partitions.iter_mut().for_each(|messages| messages.sort_by_key(|message| message.arrived));
        let kept = Ticks::try_from(settings.hub.keeps_s).unwrap_or(Ticks::MAX / SECOND).saturating_mul(SECOND);
        Self { logs, partitions, kept_from: instant::ticks(settings.now).saturating_sub(kept) }
    }

    fn messages(&self, partition: i32) -> Option<&Vec<Message>> {
        self.partitions.get(usize::try_from(partition).ok()?)
    }

    /// Offset of the oldest message that is left, and the offset behind the last one.
    pub(crate) fn bounds(&self, partition: i32) -> Option<(i64, i64)> {
        let messages = self.messages(partition)?;
        let oldest = messages.partition_point(|message| message.arrived < self.kept_from);
        Some((oldest as i64, messages.len() as i64))
    }

    /// The oldest message that arrived at this instant (milliseconds) or later: its offset and when it arrived.
    pub(crate) fn at_or_after(&self, partition: i32, at_ms: i64) -> Option<(i64, i64)> {
        let messages = self.messages(partition)?;
        let place = messages.partition_point(|message| ms(message.arrived) < at_ms);
        let place = place.max(usize::try_from(self.bounds(partition)?.0).unwrap_or(0));
        messages.get(place).map(|message| (place as i64, ms(message.arrived)))
    }

    /// A message: when it arrived (milliseconds), and its body.
    pub(crate) fn message(
        &self,
        logs: &Logs,
        actors: &mut Actors,
        (partition, offset): (i32, i64),
    ) -> Option<(i64, Vec<u8>)> {
        let message = self.messages(partition)?.get(usize::try_from(offset).ok()?)?;
        let &(log, category) = self.logs.get(message.log)?;
        let count = logs.count(log);
        let envelope = Envelope::new(log, category, logs.world().tenant_id());
        let mut body = b"{\"records\": [".to_vec();
        let mut record = Vec::new();
        for position in message.first..(message.first + RECORDS).min(count) {
            if position > message.first {
                body.extend_from_slice(b", ");
            }
            record.clear();
            logs.write(actors, log, true, count - 1 - position, &mut record);
            envelope.write(&record, message.arrived - 20 * SECOND, &mut body);
        }
        body.extend_from_slice(b"]}");
        Some((ms(message.arrived), body))
    }
}

fn ms(at: Ticks) -> i64 {
    at.div_euclid(SECOND / 1_000)
}
