//! Properties of the gate over whole files: what holds for any cut, any number of workers, any key.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use entra_bundle::catalog::Catalog;
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::pseudonym::{Gate, Policy, Rules};
use entra_bundle::record::{Context, Encoding, Form, RawStretch, RawText};
use proptest::prelude::*;

use crate::corpus::pairs::{pairs, rows};
use crate::corpus::{self, Size, files, views};

/// A corpus of twenty people in memory: name and characters of every file that is no container.
static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    corpus::write(folder.path(), Size { people: 40, bytes: 100_000 });
    let all = files(folder.path()).into_iter().filter(|(name, _)| !name.starts_with("older/"));
    all.map(|(name, path)| {
        (name, views::characters(&std::fs::read(path).unwrap()).trim_start_matches('\u{feff}').to_owned())
    })
    .collect()
});

fn form(name: &str) -> Form {
    match name.rsplit('.').next().unwrap() {
        _ if name.ends_with("PT1H.json") => Form::JsonLines,
        "jsonl" => Form::JsonLines,
        "json" | "har" => Form::Json,
        "csv" | "tsv" => Form::Csv,
        "xml" => Form::Xml,
        "ldif" => Form::Ldif,
        "reg" => Form::Registry,
        _ => Form::Text,
    }
}

fn separator(name: &str) -> char {
    if name.ends_with(".tsv") {
        '\t'
    } else if name.contains("semicolon") {
        ';'
    } else {
        ','
    }
}

/// A part of a file; `is_first` when nothing stands before it.
fn stretch(name: &str, whole: &str, part: &str, is_first: bool) -> RawStretch {
    let form = form(name);
    let columns = || rows(whole, separator(name)).first().cloned().unwrap_or_default();
    let context = match form {
        Form::Csv => Context::Columns {
            names: columns().into_iter().map(RawText::new).collect(),
            separator: separator(name) as u8,
            has_header: is_first,
        },
        _ => Context::Nothing,
    };
    let dataset = name.ends_with(".har").then_some("har");
    RawStretch {
        form,
        encoding: Encoding::Utf8,
        has_mark: false,
        dataset,
        context,
        goes_on: false,
        text: RawText::new(part),
    }
}

fn gate(key: u8) -> Gate {
    let catalog = Catalog::embedded().unwrap();
    let rules = Rules::new(catalog.datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str())));
    let known = |id: u128| Catalog::embedded().is_ok_and(|catalog| catalog.well_known(id).is_some());
    let gate = Gate::new(Arc::new(Ff1::new(&MasterKey::from_bytes([key; 32]))), Policy::standard(), rules, known);
    FILES.iter().for_each(|(name, text)| gate.learn_stretch(&stretch(name, text, text, true)));
    gate.freeze();
    gate
}

static GATE: LazyLock<Gate> = LazyLock::new(|| gate(7));

fn clean(gate: &Gate, name: &str, whole: &str, part: &str, is_first: bool) -> String {
    String::from_utf8(gate.clean_stretch(&stretch(name, whole, part, is_first)).into_bytes()).unwrap()
}

fn clean_whole(gate: &Gate, name: &str, text: &str) -> String {
    clean(gate, name, text, text, true)
}

/// Where a file may be cut: behind whole units.
fn borders(name: &str, text: &str) -> Vec<usize> {
    let line_ends = text.match_indices('\n').map(|(at, _)| at + 1);
    match form(name) {
        Form::JsonLines | Form::Text => line_ends.collect(),
        Form::Csv => line_ends.filter(|at| text[..*at].matches('"').count().is_multiple_of(2)).collect(),
        Form::Ldif => text.match_indices("\n\n").map(|(at, _)| at + 2).collect(),
        Form::Registry => text.match_indices("\n[").map(|(at, _)| at + 1).collect(),
        Form::Json | Form::Xml => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cut_gives_the_same_bytes(file in 0usize..1000, cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6)) {
        let (name, text) = &FILES[file % FILES.len()];
        let borders = borders(name, text);
        prop_assume!(!borders.is_empty());
        let cuts: BTreeSet<usize> = cuts.iter().map(|cut| *cut.get(&borders)).collect();
        let mut pieces = String::new();
        let mut from = 0;
        for to in cuts.into_iter().chain([text.len()]).filter(|to| *to > 0) {
            if to > from {
                pieces += &clean(&GATE, name, text, &text[from..to], from == 0);
            }
            from = to;
        }
        prop_assert!(pieces == clean_whole(&GATE, name, text), "{name} differs when it is cut");
    }
}

