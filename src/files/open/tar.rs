//! Tar archives (POSIX.1-2001 ustar, GNU long names), read from front to back.

use ::tar::{Archive, EntryType};

use super::{Source, TOO_MANY};
use crate::files::walk::Walk;
use crate::files::{TakerClosed, fault, name};
use crate::limits::ARCHIVE_MEMBERS_MAX;

const DAMAGED: &str = "a tar archive that is damaged from here on";
const SPECIAL: &str = "a link or device";

impl Walk<'_> {
    pub(super) fn open_tar(&mut self, mut source: Source<'_>) -> Result<(), TakerClosed> {
        source.found.accept();
        let reader = std::mem::replace(&mut source.reader, Box::new(std::io::empty()));
        let mut archive = Archive::new(reader);
        let Ok(entries) = archive.entries() else {
            self.damaged(&source.name, DAMAGED);
            return Ok(());
        };
        for (number, entry) in entries.enumerate() {
            if number >= ARCHIVE_MEMBERS_MAX || self.is_full(1) {
                self.withhold_closed(&name::member(&source.name, Some("rest"), number), TOO_MANY, 0);
                break;
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let reason = if fault::is_ours(&error) { fault::reason(&error) } else { DAMAGED };
                    self.damaged(&name::member(&source.name, Some("rest"), number), reason);
                    break;
                }
            };
            let member = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let member = name::member(&source.name, Some(&member), number);
            match entry.header().entry_type() {
                EntryType::Directory | EntryType::XGlobalHeader => {}
                EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                    self.open(Source::member(&source, entry, member))?;
                }
                _ => self.withhold_closed(&member, SPECIAL, 0),
            }
        }
        Ok(())
    }
}
