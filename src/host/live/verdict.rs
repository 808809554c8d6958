//! How the datasets of a machine ended, from how their items did.

use std::collections::BTreeMap;

use super::{Content, Gathered};
use crate::limits::HOST_REASONS_MAX;
use crate::record::{Outcome, Verdict};

/// One verdict for each dataset of which something was gathered, or was tried.
///
/// Items that a machine does not have are no fault: a dataset is `unavailable` only when none of them is there. What was
/// hindered names its item.
pub fn verdicts(found: &[Gathered]) -> BTreeMap<&'static str, Verdict> {
    let mut by_dataset: BTreeMap<&'static str, Vec<&Gathered>> = BTreeMap::new();
    for one in found {
        if let Some(dataset) = &one.item.dataset {
            by_dataset.entry(dataset.as_str()).or_default().push(one);
        }
    }
    by_dataset.into_iter().map(|(dataset, items)| (dataset, verdict(&items))).collect()
}

fn verdict(items: &[&Gathered]) -> Verdict {
    let hindered: Vec<_> = items.iter().filter(|one| !one.end.outcome.is_answered()).collect();
    if hindered.is_empty() {
        let is_there = items.iter().any(|one| one.end.outcome == Outcome::Complete);
        return match is_there {
            true => Verdict::complete(),
            false => Verdict::because(Outcome::Unavailable, "nothing of it is on this machine")
                .with_hint("run it on the server that has it, or --input DIR with what was copied off it"),
        };
    }
    let has_content = items.iter().any(|one| !matches!(one.content, Content::Nothing));
    let is_complete = items.iter().any(|one| one.end.outcome == Outcome::Complete);
    let all = |outcome| hindered.iter().all(|one| one.end.outcome == outcome);
    let outcome = match () {
        () if has_content || is_complete => Outcome::Partial,
        () if all(Outcome::Denied) => Outcome::Denied,
        () if all(Outcome::Interrupted) => Outcome::Interrupted,
        () => Outcome::Failed,
    };
    let reason = |one: &&&Gathered| {
        let why = one.end.reason.as_ref().map_or("it failed", |reason| reason.expose());
        format!("{}: {why}", one.item.id)
    };
    let mut reasons: Vec<String> = hindered.iter().map(reason).collect();
    reasons.dedup();
    let more = reasons.len().saturating_sub(HOST_REASONS_MAX);
    reasons.truncate(HOST_REASONS_MAX);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    let hint = hindered.iter().find_map(|one| one.end.hint.clone());
    Verdict { hint, ..Verdict::because(outcome, reasons.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::host::Item;

    fn one(dataset: &str, id: &str, end: Verdict, content: &'static str) -> Gathered {
        let text = format!(
            "id = \"{id}\"\ndataset = \"{dataset}\"\nprofiles = []\nsensitivity = \"machines\"\nwhy = \"W.\"\n\
             source = \"s\"\nsource_date = \"2026-08\"\n[from.system]\nfacts = []"
        );
        let item: &'static Item = Box::leak(Box::new(toml::from_str(&text).unwrap()));
        let content = if content.is_empty() { Content::Nothing } else { Content::Bytes(content.into()) };
        Gathered { item, name: id.to_owned(), content, end }
    }

    #[test]
    fn a_dataset_is_as_whole_as_its_items() {
        let unavailable = || Verdict::because(Outcome::Unavailable, "not here");
        let denied = || Verdict::because(Outcome::Denied, "needs elevation").with_hint("run as administrator");
        let failed = || Verdict::because(Outcome::Failed, "exit code 3");
        let found = [
            one("a", "a-1", Verdict::complete(), "x"),
            one("a", "a-2", unavailable(), ""),
            one("b", "b-1", unavailable(), ""),
            one("c", "c-1", denied(), ""),
            one("c", "c-2", Verdict::complete(), ""),
            one("d", "d-1", denied(), ""),
            one("d", "d-2", unavailable(), ""),
            one("e", "e-1", denied(), ""),
            one("e", "e-2", failed(), ""),
            one("f", "f-1", failed(), "half"),
        ];
        let verdicts = verdicts(&found);
        let outcome = |dataset| verdicts[dataset].outcome;
        assert_eq!((outcome("a"), outcome("b")), (Outcome::Complete, Outcome::Unavailable));
        assert_eq!((outcome("c"), outcome("d")), (Outcome::Partial, Outcome::Denied));
        assert_eq!((outcome("e"), outcome("f")), (Outcome::Failed, Outcome::Partial));
        let reason = |dataset| verdicts[dataset].reason.as_ref().unwrap().expose();
        assert_eq!(reason("e"), "e-1: needs elevation; e-2: exit code 3");
        assert_eq!(verdicts["c"].hint.as_ref().unwrap().expose(), "run as administrator");
    }
}
