//! The fixed records of a zip, read without trust (APPNOTE 6.3.10 §4.3.7, §4.3.12–16, §4.5.3).

use super::{Fault, Member};
use crate::archive::stream::REGULAR_0644;
use crate::spool::PathError;

pub(super) const END_BYTES: usize = 22;
/// ZIP64 end record (56) and its locator (20).
pub(super) const LARGE_END_BYTES: usize = 76;
pub(super) const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const ZIP64_BYTES: u64 = 0xFFFF_FFFF;
/// The whole name: 180 characters.
const NAME_CHARS_MAX: usize = crate::limits::ENTRY_PATH_CHARS_MAX + crate::limits::TOP_FOLDER_CHARS_MAX + 1;

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Where the directory is.
pub(super) struct Ending {
    pub(super) entries: u64,
    pub(super) directory_bytes: u64,
    pub(super) directory_start: u64,
    pub(super) comment_bytes: u16,
}

/// The end record at `at`, if one stands there: one disk, and a comment that fits into the file.
pub(super) fn ending_at(tail: &[u8], at: usize) -> Option<Ending> {
    let comment_bytes = u16_at(tail, at + 20)?;
    let entries = u16_at(tail, at + 10)?;
    let plain = u32_at(tail, at)? == 0x0605_4b50 && u32_at(tail, at + 4)? == 0 && u16_at(tail, at + 8)? == entries;
    let fits = at + END_BYTES + usize::from(comment_bytes) <= tail.len();
    (plain && fits).then_some(Ending {
        entries: u64::from(entries),
        directory_bytes: u64::from(u32_at(tail, at + 12)?),
        directory_start: u64::from(u32_at(tail, at + 16)?),
        comment_bytes,
    })
}

/// The ZIP64 end record directly before the short one at `at`.
pub(super) fn large_ending(tail: &[u8], at: usize) -> Option<Ending> {
    let record = at.checked_sub(LARGE_END_BYTES)?;
    let locator = record + 56;
    let marked = u32_at(tail, record)? == 0x0606_4b50 && u32_at(tail, locator)? == 0x0706_4b50;
    let directory_bytes = u64_at(tail, record + 40)?;
    let directory_start = u64_at(tail, record + 48)?;
    let whole = u64_at(tail, record + 4)? == 44
        && u16_at(tail, record + 14)? == 45
        && u64_at(tail, record + 16)? == 0
        && u64_at(tail, record + 24)? == u64_at(tail, record + 32)?
        && u32_at(tail, locator + 4)? == 0
        && u64_at(tail, locator + 8)? == directory_start.checked_add(directory_bytes)?
        && u32_at(tail, locator + 16)? == 1;
    (marked && whole).then_some(Ending {
        entries: u64_at(tail, record + 32)?,
        directory_bytes,
        directory_start,
        comment_bytes: 0,
    })
}

/// Whether the short end record is the long one, cut to its fields.
pub(super) fn agree(short: &Ending, large: &Ending) -> bool {
    short.entries == large.entries.min(0xFFFF)
        && [large.directory_bytes, ZIP64_BYTES].contains(&short.directory_bytes)
        && short.directory_start == large.directory_start.min(ZIP64_BYTES)
}

/// One record of the directory.
pub(super) struct Central {
    pub(super) name: String,
    /// Whether the name is UTF-8; `name` is a lossy reading if not.
    legible: bool,
    made_by: u16,
    pub(super) moment: u32,
    fixed: [u8; 26],
    extra: Vec<u8>,
    pub(super) compressed_bytes: u64,
    bytes: u64,
    pub(super) start: u64,
    comment_disk_internal: [u16; 3],
    attributes: u32,
    /// The ZIP64 field is exactly what the sizes need.
    sized: bool,
}

impl Central {
    /// Reads one record and steps over it; `None` where none starts or one is cut off.
    pub(super) fn parse(rest: &mut &[u8]) -> Option<Self> {
        let bytes = *rest;
        if u32_at(bytes, 0)? != 0x0201_4b50 {
            return None;
        }
        let lengths = [u16_at(bytes, 28)?, u16_at(bytes, 30)?, u16_at(bytes, 32)?].map(usize::from);
        let [name_bytes, extra_bytes, comment_bytes] = lengths;
        let name = bytes.get(CENTRAL_BYTES..CENTRAL_BYTES + name_bytes)?;
        let extra = bytes.get(CENTRAL_BYTES + name_bytes..CENTRAL_BYTES + name_bytes + extra_bytes)?;
        let mut central = Self {
            name: String::from_utf8_lossy(name).into_owned(),
            legible: std::str::from_utf8(name).is_ok(),
            made_by: u16_at(bytes, 4)?,
            moment: u32_at(bytes, 12)?,
            fixed: bytes.get(6..32)?.try_into().ok()?,
            extra: extra.to_vec(),
            compressed_bytes: u64::from(u32_at(bytes, 20)?),
            bytes: u64::from(u32_at(bytes, 24)?),
            start: u64::from(u32_at(bytes, 42)?),
            comment_disk_internal: [u16_at(bytes, 32)?, u16_at(bytes, 34)?, u16_at(bytes, 36)?],
            attributes: u32_at(bytes, 38)?,
            sized: true,
        };
        central.sized = central.widen().is_some();
        *rest = bytes.get(CENTRAL_BYTES + name_bytes + extra_bytes + comment_bytes..)?;
        Some(central)
    }

