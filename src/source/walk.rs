//! Walks one list from its first page to its last.
//!
//! Takes where to begin, gives every page to the run; the next page is asked for while the sink takes the
//! current one. Follows the whole nextLink as given, to the service's origin only, never in a circle. A page
//! token that expired means: begin again; what was delivered is not delivered twice.
//! Source: <https://learn.microsoft.com/graph/paging> (also for the last good link after a repeated page).

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::Window;
use super::count;
use super::errors::{self, Action};
use super::page::{self, Next, Page};
use super::query::{self, Question};
use super::run::{Run, Scope};
use super::seen::{Mark, mark};
use super::stop::{End, Stop};
use crate::catalog::Throttle;
use crate::limits::{BARREN_PAGES_MAX, DOUBTS_MAX, PAGES_MAX, RESTARTS_MAX};
use crate::net::{Ask, Refusal};
use crate::record::Outcome;

/// How often a first page is asked for in another way.
const WAYS_MAX: u32 = 12;

/// One list.
pub(super) struct Lane<'r, 'a> {
    pub run: &'r Run<'a>,
    pub scope: Scope<'r>,
    /// The time filter that is sent.
    pub filter: Option<Window>,
    /// Number of the next pass over the list; lists of the same slice use different ones.
    pub pass: AtomicU32,
    /// How often a page may be too slow.
    pub slow_max: u32,
}

/// A page in memory.
pub(super) struct Got {
    pub page: Page,
    url: Url,
    repeated: bool,
    /// How long the service took for it.
    pub latency: Duration,
    permit: Option<OwnedSemaphorePermit>,
}

/// Where a walk begins.
pub(super) enum Start {
    /// At the first page.
    First,
    /// With a first page that is there already.
    Page(Got),
    /// At this link, behind a first page that was delivered already.
    Link(String),
}

/// A dataset that is one list.
pub(super) async fn collect(run: &Run<'_>) -> End {
    if run.is_done(0) {
        return End::Closed;
    }
    let scope = Scope { window: None, slice: 0, by_time: false, key: None };
    let lane = Lane { run, scope, filter: None, pass: AtomicU32::new(0), slow_max: u32::MAX };
    match counted(run, &lane).await {
        Ok(()) => {
            if !run.is_short() {
                run.close(0).await;
            }
            End::Closed
        }
        Err(stop) => {
            // A 404 that means "nothing configured" is an answer.
            if stop.verdict(run.dataset).outcome == Outcome::Complete {
                run.close(0).await;
            }
            End::Stopped(stop)
        }
    }
}

/// Walks the list, and once more when the service's own count says that something was left out.
async fn counted(run: &Run<'_>, lane: &Lane<'_, '_>) -> Result<(), Stop> {
    // Before the walk: what is made meanwhile is not missing.
    run.expect(count::ask(run).await?);
    lane.walk(Start::First).await?;
    for _ in 0..DOUBTS_MAX {
        if run.is_short() {
            // What was deleted meanwhile is not missing either.
            run.expect(count::ask(run).await?);
        }
        if run.is_short() {
            lane.walk(Start::First).await?;
        }
    }
    Ok(())
}

/// What one pass has met.
#[derive(Default)]
struct Trail {
    links: HashSet<Mark>,
    pages: u64,
    barren: u32,
    /// Address of the last page that came without repetition.
    good: Option<Url>,
    stepped_back: bool,
}

impl Lane<'_, '_> {
    /// Walks the list; begins again when its page token expires, when a link makes no sense, and with smaller pages when
    /// they take too long.
    pub(super) async fn walk(&self, start: Start) -> Result<(), Stop> {
        let mut start = start;
        let (mut restarts, mut doubts) = (0, 0);
        loop {
            let sent = self.run.dropped();
            match self.pass(start).await {
                Err(Stop::Expired(_)) if restarts < RESTARTS_MAX => restarts += 1,
                Err(stop) if stop.is_doubtful() && doubts < DOUBTS_MAX => doubts += 1,
                // A list that can be split is split instead.
                Err(Stop::TooSlow(..))
                    if self.slow_max == u32::MAX && restarts < RESTARTS_MAX && self.run.shrink(sent) =>
                {
                    restarts += 1;
                }
                // A size that was fine for the first page is not for a later one.
                Err(Stop::Refused(refusal)) if restarts < RESTARTS_MAX && self.sheds(&refusal) => restarts += 1,
                end => return end,
            }
            start = Start::First;
        }
    }

    async fn pass(&self, start: Start) -> Result<(), Stop> {
        let mut pass = self.pass.fetch_add(1, Ordering::Relaxed);
        let mut trail = Trail::default();
        let mut got = match start {
            Start::Page(got) => got,
            Start::First => self.first_page(pass).await?,
            Start::Link(link) => self.fetch_next(self.resolve(self.base(), &link)?, pass).await?,
        };
        loop {
            trail.pages += 1;
            trail.links.insert(mark(got.url.as_str().as_bytes()));
            if !got.repeated {
                trail.good = Some(got.url.clone());
            }
            let repeated = got.repeated;
            let next = self.next(&got, &trail);
            let (fetched, fresh) = match next {
                Ok(Some(url)) => {
                    let (fetched, fresh) = tokio::join!(self.fetch_next(url, pass), self.deliver(got, pass));
                    (fetched, fresh?)
                }
                Ok(None) => return self.deliver(got, pass).await.map(|_| ()),
                // What came with a bad link is as good as the rest.
                Err(stop) => return self.deliver(got, pass).await.and(Err(stop)),
            };
            trail.barren = if fresh { 0 } else { trail.barren + 1 };
            got = match (fetched, trail.good.take()) {
                // The token came from a repeated page: the service wants the last good one instead.
                (Err(Stop::Expired(_)), Some(good)) if repeated && !trail.stepped_back && self.has_ids() => {
                    trail = Trail { stepped_back: true, pages: trail.pages, ..Trail::default() };
                    pass = self.pass.fetch_add(1, Ordering::Relaxed);
                    self.fetch_next(good, pass).await?
                }
                (fetched, good) => {
                    trail.good = good;
                    fetched?
                }
            };
        }
    }

