//! Microsoft 365 activity: the Office 365 Management Activity API, and Purview's audit search as its alternative.
//!
//! Takes the run of a dataset, gives the records of every content type that somebody has subscribed to. The API hands
//! out blobs by the time at which they became available, so a margin behind the window is listed too and records are
//! chosen by their own time. Whatever cannot be had (a content type without subscription, an expired blob, days before
//! the seven that are kept) is named. Never starts a subscription unless told to: that is a write.
//! Source: <https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-reference>.

mod audit_record;
mod content;
mod days;
mod feed;
mod gaps;
mod purview;
mod subscriptions;

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream;

use self::content::{Blob, Listing};
use self::days::{Day, days, floor};
use self::feed::Feed;
use self::gaps::Gaps;
use super::{End, Run, Stop};
use crate::limits::{LANES, OFFICE_GRACE_S};

pub use purview::Purview;
pub(super) use purview::collect as search;

/// The Office 365 Management Activity API of one tenant.
#[derive(Clone)]
pub struct Office {
    tenant_id: String,
    publisher_id: String,
    start: bool,
}

impl Office {
    /// The API of the tenant with this id (a GUID). `start`: subscriptions that are missing are started, which changes
    /// the tenant and brings records from then on only.
    pub fn new(tenant_id: &str, start: bool) -> Self {
        // Without a publisher of its own a caller shares the quota of all nameless ones.
        Self { tenant_id: tenant_id.to_owned(), publisher_id: tenant_id.to_owned(), start }
    }

    /// The same on another publisher's quota (a GUID).
    pub fn with_publisher(mut self, publisher_id: &str) -> Self {
        publisher_id.clone_into(&mut self.publisher_id);
        self
    }
}

/// Collects from it; one end for each run, in their order.
pub(super) async fn collect(runs: &[Run<'_>], place: &Office) -> Vec<End> {
    let mut ends = Vec::with_capacity(runs.len());
    for run in runs {
        ends.push(one(run, place).await);
    }
    ends
}

async fn one(run: &Run<'_>, place: &Office) -> End {
    if run.open_slices().is_empty() {
        return End::Closed;
    }
    let Some(feed) = Feed::new(run, place) else { return End::Stopped(Stop::BadKey) };
    let mut gaps = Gaps::default();
    let types = match subscriptions::enabled(&feed, place.start, &mut gaps).await {
        Ok(types) => types,
        Err(stop) => return End::Stopped(stop),
    };
    let now = run.request.now();
    let kept = floor(now);
    let hours = run.hours();
    if hours.since < kept {
        // A window of exactly seven days is a little older by the time it is asked for: that is told, not lamented.
        if (kept - hours.since).whole_seconds() > OFFICE_GRACE_S {
            gaps.too_old(hours.since, kept.min(hours.until));
        }
        let mut state = run.state();
        state.floor = state.floor.max(Some(kept));
    }
    for day in days(hours, kept, now) {
        if let Err(stop) = one_day(&feed, &types, day, &mut gaps).await {
            return End::Stopped(stop);
        }
    }
    gaps.end(run).await
}

/// Lists a day's content of all types, then fetches it. An error ends the run.
async fn one_day(feed: &Feed<'_, '_>, types: &[String], day: Day, gaps: &mut Gaps) -> Result<(), Stop> {
    // Owned names: a stream of borrowed ones cannot move to another thread.
    let listings = types.iter().cloned().map(|content_type| async move {
        let listing = content::list(feed, &content_type, day).await;
        (content_type, listing)
    });
    let listings: Vec<_> = stream::iter(listings).buffered(LANES).collect().await;
    let mut blobs = Vec::new();
    for (content_type, Listing { found, stop }) in listings {
        gaps.asked();
        match stop {
            Some(stop) if stop.ends_the_run() => return Err(stop),
            Some(stop) => gaps.list(feed.run, &content_type, day, &stop),
            None => {}
        }
        blobs.extend(found);
    }
    fetch(feed, blobs, gaps).await
}

/// Fetches blobs, several at once, and hands them over in their order, so that the same feed gives the same bytes. All
/// are awaited to their end: the sink must not be left in the middle.
async fn fetch(feed: &Feed<'_, '_>, blobs: Vec<Blob>, gaps: &mut Gaps) -> Result<(), Stop> {
    let ended = AtomicBool::new(false);
    let fetched = blobs.into_iter().map(|blob| {
        let ended = &ended;
        async move {
            if ended.load(Ordering::Relaxed) {
                return (blob, Ok(None));
            }
            let result = content::fetch(feed, &blob).await;
            (blob, result.map(Some))
        }
    });
    let mut fetched = stream::iter(fetched).buffered(LANES);
    let mut over = None;
    while let Some((blob, result)) = fetched.next().await {
        gaps.asked();
        let result = match result {
            Ok(Some(records)) if over.is_none() => content::deliver(feed, records).await,
            Ok(_) => Ok(()),
            Err(stop) => Err(stop),
        };
        match result {
            Ok(()) => {}
            Err(stop) if stop.ends_the_run() => {
                ended.store(true, Ordering::Relaxed);
                over = over.or(Some(stop));
            }
            Err(stop) => gaps.blob(feed.run, &blob, &stop),
        }
    }
    over.map_or(Ok(()), Err)
}

/// For [`super::doors`]: lists of content and of subscriptions, and a record of Purview.
#[cfg(feature = "fuzz-doors")]
pub(super) fn fuzz(body: &bytes::Bytes) {
    content::fuzz(body);
    subscriptions::fuzz(body);
    let _ = audit_record::open(body);
}
