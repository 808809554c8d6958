//! The service limits of `catalog/throttles.toml`: who may ask how often, and who did.
//!
//! Takes one request at a time, says yes or gives the 429 that the service would give; counts both. A class whose row
//! says so names a time to wait; resource units come with the directory's own headers. What belongs to no class is
//! counted and never refused.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::super::settings::Limits;
use super::fault::Fault;
use crate::catalog::{Catalog, Measure, Throttle, ThrottleLimit};

/// Which class a request draws on; `None`: one without a published limit.
pub(crate) type Class = Option<Throttle>;

/// The state of all budgets of one tenant.
#[derive(Debug)]
pub(crate) struct Budgets {
    began: Instant,
    times: u64,
    users: u64,
    accounts: Mutex<Vec<Account>>,
}

/// What one class may take, has taken, and was refused.
#[derive(Debug)]
struct Account {
    class: Class,
    row: Option<&'static ThrottleLimit>,
    sliding: Sliding,
    count: ClassCount,
}

/// Requests of one class.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ClassCount {
    /// The class as `--rate` spells it, or `none`.
    pub class: &'static str,
    /// Requests that the budget let through; members of a `$batch` count one each.
    pub answered: u64,
    /// Requests that got a 429 because the budget was spent.
    pub refused: u64,
    /// Resource units of those let through.
    pub units: u64,
    /// When the first request came, seconds since the server began.
    pub first_s: Option<f64>,
    /// When the last request came, seconds since the server began.
    pub last_s: Option<f64>,
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

impl Budgets {
    /// The budgets of a tenant of that many users.
    pub(crate) fn new(limits: Limits, users: u64) -> Self {
        let rows = Catalog::embedded().map(Catalog::throttles).unwrap_or_default();
        let account = |class: Class| Account {
            class,
            row: rows.iter().find(|row| Some(row.class) == class),
            sliding: Sliding::default(),
            count: ClassCount { class: class.map_or("none", Throttle::as_str), ..ClassCount::default() },
        };
        let times = match limits {
            Limits::Off => 0,
            Limits::Published => 1,
            Limits::Scaled(times) => u64::from(times),
        };
        let accounts = Throttle::ALL.into_iter().map(Some).chain([None]).map(account).collect();
        Self { began: Instant::now(), times, users, accounts: Mutex::new(accounts) }
    }

    /// Admits one request at `now` or refuses it.
    ///
    /// # Errors
    /// The 429 of the class.
    pub(crate) fn admit(&self, class: Class, units: u64, now: Instant) -> Result<(), Fault> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(account) = accounts.iter_mut().find(|account| account.class == class) else { return Ok(()) };
        let at_s = now.saturating_duration_since(self.began).as_secs_f64();
        account.count.first_s.get_or_insert(at_s);
        account.count.last_s = Some(at_s);
        if let Some(row) = account.row.filter(|_| self.times > 0) {
            let limit = u64::from(row.capacity_for(Some(self.users))) * self.times;
            let cost = if row.measure == Measure::ResourceUnits { units } else { 1 };
            let window = Duration::from_secs(row.seconds.into());
            if let Err(wait) = account.sliding.take(now, window, limit, cost) {
                account.count.refused += 1;
                return Err(refusal(row, wait));
            }
        }
        account.count.answered += 1;
        account.count.units += units;
        Ok(())
    }

    /// What every class that was asked at all has seen so far.
    pub(crate) fn counts(&self) -> Vec<ClassCount> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.iter().map(|account| account.count.clone()).filter(|count| count.first_s.is_some()).collect()
    }
}

fn refusal(row: &ThrottleLimit, wait: Duration) -> Fault {
    let mut fault = Fault::new(429, "TooManyRequests", "Please retry again later.");
    match row.measure {
        Measure::ResourceUnits => {
            fault.headers.push(("retry-after", wait.as_secs().saturating_add(1).to_string()));
            fault.headers.push(("x-ms-throttle-scope", "Tenant_Application/ReadWrite".to_owned()));
            fault.headers.push(("x-ms-throttle-information", "ResourceUnitLimitExceeded".to_owned()));
        }
        Measure::Requests if row.retry_after => {
            fault.headers.push(("retry-after", format!("{:.3}", wait.as_secs_f64().max(0.001))));
        }
        Measure::Requests => {}
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limits: Limits, class: Throttle, units: u64, asked: u64) -> u64 {
        let budgets = Budgets::new(limits, 120);
        let now = Instant::now();
        (0..asked).filter(|_| budgets.admit(Some(class), units, now).is_ok()).count() as u64
    }

    #[test]
    fn the_published_numbers_hold() {
        assert_eq!(admitted(Limits::Published, Throttle::Reports, 1, 20), 5);
        assert_eq!(admitted(Limits::Scaled(3), Throttle::Reports, 1, 20), 15);
        assert_eq!(admitted(Limits::Published, Throttle::Identity, 1, 20), 1);
        assert_eq!(admitted(Limits::Published, Throttle::Directory, 5, 5_000), 1_000);
        assert_eq!(admitted(Limits::Published, Throttle::Workspace, 1, 300), 200);
        assert_eq!(admitted(Limits::Off, Throttle::Identity, 1, 20), 20);
    }

    #[test]
    fn larger_tenants_have_larger_budgets() {
        for (users, units) in [(49, 3_500), (50, 5_000), (500, 5_000), (501, 8_000)] {
            let budgets = Budgets::new(Limits::Published, users);
            let now = Instant::now();
            let passed = (0..9_000).filter(|_| budgets.admit(Some(Throttle::Directory), 1, now).is_ok()).count();
            assert_eq!(passed, units, "{users} users");
        }
    }

    #[test]
    fn a_refusal_says_when_to_come_back_unless_the_class_does_not() {
        let budgets = Budgets::new(Limits::Published, 120);
        let start = Instant::now();
        let reports = |after_s| budgets.admit(Some(Throttle::Reports), 1, start + Duration::from_secs(after_s));
        let identity = |after_s| budgets.admit(Some(Throttle::Identity), 1, start + Duration::from_secs(after_s));
        for _ in 0..5 {
            reports(0).unwrap();
        }
        let fault = reports(4).unwrap_err();
        assert_eq!((fault.status, fault.headers[0].1.as_str()), (429, "6.000"));
        assert!(reports(10).is_ok());
        identity(0).unwrap();
        assert!(identity(0).unwrap_err().headers.is_empty());
        assert!(identity(1).is_ok());
    }

    #[test]
    fn every_request_is_counted_in_its_class_whatever_became_of_it() {
        let budgets = Budgets::new(Limits::Published, 120);
        let start = budgets.began;
        for second in 0..3 {
            let _ = budgets.admit(Some(Throttle::Identity), 1, start + Duration::from_millis(second * 600));
            budgets.admit(None, 1, start).unwrap();
        }
        budgets.admit(Some(Throttle::Directory), 3, start).unwrap();
        let counts = budgets.counts();
        let of = |class| counts.iter().find(|count| count.class == class).unwrap();
        assert_eq!((of("identity").answered, of("identity").refused), (2, 1));
        assert_eq!((of("identity").first_s, of("identity").last_s), (Some(0.0), Some(1.2)));
        assert_eq!((of("none").answered, of("directory").units), (3, 3));
        assert_eq!(counts.len(), 3);
    }
}
