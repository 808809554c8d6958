//! What the fuzz targets share: a gate with a fixed key that has read a small invented directory.
//!
//! Only the library's public door is used, the same one that the program goes through.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use entra_bundle::catalog::Catalog;
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::pseudonym::{Gate, Policy, Rules};
use entra_bundle::record::{RawBatch, RawRecord, RawText};

/// The cipher of all targets.
pub fn cipher() -> Ff1 {
    Ff1::new(&MasterKey::from_bytes([7; 32]))
}

/// A gate that knows nobody.
pub fn empty_gate() -> Gate {
    let rows = Catalog::embedded().expect("the rows are compiled in").datasets();
    let rules = Rules::new(rows.iter().map(|row| (row.id.as_str(), row.group, row.path.as_str())));
    let known = |id: u128| Catalog::embedded().is_ok_and(|catalog| catalog.well_known(id).is_some());
    Gate::new(Arc::new(cipher()), Policy::standard(), rules, known)
}

/// One record of a dataset.
pub fn batch(dataset: &'static str, record: &[u8]) -> RawBatch {
    RawBatch { dataset, slice: 0, parent: None, records: vec![RawRecord::new(Bytes::copy_from_slice(record))] }
}

/// A gate that has read the directory.
pub static GATE: LazyLock<Gate> = LazyLock::new(|| {
    let gate = empty_gate();
    for (dataset, record) in [
        (
            "organization",
            r#"{"id":"2f6e8d91-c05b-4a73-b9e4-60d1f7a3c582","displayName":"Alderwood Marine","verifiedDomains":[{"name":"alderwood.example"}]}"#,
        ),
        (
            "users",
            r#"{"id":"7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31","displayName":"Ada Field","givenName":"Ada","surname":"Field","userPrincipalName":"ada.field@alderwood.example","onPremisesSamAccountName":"afield7","onPremisesSecurityIdentifier":"S-1-5-21-1004336348-1177238915-682003330-1104"}"#,
        ),
        (
            "devices",
            r#"{"id":"0c9e4b77-51d2-4f3a-8e6b-9a7d3c2f1e05","deviceId":"91d0c6aa-7be1-4a3c-b1d5-5e9f2c7a8d60","displayName":"AW-LT-0412"}"#,
        ),
    ] {
        gate.learn(&batch(dataset, record.as_bytes())).expect("the directory is in order");
    }
    gate.freeze();
    gate
});

/// A text through the gate.
pub fn text(gate: &Gate, text: &str) -> String {
    gate.clean_text(&RawText::new(text)).into_string()
}

/// No reading of a value may blow it up: a pseudonym of one symbol is at most a hundred symbols long, and escapes
/// triple them at each of four layers.
pub fn is_bounded(before: usize, after: usize) -> bool {
    after <= before.saturating_mul(100) + 4096
}
