//! How long to wait before a request is tried again, and when to give up.
//!
//! Takes what went wrong and what the service asks for (`Retry-After`: whole or fractional seconds, or a date),
//! gives a pause. Without advice: doubled pauses with a jitter that depends on the request and not on luck.
//! Source: RFC 9110 §10.2.3; Graph sends fractions (`Retry-After: 2.128`).

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::{Fault, Patience};
use crate::limits::{REFUSAL_TRIES_MAX, RETRY_AFTER_ABSURD_S, RETRY_AFTER_S_MAX};

/// The patience that is left for one request.
pub(super) struct Pace<'a> {
    patience: &'a Patience,
    jitter: f64,
    slow_max: u32,
    /// Tries begun.
    pub tries: u32,
    /// Whether the token was renewed for this request already.
    pub renewed: bool,
    faults: u32,
    slow: u32,
    throttled: u32,
    refused: u32,
}

impl<'a> Pace<'a> {
    /// `jitter` in [0, 1); `slow_max`: how often the request may be too slow.
    pub(super) fn new(patience: &'a Patience, jitter: f64, slow_max: u32) -> Self {
        Self { patience, jitter, slow_max, tries: 0, renewed: false, faults: 0, slow: 0, throttled: 0, refused: 0 }
    }

    /// The pause after a fault; `None`: give up.
    pub(super) fn after_fault(&mut self, fault: Fault, asked: Option<Duration>) -> Option<Duration> {
        self.faults += 1;
        self.slow += u32::from(fault.is_slow());
        if self.faults >= self.patience.tries_max || self.slow >= self.slow_max {
            return None;
        }
        Some(self.scaled(asked.unwrap_or_else(|| self.back_off(self.faults, self.patience.back_off_ms))))
    }

    /// The pause of the whole class after a 429; `None`: give up.
    pub(super) fn after_throttle(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.throttled += 1;
        let pause = asked.unwrap_or_else(|| self.back_off(self.throttled, self.patience.throttle_back_off_ms));
        (self.throttled < self.patience.throttled_max).then(|| self.scaled(pause))
    }

    /// The pause after a refusal that may be false; `None`: believe it.
    pub(super) fn after_refusal(&mut self) -> Option<Duration> {
        self.refused += 1;
        (self.refused < REFUSAL_TRIES_MAX).then(|| self.scaled(self.back_off(self.refused, self.patience.back_off_ms)))
    }

    fn scaled(&self, pause: Duration) -> Duration {
        pause.mul_f64(self.patience.pause_scale.max(0.0))
    }

    fn back_off(&self, times: u32, (first_ms, most_ms): (u64, u64)) -> Duration {
        let doubled = first_ms.saturating_mul(1 << (times - 1).min(20)).min(most_ms);
        Duration::from_millis(doubled).mul_f64(0.75 + self.jitter / 2.0)
    }
}

/// Reads `Retry-After`. A date is measured against the reply's own `Date` (`now` when it has none), so that a
/// wrong clock here does no harm. Capped; `None` for what makes no sense.
pub(super) fn retry_after(text: &str, date: Option<OffsetDateTime>, now: OffsetDateTime) -> Option<Duration> {
    let seconds = match text.trim().parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => (http_date(text)? - date.unwrap_or(now)).as_seconds_f64().max(0.0),
    };
    let sensible = (0.0..=RETRY_AFTER_ABSURD_S).contains(&seconds);
    sensible.then(|| Duration::from_secs_f64(seconds.min(RETRY_AFTER_S_MAX)))
}

/// Reads the preferred form of HTTP dates (RFC 9110 §5.6.7).
pub(super) fn http_date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text.trim(), &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn every_form_of_retry_after_is_read_and_nonsense_is_not() {
        let now = datetime!(2026-01-05 10:00:00 UTC);
        let ahead = datetime!(2026-01-05 09:00:00 UTC);
        let rows = [
            ("2", None, Some(2_000)),
            (" 2.128 ", None, Some(2_128)),
            ("0", None, Some(0)),
            ("900", None, Some(300_000)),
            ("86400", None, None),
            ("-1", None, None),
            ("NaN", None, None),
            ("inf", None, None),
            ("soon", None, None),
            ("", None, None),
            ("Mon, 05 Jan 2026 10:00:07 GMT", None, Some(7_000)),
            ("Mon, 05 Jan 2026 09:00:05 GMT", Some(ahead), Some(5_000)),
            ("Mon, 05 Jan 2026 08:00:00 GMT", None, Some(0)),
            ("Fri, 01 Jan 2106 00:00:00 GMT", None, None),
        ];
        for (text, date, expected_ms) in rows {
            let read = retry_after(text, date, now).map(|pause| pause.as_millis());
            assert_eq!(read, expected_ms, "{text}");
        }
    }

    #[test]
    fn pauses_double_up_to_a_cap_and_end() {
        let patience = Patience { tries_max: 4, ..Patience::default() };
        let mut pace = Pace::new(&patience, 0.5, 9);
        let pauses: Vec<_> = (0..4).map(|_| pace.after_fault(Fault::Broken, None)).collect();
        let ms = |pause: &Option<Duration>| pause.map(|pause| pause.as_millis());
        assert_eq!(pauses.iter().map(ms).collect::<Vec<_>>(), [Some(400), Some(800), Some(1_600), None]);
        let mut slow = Pace::new(&patience, 0.5, 2);
        assert!(slow.after_fault(Fault::Stalled, None).is_some());
        assert!(slow.after_fault(Fault::Status(504), None).is_none());
        let mut throttled = Pace::new(&patience, 0.0, 9);
        let long = (0..20).filter_map(|_| throttled.after_throttle(None)).last();
        assert_eq!(long, Some(Duration::from_secs(45)));
    }
}
