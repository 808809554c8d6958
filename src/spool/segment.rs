//! The segment file: compressed blocks, appended, read at any place, never changed.
//!
//! Takes bytes, gives offsets. Many threads write and read at once: each write has its own range, so only the
//! reservation of that range is serial.

use super::Error;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Mutex;

/// An append-only file.
pub(crate) struct Segments {
    file: File,
    end: Mutex<u64>,
}

impl Segments {
    /// A new file; an existing one is an error.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        Ok(Self { file, end: Mutex::new(0) })
    }

    /// An existing file, to be continued behind `end`; what stands there is cut off.
    pub(super) fn reopen(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let end = file.metadata()?.len();
        Ok(Self { file, end: Mutex::new(end) })
    }

    /// Cuts off what follows `end`.
    pub(super) fn truncate(&self, end: u64) -> io::Result<()> {
        self.file.set_len(end)?;
        *lock(&self.end) = end;
        Ok(())
    }

    /// Writes `bytes` behind everything else, gives their offset.
    pub(super) fn append(&self, bytes: &[u8]) -> Result<u64, Error> {
        let offset = {
            let mut end = lock(&self.end);
            let offset = *end;
            *end += bytes.len() as u64;
            offset
        };
        write_all_at(&self.file, bytes, offset).map_err(|source| Error::writing(source, bytes.len() as u64))?;
        Ok(offset)
    }

    /// Fills `buffer` from `offset`.
    pub(crate) fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
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
        let segments = Segments::create(&folder.path().join("blocks")).unwrap();
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
            let mut buffer = [0; 1000];
            segments.read_exact_at(&mut buffer, offset).unwrap();
            assert!(buffer.iter().all(|byte| *byte == worker));
        }
        assert!(segments.read_exact_at(&mut [0; 2], 15_999).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_says_how_much_was_needed() {
        let file = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
        let segments = Segments { file, end: Mutex::new(0) };
        let error = segments.append(&[0; 4096]).unwrap_err();
        assert!(matches!(error, Error::DiskFull { needed_bytes: 4096 }), "{error}");
        assert!(error.to_string().contains("4096"));
    }
}
