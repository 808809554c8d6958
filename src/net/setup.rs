//! What a client is made of, and how long it tries.

use std::sync::Arc;

use super::Rate;
use super::auth::TokenSource;
use super::guard::{Denied, Endpoints};
use crate::clock::Clock;
use crate::limits::{BACK_OFF_MS, BODY_BYTES_MAX, REQUEST_MS_MAX, THROTTLE_BACK_OFF_MS, THROTTLED_MAX, TRIES_MAX};

/// How long to try.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Tries of one request that end in a fault.
    pub tries_max: u32,
    /// Tries of one request that end in a 429.
    pub throttled_max: u32,
    /// First and longest pause after a fault, milliseconds.
    pub back_off_ms: (u64, u64),
    /// First and longest pause after a 429 without `Retry-After`, milliseconds.
    pub throttle_back_off_ms: (u64, u64),
    /// How long one try may take from its start to the end of the body, milliseconds.
    pub request_ms_max: u64,
    /// What every pause is multiplied by, those that the service asks for too. 1 outside tests.
    pub pause_scale: f64,
    /// Longest reply body, bytes after decompression.
    pub body_bytes_max: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries_max: TRIES_MAX,
            throttled_max: THROTTLED_MAX,
            back_off_ms: BACK_OFF_MS,
            throttle_back_off_ms: THROTTLE_BACK_OFF_MS,
            request_ms_max: REQUEST_MS_MAX,
            pause_scale: 1.0,
            body_bytes_max: BODY_BYTES_MAX,
        }
    }
}

/// What a `Client` is made of.
pub struct Setup {
    /// From [`super::http_client`].
    pub http: reqwest::Client,
    /// Where tokens come from.
    pub tokens: Arc<dyn TokenSource>,
    /// Where the services are.
    pub endpoints: Endpoints,
    /// Budgets that replace the documented ones.
    pub rates: Vec<Rate>,
    /// Which paths hold secrets.
    pub denied: Denied,
    /// How long to try.
    pub patience: Patience,
    /// Key to the request ids: the same run id asks with the same ids.
    pub run_id: String,
    /// For `Retry-After` dates and the clock check.
    pub clock: Clock,
}
