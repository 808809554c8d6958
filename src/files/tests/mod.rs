//! The room as a whole: cuts that lose nothing, walks over hostile inputs, and the public sample files.

mod archives;
mod corpus;
mod cuts;
mod pipes;
mod walks;

use std::path::Path;

use super::sizes::Sizes;
use super::stretches::Stretches;
use super::{FileEnd, FileHead, Taker, TakerClosed, encoding};
use crate::record::{Encoding, Form, RawStretch};

/// One file as a taker saw it.
struct Taken {
    number: u32,
    name: String,
    form: Option<Form>,
    unpacked_from: Option<&'static str>,
    stretches: Vec<RawStretch>,
    end: Option<FileEnd>,
}

impl Taken {
    fn text(&self) -> String {
        self.stretches.iter().map(|stretch| stretch.text.expose()).collect()
    }

    /// Why nothing, or not all, was given.
    fn reason(&self) -> &'static str {
        match self.end {
            Some(FileEnd::Damaged { reason } | FileEnd::Withheld { reason, .. }) => reason,
            _ => "",
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self.end, Some(FileEnd::Whole { .. }))
    }

    fn is_withheld(&self) -> bool {
        matches!(self.end, Some(FileEnd::Withheld { .. }))
    }
}

/// Keeps everything.
#[derive(Default)]
struct Keeper {
    files: Vec<Taken>,
    /// Refuses stretches after so many.
    closes_after: Option<usize>,
    /// Called when a file begins.
    on_begin: Option<Box<dyn Fn()>>,
}

impl Keeper {
    fn file(&self, name: &str) -> &Taken {
        self.files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("no {name}: {:?}", self.names()))
    }

    fn names(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.name.as_str()).collect()
    }
}

impl Taker for Keeper {
    fn begin(&mut self, head: &FileHead) {
        assert!(self.files.last().is_none_or(|last| last.end.is_some()), "the last file has not ended");
        let name = head.name.expose().to_owned();
        if let Some(on_begin) = &self.on_begin {
            on_begin();
        }
        let FileHead { number, form, unpacked_from, .. } = *head;
        self.files.push(Taken { number, name, form, unpacked_from, stretches: Vec::new(), end: None });
    }

    fn stretch(&mut self, stretch: RawStretch) -> Result<(), TakerClosed> {
        if let Some(left) = &mut self.closes_after {
            *left = left.checked_sub(1).ok_or(TakerClosed)?;
        }
        self.files.last_mut().unwrap().stretches.push(stretch);
        Ok(())
    }

    fn end(&mut self, end: FileEnd) {
        self.files.last_mut().unwrap().end = Some(end);
    }
}

/// Sizes for cuts every few bytes.
fn small(stretch: usize, whole: usize) -> Sizes {
    Sizes { head: 4096, block: 16, stretch, whole: whole.max(stretch), eager: false }
}

fn stretches(bytes: &[u8], name: &str, sizes: Sizes) -> Vec<RawStretch> {
    let head = &bytes[..bytes.len().min(sizes.head)];
    let (encoding, mark) = encoding::recognise(head).unwrap();
    Stretches::new(bytes, encoding, mark, name, sizes).collect()
}

fn joined(stretches: &[RawStretch]) -> String {
    stretches.iter().map(|stretch| stretch.text.expose()).collect()
}

/// The bytes that the stretches of a file stand for, written by other code than the gate's.
fn encoded(stretches: &[RawStretch]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for stretch in stretches {
        let mark = if stretch.has_mark { "\u{feff}" } else { "" };
        let text = format!("{mark}{}", stretch.text.expose());
        match stretch.encoding {
            Encoding::Utf8 => bytes.extend(text.bytes()),
            Encoding::Utf16Le => bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Encoding::Utf16Be => bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Encoding::Windows1252 => bytes.extend_from_slice(&encoding_rs::WINDOWS_1252.encode(&text).0),
        }
    }
    bytes
}

/// A zip of these files; a name that ends with `/` is a folder.
#[expect(clippy::disallowed_methods, reason = "test input: the bundle's zip is written by archive::zip alone")]
pub(super) fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn walked(inputs: &[&Path]) -> Keeper {
    let mut keeper = Keeper::default();
    let inputs: Vec<_> = inputs.iter().map(|path| path.to_path_buf()).collect();
    super::walk(&inputs, &mut keeper).unwrap();
    keeper
}
