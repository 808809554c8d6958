//! Sends the planned datasets down the road: what teaches the dictionary first, then everything else, the scarcest
//! budget first, fan-outs when their parents are known.
//!
//! Takes the plan, gives one [`Arrival`] for each dataset. A dataset that fails never stops another; a closed road
//! (full disk) stops all. Ctrl-C and SIGTERM stop the sources and keep what came; a second one abandons the run.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use super::road::{Entrance, Road};
use super::settings::Settings;
use super::sign_in::Session;
use crate::catalog::{Catalog, Dataset, ForEach, Throttle};
use crate::clock::Clock;
use crate::commands::stopped::Stopped;
use crate::limits::LATE_LOOK_MS;
use crate::net::{Client, Status, WaitReason};
use crate::record::{Key, Outcome, Verdict};
use crate::source::{self, Ledger, Report, Request, Window};

/// How a dataset arrived.
pub(super) struct Arrival {
    /// The row.
    pub dataset: &'static Dataset,
    /// How it ended.
    pub report: Report,
}

/// Lists of one class in flight at once: enough to fill the budget at a latency of several seconds, few enough
/// that the display can be read.
const LISTS_IN_FLIGHT: [(Throttle, usize); 3] =
    [(Throttle::Reports, 6), (Throttle::Identity, 3), (Throttle::Directory, 8)];

/// A dataset that may start.
struct Ready {
    dataset: &'static Dataset,
    parents: Vec<Key>,
    /// How its parent ended, for fan-outs.
    parent: Option<Outcome>,
}

/// What one task needs.
struct Task {
    client: Client,
    window: Window,
    clock: Clock,
    road: Arc<Road>,
    cancel: CancellationToken,
    deadline: Option<Instant>,
}

/// Collects the whole plan.
///
/// Cancel-safe only in the sense that nothing final exists yet: dropping it abandons the run.
pub(super) async fn conduct(
    catalog: &'static Catalog,
    settings: &Settings,
    session: &Session,
    road: &Arc<Road>,
    clock: Clock,
) -> Result<BTreeMap<&'static str, Arrival>, Stopped> {
    let cancel = CancellationToken::new();
    let task = Arc::new(Task {
        client: session.client.clone(),
        window: settings.window,
        clock,
        road: Arc::clone(road),
        cancel: cancel.clone(),
        deadline: settings.deadline.map(|length| Instant::now() + length),
    });
    let all = async {
        let mut arrivals = BTreeMap::new();
        let mut keys: HashMap<&'static str, (Vec<Key>, Outcome)> = HashMap::new();
        let teachers: Vec<_> = settings.plan.datasets.iter().copied().filter(|row| row.teaches).collect();
        let others: Vec<_> = settings.plan.datasets.iter().copied().filter(|row| !row.teaches).collect();
        phase(catalog, settings, &task, teachers, &mut keys, &mut arrivals).await;
        road.gate.freeze();
        phase(catalog, settings, &task, others, &mut keys, &mut arrivals).await;
        arrivals
    };
    let mut notice = Notice::default();
    let watch = async {
        loop {
            road.progress().status(waiting(&task.client.status()).as_deref());
            tokio::time::sleep(Duration::from_millis(250)).await;
            notice.look(&task, road.progress());
        }
    };
    let signals = async {
        stopped().await;
        road.progress().say("Stopping: what has come so far will be written. Stop again to abandon it.");
        cancel.cancel();
        stopped().await;
    };
    let arrivals = tokio::select! {
        arrivals = all => arrivals,
        () = watch => return Err(Stopped::Unexpected("the display ended".into())),
        () = signals => return Err(Stopped::Interrupted),
    };
    if task.deadline.is_some_and(|at| at <= Instant::now()) {
        road.progress().say("The deadline is reached: what has come so far will be written.");
    }
    match road.breakdown() {
        Some(stopped) => Err(stopped),
        None => Ok(arrivals),
    }
}

