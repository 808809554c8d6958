//! The rooms and house rules, held by tests: who imports whom, who reads raw values, how files look, and that
//! the README promises nothing that is not there. Every rule is a function from a source text to complaints, and
//! every rule is tried on a text that breaks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[path = "rooms/words.rs"]
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

use words::words;

/// The rooms from left to right: each imports only what stands before it.
const ROOMS: [&str; 21] = [
    "limits",
    "clock",
    "json",
    "xml",
    "catalog",
    "record",
    "net",
    "source",
    "directory",
    "files",
    "host",
    "import",
    "pseudonym",
    "spool",
    "sweep",
    "summary",
    "archive",
    "manifest",
    "report",
    "tenant",
    "commands",
];
/// The embedded tenant is the other side of the wire: it must not share the collector's code.
const TENANT_MAY: [&str; 4] = ["json", "limits", "clock", "catalog"];
/// Rooms that may read a raw value out.
const MAY_EXPOSE: [&str; 6] = ["source", "directory", "files", "host", "import", "pseudonym"];
/// Words that a room never writes in its shipped code, and why.
const NEVER: &[(&str, &[&str], &str)] = &[
    ("spool", &["RawRecord", "reqwest"], "no raw data touches the disk"),
    ("sweep", &["RawRecord", "reqwest"], "it works on clean blocks, without the network"),
    ("summary", &["RawRecord", "reqwest"], "it takes clean lines only"),
    ("archive", &["RawRecord", "reqwest"], "it takes clean records only"),
    ("manifest", &["RawRecord", "reqwest"], "it never reads bodies"),
    ("report", &["RawRecord", "reqwest"], "it loads nothing remote"),
    ("pseudonym", &["reqwest", "TcpStream"], "it has no network"),
    ("catalog", &["reqwest", "tokio", "TcpStream", "fs"], "it does no I/O"),
];
const LINES_MAX: usize = 400;
/// Files that are longer for a reason.
const LONG: &[(&str, &str)] =
    &[("tests/verify/main.rs", "the table of tamperings: one row each, read from top to bottom")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files under some folders of the project, with `/` in their names, sorted.
fn files(folders: &[&str]) -> Vec<(String, PathBuf)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            match path.file_name().and_then(|name| name.to_str()) {
                Some("target" | ".git" | "node_modules") => {}
                _ if path.is_dir() => walk(&path, found),
                _ => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    folders.iter().for_each(|folder| walk(&root().join(folder), &mut found));
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    let mut found: Vec<_> = found.into_iter().map(|path| (name(&path), path)).collect();
    found.sort();
    found
}

fn complaints(folders: &[&str], extension: &str, rule: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, path) in files(folders) {
        if name.ends_with(extension)
            && let Ok(source) = std::fs::read_to_string(path)
        {
            complaints.extend(rule(&name, &source));
        }
    }
    complaints
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The modules that a file stands for: `src/net/auth/azure.rs` is `net auth azure`.
fn modules(file: &str) -> Vec<&str> {
    let inner = file.strip_prefix("src/").unwrap_or(file).trim_end_matches(".rs");
    inner.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).collect()
}

