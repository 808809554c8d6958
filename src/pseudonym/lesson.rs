//! Learning: a walk over a JSON text of a file that writes nothing and gives its typed values to [`Teach`].
//!
//! Values of all layers teach: JSON in strings is opened where the gate would open it. Free text is never looked at.

use std::borrow::Cow;

use super::clean::RefusalCause;
use super::dictionary::Learning;
use super::duty::{Duty, ENVELOPE, SCAN_FILE};
use super::form::Teach;
use super::gate::Gate;
use super::rewrite::row_root;
use super::rules::{KeyNumber, NO_KEY, Node};
use super::values::{inner_action, starts_like_json};
use super::walk::{Hands, Here, Manner, Trail, Walk};
use crate::catalog::Action;
use crate::json::{Span, unescape};
use crate::limits::TEXT_LAYERS_MAX;
use crate::record::Open;

/// The keys of a person's names. Source: learn.microsoft.com/graph/api/resources/user, SCIM (RFC 7643 §4.1.1), LDAP (RFC 4519).
const DISPLAY: [&str; 4] = ["displayName", "userDisplayName", "formatted", "cn"];
const GIVEN: [&str; 2] = ["givenName", "firstName"];
const FAMILY: [&str; 4] = ["surname", "sn", "lastName", "familyName"];

/// The keys of a person's names by number.
#[derive(Clone, Copy, Default)]
pub(super) struct NameKeys {
    display: [KeyNumber; 4],
    given: [KeyNumber; 2],
    family: [KeyNumber; 4],
}

impl NameKeys {
    /// The numbers of the keys that stand in rows.
    pub(super) fn new(gate: &Gate) -> Self {
        let number = |key: &str| gate.rules.key(key.as_bytes());
        Self { display: DISPLAY.map(&number), given: GIVEN.map(&number), family: FAMILY.map(&number) }
    }
}

/// One walk over one text.
pub(super) struct Lesson<'p, 'l, 't>(Walk<'p, Listening<'l, 't>>);

/// The hands of a lesson.
struct Listening<'l, 't> {
    teach: &'l mut Teach<'t>,
    names: NameKeys,
}

/// The values of a person's names in an open object.
#[derive(Default)]
pub(super) struct Names {
    display: Option<Span>,
    given: Option<Span>,
    family: Option<Span>,
}

impl<'p, 'l, 't> Lesson<'p, 'l, 't> {
    /// Over a text of a file.
    pub(super) fn over(here: Here<'p>, names: NameKeys, teach: &'l mut Teach<'t>) -> Self {
        Self(Walk::new(here, Listening { teach, names }))
    }

    /// Learns from a document of a file, or a stretch of one; up to where it is no JSON.
    pub(super) fn stretch(&mut self, opens: &'p [Open]) -> Result<(), RefusalCause> {
        match opens {
            [] => self.document(ENVELOPE, SCAN_FILE),
            opens => self.0.resume(opens),
        }
    }

    /// After an error: where the rest begins.
    pub(super) fn give_up(&self) -> usize {
        self.0.at
    }

    /// Goes on with what the lessons before saw.
    pub(super) fn follow(mut self, trail: Trail<'p>) -> Self {
        self.0.follow(trail);
        self
    }

    /// What was seen, for the next lesson.
    pub(super) fn into_trail(self) -> Trail<'p> {
        self.0.into_trail()
    }

    fn document(&mut self, root: Node, duty: Duty) -> Result<(), RefusalCause> {
        self.0.space();
        self.0.document(root, duty)
    }
}

/// Learns from a text inside a text. False: it is no JSON.
pub(super) fn learn_text(gate: &Gate, text: &str, layer: u8, teach: &mut Teach<'_>) -> bool {
    if layer >= TEXT_LAYERS_MAX {
        return false;
    }
    let manner = Manner { is_file: true, ..Manner::default() };
    let here = Here { gate, text, layer: layer + 1, manner };
    Lesson::over(here, NameKeys::new(gate), teach).stretch(&[]).is_ok()
}

