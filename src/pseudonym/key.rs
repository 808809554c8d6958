//! The master key: 32 random bytes, the only secret of the pseudonyms.
//!
//! Makes, reads, names and destroys key files and derives subkeys (HKDF-SHA-256, RFC 5869, info
//! `entra-bundle/v1/<purpose>`). The bytes are wiped when dropped, and are never printed: no `Debug`, no `Display`.
//! Whoever holds the file can turn every pseudonym back; nobody else can. Where key files live is `key_folder`'s
//! matter. Never writes over an existing file.
//!
//! The file is text, so that it can be printed and typed in again: a format line, comments (`#`), the 32 bytes as
//! Crockford base32 in groups, and check symbols (the first 40 bits of SHA-256 over format name and key).

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::cipher::{SYMBOLS, symbol_value};
use crate::limits::KEY_FILE_BYTES_MAX;

const FORMAT: &str = "entra-bundle-key-v1";
const KEY_BYTES: usize = 32;
const KEY_SYMBOLS: usize = 52;
const CHECK_SYMBOLS: usize = 8;
const CONTEXT: &str = "entra-bundle/v1/";

/// The 32-byte key that every pseudonym of a tenant is made with.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; KEY_BYTES]);

/// What can be wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such file.
    #[error("there is no key file at {0}: give the right path, or make a key with `entra-bundle key new --out FILE`")]
    Missing(PathBuf),
    /// The file is something else.
    #[error("{0} is not a key file: it does not begin with `{FORMAT}`. Give the file that `entra-bundle key new` made")]
    NotAKey(PathBuf),
    /// The check symbols do not fit.
    #[error("the key file {0} is damaged: its check symbols do not fit its content. Restore it from a copy")]
    Damaged(PathBuf),
    /// Writing would replace a file.
    #[error("{0} exists already and a key is never written over anything: choose another name")]
    Exists(PathBuf),
    /// The operating system refused.
    #[error("the key file {path} cannot be {act}: {reason}")]
    Io {
        /// The file.
        path: PathBuf,
        /// `read`, `written`, `destroyed`.
        act: &'static str,
        /// What the system said.
        reason: std::io::Error,
    },
    /// No random numbers.
    #[error("the operating system gives no random numbers, so no key can be made")]
    NoRandomness,
}

