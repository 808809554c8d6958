//! `--resume`: which run may go on, and as what.
//!
//! Takes the mark that an earlier run left in its spool and what this one is asked for, refuses with the reason when
//! they differ. The window is the earlier run's: `now` does not move it. Digests are keyed: without the key nobody can
//! try which tenant a spool is of.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::args::CollectArgs;
use super::settings::Settings;
use super::window::SINCE;
use crate::archive::Output;
use crate::commands::stopped::Stopped;
use crate::pseudonym::cipher::Cipher;
use crate::pseudonym::digest;
use crate::pseudonym::key::MasterKey;
use crate::source::Window;
use crate::spool::{self, Mark, Spool};

/// Why an earlier run cannot go on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::commands) enum NotResumed {
    /// No spool.
    #[error("--resume: there is no spool of an earlier run beside {}: name its --out, or run without --resume", .0.display())]
    Nothing(PathBuf),
    /// None or several in the folder.
    #[error("--resume: name the zip of the earlier run with --out ({0} spools are in this folder)")]
    Which(usize),
    /// Something is not what it was.
    #[error(
        "--resume: this run differs from the earlier one in {what}: repeat its options, or delete the spool folder and run without --resume"
    )]
    Differs {
        /// What.
        what: &'static str,
    },
}

/// The zip whose spool is the only one in the working folder.
///
/// # Errors
/// [`NotResumed::Which`].
pub(super) fn only_output() -> Result<PathBuf, NotResumed> {
    let names = std::fs::read_dir(".").into_iter().flatten().flatten().map(|entry| PathBuf::from(entry.file_name()));
    let mut spools = names.filter(|name| name.extension().is_some_and(|end| end == "spool"));
    match (spools.next(), spools.count()) {
        (Some(only), 0) => Ok(only.with_extension("")),
        (first, more) => Err(NotResumed::Which(usize::from(first.is_some()) + more)),
    }
}

/// Claims the output, and finds what an earlier run was if this one is to go on with it.
///
/// # Errors
/// Errors of output and spool; [`NotResumed::Nothing`].
pub(super) fn claim(args: &CollectArgs, out: &Path) -> Result<(Output, Option<Mark>), Stopped> {
    if !args.resume {
        let output = Output::claim(out)?;
        let folder = output.spool_folder();
        // Hours of work must not be lost because an option was forgotten.
        if folder.symlink_metadata().is_ok() {
            return Err(spool::Error::Exists { folder }.into());
        }
        return Ok((output, None));
    }
    let output = Output::take_over(out)?;
    let folder = output.spool_folder();
    if !folder.is_dir() {
        return Err(NotResumed::Nothing(out.to_owned()).into());
    }
    let mark = match Spool::mark(&folder) {
        Err(spool::Error::Folder { source, .. }) if source.kind() == ErrorKind::NotFound => None,
        other => other?,
    };
    if mark.is_none() {
        // Killed before it had written a line: nothing can be in it.
        clear(&folder).map_err(|source| spool::Error::Folder { folder, source })?;
    }
    Ok((output, mark))
}

/// Removes a spool without a journal, and nothing that is no spool's.
fn clear(folder: &Path) -> std::io::Result<()> {
    for name in ["blocks", "journal.jsonl", "journal.jsonl.new"] {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::remove_dir(folder)
}

/// What this run is.
pub(super) fn mark(
    args: &CollectArgs,
    settings: &Settings,
    tenant_id: &str,
    (key, cipher): (&MasterKey, &dyn Cipher),
    started: OffsetDateTime,
) -> Mark {
    let Window { since, until } = settings.window;
    let print = |text: &str| digest(cipher, "resume", text.as_bytes());
    let places = [&args.sources, &args.workspace, &args.storage, &args.event_hub].map(|given| given.join("\n"));
    let inputs: Vec<_> = args.inputs.iter().map(|path| path.to_string_lossy()).collect();
    let directory = [&args.ldap, &args.ldap_user, &args.ldap_base, &args.ldap_filter, &args.ldap_object];
    let directory = directory.map(|given| given.as_deref().unwrap_or_default()).join("\n");
    let others = format!("{} {} {}\n\n{directory}", args.office, args.incidents.len(), inputs.join("\n"));
    Mark {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        tenant: print(tenant_id),
        key_id: key.id(),
        policy_sha256: settings.policy.sha256(),
        sources: print(&format!("{}\n\n{others}", places.join("\n\n"))),
        asked_window: print(&asked_window(args)),
        since,
        until,
        started,
        datasets: settings.plan.datasets.iter().map(|row| row.id.clone()).collect(),
    }
}

fn asked_window(args: &CollectArgs) -> String {
    format!("{}\n{}", args.since.as_deref().unwrap_or(SINCE), args.until.as_deref().unwrap_or_default())
}

/// Whether this run goes on as the earlier one.
///
/// # Errors
/// [`NotResumed::Differs`] with the first difference.
pub(super) fn agree(args: &CollectArgs, earlier: &Mark, now: &Mark) -> Result<(), NotResumed> {
    let is_window_asked = args.since.is_some() || args.until.is_some();
    let checks = [
        (earlier.tool == now.tool, "the version of the program"),
        (earlier.key_id == now.key_id, "the key"),
        (earlier.tenant == now.tenant, "the tenant"),
        (earlier.policy_sha256 == now.policy_sha256, "the privacy policy"),
        (!is_window_asked || earlier.asked_window == now.asked_window, "the time window (it need not be given again)"),
        (earlier.datasets == now.datasets, "the datasets"),
        (earlier.sources == now.sources, "the places of the logs"),
    ];
    match checks.iter().find(|(agrees, _)| !agrees) {
        Some((_, what)) => Err(NotResumed::Differs { what }),
        None => Ok(()),
    }
}
