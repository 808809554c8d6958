//! The public sample files beside the project, if they are there: every one is read, in the form that it has.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Keeper, encoded, small};
use crate::files::Inputs;
use crate::files::name::has_ending;
use crate::record::Form;

fn samples() -> Option<[std::path::PathBuf; 2]> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folders = ["data", "samples"].map(|folder| root.join(folder));
    let are_there = folders.iter().all(|folder| folder.is_dir());
    if !are_there {
        eprintln!("skipped: no sample files in ../shared");
    }
    are_there.then_some(folders)
}

fn is_plausible(name: &str, form: Option<Form>) -> bool {
    let ending = |endings: &[&str]| has_ending(name, endings);
    match form {
        Some(Form::JsonLines) => ending(&["jsonl", "log", "json"]),
        Some(Form::Json) => ending(&["json", "log"]),
        Some(Form::Csv) => ending(&["csv"]),
        Some(Form::Xml) => ending(&["xml", "xsd"]),
        Some(Form::Ldif) => ending(&["ldif"]),
        Some(Form::Registry) => ending(&["reg"]),
        Some(Form::Text) => ending(&["md", "txt", "log", "rs", "sh", "toml", "c"]),
        None => false,
    }
}

#[test]
fn every_sample_is_read_in_its_form() {
    let Some(folders) = samples() else { return };
    let mut forms = BTreeSet::new();
    for sizes in [super::Sizes::default(), small(1 << 10, 1 << 14)] {
        let mut inputs = Inputs::find(&folders).unwrap();
        inputs.sizes = super::Sizes { head: 1 << 18, block: 1 << 12, ..sizes };
        let mut keeper = Keeper::default();
        let walked = inputs.walk(&mut keeper);
        assert!(walked.files > 250 && walked.withheld == 0, "{walked:?}");
        for file in &keeper.files {
            assert!(is_plausible(&file.name, file.form), "{} is {:?}", file.name, file.form);
            forms.extend(file.form);
            if file.unpacked_from.is_none() && !file.name.contains(".zip/") {
                let path = folders[0].parent().unwrap().join(&file.name);
                assert!(encoded(&file.stretches) == std::fs::read(path).unwrap(), "{} came back changed", file.name);
                assert!(file.is_whole(), "{}: {}", file.name, file.reason());
            }
        }
        for damaged in keeper.files.iter().filter(|file| !file.is_whole()) {
            assert_eq!(damaged.unpacked_from, Some("evtx"), "{}: {}", damaged.name, damaged.reason());
            assert!(!damaged.stretches.is_empty());
        }
    }
    let kinds = [Form::JsonLines, Form::Json, Form::Csv, Form::Xml, Form::Ldif, Form::Text];
    assert!(kinds.iter().all(|kind| forms.contains(kind)), "the samples have every form but registry exports");
}

#[test]
fn event_logs_become_json_lines() {
    let Some(folders) = samples() else { return };
    let mut keeper = Keeper::default();
    let walked = crate::files::walk(&[folders[1].join("onprem/evtx")], &mut keeper).unwrap();
    assert_eq!(walked.files, 9);
    for file in &keeper.files {
        assert!(file.name.ends_with(".evtx.jsonl"));
        let text = file.text();
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(record["Event"]["System"].is_object());
        }
        assert!(text.lines().count() > 0, "{}: {}", file.name, file.reason());
    }
}
