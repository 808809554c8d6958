//! The leak check over whole files as they stream by.
//!
//! Takes the name of each entry and its bytes in pieces of any size, gives per entry and form how often something was
//! found and in which line first: never what. Memory: one line, the sound candidates, the counts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::closed_world::ClosedWorld;
use super::dictionary::Known;
use super::shapes::Shape;
use super::sound::Sound;
use super::views::{self, Form, Texts};
use crate::json::{Place, Step, Track};
use crate::limits::RECORD_BYTES_MAX;

/// Something in a file that should not be there. Says where, not what.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The entry, below the top folder.
    pub entry: String,
    /// Its form.
    pub shape: Shape,
    /// How often.
    pub count: u64,
    /// The first line with one, from 1; 0: the entry's name.
    pub line: u64,
}

/// Payload files that this program writes in its own words.
const OWN_RECORDS: [&str; 3] = ["data/run-log.jsonl", "data/summary.json", "data/traits.jsonl"];

/// What of a file's line is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Markup {
    None,
    /// A page's text.
    Page,
    /// Inside `<style>`, or a `<script>` that is a program: fixed text of the template, full of `a.b`.
    Program(&'static str),
}

/// Both halves of the leak check over one bundle.
pub struct LeakScan<'a> {
    closed_world: Option<ClosedWorld<'a>>,
    known: Option<Known<'a>>,
    entry: String,
    form: Form,
    markup: Markup,
    /// The file holds this program's own words.
    in_prose: bool,
    line: u64,
    /// A line whose end has not come yet.
    open: Vec<u8>,
    /// Lines that begin with a blank go on with the one before (LDIF, RFC 2849): where they began, what they are so far.
    folded: Option<(u64, String)>,
    found: Found,
    sound: Sound,
}

/// Findings of a form in an entry: how many, and the first line.
pub(super) type Found = BTreeMap<(String, Shape), (u64, u64)>;

pub(super) fn listed(found: &Found) -> Vec<Finding> {
    let finding = |((entry, shape), &(count, line)): (&(String, Shape), _)| Finding {
        entry: entry.clone(),
        shape: *shape,
        count,
        line,
    };
    found.iter().map(finding).collect()
}

impl<'a> LeakScan<'a> {
    /// A scan with one half or both.
    pub fn new(closed_world: Option<ClosedWorld<'a>>, known: Option<Known<'a>>) -> Self {
        Self {
            closed_world,
            known,
            entry: String::new(),
            form: Form::Text,
            markup: Markup::None,
            in_prose: false,
            line: 0,
            open: Vec::new(),
            folded: None,
            found: BTreeMap::new(),
            sound: Sound::new(),
        }
    }

    /// An entry begins. Its name is looked at too.
    pub fn begin(&mut self, entry: &str) {
        self.resume(entry, 0);
        let form = std::mem::replace(&mut self.form, Form::Text);
        self.look(entry);
        self.form = form;
    }

    /// An entry goes on behind that many lines, between two lines that mean nothing for each other.
    pub(super) fn resume(&mut self, entry: &str, lines: u64) {
        entry.clone_into(&mut self.entry);
        (self.form, self.markup, self.line) = (Form::Text, Markup::None, lines);
        self.in_prose = !entry.starts_with("data/") || OWN_RECORDS.contains(&entry);
        self.open.clear();
        let has_ending = |endings: &[&str]| endings.iter().any(|ending| entry.ends_with(ending));
        self.folded = has_ending(&[".ldif"]).then(|| (lines, String::new()));
        if has_ending(&[".jsonl", ".json"]) {
            self.form = Form::Json;
        } else if has_ending(&[".html"]) {
            self.markup = Markup::Page;
        }
    }

