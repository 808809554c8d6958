//! A Log Analytics workspace: one table for each category that diagnostic settings send there.
//!
//! Takes runs, asks once which of their tables exist, then reads the tables side by side, at most five questions at a
//! time. The service has no pages: whatever does not fit into an answer is missing from it, so every log is counted
//! first, read in pieces that fit, and counted again. Reads only.
//! Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/overview>,
//! <https://learn.microsoft.com/azure/azure-monitor/service-limits#log-analytics-workspaces>.

mod ask;
mod count;
mod kql;
mod log;
mod pieces;
mod probe;

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::{End, Run};
use crate::limits::WORKSPACE_QUESTIONS_MAX;

/// What kind of place this is, in verdicts.
const KIND: &str = "workspace";

/// A Log Analytics workspace.
#[derive(Clone)]
pub struct Workspace {
    /// Path of its query endpoint below the address of the service.
    path: String,
    /// The service queues what one user asks beyond this, and refuses it after three minutes.
    desk: Arc<Semaphore>,
}

/// A workspace's name cannot be read. The name is not repeated: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "--workspace is neither a workspace id (a GUID, on the workspace's overview page) nor a resource id \
     (/subscriptions/…/providers/Microsoft.OperationalInsights/workspaces/NAME): correct it"
)]
pub struct BadWorkspace;

impl Workspace {
    /// The workspace with this id (a GUID), or this resource id as it stands in diagnostic settings, in any case.
    ///
    /// # Errors
    /// [`BadWorkspace`] for anything else.
    pub fn named(text: &str) -> Result<Self, BadWorkspace> {
        let text = text.trim().trim_end_matches('/');
        let path = if is_guid(text) {
            format!("/v1/workspaces/{text}/query")
        } else if is_resource_id(text) {
            format!("/v1{text}/query")
        } else {
            return Err(BadWorkspace);
        };
        Ok(Self { path, desk: Arc::new(Semaphore::new(WORKSPACE_QUESTIONS_MAX)) })
    }
}

fn is_guid(text: &str) -> bool {
    let hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, byte): (usize, u8)| if hyphen(at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// `/subscriptions/ID/resourceGroups/NAME/providers/Microsoft.OperationalInsights/workspaces/NAME`
fn is_resource_id(text: &str) -> bool {
    const WORDS: [(usize, &str); 5] = [
        (1, "subscriptions"),
        (3, "resourcegroups"),
        (5, "providers"),
        (6, "microsoft.operationalinsights"),
        (7, "workspaces"),
    ];
    let parts: Vec<&str> = text.split('/').collect();
    let is_name = |part: &&str| {
        let plain = |symbol: char| symbol.is_alphanumeric() || "-_.()".contains(symbol);
        !part.is_empty() && part.chars().all(plain) && part.chars().any(|symbol| symbol != '.')
    };
    parts.len() == 9
        && parts.first().is_some_and(|first| first.is_empty())
        && parts.iter().skip(1).all(is_name)
        && WORDS.iter().all(|(at, word)| parts.get(*at).is_some_and(|part| part.eq_ignore_ascii_case(word)))
}

/// Collects from it; one end for each run, in their order.
pub(super) async fn collect(runs: &[Run<'_>], place: &Workspace) -> Vec<End> {
    match probe::ask(runs, place).await {
        Ok(found) => {
            // A closure would make the future one that cannot be spawned (rust-lang/rust#110338).
            let mut logs = Vec::with_capacity(runs.len());
            for (run, found) in runs.iter().zip(found) {
                logs.push(log::collect(run, place, found));
            }
            join_all(logs).await
        }
        Err(stop) => runs.iter().map(|_| End::Stopped(stop.clone())).collect(),
    }
}

/// For [`super::doors`]: an answer, and the counts in it.
#[cfg(feature = "fuzz-doors")]
pub(super) fn fuzz(body: &bytes::Bytes) {
    let Ok(sheet) = ask::Sheet::read(body) else { return };
    let rows = sheet.rows().count();
    let cells: usize = sheet.rows().map(|row| row.len()).sum();
    assert!(rows + cells <= body.len(), "more cells than bytes");
    count::fuzz(&sheet);
}
