//! A file as it was found: its bytes are counted, and hashed for as long as it may have to be withheld.
//!
//! Takes any reader. Clones read on where the last one stopped, so that the rest of a packed file can be hashed after
//! its content was seen to be no text. Unpacked bytes are charged to the budget of the file on the disk.

use std::cell::{Cell, RefCell};
use std::io::{Error, Read, Result};
use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::fault::{Fault, UNPACKS_TOO_FAR};
use crate::limits::{DEFLATE_RATIO_MAX, UNPACKED_BYTES_FREE, UNPACKED_BYTES_MAX};

/// A file as it was found.
#[derive(Clone)]
pub(super) struct Found<'r>(Rc<RefCell<Inner<'r>>>);

struct Inner<'r> {
    reader: Box<dyn Read + 'r>,
    bytes: u64,
    hash: Option<Sha256>,
    /// An error that was met while the head was read, and is told when the head was taken.
    error: Option<Error>,
}

impl<'r> Found<'r> {
    pub(super) fn new(reader: impl Read + 'r) -> Self {
        Self(Rc::new(RefCell::new(Inner {
            reader: Box::new(reader),
            bytes: 0,
            hash: Some(Sha256::new()),
            error: None,
        })))
    }

    /// Bytes read.
    pub(super) fn length(&self) -> u64 {
        self.0.borrow().bytes
    }

    /// It will not be withheld: no hash is needed.
    pub(super) fn accept(&self) {
        self.0.borrow_mut().hash = None;
    }

    /// The next read tells this error.
    pub(super) fn fail(&self, error: Error) {
        self.0.borrow_mut().error = Some(error);
    }

    /// Reads the rest; gives the length of all, and the hash unless something was wrong.
    pub(super) fn hash_rest(mut self) -> (u64, Option<[u8; 32]>) {
        let sound = std::io::copy(&mut self, &mut std::io::sink()).is_ok();
        let mut inner = self.0.borrow_mut();
        (inner.bytes, inner.hash.take().filter(|_| sound).map(|hash| hash.finalize().into()))
    }
}

impl Read for Found<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut inner = self.0.borrow_mut();
        if let Some(error) = inner.error.take() {
            inner.hash = None;
            return Err(error);
        }
        let count = inner.reader.read(buffer)?;
        inner.bytes += count as u64;
        if let Some(hash) = &mut inner.hash {
            hash.update(&buffer[..count]);
        }
        Ok(count)
    }
}

/// How much one file on the disk may still unpack to, all layers together.
#[derive(Clone)]
pub(super) struct Budget(Rc<Cell<u64>>);

impl Budget {
    /// For a file of that many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let most = bytes.saturating_mul(DEFLATE_RATIO_MAX).saturating_add(UNPACKED_BYTES_FREE);
        Self(Rc::new(Cell::new(most.min(UNPACKED_BYTES_MAX))))
    }

    /// Charges bytes; false when they are too many.
    pub(super) fn spend(&self, bytes: usize) -> bool {
        let left = self.0.get().checked_sub(bytes as u64);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }

    /// A reader whose bytes are charged.
    pub(super) fn charge<R: Read>(&self, reader: R) -> Unpacked<R> {
        Unpacked { reader, budget: self.clone() }
    }
}

/// Unpacked bytes; an error when there are too many.
pub(super) struct Unpacked<R> {
    reader: R,
    budget: Budget,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.reader.read(buffer)?;
        if self.budget.spend(count) { Ok(count) } else { Err(Fault::error(UNPACKS_TOO_FAR)) }
    }
}
