//! A planted corpus: invented people in thirteen classes of identifiers, spread over files as customers send them, and
//! the truth about it beside it. Deterministic. Also here: a search that knows the spellings of a value without the
//! product's code, and a comparison of the structure before and after.
#![allow(dead_code, unreachable_pub, reason = "each program uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

pub mod edge;
pub mod graph;
pub mod joins;
pub mod names;
pub mod pairs;
pub mod people;
pub mod premises;
pub mod search;
pub mod spell;
pub mod tables;
pub mod tree;
pub mod views;
pub mod web;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use people::{Dice, Person};
use serde_json::{Value, json};

/// How large a corpus is to be.
#[derive(Clone, Copy)]
pub struct Size {
    pub people: usize,
    pub bytes: u64,
}

/// What was planted.
pub struct Truth {
    pub people: Vec<Person>,
    /// File, class and people (by position) of each edge file.
    pub edges: Vec<(String, &'static str, Vec<usize>)>,
    pub files: usize,
    pub bytes: u64,
}

struct Writer<'a> {
    folder: &'a Path,
    files: usize,
    bytes: u64,
}

impl Writer<'_> {
    fn file(&mut self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes.as_ref()).unwrap();
        self.files += 1;
        self.bytes += bytes.as_ref().len() as u64;
    }
}

fn lines(values: impl Iterator<Item = Value>, ascii: bool) -> String {
    let mut out = String::new();
    for value in values {
        let line = value.to_string();
        out += &if ascii { non_ascii_escaped(&line) } else { line };
        out.push('\n');
    }
    out
}

/// The same JSON in ASCII.
fn non_ascii_escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for symbol in json.chars() {
        match symbol.is_ascii() {
            true => out.push(symbol),
            false => out.extend(symbol.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}"))),
        }
    }
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[allow(clippy::disallowed_methods, reason = "a customer's zip, not a bundle")]
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn page(values: Vec<Value>, what: &str, next: Option<usize>) -> String {
    let mut page = json!({"@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#{what}")});
    if let Some(number) = next {
        page["@odata.nextLink"] = format!("https://graph.microsoft.com/v1.0/{what}?$skiptoken=page{number}").into();
    }
    page["value"] = values.into();
    page.to_string()
}

fn objects(writer: &mut Writer, people: &[Person]) {
    let quarter = people.len().div_ceil(4);
    for (number, chunk) in people.chunks(quarter).enumerate() {
        let users = chunk.iter().enumerate().map(|(at, person)| graph::user(person, number * quarter + at));
        let text = page(users.collect(), "users", (number < 3).then_some(number));
        writer.file(
            &format!("graph/users-page{}.json", number + 1),
            if number % 2 == 0 { text } else { non_ascii_escaped(&text) },
        );
    }
    for (number, chunk) in people.chunks(people.len().div_ceil(2)).enumerate() {
        let devices = chunk.iter().enumerate().map(|(at, person)| graph::device(person, at));
        writer.file(&format!("graph/devices-page{}.json", number + 1), page(devices.collect(), "devices", None));
    }
}

fn logs(writer: &mut Writer, people: &[Person], dice: &mut Dice) {
    let count = people.len();
    for file in 0..3 {
        let events: Vec<Value> = (0..count / 2)
            .map(|number| graph::audit(&people[dice.below(count)], &people[dice.below(count)], number, dice))
            .collect();
        let text = serde_json::to_string_pretty(&json!({"value": events})).unwrap();
        writer.file(
            &format!("audit/directoryAudits-{}.json", file + 1),
            if file == 1 { non_ascii_escaped(&text).replace('\n', "\r\n") } else { text },
        );
    }
    let mut envelopes = |many: usize| {
        (0..many).map(|number| graph::envelope(&people[dice.below(count)], number, dice)).collect::<Vec<_>>()
    };
    let storage = envelopes(count / 2);
    writer.file("monitor/insights-logs-signinlogs/y=2026/m=09/d=08/PT1H.json", lines(storage.into_iter(), false));
    let hub = envelopes(count / 4);
    writer.file("monitor/eventhub-message.json", json!({"records": hub}).to_string());
    writer.file("loganalytics/query-answer.json", graph::answer(people).to_string());
}

