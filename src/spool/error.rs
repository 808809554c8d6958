//! What can go wrong in the spool. Every one of these means: no trustworthy bundle from this run.

use super::EntryPath;
use std::io;
use std::path::PathBuf;

/// An error of the spool.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A spool stands where one should be made.
    #[error(
        "a spool of an earlier run is in the way: {}; go on with that run (collect --resume), or delete the folder",
        .folder.display()
    )]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder or a file in it could not be made or opened.
    #[error("the spool folder {} cannot be used: {source}; choose another --out, or free that folder", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No space is left.
    #[error(
        "the disk is full: {needed_bytes} more bytes were needed for the spool; \
         free space and run again (collect: with --resume), or choose another --out"
    )]
    DiskFull {
        /// What the failed write wanted.
        needed_bytes: u64,
    },
    /// A write failed for another reason.
    #[error("the spool cannot be written: {0}; run again (collect: with --resume) when the disk answers")]
    Write(io::Error),
    /// A read failed.
    #[error("the spool cannot be read back: {0}; run again (collect: with --resume) when the disk answers")]
    Read(io::Error),
    /// A block does not unpack to what was packed.
    #[error("a spooled block of {entry}, slice {slice}, is damaged on the disk; delete the spool and run again")]
    Damaged {
        /// Its payload file.
        entry: String,
        /// Its slice.
        slice: u32,
    },
    /// The program's own mistake: a batch whose lines are not what it says, or a part out of place.
    #[error("{entry}, slice {slice}, part {part}: {what}; this is a defect of entra-bundle, please report it")]
    Misuse {
        /// The payload file.
        entry: String,
        /// The slice.
        slice: u32,
        /// The part.
        part: u32,
        /// What does not fit.
        what: &'static str,
    },
    /// The journal of an earlier run cannot be read.
    #[error("line {line} of the spool's journal is damaged; delete the spool and run again without --resume")]
    Journal {
        /// Counted from 1.
        line: usize,
    },
}

impl Error {
    /// Tells a full disk from other failures of a write.
    pub(super) fn writing(source: io::Error, needed_bytes: u64) -> Self {
        if is_full(&source) { Self::DiskFull { needed_bytes } } else { Self::Write(source) }
    }

    pub(super) fn misuse(entry: &EntryPath, order: super::Order, what: &'static str) -> Self {
        Self::Misuse { entry: entry.as_str().to_owned(), slice: order.slice, part: order.part, what }
    }
}

/// Whether there is no room left: on the disk, in the quota, in the size that a file may have.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
