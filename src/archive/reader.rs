//! Reads a zip as strictly as `zip.rs` writes one.
//!
//! Takes an untrusted file, gives its [`Member`]s or [`Fault`]s. What the writer never writes is a fault: so nothing
//! can hide in a comment, an extra field, a gap, a second entry of the same name, or a local header that differs
//! from the directory. Memory: the directory (capped) and two fixed buffers. Source: APPNOTE 6.3.10 §4.3–4.5.

mod fault;
mod headers;
mod inflate;

pub use fault::Fault;

use crate::limits::{DEFLATE_RATIO_MAX, ZIP_DIRECTORY_BYTES_MAX, ZIP_ENTRIES_MAX};
use headers::{Central, END_BYTES, Ending, ending_at};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// One file in the zip, as the directory describes it.
#[derive(Clone, Debug)]
pub struct Member {
    /// The whole name, top folder included. Untrusted: see [`ZipFile::faults`].
    pub name: String,
    /// Stored (0) or deflate (8).
    pub method: u16,
    /// CRC-32 of the unpacked bytes.
    pub crc: u32,
    /// Bytes in the zip.
    pub compressed_bytes: u64,
    /// Bytes when unpacked.
    pub bytes: u64,
    data_start: u64,
}

/// An opened zip.
pub struct ZipFile {
    file: File,
    members: Vec<Member>,
    faults: Vec<(Option<String>, Fault)>,
}

impl ZipFile {
    /// Reads the directory and every local header. Faults do not stop it while it can make sense of the rest.
    ///
    /// # Errors
    /// Errors of the disk only.
    pub fn open(mut file: File) -> io::Result<Self> {
        let mut faults = Vec::new();
        let bytes = file.seek(SeekFrom::End(0))?;
        let members = match find_ending(&mut file, bytes, &mut faults)? {
            Some(ending) => read_directory(&mut file, &ending, &mut faults)?,
            None => Vec::new(),
        };
        Ok(Self { file, members, faults })
    }

    /// The entries, in the order of the directory. An entry whose headers are faulty is left out.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What is wrong, with the name of the entry if it is about one.
    pub fn faults(&self) -> &[(Option<String>, Fault)] {
        &self.faults
    }

    /// Unpacks an entry piece by piece and checks its length and its CRC-32.
    ///
    /// # Errors
    /// The outer error is the disk's, the inner one is what is wrong with the entry.
    pub fn unpack(&mut self, member: &Member, sink: &mut dyn FnMut(&[u8])) -> io::Result<Result<(), Fault>> {
        if member.bytes > (member.compressed_bytes.saturating_add(64)).saturating_mul(DEFLATE_RATIO_MAX) {
            return Ok(Err(Fault::Bomb));
        }
        self.file.seek(SeekFrom::Start(member.data_start))?;
        inflate::unpack(&mut (&self.file).take(member.compressed_bytes), member, sink)
    }
}

/// The end of the directory stands in the last 22 bytes; further up, it says what was added behind.
fn find_ending(file: &mut File, bytes: u64, faults: &mut Vec<(Option<String>, Fault)>) -> io::Result<Option<Ending>> {
    let tail_bytes = bytes.min(1 << 16);
    let tail_start = bytes - tail_bytes;
    let tail = read_at(file, tail_start, tail_bytes)?;
    let found = (0..=tail.len().saturating_sub(END_BYTES)).rev().find_map(|at| Some((at, ending_at(&tail, at)?)));
    let Some((at, mut ending)) = found else {
        faults.push((None, Fault::Truncated));
        return Ok(None);
    };
    if at + END_BYTES != tail.len() || ending.comment_bytes != 0 {
        faults.push((None, Fault::Trailing));
    }
    let mut place = tail_start + at as u64;
    if let Some(large) = headers::large_ending(&tail, at) {
        // Record and locator stand directly before the short ending.
        place = place.saturating_sub(headers::LARGE_END_BYTES as u64);
        if !headers::agree(&ending, &large) {
            faults.push((None, Fault::Directory));
        }
        ending = large;
    }
    match place.checked_sub(ending.directory_bytes) {
        Some(start) if start == ending.directory_start => {}
        Some(start) if start > ending.directory_start => {
            // Readers shift every offset by what was put before; this one shows it and reads on as they do.
            faults.push((None, Fault::Prepended));
            return Ok(None);
        }
        _ => {
            faults.push((None, Fault::Directory));
            return Ok(None);
        }
    }
    if ending.directory_bytes > ZIP_DIRECTORY_BYTES_MAX || ending.entries > ZIP_ENTRIES_MAX {
        faults.push((None, Fault::Bomb));
        return Ok(None);
    }
    Ok(Some(ending))
}

fn read_directory(
    file: &mut File,
    ending: &Ending,
    faults: &mut Vec<(Option<String>, Fault)>,
) -> io::Result<Vec<Member>> {
    let directory = read_at(file, ending.directory_start, ending.directory_bytes)?;
    let mut rest = directory.as_slice();
    let mut members: Vec<Member> = Vec::new();
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut expected_start = 0;
    let mut previous: Option<(String, u32)> = None;
    let mut count = 0;
    while let Some(central) = Central::parse(&mut rest) {
        count += 1;
        let mut blame = |fault| faults.push((Some(central.name.clone()), fault));
        central.check(&mut blame);
        match seen.insert(central.name.to_ascii_lowercase(), central.name.clone()) {
            Some(other) if other == central.name => blame(Fault::Duplicate),
            Some(_) => blame(Fault::CaseClash),
            None => {}
        }
        if let Some((name, moment)) = previous.replace((central.name.clone(), central.moment)) {
            if name.as_bytes() > central.name.as_bytes() {
                blame(Fault::Order);
            }
            if moment != central.moment {
                blame(Fault::Header);
            }
        }
        if central.start < expected_start {
            blame(Fault::Overlap);
        } else if central.start > expected_start {
            blame(if members.is_empty() && count == 1 { Fault::Prepended } else { Fault::Gap });
        }
        // A place behind the directory is read at the directory, where no local header stands.
        let (place, header_bytes) = (central.start.min(ending.directory_start), headers::LOCAL_BYTES + 20);
        let local = read_at(file, place, (header_bytes + central.name.len()) as u64)?;
        match central.data_start(&local) {
            Some(data_start) if data_start.saturating_add(central.compressed_bytes) <= ending.directory_start => {
                expected_start = data_start + central.compressed_bytes;
                if central.is_readable() {
                    members.push(central.member(data_start));
                }
            }
            _ => {
                blame(Fault::LocalHeader);
                expected_start = central.start.max(expected_start).saturating_add(central.compressed_bytes);
            }
        }
    }
    if !rest.is_empty() || count != ending.entries {
        faults.push((None, Fault::Directory));
    } else if expected_start != ending.directory_start {
        faults.push((None, Fault::Gap));
    }
    Ok(members)
}

/// At most `bytes` from `start`; fewer where the file ends.
fn read_at(file: &mut File, start: u64, bytes: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut buffer = Vec::new();
    file.take(bytes).read_to_end(&mut buffer)?;
    Ok(buffer)
}
