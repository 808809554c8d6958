//! What the person in front of the terminal sees while files are read: one line that moves, or two lines that stay.
//! Counts, rates and times only, no names.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::commands::talk;
use crate::commands::words::{size, span};

/// The display of one run.
pub(super) struct Progress {
    line: ProgressBar,
    is_terminal: bool,
    bytes: AtomicU64,
    /// What the first walk came to: the length of the second.
    total: AtomicU64,
    phase: Mutex<(&'static str, Instant)>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self {
            line: ProgressBar::with_draw_target(None, target).with_style(style),
            is_terminal,
            bytes: AtomicU64::new(0),
            total: AtomicU64::new(0),
            phase: Mutex::new(("", Instant::now())),
        }
    }

    /// A walk begins: `reading`, then `cleaning`.
    pub(super) fn begin(&self, phase: &'static str) {
        self.total.store(self.bytes.swap(0, Relaxed), Relaxed);
        *self.phase.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = (phase, Instant::now());
        self.line.enable_steady_tick(Duration::from_millis(250));
        if !self.is_terminal {
            talk::say(&format!("{phase} …"));
        }
    }

    /// Some characters went through.
    pub(super) fn add(&self, bytes: u64) {
        let done = self.bytes.fetch_add(bytes, Relaxed) + bytes;
        let (phase, since) = *self.phase.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let seconds = since.elapsed().as_secs_f64().max(0.001);
        let total = self.total.load(Relaxed);
        let left = match total.checked_sub(done).filter(|_| total > 0) {
            Some(rest) => format!(
                "  {} %, about {} left",
                done * 100 / total,
                span(Duration::from_secs_f64(rest as f64 * seconds / done.max(1) as f64))
            ),
            None => String::new(),
        };
        self.line.set_message(format!("{phase}  {}  {}/s{left}", size(done as f64), size(done as f64 / seconds)));
    }

    /// A line that stays.
    pub(super) fn say(&self, line: &str) {
        self.line.suspend(|| talk::say(line));
    }

    /// Takes the moving line away.
    pub(super) fn close(&self) {
        self.line.finish_and_clear();
    }
}
