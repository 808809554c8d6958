//! The file that the bundle becomes.
//!
//! `FILE.zip.part` is made, locked and held from before the first request: what would fail at the end fails in
//! second 0. It is forced to the disk, then renamed; until then nothing bears the final name. A `.part` that nobody
//! locks is the leftover of a killed run and is taken over. A finished bundle is never overwritten.

use super::{Error, Hex};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A claimed output. Dropped without a commit, it leaves nothing.
pub struct Output {
    path: PathBuf,
    part: PathBuf,
    file: Option<File>,
    /// A bundle of an interrupted run is replaced.
    replaces: bool,
}

impl Output {
    /// Makes sure that the bundle can be written to `path`, and reserves it.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Busy`], [`Error::NoFolder`], [`Error::FileName`], [`Error::Create`].
    pub fn claim(path: &Path) -> Result<Self, Error> {
        Self::take(path, false)
    }

    /// The same for a run that goes on: the bundle of its interrupted part is replaced, in one step, by the new one.
    ///
    /// # Errors
    /// As [`Output::claim`], [`Error::Exists`] apart when the earlier run's spool is there.
    pub fn take_over(path: &Path) -> Result<Self, Error> {
        let has_spool = beside(path, ".spool").is_dir();
        if has_spool {
            Self::take(path, path.symlink_metadata().is_ok_and(|found| found.is_file()))
        } else {
            Self::claim(path)
        }
    }

    fn take(path: &Path, replaces: bool) -> Result<Self, Error> {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or(Error::FileName)?;
        if name.chars().any(|letter| letter.is_control() || letter == '\\') {
            return Err(Error::FileName);
        }
        if !replaces && path.symlink_metadata().is_ok() {
            return Err(Error::Exists { path: path.to_owned() });
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(Error::NoFolder { path: path.to_owned() });
        }
        let part = beside(path, ".part");
        let create = |source| Error::Create { path: path.to_owned(), source };
        if part.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Err(create(io::Error::other("its .part file is no plain file")));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&part).map_err(create)?;
        match file.try_lock() {
            // A file system without locks must not stop the run.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { path: path.to_owned() }),
        }
        file.set_len(0).map_err(create)?;
        Ok(Self { path: path.to_owned(), part, file: Some(file), replaces })
    }

    /// Where the run keeps its spool: `FILE.zip.spool`.
    pub fn spool_folder(&self) -> PathBuf {
        beside(&self.path, ".spool")
    }

    /// The file while it has no final name.
    pub fn part(&self) -> &Path {
        &self.part
    }

    pub(super) fn file(&self) -> Result<&File, Error> {
        self.file.as_ref().ok_or_else(|| Error::Write(io::ErrorKind::NotConnected.into()))
    }

    /// Empties the file.
    pub(super) fn rewind(mut self) -> Result<Self, Error> {
        let Some(file) = &mut self.file else { return Err(Error::Write(io::ErrorKind::NotConnected.into())) };
        file.set_len(0).and_then(|()| file.rewind()).map_err(Error::Write)?;
        Ok(self)
    }

    /// Forces the bytes to the disk, gives the file its name, writes `FILE.zip.sha256`.
    pub(super) fn commit(mut self) -> Result<(PathBuf, u64, Hex), Error> {
        let Some(mut file) = self.file.take() else { return Err(Error::Write(io::ErrorKind::NotConnected.into())) };
        let committed = self.publish(&mut file);
        drop(file);
        if committed.is_err() {
            let _ = std::fs::remove_file(&self.part);
        }
        committed
    }

    fn publish(&self, file: &mut File) -> Result<(PathBuf, u64, Hex), Error> {
        // Some systems say only now that the disk is full.
        let length = file.metadata().map_or(0, |found| found.len());
        file.sync_all().map_err(|source| Error::writing(source, length))?;
        let (bytes, sha256) = sum(file).map_err(Error::Write)?;
        let sums = beside(&self.path, ".sha256");
        let sums_part = beside(&self.path, ".sha256.part");
        let name = self.path.file_name().and_then(|name| name.to_str()).ok_or(Error::FileName)?;
        let written = write_whole(&sums_part, format!("{}  {name}\n", sha256.as_str()).as_bytes())
            .map_err(|source| Error::writing(source, bytes))
            .and_then(|()| self.rename(&sums_part, &sums));
        if let Err(error) = written {
            let _ = std::fs::remove_file(&sums_part);
            return Err(error);
        }
        // The names are safe only when the folder is on the disk; not every system can be asked for that.
        if let Ok(folder) = File::open(folder_of(&self.path)) {
            let _ = folder.sync_all();
        }
        Ok((self.path.clone(), bytes, sha256))
    }

    fn rename(&self, sums_part: &Path, sums: &Path) -> Result<(), Error> {
        if !self.replaces && self.path.symlink_metadata().is_ok() {
            return Err(Error::Exists { path: self.path.clone() });
        }
        std::fs::rename(&self.part, &self.path).map_err(Error::Write)?;
        std::fs::rename(sums_part, sums).map_err(|source| {
            let _ = std::fs::rename(&self.path, &self.part);
            Error::Write(source)
        })
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

fn sum(file: &mut File) -> io::Result<(u64, Hex)> {
    file.rewind()?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((bytes, Hex::from_sum(hash.finalize())));
        }
        hash.update(buffer.get(..count).unwrap_or_default());
        bytes += count as u64;
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_before_the_run_that_the_output_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("case.zip");
        std::fs::write(&path, b"mine").unwrap();
        assert!(matches!(Output::claim(&path), Err(Error::Exists { .. })));
        assert!(matches!(Output::claim(&folder.path().join("none/case.zip")), Err(Error::NoFolder { .. })));
        assert!(matches!(Output::claim(&folder.path().join("a\nb.zip")), Err(Error::FileName)));
        assert!(matches!(Output::claim(Path::new("/")), Err(Error::FileName)));
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }

    #[test]
    fn two_runs_cannot_write_one_file_and_a_failed_run_leaves_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("case.zip");
        let first = Output::claim(&path).unwrap();
        assert!(matches!(Output::claim(&path), Err(Error::Busy { .. })));
        drop(first);
        assert!(folder.path().read_dir().unwrap().next().is_none());
        // The leftover of a killed run.
        std::fs::write(folder.path().join("case.zip.part"), b"half").unwrap();
        assert!(Output::claim(&path).is_ok());
    }

    #[test]
    fn a_bundle_that_appeared_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("case.zip");
        let output = Output::claim(&path).unwrap();
        std::fs::write(&path, b"theirs").unwrap();
        assert!(matches!(output.commit(), Err(Error::Exists { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn the_finished_file_has_its_sum_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("case.zip");
        let output = Output::claim(&path).unwrap();
        output.file().unwrap().write_all(b"abc").unwrap();
        let (_, bytes, sum) = output.commit().unwrap();
        assert_eq!(bytes, 3);
        let text = std::fs::read_to_string(folder.path().join("case.zip.sha256")).unwrap();
        assert_eq!(text, format!("{}  case.zip\n", sum.as_str()));
        assert!(sum.as_str().starts_with("ba7816bf"));
        assert_eq!(folder.path().read_dir().unwrap().count(), 2);
    }
}
