//! Messages to records, and each record to the dataset that wants it.
//!
//! Takes the bodies of messages (`{"records":[…]}`), hands records to their runs. What is no JSON counts as damage: of the
//! category that the hub is named after, or of all, as nobody can know whose it was.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::super::shape::envelope::{from_envelope_of, records_of};
use super::super::{Item, Run, Stop};
use super::OWN_HUBS;
use crate::catalog::{Route, routes};

/// One reading of everything: whatever it has twice is a duplicate.
const PASS: u32 = 1;

/// Sorts the records of all partitions.
pub(super) struct Sorter<'a, 'r> {
    runs: &'a [Run<'r>],
    by_dataset: HashMap<&'static str, usize>,
    /// Records of each run's category, whatever their time.
    seen: Vec<AtomicU64>,
}

impl<'a, 'r> Sorter<'a, 'r> {
    pub(super) fn new(runs: &'a [Run<'r>]) -> Self {
        let by_dataset = runs.iter().zip(0..).map(|(run, place)| (run.dataset.id.as_str(), place)).collect();
        Self { runs, by_dataset, seen: runs.iter().map(|_| AtomicU64::new(0)).collect() }
    }

    /// Records of a run's category that the hub had.
    pub(super) fn seen(&self, place: usize) -> u64 {
        self.seen.get(place).map_or(0, |seen| seen.load(Ordering::Relaxed))
    }

    pub(super) fn note(&self, pages: u64, retries: u32) {
        self.runs.iter().for_each(|run| run.note(pages, retries));
    }

    /// Takes the messages of one answer.
    ///
    /// # Errors
    /// The sink takes no more.
    pub(super) async fn take(&self, hub: &str, messages: Vec<Bytes>) -> Result<(), Stop> {
        let route = category_of(hub);
        let mut sorted: Vec<Vec<Item>> = self.runs.iter().map(|_| Vec::new()).collect();
        let mut damaged = 0;
        for message in messages {
            let Ok(records) = records_of(&message) else {
                damaged += 1;
                continue;
            };
            for record in records {
                let Ok(shaped) = from_envelope_of(&record, route) else {
                    damaged += 1;
                    continue;
                };
                let place = shaped.route.and_then(|route| self.by_dataset.get(route.dataset.as_str()).copied());
                // Of a category that nobody asked for.
                let Some(place) = place else { continue };
                if let (Some(seen), Some(items)) = (self.seen.get(place), sorted.get_mut(place)) {
                    seen.fetch_add(1, Ordering::Relaxed);
                    items.push(shaped.into_item());
                }
            }
        }
        let own = route.and_then(|route| self.by_dataset.get(route.dataset.as_str()).copied());
        for (place, (run, items)) in self.runs.iter().zip(sorted).enumerate() {
            run.state().tally.damaged += if own.is_none_or(|own| own == place) { damaged } else { 0 };
            if !items.is_empty() {
                run.note(1, 0);
                run.deliver_items(items, PASS).await?;
            }
        }
        Ok(())
    }
}

/// The category that a hub is named after.
fn category_of(hub: &str) -> Option<&'static Route> {
    let name = hub.to_ascii_lowercase();
    let category = name.strip_prefix(OWN_HUBS)?;
    routes().iter().find(|route| route.category.eq_ignore_ascii_case(category))
}
