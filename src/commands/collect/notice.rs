//! What a run says about waiting: to the moving display, and in lines of its own where none moves.
//!
//! Takes the client's status; never shows a value.

use std::time::Duration;

use tokio::time::Instant;

use super::progress::Progress;
use crate::clock::Clock;
use crate::net::{Status, WaitReason};

/// What the budgets and single requests wait for, for the display.
pub(super) fn waiting(status: &Status) -> Option<String> {
    let retrying = status.retrying.filter(|retrying| retrying.left >= Duration::from_millis(300)).map(|retrying| {
        let many = if retrying.requests > 1 { format!("{} requests", retrying.requests) } else { "1 request".into() };
        format!("{many} again in {:.1} s ({})", retrying.left.as_secs_f64(), retrying.fault)
    });
    let waits: Vec<String> = status
        .classes
        .iter()
        .filter_map(|class| {
            let (left, reason) = class.waiting?;
            let why = match reason {
                WaitReason::Budget => "budget",
                WaitReason::Throttled => "429",
            };
            (left >= Duration::from_millis(300))
                .then(|| format!("{} {why} {:.1} s", class.class.as_str(), left.as_secs_f64()))
        })
        .chain(retrying)
        .collect();
    (!waits.is_empty()).then(|| format!("waiting: {}", waits.join(", ")))
}

/// Says once what the moving display cannot say: long waits where nothing moves, a clock that is off.
#[derive(Default)]
pub(super) struct Notice {
    waits: Option<Instant>,
    clock: bool,
}

/// A wait that is worth a line of its own, and how long before the next line.
const LONG_WAIT: Duration = Duration::from_secs(5);
const NEXT_LINE: Duration = Duration::from_secs(30);
/// A clock that is further off than this is worth a line, seconds: tokens and windows suffer from five minutes on.
const SKEW_S: u64 = 60;

impl Notice {
    /// Looks at what is going on, and says what is new and worth a line.
    pub(super) fn look(&mut self, clock: Clock, status: &Status, progress: &Progress) {
        let now = Instant::now();
        let is_fixed = matches!(clock, Clock::Fixed(_));
        let long = status.classes.iter().filter_map(|class| class.waiting).map(|(left, _)| left);
        let longest = long.chain(status.retrying.map(|retrying| retrying.left)).max();
        if longest.is_some_and(|left| left >= LONG_WAIT)
            && self.waits.is_none_or(|at| now.duration_since(at) >= NEXT_LINE)
            && let Some(text) = waiting(status)
        {
            self.waits = Some(now);
            progress.say_unless_moving(&format!("  {text}"));
        }
        if let Some(skew_s) =
            status.clock_skew_s.filter(|skew_s| !self.clock && skew_s.unsigned_abs() > SKEW_S && !is_fixed)
        {
            self.clock = true;
            let off = crate::commands::words::span(Duration::from_secs(skew_s.unsigned_abs()));
            let side = if skew_s > 0 { "behind" } else { "ahead of" };
            progress.say(&format!("This machine's clock is {off} {side} the service's: the window may end too early."));
        }
    }
}
