//! The machine that the program runs on: what the plan wants of a server is gathered here, if this is a Windows machine
//! and nobody gave a copy of one.
//!
//! Takes the plan and the files of `--input`, adds what was gathered to these. It lives in memory and goes the road of files.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::args::CollectArgs;
use super::progress::Progress;
use super::settings::Settings;
use crate::catalog::host::{Item, items};
use crate::clock::Clock;
use crate::commands::stopped::Stopped;
use crate::files::{InputError, Inputs};
use crate::host::live;
use crate::net::{ClientOptions, http_client};
use crate::record::Verdict;
use crate::tenant::TenantSettings;
use crate::tenant::onprem::{Health, server_folder};

/// How datasets ended, as far as the machine goes.
pub(super) type Verdicts = BTreeMap<&'static str, Verdict>;

/// What would be gathered.
pub(super) fn wanted(args: &CollectArgs, settings: &Settings) -> Vec<&'static Item> {
    let is_planned = |dataset: &str| settings.plan.datasets.iter().any(|row| row.id == dataset);
    // What is included by name is wanted whole.
    let profiles = if args.include.is_empty() { args.profiles.as_slice() } else { &[] };
    live::wanted(is_planned, profiles)
}

/// Gathers, where it is possible. Without a copy of a server among the files, and not in the demo, which has its own where
/// nobody names files.
///
/// # Errors
/// No HTTP client can be made, or there are more files than a bundle holds.
pub(super) async fn gather(
    args: &CollectArgs,
    settings: &Settings,
    inputs: Option<Inputs>,
    clock: Clock,
    progress: &Progress,
) -> Result<(Option<Inputs>, Verdicts), Stopped> {
    let wanted = wanted(args, settings);
    if args.demo && inputs.is_none() && settings.plan.datasets.iter().any(|row| row.is_on_premises()) {
        return Ok((Some(of_demo(clock)?), Verdicts::new()));
    }
    let is_copied = inputs.as_ref().is_some_and(is_copy);
    if args.demo || is_copied || wanted.is_empty() || !live::is_possible() {
        return Ok((inputs, Verdicts::new()));
    }
    let http = http_client(&ClientOptions::default())?;
    let Some(machine) = live::Machine::this(Some(http), clock) else { return Ok((inputs, Verdicts::new())) };
    progress.say(&format!("Gathering {} items from this machine.", wanted.len()));
    if !machine.is_elevated() {
        progress.say("This is not an administrator's session: what needs one is left out and named.");
    }
    let tell = |id: &str| progress.say_unless_moving(&format!("  {id}"));
    let deadline = settings.deadline.map(|length| Instant::now() + length);
    let found = tokio::select! {
        found = live::gather(&machine, &wanted, (settings.window, deadline), &tell) => found,
        _ = tokio::signal::ctrl_c() => return Err(Stopped::Interrupted),
    };
    let verdicts = live::verdicts(&found);
    let mut inputs = inputs.unwrap_or_else(Inputs::none);
    live::add(found, &mut inputs)?;
    Ok((Some(inputs), verdicts))
}

/// The servers of the embedded tenant: files in memory.
fn of_demo(clock: Clock) -> Result<Inputs, InputError> {
    let mut inputs = Inputs::none();
    server_folder(&TenantSettings::demo(clock.now()), Health::Planted, &mut |file| {
        inputs.add_bytes(&file.name, file.bytes.into())
    })?;
    Ok(inputs)
}

/// Whether the files are a copy of a server: some of them are called like it.
fn is_copy(inputs: &Inputs) -> bool {
    inputs.names().any(|name| items().iter().any(|item| item.fits_name(name).is_some()))
}
