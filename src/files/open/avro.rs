//! What an event hub captured (Avro): the bodies of its events become JSON Lines.
//!
//! A capture cannot be cleaned in place: its blocks are packed and carry lengths. What stands around the bodies (offsets,
//! partition keys) is left out. Source:
//! <https://learn.microsoft.com/azure/event-hubs/event-hubs-capture-overview>.

use std::io::Read;

use super::Source;
use crate::files::fault::{self, UNPACKS_TOO_FAR};
use crate::files::walk::Walk;
use crate::files::{FileEnd, TakerClosed};
use crate::record::{Context, Encoding, Form, RawStretch, RawText};
use crate::source::blobs::avro::Avro;

const UNREADABLE: &str = "an Avro file that is no capture of an event hub";
const PARTLY: &str = "the capture is damaged: only the events before the damage were taken";

impl Walk<'_> {
    pub(super) fn open_avro(&mut self, mut source: Source<'_>) -> Result<(), TakerClosed> {
        let mut avro = Avro::new();
        let mut lines = String::new();
        let (mut bytes, mut repaired, mut is_open) = (0, 0, false);
        let mut block = vec![0; self.sizes.block];
        let fault = loop {
            let count = match source.reader.read(&mut block) {
                Ok(0) if avro.is_at_border() => break None,
                Ok(0) => break Some(PARTLY),
                Ok(count) => count,
                Err(error) => break Some(fault::reason(&error)),
            };
            bytes += count as u64;
            let Ok(bodies) = avro.push(block.get(..count).unwrap_or_default()) else { break Some(PARTLY) };
            for body in bodies {
                repaired += add(&body, &mut lines);
                if !source.budget.spend(body.len()) {
                    return self.end_avro(source, lines, is_open, Some(UNPACKS_TOO_FAR), (bytes, repaired));
                }
            }
            if lines.len() >= self.sizes.stretch {
                self.begin_avro(&source, &mut is_open);
                self.stretch(stretch(std::mem::take(&mut lines)))?;
            }
        };
        self.end_avro(source, lines, is_open, fault, (bytes, repaired))
    }

    fn begin_avro(&mut self, source: &Source<'_>, is_open: &mut bool) {
        if !std::mem::replace(is_open, true) {
            source.found.accept();
            self.begin(&format!("{}.jsonl", source.name), Some(Form::JsonLines), Encoding::Utf8, Some("avro"));
        }
    }

    fn end_avro(
        &mut self,
        source: Source<'_>,
        lines: String,
        mut is_open: bool,
        fault: Option<&'static str>,
        (bytes, repaired): (u64, u64),
    ) -> Result<(), TakerClosed> {
        if fault == Some(PARTLY) && lines.is_empty() && !is_open {
            self.withhold(&source.name, UNREADABLE, source.found);
            return Ok(());
        }
        self.begin_avro(&source, &mut is_open);
        if !lines.is_empty() {
            self.stretch(stretch(lines))?;
        }
        let bytes = if source.disk.is_some() { source.length() } else { bytes };
        self.end(fault.map_or(FileEnd::Whole { bytes, repaired }, |reason| FileEnd::Damaged { reason }));
        Ok(())
    }
}

/// Adds a body as a line: in JSON, line ends stand between tokens only. Gives how many bytes are no characters.
fn add(body: &[u8], lines: &mut String) -> u64 {
    let text = String::from_utf8_lossy(body);
    let repaired = text.matches('\u{fffd}').count() as u64;
    lines.extend(text.trim().chars().map(|symbol| if matches!(symbol, '\r' | '\n') { ' ' } else { symbol }));
    lines.push('\n');
    if matches!(text, std::borrow::Cow::Owned(_)) { repaired } else { 0 }
}

fn stretch(lines: String) -> RawStretch {
    RawStretch {
        form: Form::JsonLines,
        encoding: Encoding::Utf8,
        has_mark: false,
        dataset: None,
        context: Context::Nothing,
        goes_on: false,
        text: RawText::new(lines),
    }
}