    /// Takes sizes and place from the ZIP64 field. `None` when the field is not exactly what is needed.
    fn widen(&mut self) -> Option<()> {
        let sizes = self.bytes == ZIP64_BYTES || self.compressed_bytes == ZIP64_BYTES;
        let place = self.start == ZIP64_BYTES;
        let needed = usize::from(sizes) * 16 + usize::from(place) * 8;
        if needed == 0 {
            return self.extra.is_empty().then_some(());
        }
        if self.extra.len() != needed + 4 || u16_at(&self.extra, 0)? != 1 || u16_at(&self.extra, 2)? as usize != needed
        {
            return None;
        }
        if sizes {
            if self.bytes != ZIP64_BYTES || self.compressed_bytes != ZIP64_BYTES {
                return None;
            }
            self.bytes = u64_at(&self.extra, 4)?;
            self.compressed_bytes = u64_at(&self.extra, 12)?;
        }
        if place {
            self.start = u64_at(&self.extra, self.extra.len() - 8)?;
        }
        let large = self.bytes.max(self.compressed_bytes) >= ZIP64_BYTES;
        (sizes == large && (!place || self.start >= ZIP64_BYTES)).then_some(())
    }

    fn needed(&self) -> u16 {
        u16_at(&self.fixed, 0).unwrap_or_default()
    }

    fn flags(&self) -> u16 {
        u16_at(&self.fixed, 2).unwrap_or_default()
    }

    fn method(&self) -> u16 {
        u16_at(&self.fixed, 4).unwrap_or_default()
    }

    /// Everything that this record alone can show.
    pub(super) fn check(&self, blame: &mut dyn FnMut(Fault)) {
        match crate::spool::check_path(&self.name) {
            Err(PathError::Escape) => blame(if self.name.ends_with('/') { Fault::NotPlain } else { Fault::Escape }),
            Err(_) if self.name.split(['/', '\\']).any(|part| part == "..") => blame(Fault::Escape),
            Err(_) => blame(Fault::Name),
            Ok(()) if !self.legible || self.name.len() > NAME_CHARS_MAX => blame(Fault::Name),
            Ok(()) => {}
        }
        if self.flags() & 1 != 0 {
            blame(Fault::Encrypted);
        } else if self.flags() != 0 {
            blame(Fault::Header);
        }
        if !matches!(self.method(), 0 | 8) {
            blame(Fault::Method);
        }
        let kind = self.attributes >> 28;
        if matches!(kind, 0o12 | 0o4 | 0o2 | 0o6) {
            blame(Fault::NotPlain);
        }
        let version =
            if self.bytes.max(self.compressed_bytes).max(self.start) >= ZIP64_BYTES { 45..=46 } else { 10..=46 };
        let usual = self.attributes == REGULAR_0644
            && self.made_by >> 8 == 3
            && [20, 45, 46].contains(&(self.made_by & 0xFF))
            && version.contains(&self.needed())
            && self.comment_disk_internal == [0; 3]
            && self.sized;
        if !usual {
            blame(Fault::Header);
        }
    }

    /// Whether the content can be read at all.
    pub(super) fn is_readable(&self) -> bool {
        self.flags() & 1 == 0 && matches!(self.method(), 0 | 8)
    }

    /// The place behind the local header, if that header says what this record says.
    pub(super) fn data_start(&self, local: &[u8]) -> Option<u64> {
        let extra_bytes = usize::from(u16_at(local, 28)?);
        let large = self.bytes.max(self.compressed_bytes) >= ZIP64_BYTES;
        let name = local.get(LOCAL_BYTES..LOCAL_BYTES + usize::from(u16_at(local, 26)?))?;
        // The same fields in the same order, up to the length of the extra field.
        let same = u32_at(local, 0)? == 0x0403_4b50
            && local.get(4..28)? == self.fixed.get(..24)?
            && name == self.name.as_bytes()
            && extra_bytes == usize::from(large) * 20;
        if large {
            let extra = local.get(LOCAL_BYTES + name.len()..LOCAL_BYTES + name.len() + 20)?;
            let field = u32_at(extra, 0)? == 0x0010_0001;
            if !field || u64_at(extra, 4)? != self.bytes || u64_at(extra, 12)? != self.compressed_bytes {
                return None;
            }
        }
        same.then_some(self.start.checked_add((LOCAL_BYTES + name.len() + extra_bytes) as u64)?)
    }

    pub(super) fn member(&self, data_start: u64) -> Member {
        Member {
            name: self.name.clone(),
            method: self.method(),
            crc: u32_at(&self.fixed, 10).unwrap_or_default(),
            compressed_bytes: self.compressed_bytes,
            bytes: self.bytes,
            data_start,
        }
    }
}
