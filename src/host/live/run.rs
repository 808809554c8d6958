//! Runs a program of the machine: what it wrote, how it ended, never longer or more than allowed.
//!
//! Takes a [`Call`], gives what came on both streams and the end. What is over its time or its output is killed with all
//! that it started (a process group, on Windows a job object). Gives it no input, no window and no shell. Sources:
//! <https://learn.microsoft.com/windows/win32/procthread/job-objects>,
//! <https://learn.microsoft.com/windows/win32/debug/system-error-codes>.

use std::ffi::OsString;
use std::io::{Error, ErrorKind};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::tokio::{CommandWrap, KillOnDrop};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use crate::limits::{HOST_DRAIN_MS, HOST_STDERR_BYTES_MAX};
use crate::record::{Outcome, Verdict};

/// What is run.
pub(super) struct Call {
    /// Its path.
    pub program: OsString,
    /// Its arguments, one each.
    pub args: Vec<OsString>,
    /// How long it may take, with all that it starts.
    pub timeout: Duration,
    /// How much it may write to standard output, bytes.
    pub bytes_max: usize,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself, with this exit code.
    Exited(i32),
    /// By a signal, or nobody knows how.
    Lost,
    /// Killed after its time.
    TimedOut,
    /// Killed for writing too much.
    Flooded,
    /// There is no such program.
    Missing,
    /// The system does not let us start it.
    NotAllowed,
    /// It could not be started otherwise.
    NotStarted,
}

/// What a program left.
pub(super) struct Ran {
    pub ended: Ended,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Windows: the program asks for an administrator (`ERROR_ELEVATION_REQUIRED`), or access is denied.
const ERROR_ELEVATION_REQUIRED: i32 = 740;
const ERROR_ACCESS_DENIED: i32 = 5;
/// The same as an `HRESULT` (0x80070005).
const E_ACCESSDENIED: i32 = -2_147_024_891;

/// Runs a program to its end.
///
/// Cancel-safe: dropped, it kills the program and all that it started.
pub(super) async fn run(call: &Call) -> Ran {
    let mut ran = Ran { ended: Ended::Lost, stdout: Vec::new(), stderr: Vec::new() };
    let mut command = CommandWrap::with_new(&call.program, |command| {
        command.args(&call.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    });
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    {
        use process_wrap::tokio::{CreationFlags, JobObject};
        // A console of its own: scripts change the code page of the one that they share.
        command.wrap(CreationFlags(windows::Win32::System::Threading::CREATE_NO_WINDOW)).wrap(JobObject);
    }
    command.wrap(KillOnDrop);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ran { ended: refused(&error), ..ran },
    };
    let (stdout, stderr) = (child.stdout().take(), child.stderr().take());
    let Ran { stdout: out, stderr: errors, .. } = &mut ran;
    let over = async {
        let mut streams = std::pin::pin!(async {
            tokio::try_join!(
                keep(stdout, out, call.bytes_max, true),
                keep(stderr, errors, HOST_STDERR_BYTES_MAX, false)
            )
        });
        tokio::select! {
            told = &mut streams => match told {
                Err(Flood) => Ended::Flooded,
                Ok(_) => exited(child.wait().await),
            },
            // What it left running may hold the pipes open.
            status = child.wait() => match timeout(Duration::from_millis(HOST_DRAIN_MS), streams).await {
                Ok(Err(Flood)) => Ended::Flooded,
                _ => exited(status),
            },
        }
    };
    let ended = timeout(call.timeout, over).await.unwrap_or(Ended::TimedOut);
    // Whatever is left of it; nothing is left of most.
    let _ = child.start_kill();
    if matches!(ended, Ended::TimedOut | Ended::Flooded) {
        let _ = timeout(Duration::from_millis(HOST_DRAIN_MS), child.wait()).await;
    }
    Ran { ended, ..ran }
}

/// More than is wanted.
struct Flood;

/// Keeps the beginning of a stream; what follows is an error, or read and forgotten.
async fn keep(
    stream: Option<impl AsyncRead + Unpin>,
    kept: &mut Vec<u8>,
    bytes_max: usize,
    is_strict: bool,
) -> Result<(), Flood> {
    let Some(mut stream) = stream else { return Ok(()) };
    let mut buffer = vec![0; 1 << 16];
    loop {
        let Ok(count @ 1..) = stream.read(&mut buffer).await else { return Ok(()) };
        let room = bytes_max.saturating_sub(kept.len());
        kept.extend(buffer.iter().take(count.min(room)));
        if count > room && is_strict {
            return Err(Flood);
        }
    }
}

fn exited(status: Result<ExitStatus, Error>) -> Ended {
    status.ok().and_then(|status| status.code()).map_or(Ended::Lost, Ended::Exited)
}

fn refused(error: &Error) -> Ended {
    match error.raw_os_error() {
        Some(ERROR_ELEVATION_REQUIRED) => Ended::NotAllowed,
        _ => match error.kind() {
            ErrorKind::NotFound => Ended::Missing,
            ErrorKind::PermissionDenied => Ended::NotAllowed,
            _ => Ended::NotStarted,
        },
    }
}

/// The words for what could not be done without rights.
pub(super) const NEEDS_ELEVATION: &str = "needs elevation";
/// What changes it.
pub(super) const RUN_ELEVATED: &str = "run as administrator";

impl Ran {
    /// How the item ended that this was run for.
    pub(super) fn verdict(&self, is_elevated: bool) -> Verdict {
        // Half of an answer is an answer with something missing.
        let cut = if self.stdout.is_empty() { Outcome::Failed } else { Outcome::Partial };
        match self.ended {
            Ended::Exited(0) => Verdict::complete(),
            Ended::NotAllowed | Ended::Exited(ERROR_ACCESS_DENIED | E_ACCESSDENIED) => denied(is_elevated),
            Ended::Exited(code) => Verdict::because(cut, format!("the program ended with exit code {code}")),
            Ended::Lost => Verdict::because(cut, "the program was ended from outside"),
            Ended::TimedOut => Verdict::because(cut, "the program took longer than it may, and was ended")
                .with_hint("try again when the server has less to do"),
            Ended::Flooded => Verdict::because(cut, "the program wrote more than is taken of it, and was ended"),
            Ended::Missing => Verdict::because(Outcome::Unavailable, "the program is not installed here"),
            Ended::NotStarted => Verdict::because(Outcome::Failed, "the program could not be started"),
        }
    }
}

/// Access was refused.
pub(super) fn denied(is_elevated: bool) -> Verdict {
    match is_elevated {
        false => Verdict::because(Outcome::Denied, NEEDS_ELEVATION).with_hint(RUN_ELEVATED),
        true => Verdict::because(Outcome::Denied, "access is denied to this administrator, too")
            .with_hint("run it as an account that may read it (for Entra Connect a member of ADSyncAdmins)"),
    }
}
