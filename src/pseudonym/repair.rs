//! The second look: identifiers that were learnt from the logs after the dictionary was frozen.
//!
//! Log records name people that the directory no longer has. What their typed fields say is gathered on the way
//! (only values that the dictionary does not know), becomes a second dictionary, and is looked for in the lines
//! that were written before. Takes clean lines, gives clean lines; nothing but the new identifiers is touched, as
//! addresses and ids would be mapped twice.

use super::clean::CleanBatch;
use super::decode::{self, Reader};
use super::dictionary::Dictionary;
use super::gate::Gate;
use super::guid;
use super::memory::{question, recall};
use super::mutant::is_on;
use super::scan::Claims;
use crate::catalog::Kind;
use crate::json::{escape_into, unescape};

impl Gate {
    /// Notes a typed value that is mapped and that the frozen dictionary does not know.
    pub(super) fn note_late(&self, kind: Kind, value: &str) {
        let Some(dictionary) = self.dictionary() else { return };
        let is_new = match kind {
            Kind::UserId | Kind::DeviceId => guid::parse(value).is_some_and(|id| dictionary.is_known(id).is_none()),
            Kind::Name | Kind::Account | Kind::Host | Kind::Place => !dictionary.has_term(kind, value),
            Kind::Upn | Kind::Mail => {
                value.split_once('@').is_some_and(|(local, _)| !dictionary.has_term(Kind::Account, local))
            }
            _ => false,
        };
        if is_new {
            self.late().value(kind, value);
        }
    }

    /// The dictionary of what was learnt since freezing, or none when there is nothing new. Call it when all logs
    /// are through; it empties the notes.
    pub fn late_dictionary(&self) -> Option<Dictionary> {
        let mut late = std::mem::take(&mut *self.late());
        self.dictionary().into_iter().for_each(|known| late.forget(known));
        // What says too little to be looked for (accounts called like a word) is noted, and makes no term.
        let dictionary = (!late.is_empty()).then(|| late.freeze(self.rules.vocabulary()));
        dictionary.filter(|dictionary| dictionary.terms() > 0)
    }

    /// Replaces the identifiers of a late dictionary in clean lines; none when there is none in them.
    pub fn repair(&self, late: &Dictionary, lines: &[u8]) -> Option<CleanBatch> {
        if cfg!(feature = "gate-off") || !is_on("repair") {
            return None;
        }
        let mut out: Vec<u8> = Vec::new();
        let (mut at, mut copied) = (0, 0);
        while let Some(open) = memchr::memchr(b'"', lines.get(at..)?).map(|step| at + step) {
            let close = string_end(lines, open + 1)?;
            at = close + 1;
            let Ok(value) = unescape(&lines[open + 1..close]) else { continue };
            let mut clean = String::new();
            if self.repair_text(late, &value, 0, &mut clean) {
                out.extend_from_slice(&lines[copied..=open]);
                escape_into(&clean, &mut out);
                copied = close;
            }
        }
        if copied == 0 {
            return None;
        }
        out.extend_from_slice(&lines[copied..]);
        let records = memchr::memchr_iter(b'\n', &out).count() as u64;
        Some(CleanBatch { bytes: out, records, refused: Vec::new() })
    }

    /// As [`Gate::repair`], in the lines of any other text. Texts that are not UTF-8 stay.
    pub fn repair_lines(&self, late: &Dictionary, text: &[u8]) -> Option<CleanBatch> {
        let text = std::str::from_utf8(text).ok().filter(|_| !cfg!(feature = "gate-off"))?;
        let (mut out, mut records, mut changed) = (String::with_capacity(text.len()), 0, false);
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\r', '\n']);
            match self.repair_text(late, content, 0, &mut out) {
                true => changed = true,
                false => out.push_str(content),
            }
            out.push_str(&line[content.len()..]);
            records += 1;
        }
        changed.then(|| CleanBatch { bytes: out.into_bytes(), records, refused: Vec::new() })
    }

    /// Replaces the lines in which `is_leak` finds something: in record files by an empty record that says so, in texts by
    /// a mark. Gives how many; none when there is none.
    pub fn withhold_lines(
        &self,
        lines: &[u8],
        are_records: bool,
        is_leak: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<(CleanBatch, u64)> {
        let mut bytes = Vec::with_capacity(lines.len());
        let (mut records, mut withheld) = (0, 0);
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            records += 1;
            if !is_leak(line) {
                bytes.extend_from_slice(line);
                continue;
            }
            withheld += 1;
            let mark: &[u8] =
                if are_records { br#"{"@bundle.withheld":"leak-check"}"# } else { b"[REMOVED:leak-check]" };
            bytes.extend_from_slice(mark);
            let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
            bytes.extend_from_slice(line.get(end..).unwrap_or_default());
        }
        (withheld > 0).then_some((CleanBatch { bytes, records, refused: Vec::new() }, withheld))
    }

    fn repair_text(&self, late: &Dictionary, text: &str, layer: u8, out: &mut String) -> bool {
        recall(late.epoch(), question(None, layer), text, out, |out| {
            self.repair_claims(late, text, layer).write(text, out)
        })
    }

    fn repair_claims(&self, late: &Dictionary, text: &str, layer: u8) -> Claims {
        let mut claims = Claims::default();
        let seal = |id| {
            let is_theirs = late.is_known(id).is_some_and(|kind| !self.keeps_id(kind)) && !(self.well_known)(id);
            is_theirs.then(|| self.cipher.seal_guid(id))
        };
        let reader = Reader {
            look: &|text, layer| self.repair_claims(late, text, layer),
            seal_id: &seal,
            // Security identifiers were mapped by their form.
            seal_sid: &|_| None,
            mark: &|rule, value| self.removal_mark(rule, value),
        };
        decode::find_escaped(text, layer, &mut claims, &reader);
        decode::hex::find(text, layer, &mut claims, &reader);
        decode::base64::find(text, layer, &mut claims, &reader);
        decode::find_behind_breaks(text, layer, &mut claims, &reader);
        for (start, end) in claims.gaps(text.len()) {
            late.find(self, text, start, end, &mut claims);
        }
        for (start, window) in text.as_bytes().windows(36).enumerate() {
            let Some(id) = guid::parse_dashed(window) else { continue };
            let mut new = String::new();
            if claims.is_free(start, start + 36)
                && seal(id).is_some()
                && self.seal_guid(&text[start..start + 36], &mut new)
            {
                claims.replace(start, start + 36, new);
            }
        }
        claims
    }
}

/// The position of the quote that ends a string. The lines are this program's own and valid.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}
