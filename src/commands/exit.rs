//! Exit codes (contract). Scripts rely on them; a code never changes its meaning.

/// Everything that was asked for is complete or answered.
pub const OK: u8 = 0;
/// Something unexpected.
pub const UNEXPECTED: u8 = 1;
/// The command line, a rule file or another input is wrong.
pub const USAGE: u8 = 2;
/// The bundle was written, but something is partial, denied, failed or interrupted.
pub const INCOMPLETE: u8 = 3;
/// Verification failed.
pub const VERIFICATION: u8 = 4;
/// Sign-in or consent failed; nothing was collected.
pub const SIGN_IN: u8 = 5;
/// The output cannot be written.
pub const OUTPUT: u8 = 6;
/// Interrupted before a bundle could be written.
pub const INTERRUPTED: u8 = 130;
