//! One partition, from the first message that can matter to its end.
//!
//! Where to begin is asked by time; where a broker's answer does not fit its own messages, from the oldest one. What
//! breaks is taken up again at the next offset: nothing is read twice, nothing is passed over.

use bytes::Bytes;
use rskafka::chrono::{DateTime, Utc};
use rskafka::client::partition::{OffsetAt, PartitionClient};
use time::OffsetDateTime;

use super::super::{Run, Stop};
use super::broker::{Broker, Patience, Trouble, ask};
use super::sorter::Sorter;
use crate::limits::{HUB_EARLY_S, HUB_FETCH_BYTES};

/// How long a broker may wait for more bytes, milliseconds: there are some, or the end was reached.
const WAIT_MS: i32 = 500;
/// Answers without a message before the end.
const EMPTY_MAX: u32 = 10;

/// How the reading of a partition ended.
pub(super) struct Lap {
    /// Why it ended early.
    pub stop: Option<Stop>,
    /// Everything that arrived before may be gone: the partition has deleted messages that may matter.
    pub floor: Option<OffsetDateTime>,
    /// It has deleted all that it had.
    pub is_emptied: bool,
}

/// A partition being read.
pub(super) struct Partition<'a, 'r> {
    broker: &'a Broker,
    run: &'a Run<'r>,
    sorter: &'a Sorter<'a, 'r>,
    hub: String,
    number: i32,
    client: Option<PartitionClient>,
    /// The next offset.
    next: Option<i64>,
    /// The next message is the oldest that is left.
    at_oldest: bool,
    floor: Option<OffsetDateTime>,
    is_emptied: bool,
    retries: u32,
}

impl<'a, 'r> Partition<'a, 'r> {
    pub(super) fn new(
        broker: &'a Broker,
        run: &'a Run<'r>,
        sorter: &'a Sorter<'a, 'r>,
        hub: String,
        number: i32,
    ) -> Self {
        let (client, next, floor) = (None, None, None);
        Self { broker, run, sorter, hub, number, client, next, at_oldest: false, floor, is_emptied: false, retries: 0 }
    }

    /// Reads to the end, and to the end once more: what came meanwhile.
    ///
    /// Not cancel-safe: a batch that is being delivered would be lost.
    pub(super) async fn read(mut self) -> Lap {
        let mut stop = None;
        for _ in 0..2 {
            if stop.is_none() {
                stop = self.read_to_end().await.err();
            }
        }
        self.sorter.note(0, self.retries);
        Lap { stop, floor: self.floor, is_emptied: self.is_emptied }
    }

    async fn read_to_end(&mut self) -> Result<(), Stop> {
        let (mut end, mut patience) = (None, Patience::default());
        loop {
            let before = self.next;
            let Err(trouble) = self.go_on(&mut end).await else { return Ok(()) };
            if before.is_some() && self.next > before {
                patience.restore();
            }
            patience.again(self.run, &trouble).await?;
            self.retries += 1;
            match trouble {
                // Deleted under our hands: what is left begins later.
                Trouble::OutOfRange => (self.next, end) = (None, None),
                _ => self.client = None,
            }
        }
    }

    async fn go_on(&mut self, end: &mut Option<i64>) -> Result<(), Trouble> {
        let client = match self.client.take() {
            Some(client) => client,
            None => self.broker.partition(self.run, &self.hub, self.number).await?,
        };
        let client = self.client.insert(client);
        let run = self.run;
        let until = match *end {
            Some(end) => end,
            None => *end.insert(ask(run, client.get_offset(OffsetAt::Latest)).await?),
        };
        if self.next.is_none() {
            let begin = begin(run, client, until).await?;
            self.next = Some(begin.offset);
            self.at_oldest = begin.has_lost;
            self.is_emptied = begin.has_lost && begin.offset >= until;
        }
        let mut empty = 0;
        while let Some(next) = self.next.filter(|&next| next < until) {
            let (records, _) = ask(run, client.fetch_records(next, 1..HUB_FETCH_BYTES, WAIT_MS)).await?;
            let Some(last) = records.last().map(|last| last.offset) else {
                empty += 1;
                if empty > EMPTY_MAX {
                    return Err(Trouble::Passing);
                }
                continue;
            };
            empty = 0;
            if self.at_oldest {
                self.at_oldest = false;
                self.floor = self.floor.max(records.first().and_then(|first| instant(first.record.timestamp)));
            }
            let messages = records.into_iter().filter_map(|one| one.record.value).map(Bytes::from).collect();
            self.next = Some(last.saturating_add(1));
            self.sorter.take(&self.hub, messages).await.map_err(Trouble::Final)?;
        }
        Ok(())
    }
}

/// Where to begin.
struct Begin {
    offset: i64,
    /// Messages that would have mattered may have been deleted.
    has_lost: bool,
}

async fn begin(run: &Run<'_>, client: &PartitionClient, until: i64) -> Result<Begin, Trouble> {
    let oldest = ask(run, client.get_offset(OffsetAt::Earliest)).await?;
    let since = run.hours().since.saturating_sub(time::Duration::seconds(HUB_EARLY_S));
    let at = DateTime::<Utc>::from_timestamp(since.unix_timestamp(), 0).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let found = ask(run, client.get_offset(OffsetAt::Timestamp(at))).await?;
    let offset = match found {
        // No message is so young, it says: its last one shows whether that is so.
        found if found < 0 && until > oldest => {
            let (last, _) =
                ask(run, client.fetch_records(until.saturating_sub(1), 1..HUB_FETCH_BYTES, WAIT_MS)).await?;
            let is_older = last.first().is_some_and(|last| last.record.timestamp < at);
            if is_older { until } else { oldest }
        }
        found if found < 0 => until,
        found => found.clamp(oldest, until.max(oldest)),
    };
    Ok(Begin { offset, has_lost: oldest > 0 && offset == oldest })
}

fn instant(at: DateTime<Utc>) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(at.timestamp()).ok()
}