    /// Its next bytes.
    pub fn piece(&mut self, mut bytes: &[u8]) {
        let mut track = Track::default();
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            if self.open.is_empty() {
                self.bytes(line, &mut track);
            } else {
                let mut joined = std::mem::take(&mut self.open);
                joined.extend_from_slice(line);
                self.bytes(&joined, &mut Track::off());
                joined.clear();
                self.open = joined;
            }
        }
        self.open.extend_from_slice(bytes);
        if self.open.len() > RECORD_BYTES_MAX {
            self.end();
        }
    }

    /// The entry ended.
    pub fn end(&mut self) {
        if !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            self.bytes(&open, &mut Track::off());
        }
        if let Some((start, line)) = self.folded.as_mut().map(std::mem::take) {
            self.look_at(start, &line);
        }
    }

    /// What was found, by entry and form.
    pub fn findings(&self) -> Vec<Finding> {
        listed(&self.found)
    }

    /// The findings so far, and none from now on but new ones.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        let findings = self.findings();
        self.found.clear();
        findings
    }

    fn bytes<'b>(&mut self, line: &'b [u8], track: &mut Track<'b, ()>) {
        self.line += 1;
        // Valid UTF-8 is the rule; looking for what is not took 7 instructions a byte.
        let legible = || std::str::from_utf8(line).map_or_else(|_| String::from_utf8_lossy(line), Cow::Borrowed);
        let text = wide(line).map_or_else(legible, Cow::Owned);
        if let (Form::Json, Cow::Borrowed(text)) = (self.form, &text) {
            return self.record(text, track);
        }
        if let Some(folded) = &mut self.folded {
            let text = text.trim_end_matches('\r');
            match text.strip_prefix(' ') {
                Some(more) if folded.1.len() < RECORD_BYTES_MAX => folded.1.push_str(more),
                _ => {
                    let (start, whole) = std::mem::replace(folded, (self.line, text.to_owned()));
                    self.look_at(start, &whole);
                }
            }
            return;
        }
        if self.markup == Markup::None { self.look(&text) } else { self.page(&text) }
    }

    /// A line of a page, without what is a program in it.
    fn page(&mut self, line: &str) {
        let mut rest = line;
        while !rest.is_empty() {
            let (text, after, next) = match self.markup {
                Markup::Program(end) => match rest.split_once(end) {
                    Some((_, after)) => ("", after, Markup::Page),
                    None => ("", "", self.markup),
                },
                _ => match program_start(rest) {
                    Some((at, end)) => {
                        (rest.get(..at).unwrap_or_default(), rest.get(at..).unwrap_or_default(), Markup::Program(end))
                    }
                    None => (rest, "", self.markup),
                },
            };
            self.look(text);
            (rest, self.markup) = (after, next);
        }
    }

    fn look_at(&mut self, line: u64, text: &str) {
        let now = std::mem::replace(&mut self.line, line);
        self.look(text);
        self.line = now;
    }

    fn look(&mut self, line: &str) {
        match self.form {
            Form::Text => {
                self.judge(line);
            }
            Form::Json => self.record(line, &mut Track::off()),
        }
    }

    /// A line of JSON. A key is what stands from its quote to the next quote (`"a":`, `"b":null,`), and so is a value: in a
    /// member of a log in which nothing was found lately nothing is looked for again.
    fn record<'b>(&mut self, line: &'b str, track: &mut Track<'b, ()>) {
        let place = Place::default();
        let ends = |next: Option<u8>| matches!(next, None | Some(b'"'));
        let mut texts = Texts::new(line);
        track.begin();
        texts.next(&mut |text| {
            self.text(text);
        });
        while let Some(quote) = texts.quote() {
            let known = match track.step(line, quote, place, ends) {
                Step::Again(_, bytes, _) => {
                    texts.skip_to(quote + bytes);
                    continue;
                }
                Step::Key(known) if ends(line.as_bytes().get(quote + known.bytes).copied()) => {
                    texts.skip_to(quote + known.bytes);
                    Some(known)
                }
                Step::Key(_) | Step::New => {
                    let (is_key, is_sound) = self.pieces(line, &mut texts);
                    let piece = line.get(quote..texts.end()).unwrap_or_default();
                    (is_key && is_sound).then(|| track.key(piece, place, || ())).flatten()
                }
            };
            let Some(known) = known else { continue };
            // Behind a key, its value, unless there stands another one.
            if line.as_bytes().get(texts.end().wrapping_sub(1)) == Some(&b':') && texts.quote().is_some() {
                let (is_key, is_sound) = self.pieces(line, &mut texts);
                if !is_sound || is_key {
                    track.leave(known);
                    continue;
                }
            }
            track.note(known, line.get(quote..texts.end()).unwrap_or_default(), None);
            track.leave(known);
        }
    }

    /// A string and what stands between it and the next one: whether it is a key, and whether nothing was found.
    fn pieces(&mut self, line: &str, texts: &mut Texts<'_>) -> (bool, bool) {
        let mut is_sound = true;
        let mut look = |text: &str| is_sound &= self.text(text);
        texts.next(&mut look);
        let is_key = line.as_bytes().get(texts.end() + 1) == Some(&b':');
        if texts.quote().is_some() {
            texts.next(&mut look);
        }
        (is_key, is_sound)
    }

    /// A text of a line; whether nothing was found.
    fn text(&mut self, text: &str) -> bool {
        if is_instant(text.as_bytes()) {
            return true;
        }
        // Ids hardly ever come again: they would only push other texts out.
        let slot = if views::is_guid(text) { None } else { self.sound.slot(text, self.in_prose) };
        if slot.is_some_and(|slot| self.sound.has(slot, text)) {
            return true;
        }
        let is_sound = self.judge(text);
        if is_sound && let Some(slot) = slot {
            self.sound.note(slot, text);
        }
        is_sound
    }

    /// Looks at every reading of a text; whether nothing was found.
    fn judge(&mut self, text: &str) -> bool {
        let Self { closed_world, known, found, entry, line, in_prose, .. } = self;
        let mut is_sound = true;
        let mut note = |shape: Shape, count: u64| {
            if count > 0 {
                is_sound = false;
                let slot = found.entry((entry.clone(), shape)).or_insert((0, *line));
                slot.0 += count;
            }
        };
        views::readings(text, &mut |view| {
            // An id and nothing else: there is no word in it.
            if views::is_guid(view.text) {
                return note(Shape::Known, known.as_ref().map_or(0, |known| known.ids(view.text)));
            }
            if let Some(closed_world) = closed_world {
                closed_world.judge(view, &mut |shape| note(shape, 1));
            }
            if let Some(known) = known {
                note(Shape::Known, known.count(view, *in_prose));
            }
        });
        is_sound
    }
}

