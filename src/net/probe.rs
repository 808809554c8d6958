//! Whether a service can be reached at all: one request without a token, one try.
//!
//! Takes an address, gives how long the answer took and by how much the clocks differ, or what stands in the way. Sends
//! nothing but the address of the service itself.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{Instant, timeout};
use url::Url;

use super::failure::Fault;
use super::pace::http_date;
use crate::clock::Clock;

/// A service that answered, whatever it said.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// HTTP status of the answer.
    pub status: u16,
    /// From the start to the first line of the answer, DNS, TCP and TLS included.
    pub latency: Duration,
    /// How far the service's clock is ahead of ours, seconds, if it says what time it has.
    pub ahead_s: Option<i64>,
}

/// Asks an address for its head.
///
/// Cancel-safe.
///
/// # Errors
/// What stands in the way, in words.
pub async fn probe(http: &reqwest::Client, url: &Url, clock: Clock, wait: Duration) -> Result<Reached, String> {
    let began = Instant::now();
    let response = match timeout(wait, http.head(url.clone()).send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(Fault::of(&error).to_string()),
        Err(_) => return Err("nobody answered".to_owned()),
    };
    let date = response.headers().get(reqwest::header::DATE).and_then(|value| value.to_str().ok()).and_then(http_date);
    let ahead_s = date.map(|date: OffsetDateTime| (date - clock.now()).whole_seconds());
    let status = response.status().as_u16();
    Ok(Reached { status, latency: began.elapsed(), ahead_s })
}
