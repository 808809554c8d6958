//! Where the readers put their records.
//!
//! Counts lines and records, and gathers what is not understood into texts of whole lines. Never changes a value.

use memchr::memchr_iter;
use serde_json::{Map, Value};

use super::{Give, Record, Tally};
use crate::limits::HOST_TEXT_BYTES_MAX;

/// What stays between two stretches.
pub(super) struct Passage {
    dataset: &'static str,
    /// Lines before the stretch.
    lines: u64,
    tally: Tally,
    /// What is not understood, and the line where it begins.
    text: String,
    text_line: u64,
}

impl Passage {
    pub(super) fn new(dataset: &'static str) -> Self {
        Self { dataset, lines: 0, tally: Tally::default(), text: String::new(), text_line: 0 }
    }

    pub(super) fn stretch_ended(&mut self, text: &str) {
        self.lines += memchr_iter(b'\n', text.as_bytes()).count() as u64;
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }
}

/// Takes the records of a stretch.
pub(super) struct Out<'o> {
    passage: &'o mut Passage,
    give: Give<'o>,
    /// Of the stretch: where lines were counted up to, and how many.
    counted: (usize, u64),
}

impl<'o> Out<'o> {
    pub(super) fn new(passage: &'o mut Passage, give: Give<'o>) -> Self {
        Self { passage, give, counted: (0, 0) }
    }

    /// The line, from 1, of a position in the stretch's text. Positions are asked for in rising order.
    pub(super) fn line_at(&mut self, text: &str, at: usize) -> u64 {
        let (from, lines) = self.counted;
        let from = if at < from { (0, 0) } else { (from, lines) };
        let passed = text.as_bytes().get(from.0..at).unwrap_or_default();
        self.counted = (at.max(from.0), from.1 + memchr_iter(b'\n', passed).count() as u64);
        self.passage.lines + self.counted.1 + 1
    }

    /// The number of the stretch's first line.
    pub(super) fn first_line(&self) -> u64 {
        self.passage.lines + 1
    }

    /// Gives a record of the reader's dataset.
    pub(super) fn record(&mut self, line: u64, record: Map<String, Value>) {
        let dataset = self.passage.dataset;
        self.record_of(dataset, line, record);
    }

    /// Gives a record of another dataset.
    pub(super) fn record_of(&mut self, dataset: &'static str, line: u64, record: Map<String, Value>) {
        self.flush();
        self.write(dataset, line, &record);
    }

    fn write(&mut self, dataset: &'static str, line: u64, record: &Map<String, Value>) {
        // Maps of texts and numbers always have a JSON form.
        if let Ok(json) = serde_json::to_vec(record) {
            self.passage.tally.records += 1;
            (self.give)(Record { dataset, json, line });
        }
    }

    /// A line that is not understood, without its end. Lines in a row become one text.
    pub(super) fn unknown(&mut self, line: u64, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        if self.passage.text.len() + text.len() > HOST_TEXT_BYTES_MAX {
            self.flush();
        }
        let passage = &mut *self.passage;
        match passage.text.is_empty() {
            true => passage.text_line = line,
            false => passage.text.push('\n'),
        }
        passage.text.push_str(text);
    }

    /// Lines that are not understood.
    pub(super) fn unknown_lines(&mut self, line: u64, text: &str) {
        for (line, text) in (line..).zip(text.lines()) {
            self.unknown(line, text);
        }
    }

    /// An event that no row asks for.
    pub(super) fn pass_over(&mut self) {
        self.passage.tally.passed_over += 1;
    }

    /// Gives the text that was gathered.
    pub(super) fn flush(&mut self) {
        if self.passage.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.passage.text);
        let record = Map::from_iter([("text".to_owned(), Value::from(text))]);
        self.passage.tally.texts += 1;
        let (dataset, line) = (self.passage.dataset, self.passage.text_line);
        self.write(dataset, line, &record);
    }
}
