//! How many rows a window has, stretch by stretch, and how large they are.
//!
//! Takes a window, gives the stretches that have rows, in order. Stretches that do not fit into one answer are counted
//! again in shorter ones, down to a second. A count that is too slow is asked for in halves.

use time::{Duration, OffsetDateTime};

use super::ask::{Sheet, number};
use super::kql;
use super::{KIND, Workspace};
use crate::catalog::Route;
use crate::limits::{SLOW_TRIES_MAX, WORKSPACE_ANSWER_BYTES, WORKSPACE_ANSWER_ROWS};
use crate::net::Fault;
use crate::source::Window;
use crate::source::field;
use crate::source::plan::middle;
use crate::source::run::Run;
use crate::source::stop::Stop;

/// Lengths of a stretch, seconds, each dividing the one before: all slices of a window are multiples of the first.
const STEPS_S: [i64; 4] = [900, 60, 10, 1];

/// A stretch with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub since: OffsetDateTime,
    pub rows: u64,
    /// As billed, which is close to what they take in an answer.
    pub bytes: u64,
}

impl Stretch {
    /// Whether one answer holds it.
    pub(super) fn fits(&self) -> bool {
        self.rows <= WORKSPACE_ANSWER_ROWS && self.bytes <= WORKSPACE_ANSWER_BYTES
    }
}

/// Counts. `nonce` tells apart counts of the same window.
///
/// # Errors
/// There is no answer.
pub(super) async fn ask(
    run: &Run<'_>,
    place: &Workspace,
    route: &Route,
    window: Window,
    nonce: u64,
) -> Result<Vec<Stretch>, Stop> {
    let mut found = Vec::new();
    let mut waiting = vec![(window, 0)];
    while let Some((window, level)) = waiting.pop() {
        let Some(&step_s) = STEPS_S.get(level) else { continue };
        let halves = middle(window);
        let slow_max = if halves.is_some() { SLOW_TRIES_MAX } else { u32::MAX };
        let sheet = place.ask(run, &kql::count(route, window, step_s), nonce, slow_max).await;
        let sheet = match (sheet, halves) {
            (Ok(sheet), _) if !sheet.is_partial => sheet,
            (Ok(_) | Err(Stop::TooSlow(..)), Some(at)) => {
                waiting.push((Window { since: at, ..window }, level));
                waiting.push((Window { until: at, ..window }, level));
                continue;
            }
            (Ok(_), None) => return Err(Stop::CutShort),
            (Err(stop), _) => return Err(stop),
        };
        // 204: the workspace has nothing at all.
        if sheet.columns.is_empty() {
            return Err(Stop::NotRouted(KIND));
        }
        for stretch in stretches(&sheet)? {
            let since = stretch.since.max(window.since);
            let until = stretch.since.saturating_add(Duration::seconds(step_s)).min(window.until);
            if stretch.fits() || level + 1 == STEPS_S.len() {
                found.push(Stretch { since, ..stretch });
            } else {
                waiting.push((Window { since, until }, level + 1));
            }
        }
    }
    found.sort_by_key(|stretch| stretch.since);
    Ok(found)
}

/// The stretches of an answer.
///
/// # Errors
/// It is no answer to the question.
fn stretches(sheet: &Sheet) -> Result<Vec<Stretch>, Stop> {
    let columns = [kql::AT, kql::ROWS, kql::BYTES].map(|name| sheet.column(name));
    let read = |cells: Vec<&[u8]>| {
        let [at, rows, bytes] = columns.map(|place| place.and_then(|place| cells.get(place)));
        let since = field::instant(&field::text(at?, &(0..at?.len()))?)?;
        // A workspace that bills nothing says nothing about bytes: then the rows alone decide.
        Some(Stretch { since, rows: number(rows)?, bytes: number(bytes).unwrap_or(0) })
    };
    sheet.rows().map(read).collect::<Option<_>>().ok_or(Stop::GaveUp(Fault::NotJson, None))
}

/// For [`crate::source::doors`].
#[cfg(feature = "fuzz-doors")]
pub(super) fn fuzz(sheet: &Sheet) {
    let _ = stretches(sheet);
}
