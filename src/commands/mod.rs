//! The commands: routes through the rooms.

pub mod catalog;
pub mod key;
pub mod reveal;
pub mod simulate;
pub mod token;
pub mod verify;

use std::process::ExitCode;

/// Runs the command that the arguments name.
pub fn run(_args: impl Iterator<Item = std::ffi::OsString>) -> ExitCode {
    ExitCode::SUCCESS
}
