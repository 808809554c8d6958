//! The archive: one deterministic zip in the layout of BagIt 1.0 (RFC 8493).
//!
//! Takes [`SealedEntry`]s from the spool and [`CleanDocument`]s, gives `FILE.zip` and `FILE.zip.sha256`. Same
//! records, same documents, same instant: same bytes. Entries are sorted by the bytes of their names, carry one
//! fixed time, no extra fields, no data descriptors, and ZIP64 only beyond 4 GiB, because readers differ there.
//!
//! It never sees a raw record, and the compiler sees to that: the spool takes a `CleanBatch`,
//!
//! ```
//! use entra_bundle::{pseudonym::CleanBatch, spool::{EntryPath, Error, Order, Spool}};
//! fn keep(spool: &Spool, entry: &EntryPath, order: Order, clean: CleanBatch) -> Result<(), Error> {
//!     spool.append(entry, order, clean)
//! }
//! ```
//!
//! and nothing else;
//!
//! ```compile_fail,E0308
//! use entra_bundle::{record::RawRecord, spool::{EntryPath, Error, Order, Spool}};
//! fn keep(spool: &Spool, entry: &EntryPath, order: Order, raw: RawRecord) -> Result<(), Error> {
//!     spool.append(entry, order, raw)
//! }
//! ```
//!
//! a document is made from a clean text,
//!
//! ```
//! use entra_bundle::{archive::CleanDocument, pseudonym::CleanText};
//! fn document(clean: &CleanText) -> CleanDocument {
//!     CleanDocument::text("notes.txt", clean)
//! }
//! ```
//!
//! not from any text.
//!
//! ```compile_fail,E0308
//! use entra_bundle::{archive::CleanDocument, record::RawText};
//! fn document(raw: &RawText) -> CleanDocument {
//!     CleanDocument::text("notes.txt", raw)
//! }
//! ```

mod bag;
mod document;
mod error;
mod output;
mod reader;
mod sink;
mod stream;
mod word;
mod zip;

use crate::pseudonym::CleanText;
use crate::spool::{SealedEntry, Spool};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

pub use bag::{BAGIT_TXT, SIGNATURE, SUMS, Sum, TAG_SUMS, parse_sums};
pub use document::CleanDocument;
pub use error::Error;
pub use output::Output;
pub use reader::{Fault, Member, ZipFile};
pub use word::{Hex, TopFolder, Word};

/// Everything about a bundle that is not a payload file.
pub struct Bundle<'a> {
    /// The one top folder.
    pub folder: TopFolder,
    /// The instant that every entry carries, rounded down to 2 s (DOS time, UTC).
    pub instant: OffsetDateTime,
    /// The support case, for `External-Identifier`.
    pub case: Option<&'a CleanText>,
    /// Which key made the pseudonyms.
    pub key_id: Option<Word>,
    /// `manifest.json`, `report.html` and the like.
    pub documents: Vec<CleanDocument>,
    /// Signs the bundle, if it is to be signed.
    pub signer: Option<&'a dyn Signer>,
}

/// Signs a bundle.
pub trait Signer {
    /// Takes the bytes of `tagmanifest-sha256.txt`, gives an armoured SSHSIG file (namespace `entra-bundle`).
    ///
    /// # Errors
    /// When no signature can be made; then no bundle is made either.
    fn sign(&self, tag_manifest: &[u8]) -> std::io::Result<String>;
}

/// A bundle that stands.
#[derive(Clone, Debug)]
pub struct Written {
    /// The zip.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// The zip's SHA-256, as in `FILE.zip.sha256`.
    pub sha256: Hex,
    /// The SHA-256 of `tagmanifest-sha256.txt`: the bundle's identity, whatever compressed it.
    pub root_sha256: Hex,
}

/// A bundle that is written but has no final name yet: the time to read it back and look for leaks.
/// Dropped, it leaves nothing.
pub struct Draft {
    output: Output,
    root_sha256: Hex,
}

impl Draft {
    /// The file as it stands on the disk, `FILE.zip.part`.
    pub fn path(&self) -> &Path {
        self.output.part()
    }

    /// Throws the file's content away and keeps the claim, so that it can be written again.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn rewind(self) -> Result<Output, Error> {
        self.output.rewind()
    }

    /// Gives it its final name and writes `FILE.zip.sha256`. Blocking.
    ///
    /// # Errors
    /// Errors of the disk; then nothing with the final name is left.
    pub fn publish(self) -> Result<Written, Error> {
        let (path, bytes, sha256) = self.output.commit()?;
        Ok(Written { path, bytes, sha256, root_sha256: self.root_sha256 })
    }
}

/// Writes the bundle to its `.part` file. Blocking. On any error nothing is left.
///
/// # Errors
/// [`Error::DiskFull`] with the whole size, [`Error::Name`] for documents that clash, errors of the disk.
pub fn write(output: Output, spool: &Spool, entries: &[SealedEntry], bundle: &Bundle<'_>) -> Result<Draft, Error> {
    let (tags, root_sha256) = bag::tags(entries, bundle)?;
    zip::write(output.file()?, spool, entries, &tags, bundle)?;
    Ok(Draft { output, root_sha256 })
}

#[cfg(test)]
mod interop;
#[cfg(test)]
pub(crate) mod tests;
