//! A walk over the inputs: every file is opened, told and ended, in order.
//!
//! Takes the list of files, drives a [`Taker`]. A file that cannot be read never ends the walk: its end says why.

use std::fs;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use super::fault;
use super::found::{Budget, Found};
use super::inputs::{Content, Entry, Hashes, Inputs, Seen, Stamp};
use super::open::Source;
use super::sizes::Sizes;
use super::{FileEnd, FileHead, Taker, TakerClosed};
use crate::record::{Encoding, Form, RawText};

/// What a walk came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Files that were told, in archives too.
    pub files: u64,
    /// How many of them were withheld.
    pub withheld: u64,
    /// How many of them were damaged or changed.
    pub damaged: u64,
    /// Bytes of text that were given, decoded.
    pub bytes: u64,
    /// The taker ended it: files may be missing.
    pub is_closed: bool,
}

/// A walk that is under way.
pub(super) struct Walk<'t> {
    taker: &'t mut dyn Taker,
    pub(super) sizes: Sizes,
    hashes: Hashes,
    number: u32,
    walked: Walked,
    /// The file on the disk that is being read, what it was like when it was opened, and how much of it is read of one
    /// that grows.
    current: Option<(PathBuf, Stamp, Option<u64>)>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(taker: &'t mut dyn Taker, sizes: Sizes, hashes: Hashes) -> Self {
        Self { taker, sizes, hashes, number: 0, walked: Walked::default(), current: None }
    }

    pub(super) fn run(mut self, inputs: &mut Inputs) -> Walked {
        for entry in &mut inputs.entries {
            if let Some(seen) = entry.seen {
                self.number = seen.first;
            }
            let first = self.number;
            let Ok(stamp) = self.entry(entry) else {
                self.walked.is_closed = true;
                break;
            };
            match (entry.seen, stamp) {
                // An archive that changed may hold fewer files than it held; the numbers of the others stay.
                (Some(seen), _) => self.number = seen.first.saturating_add(seen.count),
                (None, Some(stamp)) => entry.seen = Some(Seen { stamp, first, count: self.number - first }),
                (None, None) => {}
            }
        }
        inputs.hashes = self.hashes;
        self.walked
    }

    /// One file. Gives what it was like when it was opened.
    fn entry(&mut self, entry: &mut Entry) -> Result<Option<Stamp>, TakerClosed> {
        if let Some(reason) = entry.closed {
            self.withhold_closed(&entry.name, reason, 0);
            return Ok(None);
        }
        let (file, stamp) = match open(entry) {
            Ok(opened) => opened,
            Err(error) if entry.seen.is_none() => {
                // Nothing was learnt from it: it stays closed in the second walk.
                let reason = *entry.closed.insert(fault::reason(&error));
                self.withhold_closed(&entry.name, reason, 0);
                return Ok(None);
            }
            Err(_) => {
                self.damaged(&entry.name, fault::CHANGED);
                return Ok(None);
            }
        };
        if entry.seen.is_some_and(|seen| seen.stamp != stamp) {
            self.damaged(&entry.name, fault::CHANGED);
            return Ok(Some(stamp));
        }
        let (current, disk) = match &entry.content {
            Content::Disk(path) => (Some((path.clone(), stamp, None)), Some(path.as_path())),
            // Readers that jump would see what was written since: they get its beginning in memory.
            Content::Growing(path, bytes) => (Some((path.clone(), stamp, Some(*bytes))), None),
            Content::Memory(_) => (None, None),
        };
        self.current = current;
        let found = Found::new(file);
        let source = Source {
            found: found.clone(),
            reader: Box::new(found),
            disk,
            name: entry.name.clone(),
            unpacked_from: None,
            depth: 0,
            budget: Budget::new(stamp.bytes()),
        };
        self.open(source).map(|()| Some(stamp))
    }

    pub(super) fn begin(
        &mut self,
        name: &str,
        form: Option<Form>,
        encoding: Encoding,
        unpacked_from: Option<&'static str>,
    ) {
        let head = FileHead { number: self.number, name: RawText::new(name), form, encoding, unpacked_from };
        self.taker.begin(&head);
        self.walked.files += 1;
    }

    pub(super) fn stretch(&mut self, stretch: crate::record::RawStretch) -> Result<(), TakerClosed> {
        self.walked.bytes += stretch.text.expose().len() as u64;
        self.taker.stretch(stretch)
    }

    pub(super) fn end(&mut self, end: FileEnd) {
        let end = match end {
            FileEnd::Whole { .. } if self.has_changed() => FileEnd::Damaged { reason: fault::CHANGED },
            end => end,
        };
        match end {
            FileEnd::Whole { .. } => {}
            FileEnd::Damaged { .. } => self.walked.damaged += 1,
            FileEnd::Withheld { .. } => self.walked.withheld += 1,
        }
        self.taker.end(end);
        self.number = self.number.saturating_add(1);
    }

    /// Whether the file on the disk is no longer what it was when it was opened.
    fn has_changed(&self) -> bool {
        let Some((path, stamp, growing)) = &self.current else { return false };
        let now = fs::metadata(path).ok().and_then(|metadata| match growing {
            Some(bytes) => Stamp::of_growing(&metadata, *bytes),
            None => Some(Stamp::of(&metadata)),
        });
        now.is_none_or(|now| now != *stamp)
    }

    /// How many files were told so far.
    pub(super) fn files(&self) -> u64 {
        self.walked.files
    }

    /// Withholds a file whose rest is read for its hash.
    pub(super) fn withhold(&mut self, name: &str, reason: &'static str, found: Found<'_>) {
        self.begin(name, None, Encoding::Utf8, None);
        let number = self.number;
        let (bytes, sha256) = *self.hashes.entry(number).or_insert_with(|| found.hash_rest());
        self.end(FileEnd::Withheld { reason, bytes, sha256 });
    }

    /// Withholds what cannot be read.
    pub(super) fn withhold_closed(&mut self, name: &str, reason: &'static str, bytes: u64) {
        self.begin(name, None, Encoding::Utf8, None);
        self.end(FileEnd::Withheld { reason, bytes, sha256: None });
    }

    /// A file of which nothing can be given although it should.
    pub(super) fn damaged(&mut self, name: &str, reason: &'static str) {
        self.begin(name, None, Encoding::Utf8, None);
        self.end(FileEnd::Damaged { reason });
    }
}

/// Opens what an entry stands for.
fn open(entry: &Entry) -> std::io::Result<(Box<dyn Read>, Stamp)> {
    match &entry.content {
        Content::Disk(path) => {
            let file = open_file(path, entry.is_named)?;
            let stamp = Stamp::of(&file.metadata()?);
            Ok((Box::new(BufReader::new(file)), stamp))
        }
        Content::Growing(path, bytes) => {
            let file = open_file(path, false)?;
            let stamp = Stamp::of_growing(&file.metadata()?, *bytes);
            let stamp = stamp.ok_or_else(|| fault::Fault::error(fault::CHANGED))?;
            Ok((Box::new(BufReader::new(file).take(*bytes)), stamp))
        }
        Content::Memory(bytes) => Ok((Box::new(Cursor::new(bytes.clone())), Stamp::of_memory(bytes))),
    }
}

/// Opens a file, if it is still one: a pipe that took its place would block, a link would lead elsewhere.
fn open_file(path: &Path, follows_link: bool) -> std::io::Result<fs::File> {
    let mut metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() && follows_link {
        metadata = fs::metadata(path)?;
    }
    if !metadata.is_file() {
        return Err(fault::Fault::error(fault::CHANGED));
    }
    fs::File::open(path)
}
