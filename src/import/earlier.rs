//! Bundles of this program among the files: known by their `bag-info.txt`, whose name sorts before that of the payload, and
//! by their entries' names.
//!
//! What is clean already must be neither mapped again nor learnt from: its pseudonyms would become identifiers.

use crate::catalog::Catalog;
use crate::files::FileHead;
use crate::record::RawStretch;

/// What `bag-info.txt` says of its program (archive::bag).
const BAG_OF_OURS: &str = "Bag-Software-Agent: entra-bundle ";

/// Follows a walk.
#[derive(Default)]
pub struct Earlier {
    /// Folders and archives that are such bundles.
    folders: Vec<String>,
    /// The file that is being read.
    name: String,
}

impl Earlier {
    /// A file begins.
    pub fn begin(&mut self, head: &FileHead) {
        head.name.expose().clone_into(&mut self.name);
    }

    /// Whether a stretch of it is a part of an earlier bundle.
    pub fn has(&mut self, stretch: &RawStretch) -> bool {
        let folder = self.name.strip_suffix("bag-info.txt");
        if let Some(folder) = folder.filter(|_| stretch.text.expose().contains(BAG_OF_OURS)) {
            self.folders.push(folder.to_owned());
        }
        let is_entry = |kind| Catalog::embedded().is_ok_and(|catalog| catalog.dataset(kind).is_some());
        self.folders.iter().any(|folder| self.name.starts_with(folder.as_str()))
            || stretch.dataset.is_some_and(is_entry)
    }
}
