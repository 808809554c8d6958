//! What the client is doing, for the display and the run's last words.

use super::nap::Retrying;
use super::throttle::ClassStatus;
use crate::catalog::THROTTLES;

/// Counters and waits of the whole run.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// Requests sent, repetitions included.
    pub requests: u64,
    /// Repetitions.
    pub retries: u64,
    /// Replies with 429 or 509.
    pub throttled: u64,
    /// How far the service's clock is ahead of ours, seconds; `None` before the first reply.
    pub clock_skew_s: Option<i64>,
    /// What each class waits for.
    pub classes: [ClassStatus; THROTTLES],
    /// Requests that wait for their next try after a fault.
    pub retrying: Option<Retrying>,
}
