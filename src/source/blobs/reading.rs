//! From blobs to delivered records.
//!
//! Takes the pieces of a container's blobs in order, cuts them into events, gives each event to the run of its category.
//! Holds the pieces under way and one unfinished line.

use bytes::Bytes;
use futures_util::StreamExt as _;
use time::{Duration, OffsetDateTime};

use super::find::Dated;
use super::lines::{Cutter, Tail};
use super::read::{Piece, Unit, piece, pieces};
use super::{Account, verdicts};
use crate::catalog::{Route, route};
use crate::limits::{BLOB_SETTLED_S, BLOBS_GIVEN_UP_MAX, RESTARTS_MAX};
use crate::net::Failure;
use crate::source::shape::envelope::{from_envelope_of, is_of_tenant};
use crate::source::{End, Item, Run, Stop};

/// One container being read.
pub(super) struct Reading<'r, 'a> {
    runs: &'r [&'r Run<'a>],
    place: &'r Account,
    container: &'r str,
    /// What events belong to that do not say.
    route: Option<&'static Route>,
    /// Number of the latest reading of something again.
    pass: u32,
    missing: usize,
    in_a_row: u32,
    first: Option<Stop>,
}

/// A blob on its way.
struct Open {
    number: usize,
    cutter: Cutter,
    pass: u32,
    /// Bytes read.
    at: u64,
    etag: String,
    /// Nothing more of it is taken.
    is_over: bool,
}

impl Open {
    fn new(number: usize, pass: u32) -> Self {
        Self { number, cutter: Cutter::new(), pass, at: 0, etag: String::new(), is_over: false }
    }
}

impl<'r, 'a> Reading<'r, 'a> {
    pub(super) fn new(runs: &'r [&'r Run<'a>], place: &'r Account, container: &'r str) -> Self {
        let only = runs.first().filter(|_| !place.is_capture());
        let route = only.and_then(|run| route(&run.dataset.id));
        Self { runs, place, container, route, pass: 0, missing: 0, in_a_row: 0, first: None }
    }

    /// Reads all of them; the end is the same for every run.
    pub(super) async fn read(&mut self, blobs: &[Dated]) -> End {
        let Some(run) = self.runs.first().copied() else { return End::Closed };
        let mut units = Box::pin(pieces(self.place, run.request.client, self.container, blobs));
        let mut open = Open::new(usize::MAX, 0);
        loop {
            let next = tokio::select! {
                biased;
                stop = run.over() => return End::Stopped(stop),
                next = units.next() => next,
            };
            let Some((unit, piece)) = next else { break };
            let Some(dated) = blobs.get(unit.blob) else { continue };
            if unit.blob != open.number {
                open = Open::new(unit.blob, 0);
            }
            if open.is_over {
                continue;
            }
            let done = match piece {
                Ok(piece) => self.take(&mut open, dated, unit, piece).await,
                Err(failure) => Err(self.failed(failure)),
            };
            if let Err(stop) = done {
                open.is_over = true;
                if let Some(end) = self.lost(stop) {
                    return end;
                }
            } else if unit.is_last {
                self.in_a_row = 0;
            }
        }
        match self.first.take() {
            None => End::Closed,
            Some(first) => End::Missing { missing: self.missing, of: blobs.len(), what: "blobs", first },
        }
    }

    fn failed(&self, failure: Failure) -> Stop {
        self.runs.iter().for_each(|run| run.note(0, failure.retries));
        verdicts::of(failure.kind)
    }

    /// Counts a blob that cannot be had; an end when the others cannot either.
    fn lost(&mut self, stop: Stop) -> Option<End> {
        self.missing += 1;
        self.in_a_row += 1;
        let is_hopeless = match &stop {
            Stop::Refused(refusal) => !matches!(refusal.status, 404 | 409),
            _ => self.in_a_row >= BLOBS_GIVEN_UP_MAX,
        };
        if stop.ends_the_run() || is_hopeless {
            return Some(End::Stopped(stop));
        }
        self.first.get_or_insert(stop);
        None
    }

