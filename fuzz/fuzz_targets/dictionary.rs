//! The dictionary: any name that a directory may hold is learnt without a panic, and texts are searched for it.
#![no_main]

use std::cell::RefCell;

use entra_bundle::pseudonym::Gate;
use entra_bundle::record::{Context, Encoding, Form, RawStretch, RawText};
use entra_bundle_fuzz::{empty_gate, is_bounded, text};
use libfuzzer_sys::fuzz_target;

/// Inputs that one gate learns from: making one costs as much as hundreds of inputs.
const INPUTS_MAX: u32 = 300;

thread_local! {
    static LEARNING: RefCell<(Gate, u32)> = RefCell::new((empty_gate(), 0));
}

fuzz_target!(|data: (&str, &str, &str)| {
    let (name, account, around) = data;
    let record = serde_json::json!({"displayName": name, "onPremisesSamAccountName": account, "mailNickname": account,
        "userPrincipalName": format!("{account}@alderwood.example")});
    LEARNING.with_borrow_mut(|(gate, taught)| {
        if *taught == INPUTS_MAX {
            (*gate, *taught) = (empty_gate(), 0);
        }
        *taught += 1;
        gate.learn_stretch(&RawStretch {
            form: Form::JsonLines,
            encoding: Encoding::Utf8,
            has_mark: false,
            dataset: Some("users"),
            context: Context::Nothing,
            goes_on: false,
            text: RawText::new(record.to_string() + "\n"),
        });
        gate.grow();
        for raw in [around.to_owned(), format!("{around} {name} {around}"), format!("{around}\\{account}/{around}")] {
            let clean = text(gate, &raw);
            assert_eq!(clean, text(gate, &raw));
            assert!(is_bounded(raw.len(), clean.len()));
        }
    });
});
