//! Why a bundle could not be written (exit code 6, except for a defect of the program).

use std::io;
use std::path::PathBuf;

use crate::spool;

/// An error of the archive.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The output is there already.
    #[error("{} exists: choose another --out, or move it away (a bundle is never overwritten)", .path.display())]
    Exists {
        /// The output.
        path: PathBuf,
    },
    /// Another run writes it now.
    #[error("{} is being written by another run: wait for it, or choose another --out", .path.display())]
    Busy {
        /// The output.
        path: PathBuf,
    },
    /// The path has no file name that `sha256sum -c` could check.
    #[error("the output needs a plain file name, such as case.zip: choose another --out")]
    FileName,
    /// The folder is missing.
    #[error("the folder of {} does not exist: make it, or choose another --out", .path.display())]
    NoFolder {
        /// The output.
        path: PathBuf,
    },
    /// The file cannot be made.
    #[error("{} cannot be created: {source}; choose another --out", .path.display())]
    Create {
        /// The output.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No space is left.
    #[error(
        "the disk is full: the bundle needs {needed_bytes} bytes; free space and run again (collect: with --resume)"
    )]
    DiskFull {
        /// The length of the whole zip.
        needed_bytes: u64,
    },
    /// A write, a flush or a rename failed.
    #[error("the bundle cannot be written: {0}; nothing was left behind, run again (collect: with --resume)")]
    Write(io::Error),
    /// The signature was not made.
    #[error("the bundle could not be signed: {0}; check the signing key, or run without one")]
    Sign(io::Error),
    /// Two files would have the same name, or a name is not allowed.
    #[error("two files of the bundle have the same name, or a name is not allowed; please report this defect")]
    Name,
    /// Nothing to put into the bundle.
    #[error("the bundle would have no payload file; please report this defect")]
    Empty,
    /// The case identifier cannot stand in `bag-info.txt`.
    #[error("the case identifier has a control character: give --case as one plain line")]
    Case,
    /// The instant is outside 1980–2107.
    #[error("a zip holds times from 1980 to 2107: correct the clock or SOURCE_DATE_EPOCH")]
    Instant,
}

impl Error {
    /// Tells a full disk from other failures of a write.
    pub(super) fn writing(source: io::Error, needed_bytes: u64) -> Self {
        if spool::is_full(&source) { Self::DiskFull { needed_bytes } } else { Self::Write(source) }
    }
}
