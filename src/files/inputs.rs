//! What the customer names: files, folders, globs, expanded once into a list of files; and what was gathered in memory.
//!
//! Takes paths and named bytes, gives [`Inputs`], which can be walked twice and notice what changed between the walks.
//! Looks into folders, opens nothing in them. A name that is there is never a glob.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;

use super::Taker;
use super::name;
use super::sizes::Sizes;
use super::walk::{Walk, Walked};
use crate::limits::FILES_MAX;

/// Why nothing can be read. Inputs are named by their position on the command line, from 1, since paths name people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// No such file, and no pattern either.
    #[error("input {position} does not exist: check the path")]
    Missing {
        /// From 1.
        position: usize,
    },
    /// A pattern that nothing matches.
    #[error("input {position} is a pattern that no file matches: check it, and quote it if the shell expands it")]
    NoMatch {
        /// From 1.
        position: usize,
    },
    /// It is there, but closed to us.
    #[error("input {position} cannot be read: {reason}")]
    Unreadable {
        /// From 1.
        position: usize,
        /// Why.
        reason: &'static str,
    },
    /// A device, a pipe or a socket.
    #[error("input {position} is neither a file nor a folder: name a file, or use `-` to filter standard input")]
    NoFile {
        /// From 1.
        position: usize,
    },
    /// More than a bundle can hold.
    #[error("the inputs hold more than {FILES_MAX} files: name fewer folders at once")]
    TooMany,
}

/// Where the bytes of a file are.
pub(super) enum Content {
    /// On the disk.
    Disk(PathBuf),
    /// On the disk, where a program goes on writing: what stood there when it was found, bytes.
    Growing(PathBuf, u64),
    /// In memory only.
    Memory(Bytes),
}

/// A file.
pub(super) struct Entry {
    pub content: Content,
    pub name: String,
    /// Whether the customer named this very file: then a link is followed.
    pub is_named: bool,
    /// Why it is not even opened: a link, a device, a folder that is closed to us.
    pub closed: Option<&'static str>,
    /// What the first walk saw.
    pub seen: Option<Seen>,
}

/// What a walk saw of a file on the disk.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub stamp: Stamp,
    /// Number of its first file, and how many it held.
    pub first: u32,
    pub count: u32,
}

/// By what a change is noticed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    written: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), written: metadata.modified().ok() }
    }

    /// Of a file that may grow, but not shrink or be replaced by another; none when it is shorter than it was.
    pub(super) fn of_growing(metadata: &Metadata, bytes: u64) -> Option<Self> {
        (metadata.len() >= bytes).then(|| Self { bytes, written: metadata.created().ok() })
    }

    pub(super) fn of_memory(bytes: &Bytes) -> Self {
        Self { bytes: bytes.len() as u64, written: None }
    }

    pub(super) fn bytes(self) -> u64 {
        self.bytes
    }
}

/// Length and hash of what was withheld, by file number.
pub(super) type Hashes = HashMap<u32, (u64, Option<[u8; 32]>)>;

/// Files to read, in a fixed order.
pub struct Inputs {
    pub(super) entries: Vec<Entry>,
    /// Kept from walk to walk: large files are hashed in the first only.
    pub(super) hashes: Hashes,
    pub(super) sizes: Sizes,
}

impl Inputs {
    /// No files.
    pub(crate) fn none() -> Self {
        Self { entries: Vec::new(), hashes: Hashes::new(), sizes: Sizes::default() }
    }

    /// Expands inputs: files as they are, folders with all that is in them (sorted by bytes), patterns.
    ///
    /// # Errors
    /// An input is missing or closed, or there are too many files. No file was read then.
    pub fn find(inputs: &[PathBuf]) -> Result<Self, InputError> {
        let mut found = Self::none();
        for (input, position) in inputs.iter().zip(1..) {
            match fs::metadata(input) {
                Ok(metadata) => found.add(input, &metadata, position)?,
                Err(error) => match pattern(input) {
                    Some(pattern) => found.add_matches(pattern, position)?,
                    None if error.kind() == std::io::ErrorKind::NotFound => {
                        return Err(InputError::Missing { position });
                    }
                    None => return Err(unreadable(position, &error)),
                },
            }
        }
        Ok(found)
    }

    /// Adds what lies in memory, under a path-like name. It is walked like a file, twice too.
    ///
    /// # Errors
    /// [`InputError::TooMany`].
    pub fn add_bytes(&mut self, name: &str, bytes: Bytes) -> Result<(), InputError> {
        self.push_content(Content::Memory(bytes), name::safe(name), None)
    }

    /// Adds a file that a program may be writing: its first `bytes` bytes, under a path-like name.
    ///
    /// # Errors
    /// [`InputError::TooMany`].
    pub fn add_growing(&mut self, name: &str, path: PathBuf, bytes: u64) -> Result<(), InputError> {
        self.push_content(Content::Growing(path, bytes), name::safe(name), None)
    }