    /// Takes a piece of the open blob, and behind the last one what was appended since. A blob that was replaced is read
    /// from its beginning, beside what is on its way of the old one.
    async fn take(&mut self, open: &mut Open, dated: &Dated, unit: Unit, piece: Piece) -> Result<(), Stop> {
        if !piece.is_replaced && self.follow(open, dated, unit, piece).await? {
            return Ok(());
        }
        for _ in 0..RESTARTS_MAX {
            self.pass += 1;
            *open = Open::new(unit.blob, self.pass);
            let fresh = self.fetch(dated, 0, "").await?;
            if self.follow(open, dated, Unit { start: 0, is_last: true, ..unit }, fresh).await? {
                open.is_over = true;
                return Ok(());
            }
        }
        Err(verdicts::replaced())
    }

    /// Takes a piece; if it is the last that was planned, all that stands behind it too. `false`: the blob is another
    /// one by now.
    async fn follow(&mut self, open: &mut Open, dated: &Dated, unit: Unit, piece: Piece) -> Result<bool, Stop> {
        let (mut total, is_packed) = (piece.total, piece.is_packed);
        self.deliver(open, dated, piece).await?;
        if !unit.is_last {
            return Ok(true);
        }
        while !is_packed && open.at < total {
            let next = self.fetch(dated, open.at, &open.etag).await?;
            if next.is_replaced {
                return Ok(false);
            }
            if next.bytes.is_empty() {
                break;
            }
            total = next.total;
            self.deliver(open, dated, next).await?;
        }
        let (events, tail) = open.cutter.finish();
        self.hand_over(events, open.pass, dated.is_own).await?;
        let now = self.runs.first().map(|run| run.request.now());
        let damaged = open.cutter.damaged + u64::from(tail == Tail::Half && is_settled(dated, now));
        self.runs.iter().for_each(|run| run.damage(damaged));
        Ok(true)
    }

    async fn fetch(&self, dated: &Dated, start: u64, etag: &str) -> Result<Piece, Stop> {
        let Some(run) = self.runs.first() else { return Err(Stop::Endless) };
        let what = (self.container, &dated.blob);
        let fetched = tokio::select! {
            biased;
            stop = run.over() => return Err(stop),
            fetched = piece(self.place, run.request.client, what, start, etag) => fetched,
        };
        fetched.map_err(|failure| self.failed(failure))
    }

    async fn deliver(&mut self, open: &mut Open, dated: &Dated, piece: Piece) -> Result<(), Stop> {
        self.runs.iter().for_each(|run| run.note(1, piece.retries));
        open.at += piece.bytes.len() as u64;
        open.etag.clone_from(&piece.etag);
        let events = open.cutter.push(piece.bytes.clone());
        drop(piece);
        self.hand_over(events, open.pass, dated.is_own).await
    }

    /// Gives each event to the run of its category.
    async fn hand_over(&self, events: Vec<Bytes>, pass: u32, is_own: bool) -> Result<(), Stop> {
        let mut items: Vec<Vec<Item>> = self.runs.iter().map(|_| Vec::new()).collect();
        let mut damaged = 0;
        for event in &events {
            if !is_own && self.place.tenant().is_some_and(|tenant| !is_of_tenant(event, tenant)) {
                continue;
            }
            let Ok(shaped) = from_envelope_of(event, self.route) else {
                damaged += 1;
                continue;
            };
            let of = shaped.route.map(|route| route.dataset.as_str());
            let mine = self.runs.iter().zip(&mut items).find(|(run, _)| of == Some(run.dataset.id.as_str()));
            if let Some((_, items)) = mine {
                items.push(shaped.into_item());
            }
        }
        drop(events);
        for (run, items) in self.runs.iter().zip(items) {
            run.damage(damaged);
            run.deliver_items(items, pass).await?;
        }
        Ok(())
    }
}

impl Run<'_> {
    /// This place has nothing from before: the window is shorter than asked for.
    pub(crate) fn begin_at(&self, since: OffsetDateTime) {
        if self.hours().since < since {
            let mut state = self.state();
            state.floor = state.floor.max(Some(since));
            state.floor_of = Some("this place has nothing from before");
        }
    }

    /// Notes parts of what was read that are no records.
    pub(crate) fn damage(&self, count: u64) {
        self.state().tally.damaged += count;
    }
}

/// Whether nothing is appended to a blob any more, so that half a line stays half.
fn is_settled(dated: &Dated, now: Option<OffsetDateTime>) -> bool {
    let ends = dated.hour.map(|hour| hour.until.saturating_add(Duration::seconds(BLOB_SETTLED_S)));
    ends.zip(now).is_none_or(|(ends, now)| ends <= now)
}
