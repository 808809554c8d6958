//! Ctrl-C and SIGTERM while a command works: the run is abandoned, and what nobody can go on with is taken away.
//!
//! Takes the work of a command, gives what it gives, or [`Stopped::Interrupted`]. The work goes on a thread of its own, so
//! that it can be left in the middle of a file: the process ends with the command. A part of it that has a better answer
//! to a signal (collecting: write what has come) says so with [`Watch::hear`] and listens itself.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::stopped::Stopped;

/// As much as the main thread has, which did this work before.
const STACK_BYTES: usize = 8 << 20;

/// What a signal means at the moment.
#[derive(Default)]
pub(in crate::commands) struct Watch {
    is_heard: AtomicBool,
    leftovers: Mutex<Vec<PathBuf>>,
}

impl Watch {
    /// From now on (`true`) the work itself listens to signals; `false`: no longer.
    pub(in crate::commands) fn hear(&self, is_heard: bool) {
        self.is_heard.store(is_heard, Ordering::SeqCst);
    }

    /// This file or folder is the run's own, and goes with it.
    pub(in crate::commands) fn own(&self, path: &Path) {
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
    }

    fn clear(&self) {
        for path in &*self.leftovers.lock().unwrap_or_else(PoisonError::into_inner) {
            // What is not there needs no removing, and what cannot be removed is overwritten by the next run.
            let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        }
    }
}

/// Works until the end, or until a signal that the work does not hear itself.
///
/// # Errors
/// Those of the work; [`Stopped::Interrupted`].
pub(in crate::commands) fn until_signal<T: Send + 'static>(
    work: impl FnOnce(&Watch) -> Result<T, Stopped> + Send + 'static,
) -> Result<T, Stopped> {
    let failed = |error: std::io::Error| Stopped::Unexpected(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let watch = Arc::new(Watch::default());
    let (give, done) = tokio::sync::oneshot::channel();
    let watched = Arc::clone(&watch);
    runtime.block_on(async {
        let mut signals = Signals::new();
        let spawned =
            std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || drop(give.send(work(&watched))));
        spawned.map_err(failed)?;
        let abandoned = async {
            loop {
                signals.next().await;
                if !watch.is_heard.load(Ordering::SeqCst) {
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            done = done => done.unwrap_or_else(|_| Err(Stopped::Unexpected("the work ended early".into()))),
            () = abandoned => {
                watch.clear();
                Err(Stopped::Interrupted)
            }
        }
    })
}

/// Ctrl-C and SIGTERM, one after the other; none is missed between two.
pub(in crate::commands) struct Signals {
    #[cfg(unix)]
    streams: [Option<tokio::signal::unix::Signal>; 2],
}

impl Signals {
    #[cfg(unix)]
    pub(in crate::commands) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self { streams: [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()) }
    }

    #[cfg(not(unix))]
    pub(in crate::commands) fn new() -> Self {
        Self {}
    }

    /// The next one. Cancel-safe.
    #[cfg(unix)]
    pub(in crate::commands) async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.streams;
        tokio::select! {
            Some(_) = of(interrupt) => {}
            Some(_) = of(terminate) => {}
            else => std::future::pending().await,
        }
    }

    /// The next one. Cancel-safe.
    #[cfg(not(unix))]
    pub(in crate::commands) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

#[cfg(unix)]
async fn of(stream: &mut Option<tokio::signal::unix::Signal>) -> Option<()> {
    stream.as_mut()?.recv().await
}
