//! Remembering: what the logs taught an earlier run, read back from its clean lines with the key.
//!
//! Names that only a log had ([`Gate::note_late`]) must be looked for in all lines, also by a run that goes on with
//! finished slices and never sees their raw records. No list of them is ever on the disk: the pseudonyms in typed fields
//! are turned back in memory and go through the gate once more, which notes what it noted then. Takes clean lines that
//! this gate's key and policy made; writes nothing. What cannot be turned back (texts of more than 1 KiB) is no term
//! either. The dictionary's [`Dictionary::digest`] tells whether two runs looked for the same.

use std::borrow::Cow;

use super::cipher::Cipher;
use super::clean::RefusalCause;
use super::dictionary::Dictionary;
use super::duty::{Duty, SCAN};
use super::gate::Gate;
use super::guid;
use super::map::reveal_as;
use super::values::{inner_action, starts_like_json};
use super::walk::{Hands, Here, Manner, Walk};
use crate::catalog::{Action, Kind};
use crate::json::{Span, unescape};
use crate::limits::TEXT_LAYERS_MAX;

/// The kinds that [`Gate::note_late`] notes.
const KINDS: [Kind; 8] =
    [Kind::UserId, Kind::DeviceId, Kind::Name, Kind::Account, Kind::Host, Kind::Place, Kind::Upn, Kind::Mail];

impl Gate {
    /// Notes what typed fields of a dataset's clean lines stand for, as if the gate had seen them raw. Call it when the
    /// dictionary is frozen.
    pub fn remember(&self, dataset: &str, lines: &[u8]) {
        let root = self.rules.root(dataset);
        for line in lines.split(|byte| *byte == b'\n') {
            let Ok(text) = std::str::from_utf8(line) else { continue };
            let here = Here { gate: self, text, layer: 0, manner: Manner::default() };
            // This program's own lines are valid; an empty one is no document.
            let _ = Walk::new(here, Remembering).document(root, SCAN);
        }
    }

    fn remember_value(&self, kind: Kind, token: &str, layer: u8) {
        // Microsoft's own ids were never mapped.
        if self.is_kept(kind) || guid::parse(token).is_some_and(self.well_known) {
            return;
        }
        let mut value = String::new();
        let revealed = reveal_as(kind, token, &*self.cipher, &mut value);
        if revealed.is_ok_and(|proof| proof.proven + proof.unproven > 0) {
            self.typed(kind, &value, layer, &mut String::new());
        }
    }
}

/// The hands of the walk.
struct Remembering;

impl Hands for Remembering {
    type Object = ();

    fn space(&mut self, _: Here<'_>, _: Span) {}

    fn key(&mut self, _: Here<'_>, _: Span, _: bool) -> Result<(), RefusalCause> {
        Ok(())
    }

    fn string(&mut self, here: Here<'_>, span: Span, escaped: bool, duty: Duty) -> Result<(), RefusalCause> {
        let raw = &here.text[span];
        let value = if escaped { unescape(raw.as_bytes())? } else { Cow::Borrowed(raw) };
        if duty.json && here.layer < TEXT_LAYERS_MAX && starts_like_json(&value) {
            let manner = Manner { is_file: duty.file.is_some(), ..Manner::default() };
            let inner = Duty { json: false, action: inner_action(duty.action), ..duty };
            let within = Here { text: &value, layer: here.layer + 1, manner, ..here };
            let root = duty.file.unwrap_or(here.gate.rules.file());
            let mut walk = Walk::new(within, Self);
            walk.space();
            if walk.document(root, inner).is_ok() {
                return Ok(());
            }
        }
        if let Action::Kind(kind) = duty.action
            && KINDS.contains(&kind)
        {
            here.gate.remember_value(kind, &value, here.layer);
        }
        Ok(())
    }

    fn number(&mut self, _: Here<'_>, _: Span, _: Duty) {}

    fn removed(&mut self, _: Here<'_>, _: Span, _: Duty) {}

    fn row(&mut self, _: Here<'_>, _: &[Span], _: &str) -> Result<(), RefusalCause> {
        Ok(())
    }

    fn member(&mut self, (): &mut (), _: u16, _: Span) {}

    fn close(&mut self, _: Here<'_>, (): ()) {}
}

impl Dictionary {
    /// A keyed digest of everything that is known: two dictionaries with one digest find the same.
    pub fn digest(&self, cipher: &dyn Cipher) -> String {
        let mut parts = self.parts();
        parts.sort_unstable();
        hex(&cipher.fingerprint("dictionary", &parts.concat()))
    }
}

/// A keyed digest as the journal holds it.
pub fn digest(cipher: &dyn Cipher, purpose: &str, value: &[u8]) -> String {
    hex(&cipher.fingerprint(purpose, value))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::cipher::tests::cipher;
    use super::super::{Policy, Rules};
    use super::*;
    use crate::catalog::Catalog;
    use crate::record::{RawBatch, RawRecord};

    fn gate() -> Gate {
        let catalog = Catalog::embedded().unwrap();
        let rows = catalog.datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str()));
        let gate = Gate::new(Arc::new(cipher(1)), Policy::standard(), Rules::new(rows), |_| false);
        gate.freeze();
        gate
    }

    /// A gate that saw only clean lines finds in other lines what the gate that saw them raw finds.
    #[test]
    fn what_a_log_taught_comes_back_from_its_clean_lines() {
        let record = br#"{"id":"1","userDisplayName":"Zelda Quillfeather","userPrincipalName":"zquill@contoso.example",
            "userId":"74e51d2c-9a3b-4f60-8b1c-2d3e4f5a6b7c"}"#;
        let records = vec![RawRecord::new(bytes::Bytes::from_static(record))];
        let seeing = gate();
        let batch = RawBatch { dataset: "sign-ins", slice: 0, parent: None, records };
        let clean = seeing.clean_batch(&batch).unwrap();
        assert!(!String::from_utf8_lossy(clean.bytes()).contains("Quillfeather"));
        let remembering = gate();
        assert!(remembering.late_dictionary().is_none());
        remembering.remember("sign-ins", clean.bytes());
        let (seen, remembered) = (seeing.late_dictionary().unwrap(), remembering.late_dictionary().unwrap());
        assert_eq!(seen.terms(), remembered.terms());
        let text = br#"{"text":"reset by zelda quillfeather (zquill, 74e51d2c-9a3b-4f60-8b1c-2d3e4f5a6b7c)"}
"#;
        let repaired = seeing.repair(&seen, text).unwrap();
        assert!(!String::from_utf8_lossy(repaired.bytes()).to_lowercase().contains("quill"));
        assert!(repaired.bytes() == remembering.repair(&remembered, text).unwrap().bytes());
    }

    #[test]
    fn dictionaries_have_one_digest_when_they_know_the_same() {
        let knowing = |names: &[&str]| {
            let gate = Gate::new(Arc::new(cipher(1)), Policy::standard(), Rules::new([]), |_| false);
            names.iter().for_each(|name| gate.learning().value(Kind::Name, name));
            gate.freeze();
            gate.dictionary().unwrap().digest(&cipher(1))
        };
        assert_eq!(knowing(&["Ada Field", "Bo Hill"]), knowing(&["Bo Hill", "Ada Field"]));
        assert_ne!(knowing(&["Ada Field"]), knowing(&["Ada Fields"]));
    }
}
