//! Switches of the mutation tests: each turns one layer of the gate off, and a test must notice.
//!
//! Without the feature `gate-mutants` every switch is a constant, and nothing of this file is in the program.

/// The layers that can be turned off.
#[cfg(feature = "gate-mutants")]
pub const NAMES: [&str; 38] = [
    "account",
    "anchor",
    "announced-id",
    "base64",
    "breaks",
    "clean-name",
    "csv",
    "dashed-v4",
    "dashed-v6",
    "dictionary",
    "dn",
    "escapes",
    "expression",
    "guid",
    "har",
    "hexadecimal",
    "host",
    "ldif",
    "mac",
    "mail",
    "nested",
    "opaque-atom",
    "packed",
    "personal-site",
    "phone",
    "physical-id",
    "registry",
    "repair",
    "rules-by-key",
    "rules-by-path",
    "secrets",
    "share",
    "sid",
    "sid-bytes",
    "text-labels",
    "v4",
    "v6",
    "xml",
];

#[cfg(feature = "gate-mutants")]
mod switch {
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Position in the list of the layer that is off; beyond the list: none is.
    static OFF: AtomicUsize = AtomicUsize::new(usize::MAX);

    /// Turns one layer off, or none. Gates that were made before may remember what they found with it on.
    pub fn turn_off(name: Option<&str>) {
        let position = name.and_then(|name| super::NAMES.iter().position(|one| *one == name));
        OFF.store(position.unwrap_or(usize::MAX), Ordering::SeqCst);
    }

    /// Whether a layer is at work.
    pub(in crate::pseudonym) fn is_on(name: &str) -> bool {
        super::NAMES.get(OFF.load(Ordering::Relaxed)).is_none_or(|off| *off != name)
    }
}

#[cfg(feature = "gate-mutants")]
pub(in crate::pseudonym) use switch::is_on;
#[cfg(feature = "gate-mutants")]
pub use switch::turn_off;

/// Whether a layer is at work.
#[cfg(not(feature = "gate-mutants"))]
#[inline(always)]
pub(in crate::pseudonym) const fn is_on(_: &str) -> bool {
    true
}
