//! Gathering on the server itself.
//!
//! Takes the items of the plan, gives for each what it came to: a file's path, or bytes in memory in the form in which a
//! copy of it would lie in a folder, so that both yield the same records. Never writes anything to the disk, never changes
//! the machine, never stops at an item that fails: its verdict says what hindered it, and what would help.

mod certificates;
mod console;
mod events;
mod expand;
mod gather;
mod name;
mod plan;
mod probe;
#[cfg(test)]
mod probe_tests;
mod proxy;
mod registry;
mod run;
#[cfg(test)]
#[cfg(unix)]
mod run_tests;
mod services;
mod shell;
mod system;
#[cfg(test)]
#[cfg(unix)]
mod tests;
mod verdict;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use self::expand::Variables;
use self::registry::Registry;
use self::services::Services;
use crate::catalog::host::Item;
use crate::clock::Clock;
use crate::files::{InputError, Inputs};
use crate::record::Verdict;

pub use gather::gather;
pub use plan::{description, wanted};
pub use verdict::verdicts;

/// What an item came to.
pub struct Gathered {
    /// The row.
    pub item: &'static Item,
    /// As a copy of it would be called: `/` between folders.
    pub name: String,
    /// What it holds.
    pub content: Content,
    /// How it ended: complete, or what hindered it.
    pub end: Verdict,
}

/// What was gathered.
pub enum Content {
    /// Nothing: the verdict says why.
    Nothing,
    /// In memory.
    Bytes(Bytes),
    /// A file, read where it lies as far as it went when it was found: programs may be writing it.
    Path {
        /// Where.
        path: PathBuf,
        /// How much of it.
        bytes: u64,
    },
}

/// A machine that can be gathered from.
pub struct Machine {
    variables: Arc<Variables>,
    registry: Arc<dyn Registry>,
    services: Arc<dyn Services>,
    /// Whether this process has an administrator's rights.
    is_elevated: bool,
    /// For trying out hosts; none: without HTTP.
    http: Option<reqwest::Client>,
    clock: Clock,
}

impl Machine {
    /// This machine, if it is a Windows machine. Its `http` client asks hosts that are tried out.
    #[cfg(windows)]
    pub fn this(http: Option<reqwest::Client>, clock: Clock) -> Option<Self> {
        let registry = registry::Windows;
        // Only administrators can look into the local service account's settings.
        let is_elevated = registry.read(r"HKU\S-1-5-19").is_ok();
        Some(Self {
            variables: Arc::new(|name: &str| std::env::var(name).ok()),
            registry: Arc::new(registry),
            services: Arc::new(services::Windows),
            is_elevated,
            http,
            clock,
        })
    }

    /// This machine, if it is a Windows machine: it is not.
    #[cfg(not(windows))]
    pub fn this(_: Option<reqwest::Client>, _: Clock) -> Option<Self> {
        None
    }

    /// Whether this process has an administrator's rights.
    pub fn is_elevated(&self) -> bool {
        self.is_elevated
    }
}

/// Adds what was gathered to the files of a run, in order.
///
/// # Errors
/// [`InputError::TooMany`].
pub fn add(found: Vec<Gathered>, inputs: &mut Inputs) -> Result<(), InputError> {
    for one in found {
        match one.content {
            Content::Nothing => {}
            Content::Bytes(bytes) => inputs.add_bytes(&one.name, bytes)?,
            Content::Path { path, bytes } => inputs.add_growing(&one.name, path, bytes)?,
        }
    }
    Ok(())
}

/// Whether this program runs on a machine that can be gathered from at all.
pub const fn is_possible() -> bool {
    cfg!(windows)
}
