//! One log: counted, read in pieces, counted again.
//!
//! Takes a run and what is known of its table, gives how it ended. A slice is closed when as many rows were read of it as
//! the service counts afterwards; where records have arrived in between, it is read once more.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::ask::{Sheet, number};
use super::count::{self, Stretch};
use super::kql;
use super::pieces::{self, Chain, middle};
use super::probe::Found;
use super::{KIND, Workspace};
use crate::catalog::Route;
use crate::limits::{SLOW_TRIES_MAX, WORKSPACE_QUESTIONS_MAX, WORKSPACE_READINGS_MAX, WORKSPACE_ROWS_AT_ONCE};
use crate::source::Window;
use crate::source::errors::{self, Action};
use crate::source::run::{Item, Run};
use crate::source::shape::row::Frame;
use crate::source::stop::{End, Stop};

/// The service's word for an answer that would be too long.
const TOO_LARGE: u16 = 413;

/// A log that is being read.
struct Log<'r, 'a> {
    run: &'r Run<'a>,
    place: &'r Workspace,
    route: &'static Route,
    /// Rows of each slice in its latest reading.
    read: Mutex<BTreeMap<u32, u64>>,
}

/// Collects a log.
pub(super) async fn collect(run: &Run<'_>, place: &Workspace, found: Found) -> End {
    let route = match found {
        Found::NoTable => return End::Stopped(Stop::NotRouted(KIND)),
        Found::Rows(_, 0) => {
            run.expect(Some(0));
            run.close_all().await;
            return End::Closed;
        }
        Found::Rows(route, _) | Found::Unknown(route) => route,
    };
    Log { run, place, route, read: Mutex::default() }.collect().await
}

impl Log<'_, '_> {
    async fn collect(&self) -> End {
        let hours = self.run.hours();
        let all = self.slices();
        let mut open = all.clone();
        let mut failed: BTreeMap<u32, Stop> = BTreeMap::new();
        let mut counted = match count::ask(self.run, self.place, self.route, hours, 0).await {
            Ok(counted) => counted,
            Err(Stop::Refused(refusal)) if errors::action(&refusal) == Action::NoTable => {
                return End::Stopped(Stop::NotRouted(KIND));
            }
            Err(stop) => return End::Stopped(stop),
        };
        self.find_beginning(&all, &counted).await;
        for reading in 0..WORKSPACE_READINGS_MAX {
            let chains = pieces::cut(&open, &counted);
            self.lock().retain(|slice, _| !open.iter().any(|(again, _)| again == slice));
            failed.extend(self.read_all(&chains, reading).await);
            if let Some(stop) = failed.values().find(|stop| stop.ends_the_run()) {
                return self.over(all.len(), stop.clone());
            }
            open.retain(|(slice, _)| !failed.contains_key(slice));
            counted = match count::ask(self.run, self.place, self.route, hours, u64::from(reading) + 1).await {
                Ok(counted) => counted,
                Err(stop) => return self.unproven(all.len(), stop),
            };
            self.run.expect(Some(counted.iter().map(|stretch| stretch.rows).sum()));
            let mut short = Vec::new();
            for (slice, window) in open {
                let inside = counted.iter().filter(|one| window.since <= one.since && one.since < window.until);
                let (expected, read) = (inside.map(|one| one.rows).sum(), self.rows(slice));
                if expected == read {
                    self.close(slice, window).await;
                } else {
                    short.push((slice, window));
                    if reading + 1 == WORKSPACE_READINGS_MAX {
                        failed.insert(slice, Stop::Short { counted: expected, read });
                    }
                }
            }
            open = short;
            if open.is_empty() {
                break;
            }
        }
        match (failed.len(), failed.into_iter().next()) {
            (missing, Some((_, first))) => End::Missing { missing, of: all.len(), what: "time slices", first },
            (_, None) => End::Closed,
        }
    }

    /// Says so if the table begins within the window: the category was routed here later, or what was older is deleted. A
    /// quiet log looks the same, so nothing is called missing. Without an answer nothing is said.
    async fn find_beginning(&self, slices: &[(u32, Window)], counted: &[Stretch]) {
        let (Some((_, first)), Some(begins)) = (slices.first(), counted.first()) else { return };
        if begins.since < first.until {
            return;
        }
        let query = kql::older(self.route, self.run.hours().since);
        if let Ok(sheet) = self.place.ask(self.run, &query, 0, SLOW_TRIES_MAX).await
            && let Some(rows) = sheet.column(kql::ROWS).filter(|_| !sheet.is_partial)
            && sheet.rows().next().and_then(|cells| number(cells.get(rows))) == Some(0)
        {
            self.run.begin_at(begins.since);
        }
    }

