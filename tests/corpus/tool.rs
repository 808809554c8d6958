//! The planted corpus by hand, for benchmarks:
//! `cargo run --release --example corpus -- write FOLDER PEOPLE MEGABYTES` writes it,
//! `… -- search PEOPLE PATH...` looks for its identifiers in files, folders and zips and fails when there are any.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a tool of the tests")]

#[path = "mod.rs"]
mod corpus;

use std::path::Path;
use std::process::ExitCode;

use corpus::people::{CLASSES, people};
use corpus::search::{Found, Search};
use corpus::{Size, files};

fn search(count: usize, paths: &[String]) -> ExitCode {
    let search = Search::new(&people(count));
    let mut found = Found::default();
    for path in paths {
        let path = Path::new(path);
        let inside = if path.is_dir() { files(path) } else { vec![(path.display().to_string(), path.to_owned())] };
        for (name, path) in inside {
            search.text(&name, &name, &mut found);
            search.file(&name, &std::fs::read(path).unwrap(), &mut found);
        }
    }
    for class in CLASSES {
        println!("{class:<14}{:>6} of {count}", found.distinct(class));
    }
    if found.people.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprint!("{}", found.table());
    ExitCode::FAILURE
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", folder, count, megabytes] => {
            let size = Size { people: count.parse().unwrap(), bytes: megabytes.parse::<u64>().unwrap() * 1_000_000 };
            let truth = corpus::write(Path::new(folder), size);
            println!("{} files, {} bytes, {} people", truth.files, truth.bytes, truth.people.len());
            ExitCode::SUCCESS
        }
        ["search", count, _, ..] => search(count.parse().unwrap(), &words[2..]),
        _ => {
            eprintln!("write FOLDER PEOPLE MEGABYTES, or search PEOPLE PATH...");
            ExitCode::from(2)
        }
    }
}