impl MasterKey {
    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut key = Self([0; KEY_BYTES]);
        getrandom::fill(&mut key.0).map_err(|_| KeyError::NoRandomness)?;
        Ok(key)
    }

    /// A key from bytes that are already a key. For tests and the embedded tenant's repeatable runs.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Makes a key and writes it to a new file, readable by its owner only; missing folders are made (0700).
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::Io`], [`KeyError::NoRandomness`].
    pub fn create(path: &Path, now: OffsetDateTime) -> Result<Self, KeyError> {
        let key = Self::generate()?;
        let failed = |reason| KeyError::Io { path: path.into(), act: "written", reason };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private_folder(folder).map_err(failed)?;
        }
        let mut file = private_new(path).map_err(|reason| match reason.kind() {
            std::io::ErrorKind::AlreadyExists => KeyError::Exists(path.into()),
            _ => failed(reason),
        })?;
        let written = file.write_all(key.file_text(now).as_bytes()).and_then(|()| file.sync_all());
        if let Err(reason) = written {
            // A half-written key would be refused later; better that there is none.
            let _ = fs::remove_file(path);
            return Err(failed(reason));
        }
        Ok(key)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// [`KeyError::Missing`], [`KeyError::NotAKey`], [`KeyError::Damaged`], [`KeyError::Io`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let file = File::open(path).map_err(|reason| match reason.kind() {
            std::io::ErrorKind::NotFound => KeyError::Missing(path.into()),
            _ => KeyError::Io { path: path.into(), act: "read", reason },
        })?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_FILE_BYTES_MAX));
        let limit = KEY_FILE_BYTES_MAX as u64;
        file.take(limit).read_to_end(&mut bytes).map_err(|reason| KeyError::Io {
            path: path.into(),
            act: "read",
            reason,
        })?;
        let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::NotAKey(path.into()))?;
        let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
        if lines.next() != Some(FORMAT) {
            return Err(KeyError::NotAKey(path.into()));
        }
        let mut symbols = Zeroizing::new(Vec::with_capacity(KEY_SYMBOLS + CHECK_SYMBOLS));
        for line in lines.filter(|line| !line.starts_with('#')) {
            for byte in line.bytes().filter(|byte| !matches!(byte, b'-' | b' ' | b'\t')) {
                symbols.push(typed_symbol(byte).ok_or_else(|| KeyError::Damaged(path.into()))?);
            }
        }
        Self::from_symbols(&symbols).ok_or_else(|| KeyError::Damaged(path.into()))
    }

    /// Public name of the key: 16 hexadecimal digits, the first half of HMAC-SHA-256(key, "id"). Stands in manifests.
    pub fn id(&self) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(b"id");
        mac.finalize().into_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The subkey for one purpose.
    pub(crate) fn subkey<const N: usize>(&self, purpose: &str) -> Zeroizing<[u8; N]> {
        let mut subkey = Zeroizing::new([0; N]);
        let info = [CONTEXT.as_bytes(), purpose.as_bytes()].concat();
        // Fails only above 8,160 bytes; the subkeys have 32 and 64.
        let expanded = Hkdf::<Sha256>::new(None, &self.0).expand(&info, &mut *subkey);
        debug_assert!(expanded.is_ok());
        subkey
    }

    fn file_text(&self, now: OffsetDateTime) -> Zeroizing<String> {
        let created = now.format(&Rfc3339).unwrap_or_default();
        let mut text = Zeroizing::new(String::with_capacity(KEY_FILE_BYTES_MAX));
        text.push_str(&format!(
            "{FORMAT}\n# created {created}, key id {}\n# Whoever holds this file can turn the pseudonyms back. \
             Keep a copy in a safe place; never send it.\n",
            self.id()
        ));
        for (line, bytes) in [(KEY_SYMBOLS, &self.0[..]), (CHECK_SYMBOLS, &self.check()[..])] {
            for (at, symbol) in symbols_of(bytes, line).iter().enumerate() {
                if at > 0 && at % 4 == 0 {
                    text.push('-');
                }
                text.push(char::from(*symbol));
            }
            text.push('\n');
        }
        text
    }

    fn check(&self) -> [u8; 5] {
        let digest = Sha256::new().chain_update(FORMAT).chain_update(self.0).finalize();
        std::array::from_fn(|at| digest[at])
    }

    fn from_symbols(symbols: &[u8]) -> Option<Self> {
        let (payload, check) = symbols.split_at_checked(KEY_SYMBOLS)?;
        let mut key = Self([0; KEY_BYTES]);
        for (at, byte) in key.0.iter_mut().enumerate() {
            *byte = (0..8).try_fold(0, |byte, bit| {
                let place = 8 * at + bit;
                let symbol = symbol_value(*payload.get(place / 5)?)?;
                Some((byte << 1) | ((symbol >> (4 - place % 5)) & 1))
            })?;
        }
        let whole = symbols_of(&key.0, KEY_SYMBOLS).as_slice() == payload;
        (whole && symbols_of(&key.check(), CHECK_SYMBOLS).as_slice() == check).then_some(key)
    }
}

/// Overwrites a key file with random bytes, has that written to the medium, and removes the file.
///
/// On flash, copy-on-write file systems, snapshots and backups older copies of the bytes may survive; only the
/// destruction of those media makes it final.
///
/// # Errors
/// [`KeyError::Missing`], [`KeyError::NotAKey`] (a file that is no key is left alone), [`KeyError::Io`].
pub fn destroy(path: &Path) -> Result<(), KeyError> {
    match MasterKey::load(path) {
        Ok(_) | Err(KeyError::Damaged(_)) => {}
        Err(error) => return Err(error),
    }
    let failed = |reason| KeyError::Io { path: path.into(), act: "destroyed", reason };
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len().min(KEY_FILE_BYTES_MAX as u64);
    let mut noise = vec![0; usize::try_from(length).unwrap_or(KEY_FILE_BYTES_MAX)];
    getrandom::fill(&mut noise).map_err(|_| KeyError::NoRandomness)?;
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.write_all(&noise))
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    drop(file);
    fs::remove_file(path).map_err(failed)?;
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        // Not every system can sync a folder; the content is gone either way.
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Whether others than the owner may read the file. Always `false` where there are no Unix permissions.
pub fn readable_by_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Makes a folder that only its owner can enter, with those above it.
pub(crate) fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a file that does not exist yet, readable by its owner only.
fn private_new(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// `count` base32 symbols of `bytes`, most significant bit first, zero bits at the end.
fn symbols_of(bytes: &[u8], count: usize) -> Zeroizing<Vec<u8>> {
    let bit = |place: usize| bytes.get(place / 8).map_or(0, |byte| (byte >> (7 - place % 8)) & 1);
    let symbol = |at: usize| (5 * at..5 * at + 5).fold(0, |value, place| (value << 1) | bit(place));
    Zeroizing::new((0..count).map(|at| SYMBOLS[usize::from(symbol(at))]).collect())
}

/// The symbol that a typed character means: any case, and `o` for 0, `i` and `l` for 1.
fn typed_symbol(byte: u8) -> Option<u8> {
    let symbol = match byte.to_ascii_lowercase() {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        other => other,
    };
    symbol_value(symbol).map(|_| symbol)
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
