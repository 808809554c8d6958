//! Arithmetic between the index of a log record and its instant.
//!
//! Index 0 is the newest record. Each index owns one step of time and lies somewhere in it, so instants fall strictly
//! with the index and a window maps to a range of indices without looking at any record.

use std::ops::Range;

use super::super::instant::{SECOND, Ticks};
use super::super::world::mix;

/// Length of every log. The oldest record is six days older than `now`: the default window (seven days) of a client
/// that starts up to a day after the server covers everything.
pub(crate) const SPAN: Ticks = 6 * 86_400 * SECOND - AGE;
/// The newest records are this old, so that a window that ends "now" is closed.
pub(crate) const AGE: Ticks = 3_600 * SECOND;

/// The instants of one log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeline {
    end: Ticks,
    step: Ticks,
    count: u64,
    seed: u64,
}

impl Timeline {
    /// `count` records that end [`AGE`] before `now` and span [`SPAN`].
    pub(crate) fn new(now: Ticks, count: u64, seed: u64) -> Self {
        let records = Ticks::try_from(count.max(1)).unwrap_or(Ticks::MAX);
        Self { end: now - AGE, step: (SPAN / records).max(1), count, seed }
    }

    /// How many records there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The instant of a record.
    pub(crate) fn at(&self, index: u64) -> Ticks {
        let jitter = (mix(self.seed, index) >> 1) as Ticks % self.step;
        self.end - self.step.saturating_mul(index as Ticks) - jitter
    }

    /// The records of a closed window.
    pub(crate) fn within(&self, lower: Ticks, upper: Ticks) -> Range<u64> {
        if lower > upper {
            return 0..0;
        }
        let newest = self.first_where(|at| at <= upper, upper);
        let behind = self.first_where(|at| at < lower, lower);
        newest..behind.max(newest)
    }

    /// The first index whose instant satisfies `old`, where all instants a step or more before `bound` do and all a
    /// step or more after it do not.
    fn first_where(&self, old: impl Fn(Ticks) -> bool, bound: Ticks) -> u64 {
        let steps = self.end.saturating_sub(bound).div_euclid(self.step);
        let near = u64::try_from(steps).unwrap_or(0).min(self.count);
        (near.saturating_sub(1)..self.count).take(3).find(|&index| old(self.at(index))).unwrap_or(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Ticks = 17_900_000_000_000_000;

    proptest::proptest! {
        #[test]
        fn a_window_gives_exactly_its_records(count in 0_u64..300, seed: u64, a in -1_000_i64..700_000, b in -1_000_i64..700_000) {
            let timeline = Timeline::new(NOW, count, seed);
            let (lower, upper) = (NOW - a * SECOND, NOW - b * SECOND);
            let wanted: Vec<u64> = (0..count).filter(|&i| (lower..=upper).contains(&timeline.at(i))).collect();
            proptest::prop_assert_eq!(timeline.within(lower, upper).collect::<Vec<_>>(), wanted);
        }

        #[test]
        fn adjoining_windows_give_everything_once(count in 0_u64..5_000, seed: u64, mut cuts in proptest::collection::vec(0_i64..600_000, 0..9)) {
            let timeline = Timeline::new(NOW, count, seed);
            cuts.sort_unstable();
            let edges: Vec<Ticks> = [Ticks::MIN].into_iter().chain(cuts.iter().map(|cut| NOW - SPAN + cut * SECOND)).chain([Ticks::MAX]).collect();
            let ranges: Vec<_> = edges.windows(2).rev().map(|edge| timeline.within(edge[0], edge[1].saturating_sub(1))).collect();
            let mut next = 0;
            for range in ranges.into_iter().filter(|range| !range.is_empty()) {
                proptest::prop_assert_eq!(range.start, next);
                next = range.end;
            }
            proptest::prop_assert_eq!(next, count);
        }
    }

    #[test]
    fn the_bound_of_a_record_itself_is_inside() {
        let timeline = Timeline::new(NOW, 10_000_000, 3);
        for index in [0, 1, 4_999_999, 9_999_999] {
            let at = timeline.at(index);
            assert_eq!(timeline.within(at, at), index..index + 1);
            assert_eq!(timeline.within(at + 1, Ticks::MAX), 0..index);
            assert_eq!(timeline.within(Ticks::MIN, at - 1), index + 1..10_000_000);
        }
    }

    #[test]
    fn the_log_fits_the_default_window_of_a_client_that_starts_within_a_day() {
        let timeline = Timeline::new(NOW, 1_500, 1);
        assert!(timeline.at(0) <= NOW - AGE && timeline.at(1_499) >= NOW - AGE - SPAN);
        const { assert!(AGE + SPAN + 86_400 * SECOND <= 7 * 86_400 * SECOND) };
    }
}
