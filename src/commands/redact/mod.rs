//! `redact`: files instead of a tenant, down the same road.
//!
//! Takes files, folders, archives, gives a verified zip; or filters standard input to standard output. Two walks over
//! the same files: the first learns what their fields declare, the second cleans them with all of that known.

mod args;
mod earlier;
mod filter;
mod progress;
mod story;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use args::RedactArgs;

use super::abandon::{Watch, until_signal};
use super::closing::{self, Closing, top_folder};
use super::stopped::Stopped;
use super::{exit, keys, plain};
use crate::archive::Output;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::files::Inputs;
use crate::pseudonym::Policy;
use crate::pseudonym::key::MasterKey;
use crate::spool::Spool;
use progress::Progress;
use story::Telling;

/// Runs the command: stdout gets the manifest with `--json`, or what a filter lets through; stderr the talk.
///
/// # Errors
/// When stdout or stderr cannot be written.
pub fn run(args: RedactArgs, clock: Clock, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let is_json = args.json;
    let done = if args.is_filter() {
        filter::run(&args, clock, out)
    } else {
        until_signal(move |watch| redact(&args, clock, watch))
    };
    match done {
        Ok(done) => {
            if is_json {
                out.write_all(&done.manifest)?;
            }
            write!(err, "{}", done.summary)?;
            Ok(done.exit_code)
        }
        Err(Stopped::Pipe(error)) => Err(error),
        Err(stopped) => {
            writeln!(err, "error: {stopped}")?;
            Ok(stopped.exit_code())
        }
    }
}

/// What a finished run leaves to say.
struct Done {
    manifest: Vec<u8>,
    summary: String,
    exit_code: u8,
}

fn redact(args: &RedactArgs, clock: Clock, watch: &Watch) -> Result<Done, Stopped> {
    let started = clock.now();
    let catalog = Catalog::embedded().map_err(|error| Stopped::Unexpected(error.to_string()))?;
    args.check()?;
    let policy = policy(args)?;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(closing::default_stem(args.case.as_deref(), started) + ".zip"));
    let mut inputs = Inputs::find(&args.inputs)?;
    let mut lessons = Inputs::find(&args.learn)?;
    let output = Output::claim(&out)?;
    watch.own(output.part());
    let progress = Progress::new();
    let key = key(args, &out, clock, &|line| progress.say(line))?;
    let (mut gate, cipher) = closing::gate(catalog, &key, policy);
    if let Some(earlier) = earlier::policy(&args.inputs, &*cipher)? {
        gate = gate.after(earlier);
    }
    progress.begin("reading");
    let tell = |bytes: u64| progress.add(bytes);
    plain::learn(&mut lessons, &gate, &tell);
    plain::learn(&mut inputs, &gate, &tell);
    gate.freeze();
    let spool = Spool::create(&output.spool_folder())?.compressing(args.compression);
    watch.own(&output.spool_folder());
    progress.begin("cleaning");
    let cleaned = plain::clean(&mut inputs, &gate, &spool, &|_| true, &tell);
    progress.close();
    let files = match cleaned {
        Ok(files) => files,
        Err(stopped) => {
            spool.remove()?;
            return Err(stopped);
        }
    };
    let telling = Telling { args, key: &key, started, clock, files };
    let closing = Closing {
        gate: Arc::new(gate),
        cipher,
        spool,
        output,
        folder: top_folder(args.case.as_deref(), started)?,
        instant: started,
    };
    let closed = closing.close(&telling)?;
    let whole = closed.manifest.datasets.iter().all(|dataset| dataset.outcome.is_answered());
    Ok(Done {
        summary: story::summary(&closed.manifest, &closed.written),
        manifest: closed.manifest_json,
        exit_code: if whole { exit::OK } else { exit::INCOMPLETE },
    })
}

/// The policy that the options name.
fn policy(args: &RedactArgs) -> Result<Policy, Stopped> {
    Policy::from_options(&args.policy, &args.keep).map_err(|error| Stopped::Input(error.to_string()))
}

fn key(args: &RedactArgs, out: &Path, clock: Clock, say: &dyn Fn(&str)) -> Result<MasterKey, Stopped> {
    match &args.key {
        Some(path) => keys::named(path, Some(out)),
        None => keys::own(args.tenant.as_deref(), Some(out), clock, say),
    }
}