/// `2026-02-01T15:30:51.0273716Z` and nothing else: the commonest text that is never the same twice.
#[inline]
fn is_instant(text: &[u8]) -> bool {
    match text {
        [date @ .., b'Z'] if (20..=30).contains(&text.len()) => date.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == b'T',
            13 | 16 => *byte == b':',
            19 => *byte == b'.',
            _ => byte.is_ascii_digit(),
        }),
        _ => false,
    }
}

/// A line of a file in UTF-16, as far as it has zero bytes. It was cut at the byte of the line feed, so that a zero may
/// stand before it (little endian) or behind it (big endian).
fn wide(line: &[u8]) -> Option<String> {
    memchr::memchr(0, line)?;
    let is_odd = line.len() % 2 == 1;
    let (body, is_big) = match line {
        [0, body @ ..] if is_odd => (body, false),
        [body @ .., 0] if is_odd => (body, true),
        _ => {
            let zeros = |from: usize| line.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
            (line, zeros(0) > zeros(1))
        }
    };
    let unit = if is_big { u16::from_be_bytes } else { u16::from_le_bytes };
    let units: Vec<u16> = body.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    Some(String::from_utf16_lossy(&units))
}

/// Where a `<style>` or a program's `<script>` begins, and what ends it. A script of data is looked at.
fn program_start(text: &str) -> Option<(usize, &'static str)> {
    let style = text.find("<style").map(|at| (at, "</style>"));
    let script = text.match_indices("<script").find_map(|(at, _)| {
        let tag = text.get(at..)?.split('>').next()?;
        (!tag.contains("json")).then_some((at, "</script>"))
    });
    style.into_iter().chain(script).min()
}