/// Learns from a row of a file, written as a record.
pub(super) fn learn_row(
    here: Here<'_>,
    names: NameKeys,
    record: &str,
    teach: &mut Teach<'_>,
) -> Result<(), RefusalCause> {
    let here = Here { text: record, ..here };
    Lesson::over(here, names, teach).document(row_root(here, record), SCAN_FILE)
}

impl Listening<'_, '_> {
    /// JSON inside a string. False: it is none.
    #[cold]
    fn open(&mut self, here: Here<'_>, value: &str, duty: Duty) -> bool {
        if here.layer >= TEXT_LAYERS_MAX || !starts_like_json(value) {
            return false;
        }
        let inner = Duty { json: false, action: inner_action(duty.action), ..duty };
        let manner = Manner { is_file: true, ..Manner::default() };
        let here = Here { text: value, layer: here.layer + 1, manner, ..here };
        Lesson::over(here, self.names, self.teach).document(duty.file.unwrap_or(ENVELOPE), inner).is_ok()
    }
}

impl Hands for Listening<'_, '_> {
    type Object = Names;

    #[inline]
    fn space(&mut self, _: Here<'_>, _: Span) {}

    #[inline]
    fn key(&mut self, _: Here<'_>, _: Span, _: bool) -> Result<(), RefusalCause> {
        Ok(())
    }

    #[inline]
    fn string(&mut self, here: Here<'_>, span: Span, escaped: bool, duty: Duty) -> Result<(), RefusalCause> {
        let raw = &here.text[span];
        if let Some(body) = duty.body {
            let value = unescape(raw.as_bytes())?;
            body.learn(here, self.names, &value, self.teach);
            return Ok(());
        }
        let taught = match duty.action {
            Action::Kind(kind) => Some(kind).filter(|&kind| Learning::takes(kind)),
            Action::Scan | Action::Json | Action::Named | Action::Version => None,
            Action::Drop
            | Action::KeyMaterial
            | Action::IpList
            | Action::IpRanges
            | Action::RuleExpression
            | Action::RegistryKey
            | Action::IdChain => {
                return Ok(());
            }
        };
        // The first byte tells whether it may be JSON; an escape may be a quote or white space.
        let may_be_json = duty.json && matches!(raw.as_bytes().first(), Some(b'{' | b'[' | b' ' | b'\\'));
        if taught.is_none() && !may_be_json {
            return Ok(());
        }
        let value = if escaped { unescape(raw.as_bytes())? } else { Cow::Borrowed(raw) };
        if may_be_json && self.open(here, &value, duty) {
            return Ok(());
        }
        if let Some(kind) = taught {
            self.teach.value(kind, &value);
        }
        Ok(())
    }

    #[inline]
    fn number(&mut self, here: Here<'_>, span: Span, duty: Duty) {
        if let Action::Kind(kind) = duty.action {
            self.teach.value(kind, &here.text[span]);
        }
    }

    #[inline]
    fn removed(&mut self, _: Here<'_>, _: Span, _: Duty) {}

    fn row(&mut self, here: Here<'_>, _: &[Span], record: &str) -> Result<(), RefusalCause> {
        learn_row(here, self.names, record, self.teach)
    }

    #[inline]
    fn member(&mut self, object: &mut Names, key: KeyNumber, value: Span) {
        if key == NO_KEY {
        } else if self.names.display.contains(&key) {
            object.display = object.display.take().or(Some(value));
        } else if self.names.given.contains(&key) {
            object.given = Some(value);
        } else if self.names.family.contains(&key) {
            object.family = Some(value);
        }
    }

    #[inline]
    fn close(&mut self, here: Here<'_>, object: Names) {
        let (Some(display), Some(given), Some(family)) = (object.display, object.given, object.family) else { return };
        let text = |span: Span| -> Option<Cow<'_, str>> {
            let raw = here.text.get(span)?.strip_prefix('"')?.strip_suffix('"')?;
            unescape(raw.as_bytes()).ok()
        };
        if let (Some(display), Some(given), Some(family)) = (text(display), text(given), text(family)) {
            self.teach.person(&display, &given, &family);
        }
    }
}
