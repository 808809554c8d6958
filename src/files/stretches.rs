//! The stretches of one text, one after another, and the reader of a pipe.
//!
//! Takes a reader of bytes, gives [`RawStretch`]es: decoded, recognised, cut. Holds no more than a document and a block.

use std::io::{Cursor, Read};

use super::cut::{Cut, Cutter};
use super::decode::{Decoder, read_full};
use super::fault;
use super::form::{self, Beginning};
use super::magic::{self, Kind};
use super::sizes::Sizes;
use super::{FileEnd, encoding};
use crate::limits::HOST_HEAD_BYTES;
use crate::record::{Encoding, Form, RawStretch, RawText};

/// The stretches of a text.
pub(super) struct Stretches<R> {
    decoder: Decoder<R>,
    sizes: Sizes,
    cutter: Box<dyn Cutter>,
    form: Form,
    encoding: Encoding,
    dataset: Option<&'static str>,
    has_mark: bool,
    /// What was decoded.
    text: String,
    /// How much of it was given.
    given: usize,
    /// Where the last block ends that has UTF-8 beyond ASCII, and the last that has Windows-1252.
    utf8_until: usize,
    windows_until: usize,
    at_end: bool,
    fault: Option<&'static str>,
}

impl<R: Read> Stretches<R> {
    /// Reads as much as recognising takes. `mark` is the length of the byte order mark at the start of the input.
    pub(super) fn new(mut input: R, encoding: Encoding, mark: usize, name: &str, sizes: Sizes) -> Self {
        let (skipped, failure) = read_full(&mut input, &mut [0; 3][..mark.min(3)], false);
        let mut stretches = Self {
            decoder: Decoder::new(input, encoding, sizes.eager),
            sizes,
            cutter: Box::new(super::cut::Lines::new(Form::Text, sizes)),
            form: Form::Text,
            encoding,
            dataset: None,
            has_mark: skipped > 0,
            text: String::new(),
            given: 0,
            utf8_until: 0,
            windows_until: 0,
            at_end: failure.is_some(),
            fault: failure.as_ref().map(fault::reason),
        };
        while !stretches.at_end && stretches.text.len() < sizes.head {
            stretches.fill();
            if sizes.eager && stretches.text.contains('\n') {
                break;
            }
        }
        let beginning = Beginning { text: &stretches.text, is_whole: stretches.at_end, name };
        let recognised = form::recognise(beginning, sizes);
        (stretches.form, stretches.dataset) = (recognised.form, recognised.dataset);
        stretches.cutter = recognised.cutter;
        stretches
    }

    /// How it begins: so much as is looked at to know what is never taken.
    pub(super) fn head(&self) -> &str {
        self.text.get(..self.text.floor_char_boundary(HOST_HEAD_BYTES)).unwrap_or(&self.text)
    }

    /// How the file is written.
    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// How the file ended, once it has.
    pub(super) fn end(&self, bytes: u64) -> FileEnd {
        match self.fault {
            None => FileEnd::Whole { bytes, repaired: self.decoder.repaired },
            Some(reason) => FileEnd::Damaged { reason },
        }
    }

    fn fill(&mut self) {
        if self.given > 0 {
            self.text.drain(..self.given);
            self.utf8_until = self.utf8_until.saturating_sub(self.given);
            self.windows_until = self.windows_until.saturating_sub(self.given);
            self.given = 0;
        }
        match self.decoder.fill(self.sizes.block, &mut self.text) {
            Ok(block) => {
                self.at_end = block.at_end;
                match block.encoding {
                    Some(Encoding::Utf8) => self.utf8_until = self.text.len(),
                    Some(Encoding::Windows1252) => self.windows_until = self.text.len(),
                    _ => {}
                }
            }
            Err(error) => {
                self.at_end = true;
                self.fault = Some(fault::reason(&error));
            }
        }
    }

    /// The encoding in which a stretch is written back: UTF-8, unless all its characters came as Windows-1252.
    fn encoding_of(&self, text: &str) -> Encoding {
        match self.encoding {
            wide @ (Encoding::Utf16Le | Encoding::Utf16Be) => wide,
            _ if text.is_ascii() || self.utf8_until > self.given || self.windows_until <= self.given => Encoding::Utf8,
            _ => Encoding::Windows1252,
        }
    }

    fn stretch(&mut self, cut: Cut) -> RawStretch {
        let rest = self.text.get(self.given..).unwrap_or_default();
        let end = rest.ceil_char_boundary(cut.bytes.min(rest.len()));
        let text = rest.get(..end).unwrap_or_default().to_owned();
        let encoding = self.encoding_of(&text);
        self.given += text.len();
        RawStretch {
            form: cut.form,
            encoding,
            has_mark: std::mem::take(&mut self.has_mark),
            dataset: self.dataset,
            context: cut.context,
            goes_on: cut.goes_on,
            text: RawText::new(text),
        }
    }
}

impl<R: Read> Iterator for Stretches<R> {
    type Item = RawStretch;

    fn next(&mut self) -> Option<RawStretch> {
        loop {
            let rest = self.text.get(self.given..).unwrap_or_default();
            if let Some(cut) = self.cutter.next(rest, self.at_end) {
                return Some(self.stretch(cut));
            }
            if self.at_end {
                // A file of nothing but a mark keeps it.
                let cut = Cut { bytes: 0, form: self.form, context: crate::record::Context::Nothing, goes_on: false };
                return self.has_mark.then(|| self.stretch(cut));
            }
            self.fill();
        }
    }
}

/// Why a pipe was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("standard input: {reason}")]
pub struct PipeFault {
    /// What is wrong, without values.
    pub reason: &'static str,
}

/// The stretches of a pipe, as they come: JSON Lines, JSON, or any other text. It is read once, and a stretch is given
/// as soon as a line is there.
pub struct Piped<R> {
    stretches: Stretches<std::io::Chain<Cursor<Vec<u8>>, R>>,
    told: bool,
}

impl<R: Read> Piped<R> {
    /// Waits for the first bytes.
    ///
    /// # Errors
    /// What comes is no text.
    pub fn open(mut input: R) -> Result<Self, PipeFault> {
        let sizes = Sizes { eager: true, ..Sizes::default() };
        let mut head = vec![0; sizes.block];
        let mut length = 0;
        // A mark and a character are needed to know the encoding.
        while length < 4 {
            match read_full(&mut input, &mut head[length..], true) {
                (0, None) => break,
                (count, None) => length += count,
                (_, Some(error)) => return Err(PipeFault { reason: fault::reason(&error) }),
            }
        }
        head.truncate(length);
        let reason = match magic::recognise(&head) {
            Kind::Other => None,
            Kind::Binary(reason) => Some(reason),
            _ => Some("an archive or event log: give it as a file"),
        };
        let (encoding, mark) = match reason {
            None => encoding::recognise(&head).map_err(|reason| PipeFault { reason })?,
            Some(reason) => return Err(PipeFault { reason }),
        };
        let stretches = Stretches::new(Cursor::new(head).chain(input), encoding, mark, "-.jsonl", sizes);
        Ok(Self { stretches, told: false })
    }
}

impl<R: Read> Iterator for Piped<R> {
    type Item = Result<RawStretch, PipeFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(stretch) = self.stretches.next() {
            return Some(Ok(stretch));
        }
        let reason = self.stretches.fault.filter(|_| !std::mem::replace(&mut self.told, true))?;
        Some(Err(PipeFault { reason }))
    }
}
