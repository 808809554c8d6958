//! Files of every form: what was valid stays valid, lines and rows stay as many, nothing panics.
#![no_main]

use std::sync::Arc;

use entra_bundle::record::{Context, Encoding, Form, RawStretch, RawText};
use entra_bundle_fuzz::{GATE, empty_gate, is_bounded};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

const FORMS: [Form; 7] = [Form::JsonLines, Form::Json, Form::Csv, Form::Xml, Form::Ldif, Form::Registry, Form::Text];

fn context(form: Form, text: &str) -> Context {
    if form != Form::Csv {
        return Context::Nothing;
    }
    let header = text.lines().next().unwrap_or_default();
    let names: Vec<RawText> = header.split(',').map(|name| RawText::new(name.trim_matches('"'))).collect();
    Context::Columns { names: Arc::from(names), separator: b',', has_header: true }
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let form = FORMS[usize::from(*first) % FORMS.len()];
    let dataset = [None, Some("sign-ins"), Some("har")][usize::from(*first) / 7 % 3];
    let stretch = RawStretch {
        form,
        encoding: Encoding::Utf8,
        has_mark: false,
        dataset,
        context: context(form, text),
        goes_on: false,
        text: RawText::new(text),
    };
    empty_gate_learns(&stretch);
    let clean = GATE.clean_stretch(&stretch).into_bytes();
    assert_eq!(clean, GATE.clean_stretch(&stretch).into_bytes());
    let clean = String::from_utf8(clean).expect("UTF-8 stays UTF-8");
    assert!(is_bounded(text.len(), clean.len()));
    let is_json = |text: &str| serde_json::from_str::<&RawValue>(text).is_ok();
    if form == Form::Json && text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() < 100 && is_json(text) {
        assert!(is_json(&clean));
    }
    if form == Form::JsonLines {
        assert_eq!(text.matches('\n').count(), clean.matches('\n').count());
    }
});

/// Rules are costly to build: one gate learns for all inputs, and knows at the end more than it needs.
fn empty_gate_learns(stretch: &RawStretch) {
    thread_local! {
        static LEARNING: std::cell::RefCell<(entra_bundle::pseudonym::Gate, u32)> = std::cell::RefCell::new((empty_gate(), 0));
    }
    LEARNING.with_borrow_mut(|(gate, taught)| {
        if *taught == 10_000 {
            (*gate, *taught) = (empty_gate(), 0);
        }
        *taught += 1;
        gate.learn_stretch(stretch);
    });
}
