//! Where the zip's bytes go: a file that is believed until it fails.
//!
//! The `zip` crate closes a writer that is dropped, and complains on standard error when that fails, too. So this sink
//! tells a failure once, and from then on takes everything, keeps nothing, and counts as if it had been written. Its owner
//! asks at the end whether all went well: a failure that somebody passed over is still one.

use std::io::{self, Seek, SeekFrom, Write};

/// A sink over a seekable file.
pub(super) struct Sink<W> {
    inner: W,
    failed: Option<io::ErrorKind>,
    at: u64,
    end: u64,
}

impl<W: Write + Seek> Sink<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, failed: None, at: 0, end: 0 }
    }

    /// Hands on what is buffered.
    ///
    /// # Errors
    /// The first failure, now or before.
    pub(super) fn close(mut self) -> io::Result<()> {
        self.flush()?;
        self.failed.map_or(Ok(()), |kind| Err(kind.into()))
    }

    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failed = Some(error.kind());
        }
        result
    }
}

impl<W: Write + Seek> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = if self.failed.is_some() {
            bytes.len()
        } else {
            let written = self.inner.write(bytes);
            self.note(written)?
        };
        self.at += count as u64;
        self.end = self.end.max(self.at);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed.is_some() {
            return Ok(());
        }
        let flushed = self.inner.flush();
        self.note(flushed)
    }
}

impl<W: Write + Seek> Seek for Sink<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if self.failed.is_none() {
            let found = self.inner.seek(to);
            self.at = self.note(found)?;
            return Ok(self.at);
        }
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(step) => self.end.checked_add_signed(step),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes and no more.
    struct Full(io::Cursor<Vec<u8>>, usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.1.saturating_sub(self.0.position() as usize);
            if room == 0 {
                Err(io::ErrorKind::StorageFull.into())
            } else {
                self.0.write(&bytes[..bytes.len().min(room)])
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Full {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn a_failure_is_told_once_and_at_the_end() {
        let mut sink = Sink::new(Full(io::Cursor::default(), 5));
        sink.write_all(b"1234").unwrap();
        assert_eq!(sink.write_all(b"5678").unwrap_err().kind(), io::ErrorKind::StorageFull);
        sink.write_all(b"90").unwrap();
        assert_eq!((sink.stream_position().unwrap(), sink.seek(SeekFrom::End(-1)).unwrap()), (7, 6));
        sink.write_all(b"x").unwrap();
        sink.flush().unwrap();
        assert_eq!(sink.close().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn what_fits_is_there() {
        let mut sink = Sink::new(io::Cursor::new(Vec::new()));
        sink.write_all(b"abc").unwrap();
        sink.seek(SeekFrom::Start(1)).unwrap();
        sink.write_all(b"x").unwrap();
        assert_eq!((sink.inner.get_ref().as_slice(), sink.end), (b"axc".as_slice(), 3));
        sink.close().unwrap();
    }
}
