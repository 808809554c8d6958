//! Windows event logs (EVTX, [MS-EVEN6]): their records become JSON Lines.
//!
//! An event log cannot be cleaned in place: its chunks share string tables and carry checksums. What is damaged is left
//! out, and the end says so.

use ::evtx::{EvtxParser, ParserSettings};

use super::Source;
use crate::files::fault::UNPACKS_TOO_FAR;
use crate::files::walk::Walk;
use crate::files::{FileEnd, TakerClosed};
use crate::record::{Context, Encoding, Form, RawStretch, RawText};

const UNREADABLE: &str = "an event log whose header is damaged";
const PARTLY: &str = "some records of the event log are damaged and were left out";

impl Walk<'_> {
    pub(super) fn open_evtx(&mut self, mut source: Source<'_>) -> Result<(), TakerClosed> {
        let parser = source.seekable().map(EvtxParser::from_read_seek);
        let mut parser = match parser {
            Ok(Ok(parser)) => parser.with_configuration(ParserSettings::new().indent(false).num_threads(1)),
            Ok(Err(_)) => {
                self.withhold(&source.name, UNREADABLE, source.found);
                return Ok(());
            }
            Err(reason) => {
                self.withhold(&source.name, reason, source.found);
                return Ok(());
            }
        };
        source.found.accept();
        self.begin(&format!("{}.jsonl", source.name), Some(Form::JsonLines), Encoding::Utf8, Some("evtx"));
        let mut lines = String::new();
        let mut reason = None;
        for record in parser.records_json() {
            let before = lines.len();
            match record {
                Ok(record) => {
                    lines.push_str(&record.data);
                    lines.push('\n');
                }
                Err(_) => reason = Some(PARTLY),
            }
            if !source.budget.spend(lines.len() - before) {
                // Templates in templates can make a record as long as they like.
                reason = Some(UNPACKS_TOO_FAR);
                break;
            }
            if lines.len() >= self.sizes.stretch {
                self.stretch(stretch(std::mem::take(&mut lines)))?;
            }
        }
        if !lines.is_empty() {
            self.stretch(stretch(lines))?;
        }
        let bytes = source.length();
        self.end(reason.map_or(FileEnd::Whole { bytes, repaired: 0 }, |reason| FileEnd::Damaged { reason }));
        Ok(())
    }
}

fn stretch(lines: String) -> RawStretch {
    RawStretch {
        form: Form::JsonLines,
        encoding: Encoding::Utf8,
        has_mark: false,
        dataset: Some("evtx"),
        context: Context::Nothing,
        goes_on: false,
        text: RawText::new(lines),
    }
}
