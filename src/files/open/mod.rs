//! Opening: what a file is decides who reads it. Archives are opened member by member, in memory, within limits.

mod avro;
mod evtx;
mod tar;
mod zip;
mod zip_directory;

use std::io::{Cursor, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::decode::read_full;
use super::found::{Budget, Found};
use super::magic::{self, Kind};
use super::stretches::Stretches;
use super::walk::Walk;
use super::{TakerClosed, encoding, fault, name};
use crate::catalog::host;
use crate::limits::{ARCHIVE_DEPTH_MAX, ARCHIVE_MEMORY_BYTES_MAX};
use crate::record::Encoding;

const TOO_DEEP: &str = "archives are nested too deep: unpack the inner ones and name the folder instead";
const TOO_LONG: &str = "an archive inside an archive that is too long to unpack in memory: unpack the outer one first";

/// What zip and event log readers need.
trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Something to open.
pub(super) struct Source<'r> {
    /// The file as it was found: what is hashed when it is withheld.
    pub found: Found<'r>,
    /// Its bytes, unpacked; the same as `found` where nothing is packed.
    pub reader: Box<dyn Read + 'r>,
    /// Where it lies on the disk.
    pub disk: Option<&'r Path>,
    pub name: String,
    pub unpacked_from: Option<&'static str>,
    /// Archives around it.
    pub depth: u32,
    pub budget: Budget,
}

impl<'r> Source<'r> {
    /// A member of an archive.
    fn member(archive: &Source<'_>, reader: impl Read + 'r, name: String) -> Self {
        let found = Found::new(archive.budget.charge(reader));
        Self {
            reader: Box::new(found.clone()),
            found,
            disk: None,
            name,
            unpacked_from: None,
            depth: archive.depth + 1,
            budget: archive.budget.clone(),
        }
    }

    /// Its length as found, as far as it was read.
    fn length(&self) -> u64 {
        let on_disk = self.disk.and_then(|path| std::fs::metadata(path).ok());
        on_disk.map_or_else(|| self.found.length(), |metadata| metadata.len())
    }

    /// All of it, for readers that jump; what it lacks of that is told.
    fn seekable(&mut self) -> Result<Box<dyn ReadSeek>, &'static str> {
        if let Some(path) = self.disk {
            let file = std::fs::File::open(path).map_err(|error| fault::reason(&error))?;
            return Ok(Box::new(std::io::BufReader::new(file)));
        }
        let mut bytes = Vec::new();
        let limit = ARCHIVE_MEMORY_BYTES_MAX + 1;
        (&mut self.reader).take(limit).read_to_end(&mut bytes).map_err(|error| fault::reason(&error))?;
        if bytes.len() as u64 == limit { Err(TOO_LONG) } else { Ok(Box::new(Cursor::new(bytes))) }
    }
}

impl Walk<'_> {
    /// Opens a file and gives what is in it.
    pub(super) fn open(&mut self, mut source: Source<'_>) -> Result<(), TakerClosed> {
        let mut head = vec![0; self.sizes.head];
        let (length, failure) = read_full(&mut source.reader, &mut head, false);
        head.truncate(length);
        if let Some(error) = failure {
            if head.is_empty() {
                self.damaged(&source.name, fault::reason(&error));
                return Ok(());
            }
            source.found.fail(error);
        }
        let kind = magic::recognise(&head);
        source.reader = Box::new(Cursor::new(head.clone()).chain(source.reader));
        let is_packed = matches!(kind, Kind::Zip | Kind::Gzip | Kind::Tar);
        if is_packed && source.depth >= ARCHIVE_DEPTH_MAX {
            self.withhold(&source.name, TOO_DEEP, source.found);
            return Ok(());
        }
        match kind {
            Kind::Zip => self.open_zip(source),
            Kind::Gzip => self.open_gzip(source),
            Kind::Tar => self.open_tar(source),
            Kind::Evtx => self.open_evtx(source),
            Kind::Avro => self.open_avro(source),
            Kind::Binary(reason) => {
                self.withhold(&source.name, denied_or(&source.name, reason), source.found);
                Ok(())
            }
            Kind::Other => match encoding::recognise(&head) {
                Ok((encoding, mark)) => {
                    drop(head);
                    self.open_text(source, encoding, mark)
                }
                Err(reason) => {
                    self.withhold(&source.name, denied_or(&source.name, reason), source.found);
                    Ok(())
                }
            },
        }
    }

    fn open_gzip(&mut self, source: Source<'_>) -> Result<(), TakerClosed> {
        let unpacked = source.budget.charge(MultiGzDecoder::new(source.reader));
        self.open(Source {
            found: source.found,
            reader: Box::new(unpacked),
            disk: None,
            name: name::without_gzip(&source.name),
            unpacked_from: Some("gzip"),
            depth: source.depth + 1,
            budget: source.budget,
        })
    }

    fn open_text(&mut self, mut source: Source<'_>, encoding: Encoding, mark: usize) -> Result<(), TakerClosed> {
        let reader = std::mem::replace(&mut source.reader, Box::new(std::io::empty()));
        let mut stretches = Stretches::new(reader, encoding, mark, &source.name, self.sizes);
        if let Some(row) = host::denied(&source.name, stretches.head()) {
            drop(stretches);
            self.withhold(&source.name, &row.why, source.found);
            return Ok(());
        }
        source.found.accept();
        self.begin(&source.name, Some(stretches.form()), encoding, source.unpacked_from);
        for stretch in &mut stretches {
            self.stretch(stretch)?;
        }
        self.end(stretches.end(source.found.length()));
        Ok(())
    }

    /// Says of an archive that its directory holds too many files.
    fn is_full(&self, members: usize) -> bool {
        use crate::limits::{ARCHIVE_MEMBERS_MAX, FILES_MAX};
        members > ARCHIVE_MEMBERS_MAX || self.files() + members as u64 > FILES_MAX as u64
    }
}

/// Why a file is never taken whatever is in it, else why this one cannot be.
fn denied_or(name: &str, reason: &'static str) -> &'static str {
    host::denied(name, "").map_or(reason, |row| &row.why)
}

const TOO_MANY: &str = "an archive of too many files: unpack it and name fewer folders at once";
