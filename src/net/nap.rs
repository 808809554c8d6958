//! Pauses between two tries, where everyone can see them: nothing sleeps without saying so.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Fault;

/// Requests that wait for their next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retrying {
    /// How many.
    pub requests: usize,
    /// How long until the first of them is tried again.
    pub left: Duration,
    /// Why that one waits.
    pub fault: Fault,
}

/// The pauses under way.
#[derive(Default)]
pub(super) struct Naps(Mutex<Book>);

#[derive(Default)]
struct Book {
    last: u64,
    open: BTreeMap<u64, (Instant, Fault)>,
}

impl Naps {
    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps. Cancel-safe: a dropped pause is forgotten.
    pub(super) async fn sleep(&self, pause: Duration, why: Fault) {
        let until = Instant::now() + pause;
        let number = {
            let mut naps = self.lock();
            naps.last += 1;
            let number = naps.last;
            naps.open.insert(number, (until, why));
            number
        };
        let _awake = Awake(self, number);
        tokio::time::sleep_until(until).await;
    }

    /// What waits now.
    pub(super) fn status(&self) -> Option<Retrying> {
        let naps = self.lock();
        let (until, fault) = naps.open.values().min_by_key(|(until, _)| *until)?;
        let left = until.saturating_duration_since(Instant::now());
        Some(Retrying { requests: naps.open.len(), left, fault: *fault })
    }
}

struct Awake<'a>(&'a Naps, u64);

impl Drop for Awake<'_> {
    fn drop(&mut self) {
        self.0.lock().open.remove(&self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pause_shows_while_it_lasts_and_not_when_it_was_dropped() {
        let naps = Naps::default();
        assert_eq!(naps.status(), None);
        let second = Duration::from_secs(1);
        let dropped = tokio::time::timeout(second, naps.sleep(9 * second, Fault::Broken)).await;
        assert!(dropped.is_err() && naps.status().is_none());
        let watch = async {
            tokio::time::sleep(second).await;
            naps.status()
        };
        let (seen, ()) = tokio::join!(watch, naps.sleep(3 * second, Fault::Stalled));
        assert_eq!(seen, Some(Retrying { requests: 1, left: 2 * second, fault: Fault::Stalled }));
        assert_eq!(naps.status(), None);
    }
}
