//! One small list for each object of another dataset.
//!
//! Takes the objects' keys, asks for 20 lists in one `$batch` where the service and the budget allow it, one by
//! one otherwise. Items that were throttled or failed are asked for again, those alone; a list that goes on, or
//! that the service answers in an unusual way, is walked like any other.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::batch::{self, Item};
use super::errors::{self, Action};
use super::page::{self, Next};
use super::query::Question;
use super::run::{Run, Scope};
use super::stop::{End, Stop};
use super::walk::{Lane, Start};
use crate::catalog::{NotFound, Service, Throttle};
use crate::limits::{BATCH_ITEMS_MAX, GIVEN_UP_MAX, LANES};
use crate::net::{Ask, FailureKind, Fault, Recovery, Refusal, recovery};
use crate::record::{Key, Outcome};

/// A key and its slice.
type Parent<'r> = (u32, &'r Key);

/// Passes of one key's list in batches; walks use the numbers behind.
const BATCH_PASSES: u32 = 64;

/// Collects a fan-out.
pub(super) async fn collect(run: &Run<'_>) -> End {
    let parents: Vec<Parent<'_>> =
        (0u32..).zip(run.request.parents).filter(|(slice, _)| !run.is_done(*slice)).collect();
    let weight = run.dataset.resource_units.max(1);
    let burst = run.request.client.burst(run.dataset.throttle) / if directory(run) { weight } else { 1 };
    let size = match run.dataset.service {
        Service::Graph => (burst as usize).clamp(1, BATCH_ITEMS_MAX),
        _ => 1,
    };
    let mut waiting = parents.chunks(size);
    let mut asking: FuturesUnordered<_> = waiting.by_ref().take(LANES).map(|group| several(run, group)).collect();
    let mut ended = Ended { of: parents.len(), ..Ended::default() };
    while let Some(ends) = asking.next().await {
        for end in ends {
            ended.note(run, end);
        }
        // What is under way is awaited: the sink may be in the middle of a batch.
        if let Some(group) = waiting.next().filter(|_| ended.over.is_none() && !ended.is_hopeless()) {
            asking.push(several(run, group));
        }
    }
    ended.sum_up(run)
}

fn directory(run: &Run<'_>) -> bool {
    run.dataset.throttle == Throttle::Directory
}

/// How the lists ended so far.
#[derive(Default)]
struct Ended {
    of: usize,
    answered: usize,
    gone: usize,
    refused: usize,
    first: Option<(u32, Stop)>,
    missing: usize,
    /// Since the last list that came.
    given_up: usize,
    over: Option<Stop>,
}

impl Ended {
    fn note(&mut self, run: &Run<'_>, (slice, end): (u32, Result<(), Stop>)) {
        self.answered += 1;
        let Err(stop) = end else {
            self.given_up = 0;
            return;
        };
        self.given_up += usize::from(matches!(stop, Stop::GaveUp(..) | Stop::TooSlow(..) | Stop::Auth(_)));
        let is_404 = matches!(&stop, Stop::Refused(refusal) if errors::action(refusal) == Action::NotFound);
        if stop.ends_the_run() {
            self.missing += 1;
            self.over.get_or_insert(stop);
            return;
        }
        if is_404 {
            self.gone += 1;
            // The object went away since it was listed, or has nothing of the kind.
            if run.dataset.not_found == NotFound::Unavailable && self.first.is_none() {
                self.first = Some((slice, stop));
            }
            return;
        }
        self.missing += 1;
        let outcome = stop.verdict(run.dataset).outcome;
        self.refused += usize::from(matches!(outcome, Outcome::Denied | Outcome::Unlicensed));
        if self.missing == 1 || self.first.as_ref().is_none_or(|(first, _)| slice < *first) {
            self.first = Some((slice, stop));
        }
    }

    /// A permission that is missing for a whole batch is missing for the rest; a service that is away is away.
    fn is_hopeless(&self) -> bool {
        self.given_up >= GIVEN_UP_MAX || (self.refused == self.answered && self.answered >= BATCH_ITEMS_MAX)
    }

    fn sum_up(self, run: &Run<'_>) -> End {
        let missing = self.missing + (self.of - self.answered);
        match self.over {
            None => {}
            Some(first @ Stop::TimeUp(_)) => {
                return End::Missing { missing, of: self.of, what: "objects' lists", first };
            }
            Some(stop) => return End::Stopped(stop),
        }
        match self.first {
            Some((_, first)) if missing > 0 => End::Missing { missing, of: self.of, what: "objects' lists", first },
            // Not one object has it: the endpoint does not exist here.
            Some((_, first))
                if self.gone == self.of && run.is_fresh() && run.dataset.not_found == NotFound::Unavailable =>
            {
                End::Stopped(first)
            }
            _ => End::Closed,
        }
    }
}

