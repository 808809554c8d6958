//! What the person in front of the terminal sees while a run goes on: one line a dataset in flight, one line for the whole.
//!
//! Takes counts, gives lines on stderr. On a terminal they move; elsewhere one line is printed for each dataset that
//! ends. Never shows a value: dataset ids, counts, rates and times only.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::commands::talk;
use crate::commands::words::{size, span};
use crate::record::Outcome;
use crate::report::grouped;

/// The display of one run. Cheap to share.
pub(super) struct Progress {
    lines: MultiProgress,
    whole: ProgressBar,
    moving: bool,
    started: Instant,
    records: AtomicU64,
    /// Work units (slices, keys, lists) that are planned and done: what "time left" is computed from.
    units: AtomicU64,
    units_done: AtomicU64,
    open: Mutex<BTreeMap<&'static str, Arc<Line>>>,
}

/// One dataset in flight.
struct Line {
    bar: ProgressBar,
    started: Instant,
    records: AtomicU64,
    bytes: AtomicU64,
}

impl Progress {
    /// A display on stderr. `units` = datasets planned.
    pub(super) fn new(units: u64) -> Self {
        let moving = std::io::stderr().is_terminal();
        let target = if moving { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let lines = MultiProgress::with_draw_target(target);
        let whole = lines.add(ProgressBar::no_length().with_style(style("{elapsed} {wide_msg}")));
        Self {
            lines,
            whole,
            moving,
            started: Instant::now(),
            records: AtomicU64::new(0),
            units: AtomicU64::new(units),
            units_done: AtomicU64::new(0),
            open: Mutex::default(),
        }
    }

    /// A dataset begins; `parts` slices or keys are planned for it.
    pub(super) fn begin(&self, dataset: &'static str, parts: u64) {
        self.units.fetch_add(parts.saturating_sub(1), Relaxed);
        let bar = ProgressBar::no_length().with_style(style("  {spinner} {wide_msg}"));
        let bar = self.lines.insert_before(&self.whole, bar);
        bar.set_message(dataset);
        bar.enable_steady_tick(Duration::from_millis(250));
        let line = Line { bar, started: Instant::now(), records: AtomicU64::new(0), bytes: AtomicU64::new(0) };
        self.lock().insert(dataset, Arc::new(line));
    }

    /// Records of a dataset were pseudonymised and stored.
    pub(super) fn add(&self, dataset: &'static str, records: u64, bytes: u64) {
        self.records.fetch_add(records, Relaxed);
        let Some(line) = self.lock().get(dataset).cloned() else { return };
        let total = line.records.fetch_add(records, Relaxed) + records;
        let total_bytes = line.bytes.fetch_add(bytes, Relaxed) + bytes;
        let seconds = line.started.elapsed().as_secs_f64().max(0.001);
        line.bar.set_message(format!(
            "{dataset}  {} records  {}/s  {}/s",
            grouped(total),
            grouped((total as f64 / seconds) as u64),
            size(total_bytes as f64 / seconds)
        ));
    }

    /// A slice or key of a dataset is done.
    pub(super) fn part_done(&self) {
        self.units_done.fetch_add(1, Relaxed);
    }

    /// The bottom line: totals, what is waited for, time left.
    pub(super) fn status(&self, waiting: Option<&str>) {
        let done = self.units_done.load(Relaxed);
        let units = self.units.load(Relaxed).max(done).max(1);
        let elapsed = self.started.elapsed();
        let left = match done {
            0 => String::new(),
            _ => format!("  about {} left", span(elapsed.mul_f64((units - done) as f64 / done as f64))),
        };
        let waiting = waiting.map(|text| format!("  {text}")).unwrap_or_default();
        self.whole.set_message(format!(
            "{} records  {done}/{units} parts{left}{waiting}",
            grouped(self.records.load(Relaxed))
        ));
    }

    /// A dataset ended. Without a moving display this is the line that says so.
    pub(super) fn end(&self, dataset: &'static str, outcome: Outcome, records: u64) {
        self.part_done();
        if let Some(line) = self.lock().remove(dataset) {
            line.bar.finish_and_clear();
        }
        self.say(&format!("  {:<11} {:>11}  {dataset}", outcome.as_str(), grouped(records)));
    }

    /// A line that stays.
    pub(super) fn say(&self, line: &str) {
        if self.moving {
            // The terminal may be gone; talk is not worth an error.
            let _ = self.lines.println(line);
        } else {
            talk::say(line);
        }
    }

    /// A line where no display moves that would show it.
    pub(super) fn say_unless_moving(&self, line: &str) {
        if !self.moving {
            self.say(line);
        }
    }

    /// Takes the moving lines away.
    pub(super) fn close(&self) {
        self.whole.finish_and_clear();
        let _ = self.lines.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Arc<Line>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