    /// Walks over the files, in order. The second walk gives a file that changed since the first as damaged.
    pub fn walk(&mut self, taker: &mut dyn Taker) -> Walked {
        Walk::new(taker, self.sizes, std::mem::take(&mut self.hashes)).run(self)
    }

    /// The names of the files, archives as one.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// How many files and closed folders there are; archives count once.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// An input that was named.
    fn add(&mut self, path: &Path, metadata: &Metadata, position: usize) -> Result<(), InputError> {
        let last = path.file_name().map(|last| name::of_path(Path::new(last))).unwrap_or_default();
        if metadata.is_dir() {
            fs::read_dir(path).map_err(|error| unreadable(position, &error))?;
            return self.add_folder(path, &last);
        }
        if !metadata.is_file() {
            return Err(InputError::NoFile { position });
        }
        fs::File::open(path).map_err(|error| unreadable(position, &error))?;
        self.push(path.to_owned(), last, None)?;
        self.entries.last_mut().into_iter().for_each(|entry| entry.is_named = true);
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path, name: &str) -> Result<(), InputError> {
        let mut open = vec![(folder.to_owned(), name.to_owned())];
        // Deepest last: what was pushed last is next, so the order is that of a sorted list of all paths.
        while let Some((path, name)) = open.pop() {
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                self.push(path, name, Some("it is no longer there"))?;
                continue;
            };
            if !metadata.is_dir() && path != folder {
                self.add_found(path, name, &metadata)?;
                continue;
            }
            let listed = fs::read_dir(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let Ok(mut listed) = listed else {
                self.push(path, name, Some("the folder cannot be read"))?;
                continue;
            };
            listed.sort_by_key(|entry| entry.file_name());
            open.extend(listed.iter().rev().map(|entry| {
                let part = name::of_path(Path::new(&entry.file_name()));
                (entry.path(), if name.is_empty() { part } else { format!("{name}/{part}") })
            }));
            if open.len() > FILES_MAX {
                return Err(InputError::TooMany);
            }
        }
        Ok(())
    }

    /// Something in a folder, or that a pattern matches.
    fn add_found(&mut self, path: PathBuf, name: String, metadata: &Metadata) -> Result<(), InputError> {
        let kind = metadata.file_type();
        let closed = if kind.is_symlink() {
            Some("a symbolic link: name its target to include it")
        } else if kind.is_file() {
            None
        } else {
            Some("a device, pipe or socket")
        };
        self.push(path, name, closed)
    }

    fn add_matches(&mut self, (pattern, base): (String, PathBuf), position: usize) -> Result<(), InputError> {
        let paths = glob::glob(&pattern).map_err(|_| InputError::NoMatch { position })?;
        let mut paths: Vec<_> = paths.map(|path| path.unwrap_or_else(|error| error.path().to_owned())).collect();
        paths.sort();
        let mut folders: Vec<PathBuf> = Vec::new();
        let before = self.entries.len();
        for path in paths {
            // `**` matches a folder and everything in it.
            if folders.iter().any(|folder| path.starts_with(folder)) {
                continue;
            }
            let name = name::of_path(path.strip_prefix(&base).unwrap_or(&path));
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {
                    self.add_folder(&path, &name)?;
                    folders.push(path);
                }
                Ok(metadata) => self.add_found(path, name, &metadata)?,
                Err(_) => self.push(path, name, Some("it cannot be read"))?,
            }
        }
        if self.entries.len() == before { Err(InputError::NoMatch { position }) } else { Ok(()) }
    }

    fn push(&mut self, path: PathBuf, name: String, closed: Option<&'static str>) -> Result<(), InputError> {
        self.push_content(Content::Disk(path), name, closed)
    }

    fn push_content(&mut self, content: Content, name: String, closed: Option<&'static str>) -> Result<(), InputError> {
        if self.entries.len() >= FILES_MAX {
            return Err(InputError::TooMany);
        }
        let name = if name.is_empty() { format!("input-{}", self.entries.len()) } else { name };
        self.entries.push(Entry { content, name, is_named: false, closed, seen: None });
        Ok(())
    }
}

fn unreadable(position: usize, error: &std::io::Error) -> InputError {
    InputError::Unreadable { position, reason: super::fault::reason(error) }
}

/// A path with `*`, `?` or `[`, and the folder before the first of them: names are relative to it.
fn pattern(input: &Path) -> Option<(String, PathBuf)> {
    let pattern = input.to_str().filter(|text| text.contains(['*', '?', '[']))?;
    let plain =
        |part: &std::path::Component<'_>| part.as_os_str().to_str().is_some_and(|part| !part.contains(['*', '?', '[']));
    Some((pattern.to_owned(), input.components().take_while(plain).collect()))
}
