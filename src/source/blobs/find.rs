//! Which blobs of a container the hours are in.
//!
//! Takes a container and hours, walks its folders by delimiter, so that of years of data only the wanted days are
//! listed, and gives the blobs in the order of their hours. Other tenants' folders are not entered.

use std::collections::HashSet;

use futures_util::{FutureExt as _, StreamExt as _, stream};

use super::listing::Blob;
use super::path::{Owner, Place, place};
use super::{Account, verdicts};
use crate::limits::{DOUBTS_MAX, FOLDER_DEPTH_MAX, LANES, PAGES_MAX};
use crate::net::Client;
use crate::source::{Stop, Window, mark};
use time::OffsetDateTime;

/// What a container has of the hours.
#[derive(Default)]
pub(super) struct Found {
    /// The blobs, oldest hour first.
    pub blobs: Vec<Dated>,
    /// There is something from before.
    pub has_older: bool,
    /// There is something from after.
    pub has_newer: bool,
    /// There is something of this tenant, or of nobody in particular.
    pub has_own: bool,
    /// There is something of others.
    pub has_others: bool,
    pub pages: u64,
    pub retries: u32,
}

/// A blob and the hour that it was written in.
pub(super) struct Dated {
    pub blob: Blob,
    /// `None`: its name tells none.
    pub hour: Option<Window>,
    /// Whether the name says that it is this tenant's.
    pub is_own: bool,
}

struct Folder {
    prefix: String,
    by_folder: bool,
}

/// Finds the blobs with this ending. Cancel-safe: it only reads.
///
/// # Errors
/// Why the first listing that failed did, and how often it was tried again.
pub(super) async fn find(
    account: &Account,
    client: &Client,
    (container, ending): (&str, &str),
    hours: Window,
) -> Result<Found, (Stop, u32)> {
    let mut found = Found::default();
    let mut level = vec![Folder { prefix: String::new(), by_folder: true }];
    for _ in 0..FOLDER_DEPTH_MAX {
        if level.is_empty() {
            break;
        }
        let folders = std::mem::take(&mut level);
        let lists: Vec<_> = folders.iter().map(|folder| whole(account, client, container, folder).boxed()).collect();
        let mut lists = stream::iter(lists).buffered(LANES);
        while let Some(list) = lists.next().await {
            let list = list?;
            found.pages += list.pages;
            found.retries += list.retries;
            for prefix in list.folders {
                let place = place(&prefix, account.tenant());
                if found.wants(&place, hours) {
                    level.push(Folder { prefix, by_folder: !place.has_day });
                }
            }
            for blob in list.blobs {
                let place = place(&blob.name, account.tenant());
                let is_one = blob.name.to_ascii_lowercase().ends_with(ending);
                if is_one && found.wants(&place, hours) {
                    found.has_own = true;
                    found.blobs.push(Dated { blob, hour: place.span, is_own: place.owner == Owner::Own });
                }
            }
        }
    }
    // Names of blobs in one hour (partitions, copies) decide about the rest, so that the order is always the same.
    let at = |dated: &Dated| dated.hour.map_or(OffsetDateTime::UNIX_EPOCH, |hour| hour.since);
    found.blobs.sort_by(|a, b| at(a).cmp(&at(b)).then_with(|| a.blob.name.cmp(&b.blob.name)));
    Ok(found)
}

impl Found {
    /// Notes what a place tells; whether anything wanted can be there.
    fn wants(&mut self, place: &Place, hours: Window) -> bool {
        if place.owner == Owner::Other {
            self.has_others = true;
            return false;
        }
        self.has_own |= place.owner == Owner::Own || place.span.is_some();
        let Some(span) = place.span else { return true };
        self.has_older |= span.until <= hours.since;
        self.has_newer |= span.since >= hours.until;
        span.since < hours.until && hours.since < span.until
    }
}

/// All pages of a folder.
struct List {
    blobs: Vec<Blob>,
    folders: Vec<String>,
    pages: u64,
    retries: u32,
}

/// A listing whose markers lead back to one that was followed is begun again; it is never taken for its end.
async fn whole(account: &Account, client: &Client, container: &str, folder: &Folder) -> Result<List, (Stop, u32)> {
    let mut doubts = 0;
    loop {
        match pages(account, client, container, folder).await {
            Err((stop, _)) if stop.is_doubtful() && doubts < DOUBTS_MAX => doubts += 1,
            Err((stop, retries)) => return Err((stop, retries + doubts)),
            Ok(list) => return Ok(List { retries: list.retries + doubts, ..list }),
        }
    }
}

async fn pages(account: &Account, client: &Client, container: &str, folder: &Folder) -> Result<List, (Stop, u32)> {
    let mut list = List { blobs: Vec::new(), folders: Vec::new(), pages: 0, retries: 0 };
    let mut followed = HashSet::new();
    let mut marker: Option<String> = None;
    loop {
        let what = (container, folder.prefix.as_str(), folder.by_folder);
        let answer = account.list(client, what, marker.as_deref()).await;
        let answer = answer.map_err(|failure| (verdicts::of(failure.kind), list.retries + failure.retries))?;
        list.pages += 1;
        list.retries += answer.retries;
        list.blobs.extend(answer.value.blobs);
        list.folders.extend(answer.value.folders);
        let Some(next) = answer.value.marker else { return Ok(list) };
        if !followed.insert(mark(next.as_bytes())) {
            return Err((Stop::Loop, list.retries));
        }
        if list.pages >= PAGES_MAX {
            return Err((Stop::Endless, list.retries));
        }
        marker = Some(next);
    }
}
