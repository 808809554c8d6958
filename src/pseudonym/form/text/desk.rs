//! Where the readers of the forms bring their values: each is treated by the rule of its key, or read as prose.
//!
//! The same walk over a stretch cleans and learns: a desk that teaches gives every typed value to the teacher and
//! changes nothing. Every function appends the new value and says whether there is one, as the gate's own do.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{label, lines};
use crate::catalog::{Action, Kind};
use crate::limits::TEXT_LAYERS_MAX;
use crate::pseudonym::duty::{Duty, SCAN_FILE};
use crate::pseudonym::form::{Teach, xml};
use crate::pseudonym::gate::Gate;
use crate::pseudonym::lesson;
use crate::pseudonym::map::guid;
use crate::pseudonym::rules::{NO_KEY, NOWHERE};

/// Gives the text of a neighbour: a member of the same record or tag.
pub(in crate::pseudonym::form) type Sibling<'s> = &'s dyn Fn(&str) -> Option<Cow<'s, str>>;

/// The gate, and the teacher if there is one.
pub(in crate::pseudonym::form) struct Desk<'d, 't> {
    pub(in crate::pseudonym::form) gate: &'d Gate,
    pub(in crate::pseudonym::form) teach: Option<&'d mut Teach<'t>>,
}

impl<'d, 't> Desk<'d, 't> {
    /// A desk that cleans.
    pub(in crate::pseudonym::form) fn cleaning(gate: &'d Gate) -> Self {
        Self { gate, teach: None }
    }

    /// A desk that learns.
    pub(in crate::pseudonym::form) fn learning(gate: &'d Gate, teach: &'d mut Teach<'t>) -> Self {
        Self { gate, teach: Some(teach) }
    }

    /// What the rows say about a key; none when they say nothing. [`Action::Scan`] is an answer.
    pub(in crate::pseudonym::form) fn duty(&self, key: &str, sibling: Sibling<'_>) -> Option<Duty> {
        let rules = &self.gate.rules;
        let mut number = rules.attribute(key);
        if number == NO_KEY {
            number = label::normalised(key, &mut [0; label::LABEL_BYTES_MAX]).map_or(NO_KEY, |key| rules.key(key));
        }
        self.duty_of(number, sibling)
    }

    /// The same for a key that is written as its row says.
    pub(in crate::pseudonym::form) fn exact_duty(&self, key: &str, sibling: Sibling<'_>) -> Option<Duty> {
        self.duty_of(self.gate.rules.key(key.as_bytes()), sibling)
    }

    fn duty_of(&self, number: u16, sibling: Sibling<'_>) -> Option<Duty> {
        let rules = &self.gate.rules;
        for case in rules.cases(NOWHERE, number).1 {
            if !case.when.as_ref().is_none_or(|when| when.holds(sibling)) {
                continue;
            }
            if case.action != Action::Named {
                let json = matches!(case.action, Action::Json | Action::Kind(_));
                return Some(Duty { action: case.action, mark: case.mark, json, ..SCAN_FILE });
            }
            let name = case.by.as_deref().and_then(sibling);
            let number = name.map_or(NO_KEY, |name| rules.attribute(&name));
            let named = rules.cases(NOWHERE, number).1.iter().find(|named| named.when.is_none());
            return Some(match named {
                Some(named) if named.action != Action::Named => {
                    Duty { action: named.action, mark: named.mark, json: true, ..SCAN_FILE }
                }
                _ => SCAN_FILE,
            });
        }
        None
    }

    /// A value by its duty. Lists of short values are taken apart; what stands for nothing stays.
    pub(in crate::pseudonym::form) fn value(&mut self, duty: Duty, value: &str, layer: u8, out: &mut String) -> bool {
        let inner = value.trim();
        if inner.is_empty() || inner.starts_with("[REMOVED:") {
            return false;
        }
        let start = out.len();
        let lead = value.len() - value.trim_start().len();
        out.push_str(&value[..lead]);
        let changed = match duty.action {
            Action::Scan => self.prose(inner, layer, out),
            Action::Kind(kind) => self.typed(duty, kind, inner, layer, out),
            _ => self.teach.is_none() && self.gate.apply(duty, inner, layer, out),
        };
        match changed {
            true => out.push_str(&value[lead + inner.len()..]),
            false => out.truncate(start),
        }
        changed
    }

