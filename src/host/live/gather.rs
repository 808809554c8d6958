//! Item by item: what each origin needs, and what became of it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::run::{Call, Ended, RUN_ELEVATED, Ran, denied, run};
use super::{
    Content, Gathered, Machine, certificates, console, events, expand, name, probe, registry, services, shell, system,
};
use crate::catalog::host::{Item, Origin};
use crate::limits::{
    COMMAND_LINE_UNITS_MAX, HOST_EVENTS_MAX, HOST_ITEM_BYTES, HOST_MEMORY_BYTES_MAX, HOST_OUTPUT_BYTES_MAX,
    HOST_PROGRAM_S,
};
use crate::record::{Outcome, Verdict};
use crate::source::Window;

/// Gathers items on a machine, one after another, so that a server is not burdened; one result for each item at least,
/// several where it is several files. None is begun after the deadline. `tell` hears the id of each item before it is
/// gathered. LDAP items are left out: they are asked of a directory.
///
/// Cancel-safe: dropped, it ends the program that it runs.
pub async fn gather(
    machine: &Machine,
    items: &[&'static Item],
    (window, deadline): (Window, Option<Instant>),
    tell: &(dyn Fn(&str) + Sync),
) -> Vec<Gathered> {
    let mut all = Vec::new();
    // Starting PowerShell takes a second, and dozens of items need the same module.
    let mut no_modules: BTreeSet<&str> = BTreeSet::new();
    for item in items.iter().copied().filter(|item| !matches!(item.from, Origin::Ldap { .. })) {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            all.push(nothing(item, Verdict::because(Outcome::Interrupted, "the deadline came first")));
            continue;
        }
        let used: usize = all.iter().map(in_memory_bytes).sum();
        let room = HOST_MEMORY_BYTES_MAX.saturating_sub(used);
        if room == 0 {
            let full =
                Verdict::because(Outcome::Partial, "what was gathered before it fills the memory set aside for it");
            all.push(nothing(item, full.with_hint("a shorter window (--since), or one --profile at a time")));
            continue;
        }
        tell(&item.id);
        let module = match &item.from {
            Origin::Powershell { module, .. } => module.as_deref(),
            _ => None,
        };
        if module.is_some_and(|module| no_modules.contains(module)) {
            all.push(nothing(item, no_module()));
            continue;
        }
        let mut found = one(machine, item, window, room).await;
        if found.iter().any(|one| one.end.outcome == Outcome::Unavailable) {
            no_modules.extend(module);
        }
        if found.is_empty() {
            found.push(nothing(item, Verdict::because(Outcome::Unavailable, "there is nothing of it on this machine")));
        }
        all.append(&mut found);
    }
    all
}

async fn one(machine: &Machine, item: &'static Item, window: Window, room: usize) -> Vec<Gathered> {
    let most = bytes_max(item).min(room).min(HOST_OUTPUT_BYTES_MAX);
    match &item.from {
        Origin::Files { paths } => files(machine, item, paths, window).await,
        Origin::Events { channel, providers, ids } => {
            let calls = events::calls(channel, providers, ids, (since(item, window), window.until));
            channel_events(machine, item, calls, most).await
        }
        Origin::Command { program, args } => {
            let args = args.iter().map(|word| expand::expand(word, &*machine.variables));
            let args: Option<Vec<OsString>> = args.map(|word| word.map(OsString::from)).collect();
            match args {
                Some(args) => vec![output(item, call(machine, item, program, args, most).await, machine)],
                None => Vec::new(),
            }
        }
        Origin::Powershell { module, script } => {
            let args = shell::arguments(module.as_deref(), script);
            vec![powershell(item, call(machine, item, shell::PROGRAM, args, most).await, machine)]
        }
        Origin::Probe { hosts, port } => {
            let tries = hosts.iter().map(|host| probe::probe(host, *port, machine.http.as_ref(), machine.clock));
            let lines: String = join_all(tries).await.iter().map(|line| format!("{line}\n")).collect();
            vec![in_memory(item, 0, lines, Verdict::complete())]
        }
        Origin::Registry { .. } | Origin::Services { .. } | Origin::Certificates { .. } | Origin::System { .. } => {
            let (variables, registry) = (Arc::clone(&machine.variables), Arc::clone(&machine.registry));
            let (services, is_elevated) = (Arc::clone(&machine.services), machine.is_elevated);
            let work = move || stored(item, &*variables, &*registry, &*services, is_elevated);
            let lost = |_| nothing(item, Verdict::because(Outcome::Failed, "reading it ended early"));
            vec![tokio::task::spawn_blocking(work).await.unwrap_or_else(lost)]
        }
        Origin::Ldap { .. } => Vec::new(),
    }
}