/// A room imports only rooms that stand before it.
fn imports(file: &str, source: &str) -> Vec<String> {
    let modules = modules(file);
    let Some(room) = modules.first().copied() else { return Vec::new() };
    let words = words(source);
    let text = |at: usize| words.get(at).map_or("", |word| word.text);
    let path_sign = |at: usize| text(at) == ":" && text(at + 1) == ":";
    let mut complaints = Vec::new();
    for at in 0..words.len() {
        let mut targets = Vec::new();
        if text(at) == "crate" && path_sign(at + 1) {
            if text(at + 3) == "{" {
                let mut depth = 1;
                let mut next = at + 4;
                while depth > 0 && next < words.len() {
                    match text(next) {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        name if depth == 1 && matches!(text(next - 1), "{" | ",") => targets.push(name),
                        _ => {}
                    }
                    next += 1;
                }
            } else {
                targets.push(text(at + 3));
            }
        }
        if text(at) == "super" && (at < 3 || text(at - 3) != "super") {
            let climbs = (at..).step_by(3).take_while(|&up| text(up) == "super" && path_sign(up + 1)).count();
            if climbs >= modules.len() + words[at].inside.len() {
                complaints.push(format!("{file}:{}: leaves the room by `super`: write `crate::…`", words[at].line));
            }
        }
        for target in targets {
            let place = |name: &str| ROOMS.iter().position(|room| *room == name);
            let allowed = target == room
                || match room {
                    "tenant" => TENANT_MAY.contains(&target),
                    _ => place(target).is_some_and(|target| place(room).is_some_and(|room| target < room)),
                };
            if !allowed {
                complaints.push(format!("{file}:{}: {room} must not import {target}", words[at].line));
            }
        }
    }
    complaints
}

/// Whether a file holds nothing but tests: `tests.rs`, `…_tests.rs`, or a folder `tests`.
fn is_test_file(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.ends_with("_tests.rs") || file.contains("/tests/")
}

/// Only `source` and `pseudonym` read raw values out; tests beside the code may.
fn exposures(file: &str, source: &str) -> Vec<String> {
    let room = modules(file).first().copied().unwrap_or_default();
    let words = words(source);
    let calls = words.windows(3).filter(|three| {
        three[1].text == "expose"
            && three[2].text == "("
            && three[0].text != "fn"
            && !three[1].inside.contains(&"tests")
    });
    calls
        .filter(|_| !MAY_EXPOSE.contains(&room) && !is_test_file(file))
        .map(|three| format!("{file}:{}: only {MAY_EXPOSE:?} may read a raw value out", three[1].line))
        .collect()
}

/// Words that a room's shipped code never has.
fn forbidden_words(file: &str, source: &str) -> Vec<String> {
    let room = modules(file).first().copied().unwrap_or_default();
    let Some((_, never, why)) = NEVER.iter().find(|(name, ..)| *name == room && !is_test_file(file)) else {
        return Vec::new();
    };
    let words = words(source);
    let shipped = words.iter().filter(|word| !word.inside.contains(&"tests") && never.contains(&word.text));
    shipped.map(|word| format!("{file}:{}: {room} has no `{}`: {why}", word.line, word.text)).collect()
}

fn too_long(file: &str, source: &str) -> Vec<String> {
    let lines = source.lines().count();
    let excused = LONG.iter().any(|(name, reason)| *name == file && !reason.is_empty());
    let complaint = format!("{file}: {lines} lines, over {LINES_MAX}: split it, or give a reason in tests/rooms.rs");
    if lines > LINES_MAX && !excused { vec![complaint] } else { Vec::new() }
}

fn no_opening(file: &str, source: &str) -> Vec<String> {
    let opens = source.starts_with("//! ") && !source.starts_with("//! (room under construction)");
    if opens { Vec::new() } else { vec![format!("{file}: does not open with `//!` and what it is for")] }
}

/// Places on one machine, and names of programs that nobody who builds this needs to know.
fn private_places(file: &str, source: &str) -> Vec<String> {
    // Put together here, so that this file does not complain about itself.
    let named =
        [["cla", "ude"], ["anthr", "opic"], ["chat", "gpt"], ["open", "ai.com"], ["brief", ".md"], ["scratch", "pad"]];
    let places = [["/ro", "ot/"], ["/wo", "rk/"], ["/ho", "me/"], ["/Use", "rs/"], ["C:\\Use", "rs\\"]];
    let mut complaints = Vec::new();
    for (number, line) in source.lines().enumerate() {
        let small = line.to_ascii_lowercase();
        let name = named.iter().map(|halves| halves.concat()).find(|name| small.contains(name));
        let place = places.iter().map(|halves| halves.concat()).find(|place| {
            line.match_indices(place.as_str()).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|c| c.is_whitespace() || "\"'`(=:,;[{<".contains(c))
            })
        });
        complaints.extend(name.or(place).map(|what| format!("{file}:{}: `{what}`", number + 1)));
    }
    complaints
}

