//! The binary: hands the arguments to the commands and returns their exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    entra_bundle::commands::run(std::env::args_os())
}