/// Collects `rows` side by side; what hangs on another of them starts when that one has ended.
async fn phase(
    catalog: &'static Catalog,
    settings: &Settings,
    task: &Arc<Task>,
    rows: Vec<&'static Dataset>,
    keys: &mut HashMap<&'static str, (Vec<Key>, Outcome)>,
    arrivals: &mut BTreeMap<&'static str, Arrival>,
) {
    let planned = |row: &Dataset| settings.plan.datasets.iter().any(|other| other.id == row.id);
    let lanes: HashMap<Throttle, Arc<Semaphore>> =
        LISTS_IN_FLIGHT.into_iter().map(|(class, lists)| (class, Arc::new(Semaphore::new(lists)))).collect();
    let mut running = JoinSet::new();
    let mut waiting = rows;
    // Scarcest budget first; the order of the plan otherwise.
    waiting.sort_by_key(|row| row.throttle);
    loop {
        let mut later = Vec::new();
        for dataset in waiting {
            let known = keys.get(dataset.id.as_str());
            match (&dataset.for_each, known) {
                (None, _) => start(
                    catalog,
                    &planned,
                    task,
                    &lanes,
                    &mut running,
                    Ready { dataset, parents: Vec::new(), parent: None },
                ),
                (Some(_), Some((parents, outcome))) => {
                    let ready = Ready { dataset, parents: parents.clone(), parent: Some(*outcome) };
                    start(catalog, &planned, task, &lanes, &mut running, ready);
                }
                (Some(_), None) => later.push(dataset),
            }
        }
        waiting = later;
        let Some(done) = running.join_next().await else { break };
        // A task that panicked has lost its dataset; `finish` reports what never arrived as failed.
        let Ok((dataset, mut report)) = done else { continue };
        let children = children(catalog, &planned, dataset);
        for (child, list) in children.iter().zip(std::mem::take(&mut report.keys)) {
            keys.insert(child.id.as_str(), (list, report.verdict.outcome));
        }
        arrivals.insert(dataset.id.as_str(), Arrival { dataset, report });
    }
}

