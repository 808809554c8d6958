//! Budgets of the throttle classes, and how `--rate` states them.
//!
//! Source: Microsoft Graph service-specific throttling limits: reports 5 requests in 10 s per app and tenant;
//! Identity Protection and Conditional Access 1 request a second per tenant, all apps together; directory 3,500
//! resource units in 10 s for the smallest tenants.

use std::time::Duration;

use crate::catalog::Throttle;

/// A budget: at most `limit` starts (directory: resource units) in any `window`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The class.
    pub class: Throttle,
    /// Starts or units, and the window they may fall into; `None`: no budget.
    pub limit: Option<(u32, Duration)>,
}

/// `--rate` could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not of the form.
    #[error("--rate takes CLASS=N/SECONDS or CLASS=off, for example reports=5/10")]
    Form,
    /// Unknown class.
    #[error("--rate knows the classes reports, identity, directory, workspace, storage and activity")]
    Class,
    /// Not a count.
    #[error("--rate CLASS=N/SECONDS: N is a whole number of requests (directory: resource units), 0 lifts the budget")]
    Count,
    /// Not a time.
    #[error("--rate CLASS=N/SECONDS: SECONDS is a number above 0 and at most 3600")]
    Seconds,
}

impl Rate {
    /// The documented budget of a class, with 1 % of margin on the window for clocks that differ.
    pub fn documented(class: Throttle) -> Self {
        let limit = match class {
            Throttle::Reports => (5, Duration::from_millis(10_100)),
            // 0.8 a second: the customer's other apps draw on the same second.
            Throttle::Identity => (1, Duration::from_millis(1_250)),
            Throttle::Directory => (3_500, Duration::from_millis(10_100)),
            Throttle::Workspace => (200, Duration::from_millis(30_300)),
            Throttle::Storage => (5_000, Duration::from_millis(10_100)),
            Throttle::Activity => (2_000, Duration::from_millis(60_600)),
        };
        Self { class, limit: Some(limit) }
    }

    /// Reads `CLASS=N/SECONDS`; `CLASS=off` and N = 0 lift the budget. The window gets 1 % of margin, so that
    /// `reports=5/10` is the documented budget.
    ///
    /// # Errors
    /// [`RateError`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, RateError> {
        let (class, budget) = text.split_once('=').ok_or(RateError::Form)?;
        let class = Throttle::ALL.into_iter().find(|one| one.as_str() == class.trim()).ok_or(RateError::Class)?;
        let budget = budget.trim();
        if budget == "off" {
            return Ok(Self { class, limit: None });
        }
        let (count, seconds) = budget.split_once('/').ok_or(RateError::Form)?;
        let count: u32 = count.trim().parse().map_err(|_| RateError::Count)?;
        let seconds: f64 = seconds.trim().parse().map_err(|_| RateError::Seconds)?;
        if !(seconds > 0.0 && seconds <= 3_600.0) {
            return Err(RateError::Seconds);
        }
        let window = Duration::from_secs_f64(seconds * 1.01);
        Ok(Self { class, limit: (count > 0).then_some((count, window)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_documented() {
        assert_eq!(Rate::parse("reports=5/10"), Ok(Rate::documented(Throttle::Reports)));
        assert_eq!(Rate::parse("directory=8000/10").unwrap().limit.unwrap().0, 8_000);
        let half = Rate::parse("identity=1/0.5").unwrap().limit.unwrap().1;
        assert_eq!(half, Duration::from_millis(505));
        for lifted in ["reports=off", "reports=0/10"] {
            assert_eq!(Rate::parse(lifted).unwrap().limit, None, "{lifted}");
        }
        for (text, error) in [
            ("reports", RateError::Form),
            ("reports=5", RateError::Form),
            ("graph=5/10", RateError::Class),
            ("reports=-1/10", RateError::Count),
            ("reports=5/0", RateError::Seconds),
            ("reports=5/NaN", RateError::Seconds),
            ("reports=5/1e99", RateError::Seconds),
        ] {
            assert_eq!(Rate::parse(text), Err(error), "{text}");
        }
    }
}