/// The commands in a text's shell blocks that start with `program`, without prompts, comments and continuations.
fn shell_commands(text: &str, program: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut in_block = false;
    for line in text.replace("\\\n", " ").lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            let line = line.trim().trim_start_matches("$ ").trim_start_matches("./target/release/");
            let line = line.split(" #").next().unwrap_or_default();
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            if words.first().is_some_and(|first| first == program) {
                commands.push(words);
            }
        }
    }
    commands
}

/// What a README line promises that the program's help does not list.
fn unknown_promises(command: &[String], help: impl Fn(&[&str]) -> String) -> Vec<String> {
    let Some(name) = command.get(1).filter(|name| !name.starts_with('-')) else { return Vec::new() };
    let listed = |help: &str, word: &str| help.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(|w| w == word);
    if !listed(&help(&["--help"]), name) {
        return vec![format!("README: `{}` is no command", command.join(" "))];
    }
    let own = help(&[name, "--help"]);
    let options = command.iter().filter(|word| word.starts_with("--") && word.len() > 2);
    let options = options.map(|word| word.split('=').next().unwrap_or_default());
    options.filter(|option| !listed(&own, option)).map(|option| format!("README: `{name}` has no {option}")).collect()
}

#[test]
fn rooms_import_only_rooms_before_them() {
    assert_none(&complaints(&["src"], ".rs", imports));
}

#[test]
fn only_source_and_pseudonym_read_raw_values() {
    assert_none(&complaints(&["src"], ".rs", exposures));
}

#[test]
fn rooms_keep_to_their_never() {
    assert_none(&complaints(&["src"], ".rs", forbidden_words));
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    assert_none(&complaints(&["src", "tests"], ".rs", too_long));
    assert_none(&complaints(&["src", "tests"], ".rs", no_opening));
    let named = files(&["src", "tests"]);
    assert!(
        LONG.iter().all(|(long, _)| named.iter().any(|(name, _)| name == long)),
        "an excuse for a file that is gone"
    );
}

#[test]
fn the_library_has_these_rooms_and_no_others() {
    let library = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut declared: Vec<_> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut rooms = ROOMS.to_vec();
    declared.sort_unstable();
    rooms.sort_unstable();
    assert_eq!(declared, rooms);
}

#[test]
fn no_file_names_a_private_place() {
    let mut texts = complaints(&["src", "tests", "templates", "packaging", ".ci"], "", private_places);
    for entry in std::fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        if let (true, Ok(text)) = (path.is_file(), std::fs::read_to_string(&path)) {
            let name = path.file_name().unwrap().to_str().unwrap();
            // In a linked worktree `.git` is a file that names the main one.
            texts.extend(if name == ".git" { Vec::new() } else { private_places(name, &text) });
        }
    }
    assert_none(&texts);
}

#[test]
fn the_readme_promises_only_what_is_there() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README.md");
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_entra-bundle")).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let commands = shell_commands(&readme, "entra-bundle");
    assert!(!commands.is_empty(), "the README shows the program in use");
    assert_none(&commands.iter().flat_map(|command| unknown_promises(command, help)).collect::<Vec<_>>());
    let run = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    let test =
        shell_commands(&readme, "cargo").into_iter().find(|words| words.get(1).is_some_and(|word| word == "test"));
    let test = test.expect("the README has a test command").join(" ");
    assert!(run.lines().any(|line| line.trim() == test), ".ci/run does not run `{test}`");
}

