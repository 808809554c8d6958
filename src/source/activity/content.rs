//! Content of the feed: lists of blobs, and the blobs.
//!
//! A list goes on at the address in the reply's header `NextPageUri` until there is none; a blob is a JSON array of
//! records. Blobs repeat records of others: the run knows them by `Id`.
//! Source: Management Activity API reference, "List available content", "Retrieving content".

use std::collections::HashSet;

use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::super::Stop;
use super::super::page;
use super::super::run::Scope;
use super::super::seen::{Mark, mark};
use super::days::{self, Day};
use super::feed::Feed;
use crate::catalog::Shape;
use crate::limits::{DOUBTS_MAX, PAGES_MAX, RESTARTS_MAX};

/// A blob that can be fetched.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob {
    #[serde(default)]
    pub content_type: String,
    content_uri: String,
    /// When it became available.
    #[serde(default)]
    pub content_created: String,
}

/// The blobs of a list, and why it ended early if it did.
pub(super) struct Listing {
    pub found: Vec<Blob>,
    pub stop: Option<Stop>,
}

/// Lists the content of one type that became available in a day.
pub(super) async fn list(feed: &Feed<'_, '_>, content_type: &str, day: Day) -> Listing {
    // What is kept moves on while the run goes on.
    let since = day.since.max(days::floor(feed.run.request.now()));
    let mut listing = Listing { found: Vec::new(), stop: None };
    if since >= day.until {
        listing.stop = Some(super::gaps::passed());
        return listing;
    }
    let (since, until) = (days::stamp(since), days::stamp(day.until));
    let query = [("contentType", content_type), ("startTime", since.as_str()), ("endTime", until.as_str())];
    let first = feed.url(["subscriptions", "content"], &query);
    let mut known = HashSet::new();
    let (mut restarts, mut doubts) = (0, 0);
    loop {
        match pages(feed, first.clone(), &mut known, &mut listing.found).await {
            Err(Stop::Expired(_)) if restarts < RESTARTS_MAX => restarts += 1,
            Err(stop) if stop.is_doubtful() && doubts < DOUBTS_MAX => doubts += 1,
            Err(stop) => {
                listing.stop = Some(stop);
                return listing;
            }
            Ok(()) => return listing,
        }
    }
}

/// One pass over the list; blobs that are not in `known` go to `found`.
async fn pages(feed: &Feed<'_, '_>, first: Url, known: &mut HashSet<Mark>, found: &mut Vec<Blob>) -> Result<(), Stop> {
    let mut visited = HashSet::new();
    let mut url = first;
    loop {
        if !visited.insert(mark(url.as_str().as_bytes())) {
            return Err(Stop::Loop);
        }
        if visited.len() as u64 > PAGES_MAX {
            return Err(Stop::Endless);
        }
        let (answer, _) = feed.ask(&url, None, read).await?;
        feed.run.note(1, 0);
        found.extend(answer.value.into_iter().filter(|blob| known.insert(mark(blob.content_uri.as_bytes()))));
        let Some(next) = answer.headers.get("nextpageuri") else { return Ok(()) };
        let next = next.to_str().map_err(|_| Stop::BadLink)?;
        if next.trim().is_empty() {
            return Ok(());
        }
        url = feed.resolve(next.trim())?;
    }
}

fn read(body: &Bytes) -> Result<Vec<Blob>, serde_json::Error> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    serde_json::from_slice(body)
}

/// Fetches a blob.
///
/// # Errors
/// It is not to be had, or the run is over.
pub(super) async fn fetch(feed: &Feed<'_, '_>, blob: &Blob) -> Result<Fetched, Stop> {
    let url = feed.resolve(&blob.content_uri)?;
    let (answer, permit) = feed.ask(&url, None, |body| page::split(body, Shape::Collection)).await?;
    feed.run.note(1, 0);
    Ok(Fetched(answer.value, permit))
}

/// A blob's records, and the permit to hold them.
pub(super) struct Fetched(page::Page, Option<OwnedSemaphorePermit>);

/// Hands a blob's records over.
///
/// # Errors
/// The sink takes no more.
pub(super) async fn deliver(feed: &Feed<'_, '_>, Fetched(page, permit): Fetched) -> Result<(), Stop> {
    let run = feed.run;
    let hours = run.hours();
    let scope = Scope { window: Some(hours), slice: run.plan.slice_of(hours.since), by_time: true, key: None };
    // All blobs are one reading: what two of them have is the service's own repetition.
    run.deliver(page, &scope, 0).await?;
    drop(permit);
    Ok(())
}

/// For [`crate::source::doors`].
#[cfg(feature = "fuzz-doors")]
pub(super) fn fuzz(body: &Bytes) {
    let _ = read(body);
}