/// What is read without running anything.
fn stored(
    item: &'static Item,
    variables: &expand::Variables,
    registry: &dyn registry::Registry,
    manager: &dyn services::Services,
    is_elevated: bool,
) -> Gathered {
    match &item.from {
        Origin::Registry { keys, values, deep } => {
            let export = registry::export(registry, keys, values, *deep, bytes_max(item));
            let verdict = if export.read == 0 && export.denied == 0 && export.failed == 0 {
                Verdict::because(Outcome::Unavailable, "none of the keys is on this machine")
            } else if export.is_cut {
                Verdict::because(Outcome::Partial, "the keys hold more than is taken of them")
            } else {
                partly(export.read, export.denied, export.failed, "keys", is_elevated)
            };
            in_memory(item, 0, export.text, verdict)
        }
        Origin::Services { names } => {
            let (lines, denied, failed) = services::services(names, manager);
            let known = lines.lines().count() - denied;
            in_memory(item, 0, lines, partly(known, denied, failed, "services", is_elevated))
        }
        Origin::Certificates { stores } => {
            let found = certificates::certificates(stores, registry, variables);
            let verdict = if found.missing == stores.len() {
                Verdict::because(Outcome::Unavailable, "none of the stores is on this machine")
            } else {
                partly(found.count, found.denied, found.damaged, "stores or certificates", is_elevated)
            };
            in_memory(item, 0, found.lines, verdict)
        }
        Origin::System { facts } => in_memory(item, 0, system::facts(facts, registry, variables), Verdict::complete()),
        _ => nothing(item, Verdict::because(Outcome::Failed, "it is not stored on this machine")),
    }
}

/// How something ended of which a part was closed to us, or failed.
fn partly(read: usize, closed: usize, failed: usize, what: &str, is_elevated: bool) -> Verdict {
    match (read, closed, failed) {
        (_, 0, 0) => Verdict::complete(),
        (0, 1.., _) => denied(is_elevated),
        (_, 1.., _) => {
            let hint = denied(is_elevated).hint;
            let verdict = Verdict::because(Outcome::Partial, format!("{closed} {what} need elevation"));
            Verdict { hint, ..verdict }
        }
        (0, ..) => Verdict::because(Outcome::Failed, format!("{failed} {what} could not be read")),
        _ => Verdict::because(Outcome::Partial, format!("{failed} {what} could not be read")),
    }
}

/// Files, newest first. What is too old or too much is counted; the newest is taken however old it is, since some
/// programs write once a year.
async fn files(machine: &Machine, item: &'static Item, paths: &[String], window: Window) -> Vec<Gathered> {
    let (paths, variables) = (paths.to_vec(), Arc::clone(&machine.variables));
    let find = move || {
        let (mut found, mut is_closed) = (Vec::new(), false);
        for path in &paths {
            let (more, closed) = expand::files(path, &*variables);
            is_closed |= closed;
            let data = |path: &std::path::Path| path.metadata().and_then(|data| Ok((data.modified()?, data.len())));
            found.extend(more.into_iter().map(|path| (data(&path), path)));
        }
        (found, is_closed)
    };
    let (mut found, is_closed) = tokio::task::spawn_blocking(find).await.unwrap_or_default();
    found.sort_by(|(one, left), (other, right)| {
        let time = |data: &std::io::Result<(std::time::SystemTime, u64)>| data.as_ref().ok().map(|data| data.0);
        time(other).cmp(&time(one)).then_with(|| left.cmp(right))
    });
    found.dedup_by(|(_, one), (_, other)| one == other);
    let oldest = item.age_days_max.map(|_| std::time::SystemTime::from(since(item, window)));
    let mut room = item.bytes_max.unwrap_or(HOST_ITEM_BYTES);
    let (mut taken, mut too_much) = (Vec::new(), 0_usize);
    for (number, (data, path)) in found.into_iter().enumerate() {
        match data.and_then(|data| std::fs::File::open(&path).map(|_| data)) {
            Ok((written, _)) if number > 0 && oldest.is_some_and(|oldest| written < oldest) => {}
            Ok((_, bytes)) if bytes > room => too_much += 1,
            Ok((_, bytes)) => {
                room -= bytes;
                let name = path.to_string_lossy().replace('\\', "/");
                let name =
                    name.split_once(":/").map_or(name.as_str(), |(_, rest)| rest).trim_start_matches('/').to_owned();
                let content = Content::Path { path, bytes };
                taken.push(Gathered { item, name, content, end: Verdict::complete() });
            }
            Err(error) => taken.push(nothing(item, unreadable(&error, machine))),
        }
    }
    if is_closed {
        taken.push(nothing(item, denied(machine.is_elevated)));
    }
    if too_much > 0 {
        let reason = format!("{too_much} files are left out: the item's files are longer than is taken of them");
        let hint = "copy them to a folder and name it with --input";
        taken.push(nothing(item, Verdict::because(Outcome::Partial, reason).with_hint(hint)));
    }
    taken
}

fn unreadable(error: &std::io::Error, machine: &Machine) -> Verdict {
    match error.kind() {
        ErrorKind::PermissionDenied => denied(machine.is_elevated),
        ErrorKind::NotFound => Verdict::because(Outcome::Partial, "a file went while it was looked for"),
        _ => Verdict::because(Outcome::Failed, "a file cannot be read"),
    }
}

