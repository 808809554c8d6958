//! The reading side: a thread that walks over the files, sorts their records and hands them over.
//!
//! Takes stretches from `files`, gives [`Told`] through a channel of a few places, so that a slow sink slows the reading
//! and memory stays bounded. Tables of text come in a second walk: what else the files hold is richer, and the first
//! record of an id wins.

use std::collections::BTreeSet;

use bytes::Bytes;
use memchr::memchr_iter;
use tokio::sync::mpsc::Sender;

use super::account::{Named, Rejected};
use super::earlier::Earlier;
use super::server::Server;
use super::sorter::{Sorter, What};
use super::table::{self, Table};
use super::units::{self, Unit};
use crate::catalog::host::Item;
use crate::files::{FileEnd, FileHead, Rows, Taker, TakerClosed, cells};
use crate::host::{self, Recognised};
use crate::limits::HOST_HEAD_BYTES;
use crate::record::{Context, Form, RawStretch, RawText};
use crate::source::Window;

const NOT_AS_THE_REST: &str = "it is not written as the rest of the file";
const TOO_LONG: &str = "it is longer than is taken of such a file: only its beginning was read";
const FEW_CELLS: &str = "it has fewer cells than the table has columns";
pub(super) const EARLIER: &str =
    "a part of an earlier bundle, whose pseudonyms must not be mapped twice: give that bundle to `redact` by itself";

