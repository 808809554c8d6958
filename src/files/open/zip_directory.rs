//! How long a zip's directory says it is (APPNOTE 4.3.14–4.3.16), before a reader holds it in memory.

use std::io::{Read, Result, Seek, SeekFrom};

/// The end record and the longest comment behind it.
const END_BYTES: u64 = 22 + 0xFFFF;

/// Bytes of the central directory; none when there is no end record.
///
/// # Errors
/// What the reader says.
pub(super) fn directory_bytes(zip: &mut (impl Read + Seek)) -> Result<Option<u64>> {
    let length = zip.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(END_BYTES);
    zip.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    zip.by_ref().take(END_BYTES).read_to_end(&mut tail)?;
    // A reader may settle for any of the records that the tail holds: the longest directory counts.
    let mut most = None;
    for at in memchr::memmem::find_iter(&tail, b"PK\x05\x06") {
        let bytes = number(&tail, at + 12, 4);
        let long = if at >= 20 && tail.get(at - 20..at - 16) == Some(b"PK\x06\x07") {
            number(&tail, at - 12, 8)
        } else {
            None
        };
        let bytes = match long {
            Some(offset) if offset < length => {
                zip.seek(SeekFrom::Start(offset))?;
                let mut record = Vec::new();
                zip.by_ref().take(56).read_to_end(&mut record)?;
                number(&record, 40, 8).max(bytes)
            }
            _ => bytes,
        };
        most = most.max(bytes);
    }
    zip.seek(SeekFrom::Start(0))?;
    Ok(most)
}

/// A little endian number.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + length)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn the_length_of_the_directory_is_read() {
        let zip = crate::files::tests::zipped(&[("a.log", b"a"), ("b.log", b"b")]);
        assert_eq!(directory_bytes(&mut Cursor::new(&zip)).unwrap(), Some(2 * (46 + 5)));
        assert_eq!(directory_bytes(&mut Cursor::new(b"PK\x03\x04")).unwrap(), None);
        let mut lies = zip.clone();
        let at = lies.len() - 22 + 12;
        lies[at..at + 4].copy_from_slice(&[0xFF; 4]);
        assert_eq!(directory_bytes(&mut Cursor::new(&lies)).unwrap(), Some(u64::from(u32::MAX)));
    }
}
