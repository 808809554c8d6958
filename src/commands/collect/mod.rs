//! `collect`: from a tenant to a verified zip. The table of contents of the main job.
//!
//! Takes options, gives an exit code. `settings` checks them, `sign_in` opens the way, `conductor` sends the
//! datasets down the road, `finish` makes the bundle of what arrived.

mod args;
mod conductor;
mod course;
mod directory;
pub mod doctor;
mod dry_run;
mod files;
mod finish;
mod kept;
mod machine;
mod notice;
mod places;
mod progress;
mod resume;
mod road;
mod settings;
mod sign_in;
mod sources;
mod task;
mod window;

use std::io::{self, Write};
use std::sync::Arc;

use tokio::time::Instant;

pub use args::CollectArgs;
pub(in crate::commands) use resume::NotResumed;

use super::abandon::{Watch, until_signal};
use super::stopped::Stopped;
use super::{closing, exit, keys};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::files::Inputs;
use crate::host::live;
use crate::pseudonym::key::MasterKey;
use crate::source::Window;
use crate::spool::{Past, Spool, SpoolKey};
use progress::Progress;
use settings::Settings;
use sign_in::Connection;

/// Runs the command: stdout gets the manifest with `--json`, stderr the talk.
///
/// # Errors
/// When stdout or stderr cannot be written.
pub fn run(args: Box<CollectArgs>, clock: Clock, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let catalog = Catalog::embedded().map_err(io::Error::other)?;
    let mut settings = match Settings::new(&args, catalog, clock.now()) {
        Ok(settings) => settings,
        Err(error) => {
            writeln!(err, "error: {error}")?;
            return Ok(exit::USAGE);
        }
    };
    if args.resume && args.out.is_none() {
        settings.out = match resume::only_output() {
            Ok(out) => out,
            Err(error) => {
                writeln!(err, "error: {error}")?;
                return Ok(exit::USAGE);
            }
        };
    }
    if args.dry_run {
        let machine = if live::is_possible() && !args.demo { machine::wanted(&args, &settings) } else { Vec::new() };
        return dry_run::print(catalog, &settings, &machine, args.json, out).map(|()| exit::OK);
    }
    let is_json = args.json;
    match until_signal(move |watch| in_runtime(&args, catalog, settings, clock, watch)) {
        Ok(done) => {
            if is_json {
                out.write_all(&done.manifest)?;
            }
            write!(err, "{}", done.summary)?;
            Ok(done.exit_code)
        }
        Err(stopped) => {
            writeln!(err, "error: {stopped}")?;
            Ok(stopped.exit_code())
        }
    }
}

fn in_runtime(
    args: &CollectArgs,
    catalog: &'static Catalog,
    settings: Settings,
    clock: Clock,
    watch: &Watch,
) -> Result<Done, Stopped> {
    // More cleaning threads than processors gain nothing and cost memory: each keeps its own heap and its own memory
    // of recent pseudonyms. Two more are for looking up names and for the azure command.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.min(2))
        .max_blocking_threads(threads)
        .enable_all()
        .build()
        .map_err(|error| Stopped::Unexpected(error.to_string()))?;
    let result = runtime.block_on(collect(args, catalog, settings, clock, watch));
    // A request that hangs in the resolver must not keep a finished program alive.
    runtime.shutdown_background();
    result
}

/// A run that may begin.
struct Session {
    connection: Connection,
    /// Makes pseudonyms.
    key: MasterKey,
}

/// What a finished run leaves to say.
struct Done {
    manifest: Vec<u8>,
    summary: String,
    exit_code: u8,
}

async fn collect(
    args: &CollectArgs,
    catalog: &'static Catalog,
    mut settings: Settings,
    clock: Clock,
    watch: &Watch,
) -> Result<Done, Stopped> {
    let given_key = args.key.as_deref().map(|path| keys::named(path, Some(&settings.out))).transpose()?;
    let inputs = if args.inputs.is_empty() { None } else { Some(Inputs::find(&args.inputs)?) };
    let (output, earlier) = resume::claim(args, &settings.out)?;
    watch.own(output.part());
    let started = earlier.as_ref().map_or_else(|| clock.now(), |mark| mark.started);
    if let Some(mark) = &earlier {
        settings.window = Window { since: mark.since, until: mark.until };
    }
    let progress = Arc::new(Progress::new(settings.plan.datasets.len() as u64));
    let way = sign_in::find_way(args, &settings, clock).await?;
    let talk = {
        let progress = Arc::clone(&progress);
        Arc::new(move |line: &str| progress.say(line))
    };
    let connection = sign_in::connect(catalog, args, &settings, clock, way, talk).await?;
    let key = match given_key {
        Some(key) => key,
        None => keys::own(Some(&connection.tenant_id), Some(&settings.out), clock, &|line| progress.say(line))?,
    };
    let session = Session { connection, key };
    let began = Instant::now();
    let (inputs, machine) = machine::gather(args, &settings, inputs, clock, &progress).await?;
    settings.deadline = settings.deadline.map(|length| length.saturating_sub(began.elapsed()));
    let (gate, cipher) = closing::gate(catalog, &session.key, settings.policy.clone());
    let mark = resume::mark(args, &settings, &session.connection.tenant_id, (&session.key, &*cipher), started);
    let has_files = inputs.is_some() || !settings.incidents.is_empty();
    let spool_key = SpoolKey::of(&*cipher);
    let (spool, past) = match &earlier {
        Some(earlier) => {
            resume::agree(args, earlier, &mark)?;
            let (spool, past) = Spool::reopen(&output.spool_folder(), &spool_key)?;
            kept::sift(&spool, &past, catalog, &settings, has_files)?;
            (spool, past)
        }
        None => (Spool::begin(&output.spool_folder(), Some(&mark), &spool_key)?, Past::default()),
    };
    let spool = spool.compressing(args.compression);
    let road = Arc::new(road::Road::new(catalog, (gate, cipher), spool, past, Arc::clone(&progress)));
    let known = places::look(&session.connection.client, catalog, &settings).await;
    let places = places::Places::of(&settings, &known, &session.connection.reach)?;
    // Stopping in the middle has a meaning of its own.
    watch.hear(true);
    let gathered = conductor::conduct(catalog, &settings, &session, &places, &road, (clock, inputs)).await?;
    watch.hear(false);
    progress.close();
    session.connection.close().await;
    let ending = finish::Ending {
        args,
        settings: &settings,
        started,
        resumed: earlier.is_some(),
        is_early: road.is_early(),
        clock,
        session: &session,
        places: &places,
        machine,
        gathered,
    };
    // Sealing, zipping and checking are work for the processor: they may block this thread.
    tokio::task::block_in_place(|| finish::finish(road, output, ending))
}
