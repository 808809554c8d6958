//! Rows of the catalogue: any text as a file of rows, any words as a selection. What is read is checked, and a plan holds
//! parents before what is asked for each of their records.
#![no_main]

use entra_bundle::catalog::{Catalog, Selection, doors};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    if kind % 2 == 0 {
        let again = doors::read(text).map(|check| check.problems);
        return assert_eq!(doors::read(text).map(|check| check.problems), again);
    }
    let mut words = text.split('\n').map(|words| words.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let mut next = || words.next().unwrap_or_default();
    let selection = Selection { profiles: next(), include: next(), exclude: next(), ..Selection::default() };
    let catalog = Catalog::embedded().expect("the rows are compiled in");
    let Ok(plan) = catalog.plan(&selection) else { return };
    for (place, row) in plan.datasets.iter().enumerate() {
        assert!(!selection.exclude.iter().any(|pattern| doors::fits(pattern, &row.id)));
        if let Some(parent) = catalog.parent(row) {
            assert!(plan.datasets[..place].iter().any(|one| one.id == parent.id), "a parent is missing");
        }
    }
});
