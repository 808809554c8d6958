//! The one place that writes a zip.
//!
//! Spooled entries are copied as they are compressed; tag files are compressed here. Every entry: deflate, one DOS
//! time, `0100644`, Unix, no extra field, no data descriptor (bit 3), ZIP64 only beyond 4 GiB. Bit 3 with ZIP64 is
//! what makes other readers say "Headers Error" (ip7z/7zip issue 207), so the sink must seek.

use super::sink::Sink;
use super::stream::{OneEntryZip, is_large};
use super::{Bundle, CleanDocument, Error};
use crate::limits::DEFLATE_LEVEL;
use crate::spool::{SealedEntry, Spool};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use time::OffsetDateTime;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

enum Content<'a> {
    Payload(&'a SealedEntry),
    Tag(&'a CleanDocument),
}

pub(super) fn write(
    file: &File,
    spool: &Spool,
    entries: &[SealedEntry],
    tags: &[CleanDocument],
    bundle: &Bundle<'_>,
) -> Result<(), Error> {
    let sorted = sort(entries, tags)?;
    let needed_bytes = sorted.iter().map(|(path, content)| upper_bytes(path, content)).sum();
    let failed = |error: ZipError| match error {
        ZipError::Io(source) => Error::writing(source, needed_bytes),
        other => Error::Write(io::Error::other(other)),
    };
    let moment = dos_time(bundle.instant)?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(i64::from(DEFLATE_LEVEL)))
        .last_modified_time(moment)
        .unix_permissions(0o644)
        .system(System::Unix);

    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    let mut zip = ZipWriter::new(Sink::new(BufWriter::with_capacity(1 << 20, file)));
    for (path, content) in sorted {
        let name = format!("{}/{path}", bundle.folder.as_str());
        match content {
            Content::Tag(tag) => {
                zip.start_file(name, options).map_err(failed)?;
                zip.write_all(tag.bytes()).map_err(|source| Error::writing(source, needed_bytes))?;
            }
            Content::Payload(entry) => {
                let dressed = OneEntryZip::new(spool, entry, (moment.datepart(), moment.timepart()));
                let mut archive = ZipArchive::new(dressed).map_err(failed)?;
                if is_large(entry) {
                    // A raw copy in zip 9.4 writes the ZIP64 field twice, so beyond 4 GiB (which no tenant's API
                    // delivers in a day) the entry is compressed once more, on one core: 16 s for 4 GiB.
                    zip.start_file(name, options.large_file(true)).map_err(failed)?;
                    let mut unpacked = archive.by_index(0).map_err(failed)?;
                    io::copy(&mut unpacked, &mut zip).map_err(|source| Error::writing(source, needed_bytes))?;
                } else {
                    let raw = archive.by_index_raw(0).map_err(failed)?;
                    zip.raw_copy_file_rename(raw, name).map_err(failed)?;
                }
            }
        }
    }
    let sink = zip.finish().map_err(failed)?;
    sink.close().map_err(|source| Error::writing(source, needed_bytes))
}

/// By the bytes of the names; refuses names that clash on a file system that ignores case.
fn sort<'a>(entries: &'a [SealedEntry], tags: &'a [CleanDocument]) -> Result<BTreeMap<&'a str, Content<'a>>, Error> {
    let payload = entries.iter().map(|entry| (entry.path().as_str(), Content::Payload(entry)));
    let sorted: BTreeMap<_, _> = payload.chain(tags.iter().map(|tag| (tag.name(), Content::Tag(tag)))).collect();
    let folded: HashSet<String> = sorted.keys().map(|path| path.to_ascii_lowercase()).collect();
    let plain = tags.iter().all(|tag| crate::spool::check_path(tag.name()).is_ok() && !tag.name().contains('/'));
    if plain && folded.len() == entries.len() + tags.len() { Ok(sorted) } else { Err(Error::Name) }
}

/// At most how much of the zip an entry takes, headers included.
fn upper_bytes(path: &str, content: &Content<'_>) -> u64 {
    let body = match content {
        Content::Payload(entry) => entry.compressed_bytes(),
        Content::Tag(tag) => tag.bytes().len() as u64,
    };
    body + 2 * (path.len() + crate::limits::TOP_FOLDER_CHARS_MAX) as u64 + 200
}

/// DOS time, UTC, whole pairs of seconds.
fn dos_time(instant: OffsetDateTime) -> Result<DateTime, Error> {
    let utc = instant.to_offset(time::UtcOffset::UTC);
    let year = u16::try_from(utc.year()).map_err(|_| Error::Instant)?;
    let (hour, minute, second) = utc.to_hms();
    DateTime::from_date_and_time(year, utc.month().into(), utc.day(), hour, minute, second & !1)
        .map_err(|_| Error::Instant)
}
