//! Sends the planned datasets down the road: what teaches the dictionary first, then everything else, the scarcest
//! budget first, fan-outs when their parents are known, logs that a place does not have whole from the next one.
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

use super::Session;
use super::course::{Arrival, Course};
use super::directory;
use super::files::{self, Files};
use super::kept::{self, Kept};
use super::notice::{Notice, waiting};
use super::places::Places;
use super::road::Road;
use super::settings::Settings;
use super::task::{Ready, Task, settle};
use crate::catalog::{Catalog, Dataset, ForEach, Service, Throttle};
use crate::clock::Clock;
use crate::commands::abandon::Signals;
use crate::commands::stopped::Stopped;
use crate::files::Inputs;
use crate::record::{Key, Outcome};
use crate::source::{Ledger, Report};

/// Lists of one class in flight at once: enough to fill the budget at a latency of several seconds, few enough
/// that the display can be read.
const LISTS_IN_FLIGHT: [(Throttle, usize); 3] =
    [(Throttle::Reports, 6), (Throttle::Identity, 3), (Throttle::Directory, 8)];

/// How a task ended.
enum Ended {
    /// A place was asked.
    Asked(Box<(Course, Report)>),
    /// An earlier run had it whole.
    Whole(Box<Arrival>),
}

/// What has arrived, and what is still on its way.
#[derive(Default)]
struct State {
    keys: HashMap<&'static str, (Vec<Key>, Outcome)>,
    arrivals: BTreeMap<&'static str, Arrival>,
    courses: Vec<Course>,
}

/// What a run has gathered.
pub(super) struct Gathered {
    pub arrivals: BTreeMap<&'static str, Arrival>,
    pub files: Files,
}

/// Collects the whole plan.
///
/// Cancel-safe only in the sense that nothing final exists yet: dropping it abandons the run.
pub(super) async fn conduct(
    catalog: &'static Catalog,
    settings: &Settings,
    session: &Session,
    places: &Places,
    road: &Arc<Road>,
    (clock, inputs): (Clock, Option<Inputs>),
) -> Result<Gathered, Stopped> {
    let cancel = CancellationToken::new();
    let task = Arc::new(Task {
        client: session.connection.client.clone(),
        window: settings.window,
        clock,
        road: Arc::clone(road),
        cancel: cancel.clone(),
        deadline: settings.deadline.map(|length| Instant::now() + length),
    });
    // Files may bring what no service had: the accounts of what they can hold stay open until then.
    let deferred = if inputs.is_some() || !settings.incidents.is_empty() {
        files::importable(settings).map(|row| row.id.as_str()).collect()
    } else {
        Vec::new()
    };
    let ledgers = deferred.into_iter().map(|id| (id, Arc::new(Ledger::deferred()))).collect();
    let run = Conduct { catalog, settings, places, task: &task, ledgers };
    let mut notice = Notice::default();
    let watch = async {
        loop {
            road.progress().status(waiting(&task.client.status()).as_deref());
            tokio::time::sleep(Duration::from_millis(250)).await;
            notice.look(task.clock, &task.client.status(), road.progress());
        }
    };
    let signals = async {
        let mut signals = Signals::new();
        signals.next().await;
        road.progress().say("Stopping: what has come so far will be written. Stop again to abandon it.");
        cancel.cancel();
        signals.next().await;
    };
    let gathered: Gathered = tokio::select! {
        gathered = run.everything(inputs) => gathered?,
        () = watch => return Err(Stopped::Unexpected("the display ended".into())),
        () = signals => return Err(Stopped::Interrupted),
    };
    if task.deadline.is_some_and(|at| at <= Instant::now()) {
        road.progress().say("The deadline is reached: what has come so far will be written.");
    }
    match road.breakdown() {
        Some(stopped) => Err(stopped),
        None => Ok(gathered),
    }
}

/// What all phases of a run share.
struct Conduct<'r> {
    catalog: &'static Catalog,
    settings: &'r Settings,
    places: &'r Places,
    task: &'r Arc<Task>,
    /// The accounts that stay open for files.
    ledgers: BTreeMap<&'static str, Arc<Ledger>>,
}