#[test]
fn every_line_alone_gives_the_same_bytes() {
    for (name, text) in FILES
        .iter()
        .filter(|(name, _)| matches!(form(name), Form::JsonLines | Form::Text | Form::Ldif | Form::Registry))
    {
        let mut pieces = String::new();
        let mut from = 0;
        for to in borders(name, text).into_iter().chain([text.len()]).filter(|to| *to > 0) {
            pieces += &clean(&GATE, name, text, &text[from..to], from == 0);
            from = to;
        }
        assert!(pieces == clean_whole(&GATE, name, text), "{name} differs when it is cut everywhere");
    }
}

#[test]
fn workers_do_not_matter_and_neither_does_the_order() {
    let alone: Vec<String> = FILES.iter().map(|(name, text)| clean_whole(&GATE, name, text)).collect();
    // Another gate learns in another order and cleans with four workers.
    let other = Gate::new(
        Arc::new(Ff1::new(&MasterKey::from_bytes([7; 32]))),
        Policy::standard(),
        Rules::new(
            Catalog::embedded().unwrap().datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str())),
        ),
        |id| Catalog::embedded().is_ok_and(|catalog| catalog.well_known(id).is_some()),
    );
    FILES.iter().rev().for_each(|(name, text)| other.learn_stretch(&stretch(name, text, text, true)));
    other.freeze();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (alone, other) = (&alone, &other);
            scope.spawn(move || {
                for (at, (name, text)) in FILES.iter().enumerate().filter(|(at, _)| at % 4 == worker).rev() {
                    assert!(clean_whole(other, name, text) == alone[at], "{name} depends on the worker");
                }
            });
        }
    });
}

/// What was replaced in the files of a kind that is compared value by value.
#[cfg(not(feature = "gate-off"))]
fn replaced(gate: &Gate) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (name, text) in FILES
        .iter()
        .filter(|(name, _)| name.starts_with("graph/") || name.starts_with("portal/") || name.starts_with("signins/"))
    {
        let clean = clean_whole(gate, name, text);
        let pairs = pairs(name, text.as_bytes(), clean.as_bytes()).unwrap();
        let new = pairs.into_iter().filter(|pair| pair.before != pair.after && !pair.is_bare);
        all.extend(new.flat_map(|pair| {
            pair.after
                .split(|symbol: char| !symbol.is_alphanumeric() && !"-.:".contains(symbol))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        }));
    }
    all.retain(|token| token.len() >= 12);
    all
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn another_key_shares_no_token() {
    let (one, other) = (replaced(&GATE), replaced(&gate(8)));
    let innocent: BTreeSet<String> = FILES
        .iter()
        .flat_map(|(_, text)| {
            text.split(|symbol: char| !symbol.is_alphanumeric() && !"-.:".contains(symbol))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let common: Vec<_> = one.intersection(&other).filter(|token| !innocent.contains(*token)).collect();
    assert!(one.len() > 300, "only {} tokens", one.len());
    assert!(
        common.is_empty(),
        "{} tokens are the same under two keys: {:?}",
        common.len(),
        &common[..common.len().min(10)]
    );
}

/// Columns whose pseudonyms prove themselves with the key.
#[cfg(not(feature = "gate-off"))]
const NAME_LIKE: [&str; 9] = [
    "userPrincipalName",
    "mail",
    "displayName",
    "mailNickname",
    "onPremisesSamAccountName",
    "onPremisesUserPrincipalName",
    "userDisplayName",
    "Username",
    "User",
];

#[cfg(not(feature = "gate-off"))]
#[test]
fn names_that_are_pseudonyms_stay_when_a_file_is_cleaned_again() {
    let mut compared = 0;
    for (name, text) in FILES.iter().filter(|(name, _)| !matches!(form(name), Form::Text | Form::Xml)) {
        let once = clean_whole(&GATE, name, text);
        let twice = clean_whole(&GATE, name, &once);
        for pair in pairs(name, once.as_bytes(), twice.as_bytes()).unwrap() {
            let last = pair.column.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
            if NAME_LIKE.contains(&last) {
                assert!(pair.before == pair.after, "{name}: a pseudonym in {} was replaced again", pair.column);
                compared += 1;
            }
        }
    }
    assert!(compared > 500, "only {compared} values");
}
