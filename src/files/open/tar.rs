//! Tar archives (POSIX.1-2001 pax, GNU long names), read from front to back.
//!
//! Long names are read here and not by the crate, which would hold a name of any length in memory.

use std::io::Read;

use ::tar::{Archive, EntryType};

use super::{Source, TOO_MANY};
use crate::files::walk::Walk;
use crate::files::{TakerClosed, fault, name};
use crate::limits::{ARCHIVE_MEMBERS_MAX, TAR_NAME_BYTES_MAX};

const DAMAGED: &str = "a tar archive that is damaged or not understood from here on";
const SPECIAL: &str = "a link, a device or a file with holes";

impl Walk<'_> {
    pub(super) fn open_tar(&mut self, mut source: Source<'_>) -> Result<(), TakerClosed> {
        source.found.accept();
        let reader = std::mem::replace(&mut source.reader, Box::new(std::io::empty()));
        let mut archive = Archive::new(reader);
        let Ok(entries) = archive.entries() else {
            self.damaged(&source.name, DAMAGED);
            return Ok(());
        };
        let mut long_name = None;
        for (number, entry) in entries.raw(true).enumerate() {
            let rest = || name::member(&source.name, Some("rest"), number);
            if number >= ARCHIVE_MEMBERS_MAX || self.is_full(1) {
                self.withhold_closed(&rest(), TOO_MANY, 0);
                break;
            }
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.damaged(&rest(), if fault::is_ours(&error) { fault::reason(&error) } else { DAMAGED });
                    break;
                }
            };
            let kind = entry.header().entry_type();
            if matches!(kind, EntryType::GNULongName | EntryType::XHeader) {
                match told_name(&mut entry, kind) {
                    Some(told) => long_name = told.or(long_name),
                    None => {
                        self.damaged(&rest(), DAMAGED);
                        break;
                    }
                }
                continue;
            }
            let own = || String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let member = name::member(&source.name, Some(&long_name.take().unwrap_or_else(own)), number);
            match kind {
                EntryType::Directory | EntryType::XGlobalHeader | EntryType::GNULongLink => {}
                EntryType::Regular | EntryType::Continuous => {
                    self.open(Source::member(&source, entry, member))?;
                }
                _ => self.withhold_closed(&member, SPECIAL, 0),
            }
        }
        Ok(())
    }
}

/// The name that an entry tells for the next one, if it tells one; none when it is too long, or changes what follows in
/// a way that is not read (a length in a pax header: only files over 8 GB have one).
fn told_name(entry: &mut impl Read, kind: EntryType) -> Option<Option<String>> {
    let mut bytes = Vec::new();
    entry.take(TAR_NAME_BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > TAR_NAME_BYTES_MAX {
        return None;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
    if kind == EntryType::GNULongName {
        return Some(Some(text(&bytes)));
    }
    // Records of "LENGTH KEY=VALUE\n".
    let (mut rest, mut told) = (&bytes[..], None);
    while !rest.is_empty() {
        let blank = memchr::memchr(b' ', rest)?;
        let length: usize = std::str::from_utf8(rest.get(..blank)?).ok()?.parse().ok()?;
        let record = rest.get(blank + 1..length.checked_sub(1)?)?;
        let equals = memchr::memchr(b'=', record)?;
        match &record[..equals] {
            b"path" => told = Some(text(&record[equals + 1..])),
            b"size" => return None,
            _ => {}
        }
        rest = rest.get(length..)?;
    }
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_read_within_limits() {
        let told = |mut bytes: &[u8], kind| told_name(&mut bytes, kind);
        assert_eq!(told(b"a/b.log\0", EntryType::GNULongName), Some(Some("a/b.log".to_owned())));
        assert_eq!(told(b"12 path=a=b\n12 mtime=12\n", EntryType::XHeader), Some(Some("a=b".to_owned())));
        assert_eq!(told(b"12 mtime=12\n", EntryType::XHeader), Some(None));
        for bad in [&b"9 size=9\n"[..], b"99 path=a\n", b"0 path=a\n", b"x", b"3 a\n"] {
            assert_eq!(told(bad, EntryType::XHeader), None);
        }
        assert_eq!(told(&vec![b'x'; 1 << 20], EntryType::GNULongName), None);
    }
}