fn exports(writer: &mut Writer, people: &[Person]) {
    writer.file("portal/InteractiveSignIns.csv", format!("\u{feff}{}", tables::sign_ins(people, ',')));
    writer.file("portal/SignIns-semicolon.csv", tables::sign_ins(&people[..people.len() / 2], ';'));
    writer.file("portal/exportUsers.csv", tables::users(people));
    writer.file("portal/devices.tsv", tables::devices(people));
    writer.file("onprem/trace-20260915-010203.log", premises::trace(people));
    writer.file("onprem/users.ldif", premises::ldif(people));
    writer.file("onprem/csexport.xml", premises::csexport(people));
    let with_mark = |text: &str| spell::utf16le(&format!("\u{feff}{text}"));
    writer.file("onprem/join.reg", with_mark(&premises::registry(people)));
    writer.file("linux/auth.log", premises::syslog(people));
    writer.file("browser/session.har", web::recording(&people[..people.len() / 4]).to_string());
    let trace = premises::trace(&people[..people.len() / 4]);
    writer.file("wide/le-mark.log", with_mark(&trace));
    writer.file("wide/le.log", spell::utf16le(&trace));
    writer.file("wide/be.log", spell::utf16be(&trace));
    writer.file("wide/be-mark.csv", spell::utf16be(&format!("\u{feff}{}", tables::users(&people[..people.len() / 4]))));
}

/// Sign-ins until the corpus has its size: six files, gzip and a zip in a zip among them.
fn sign_ins(writer: &mut Writer, people: &[Person], size: Size, dice: &mut Dice) {
    let each = (size.bytes.saturating_sub(writer.bytes) / 6).max(40_000);
    let mut number = 0;
    let mut part = |ascii: bool, bytes: u64| {
        let mut text = String::new();
        while (text.len() as u64) < bytes {
            // Some sign in often, most seldom.
            let (one, other) = (dice.below(people.len()), dice.below(people.len()));
            text += &lines(std::iter::once(graph::sign_in(&people[one.min(other)], number, dice)), ascii);
            number += 1;
        }
        text
    };
    for file in 0..6 {
        writer.file(&format!("signins/signIns-{}.jsonl", file + 1), part(file % 2 == 1, each));
    }
    writer.file("older/signIns.jsonl.gz", gzip(part(false, each).as_bytes()));
    let tenth = people.len() / 10;
    let inner = zip(&[
        ("signIns.jsonl", part(false, each / 2).as_bytes()),
        ("auth.log", premises::syslog(&people[..tenth]).as_bytes()),
    ]);
    let outer = zip(&[("inner/logs.zip", &inner), ("signIns.jsonl", part(true, each / 2).as_bytes())]);
    writer.file("older/support-case.zip", outer);
}

fn edges(writer: &mut Writer, people: &[Person]) -> Vec<(String, &'static str, Vec<usize>)> {
    let mut all = Vec::new();
    for (turn, (name, class, form)) in edge::EDGES.iter().enumerate() {
        let planted: Vec<usize> = (0..edge::EACH).map(|at| (turn * 37 + at * 11) % people.len()).collect();
        let text: String = planted.iter().enumerate().map(|(at, &who)| form(&people[who], at) + "\n").collect();
        writer.file(&format!("edge/{name}"), text);
        all.push((format!("edge/{name}"), *class, planted));
    }
    // Names of files and folders.
    for (turn, person) in people.iter().enumerate().step_by(people.len() / edge::EACH).take(edge::EACH) {
        let name =
            format!("named/{}/{} {} {}.txt", person.upn, person.host, person.name, person.ipv4.replace('.', "-"));
        writer.file(&name, format!("backup {turn} finished\n"));
        for class in ["upn", "host", "name"] {
            all.push((name.clone(), class, vec![turn]));
        }
    }
    all
}

/// Writes the corpus below a folder.
pub fn write(folder: &Path, size: Size) -> Truth {
    let people = people::people(size.people);
    let mut writer = Writer { folder, files: 0, bytes: 0 };
    let mut dice = Dice::new(0x51f0_77aa);
    objects(&mut writer, &people);
    logs(&mut writer, &people, &mut dice);
    exports(&mut writer, &people);
    let edges = edges(&mut writer, &people);
    sign_ins(&mut writer, &people, size, &mut dice);
    Truth { people, edges, files: writer.files, bytes: writer.bytes }
}

/// Files below a folder, with their names in it.
pub fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(here) = open.pop() {
        for entry in std::fs::read_dir(here).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                all.push((path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), path));
            }
        }
    }
    all.sort();
    all
}
