//! The published service limits (graph/throttling-limits, 2024): who may ask how often.
//!
//! Takes one request at a time, says yes or gives the 429 that Graph would give. Classes: reports 5 requests in
//! 10 s with `Retry-After`; identity protection and conditional access 1 a second without; the directory a budget of
//! resource units per 10 s that grows with the tenant;
//! queries of the workspace 200 in 30 s.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::super::settings::Limits;
use super::fault::Fault;

/// Which budget a request draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Budget {
    /// Identity and access reports.
    Reports,
    /// Identity Protection and Conditional Access.
    Identity,
    /// Directory, with the resource units of the request.
    Directory,
    /// Log Analytics queries.
    Workspace,
    /// No published limit of its own.
    Free,
}

/// Directory resource units in 10 s, by number of users (below 50, up to 500, more).
const DIRECTORY_UNITS: [u64; 3] = [3_500, 5_000, 8_000];
const WINDOW: Duration = Duration::from_secs(10);

/// The state of all budgets of one tenant.
#[derive(Debug)]
pub(crate) struct Throttle {
    times: u64,
    directory_units: u64,
    reports: Mutex<Sliding>,
    identity: Mutex<Sliding>,
    directory: Mutex<Sliding>,
    workspace: Mutex<Sliding>,
}

/// Costs in a sliding window.
#[derive(Debug, Default)]
struct Sliding {
    taken: VecDeque<(Instant, u64)>,
    sum: u64,
}

impl Sliding {
    /// Takes `cost` if `limit` allows it, or says how long until it will.
    fn take(&mut self, now: Instant, window: Duration, limit: u64, cost: u64) -> Result<(), Duration> {
        while let Some(&(at, old)) = self.taken.front() {
            if now.duration_since(at) < window {
                break;
            }
            self.taken.pop_front();
            self.sum -= old;
        }
        if self.sum > 0 && self.sum + cost > limit {
            let oldest = self.taken.front().map_or(now, |&(at, _)| at);
            return Err((oldest + window).saturating_duration_since(now));
        }
        self.taken.push_back((now, cost));
        self.sum += cost;
        Ok(())
    }
}

impl Throttle {
    /// The budgets of a tenant of that many users.
    pub(crate) fn new(limits: Limits, users: u64) -> Self {
        let size = usize::from(users >= 50) + usize::from(users > 500);
        Self {
            times: match limits {
                Limits::Off => 0,
                Limits::Published => 1,
                Limits::Scaled(times) => u64::from(times),
            },
            directory_units: DIRECTORY_UNITS.get(size).copied().unwrap_or(8_000),
            reports: Mutex::default(),
            identity: Mutex::default(),
            directory: Mutex::default(),
            workspace: Mutex::default(),
        }
    }

    /// Admits one request at `now` or refuses it.
    ///
    /// # Errors
    /// The 429 of the class.
    pub(crate) fn admit(&self, budget: Budget, units: u64, now: Instant) -> Result<(), Fault> {
        if self.times == 0 {
            return Ok(());
        }
        let (sliding, window, limit, cost) = match budget {
            Budget::Free => return Ok(()),
            Budget::Reports => (&self.reports, WINDOW, 5 * self.times, 1),
            Budget::Identity => (&self.identity, Duration::from_secs(1), self.times, 1),
            Budget::Directory => (&self.directory, WINDOW, self.directory_units * self.times, units),
            Budget::Workspace => (&self.workspace, Duration::from_secs(30), 200 * self.times, 1),
        };
        let mut sliding = sliding.lock().unwrap_or_else(PoisonError::into_inner);
        sliding.take(now, window, limit, cost).map_err(|wait| refusal(budget, wait))
    }
}

fn refusal(budget: Budget, wait: Duration) -> Fault {
    let mut fault = Fault::new(429, "TooManyRequests", "Please retry again later.");
    match budget {
        Budget::Reports | Budget::Workspace => {
            fault.headers.push(("retry-after", format!("{:.3}", wait.as_secs_f64().max(0.001))))
        }
        Budget::Directory => {
            fault.headers.push(("retry-after", wait.as_secs().saturating_add(1).to_string()));
            fault.headers.push(("x-ms-throttle-scope", "Tenant_Application/ReadWrite".to_owned()));
            fault.headers.push(("x-ms-throttle-information", "ResourceUnitLimitExceeded".to_owned()));
        }
        Budget::Identity | Budget::Free => {}
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limits: Limits, budget: Budget, units: u64, asked: u64) -> u64 {
        let throttle = Throttle::new(limits, 120);
        let now = Instant::now();
        (0..asked).filter(|_| throttle.admit(budget, units, now).is_ok()).count() as u64
    }

    #[test]
    fn the_published_numbers_hold() {
        assert_eq!(admitted(Limits::Published, Budget::Reports, 1, 20), 5);
        assert_eq!(admitted(Limits::Scaled(3), Budget::Reports, 1, 20), 15);
        assert_eq!(admitted(Limits::Published, Budget::Identity, 1, 20), 1);
        assert_eq!(admitted(Limits::Published, Budget::Directory, 5, 5_000), 1_000);
        assert_eq!(admitted(Limits::Published, Budget::Workspace, 1, 300), 200);
        assert_eq!(admitted(Limits::Off, Budget::Identity, 1, 20), 20);
    }

    #[test]
    fn a_refusal_says_when_to_come_back_unless_the_class_does_not() {
        let throttle = Throttle::new(Limits::Published, 120);
        let start = Instant::now();
        for _ in 0..5 {
            throttle.admit(Budget::Reports, 1, start).unwrap();
        }
        let fault = throttle.admit(Budget::Reports, 1, start + Duration::from_secs(4)).unwrap_err();
        assert_eq!((fault.status, fault.headers[0].1.as_str()), (429, "6.000"));
        assert!(throttle.admit(Budget::Reports, 1, start + WINDOW).is_ok());
        throttle.admit(Budget::Identity, 1, start).unwrap();
        assert!(throttle.admit(Budget::Identity, 1, start).unwrap_err().headers.is_empty());
        assert!(throttle.admit(Budget::Identity, 1, start + Duration::from_secs(1)).is_ok());
    }
}