    fn typed(&mut self, duty: Duty, kind: Kind, value: &str, layer: u8, out: &mut String) -> bool {
        let bare = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let listed = bare.filter(|_| guid::parse(value).is_none());
        if let Some(list) = listed.or(Some(value).filter(|value| is_list(kind, value))) {
            return self.list(duty, value, list, layer, out);
        }
        let kind = shown_kind(kind, value);
        if label::stands_for_nothing(value) {
            return false;
        }
        if let Some(teach) = &mut self.teach {
            match guid::parse(value) {
                Some((id, _)) if kind == Kind::ImmutableId => {
                    teach.value(kind, &STANDARD.encode(guid::mixed_endian(id)))
                }
                _ => teach.value(kind, value),
            }
            return false;
        }
        self.gate.apply(Duty { action: Action::Kind(kind), ..duty }, value, layer, out)
    }

    fn list(&mut self, duty: Duty, value: &str, list: &str, layer: u8, out: &mut String) -> bool {
        let Some(at) = value.find(list) else { return false };
        let start = out.len();
        let mut changed = false;
        out.push_str(&value[..at]);
        for piece in list.split_inclusive([',', ';']) {
            let item = piece.trim_end_matches([',', ';']);
            let one = self.value(duty, item, layer, out);
            out.push_str(if one { &piece[item.len()..] } else { piece });
            changed |= one;
        }
        out.push_str(&value[at + list.len()..]);
        if !changed {
            out.truncate(start);
        }
        changed
    }

    /// Text of unknown content: lines, labels in them, and everything else scanned.
    pub(in crate::pseudonym::form) fn prose(&mut self, text: &str, layer: u8, out: &mut String) -> bool {
        // `%Connector.ID%` is a variable of the sync engine.
        let is_variable = text.starts_with('%') && text.ends_with('%') && !text.contains(' ');
        if text.len() < 2 || is_variable || cfg!(feature = "gate-off") {
            return false;
        }
        let start = out.len();
        if layer < TEXT_LAYERS_MAX && text.starts_with('<') && text.ends_with('>') {
            if xml::walk(self, text, layer + 1, out).is_some() {
                let changed = out[start..] != *text;
                if !changed {
                    out.truncate(start);
                }
                return changed;
            }
            out.truncate(start);
        }
        if text.starts_with(['{', '['])
            && text.contains('\n')
            && let Some(changed) = self.json(text, layer, out)
        {
            return changed;
        }
        let changed = lines(self, text, layer, out).1;
        if !changed {
            out.truncate(start);
        }
        changed
    }

    /// A piece of a text in which nothing is labelled.
    pub(in crate::pseudonym::form) fn scan(&self, text: &str, layer: u8, out: &mut String) -> bool {
        self.teach.is_none() && self.gate.scan(text, layer, out)
    }

    /// A text in which the gate reads JSON; none when it is none.
    pub(super) fn json(&mut self, text: &str, layer: u8, out: &mut String) -> Option<bool> {
        match &mut self.teach {
            Some(teach) => lesson::learn_text(self.gate, text, layer, teach).then_some(false),
            None => self.gate.nested(SCAN_FILE, text, layer, out),
        }
    }

    /// Whether this walk only learns.
    pub(in crate::pseudonym::form) fn learns(&self) -> bool {
        self.teach.is_some()
    }
}

/// The kind that a value which a program on a server wrote teaches; none where it is several, or stands for nothing.
pub(in crate::pseudonym) fn teaches(kind: Kind, value: &str) -> Option<Kind> {
    let value = value.trim();
    let is_several = is_list(kind, value) || value.starts_with('{') && guid::parse(value).is_none();
    (!is_several && !label::stands_for_nothing(value)).then(|| shown_kind(kind, value))
}

/// Whether a value of this kind is several: names, places and DNs have commas of their own.
fn is_list(kind: Kind, value: &str) -> bool {
    let spaced = matches!(
        kind,
        Kind::Name
            | Kind::Place
            | Kind::Job
            | Kind::OrgName
            | Kind::Dn
            | Kind::Url
            | Kind::GroupName
            | Kind::AppName
            | Kind::ConfigName
    );
    !spaced && (value.contains(", ") || value.contains(';') || kind == Kind::Ip && value.contains(','))
}

/// The kind that the value shows itself to be, where the label is loose: an address, a down-level name, a DN.
fn shown_kind(kind: Kind, value: &str) -> Kind {
    match kind {
        Kind::Account | Kind::Upn | Kind::DomainUser if value.contains('\\') => Kind::DomainUser,
        Kind::DomainUser if value.contains('@') => Kind::Upn,
        Kind::DomainUser => Kind::Account,
        Kind::Upn if !value.contains('@') => Kind::Account,
        Kind::Domain | Kind::Host if value.contains('=') => Kind::Dn,
        // `proxyaddress="http://…"`: where a program reaches the network, not where a person gets mail.
        Kind::ProxyAddress if value.contains("://") => Kind::Url,
        _ => kind,
    }
}
