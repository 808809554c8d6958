//! `doctor`: what would stand in the way of a collection, before an hour is spent.
//!
//! Takes the options of `collect`, checks this machine, the network, the clock, the sign-in, permissions, licences and
//! the place of each log, prints one line each. Collects nothing, makes no key, writes no file; looks into a place at the
//! last minutes of its logs only and throws away what it reads. Every wait is bounded, so that all of it takes less than
//! half a minute (a sign-in that waits for a person apart).

mod logs;
mod machine;
mod network;
mod rights;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::args::CollectArgs;
use super::places::{self, Places};
use super::settings::Settings;
use super::sign_in::{connect, find_way};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::commands::exit;
use crate::commands::stopped::Stopped;
use crate::record::{Outcome, Verdict};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Nothing stands in the way.
    Ok,
    /// Good to know; nothing is lost by it.
    Note,
    /// Something would be missing.
    Lacks,
    /// Nothing can be collected.
    Fails,
}

/// One line of the answer.
#[derive(Debug, serde::Serialize)]
struct Check {
    area: &'static str,
    state: State,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Check {
    fn new(area: &'static str, state: State, what: impl Into<String>) -> Self {
        Self { area, state, what: what.into(), hint: None }
    }

    fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// Runs the command.
///
/// # Errors
/// When stdout or stderr cannot be written.
pub fn run(args: &CollectArgs, clock: Clock, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let catalog = Catalog::embedded().map_err(io::Error::other)?;
    let settings = match Settings::new(args, catalog, clock.now()) {
        Ok(settings) => settings,
        Err(error) => {
            writeln!(err, "error: {error}")?;
            return Ok(exit::USAGE);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (checks, stopped) = runtime.block_on(examine(args, catalog, &settings, clock));
    runtime.shutdown_background();
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &serde_json::json!({ "checks": checks }))?;
        writeln!(out)?;
    } else {
        print(&checks, out)?;
    }
    if let Some(stopped) = stopped {
        writeln!(err, "error: {stopped}")?;
        return Ok(stopped.exit_code());
    }
    let is_there = |state: State, area: &str| {
        checks.iter().any(|check| check.state == state && (area.is_empty() || check.area == area))
    };
    Ok(match () {
        () if is_there(State::Fails, network::AREA) => exit::SIGN_IN,
        () if is_there(State::Fails, "") => exit::OUTPUT,
        () if is_there(State::Lacks, "") => exit::INCOMPLETE,
        () => exit::OK,
    })
}

/// The lists that are asked before the places are known answer within seconds, or nothing does.
const LOOK: Duration = Duration::from_secs(8);

async fn examine(
    args: &CollectArgs,
    catalog: &'static Catalog,
    settings: &Settings,
    clock: Clock,
) -> (Vec<Check>, Option<Stopped>) {
    let mut checks = machine::checks(settings);
    let way = match find_way(args, settings, clock).await {
        Ok(way) => way,
        Err(stopped) => return (checks, Some(stopped)),
    };
    checks.extend(network::checks(&way, settings, clock).await);
    if checks.iter().any(|check| check.state == State::Fails) {
        return (checks, None);
    }
    let talk = Arc::new(crate::commands::talk::say);
    let connection = match connect(catalog, args, settings, clock, way, talk).await {
        Ok(connection) => connection,
        Err(stopped) => return (checks, Some(stopped)),
    };
    let known = match timeout(LOOK, places::look(&connection.client, catalog, settings)).await {
        Ok(known) => known,
        Err(_) => places::Known { settings: Some(Err(slow())), licences: None },
    };
    checks.extend(rights::checks(catalog, settings, &connection, &known));
    match Places::of(settings, &known, &connection.reach) {
        Ok(places) => checks.extend(logs::checks(settings, &connection, &places, clock).await),
        Err(error) => return (checks, Some(error.into())),
    }
    connection.close().await;
    (checks, None)
}

fn slow() -> Verdict {
    Verdict::because(Outcome::Failed, "the diagnostic settings were not read in time")
}

fn print(checks: &[Check], out: &mut dyn Write) -> io::Result<()> {
    let mut area = "";
    for check in checks {
        if check.area != area {
            writeln!(out, "{}{}", if area.is_empty() { "" } else { "\n" }, check.area)?;
            area = check.area;
        }
        let mark = match check.state {
            State::Ok => "ok",
            State::Note => "note",
            State::Lacks => "lacks",
            State::Fails => "FAILS",
        };
        writeln!(out, "  {mark:<6} {}", check.what)?;
        if let Some(hint) = &check.hint {
            writeln!(out, "         {hint}")?;
        }
    }
    let count = |state: State| checks.iter().filter(|check| check.state == state).count();
    let (lacks, fails) = (count(State::Lacks), count(State::Fails));
    match (lacks, fails) {
        (0, 0) => writeln!(out, "\nNothing stands in the way of a collection."),
        (_, 0) => writeln!(out, "\n{lacks} things would be missing from a collection."),
        _ => writeln!(out, "\n{fails} things stand in the way of a collection, {lacks} more would be missing from it."),
    }
}
