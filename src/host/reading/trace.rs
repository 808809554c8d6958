//! Trace logs: of the Connect wizard, and of the agents.
//!
//! Wizard: `[HH:MM:SS.mmm] [ tid] [LEVEL] text`; the date stands in the file's name (`trace-20200508-223012.log`), and
//! a clock that falls back by hours means the next day. Agents (.NET `TextWriterTraceListener`):
//! `source Level: id : text`, behind it indented `ThreadId=…` and `DateTime=…`. Lines without a head belong to the entry
//! before.
//! Source: learn.microsoft.com/dotnet/api/system.diagnostics.textwritertracelistener; shapes of public logs.

use serde_json::{Map, Value};

use super::Read;
use super::out::Out;
use crate::limits::HOST_TEXT_BYTES_MAX;
use crate::record::RawStretch;

/// An entry that is being read.
struct Entry {
    line: u64,
    record: Map<String, Value>,
    text: String,
}

/// How the head of an entry is written.
trait Head: Send {
    /// The members and the first line of text of an entry that begins in this line.
    fn head<'l>(&mut self, line: &'l str) -> Option<(Map<String, Value>, &'l str)>;
    /// A further line of an entry; true: it was a member.
    fn member(&self, _line: &str, _record: &mut Map<String, Value>) -> bool {
        false
    }
}

struct Trace<H> {
    head: H,
    file: String,
    open: Option<Entry>,
}

impl<H: Head> Trace<H> {
    fn close(&mut self, out: &mut Out<'_>) {
        let Some(mut entry) = self.open.take() else { return };
        let text = entry.text.trim_end();
        // Empty lines of a banner say nothing.
        if text.is_empty() || text.bytes().all(|byte| byte == b'=') {
            return;
        }
        entry.record.insert("text".to_owned(), Value::from(text));
        entry.record.insert("file".to_owned(), Value::from(self.file.as_str()));
        out.record(entry.line, entry.record);
    }

    fn line(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        if let Some((record, first)) = self.head.head(text) {
            self.close(out);
            self.open = Some(Entry { line, record, text: first.to_owned() });
            return;
        }
        let Some(entry) = &mut self.open else { return out.unknown(line, text) };
        if self.head.member(text, &mut entry.record) {
            return;
        }
        if entry.text.len() + text.len() > HOST_TEXT_BYTES_MAX {
            let head = entry.record.clone();
            self.close(out);
            self.open = Some(Entry { line, record: head, text: text.to_owned() });
            return;
        }
        entry.text.push('\n');
        entry.text.push_str(text);
    }
}

impl<H: Head> Read for Trace<H> {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        let first = out.first_line();
        for (line, text) in (first..).zip(stretch.text.expose().lines()) {
            self.line(line, text, out);
        }
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.close(out);
    }
}

/// The wizard's heads.
struct Wizard {
    /// The day, from the file's name; none when it has none.
    day: Option<time::Date>,
    /// The last time of day, seconds.
    last: u32,
}

impl Head for Wizard {
    fn head<'l>(&mut self, line: &'l str) -> Option<(Map<String, Value>, &'l str)> {
        let (clock, rest) = bracketed(line)?;
        let (thread, rest) = bracketed(rest.trim_start())?;
        let (level, text) = bracketed(rest.trim_start())?;
        let seconds = seconds(clock)?;
        // Threads write a little out of order: only a fall by hours is midnight.
        if self.last > seconds + 12 * 3600 {
            self.day = self.day.and_then(time::Date::next_day);
        }
        self.last = seconds;
        let time = match self.day {
            Some(day) => format!("{day}T{clock}"),
            None => clock.to_owned(),
        };
        let mut record = Map::new();
        record.insert("time".to_owned(), Value::from(time));
        record.insert("thread".to_owned(), Value::from(thread.trim()));
        record.insert("level".to_owned(), Value::from(level.trim()));
        Some((record, text.strip_prefix(' ').unwrap_or(text)))
    }
}

fn bracketed(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('[')?.split_once(']').filter(|(inner, _)| inner.len() <= 16)
}

/// `22:30:12.376`
fn seconds(clock: &str) -> Option<u32> {
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, "0"));
    let mut parts = clock.split(':').map(|part| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| digits)
    });
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let is_clock = parts.next().is_none() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    (is_clock && hours < 24 && minutes < 60 && seconds < 61).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// The day in a name: eight digits in a row that are a date of this century.
fn day_of(file: &str) -> Option<time::Date> {
    let bytes = file.as_bytes();
    bytes.windows(8).find_map(|window| {
        let digits = std::str::from_utf8(window).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u16>().ok();
        let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
        let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date = time::Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
        (2000..2100).contains(&year).then_some(date)
    })
}

/// The agents' heads.
struct Agent;

/// Levels of `TraceEventType`.
const LEVELS: [&str; 10] =
    ["Critical", "Error", "Warning", "Information", "Verbose", "Start", "Stop", "Suspend", "Resume", "Transfer"];

impl Head for Agent {
    fn head<'l>(&mut self, line: &'l str) -> Option<(Map<String, Value>, &'l str)> {
        if line.starts_with([' ', '\t']) {
            return None;
        }
        let (head, text) = line.split_once(" : ").or_else(|| line.split_once(" :"))?;
        let (head, id) = head.rsplit_once(": ")?;
        let (source, level) = head.rsplit_once(' ')?;
        let id = id.trim().parse::<i64>().ok()?;
        if !LEVELS.contains(&level) {
            return None;
        }
        let mut record = Map::new();
        record.insert("level".to_owned(), Value::from(level));
        record.insert("source".to_owned(), Value::from(source));
        record.insert("id".to_owned(), Value::from(id));
        Some((record, text))
    }

    fn member(&self, line: &str, record: &mut Map<String, Value>) -> bool {
        const MEMBERS: [(&str, &str); 5] = [
            ("DateTime", "time"),
            ("ThreadId", "thread"),
            ("ProcessId", "process"),
            ("Timestamp", "timestamp"),
            ("LogicalOperationStack", "stack"),
        ];
        let Some((name, value)) = line.trim_start().split_once('=').filter(|_| line.starts_with([' ', '\t'])) else {
            return false;
        };
        let Some((_, key)) = MEMBERS.iter().find(|(known, _)| *known == name) else { return false };
        // The first counts: an exception's text may quote another entry.
        !value.is_empty()
            && !record.contains_key(*key)
            && record.insert((*key).to_owned(), Value::from(value)).is_none()
    }
}

/// The reader of the wizard's logs.
pub(super) fn wizard(file: &str) -> Box<dyn Read> {
    let head = Wizard { day: day_of(file), last: 0 };
    Box::new(Trace { head, file: file.to_owned(), open: None })
}

/// The reader of the agents' logs.
pub(super) fn agent(file: &str) -> Box<dyn Read> {
    Box::new(Trace { head: Agent, file: file.to_owned(), open: None })
}