/// The planned datasets that are asked for each record of `row`, in the catalogue's order.
fn children(catalog: &'static Catalog, planned: &impl Fn(&Dataset) -> bool, row: &Dataset) -> Vec<&'static Dataset> {
    let id = row.id.as_str();
    catalog
        .datasets()
        .iter()
        .filter(|child| child.for_each.as_ref().is_some_and(|each| each.dataset == id) && planned(child))
        .collect()
}

fn start(
    catalog: &'static Catalog,
    planned: &impl Fn(&Dataset) -> bool,
    task: &Arc<Task>,
    lanes: &HashMap<Throttle, Arc<Semaphore>>,
    running: &mut JoinSet<(&'static Dataset, Report)>,
    ready: Ready,
) {
    let wanted: Vec<&'static ForEach> =
        children(catalog, planned, ready.dataset).into_iter().filter_map(|child| child.for_each.as_ref()).collect();
    let lane = lanes.get(&ready.dataset.throttle).cloned();
    let task = Arc::clone(task);
    running.spawn(async move {
        let _place = match &lane {
            Some(lane) => lane.acquire().await.ok(),
            None => None,
        };
        let dataset = ready.dataset;
        let report = task.collect(ready, &wanted).await;
        (dataset, report)
    });
}

impl Task {
    async fn collect(&self, ready: Ready, wanted: &[&'static ForEach]) -> Report {
        let dataset = ready.dataset;
        let parts = if dataset.for_each.is_some() { ready.parents.len() as u64 } else { 1 };
        self.road.progress().begin(&dataset.id, parts);
        let ledger = Ledger::default();
        let request = Request {
            client: &self.client,
            window: self.window,
            ledger: &ledger,
            hours: None,
            more: false,
            reopen: false,
            parents: &ready.parents,
            wanted,
            done: &[],
            clock: self.clock,
            deadline: self.deadline,
            late_look: Duration::from_millis(LATE_LOOK_MS),
        };
        let mut report = source::collect(dataset, &request, &Entrance(Arc::clone(&self.road)), &self.cancel).await;
        settle(&mut report.verdict, ready.parent, dataset.for_each.as_ref());
        let refused = self.road.refused(&dataset.id);
        if refused > 0 {
            report.records = report.records.saturating_sub(refused);
            if report.verdict.outcome == Outcome::Complete {
                let reason = format!("{refused} records were left out because they could not be read as JSON objects");
                report.verdict = Verdict::because(Outcome::Partial, reason);
            }
        }
        self.road.progress().end(&dataset.id, report.verdict.outcome, report.records);
        report
    }
}

/// A fan-out is no more complete than the list that it walks.
fn settle(verdict: &mut Verdict, parent: Option<Outcome>, for_each: Option<&ForEach>) {
    let (Some(parent), Some(for_each)) = (parent, for_each) else { return };
    if verdict.outcome != Outcome::Complete || parent == Outcome::Complete {
        return;
    }
    let reason = format!("it is asked for each record of {}, which is {}", for_each.dataset, parent.as_str());
    let outcome = match parent {
        // Nothing there to ask about is an answer; an incomplete list is not.
        Outcome::Unlicensed | Outcome::Unavailable | Outcome::Denied | Outcome::Interrupted | Outcome::Failed => parent,
        Outcome::Complete | Outcome::Partial | Outcome::Skipped => Outcome::Partial,
    };
    *verdict = Verdict::because(outcome, reason);
}

/// What the budgets and single requests wait for, for the display.
fn waiting(status: &Status) -> Option<String> {
    let retrying = status.retrying.filter(|retrying| retrying.left >= Duration::from_millis(300)).map(|retrying| {
        let many = if retrying.requests > 1 { format!("{} requests", retrying.requests) } else { "1 request".into() };
        format!("{many} again in {:.1} s ({})", retrying.left.as_secs_f64(), retrying.fault)
    });
    let waits: Vec<String> = status
        .classes
        .iter()
        .filter_map(|class| {
            let (left, reason) = class.waiting?;
            let why = match reason {
                WaitReason::Budget => "budget",
                WaitReason::Throttled => "429",
            };
            (left >= Duration::from_millis(300))
                .then(|| format!("{} {why} {:.1} s", class.class.as_str(), left.as_secs_f64()))
        })
        .chain(retrying)
        .collect();
    (!waits.is_empty()).then(|| format!("waiting: {}", waits.join(", ")))
}

/// Says once what the moving display cannot say: long waits where nothing moves, a clock that is off.
#[derive(Default)]
struct Notice {
    waits: Option<Instant>,
    clock: bool,
}

/// A wait that is worth a line of its own, and how long before the next line.
const LONG_WAIT: Duration = Duration::from_secs(5);
const NEXT_LINE: Duration = Duration::from_secs(30);
/// A clock that is further off than this is worth a line, seconds: tokens and windows suffer from five minutes on.
const SKEW_S: u64 = 60;

impl Notice {
    fn look(&mut self, task: &Task, progress: &Progress) {
        let (now, status) = (Instant::now(), task.client.status());
        let is_fixed = matches!(task.clock, Clock::Fixed(_));
        let long = status.classes.iter().filter_map(|class| class.waiting).map(|(left, _)| left);
        let longest = long.chain(status.retrying.map(|retrying| retrying.left)).max();
        if longest.is_some_and(|left| left >= LONG_WAIT)
            && self.waits.is_none_or(|at| now.duration_since(at) >= NEXT_LINE)
            && let Some(text) = waiting(&status)
        {
            self.waits = Some(now);
            progress.say_unless_moving(&format!("  {text}"));
        }
        if let Some(skew_s) =
            status.clock_skew_s.filter(|skew_s| !self.clock && skew_s.unsigned_abs() > SKEW_S && !is_fixed)
        {
            self.clock = true;
            let off = crate::commands::words::span(Duration::from_secs(skew_s.unsigned_abs()));
            let side = if skew_s > 0 { "behind" } else { "ahead of" };
            progress.say(&format!("This machine's clock is {off} {side} the service's: the window may end too early."));
        }
    }
}

#[cfg(unix)]
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Err(_) => drop(tokio::signal::ctrl_c().await),
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
    }
}

#[cfg(not(unix))]
async fn stopped() {
    drop(tokio::signal::ctrl_c().await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fan_out_is_no_more_complete_than_its_parent() {
        let for_each: ForEach = toml::from_str("dataset = \"groups\"").unwrap();
        let settled = |own: Verdict, parent| {
            let mut verdict = own;
            settle(&mut verdict, Some(parent), Some(&for_each));
            verdict.outcome
        };
        assert_eq!(settled(Verdict::complete(), Outcome::Complete), Outcome::Complete);
        assert_eq!(settled(Verdict::complete(), Outcome::Partial), Outcome::Partial);
        assert_eq!(settled(Verdict::complete(), Outcome::Denied), Outcome::Denied);
        assert_eq!(settled(Verdict::because(Outcome::Failed, "x"), Outcome::Partial), Outcome::Failed);
    }
}
