//! Budgets that all concurrent streams share: a sliding log of starts per class.
//!
//! Takes a class and a weight, waits until one more start fits into the last window, first come first served.
//! A sliding log uses a budget to the last request and never oversteps it: measured against the published limit
//! it had no 429 at all where a token bucket had 4 to 7. A 429 pauses the whole class, and makes its window a little
//! longer: if the log was right about the starts, then requests do not arrive as evenly as they start.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Rate;
use crate::catalog::Throttle;
use crate::limits::{WINDOW_SLACK_MAX, WINDOW_SLACK_STEP};

/// Why a class waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// The budget's window is full.
    Budget,
    /// The service answered 429.
    Throttled,
}

/// What a class is doing, for the progress display.
#[derive(Clone, Copy, Debug)]
pub struct ClassStatus {
    /// The class.
    pub class: Throttle,
    /// How long until its next request may start, and why; `None`: it does not wait.
    pub waiting: Option<(Duration, WaitReason)>,
}

/// The budget of one class.
pub(super) struct Limiter {
    rate: Rate,
    log: tokio::sync::Mutex<Log>,
    wait: Mutex<Wait>,
}

#[derive(Default)]
struct Log {
    starts: VecDeque<(Instant, u32)>,
    used: u32,
}

#[derive(Default)]
struct Wait {
    paused_until: Option<Instant>,
    budget_until: Option<Instant>,
    /// 429s so far.
    throttled: u32,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, log: tokio::sync::Mutex::default(), wait: Mutex::default() }
    }

    fn wait(&self) -> std::sync::MutexGuard<'_, Wait> {
        self.wait.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when a request of this weight may start, and books it. Cancel-safe: nothing is booked before.
    pub(super) async fn admit(&self, weight: u32) {
        // Whoever holds the log is next: tokio's mutex is fair.
        let mut log = self.log.lock().await;
        loop {
            let now = Instant::now();
            let paused = self.wait().paused_until.filter(|&until| until > now);
            if let Some(until) = paused {
                tokio::time::sleep_until(until).await;
                continue;
            }
            let Some((limit, window)) = self.limit() else { return };
            while let Some(&(start, spent)) = log.starts.front()
                && start + window <= now
            {
                log.starts.pop_front();
                log.used -= spent;
            }
            // A weight above the limit waits for an empty window instead of for ever.
            let Some(&(oldest, _)) = log.starts.front().filter(|_| log.used + weight > limit) else {
                log.starts.push_back((now, weight));
                log.used += weight;
                return;
            };
            self.wait().budget_until = Some(oldest + window);
            tokio::time::sleep_until(oldest + window).await;
        }
    }

    /// The budget, with a window that has learnt from 429s.
    fn limit(&self) -> Option<(u32, Duration)> {
        let slack = (f64::from(self.wait().throttled) * WINDOW_SLACK_STEP).min(WINDOW_SLACK_MAX);
        self.rate.limit.map(|(limit, window)| (limit, window.mul_f64(1.0 + slack)))
    }

    /// The service has answered 429: lets no request of the class start before `wait` is over.
    pub(super) fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.wait();
        state.throttled = state.throttled.saturating_add(1);
        state.paused_until = Some(state.paused_until.map_or(until, |before| before.max(until)));
    }

    /// The largest weight that one request may have without waiting for more than one window.
    pub(super) fn weight_max(&self) -> u32 {
        self.rate.limit.map_or(u32::MAX, |(limit, _)| limit)
    }

    /// Average time between two starts.
    pub(super) fn spacing(&self) -> Option<Duration> {
        self.rate.limit.map(|(limit, window)| window / limit.max(1))
    }

    pub(super) fn status(&self) -> ClassStatus {
        let now = Instant::now();
        let wait = self.wait();
        let left =
            |until: Option<Instant>| until.map(|at| at.saturating_duration_since(now)).filter(|left| !left.is_zero());
        let waiting = match (left(wait.paused_until), left(wait.budget_until)) {
            (Some(left), _) => Some((left, WaitReason::Throttled)),
            (None, Some(left)) => Some((left, WaitReason::Budget)),
            (None, None) => None,
        };
        ClassStatus { class: self.rate.class, waiting }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// Starts of `streams` concurrent streams, each asking `each` times with this latency between.
    async fn starts(limiter: &Arc<Limiter>, streams: usize, each: usize, latency_ms: u64) -> Vec<Duration> {
        let began = Instant::now();
        let lanes: Vec<_> = (0..streams)
            .map(|_| {
                let limiter = Arc::clone(limiter);
                tokio::spawn(async move {
                    let mut starts = Vec::new();
                    for _ in 0..each {
                        limiter.admit(1).await;
                        starts.push(began.elapsed());
                        tokio::time::sleep(Duration::from_millis(latency_ms)).await;
                    }
                    starts
                })
            })
            .collect();
        let mut all = Vec::new();
        for lane in lanes {
            all.extend(lane.await.unwrap());
        }
        all.sort();
        all
    }

    #[tokio::test(start_paused = true)]
    async fn never_six_starts_in_ten_seconds_and_never_an_idle_budget() {
        let limiter = Arc::new(Limiter::new(Rate::documented(Throttle::Reports)));
        let all = starts(&limiter, 5, 6, 4_000).await;
        assert_eq!(all.len(), 30);
        for group in all.windows(6) {
            assert!(group[5] - group[0] >= Duration::from_secs(10));
        }
        // 30 starts are six windows of five: the last begins when five windows are over, whatever the latency.
        assert!(all[29] < Duration::from_millis(5 * 10_100 + 4_000), "{:?}", all[29]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_quick_stream_uses_the_whole_budget() {
        let limiter = Arc::new(Limiter::new(Rate::documented(Throttle::Reports)));
        let all = starts(&limiter, 1, 30, 500).await;
        assert!(all[29] < Duration::from_millis(5 * 10_100 + 5 * 500), "{:?}", all[29]);
        let limiter = Arc::new(Limiter::new(Rate::documented(Throttle::Identity)));
        let all = starts(&limiter, 3, 3, 0).await;
        assert!(all.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn units_are_weighed_and_an_overweight_request_still_goes_through() {
        let rate = Rate { class: Throttle::Directory, limit: Some((100, Duration::from_secs(10))) };
        let limiter = Limiter::new(rate);
        let began = Instant::now();
        for _ in 0..4 {
            limiter.admit(40).await;
        }
        assert_eq!(began.elapsed(), Duration::from_secs(10));
        limiter.admit(500).await;
        assert!(began.elapsed() >= Duration::from_secs(20));
        limiter.admit(1).await;
        assert!(began.elapsed() >= Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_stops_the_class_even_without_a_budget_and_shows_in_the_status() {
        let limiter = Arc::new(Limiter::new(Rate { class: Throttle::Identity, limit: None }));
        limiter.pause(Duration::from_secs(7));
        limiter.pause(Duration::from_secs(3));
        assert_eq!(limiter.status().waiting, Some((Duration::from_secs(7), WaitReason::Throttled)));
        let began = Instant::now();
        limiter.admit(1).await;
        assert_eq!(began.elapsed(), Duration::from_secs(7));
        assert_eq!(limiter.status().waiting, None);
    }

    #[tokio::test(start_paused = true)]
    async fn each_429_makes_the_window_a_little_longer_up_to_a_point() {
        let rate = Rate { class: Throttle::Reports, limit: Some((1, Duration::from_secs(10))) };
        let limiter = Limiter::new(rate);
        let began = Instant::now();
        limiter.admit(1).await;
        limiter.pause(Duration::ZERO);
        limiter.admit(1).await;
        let longer = began.elapsed();
        assert!(Duration::from_secs(10) < longer && longer < Duration::from_millis(10_100), "{longer:?}");
        (0..1_000).for_each(|_| limiter.pause(Duration::ZERO));
        limiter.admit(1).await;
        let longest = began.elapsed() - longer;
        assert!(longer < longest && longest <= Duration::from_millis(10_400), "{longest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_waiter_books_nothing() {
        let limiter = Limiter::new(Rate { class: Throttle::Reports, limit: Some((1, Duration::from_secs(10))) });
        limiter.admit(1).await;
        assert!(tokio::time::timeout(Duration::from_secs(1), limiter.admit(1)).await.is_err());
        let began = Instant::now();
        limiter.admit(1).await;
        assert_eq!(began.elapsed(), Duration::from_secs(9));
    }
}
