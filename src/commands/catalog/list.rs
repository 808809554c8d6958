//! The table of `catalog list`: one line per dataset, at most 80 columns.

use std::io::{self, Write};

use crate::catalog::{Catalog, Dataset, Throttle};

const WIDTH: usize = 80;
const ID_WIDTH: usize = 30;

/// Writes the rows by group, then what the letters mean.
pub(super) fn write(catalog: &Catalog, rows: &[&Dataset], out: &mut dyn Write) -> io::Result<()> {
    let scenarios: Vec<&str> = scenarios(catalog).map(|(_, id)| id).collect();
    let letters: String = self::scenarios(catalog).map(|(letter, _)| letter).collect();
    let mut group = None;
    for row in rows {
        if group != Some(row.group) {
            let gap = if group.is_some() { "\n" } else { "" };
            let count = rows.iter().filter(|one| one.group == row.group).count();
            let title = format!("{} ({count})", row.group.as_str().to_uppercase());
            writeln!(out, "{gap}{title:ID_WIDTH$} {letters} C  permission")?;
            group = Some(row.group);
        }
        write_row(row, &scenarios, out)?;
    }
    write_legend(catalog, out)
}

fn scenarios(catalog: &Catalog) -> impl Iterator<Item = (char, &str)> {
    ('a'..='z').zip(catalog.profiles().iter().map(|row| row.id.as_str()).filter(|id| *id != "everything"))
}

fn write_row(row: &Dataset, scenarios: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let marks: String = scenarios.iter().map(|id| mark(row, id)).collect();
    let class = match row.throttle {
        _ if row.is_on_premises() => ' ',
        Throttle::Reports => 'R',
        Throttle::Identity => 'I',
        Throttle::Directory => 'D',
        Throttle::Workspace => 'W',
        Throttle::Storage => 'S',
        Throttle::Activity => 'A',
    };
    let who = if row.needs_write() {
        '!'
    } else if row.is_delegated_only() {
        '*'
    } else {
        ' '
    };
    if row.id.len() > ID_WIDTH {
        writeln!(out, "{}", row.id)?;
    }
    let id = if row.id.len() > ID_WIDTH { "" } else { &row.id };
    let start = format!("{id:ID_WIDTH$} {marks} {class}{who} ");
    let room = WIDTH.saturating_sub(start.len());
    let needed = if row.is_delegated_only() { &row.permission.delegated } else { &row.permission.application };
    let mut lines = needed.iter();
    match lines.next() {
        Some(first) if first.len() <= room => writeln!(out, "{start}{first}")?,
        Some(first) => writeln!(out, "{}\n{first:>WIDTH$}", start.trim_end())?,
        None => writeln!(out, "{}", start.trim_end())?,
    }
    for further in lines {
        writeln!(out, "{:indent$}{further}", "", indent = start.len())?;
    }
    Ok(())
}

fn mark(row: &Dataset, profile: &str) -> char {
    let named = |list: &[String]| list.iter().any(|one| one == profile);
    match (named(&row.profiles), named(&row.helpful)) {
        (true, false) => '#',
        (true, true) => '+',
        _ => '.',
    }
}

fn write_legend(catalog: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n#  needed in the scenario   +  helpful   .  not collected for it")?;
    let scenarios: Vec<_> = scenarios(catalog).collect();
    for pair in scenarios.chunks(3) {
        let cells: Vec<String> = pair.iter().map(|(letter, id)| format!("{letter}  {id:22}")).collect();
        writeln!(out, "{}", cells.join(" ").trim_end())?;
    }
    writeln!(out, "C  throttle class: R reports, I identity, D directory")?;
    writeln!(out, "on premises: `catalog show ID` lists the items of a server that it is made of")?;
    writeln!(out, "*  only a signed-in user can read it")?;
    writeln!(out, "!  needs a permission that can write: collected only when --include names it")
}
