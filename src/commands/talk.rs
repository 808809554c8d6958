//! What is said on standard error. Nobody has to listen: a log on a full disk, a pager that was left, a terminal that is
//! gone are no reason to lose a run or to change its exit code.
//!
//! Takes lines, gives nothing. `eprintln!` would end the program where standard error cannot be written.

use std::io::{self, Write};

/// Standard error; what cannot be written is dropped.
pub(in crate::commands) struct Talk;

impl Write for Talk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says a line.
pub(in crate::commands) fn say(line: &str) {
    let _ = Talk.write(format!("{line}\n").as_bytes());
}
