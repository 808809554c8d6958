//! A log: closed UTC slices, fetched a few side by side.
//!
//! Asks for the whole window first: a small tenant's log is one page, and whatever the service dislikes about the
//! question shows here once. When there is more, neighbouring slices are put together to pieces of a sensible
//! number of pages, walked side by side. A piece that takes too long is halved, down to a minute.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::AtomicU32;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::errors::{self, Action};
use super::page::{Next, Page};
use super::plan::{Pace, groups, middle, pieces};
use super::run::{Run, Scope};
use super::stop::{End, Stop};
use super::walk::{Got, Lane, Start};
use super::{Window, field};
use crate::limits::{DOUBTS_MAX, LANES, RESTARTS_MAX, SLOW_TRIES_MAX, SPLIT_FAILURES_MAX};

/// Pieces when the first question was too slow to tell how many pages there are.
const PIECES_WHEN_SLOW: u64 = 8;
/// Numbers of the first question's passes; a slice's own pass has a higher one.
const SCOUT_PASSES: u32 = 64;

/// How often a stretch is halved before its pages are made smaller, too.
const DEPTH_BEFORE_SHRINKING: u32 = 2;
/// Numbers of the passes of the second look.
const LATE_PASSES: u32 = 1 << 30;

/// Collects a log. Its youngest records are asked for a second time, when it took so long that some may have arrived
/// since.
pub(super) async fn collect(run: &Run<'_>) -> End {
    let Some(young) = run.request.young(run.dataset, run.request.now()) else { return whole(run).await };
    let began = Instant::now();
    let slices = run.plan.slice_of(young)..run.plan.len();
    run.hold(slices.clone());
    let mut end = whole(run).await;
    if matches!(end, End::Closed) && began.elapsed() >= run.request.late_look && !slices.is_empty() {
        let window = Window { since: young, until: run.request.window.until };
        let scope = Scope { window: Some(window), slice: slices.start, by_time: true, key: None };
        let filter = run.dataset.time.as_ref().filter(|time| !time.operators.is_empty()).map(|_| window);
        let lane = Lane { run, scope, filter, pass: AtomicU32::new(LATE_PASSES), slow_max: u32::MAX };
        if let Err(stop) = lane.walk(Start::First).await {
            end = End::Stopped(stop);
        }
    }
    if matches!(end, End::Closed | End::Missing { .. }) {
        run.release().await;
    }
    end
}

async fn whole(run: &Run<'_>) -> End {
    let slices: Vec<u32> = (0..run.plan.len()).filter(|&slice| !run.is_done(slice)).collect();
    let (Some(&first), Some(&last)) = (slices.first(), slices.last()) else { return End::Closed };
    let whole = first..last + 1;
    let filtered = run.dataset.time.as_ref().is_some_and(|time| !time.operators.is_empty());
    if !filtered {
        return one_list(run, &slices, lane(run, &whole, None), Start::First).await;
    }
    let scout = Lane { slow_max: SLOW_TRIES_MAX, ..lane(run, &whole, Some(run.plan.window(&whole))) };
    let mut lanes = LANES;
    let count = match scout.first_page(0).await {
        Ok(got) => match pieces(pages(&got.page, run), pace(run, &got)) {
            _ if got.page.next == Next::End => return one_list(run, &slices, scout, Start::Page(got)).await,
            1 => match scout.walk(Start::Page(got)).await {
                Err(Stop::TooSlow(..)) => PIECES_WHEN_SLOW,
                end => return closed(run, &slices, end).await,
            },
            // Fetched again with its slice: one request, against records lost at a border that moved.
            count => {
                lanes = lanes_wanted(run, &got);
                match scout.deliver(got, 0).await {
                    Err(stop) => return End::Stopped(stop),
                    Ok(_) => count,
                }
            }
        },
        Err(Stop::TooSlow(..)) => PIECES_WHEN_SLOW,
        Err(Stop::Expired(_)) => match scout.walk(Start::First).await {
            Err(Stop::TooSlow(..)) => PIECES_WHEN_SLOW,
            end => return closed(run, &slices, end).await,
        },
        Err(Stop::Refused(refusal)) if errors::action(&refusal) == Action::DropTime => {
            return one_list(run, &slices, lane(run, &whole, None), Start::First).await;
        }
        Err(stop) => return End::Stopped(stop),
    };
    side_by_side(run, &slices, count, lanes).await
}

/// A lane over neighbouring slices; records outside their window are another lane's.
fn lane<'r, 'a>(run: &'r Run<'a>, slices: &Range<u32>, filter: Option<Window>) -> Lane<'r, 'a> {
    let window = run.plan.window(slices);
    let scope = Scope { window: Some(window), slice: slices.start, by_time: true, key: None };
    Lane { run, scope, filter, pass: AtomicU32::new(0), slow_max: u32::MAX }
}

async fn one_list(run: &Run<'_>, slices: &[u32], lane: Lane<'_, '_>, start: Start) -> End {
    let end = lane.walk(start).await;
    closed(run, slices, end).await
}

async fn closed(run: &Run<'_>, slices: &[u32], end: Result<(), Stop>) -> End {
    match end {
        Err(stop) => End::Stopped(stop),
        Ok(()) => {
            for &slice in slices {
                run.close(slice).await;
            }
            End::Closed
        }
    }
}

