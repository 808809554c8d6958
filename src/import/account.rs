//! What became of a file's records.

use crate::catalog::host::Item;
use crate::files::{FileEnd, Inputs};
use crate::limits::REJECTED_MAX;
use crate::record::{Form, RawText};
use crate::source::{Fate, Report};

/// A record that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Line of the decoded text on which it begins, from 1.
    pub line: u64,
    /// Its number among the records of the file, from 1.
    pub record: u64,
    /// Why, without values.
    pub reason: &'static str,
}

/// One file of the customer; files in archives count one by one.
///
/// `records` is the sum of `imported`, `duplicates`, `outside`, `covered`, `not_asked` and `rejected_count`.
#[derive(Debug)]
pub struct FileAccount {
    /// Its number: [`crate::files::FileHead::number`], the same in every walk over these inputs.
    pub number: u32,
    /// How it is written; none when it is withheld.
    pub form: Option<Form>,
    /// What it was turned from, if its form could not be kept: `gzip`, `evtx`, `avro`.
    pub unpacked_from: Option<&'static str>,
    /// How it ended, with its length; a part of an earlier bundle is withheld. For what is withheld with its SHA-256
    /// (of others it would confirm a guess).
    pub end: FileEnd,
    /// The datasets of its records, in the order in which they were met.
    pub recognised: Vec<&'static str>,
    /// Records in it.
    pub records: u64,
    /// Given to their dataset.
    pub imported: u64,
    /// Given before, by this file, by another one or by another place.
    pub duplicates: u64,
    /// Outside the window.
    pub outside: u64,
    /// Of hours that another place has given whole.
    pub covered: u64,
    /// Of a dataset that the plan leaves out.
    pub not_asked: u64,
    /// The first of those that are none of these ([`REJECTED_MAX`]).
    pub rejected: Vec<Rejected>,
    /// How many of them there are.
    pub rejected_count: u64,
    /// The item of a server that it is.
    pub item: Option<&'static Item>,
    /// How many of its records hold text only, because their reader did not understand it.
    pub texts: u64,
    /// It holds something else than records of datasets: it belongs to the plain files as well, as a whole.
    pub plain: bool,
    /// Its name, raw.
    pub(crate) name: Named,
}

/// A raw name: has no `Debug` of its own.
pub(crate) struct Named(pub(crate) RawText);

impl std::fmt::Debug for Named {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} bytes", self.0.bytes())
    }
}

impl FileAccount {
    pub(super) fn new(number: u32, name: Named, form: Option<Form>, unpacked_from: Option<&'static str>) -> Self {
        Self {
            number,
            form,
            unpacked_from,
            end: FileEnd::Whole { bytes: 0, repaired: 0 },
            recognised: Vec::new(),
            records: 0,
            imported: 0,
            duplicates: 0,
            outside: 0,
            covered: 0,
            not_asked: 0,
            rejected: Vec::new(),
            rejected_count: 0,
            item: None,
            texts: 0,
            plain: false,
            name,
        }
    }

    /// Path below the input, `/` between folders, archives as folders; raw.
    pub fn name(&self) -> &RawText {
        &self.name.0
    }

    pub(super) fn recognise(&mut self, dataset: &'static str) {
        if !self.recognised.contains(&dataset) {
            self.recognised.push(dataset);
        }
    }

    pub(super) fn note(&mut self, fate: Fate) {
        *match fate {
            Fate::Delivered => &mut self.imported,
            Fate::Duplicate => &mut self.duplicates,
            Fate::Outside => &mut self.outside,
            Fate::Covered => &mut self.covered,
        } += 1;
    }

    pub(super) fn reject(&mut self, rejected: Rejected) {
        self.rejected_count += 1;
        if self.rejected.len() < REJECTED_MAX {
            self.rejected.push(rejected);
        }
    }

    /// Whether every record went somewhere.
    pub fn adds_up(&self) -> bool {
        let sorted = self.imported + self.duplicates + self.outside + self.covered;
        self.records == sorted + self.not_asked + self.rejected_count
    }
}

/// What an import came to.
pub struct Imported {
    /// The inputs, for the walks over the plain files: [`FileAccount::number`] says which they are.
    pub inputs: Inputs,
    /// One report for each dataset, in the order asked.
    pub reports: Vec<Report>,
    /// One account for each file, by number.
    pub accounts: Vec<FileAccount>,
}
