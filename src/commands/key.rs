//! `key`: makes, names and destroys key files.
//!
//! stdout carries the key's public name only, never the key. Exit codes: 0 done, 1 not done, 2 wrong use.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use crate::clock::Clock;
use crate::pseudonym::key::{self, MasterKey};

/// Arguments of `key`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key and write it to a new file
    New {
        /// The file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the public name of a key, as it stands in the manifest of a bundle
    Id {
        /// The key file
        file: PathBuf,
    },
    /// Overwrite and delete a key: no bundle made with it can be revealed any more
    Destroy {
        /// The key file
        file: PathBuf,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Runs `key` and gives the exit code.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: Args, clock: Clock, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    let done = match args.action {
        Action::New { out: file } => MasterKey::create(&file, clock.now()).map(|key| (file, key)),
        Action::Id { file } => MasterKey::load(&file).map(|key| (file, key)),
        Action::Destroy { file, yes } => return destroy(&file, yes, out, err),
    };
    match done {
        Ok((file, key)) => {
            if key::readable_by_others(&file) {
                writeln!(err, "warning: others on this machine can read {}: `chmod 600` it", file.display())?;
            }
            writeln!(err, "{}: keep a copy in a safe place and never send it", file.display())?;
            writeln!(out, "{}", key.id())?;
            Ok(0)
        }
        Err(error) => {
            writeln!(err, "{error}")?;
            Ok(1)
        }
    }
}

fn destroy(file: &std::path::Path, yes: bool, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    if !yes {
        if !std::io::stdin().is_terminal() {
            writeln!(err, "not destroyed: there is no terminal to ask on; add --yes to destroy it without a question")?;
            return Ok(2);
        }
        write!(
            err,
            "Nobody can reveal the bundles made with {} afterwards. Type `destroy` to go on: ",
            file.display()
        )?;
        err.flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if answer.trim() != "destroy" {
            writeln!(err, "not destroyed")?;
            return Ok(1);
        }
    }
    match key::destroy(file) {
        Ok(()) => {
            writeln!(out, "destroyed {}", file.display())?;
            writeln!(
                err,
                "The file was overwritten and deleted. On SSDs, snapshots, synchronised folders and backups older copies \
                 may survive: delete those too."
            )?;
            Ok(0)
        }
        Err(error) => {
            writeln!(err, "{error}")?;
            Ok(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_action(action: Action) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run(Args { action }, Clock::Fixed(time::OffsetDateTime::UNIX_EPOCH), &mut out, &mut err).unwrap();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn the_options_fit_together() {
        <Args as clap::Args>::augment_args(clap::Command::new("x")).debug_assert();
    }

    #[test]
    fn a_key_is_made_named_and_destroyed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.key");
        let (code, name, _) = run_action(Action::New { out: file.clone() });
        assert_eq!((code, name.trim().len()), (0, 16));
        assert_eq!(run_action(Action::Id { file: file.clone() }).1, name);
        let again = run_action(Action::New { out: file.clone() });
        assert!(again.0 == 1 && again.1.is_empty() && again.2.contains("never written over"));
        assert_eq!(run_action(Action::Destroy { file: file.clone(), yes: true }).0, 0);
        assert!(!file.exists());
        assert_eq!(run_action(Action::Id { file }).0, 1);
    }
}
