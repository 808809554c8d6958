//! Standard input: as it comes, whatever it is.

use std::io::Read;

use super::encoded;
use crate::files::{PipeFault, Piped};
use crate::record::{Form, RawStretch};

/// Gives a few bytes at a time, as a slow program does.
struct Drops<'b>(&'b [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn piped(bytes: &[u8], drop: usize) -> Result<Vec<RawStretch>, PipeFault> {
    Piped::open(Drops(bytes, drop))?.collect()
}

#[test]
fn every_line_is_given_at_once() {
    let lines = "{\"a\":1}\n{\"b\":\"ü\"}\n{\"c\":[]}\n";
    let mut pipe = Piped::open(Drops(lines.as_bytes(), 8)).unwrap();
    assert_eq!(pipe.next().unwrap().unwrap().text.expose(), "{\"a\":1}\n");
    for drop in 1..40 {
        let stretches = piped(lines.as_bytes(), drop).unwrap();
        assert_eq!(encoded(&stretches), lines.as_bytes());
        assert!(stretches.iter().all(|one| one.form == Form::JsonLines), "{drop}");
    }
}

#[test]
fn other_texts_come_back_too() {
    let wide: Vec<u8> = "\u{feff}{\"a\":\"ü\"}\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in
        [b"plain\ntext without end".as_slice(), b"", b"\xEF\xBB\xBF", b"caf\xE9\n", b"{\n \"a\": [1,\n2]\n}\n", &wide]
    {
        for drop in [1, 2, 3, 7, 1000] {
            assert_eq!(encoded(&piped(bytes, drop).unwrap()), bytes, "{drop}");
        }
    }
    assert_eq!(piped(b"{\n \"a\": 1\n}\n", 5).unwrap()[0].form, Form::Json);
}

#[test]
fn what_is_no_text_is_refused() {
    assert!(piped(b"\x1F\x8B\x08\0\0\0\0\0", 100).is_err());
    assert!(piped(b"\x89PNG\r\n\x1A\n", 100).is_err());
    let mut bytes = b"{}\n".repeat(300);
    bytes.extend((0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8));
    assert!(piped(&bytes, 900).is_err());
}
