//! The dictionary: any name that a directory may hold is learnt without a panic, and texts are searched for it.
#![no_main]

use entra_bundle_fuzz::{batch, empty_gate, is_bounded, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, &str, &str)| {
    let (name, account, around) = data;
    let record = serde_json::json!({"displayName": name, "onPremisesSamAccountName": account, "mailNickname": account,
        "userPrincipalName": format!("{account}@alderwood.example")});
    let gate = empty_gate();
    gate.learn(&batch("users", record.to_string().as_bytes())).expect("no parent is given");
    gate.freeze();
    for raw in [around.to_owned(), format!("{around} {name} {around}"), format!("{around}\\{account}/{around}")] {
        let clean = text(&gate, &raw);
        assert_eq!(clean, text(&gate, &raw));
        assert!(is_bounded(raw.len(), clean.len()));
    }
});