/// Asks for a group of lists and walks those that go on.
async fn several(run: &Run<'_>, parents: &[Parent<'_>]) -> Vec<(u32, Result<(), Stop>)> {
    let mut ends = Vec::new();
    let walks: Vec<(Parent<'_>, Start)> = match parents {
        [only] => vec![(*only, Start::First)],
        // An id that fits into no address spoils only its own list.
        _ if parents.iter().any(|parent| address(run, *parent).is_err()) => {
            parents.iter().map(|parent| (*parent, Start::First)).collect()
        }
        _ => together(run, parents, &mut ends).await,
    };
    for (parent, start) in walks {
        let end = lane(run, parent).walk(start).await;
        ends.push((parent.0, end));
    }
    for (slice, end) in &ends {
        if end.is_ok() || matches!(end, Err(Stop::Refused(refusal)) if errors::action(refusal) == Action::NotFound) {
            run.close(*slice).await;
        }
    }
    ends
}

fn lane<'r, 'a>(run: &'r Run<'a>, (slice, key): Parent<'r>) -> Lane<'r, 'a> {
    let window = run.dataset.time.as_ref().map(|_| run.request.window);
    let scope = Scope { window, slice, by_time: false, key: Some(key) };
    let filter = window.filter(|_| run.dataset.time.as_ref().is_some_and(|time| !time.operators.is_empty()));
    Lane { run, scope, filter, pass: AtomicU32::new(BATCH_PASSES), slow_max: u32::MAX }
}

/// What became of an item.
enum Fate {
    /// Its list is whole, or refused for good.
    Over(Result<(), Stop>),
    /// To be walked from there.
    Walk(Start),
    /// To be asked for again.
    Again { refusal: Refusal, pause: Option<String>, throttled: bool },
}

/// Batches until each list is over or must be walked; gives the latter.
async fn together<'r>(
    run: &Run<'_>,
    parents: &[Parent<'r>],
    ends: &mut Vec<(u32, Result<(), Stop>)>,
) -> Vec<(Parent<'r>, Start)> {
    let client = run.request.client;
    let mut walks = Vec::new();
    let mut pending = parents.to_vec();
    let (mut failures, mut throttles) = (0, 0);
    for round in 0..BATCH_PASSES {
        let sent = run.dropped();
        let fates = match exchange(run, &pending, round).await {
            Ok(fates) => fates,
            Err(stop) => {
                ends.extend(pending.iter().map(|(slice, _)| (*slice, Err(stop.clone()))));
                return walks;
            }
        };
        let mut again = Vec::new();
        let (mut longest, mut throttled, mut failed) = (Duration::ZERO, false, false);
        for (parent, fate) in pending.into_iter().zip(fates) {
            match fate {
                Fate::Over(end) => ends.push((parent.0, end)),
                Fate::Walk(start) => walks.push((parent, start)),
                Fate::Again { refusal, pause, throttled: by_budget } => {
                    let times = 1 + if by_budget { throttles } else { failures };
                    longest = longest.max(client.item_pause(pause.as_deref(), times, by_budget));
                    (throttled, failed) = (throttled || by_budget, failed || !by_budget);
                    again.push((parent, refusal));
                }
            }
        }
        (throttles, failures) = (throttles + u32::from(throttled), failures + u32::from(failed));
        let why = again.first().map_or(Fault::Broken, |(_, refusal)| fault_of(refusal));
        run.note(0, u32::try_from(again.len()).unwrap_or(u32::MAX));
        let mut spent = throttles >= client.item_tries_max(true) || failures >= client.item_tries_max(false);
        if spent && why.is_slow() && run.shrink(sent) {
            (spent, failures) = (false, 0);
        }
        if again.is_empty() || spent {
            ends.extend(
                again
                    .into_iter()
                    .map(|((slice, _), refusal)| (slice, Err(Stop::GaveUp(fault_of(&refusal), Some(refusal))))),
            );
            return walks;
        }
        if throttled {
            client.pause(run.dataset.throttle, longest);
        } else {
            tokio::select! {
                _ = run.over() => {}
                () = client.nap(longest, why) => {}
            }
        }
        pending = again.into_iter().map(|(parent, _)| parent).collect();
    }
    walks
}

fn fault_of(refusal: &Refusal) -> Fault {
    if refusal.status < 300 { Fault::Broken } else { Fault::Status(refusal.status) }
}