    /// Whether the list can be asked for without what was refused.
    fn sheds(&self, refusal: &Refusal) -> bool {
        errors::action(refusal) == Action::DropOptions && self.run.drop_options(self.run.dropped(), refusal)
    }

    fn has_ids(&self) -> bool {
        !self.run.dataset.id_property.is_empty()
    }

    fn base(&self) -> &Url {
        &self.run.request.client.endpoints().target(self.run.dataset.service).url
    }

    /// The address of the page behind this one, if it may be followed.
    fn next(&self, got: &Got, trail: &Trail) -> Result<Option<Url>, Stop> {
        let link = match &got.page.next {
            Next::End => return Ok(None),
            Next::Unreadable => return Err(Stop::BadLink),
            Next::Link(link) => link,
        };
        let url = self.resolve(&got.url, link)?;
        if trail.links.contains(&mark(url.as_str().as_bytes())) {
            return Err(Stop::Loop);
        }
        if trail.pages >= PAGES_MAX || trail.barren >= BARREN_PAGES_MAX {
            return Err(Stop::Endless);
        }
        Ok(Some(url))
    }

    fn resolve(&self, from: &Url, link: &str) -> Result<Url, Stop> {
        let url = from.join(link).map_err(|_| Stop::BadLink)?;
        let target = self.run.request.client.endpoints().target(self.run.dataset.service);
        self.run.request.client.permits(target, &url).map_err(Stop::of)?;
        Ok(url)
    }

    /// Hands a page to the run; says whether it brought anything new.
    pub(super) async fn deliver(&self, got: Got, pass: u32) -> Result<bool, Stop> {
        let Got { page, permit, .. } = got;
        let fresh = self.run.deliver(page, &self.scope, pass).await;
        drop(permit);
        fresh
    }

    /// The first page, asked for in ever simpler ways while the service complains about the way.
    pub(super) async fn first_page(&self, pass: u32) -> Result<Got, Stop> {
        let mut refused = None;
        for _ in 0..WAYS_MAX {
            let dropped = self.run.dropped();
            let floor = self.run.floor();
            let raised =
                |window: Window| Window { since: floor.map_or(window.since, |at| at.max(window.since)), ..window };
            let window = self.filter.map(raised);
            // Nothing of it is kept any more.
            if window.is_some_and(|window| window.since >= window.until) {
                return Ok(Got {
                    page: Page::empty(),
                    url: self.base().clone(),
                    repeated: false,
                    latency: Duration::ZERO,
                    permit: None,
                });
            }
            let clamped = floor.is_some() && window.map(|window| window.since) == floor;
            let question = Question { dataset: self.run.dataset, key: self.scope.key, window, clamped, dropped };
            let url = question.url(self.base()).ok_or(Stop::BadKey)?;
            let refusal = match self.fetch(url, pass, false).await {
                Err(Stop::Refused(refusal)) => refusal,
                other => return other,
            };
            let another = match (errors::action(&refusal), window) {
                (Action::DropOptions, _) => self.run.drop_options(dropped, &refusal),
                (Action::Clamp, Some(window)) => self.run.raise_floor(query::floor_second(window.since), &refusal),
                _ => false,
            };
            if !another {
                return Err(Stop::Refused(refusal));
            }
            refused = Some(refusal);
        }
        Err(refused.map_or(Stop::Endless, Stop::Refused))
    }

    async fn fetch_next(&self, url: Url, pass: u32) -> Result<Got, Stop> {
        self.fetch(url, pass, true).await.map_err(Stop::behind_the_first_page)
    }

    /// One page; `is_next`: the list has answered before.
    async fn fetch(&self, url: Url, pass: u32, is_next: bool) -> Result<Got, Stop> {
        let (run, client) = (self.run, self.run.request.client);
        let ask = Ask {
            target: client.endpoints().target(run.dataset.service),
            class: run.dataset.throttle,
            weight: if run.dataset.throttle == Throttle::Directory { run.dataset.resource_units } else { 1 },
            url: &url,
            headers: &run.headers,
            body: None,
            nonce: u64::from(pass),
            slow_max: self.slow_max,
        };
        let fetched = async {
            let permit = client.page_permit(run.dataset.throttle).await;
            let doubts = |refusal: &Refusal| Run::doubts(refusal, is_next);
            (client.fetch(&ask, |body| page::split(body, run.dataset.shape), doubts).await, permit)
        };
        let (answer, permit) = tokio::select! {
            biased;
            stop = run.over() => return Err(stop),
            fetched = fetched => fetched,
        };
        match answer {
            Ok(answer) => {
                run.note(1, answer.retries);
                Ok(Got { page: answer.value, url, repeated: answer.retries > 0, latency: answer.latency, permit })
            }
            Err(failure) => {
                run.note(0, failure.retries);
                Err(Stop::of(failure.kind))
            }
        }
    }
}
