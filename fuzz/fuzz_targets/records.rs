//! The tokenizer and the pass: the output is JSON exactly if the input is, alike each time, on one line.
#![no_main]

use entra_bundle_fuzz::{GATE, batch, is_bounded};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

const DATASETS: [&str; 4] = ["users", "sign-ins", "audits", "named-locations"];

fuzz_target!(|data: &[u8]| {
    let Some((first, record)) = data.split_first() else { return };
    let dataset = DATASETS[usize::from(*first) % DATASETS.len()];
    let clean = GATE.clean_batch(&batch(dataset, record)).expect("no parent is given");
    let again = GATE.clean_batch(&batch(dataset, record)).expect("no parent is given");
    assert_eq!(clean.bytes(), again.bytes());
    let is_json =
        |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|text| serde_json::from_str::<&RawValue>(text).is_ok());
    // Both readers end at some depth of nesting, not at the same.
    let depth = record.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if depth < 100 {
        assert_eq!(clean.refused().is_empty(), is_json(record));
    }
    if clean.refused().is_empty() {
        let line = clean.bytes().strip_suffix(b"\n").expect("a line end");
        assert!(depth >= 100 || is_json(line));
        assert!(!line.contains(&b'\n'));
        assert!(is_bounded(record.len(), line.len()));
    }
});