/// The address of a list, relative to the version, if it may be asked for.
fn address(run: &Run<'_>, parent: Parent<'_>) -> Result<String, Stop> {
    let target = run.request.client.endpoints().target(run.dataset.service);
    let window = lane(run, parent).filter;
    let question =
        Question { dataset: run.dataset, key: Some(parent.1), window, clamped: false, dropped: run.dropped() };
    let whole = question.url(&target.url).ok_or(Stop::BadKey)?;
    run.request.client.permits(target, &whole).map_err(Stop::of)?;
    question.relative().ok_or(Stop::BadKey)
}

/// One `$batch`; delivers the pages that came and says what became of each item.
async fn exchange(run: &Run<'_>, pending: &[Parent<'_>], round: u32) -> Result<Vec<Fate>, Stop> {
    let client = run.request.client;
    let target = client.endpoints().target(run.dataset.service);
    let mut urls = Vec::with_capacity(pending.len());
    for parent in pending {
        urls.push(address(run, *parent)?);
    }
    let address = format!("{}/{}/$batch", target.url.as_str().trim_end_matches('/'), run.dataset.version);
    let url = url::Url::parse(&address).map_err(|_| Stop::BadKey)?;
    let each = if directory(run) { run.dataset.resource_units } else { 1 };
    let ask = Ask {
        target,
        class: run.dataset.throttle,
        weight: each.saturating_mul(u32::try_from(pending.len()).unwrap_or(1)),
        url: &url,
        headers: &[],
        body: Some(batch::body(&urls, &run.headers)),
        nonce: u64::from(round),
        slow_max: u32::MAX,
    };
    let fetched = async {
        let permit = client.page_permit(run.dataset.throttle).await;
        (client.fetch(&ask, batch::items, |_| false).await, permit)
    };
    let (answer, permit) = tokio::select! {
        biased;
        stop = run.over() => return Err(stop),
        fetched = fetched => fetched,
    };
    let mut items: Vec<Option<Item>> = pending.iter().map(|_| None).collect();
    match answer {
        Ok(answer) => {
            run.note(0, answer.retries);
            for item in answer.value {
                if let Some(slot) = items.get_mut(item.place) {
                    *slot = Some(item);
                }
            }
        }
        Err(failure) => {
            run.note(0, failure.retries);
            return match failure.kind {
                // No batches here: one by one, then.
                FailureKind::Refused(refusal) if matches!(refusal.status, 400 | 404 | 405 | 413 | 501) => {
                    Ok(pending.iter().map(|_| Fate::Walk(Start::First)).collect())
                }
                kind => Err(Stop::of(kind)),
            };
        }
    }
    // A 404 is asked about once more, it may be a passing one, unless nobody has such a list.
    let doubted = run.dataset.not_found == NotFound::Unavailable
        && (run.has_pages() || items.iter().flatten().any(|item| item.status != 404));
    let mut fates = Vec::with_capacity(pending.len());
    for (parent, item) in pending.iter().zip(items) {
        let asked_again = doubted && item.as_ref().is_some_and(|item| item.status == 404);
        fates.push(if asked_again { Fate::Walk(Start::First) } else { fate(run, *parent, item, round).await? });
    }
    drop(permit);
    Ok(fates)
}

async fn fate(run: &Run<'_>, parent: Parent<'_>, item: Option<Item>, round: u32) -> Result<Fate, Stop> {
    let Some(item) = item else {
        return Ok(Fate::Again { refusal: Refusal::read(0, b"", None), pause: None, throttled: false });
    };
    let refusal = Refusal::read(item.status, &item.body, item.request_id.as_deref());
    Ok(match item.status {
        200..300 => {
            let empty = item.body.is_empty();
            let page = match page::split(&item.body, run.dataset.shape) {
                Ok(page) => page,
                Err(_) if empty => page::Page::empty(),
                Err(_) => return Ok(Fate::Again { refusal, pause: None, throttled: false }),
            };
            let next = page.next.clone();
            run.note(1, 0);
            run.deliver(page, &lane(run, parent).scope, round).await?;
            match next {
                Next::End => Fate::Over(Ok(())),
                Next::Link(link) => Fate::Walk(Start::Link(link)),
                Next::Unreadable => Fate::Over(Err(Stop::BadLink)),
            }
        }
        403 | 404 | 405 | 501 if !Run::doubts(&refusal, false) => Fate::Over(Err(Stop::Refused(refusal))),
        status => match recovery(status) {
            Some(Recovery::BackOff) => Fate::Again { refusal, pause: item.retry_after, throttled: true },
            Some(Recovery::Retry) => Fate::Again { refusal, pause: item.retry_after, throttled: false },
            // A walk knows what to do about the rest.
            Some(Recovery::ReAuthenticate) | None => Fate::Walk(Start::First),
        },
    })
}
