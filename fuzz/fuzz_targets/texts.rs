//! Free text: detectors and decoders do not panic, agree with themselves, and blow nothing up.
#![no_main]

use entra_bundle::record::RawText;
use entra_bundle_fuzz::{GATE, is_bounded, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let clean = text(&GATE, data);
    assert_eq!(clean, text(&GATE, data));
    assert!(is_bounded(data.len(), clean.len()));
    assert!(!clean.contains("ada.field@alderwood.example"));
    let name = GATE.clean_name(data);
    assert!(!name.as_str().is_empty() && !name.as_str().contains(['/', '\\']));
    let _ = GATE.clean_path(&RawText::new(data));
});
