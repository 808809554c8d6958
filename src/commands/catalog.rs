//! `entra-bundle catalog`: what can be collected, with what permission and why.
//!
//! Takes the built-in rows, writes text or one JSON document to `out`. Contacts nothing, reads no file.

mod consent;
mod items;
mod list;
mod pseudonyms;
mod show;

use std::io::{self, Write};

use clap::{Args, Subcommand};

use crate::catalog::{self, Catalog, Kind, Selection, host};

const DONE: u8 = 0;
const PROBLEMS: u8 = 1;
const USAGE: u8 = 2;

/// What the catalogue is asked.
#[derive(Debug, Args)]
pub struct CatalogArgs {
    /// The question.
    #[command(subcommand)]
    pub question: Question,
}

/// The questions that the catalogue answers.
#[derive(Debug, Subcommand)]
pub enum Question {
    /// Lists the datasets with their permission, throttle class and scenarios
    List {
        /// Only what this profile collects, with what it depends on
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        /// Writes one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Shows everything that is known about one dataset, one item of a server or one kind of identifier
    Show {
        /// The dataset's id, as `list` shows it, the id of an item of a server, or the kind's name
        id: String,
        /// Writes one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Checks the built-in rows against each other
    Check {
        /// Writes one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Writes the page about permissions for the person who grants them (Markdown)
    Permissions,
    /// Writes the page about identifiers: what the policies do with each kind, with an example (Markdown)
    Pseudonyms,
}

/// Answers a question. The exit code: 0 answered, 1 the check found problems, 2 no such dataset or profile.
///
/// # Errors
/// When `out` cannot be written, or the built-in rows cannot be read.
pub fn run(args: &CatalogArgs, out: &mut dyn Write) -> io::Result<u8> {
    let catalog = Catalog::embedded().map_err(io::Error::other)?;
    match &args.question {
        Question::List { profile, json } => list(catalog, profile.as_deref(), *json, out),
        Question::Show { id, json } => {
            if let Some(kind) = Kind::from_name(id) {
                return pseudonyms::show(kind, *json, out).map(|()| DONE);
            }
            if let Some(row) = host::item(id) {
                return if *json { write_json(row, out) } else { items::write(row, out) }.map(|()| DONE);
            }
            if let Some(row) = host::denied_items().iter().find(|row| row.id == *id) {
                return if *json { write_json(row, out) } else { items::write_denied(row, out) }.map(|()| DONE);
            }
            let Some(row) = catalog.dataset(id) else {
                let selection = Selection { include: vec![id.clone()], ..Selection::default() };
                let unknown = catalog.plan(&selection).err().map(|error| error.to_string());
                return refuse(&unknown.unwrap_or_else(|| "show takes one id: list shows them all".into()));
            };
            if *json {
                write_json(row, out)?
            } else {
                show::write(catalog, row, out)?
            }
            Ok(DONE)
        }
        Question::Pseudonyms => {
            out.write_all(pseudonyms::page().as_bytes())?;
            Ok(DONE)
        }
        Question::Check { json } => check(catalog, *json, out),
        Question::Permissions => {
            out.write_all(consent::page(catalog).as_bytes())?;
            Ok(DONE)
        }
    }
}

fn list(catalog: &'static Catalog, profile: Option<&str>, json: bool, out: &mut dyn Write) -> io::Result<u8> {
    let mut rows: Vec<_> = catalog.datasets().iter().collect();
    if let Some(profile) = profile {
        let selection = Selection { profiles: vec![profile.into()], ..Selection::default() };
        match catalog.plan(&selection) {
            Ok(plan) => rows = plan.datasets.into_iter().chain(plan.unavailable).collect(),
            Err(error) => return refuse(&error.to_string()),
        }
        rows.sort_by_key(|row| (row.group, &row.id));
    }
    if json {
        let (items, denied) = (host::items(), host::denied_items());
        let document = serde_json::json!({
            "datasets": rows, "profiles": catalog.profiles(), "items": items, "deniedItems": denied,
        });
        write_json(&document, out)?;
    } else {
        list::write(catalog, &rows, out)?;
    }
    Ok(DONE)
}

fn check(catalog: &Catalog, json: bool, out: &mut dyn Write) -> io::Result<u8> {
    let found = catalog::check(catalog);
    if json {
        let checked: serde_json::Map<_, _> =
            found.checked.iter().map(|&(what, count)| (what.to_owned(), count.into())).collect();
        let ok = found.problems.is_empty();
        write_json(&serde_json::json!({ "ok": ok, "checked": checked, "problems": found.problems }), out)?;
    } else {
        for (what, count) in &found.checked {
            writeln!(out, "{count:>6} {what}")?;
        }
        for problem in &found.problems {
            writeln!(out, "problem: {problem}")?;
        }
        writeln!(out, "{}", if found.problems.is_empty() { "All rows hold." } else { "The rows do not hold." })?;
    }
    Ok(if found.problems.is_empty() { DONE } else { PROBLEMS })
}

#[expect(clippy::unnecessary_wraps, reason = "returned in place of an answer")]
fn refuse(why: &str) -> io::Result<u8> {
    super::talk::say(&format!("entra-bundle: {why}"));
    Ok(USAGE)
}

fn write_json(value: &impl serde::Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
#[path = "catalog/tests.rs"]
mod tests;
