//! The segment file: hidden blocks, appended, read at any place, never changed.
//!
//! Takes runs, gives offsets. Many threads write and read at once: each write has its own range, so only the
//! reservation of that range is serial.

use super::Error;
use super::cover::{COVER_BYTES, Cover, SpoolKey};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Mutex;

/// An append-only file.
pub(crate) struct Segments {
    file: File,
    cover: Cover,
    end: Mutex<u64>,
}

impl Segments {
    /// A new file; an existing one is an error.
    pub(super) fn create(path: &Path, key: &SpoolKey) -> io::Result<Self> {
        let cover = Cover::new(key)?;
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        Ok(Self { file, cover, end: Mutex::new(0) })
    }

    /// An existing file, to be continued at its end. After a power cut it may be missing: then it is empty.
    pub(super) fn reopen(path: &Path, key: &SpoolKey) -> io::Result<Self> {
        let cover = Cover::new(key)?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let end = file.metadata()?.len();
        Ok(Self { file, cover, end: Mutex::new(end) })
    }

    /// Cuts off what follows `end`.
    pub(super) fn truncate(&self, end: u64) -> io::Result<()> {
        self.file.set_len(end)?;
        *lock(&self.end) = end;
        Ok(())
    }

    /// Writes a run behind everything else, gives its offset.
    pub(super) fn append(&self, run: &[u8]) -> Result<u64, Error> {
        let stored_bytes = (run.len() + COVER_BYTES) as u64;
        let offset = {
            let mut end = lock(&self.end);
            let offset = *end;
            *end += stored_bytes;
            offset
        };
        let stored = self.cover.hide(run, offset).map_err(Error::Write)?;
        write_all_at(&self.file, &stored, offset).map_err(|source| Error::writing(source, stored_bytes))?;
        Ok(offset)
    }

    /// The run of `length` bytes that was written to `offset`.
    ///
    /// # Errors
    /// `InvalidData` when something else stands there; what the disk says.
    pub(crate) fn read(&self, offset: u64, length: u32) -> io::Result<Vec<u8>> {
        let mut stored = vec![0; length as usize + COVER_BYTES];
        self.read_exact_at(&mut stored, offset)?;
        self.cover.open(stored, offset).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let count = read_at(&self.file, buffer, offset)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            offset += count as u64;
            buffer = buffer.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Waits until everything written is on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// A poisoned lock means that another worker panicked; what these locks guard stays consistent between statements.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        offset += count as u64;
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_was_appended_from_many_threads() {
        let folder = tempfile::tempdir().unwrap();
        let segments = Segments::create(&folder.path().join("blocks"), &SpoolKey::once().unwrap()).unwrap();
        let places: Vec<(u8, u64)> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..16u8)
                .map(|worker| {
                    let segments = &segments;
                    scope.spawn(move || (worker, segments.append(&[worker; 1000]).unwrap()))
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        for (worker, offset) in places {
            assert!(segments.read(offset, 1000).unwrap() == [worker; 1000]);
        }
        assert_eq!(segments.read(1, 1000).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(segments.read(16_000, 1000).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_says_how_much_was_needed() {
        let file = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
        let cover = Cover::new(&SpoolKey::once().unwrap()).unwrap();
        let segments = Segments { file, cover, end: Mutex::new(0) };
        let error = segments.append(&[0; 4096]).unwrap_err();
        assert!(matches!(error, Error::DiskFull { needed_bytes: 4124 }), "{error}");
        assert!(error.to_string().contains("4124"));
    }
}
