//! Files that the customer names: opened, unpacked, recognised, cut into stretches.
//!
//! Takes paths (files, folders, globs, zips in zips, gzip, tar, standard input), gives to a [`Taker`] each file's head,
//! its [`RawStretch`]es in order and its end. What cannot be understood is withheld with a reason, never passed on.
//! Reads only; follows no symbolic link out of a folder, opens no device, unpacks within limits. Never writes.

mod cut;
mod decode;
mod encoding;
mod fault;
mod form;
mod found;
mod inputs;
mod magic;
mod name;
mod open;
mod sizes;
mod stretches;
#[cfg(test)]
mod tests;
mod walk;

use std::path::PathBuf;

pub(crate) use cut::{Rows, cells};
pub use inputs::{InputError, Inputs};
pub use stretches::{PipeFault, Piped};
pub use walk::Walked;

use crate::record::{Encoding, Form, RawStretch, RawText};

/// What is known of a file before it is read.
pub struct FileHead {
    /// Position among all files, from 0; the same in every walk over the same inputs.
    pub number: u32,
    /// Path below the input, `/` between folders, archives as folders (`logs.zip/audit.json`).
    pub name: RawText,
    /// How it is written; none when it is withheld.
    pub form: Option<Form>,
    /// How its characters are written.
    pub encoding: Encoding,
    /// What it was turned from, if its form could not be kept: `gzip`, `evtx`.
    pub unpacked_from: Option<&'static str>,
}

/// How a file ended.
#[derive(Clone, Debug)]
pub enum FileEnd {
    /// All of it was given.
    Whole {
        /// Length as found, bytes (before unpacking gzip).
        bytes: u64,
        /// Bytes that are no character in the file's encoding: read as Windows-1252 in a UTF-8 file, as U+FFFD in a
        /// UTF-16 file. These, and only these, are not written as they stood.
        repaired: u64,
    },
    /// Only what could be read was given: the stretches before the damage, and of an event log the sound records.
    Damaged {
        /// What is wrong, without values.
        reason: &'static str,
    },
    /// Nothing of it was given.
    Withheld {
        /// Why, without values.
        reason: &'static str,
        /// Length, bytes; 0 for what is no file (a link, a device).
        bytes: u64,
        /// SHA-256 of the file as found; none when it could not be read to its end.
        sha256: Option<[u8; 32]>,
    },
}

/// Takes the files of a walk, one after another.
pub trait Taker {
    /// A file begins.
    fn begin(&mut self, head: &FileHead);
    /// The next stretch of it. An error ends the walk.
    ///
    /// # Errors
    /// When nothing more can be taken.
    fn stretch(&mut self, stretch: RawStretch) -> Result<(), TakerClosed>;
    /// It ended.
    fn end(&mut self, end: FileEnd);
}

/// The taker takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakerClosed;

/// Walks once over inputs. To walk twice, keep the [`Inputs`].
///
/// # Errors
/// See [`Inputs::find`]; nothing was given then.
pub fn walk(inputs: &[PathBuf], taker: &mut dyn Taker) -> Result<Walked, InputError> {
    Ok(Inputs::find(inputs)?.walk(taker))
}
