//! What one try of a request came to.
//!
//! Takes a reply that was read as far as it came, gives an [`Attempt`]: the value, or what is to be done about its lack.
//! What a status means is in the table of `recovery`.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::auth::claims_challenge;
use super::failure::{Fault, Refusal};
use super::pace::retry_after;
use super::recovery::{Recovery, recovery};
use crate::json;

pub(super) enum Attempt<T> {
    Done(T, Done),
    Again { fault: Fault, refusal: Option<Refusal>, pause: Option<Duration> },
    Throttled { refusal: Refusal, pause: Option<Duration> },
    Unauthorised { refusal: Refusal, claims: Option<String> },
    Refused(Refusal),
}

impl<T> Attempt<T> {
    pub(super) fn again(fault: Fault) -> Self {
        Self::Again { fault, refusal: None, pause: None }
    }
}

/// What an answer brings besides the value.
pub(super) struct Done {
    pub(super) request_id: Option<String>,
    pub(super) latency: Duration,
    pub(super) headers: HeaderMap,
}

/// A reply; its body is empty where the status says enough.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The service's own time.
    pub(super) date: Option<OffsetDateTime>,
    /// When the request was sent.
    pub(super) began: Instant,
}

impl Reply {
    /// Reads the value, or what stands against it; `now` is for a service that does not say its own time.
    pub(super) fn judge<T, E>(self, now: OffsetDateTime, read: impl Fn(&Bytes) -> Result<T, E>) -> Attempt<T> {
        let Self { status, headers, body, date, began } = self;
        let request_id = header(&headers, &HeaderName::from_static("request-id"))
            .or_else(|| header(&headers, &HeaderName::from_static("x-ms-request-id")));
        if (200..300).contains(&status) {
            let html = header(&headers, &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"));
            // 204: there is nothing, which is an answer.
            let body = if status == 204 { Bytes::from_static(b"[]") } else { body };
            return match read(&body) {
                Ok(value) if !html => {
                    let request_id = request_id.map(str::to_owned);
                    Attempt::Done(value, Done { request_id, latency: began.elapsed(), headers })
                }
                _ => Attempt::again(Fault::NotJson),
            };
        }
        let claims_json = header(&headers, &CONTENT_TYPE).is_some_and(|kind| kind.contains("json"));
        if recovery(status).is_none() && claims_json && !body.is_empty() && json::value_span(&body, 0).is_err() {
            return Attempt::again(Fault::NotJson);
        }
        let refusal = Refusal::read(status, &body, request_id);
        let pause = header(&headers, &RETRY_AFTER).and_then(|text| retry_after(text, date, now));
        match recovery(status) {
            Some(Recovery::BackOff) => Attempt::Throttled { refusal, pause },
            Some(Recovery::Retry) => Attempt::Again { fault: Fault::Status(status), refusal: Some(refusal), pause },
            Some(Recovery::ReAuthenticate) => {
                let claims = header(&headers, &WWW_AUTHENTICATE).and_then(claims_challenge);
                Attempt::Unauthorised { refusal, claims }
            }
            None => Attempt::Refused(refusal),
        }
    }
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
