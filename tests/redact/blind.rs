//! The search is not blind: on the corpus as it was written it finds every planted identifier of every class, and in
//! every edge file the ones that were planted there in that spelling.

use crate::corpus::people::CLASSES;
use crate::corpus::search::{Found, Search};
use crate::corpus::{self, Size, files};

#[test]
fn the_search_finds_everything_that_was_planted() {
    let folder = tempfile::tempdir().unwrap();
    let truth = corpus::write(folder.path(), Size { people: 60, bytes: 600_000 });
    assert!(truth.files >= 38 && truth.bytes > 600_000);
    let search = Search::new(&truth.people);
    let mut found = Found::default();
    for (name, path) in files(folder.path()) {
        search.text(&name, &name, &mut found);
        search.file(&name, &std::fs::read(path).unwrap(), &mut found);
    }
    for class in CLASSES {
        assert_eq!(found.distinct(class), truth.people.len(), "blind to some of {class}");
    }
    for (file, class, planted) in &truth.edges {
        let seen = found.people.get(&(class, file.clone()));
        let missed = planted.iter().filter(|who| seen.is_none_or(|seen| !seen.contains(who))).count();
        assert_eq!(missed, 0, "blind to {class} in {file}");
    }
}

#[test]
fn the_corpus_is_the_same_each_time() {
    let [one, other] = [0, 1].map(|_| {
        let folder = tempfile::tempdir().unwrap();
        corpus::write(folder.path(), Size { people: 40, bytes: 100_000 });
        files(folder.path()).into_iter().map(|(name, path)| (name, std::fs::read(path).unwrap())).collect::<Vec<_>>()
    });
    assert!(one == other);
}
