//! The readers of a server's files: whatever they are given, in one stretch or two, their records are JSON objects, as
//! many as they say, and no text is lost or grows without bound.
#![no_main]

use entra_bundle::host::reading::Reading;
use entra_bundle::record::{Context, Encoding, Form, RawStretch, RawText};
use entra_bundle_fuzz::is_bounded;
use libfuzzer_sys::fuzz_target;

const FORMS: [Form; 7] = [Form::JsonLines, Form::Json, Form::Csv, Form::Xml, Form::Ldif, Form::Registry, Form::Text];

fn stretch(form: Form, text: &str) -> RawStretch {
    RawStretch {
        form,
        encoding: Encoding::Utf8,
        has_mark: false,
        dataset: None,
        context: Context::Nothing,
        goes_on: false,
        text: RawText::new(text),
    }
}

fuzz_target!(|data: &[u8]| {
    let [reader, form, rest @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let readers: Vec<_> = Reading::names().collect();
    let reader = readers[usize::from(*reader) % readers.len()];
    let two = usize::from(*form) / FORMS.len() % 2 == 1;
    let form = FORMS[usize::from(*form) % FORMS.len()];
    let cut = if two { text.find('\n').map_or(text.len(), |end| end + 1) } else { text.len() };
    let mut reading = Reading::of(reader, "trace-20240131-235900.log").expect("it is one of the names");
    let (mut records, mut bytes) = (0, 0);
    let mut give = |record: entra_bundle::host::reading::Record| {
        let value: serde_json::Value = serde_json::from_slice(&record.json).expect("a record is JSON");
        assert!(value.is_object() && record.line > 0);
        records += 1;
        bytes += record.json.len();
    };
    let (first, second) = text.split_at(cut);
    reading.take(&stretch(form, first), &mut give);
    if !second.is_empty() {
        reading.take(&stretch(form, second), &mut give);
    }
    let tally = reading.end(&mut give);
    assert_eq!(tally.records, records);
    // Every record repeats a few members that name it.
    assert!(is_bounded(text.len(), bytes));
});