async fn channel_events(
    machine: &Machine,
    item: &'static Item,
    calls: Vec<Vec<OsString>>,
    bytes_max: usize,
) -> Vec<Gathered> {
    let mut found: Vec<Gathered> = Vec::new();
    for (number, args) in calls.into_iter().enumerate() {
        let ran = call(machine, item, events::PROGRAM, args, bytes_max).await;
        let (text, count) = events::whole(&ran.stdout);
        let end = events_end(&ran, count, machine.is_elevated);
        found.push(match count {
            0 => Gathered { content: Content::Nothing, ..in_memory(item, number, String::new(), end) },
            _ => in_memory(item, number, text, end),
        });
    }
    found
}

/// How a query of a channel ended that gave so many events.
pub(super) fn events_end(ran: &Ran, count: usize, is_elevated: bool) -> Verdict {
    match ran.ended {
        Ended::Exited(events::NO_CHANNEL) => {
            Verdict::because(Outcome::Unavailable, "there is no such event channel on this machine")
        }
        _ if count >= HOST_EVENTS_MAX => {
            Verdict::because(Outcome::Partial, "the channel holds more events than are taken of it")
                .with_hint("a shorter window: --since")
        }
        // Without an event it writes the root element.
        Ended::Exited(0) if ran.stdout.is_empty() => Verdict::because(Outcome::Failed, "the event log gave no answer"),
        _ => ran.verdict(is_elevated),
    }
}

fn output(item: &'static Item, ran: Ran, machine: &Machine) -> Gathered {
    let end = ran.verdict(machine.is_elevated);
    // What a program says of its failure is often on the other stream.
    let content = if ran.stdout.is_empty() { ran.stderr } else { ran.stdout };
    let content = console::utf8(content, console::code_page(&*machine.registry));
    Gathered { end, ..in_memory(item, 0, content, Verdict::complete()) }
}

fn powershell(item: &'static Item, ran: Ran, machine: &Machine) -> Gathered {
    let end = match ran.ended {
        Ended::Exited(shell::NO_MODULE) => return nothing(item, no_module()),
        Ended::Exited(shell::BROKEN_MODULE) if !machine.is_elevated => denied(false),
        Ended::Exited(shell::BROKEN_MODULE) => {
            Verdict::because(Outcome::Failed, "its PowerShell module could not be loaded")
        }
        Ended::Exited(shell::DONE) if ran.stderr.is_empty() => Verdict::complete(),
        // An error that the script went on after: what it wrote is there, what it could not write is not.
        Ended::Exited(shell::DONE) => {
            let outcome = if ran.stdout.is_empty() { Outcome::Failed } else { Outcome::Partial };
            let end = Verdict::because(outcome, "a cmdlet reported an error");
            if machine.is_elevated { end } else { end.with_hint(RUN_ELEVATED) }
        }
        Ended::Exited(0) => Verdict::because(Outcome::Failed, "PowerShell ended before the script did"),
        _ => ran.verdict(machine.is_elevated),
    };
    Gathered { end, ..in_memory(item, 0, ran.stdout, Verdict::complete()) }
}

fn no_module() -> Verdict {
    Verdict::because(Outcome::Unavailable, "its PowerShell module is not on this machine")
}

async fn call(machine: &Machine, item: &Item, program: &str, args: Vec<OsString>, bytes_max: usize) -> Ran {
    let lost = |ended| Ran { ended, stdout: Vec::new(), stderr: Vec::new() };
    let Some(program) = expand::program(program, &*machine.variables) else { return lost(Ended::Missing) };
    let units = args.iter().map(|word| word.len() + 3).sum::<usize>();
    if units >= COMMAND_LINE_UNITS_MAX {
        return lost(Ended::NotStarted);
    }
    let timeout = Duration::from_secs(u64::from(item.timeout_s.unwrap_or(HOST_PROGRAM_S)));
    run(&Call { program: program.into_os_string(), args, timeout, bytes_max }).await
}

fn bytes_max(item: &Item) -> usize {
    usize::try_from(item.bytes_max.unwrap_or(HOST_ITEM_BYTES)).unwrap_or(usize::MAX)
}

fn in_memory_bytes(one: &Gathered) -> usize {
    match &one.content {
        Content::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// From when on an item is wanted.
fn since(item: &Item, window: Window) -> OffsetDateTime {
    let Some(days) = item.age_days_max else { return OffsetDateTime::UNIX_EPOCH };
    window.since.min(window.until - time::Duration::days(i64::from(days)))
}

fn in_memory(item: &'static Item, number: usize, bytes: impl Into<Bytes>, end: Verdict) -> Gathered {
    let bytes = bytes.into();
    let content = if bytes.is_empty() { Content::Nothing } else { Content::Bytes(bytes) };
    Gathered { item, name: name::of(item, number), content, end }
}

fn nothing(item: &'static Item, end: Verdict) -> Gathered {
    in_memory(item, 0, Bytes::new(), end)
}