/// What the reader tells.
pub(super) enum Told {
    Begin {
        number: u32,
        name: Named,
        form: Option<Form>,
        unpacked_from: Option<&'static str>,
    },
    Records(Vec<Found>),
    /// It holds something else than records.
    Plain,
    /// It is an item of a server.
    Item(&'static Item),
    /// Its end is not read, and why.
    Cut(&'static str),
    /// So many records of a server were only counted, so many hold text that was not understood.
    Counted {
        passed_over: u64,
        texts: u64,
    },
    /// It is refused, and why.
    Refused(&'static str),
    End(FileEnd),
}

/// A record, and where it stands.
pub(super) struct Found {
    pub line: u64,
    pub record: u64,
    pub what: What,
}

impl Found {
    pub(super) fn rejected(&self, reason: &'static str) -> Rejected {
        Rejected { line: self.line, record: self.record, reason }
    }
}

/// Takes the files of a walk.
pub(super) struct Reader {
    pub sender: Sender<Told>,
    pub sorter: Sorter,
    /// Tables that are put off to the second walk; in it, the files that are taken.
    pub put_off: BTreeSet<u32>,
    pub is_second: bool,
    /// The run's window.
    window: Option<Window>,
    earlier: Earlier,
    file: File,
}

/// The file that is being read.
#[derive(Default)]
struct File {
    is_skipped: bool,
    /// Nothing more of it is looked at.
    is_decided: bool,
    name: String,
    form: Option<Form>,
    lines: u64,
    records: u64,
    /// What its rows last said of their table, and who reads them.
    table: Option<(Option<String>, Table)>,
    /// Whether it was looked at as an item of a server, and who reads it then.
    is_looked_at: bool,
    server: Option<Server>,
}

impl Reader {
    pub(super) fn new(sender: Sender<Told>, sorter: Sorter, window: Option<Window>) -> Self {
        Self {
            sender,
            sorter,
            window,
            put_off: BTreeSet::new(),
            is_second: false,
            earlier: Earlier::default(),
            file: File::default(),
        }
    }

    fn tell(&self, told: Told) -> Result<(), TakerClosed> {
        self.sender.blocking_send(told).map_err(|_| TakerClosed)
    }

    fn decide(&mut self, told: Told) -> Result<(), TakerClosed> {
        self.file.is_decided = true;
        self.tell(told)
    }

    /// Says whether the file is an item of a server, from its name and how it begins.
    fn look(&mut self, stretch: &RawStretch) -> Result<(), TakerClosed> {
        let head = stretch.text.expose();
        let head = head.get(..head.floor_char_boundary(HOST_HEAD_BYTES)).unwrap_or(head);
        match host::recognise(&self.file.name, stretch.form, head) {
            Recognised::Item(item) => {
                self.file.server = Server::of(item, &self.file.name, self.window);
                self.tell(Told::Item(item))
            }
            Recognised::Denied(row) => self.decide(Told::Refused(&row.why)),
            Recognised::Unknown => Ok(()),
        }
    }

    /// Reads a stretch of a server's file.
    fn serve(&mut self, mut server: Server, stretch: &RawStretch) -> Result<(), TakerClosed> {
        let mut found = Vec::new();
        let goes_on = server.take(stretch, &self.sorter, &mut found);
        self.file.server = Some(server);
        if !found.is_empty() {
            self.tell(Told::Records(found))?;
        }
        if goes_on { Ok(()) } else { self.decide(Told::Cut(TOO_LONG)) }
    }

    fn json(&mut self, text: &str, stretch: &RawStretch, found: &mut Finds) {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let nothing: &[crate::record::Open] = &[];
        let context = match &stretch.context {
            Context::Inside(open) => open,
            _ => nothing,
        };
        let sorter = &mut self.sorter;
        units::walk(text, context, stretch.goes_on, &mut |unit, hint| {
            let (at, what) = match unit {
                Unit::Object(span) => (span.start, sorter.object(&bytes.slice(span), hint)),
                Unit::Row(span) => (span.start, sorter.cells(&bytes.slice(span), hint)),
                Unit::Other(at, reason) => (at, What::Rejected(reason)),
            };
            found.add(text, at, what);
        });
    }

    fn json_lines(&mut self, text: &str, found: &mut Finds) {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let mut from = 0;
        for line in text.split_inclusive('\n') {
            let begin = from;
            from += line.len();
            if line.trim().is_empty() {
                continue;
            }
            let sorter = &mut self.sorter;
            units::walk(line, &[], false, &mut |unit, hint| {
                let (at, what) = match unit {
                    Unit::Object(span) => {
                        let at = begin + span.start;
                        (at, sorter.object(&bytes.slice(at..begin + span.end), hint))
                    }
                    Unit::Row(span) => {
                        let at = begin + span.start;
                        (at, sorter.cells(&bytes.slice(at..begin + span.end), hint))
                    }
                    Unit::Other(at, reason) => (begin + at, What::Rejected(reason)),
                };
                found.add(text, at, what);
            });
        }
    }

    fn csv(&mut self, text: &str, names: &[RawText], separator: u8, has_header: bool, found: &mut Finds) {
        let names: Vec<String> =
            names.iter().map(|name| name.expose().trim_start_matches('\u{feff}').to_owned()).collect();
        let said_at = table::said_at(&names);
        let mut rows = Rows::default();
        let (mut from, mut is_header) = (0, has_header);
        while from < text.len() {
            let end = rows.next_end(text, separator, true).unwrap_or(text.len());
            let row = text.get(from..end).unwrap_or_default();
            if !std::mem::take(&mut is_header) && !row.trim().is_empty() {
                let cells = cells(row, separator);
                let what = if cells.len() * 2 < names.len() {
                    What::Rejected(FEW_CELLS)
                } else {
                    let said = said_at.and_then(|at| cells.get(at)).filter(|said| !said.is_empty()).cloned();
                    let (_, table) = match self.file.table.take() {
                        Some((of, table)) if of == said => self.file.table.insert((of, table)),
                        _ => {
                            let kinds = self.sorter.kinds();
                            let table = Table::of_text(kinds, names.clone(), &self.file.name, said.as_deref());
                            self.file.table.insert((said, table))
                        }
                    };
                    self.sorter.row(table.text(cells))
                };
                found.add(text, from, what);
            }
            from = end;
        }
    }
}

impl Taker for Reader {
    fn begin(&mut self, head: &FileHead) {
        self.earlier.begin(head);
        let is_table = head.form == Some(Form::Csv);
        if is_table && !self.is_second {
            self.put_off.insert(head.number);
        }
        let is_skipped = self.is_second != self.put_off.contains(&head.number);
        self.file = File { is_skipped, name: head.name.expose().to_owned(), form: head.form, ..File::default() };
        if !is_skipped {
            let (number, form, unpacked_from) = (head.number, head.form, head.unpacked_from);
            let name = Named(head.name.clone());
            // That nobody listens any more shows at the next stretch.
            let _ = self.tell(Told::Begin { number, name, form, unpacked_from });
        }
    }

    fn stretch(&mut self, stretch: RawStretch) -> Result<(), TakerClosed> {
        if self.file.is_skipped || self.file.is_decided {
            return if self.sender.is_closed() { Err(TakerClosed) } else { Ok(()) };
        }
        if self.earlier.has(&stretch) {
            return self.decide(Told::Refused(EARLIER));
        }
        if stretch.dataset.is_some() {
            return self.decide(Told::Plain);
        }
        if !std::mem::replace(&mut self.file.is_looked_at, true) {
            self.look(&stretch)?;
        }
        if let Some(server) = self.file.server.take() {
            return self.serve(server, &stretch);
        }
        if self.file.is_decided {
            return Ok(());
        }
        let text = stretch.text.expose();
        let mut found = Finds { lines: self.file.lines, records: self.file.records, upto: 0, all: Vec::new() };
        match (&stretch.context, stretch.form) {
            (Context::Columns { names, separator, has_header }, _) => {
                self.csv(text, names, *separator, *has_header, &mut found);
            }
            (_, Form::JsonLines) => self.json_lines(text, &mut found),
            (_, Form::Json) => self.json(text, &stretch, &mut found),
            (_, Form::Text) if matches!(self.file.form, Some(Form::JsonLines | Form::Json | Form::Csv)) => {
                // What stands before the names of a table's columns is no row.
                let is_preamble = self.file.form == Some(Form::Csv) && self.file.lines == 0;
                if !is_preamble {
                    found.rest(text);
                }
            }
            _ => return self.decide(Told::Plain),
        }
        found.pass(text, text.len());
        (self.file.lines, self.file.records) = (found.lines, found.records);
        if found.all.is_empty() { Ok(()) } else { self.tell(Told::Records(found.all)) }
    }

    fn end(&mut self, end: FileEnd) {
        if let Some(server) = self.file.server.take() {
            let mut found = Vec::new();
            let tally = server.end(&self.sorter, &mut found);
            let _ = self.tell(Told::Records(found));
            let _ = self.tell(Told::Counted { passed_over: tally.passed_over, texts: tally.texts });
        }
        if !self.file.is_skipped {
            let _ = self.tell(Told::End(end));
        }
    }
}

/// The records of a stretch.
struct Finds {
    /// Lines before `upto`.
    lines: u64,
    records: u64,
    upto: usize,
    all: Vec<Found>,
}

impl Finds {
    fn pass(&mut self, text: &str, at: usize) {
        let passed = text.as_bytes().get(self.upto..at).unwrap_or_default();
        self.lines += memchr_iter(b'\n', passed).count() as u64;
        self.upto = self.upto.max(at);
    }

    fn add(&mut self, text: &str, at: usize, what: What) {
        self.pass(text, at);
        self.records += 1;
        self.all.push(Found { line: self.lines + 1, record: self.records, what });
    }

    /// Every line is one that cannot be read.
    fn rest(&mut self, text: &str) {
        let mut from = 0;
        for line in text.split_inclusive('\n') {
            if !line.trim().is_empty() {
                self.add(text, from, What::Rejected(NOT_AS_THE_REST));
            }
            from += line.len();
        }
    }
}
