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