impl Conduct<'_> {
    /// What teaches, with the files; then, with a frozen dictionary, all else.
    async fn everything(&self, inputs: Option<Inputs>) -> Result<Gathered, Stopped> {
        let mut state = State::default();
        let planned = self.settings.plan.datasets.iter().copied();
        let (directory, others): (Vec<_>, Vec<_>) = planned.partition(|row| row.service == Service::Ldap);
        let (teachers, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|row| row.teaches);
        let named = self.settings.directory.as_ref();
        let ((), arrivals) =
            tokio::join!(self.phase(teachers, &mut state), directory::collect(named, directory, self.task));
        arrivals.into_iter().for_each(|arrival| self.arrive(arrival, &mut state));
        let inputs = files::learn(inputs, &self.task.road).await;
        self.task.road.freeze()?;
        let (own, routed): (Vec<_>, Vec<_>) = others.into_iter().partition(|row| self.places.is_own(row));
        let mut elsewhere = State::default();
        for row in routed {
            self.set_out(row, &mut elsewhere).await;
        }
        tokio::join!(self.phase(own, &mut state), self.round(&mut elsewhere));
        state.arrivals.append(&mut elsewhere.arrivals);
        state.courses.append(&mut elsewhere.courses);
        while !state.courses.is_empty() {
            self.round(&mut state).await;
        }
        let State { mut arrivals, .. } = state;
        let (asked, incidents) = ((self.settings, self.places), self.settings.incidents.as_slice());
        let files =
            files::take(inputs, incidents, asked, self.task, &self.ledgers, &mut arrivals, &self.task.cancel).await?;
        Ok(Gathered { arrivals, files })
    }

    /// Collects `rows` from their own endpoints, side by side; what hangs on another of them starts when that one has
    /// ended. A log that its endpoint does not have whole goes on to [`Conduct::round`].
    async fn phase(&self, rows: Vec<&'static Dataset>, state: &mut State) {
        let lanes: HashMap<Throttle, Arc<Semaphore>> =
            LISTS_IN_FLIGHT.into_iter().map(|(class, lists)| (class, Arc::new(Semaphore::new(lists)))).collect();
        let mut running = JoinSet::new();
        let mut waiting = rows;
        // Scarcest budget first; the order of the plan otherwise.
        waiting.sort_by_key(|row| row.throttle);
        loop {
            let mut later = Vec::new();
            for dataset in waiting {
                let known = state.keys.get(dataset.id.as_str());
                let ready = match (&dataset.for_each, known) {
                    (None, _) => Ready { dataset, parents: Vec::new(), parent: None },
                    (Some(_), Some((parents, outcome))) => {
                        Ready { dataset, parents: parents.clone(), parent: Some(*outcome) }
                    }
                    (Some(_), None) => {
                        later.push(dataset);
                        continue;
                    }
                };
                self.start(&lanes, &mut running, ready);
            }
            waiting = later;
            let Some(done) = running.join_next().await else { break };
            // A task that panicked has lost its dataset; `finish` reports what never arrived as failed.
            let (mut course, mut report) = match done {
                Ok(Ended::Asked(asked)) => *asked,
                Ok(Ended::Whole(arrival)) => {
                    self.arrive(*arrival, state);
                    continue;
                }
                Err(_) => continue,
            };
            let children = self.children(course.dataset);
            for (child, list) in children.iter().zip(std::mem::take(&mut report.keys)) {
                state.keys.insert(child.id.as_str(), (list, report.verdict.outcome));
            }
            if self.note(&mut course, report, state) {
                state.courses.push(course);
            }
        }
    }

    /// Asks the next place of each course, every place once for all of its datasets.
    async fn round(&self, state: &mut State) {
        let mut by_place: BTreeMap<usize, Vec<Course>> = BTreeMap::new();
        for course in std::mem::take(&mut state.courses) {
            by_place.entry(course.place().unwrap_or_default()).or_default().push(course);
        }
        let mut running = JoinSet::new();
        for (place, courses) in by_place {
            let (place, task) = (self.places.place(place).clone(), Arc::clone(self.task));
            running.spawn(async move { task.collect_from(&place, courses).await });
        }
        while let Some(done) = running.join_next().await {
            let Ok(reports) = done else { continue };
            for (mut course, report) in reports {
                if self.note(&mut course, report, state) {
                    state.courses.push(course);
                }
            }
        }
    }

    /// Notes how a place ended for a dataset; whether another place is to be asked.
    fn note(&self, course: &mut Course, report: Report, state: &mut State) -> bool {
        let dataset = course.dataset;
        let Some(arrival) = course.note(self.places, self.settings, report) else {
            let next = self.places.kind(course.place().unwrap_or_default(), dataset);
            self.task.road.progress().say_unless_moving(&format!("  {}: now from {}", dataset.id, next.as_str()));
            return true;
        };
        self.arrive(arrival, state);
        false
    }

    /// A course for a dataset, if any place has it and no earlier run had it whole.
    async fn set_out(&self, dataset: &'static Dataset, state: &mut State) {
        let mut course = self.begin(dataset);
        if course.place().is_none() {
            return;
        }
        match self.task.take_up(dataset, &[], !course.has_more()).await {
            Kept::Whole(arrival) => self.arrive(*arrival, state),
            Kept::Begun(ledger) => {
                course.ledger = ledger;
                state.courses.push(course);
            }
            Kept::Nothing => state.courses.push(course),
        }
    }

    /// A dataset has arrived.
    fn arrive(&self, arrival: Arrival, state: &mut State) {
        let id = arrival.dataset.id.as_str();
        self.task.road.progress().end(id, arrival.report.verdict.outcome, arrival.report.records);
        let has_files = !self.ledgers.is_empty();
        if kept::can_be(self.catalog, self.settings, arrival.dataset, has_files)
            && let Err(stopped) = self.task.road.note_whole(&arrival)
        {
            self.task.road.break_off(stopped);
        }
        state.arrivals.insert(id, arrival);
    }

    fn begin(&self, dataset: &'static Dataset) -> Course {
        let ledger = self.ledgers.get(dataset.id.as_str()).map_or_else(Arc::default, Arc::clone);
        Course::new(dataset, self.places, ledger)
    }

    /// The planned datasets that are asked for each record of `row`, in the catalogue's order.
    fn children(&self, row: &Dataset) -> Vec<&'static Dataset> {
        let planned = |row: &Dataset| self.settings.plan.datasets.iter().any(|other| other.id == row.id);
        let id = row.id.as_str();
        self.catalog
            .datasets()
            .iter()
            .filter(|child| child.for_each.as_ref().is_some_and(|each| each.dataset == id) && planned(child))
            .collect()
    }

    fn start(&self, lanes: &HashMap<Throttle, Arc<Semaphore>>, running: &mut JoinSet<Ended>, ready: Ready) {
        let wanted: Vec<&'static ForEach> =
            self.children(ready.dataset).into_iter().filter_map(|child| child.for_each.as_ref()).collect();
        let lane = lanes.get(&ready.dataset.throttle).cloned();
        let (task, mut course) = (Arc::clone(self.task), self.begin(ready.dataset));
        let has_files = !self.ledgers.is_empty();
        let is_kept = kept::can_be(self.catalog, self.settings, ready.dataset, has_files);
        running.spawn(async move {
            let _place = match &lane {
                Some(lane) => lane.acquire().await.ok(),
                None => None,
            };
            let kept = match is_kept {
                true => task.take_up(ready.dataset, &ready.parents, !course.has_more()).await,
                false => Kept::Nothing,
            };
            match kept {
                Kept::Whole(mut arrival) => {
                    settle(&mut arrival.report.verdict, ready.parent, ready.dataset.for_each.as_ref());
                    return Ended::Whole(arrival);
                }
                Kept::Begun(ledger) => course.ledger = ledger,
                Kept::Nothing => {}
            }
            let report = task.collect(ready, &course, &wanted).await;
            Ended::Asked(Box::new((course, report)))
        });
    }
}