#[test]
fn a_wrong_import_is_found() {
    for (file, source) in [
        ("src/spool/mod.rs", "use crate::archive::Zip;"),
        ("src/net/client.rs", "fn f() { crate::source::g() }"),
        ("src/net/client.rs", "use crate::{limits::X, net::{self, source}, source::Y};"),
        ("src/limits.rs", "use crate::json::value_span;"),
        ("src/tenant/serve.rs", "use crate::record::RawRecord;"),
        ("src/clock.rs", "use super::net::Client;"),
        ("src/net/auth/azure.rs", "use super::super::super::source::X;"),
        ("src/net/mod.rs", "mod tests { use super::super::source::X; }"),
        ("src/net/mod.rs", "use crate::nowhere::X;"),
    ] {
        assert_eq!(imports(file, source).len(), 1, "{file}: {source}");
    }
    for (file, source) in [
        ("src/json/walk.rs", "use crate::limits::JSON_DEPTH_MAX;"),
        ("src/archive/zip.rs", "use crate::spool::Block; // crate::commands"),
        ("src/net/auth/azure.rs", "use super::super::transport::X; use crate::{clock::Clock, limits::{A, B}};"),
        ("src/net/mod.rs", "#[cfg(test)] mod tests { use super::*; }"),
        ("src/tenant/serve.rs", "use crate::catalog::Dataset; /* crate::net */ const X: &str = \"crate::net\";"),
        ("src/lib.rs", "pub use crate::commands::run;"),
    ] {
        assert_none(&imports(file, source));
    }
}

#[test]
fn a_raw_value_read_elsewhere_is_found() {
    assert_eq!(exposures("src/report/page.rs", "fn f(x: RawText) { x.expose().len(); }").len(), 1);
    assert_eq!(exposures("src/net/retry.rs", "let y = RawText::expose(&x);").len(), 1);
    assert_none(&exposures("src/source/page.rs", "x.expose();"));
    assert_none(&exposures("src/record/raw.rs", "pub(crate) fn expose(&self) {}"));
    assert_none(&exposures("src/spool/mod.rs", "mod tests { fn f() { x.expose(); } }"));
    assert_eq!(forbidden_words("src/spool/mod.rs", "fn f(x: RawRecord) {}").len(), 1);
    assert_none(&forbidden_words("src/spool/mod.rs", "/// never a RawRecord\nmod tests { RawRecord }"));
}

#[test]
fn an_ill_formed_file_is_found() {
    assert_eq!(too_long("src/a.rs", &"x\n".repeat(LINES_MAX + 1)).len(), 1);
    assert_none(&too_long("src/a.rs", &"x\n".repeat(LINES_MAX)));
    for source in ["use x;", "// x", "//!", "", "//! (room under construction)"] {
        assert_eq!(no_opening("src/a.rs", source).len(), 1, "{source}");
    }
    let places = ["/ro|ot/x", "see /wo|rk/y", "(\"/ho|me/me/z\")", "by Cla|ude", "C:\\Use|rs\\me"]
        .map(|text| text.replace('|', ""));
    for place in places {
        assert_eq!(private_places("a.md", &place).len(), 1, "{place}");
    }
    assert_none(&private_places("a.md", "https://x.example/home/ and /etc/ssl and target/work/x"));
}

#[test]
fn an_empty_promise_is_found() {
    let readme = "entra-bundle outside\n```sh\n$ entra-bundle collect --demo \\\n  --out x.zip # note\n./target/release/entra-bundle verify --no-such=1\nentra-bundle fly\ncargo test\n```\n";
    let commands = shell_commands(readme, "entra-bundle");
    assert_eq!(commands.len(), 3);
    let help = |arguments: &[&str]| match arguments {
        ["--help"] => "  collect  Collects\n  verify   Verifies".to_owned(),
        _ => "      --demo\n      --out <FILE>".to_owned(),
    };
    let found: Vec<_> = commands.iter().map(|command| unknown_promises(command, help).len()).collect();
    assert_eq!(found, [0, 1, 1]);
}
