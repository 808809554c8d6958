//! Which stretches of time the feed is asked for.
//!
//! Takes the window of the events, gives windows of *availability*, at most 24 hours each: content becomes available 60 to
//! 90 minutes after an event and up to a day or more in bad times, and never before it. The service keeps seven days.
//! Source: Management Activity API reference, "List available content".

use time::{Duration, OffsetDateTime};

use super::super::Window;
use super::super::query::{ceil_second, floor_second};
use crate::limits::{OFFICE_KEPT_S, OFFICE_LATE_S, OFFICE_MARGIN_S};

/// A stretch that is listed in one go.
pub(super) type Day = Window;

/// The earliest instant that may be asked for now.
pub(super) fn floor(now: OffsetDateTime) -> OffsetDateTime {
    ceil_second(now.saturating_sub(Duration::seconds(OFFICE_KEPT_S - OFFICE_MARGIN_S)))
}

/// The stretches in which records of `hours` may have become available, oldest first.
pub(super) fn days(hours: Window, kept: OffsetDateTime, now: OffsetDateTime) -> Vec<Day> {
    let until = hours.until.saturating_add(Duration::seconds(OFFICE_LATE_S)).min(now);
    let until = floor_second(until);
    let mut since = floor_second(hours.since).max(kept);
    let mut out = Vec::new();
    while since < until {
        let end = since.saturating_add(Duration::DAY).min(until);
        out.push(Day { since, until: end });
        since = end;
    }
    out
}

/// An instant as the service reads it: UTC without zone.
pub(super) fn stamp(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (hour, minute, second) = at.to_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}", at.date())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_week_is_listed_in_days_that_touch_and_never_before_what_is_kept() {
        let now = datetime!(2026-01-10 12:00:00.5 UTC);
        let kept = floor(now);
        assert_eq!(kept, datetime!(2026-01-03 12:05:01 UTC));
        let days = days(Window { since: now - Duration::days(7), until: now }, kept, now);
        assert_eq!((days.len(), days[0].since), (7, kept));
        assert!(days.windows(2).all(|two| two[0].until == two[1].since));
        assert!(days.iter().all(|day| day.until - day.since <= Duration::DAY));
        assert_eq!(days[6].until, datetime!(2026-01-10 12:00 UTC));
    }

    #[test]
    fn a_past_window_is_listed_two_days_beyond_its_end() {
        let now = datetime!(2026-01-10 12:00 UTC);
        let hours = Window { since: datetime!(2026-01-06 1:00 UTC), until: datetime!(2026-01-06 3:00 UTC) };
        let days = days(hours, floor(now), now);
        assert_eq!(days.last().map(|day| day.until), Some(datetime!(2026-01-08 3:00 UTC)));
        assert_eq!(days.len(), 3);
        let old = Window { since: datetime!(2025-12-01 0:00 UTC), until: datetime!(2025-12-02 0:00 UTC) };
        assert!(super::days(old, floor(now), now).is_empty());
        assert_eq!(stamp(datetime!(2026-01-06 1:02:03.9 +1)), "2026-01-06T00:02:03");
    }
}