/// How many pages the window may have, judged by how much of it the first page covers.
fn pages(page: &Page, run: &Run<'_>) -> u64 {
    let Some(time) = &run.dataset.time else { return 1 };
    let instant = |record: &bytes::Bytes| -> Option<OffsetDateTime> {
        let [span] = field::find(record, [&time.property]);
        field::instant(&field::text(record, &span?)?)
    };
    let instants: Vec<_> = page.records.iter().filter_map(instant).collect();
    let (Some(first), Some(last)) = (instants.iter().min(), instants.iter().max()) else { return 1 };
    let covered_s = (*last - *first).whole_seconds().max(1);
    let window_s = (run.request.window.until - run.request.window.since).whole_seconds().max(1);
    u64::try_from(window_s / covered_s).unwrap_or(1) + 1
}

/// Whether one page after the other uses up this dataset's share of the budget: a page takes less than half the
/// time between two.
fn pace(run: &Run<'_>, got: &Got) -> Pace {
    match run.request.client.spacing(run.dataset.throttle) {
        None => Pace::Free,
        Some((spacing, lists)) if got.latency * 2 < spacing * lists => Pace::Budget,
        Some(_) => Pace::Latency,
    }
}

/// How many lists side by side use up the budget if this is the only dataset, were the service to become twice as slow.
/// More would only mean more pieces that are begun and not closed when the run is killed.
fn lanes_wanted(run: &Run<'_>, got: &Got) -> usize {
    let Some((spacing, _)) = run.request.client.spacing(run.dataset.throttle) else { return LANES };
    let enough = got.latency.as_millis() * 2 / spacing.as_millis().max(1) + 1;
    usize::try_from(enough).unwrap_or(LANES).clamp(2, LANES)
}

async fn side_by_side(run: &Run<'_>, slices: &[u32], count: u64, lanes: usize) -> End {
    let mut waiting = groups(slices, count).into_iter();
    let mut walking: FuturesUnordered<_> = waiting.by_ref().take(lanes).map(|group| piece(run, group)).collect();
    let mut failed: Vec<(u32, Stop)> = Vec::new();
    while let Some(failures) = walking.next().await {
        failed.extend(failures);
        let over = failed.iter().any(|(_, stop)| stop.ends_the_run());
        if let Some(group) = waiting.next().filter(|_| !over) {
            walking.push(piece(run, group));
        }
    }
    failed.sort_by_key(|(slice, _)| *slice);
    let over = failed.iter().position(|(_, stop)| stop.ends_the_run());
    match (over, failed.len()) {
        (Some(at), _) => match failed.swap_remove(at).1 {
            first @ Stop::TimeUp(_) => {
                let missing = slices.len().saturating_sub(run.slices_closed() as usize).max(1);
                End::Missing { missing, of: slices.len(), what: "time slices", first }
            }
            stop => End::Stopped(stop),
        },
        (None, 0) => End::Closed,
        (None, missing) => {
            End::Missing { missing, of: slices.len(), what: "time slices", first: failed.swap_remove(0).1 }
        }
    }
}

/// A part of a piece: some slices, or a stretch within one.
struct Part {
    slices: Range<u32>,
    window: Window,
    /// How often it was halved.
    depth: u32,
}

impl Part {
    /// Two halves, the earlier first; `None` when it is as short as it can be.
    fn halves(&self, run: &Run<'_>) -> Option<[Self; 2]> {
        if self.slices.len() > 1 {
            let at = self.slices.start + (self.slices.end - self.slices.start) / 2;
            let part = |slices: Range<u32>| Self { window: run.plan.window(&slices), slices, depth: self.depth + 1 };
            return Some([part(self.slices.start..at), part(at..self.slices.end)]);
        }
        let at = middle(self.window)?;
        let part = |window| Self { slices: self.slices.clone(), window, depth: self.depth + 1 };
        let [early, late] = [Window { until: at, ..self.window }, Window { since: at, ..self.window }];
        Some([part(early), part(late)])
    }
}

/// Walks neighbouring slices, in halves of halves if it must be, in the order of time. Gives the slices that are
/// not whole.
async fn piece(run: &Run<'_>, slices: Range<u32>) -> Vec<(u32, Stop)> {
    let mut failed: Vec<(u32, Stop)> = Vec::new();
    let mut broken = BTreeSet::new();
    let mut pass = SCOUT_PASSES;
    let mut shortest_failed = 0;
    let mut parts = vec![Part { window: run.plan.window(&slices), slices, depth: 0 }];
    while let Some(part) = parts.pop() {
        let halves = part.halves(run);
        let scope = Scope { window: Some(part.window), slice: part.slices.start, by_time: true, key: None };
        let slow_max = if halves.is_some() { SLOW_TRIES_MAX } else { u32::MAX };
        let lane = Lane { run, scope, filter: Some(part.window), pass: AtomicU32::new(pass), slow_max };
        pass += (RESTARTS_MAX + DOUBTS_MAX) * 2 + 2;
        let sent = run.dropped();
        match (lane.walk(Start::First).await, halves) {
            (Ok(()), _) => {
                for slice in part.slices.clone() {
                    let ends = run.plan.window(&(slice..slice + 1)).until <= part.window.until;
                    if ends && !broken.contains(&slice) {
                        run.close(slice).await;
                    }
                }
            }
            // Where the shortest stretches fail, too, the service is not slow but away: thousands of them would be tried.
            (Err(Stop::TooSlow(..)), Some([early, late])) if shortest_failed < SPLIT_FAILURES_MAX => {
                // Shorter stretches alone do not help where it is the page that takes too long.
                if part.depth >= DEPTH_BEFORE_SHRINKING {
                    run.shrink(sent);
                }
                parts.extend([late, early]);
            }
            (Err(stop), _) => {
                let over = stop.ends_the_run();
                shortest_failed += u32::from(matches!(stop, Stop::TooSlow(..)));
                failed.extend(part.slices.filter(|&slice| broken.insert(slice)).map(|slice| (slice, stop.clone())));
                if over {
                    return failed;
                }
            }
        }
    }
    failed
}
