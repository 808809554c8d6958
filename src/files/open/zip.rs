//! Zip archives (PKWARE APPNOTE 6.3): stored, deflate, deflate64. Encrypted members are withheld.

use ::zip::ZipArchive;
use ::zip::result::ZipError;

use super::zip_directory::directory_bytes;
use super::{ReadSeek, Source, TOO_MANY};
use crate::files::walk::Walk;
use crate::files::{TakerClosed, fault, name};
use crate::limits::ZIP_DIRECTORY_BYTES_MAX;

const NO_DIRECTORY: &str = "a zip archive whose directory is damaged";
const ENCRYPTED: &str = "encrypted: unpack it with its password and name the folder instead";
const UNKNOWN_METHOD: &str = "packed by a method that is not read: unpack it and name the folder instead";
const SAME_NAMES: &str = "several files of the archive have the same name: only one of each was read";
const LINK: &str = "a symbolic link";

/// What the directory says of a member.
struct Listed {
    name: String,
    bytes: u64,
    is_folder: bool,
    closed: Option<&'static str>,
}

impl Walk<'_> {
    pub(super) fn open_zip(&mut self, mut source: Source<'_>) -> Result<(), TakerClosed> {
        let mut archive = match open(&mut source) {
            Ok(archive) => archive,
            Err(reason) => {
                self.withhold(&source.name, reason, source.found);
                return Ok(());
            }
        };
        source.found.accept();
        if self.is_full(archive.len()) {
            self.withhold_closed(&source.name, TOO_MANY, source.length());
            return Ok(());
        }
        for number in 0..archive.len() {
            let listed = match archive.by_index_raw(number) {
                Ok(member) => Listed {
                    name: name::member(&source.name, member.name().ok().as_deref(), number),
                    bytes: member.size(),
                    is_folder: member.is_dir(),
                    closed: match (member.is_symlink(), member.encrypted()) {
                        (true, _) => Some(LINK),
                        (_, true) => Some(ENCRYPTED),
                        _ => None,
                    },
                },
                Err(_) => {
                    self.damaged(&name::member(&source.name, None, number), NO_DIRECTORY);
                    continue;
                }
            };
            match (listed.is_folder, listed.closed) {
                (true, _) => continue,
                (_, Some(reason)) => {
                    self.withhold_closed(&listed.name, reason, listed.bytes);
                    continue;
                }
                _ => {}
            }
            match archive.by_index(number) {
                Ok(member) => self.open(Source::member(&source, member, listed.name))?,
                Err(ZipError::UnsupportedArchive(_)) => {
                    self.withhold_closed(&listed.name, UNKNOWN_METHOD, listed.bytes);
                }
                Err(ZipError::Io(error)) => self.damaged(&listed.name, fault::reason(&error)),
                Err(_) => self.damaged(&listed.name, NO_DIRECTORY),
            }
        }
        if archive.has_duplicate_names() {
            self.damaged(&name::member(&source.name, Some("others"), archive.len()), SAME_NAMES);
        }
        Ok(())
    }
}

/// Reads the directory, unless it is longer than an archive of the most files has.
fn open(source: &mut Source<'_>) -> Result<ZipArchive<Box<dyn ReadSeek>>, &'static str> {
    let mut zip = source.seekable()?;
    match directory_bytes(&mut zip) {
        Ok(Some(bytes)) if bytes > ZIP_DIRECTORY_BYTES_MAX => return Err(TOO_MANY),
        Ok(_) => {}
        Err(error) => return Err(fault::reason(&error)),
    }
    ZipArchive::new(zip).map_err(|_| NO_DIRECTORY)
}