    /// The slices that are open, with the part of them that this place is asked for.
    fn slices(&self) -> Vec<(u32, Window)> {
        let hours = self.run.hours();
        let part = |slice: u32| {
            let window = self.run.plan.window(&(slice..slice + 1));
            (slice, Window { since: window.since.max(hours.since), until: window.until.min(hours.until) })
        };
        self.run.open_slices().into_iter().map(part).filter(|(_, window)| window.since < window.until).collect()
    }

    /// Reads chains side by side; gives the slices that are not whole.
    async fn read_all(&self, chains: &[Chain], reading: u32) -> BTreeMap<u32, Stop> {
        let mut waiting = chains.iter();
        let mut walking = FuturesUnordered::new();
        for chain in waiting.by_ref().take(WORKSPACE_QUESTIONS_MAX) {
            walking.push(self.walk(chain, reading));
        }
        let mut failed = BTreeMap::new();
        let mut over = false;
        while let Some((chain, end)) = walking.next().await {
            if let Err(stop) = end {
                over |= stop.ends_the_run();
                failed.extend(chain.slices.clone().map(|slice: u32| (slice, stop.clone())));
            }
            if let Some(chain) = waiting.next().filter(|_| !over) {
                walking.push(self.walk(chain, reading));
            }
        }
        failed
    }

    async fn walk<'c>(&self, chain: &'c Chain, reading: u32) -> (&'c Chain, Result<(), Stop>) {
        (chain, self.read_chain(chain, reading).await)
    }

    async fn read_chain(&self, chain: &Chain, reading: u32) -> Result<(), Stop> {
        let mut waiting: Vec<Window> = chain.pieces.iter().rev().copied().collect();
        while let Some(window) = waiting.pop() {
            let halves = middle(window);
            let slow_max = if halves.is_some() { SLOW_TRIES_MAX } else { u32::MAX };
            let sheet = self.place.ask(self.run, &kql::read(self.route, window), u64::from(reading), slow_max).await;
            match (sheet, halves) {
                (Ok(sheet), _) if !sheet.is_partial => self.deliver(&sheet, reading).await?,
                (end, Some(at)) if end.as_ref().map_or_else(is_too_much, |_| true) => {
                    waiting.push(Window { since: at, ..window });
                    waiting.push(Window { until: at, ..window });
                }
                (Ok(_), _) => return Err(Stop::CutShort),
                (Err(stop), _) => return Err(stop),
            }
        }
        Ok(())
    }

    /// Makes records of rows, a part of the answer at a time.
    async fn deliver(&self, sheet: &Sheet, reading: u32) -> Result<(), Stop> {
        let columns = sheet.columns.iter().map(|(name, is_dynamic)| (name.as_str(), *is_dynamic));
        let frame = Frame::of(&self.route.table, columns);
        let mut rows = sheet.rows().peekable();
        while rows.peek().is_some() {
            let part = rows.by_ref().take(WORKSPACE_ROWS_AT_ONCE);
            let items: Vec<Item> = part.map(|cells| frame.shape(&cells).into_item()).collect();
            {
                let mut read = self.lock();
                let here = self.run.plan.slice_of(self.run.hours().since);
                for item in &items {
                    let slice = item.at.as_ref().map_or(here, |(at, _)| self.run.plan.slice_of(*at));
                    *read.entry(slice).or_default() += 1;
                }
            }
            self.run.deliver_items(items, reading).await?;
        }
        Ok(())
    }

    /// Closes a slice, unless a part of it is another place's.
    async fn close(&self, slice: u32, window: Window) {
        if self.run.plan.window(&(slice..slice + 1)) == window {
            self.run.close(slice).await;
        }
    }

    fn over(&self, of: usize, stop: Stop) -> End {
        match stop {
            Stop::TimeUp(_) => self.unproven(of, stop),
            stop => End::Stopped(stop),
        }
    }

    /// Everything that is not closed is missing, as far as anybody can prove.
    fn unproven(&self, of: usize, first: Stop) -> End {
        let missing = of.saturating_sub(self.run.slices_closed() as usize).max(1);
        End::Missing { missing, of, what: "time slices", first }
    }

    fn rows(&self, slice: u32) -> u64 {
        self.lock().get(&slice).copied().unwrap_or(0)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, u64>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a smaller question may be answered.
fn is_too_much(stop: &Stop) -> bool {
    match stop {
        Stop::TooSlow(..) | Stop::TooLarge => true,
        Stop::Refused(refusal) => refusal.status == TOO_LARGE,
        _ => false,
    }
}
