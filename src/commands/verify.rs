//! `entra-bundle verify`: is this bundle whole, unchanged, and safe to unpack?
//!
//! Takes an untrusted zip, gives findings with stable codes; exit code 0 without any, 4 with some, 2 when there is
//! no such file or key, 1 when the disk fails. Streams: memory is the directory, the tag files and some buffers. It
//! checks names, lengths, sums and counts in every place where the bundle states them, so a change in one place
//! contradicts another; only a signature (`--signers`) tells whether all of them were changed together. With the key
//! it also looks for leaks. Unpacks nothing to disk.

mod bag;
mod content;
mod finding;
mod leaks;
mod lines;

use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use finding::{Finding, Verification};
pub use leaks::{LeakCheck, LeakReport, check, made_with, policy_of, verify_with_key};

use crate::pseudonym::cipher::Ff1;
use crate::pseudonym::key::MasterKey;

/// Arguments of `verify`.
#[derive(Args, Clone, Debug)]
pub struct VerifyArgs {
    /// The bundle
    #[arg(value_name = "FILE.zip")]
    pub file: PathBuf,
    /// The key the bundle was made with: checks too that what looks like an identifier is a pseudonym
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// A further check that sees every entry in the same pass, for example the leak check or a signature.
pub trait EntryCheck {
    /// An entry begins; `path` is below the top folder (sound, but untrusted).
    fn begin(&mut self, path: &str);
    /// Its next bytes. For `.jsonl` entries a piece is whole lines, as long as they are JSON Lines.
    fn piece(&mut self, bytes: &[u8]);
    /// The entry ended.
    fn end(&mut self) {}
    /// After the last entry: what was found.
    fn findings(&mut self) -> Vec<Finding> {
        Vec::new()
    }
}

/// Checks nothing more.
pub struct NoCheck;

impl EntryCheck for NoCheck {
    fn begin(&mut self, _: &str) {}
    fn piece(&mut self, _: &[u8]) {}
}

/// Verifies a bundle.
///
/// # Errors
/// Errors of the disk only; everything about the bundle is a finding.
pub fn verify(path: &Path, check: &mut dyn EntryCheck) -> io::Result<Verification> {
    let mut verification = Verification::default();
    bag::check(path, check, &mut verification)?;
    verification.findings.extend(check.findings());
    Ok(verification)
}

/// Runs the command; gives the exit code.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &VerifyArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some(path) = &args.key else { return tell(args, verify(&args.file, &mut NoCheck), out, err) };
    match MasterKey::load(path) {
        Ok(key) => tell(args, verify_with_key(&args.file, &Ff1::new(&key)), out, err),
        Err(error) => {
            writeln!(err, "error: {error}")?;
            Ok(2)
        }
    }
}

/// Runs the command with a further check; gives the exit code.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run_with(
    args: &VerifyArgs,
    check: &mut dyn EntryCheck,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    tell(args, verify(&args.file, check), out, err)
}

fn tell(
    args: &VerifyArgs,
    verified: io::Result<Verification>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let file = args.file.display();
    match verified {
        Ok(verification) => {
            if args.json {
                verification.write_json(out)?;
            } else {
                verification.write_text(&args.file, out)?;
            }
            Ok(if verification.is_ok() { 0 } else { 4 })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            writeln!(err, "error: {file} does not exist: name the zip that collect wrote")?;
            Ok(2)
        }
        Err(error) => {
            writeln!(err, "error: {file} cannot be read: {error}; copy it to a local disk and try again")?;
            Ok(1)
        }
    }
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod diagnosis;
#[cfg(test)]
mod tests;
