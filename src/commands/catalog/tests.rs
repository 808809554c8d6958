//! What the command writes.

use clap::Parser;

use super::{CatalogArgs, run};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: CatalogArgs,
}

fn written(words: &[&str]) -> (u8, String) {
    let line = Line::try_parse_from(std::iter::once(&"catalog").chain(words)).unwrap();
    let mut out = Vec::new();
    let code = run(&line.args, &mut out).unwrap();
    (code, String::from_utf8(out).unwrap())
}

#[test]
fn tables_fit_eighty_columns() {
    for words in [&["list"][..], &["list", "--profile", "mfa"], &["check"]] {
        let (code, text) = written(words);
        assert_eq!(code, 0);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 80, "{words:?}: {widest}");
    }
}

#[test]
fn the_list_names_each_dataset_and_a_profile_narrows_it() {
    let rows = crate::catalog::Catalog::embedded().unwrap().datasets();
    let (_, all) = written(&["list"]);
    for row in rows {
        assert!(all.lines().any(|line| line.split(' ').next() == Some(&row.id)), "{}", row.id);
    }
    let (_, some) = written(&["list", "--profile", "provisioning"]);
    assert!(some.lines().any(|line| line.starts_with("synchronization-jobs ")));
    assert!(!some.lines().any(|line| line.starts_with("risky-users ")));
    assert!(all.contains("app-proxy-connectors") && !some.contains("app-proxy-connectors"));
}

#[test]
fn json_is_one_document() {
    for words in [&["list", "--json"][..], &["show", "users", "--json"], &["check", "--json"]] {
        let (code, text) = written(words);
        assert_eq!(code, 0);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(value.is_object());
    }
    let (_, text) = written(&["list", "--profile", "mfa", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ids: Vec<&str> = value["datasets"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"registration-details") && !ids.contains(&"app-proxy-connectors"));
}

#[test]
fn each_dataset_can_be_shown() {
    for row in crate::catalog::Catalog::embedded().unwrap().datasets() {
        let (code, text) = written(&["show", &row.id]);
        assert_eq!(code, 0);
        assert!(text.starts_with(&row.id) && text.contains(&row.path), "{}", row.id);
        for line in text.lines() {
            let long_word = line.split_whitespace().any(|word| word.len() > 60);
            assert!(long_word || line.chars().count() <= 80, "{}: {line}", row.id);
        }
    }
}

#[test]
fn unknown_names_are_usage_errors() {
    assert_eq!(written(&["show", "usres"]), (2, String::new()));
    assert_eq!(written(&["show", "user*"]).0, 2);
    assert_eq!(written(&["list", "--profile", "nothing"]), (2, String::new()));
}

/// The page that a question writes; it stands in `packaging` just so.
fn current(question: &str) -> String {
    let (_, page) = written(&[question]);
    let path = format!("{}/packaging/{question}.md", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    assert!(kept == page, "packaging/{question}.md is out of date: run this test with UPDATE_GENERATED=1");
    page
}

#[test]
fn the_page_about_pseudonyms_is_current() {
    let page = current("pseudonyms");
    for row in crate::catalog::identifiers() {
        let line = page.lines().find(|line| line.starts_with(&format!("| `{}` |", row.kind.name()))).unwrap();
        let (before, after) = line.split('`').skip(3).step_by(2).next().zip(line.split('`').nth(5)).unwrap();
        assert!(before != after && after.len() > 1 && !after.contains(before), "{}", row.kind.name());
        assert_eq!(line.matches('|').count(), 8, "{}", row.kind.name());
    }
    let (code, text) = written(&["show", "sid"]);
    assert!(code == 0 && text.contains("S-1-5-21-") && text.contains("replaced"));
}

#[test]
fn the_page_about_permissions_is_current() {
    let page = current("permissions");
    for row in crate::catalog::Catalog::embedded().unwrap().permissions() {
        assert!(page.contains(&row.delegated) && page.contains(&row.application), "{}", row.name);
    }
}
