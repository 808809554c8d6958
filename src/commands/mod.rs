//! The commands: routes through the rooms.
//!
//! Takes the arguments, gives an exit code ([`exit`]). stdout carries data, stderr carries talk.

pub mod catalog;
pub mod collect;
pub mod exit;
pub mod key;
pub mod redact;
pub mod reveal;
pub mod simulate;
pub mod token;
pub mod verify;

mod abandon;
mod closing;
#[cfg(test)]
mod hub_tests;
#[cfg(test)]
mod hub_tls_tests;
mod keys;
mod plain;
mod stopped;
mod talk;
mod words;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::catalog::Catalog;
use crate::clock::Clock;

/// Collects what Microsoft Support asks for about an Entra tenant, replaces what identifies people, proves what is in it
#[derive(Parser)]
#[command(name = "entra-bundle", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Collect a tenant's data into one verified zip
    Collect(Box<collect::CollectArgs>),
    /// Look for what would stand in the way of a collection: takes the same options
    Doctor(Box<collect::CollectArgs>),
    /// Pseudonymise files: logs, exports, archives, another tool's output
    Redact(redact::RedactArgs),
    /// Check a bundle: structure, sums, completeness; with the key also for leaks
    Verify(verify::VerifyArgs),
    /// Turn pseudonyms back into what they stand for
    Reveal(reveal::Args),
    /// Show what a real value looks like in a bundle
    Token(token::Args),
    /// Make, name or destroy a key
    Key(key::Args),
    /// Show what can be collected, with which permission and why
    Catalog(catalog::CatalogArgs),
    /// Serve the embedded tenant, to try things and to test other tools
    Simulate(simulate::Arguments),
}

/// Runs the command that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a closed pipe is nobody's loss.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::OK });
        }
    };
    let (mut out, mut err) = (io::stdout().lock(), talk::Talk);
    match dispatch(cli.command, &mut out, &mut err) {
        Ok(code) => ExitCode::from(code),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(exit::OK),
        Err(error) if crate::spool::is_full(&error) => {
            talk::say("error: standard output cannot be written, the disk is full: free space, or send it elsewhere");
            ExitCode::from(exit::OUTPUT)
        }
        Err(error) => {
            talk::say(&format!("error: {error}"));
            ExitCode::from(exit::UNEXPECTED)
        }
    }
}

fn dispatch(command: Command, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let clock = match Clock::from_environment() {
        Ok(clock) => clock,
        Err(error) => {
            writeln!(err, "error: {error}")?;
            return Ok(exit::USAGE);
        }
    };
    match command {
        Command::Collect(args) => collect::run(args, clock, out, err),
        Command::Doctor(args) => collect::doctor::run(&args, clock, out, err),
        Command::Redact(args) => redact::run(args, clock, out, err),
        Command::Verify(args) => verify::run(&args, out, err),
        Command::Reveal(args) => reveal::run(args, clock, out, err),
        Command::Token(args) => token::run(args, clock, out, err),
        Command::Key(args) => key::run(args, clock, out, err),
        Command::Catalog(args) => catalog::run(&args, out),
        Command::Simulate(args) => {
            let catalog = Catalog::embedded().map_err(io::Error::other)?;
            match simulate::run(&args, catalog.datasets()) {
                Ok(()) => Ok(exit::OK),
                Err(failed) => {
                    writeln!(err, "error: {failed}")?;
                    Ok(failed.exit_code())
                }
            }
        }
    }
}
