//! The audit search of Microsoft Purview through Graph: slower than the activity feed, and reaches further back.
//!
//! Takes the window, makes a search (a POST: the search stays in the tenant as a saved query, so it is made only when the
//! customer has chosen this place), looks at it until it is done, gives its records in the activity feed's shape.
//! Source: <https://learn.microsoft.com/graph/api/security-auditcoreroot-post-auditlogqueries>.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::super::page::{self, Next};
use super::super::query::{ceil_second, floor_second, stamp};
use super::super::seen::mark;
use super::super::{End, Run, Stop};
use super::audit_record;
use crate::catalog::Shape;
use crate::limits::{DOUBTS_MAX, PAGES_MAX, PURVIEW_POLL_MS, PURVIEW_WAIT_S_MAX, RESTARTS_MAX};
use crate::net::Fault;
use crate::record::{Outcome, Verdict};

/// The audit search of one tenant.
#[derive(Clone)]
pub struct Purview {
    poll_ms: (u64, u64),
    wait_s_max: u64,
}

impl Default for Purview {
    fn default() -> Self {
        Self { poll_ms: PURVIEW_POLL_MS, wait_s_max: PURVIEW_WAIT_S_MAX }
    }
}

impl Purview {
    /// Looks at a search after `first_ms`, then after ever longer pauses up to `longest_ms`, milliseconds.
    pub fn with_pauses(mut self, first_ms: u64, longest_ms: u64) -> Self {
        self.poll_ms = (first_ms, longest_ms);
        self
    }

    /// Waits for a search at most this long, seconds.
    pub fn with_patience(mut self, wait_s_max: u64) -> Self {
        self.wait_s_max = wait_s_max;
        self
    }
}

/// Collects from it; one end for each run, in their order.
pub(crate) async fn collect(runs: &[Run<'_>], place: &Purview) -> Vec<End> {
    let mut ends = Vec::with_capacity(runs.len());
    for run in runs {
        ends.push(match one(run, place).await {
            Ok(()) => {
                run.close_all().await;
                End::Closed
            }
            Err(stop) => End::Stopped(stop),
        });
    }
    ends
}

async fn one(run: &Run<'_>, place: &Purview) -> Result<(), Stop> {
    if run.open_slices().is_empty() {
        return Ok(());
    }
    let search = Search { run, place };
    let id = search.begin().await.map_err(|stop| permitted(run, stop))?;
    search.wait(&id).await?;
    let (mut restarts, mut doubts) = (0, 0);
    for pass in 0.. {
        match search.records(&id, pass).await {
            Err(Stop::Expired(_)) if restarts < RESTARTS_MAX => restarts += 1,
            Err(stop) if stop.is_doubtful() && doubts < DOUBTS_MAX => doubts += 1,
            end => return end,
        }
    }
    Ok(())
}

struct Search<'r, 'a> {
    run: &'r Run<'a>,
    place: &'r Purview,
}

impl Search<'_, '_> {
    fn url(&self, rest: &[&str]) -> Result<Url, Stop> {
        let mut url = self.run.request.client.endpoints().graph.url.clone();
        let mut segments = url.path_segments_mut().map_err(|()| Stop::BadKey)?;
        segments.pop_if_empty().extend(["v1.0", "security", "auditLog", "queries"]).extend(rest);
        drop(segments);
        Ok(url)
    }

    async fn ask<T, E>(
        &self,
        url: &Url,
        body: Option<Bytes>,
        read: impl Fn(&Bytes) -> Result<T, E>,
    ) -> Result<T, Stop> {
        let is_next = body.is_none();
        let target = &self.run.request.client.endpoints().graph;
        let (answer, _) = self.run.ask_at(target, url, body, is_next, read).await?;
        Ok(answer.value)
    }

    /// Makes the search; gives its id.
    async fn begin(&self) -> Result<String, Stop> {
        let hours = self.run.hours();
        let (since, until) = (stamp(floor_second(hours.since)), stamp(ceil_second(hours.until)));
        let search = json!({
            "@odata.type": "#microsoft.graph.security.auditLogQuery",
            "displayName": format!("entra-bundle {since} to {until}"),
            "filterStartDateTime": since,
            "filterEndDateTime": until,
        });
        let made = self.ask(&self.url(&[])?, Some(search.to_string().into()), read).await?;
        made.get("id").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| told("made a search without id"))
    }

    /// Returns when the search is done.
    async fn wait(&self, id: &str) -> Result<(), Stop> {
        let url = self.url(&[id])?;
        let client = self.run.request.client;
        let end = Instant::now() + Duration::from_secs(self.place.wait_s_max);
        let (mut pause_ms, longest_ms) = self.place.poll_ms;
        loop {
            let search = self.ask(&url, None, read).await?;
            match search.get("status").and_then(Value::as_str).unwrap_or_default() {
                "succeeded" => return Ok(()),
                "failed" => return Err(told("says that the search failed")),
                "cancelled" => return Err(told("says that somebody cancelled the search")),
                _ => {}
            }
            if Instant::now() >= end {
                return Err(told("had not ended the search when the time for it was up"));
            }
            tokio::select! {
                biased;
                stop = self.run.over() => return Err(stop),
                () = client.nap(Duration::from_millis(pause_ms), Fault::Unfinished) => {}
            }
            pause_ms = (pause_ms * 2).min(longest_ms);
        }
    }

    /// One pass over the records.
    async fn records(&self, id: &str, pass: u32) -> Result<(), Stop> {
        let client = self.run.request.client;
        let mut url = self.url(&[id, "records"])?;
        let mut visited = HashSet::new();
        loop {
            if !visited.insert(mark(url.as_str().as_bytes())) {
                return Err(Stop::Loop);
            }
            if visited.len() as u64 > PAGES_MAX {
                return Err(Stop::Endless);
            }
            let page = self.ask(&url, None, |body| page::split(body, Shape::Collection)).await?;
            self.run.note(1, 0);
            let found = page.records.len();
            let items: Vec<_> = page.records.iter().filter_map(audit_record::open).collect();
            if pass == 0 {
                self.run.state().tally.damaged += page.damaged + (found - items.len()) as u64;
            }
            self.run.deliver_items(items, pass).await?;
            url = match page.next {
                Next::End => return Ok(()),
                Next::Unreadable => return Err(Stop::BadLink),
                Next::Link(link) => url.join(&link).map_err(|_| Stop::BadLink)?,
            };
            client.permits(&client.endpoints().graph, &url).map_err(Stop::of)?;
        }
    }
}

/// The dataset's row names the permission of the activity feed; this one is another.
fn permitted(run: &Run<'_>, stop: Stop) -> Stop {
    match &stop {
        Stop::Refused(refusal) if refusal.status == 403 => {
            let verdict = stop.verdict(run.dataset);
            Stop::Told(verdict.with_hint(
                "needs the permission AuditLogsQuery.Read.All of Microsoft Graph, with admin consent; a signed-in user also \
                 needs the role Audit Reader or View-Only Audit Logs in Purview",
            ))
        }
        _ => stop,
    }
}

fn read(body: &Bytes) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body))
}

fn told(what: &str) -> Stop {
    let verdict = Verdict::because(Outcome::Failed, format!("Purview {what}"));
    Stop::Told(verdict.with_hint("run again, for a shorter time (--since, --until) or at a quieter hour"))
}
