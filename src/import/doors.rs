//! A way in for the fuzz target `imports`: any files as the customer's records.
//!
//! Takes inputs, gives how many files and records the reader told of. Compiled with the feature `fuzz-doors` only; no
//! shipped code comes here.

use tokio::sync::mpsc;

use super::deliver;
use super::reader::Told;
use super::sorter::{Sorter, What};
use crate::catalog::Catalog;
use crate::files::Inputs;

/// More than the messages of any input that a fuzzer makes.
const MESSAGES_MAX: usize = 1 << 16;

/// Reads files as a collection does that wants every dataset: each begins and ends once, each record is a JSON object.
pub fn read(inputs: Inputs) -> (usize, usize) {
    let Ok(catalog) = Catalog::embedded() else { return (0, 0) };
    let (sender, mut receiver) = mpsc::channel(MESSAGES_MAX);
    deliver::read(inputs, Sorter::new(catalog.datasets().iter().collect()), None, sender);
    let (mut files, mut records, mut open) = (0, 0, false);
    while let Ok(told) = receiver.try_recv() {
        match told {
            Told::Begin { .. } => {
                assert!(!open, "a file begins in another");
                (files, open) = (files + 1, true);
            }
            Told::End(_) => {
                assert!(open, "the end of no file");
                open = false;
            }
            Told::Records(found) => {
                assert!(open, "records of no file");
                records += found.len();
                found.iter().for_each(|found| check(&found.what));
            }
            _ => assert!(open, "a word about no file"),
        }
    }
    assert!(!open, "a file without an end");
    (files, records)
}

fn check(what: &What) {
    let What::Taken(_, items) = what else { return };
    for (_, item) in items {
        let record = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&item.record);
        assert!(record.is_ok(), "a record is no object");
    }
}
