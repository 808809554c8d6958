//! The time slices of a log.
//!
//! Takes a window, gives borders: half-open UTC slices of a day, shorter where the window has fewer than eight
//! of them, on multiples of their length since 1970. The same window always gives the same slices, so that a
//! resumed run knows which it has.

use std::ops::Range;

use time::{Duration, OffsetDateTime};

use super::Window;

/// Lengths of a slice, seconds.
const LENGTHS_S: [i64; 8] = [86_400, 43_200, 21_600, 10_800, 7_200, 3_600, 1_800, 900];
/// As many slices as keep several lanes busy.
const SLICES_WANTED: i64 = 8;
/// Longer windows get slices of several days.
const SLICES_MAX: i64 = 128;

/// The slices of a window.
pub(super) struct Plan {
    borders: Vec<OffsetDateTime>,
}

impl Plan {
    pub(super) fn of(window: Window) -> Self {
        let span_s = (window.until - window.since).whole_seconds();
        let mut borders = Vec::new();
        if window.until > window.since {
            let length_s = length_s(span_s);
            borders.push(window.since);
            let mut at_s = (window.since.unix_timestamp().div_euclid(length_s) + 1) * length_s;
            while let Ok(at) = OffsetDateTime::from_unix_timestamp(at_s)
                && at < window.until
            {
                borders.push(at);
                at_s += length_s;
            }
            borders.push(window.until);
        }
        Self { borders }
    }

    /// One slice: for what has no time of its own.
    pub(super) fn undivided(window: Window) -> Self {
        Self { borders: vec![window.since, window.until] }
    }

    /// How many slices there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.borders.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The slice that an instant of the window belongs to.
    pub(super) fn slice_of(&self, at: OffsetDateTime) -> u32 {
        let behind = self.borders.partition_point(|&border| border <= at);
        u32::try_from(behind.saturating_sub(1)).unwrap_or(u32::MAX).min(self.len().saturating_sub(1))
    }

    /// The window of some neighbouring slices.
    pub(super) fn window(&self, slices: &Range<u32>) -> Window {
        let border = |index: u32| self.borders.get(index as usize).copied().unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Window { since: border(slices.start), until: border(slices.end) }
    }
}

fn length_s(span_s: i64) -> i64 {
    if span_s > SLICES_MAX * LENGTHS_S[0] {
        return LENGTHS_S[0] * span_s.div_euclid(SLICES_MAX * LENGTHS_S[0]) + LENGTHS_S[0];
    }
    LENGTHS_S.into_iter().find(|length| span_s / length >= SLICES_WANTED).unwrap_or(LENGTHS_S[7])
}

/// What decides how fast a log can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// The budget: one list alone uses it up.
    Budget,
    /// The service: only several lists side by side use up the budget.
    Latency,
    /// There is no budget.
    Free,
}

/// In how many pieces at most a log is fetched, given how many pages it may have. Each piece wastes half a page on
/// average. Where the budget decides, that counts: one piece while that costs little, then pieces of about 32 pages, of
/// which not much is asked twice when a page token expires or the run is killed. Where there is none, each slice of a
/// large log is a piece: what is known of a slice's records is forgotten when it closes, and for a million open ones that
/// is 22 MB.
pub(super) fn pieces(pages: u64, pace: Pace) -> u64 {
    match (pages, pace) {
        (0..16, _) | (16..64, Pace::Budget) => 1,
        (16..64, _) => (pages / 8).min(5),
        (_, Pace::Budget) => (pages / 32).max(5),
        (_, Pace::Latency) => (pages / 16).max(5),
        (_, Pace::Free) => u64::MAX,
    }
}

/// Cuts slices into at most `count` pieces of neighbours; slices that are not in the list separate pieces.
pub(super) fn groups(slices: &[u32], count: u64) -> Vec<Range<u32>> {
    let size = (slices.len() as u64).div_ceil(count.max(1)).max(1);
    let mut out: Vec<Range<u32>> = Vec::new();
    for &slice in slices {
        match out.last_mut() {
            Some(group) if group.end == slice && u64::from(group.end - group.start) < size => group.end += 1,
            _ => out.push(slice..slice + 1),
        }
    }
    out
}

/// The middle of a window, at a whole second; `None` when it is too short to be split.
pub(super) fn middle(window: Window) -> Option<OffsetDateTime> {
    let half = (window.until - window.since) / 2;
    (half >= Duration::seconds(30)).then(|| super::query::floor_second(window.since + half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn plan(since: OffsetDateTime, until: OffsetDateTime) -> Plan {
        Plan::of(Window { since, until })
    }

    #[test]
    fn slices_cover_the_window_without_gap_or_overlap() {
        let until = datetime!(2026-01-31 13:45:10.5 UTC);
        for (length, expected) in [
            (Duration::days(400), 101..=128),
            (Duration::days(30), 31..=31),
            (Duration::days(7), 14..=15),
            (Duration::days(1), 8..=9),
            (Duration::HOUR, 4..=5),
            (Duration::SECOND, 1..=1),
            (Duration::ZERO, 0..=0),
            (-Duration::HOUR, 0..=0),
        ] {
            let since = until - length;
            let plan = plan(since, until);
            assert!(expected.contains(&plan.len()), "{length}: {}", plan.len());
            for slice in 0..plan.len() {
                let window = plan.window(&(slice..slice + 1));
                assert!(window.since < window.until);
                assert_eq!(plan.slice_of(window.since), slice);
                assert_eq!(plan.slice_of(window.until - Duration::NANOSECOND), slice);
            }
            if plan.len() > 0 {
                let whole = plan.window(&(0..plan.len()));
                assert_eq!((whole.since, whole.until), (since, until));
            }
        }
    }

    #[test]
    fn days_begin_at_midnight_utc() {
        let plan = plan(datetime!(2026-01-01 10:30 UTC), datetime!(2026-01-29 10:30 UTC));
        assert_eq!(plan.window(&(1..2)).since, datetime!(2026-01-02 0:00 UTC));
        assert_eq!(plan.window(&(1..2)).until, datetime!(2026-01-03 0:00 UTC));
    }

    #[test]
    fn groups_are_neighbours() {
        assert_eq!(groups(&[0, 1, 2, 3, 4], 2), [0..3, 3..5]);
        assert_eq!(groups(&[0, 1, 4, 5, 6], 2), [0..2, 4..7]);
        assert_eq!(groups(&[3, 9], 9), [3..4, 9..10]);
        assert!(groups(&[], 3).is_empty());
        let counts = |pace| [1, 15, 16, 30, 63, 100, 1_000].map(|pages| pieces(pages, pace));
        assert_eq!(counts(Pace::Budget), [1, 1, 1, 1, 1, 5, 31]);
        assert_eq!(counts(Pace::Latency), [1, 1, 2, 3, 5, 6, 62]);
        assert_eq!(counts(Pace::Free), [1, 1, 2, 3, 5, u64::MAX, u64::MAX]);
    }
}
