//! What happens to one value, by its duty: mapped, kept, scanned, removed or opened up.
//!
//! Every function appends the new value and says whether there is one; a value that stays as it is appends nothing.
//! Fails closed: a value that a field declares to identify somebody and that no parser understands becomes one
//! opaque atom; it never passes as it is.

use super::canonical::canonical;
use super::decode::chain;
use super::duty::Duty;
use super::expression;
use super::form;
use super::gate::Gate;
use super::guid;
use super::map::{NotThisKind, pseudonymise_keeping};
use super::memory::{question, recall};
use super::mutant::is_on;
use super::rewrite::Pass;
use super::secret::is_key_material;
use super::traits::Violations;
use super::walk::{Here, Manner};
use crate::catalog::{Action, IdentifierShape as Shape, Kind, Treatment, identifier_words, identifiers};
use crate::limits::TEXT_LAYERS_MAX;

impl Gate {
    /// Does the duty. `layer` counts the strings around the value.
    pub(super) fn apply(&self, duty: Duty, value: &str, layer: u8, out: &mut String) -> bool {
        if cfg!(feature = "gate-off") {
            return false;
        }
        if let Some(body) = duty.body {
            return body.clean(self, value, layer, out);
        }
        if duty.is_host {
            return form::clean_value(self, Duty { is_host: false, ..duty }, value, layer, out);
        }
        if duty.json && starts_like_json(value) {
            let inner = Duty { json: false, action: inner_action(duty.action), ..duty };
            if let Some(changed) = self.nested(inner, value, layer, out) {
                return changed;
            }
        }
        match duty.action {
            Action::Kind(kind) => self.typed(kind, value, layer, out),
            Action::Scan | Action::Json | Action::Named => self.scan(value, layer, out),
            Action::Version => !is_dotted(value) && self.scan(value, layer, out),
            Action::Drop => self.removed(duty.mark, value, out),
            Action::KeyMaterial if is_key_material(value) => self.removed(duty.mark, value, out),
            Action::KeyMaterial => self.scan(value, layer, out),
            Action::IpList => self.addresses(value, layer, out),
            Action::IpRanges => self.typed(Kind::IpRange, value, layer, out),
            Action::RuleExpression => expression::rewrite(self, value, layer, out),
            Action::RegistryKey => form::clean_registry_key(self, value, out),
            Action::IdChain => chain::rewrite(self, value, out) || self.scan(value, layer, out),
        }
    }

    /// A value that its field declares to be of a kind.
    pub(super) fn typed(&self, kind: Kind, value: &str, layer: u8, out: &mut String) -> bool {
        if value.is_empty() {
            return false;
        }
        match self.policy.treatment(kind) {
            Treatment::Keep => self.kept(kind, value, layer, out),
            Treatment::Map => recall(self.epoch(), question(Some(kind), layer), value, out, |out| {
                self.mapped(kind, value, layer, out)
            }),
        }
    }

    fn kept(&self, kind: Kind, value: &str, layer: u8, out: &mut String) -> bool {
        if let Some(id) = guid::parse(value).or_else(|| guid::parse_sid(value)) {
            return self.is_mapped_id(id) && self.seal_guid(value, out);
        }
        let Some(row) = identifiers().get(kind as usize) else { return self.scan(value, layer, out) };
        if row.shape == Shape::Guid {
            return self.around_ids(value, layer, out);
        }
        !has_shape(row.shape, value) && self.scan(value, layer, out)
    }

    /// A kept id that is made of several parts (`Directory_<guid>_X_1`): GUIDs in it stay unless they are known to be
    /// somebody's, the rest is scanned.
    fn around_ids(&self, value: &str, layer: u8, out: &mut String) -> bool {
        let mut rebuilt = String::new();
        let mut changed = false;
        let mut rest = value;
        let mut piece = |text: &str, is_id: bool| {
            let start = rebuilt.len();
            let new = match guid::parse(text) {
                Some(id) if is_id => self.is_mapped_id(id) && self.seal_guid(text, &mut rebuilt),
                _ => self.scan(text, layer, &mut rebuilt),
            };
            if !new {
                rebuilt.truncate(start);
                rebuilt.push_str(text);
            }
            changed |= new;
        };
        while let Some(at) = rest.as_bytes().windows(36).position(|window| guid::parse_dashed(window).is_some()) {
            let (before, tail) = rest.split_at(at);
            let (id, tail) = tail.split_at(36);
            piece(before, false);
            piece(id, true);
            rest = tail;
        }
        piece(rest, false);
        if changed {
            out.push_str(&rebuilt);
        }
        changed
    }

    fn mapped(&self, kind: Kind, value: &str, layer: u8, out: &mut String) -> bool {
        if is_word(value) {
            return false;
        }
        match kind {
            // Some services give the initial domain for a name.
            Kind::OrgName if has_shape(Shape::Dns, value) => return self.mapped(Kind::Domain, value, layer, out),
            Kind::Url => return self.url(value, layer, out),
            Kind::Coordinates if value.trim().parse::<f64>().is_ok() => return rounded(value, out),
            _ => {}
        }
        if is_id(kind)
            && let Some(id) = guid::parse(value)
        {
            let keep = (self.well_known)(id)
                || kind == Kind::PrincipalId && self.known(id).is_some_and(|kind| self.is_kept(kind))
                || self.is_settled(self.known(id).unwrap_or(kind));
            if !keep {
                self.note_late(kind, value);
            }
            let start = out.len();
            let changed = !keep && self.seal(kind, value, out).is_ok() && &out[start..] != value;
            if !changed {
                out.truncate(start);
            } else {
                self.note_value(kind, value, &out[start..]);
            }
            return changed;
        }
        let start = out.len();
        if self.seal(kind, value, out).is_ok() {
            let changed = &out[start..] != value;
            match changed {
                true => {
                    self.note_late(kind, value);
                    self.note_value(kind, value, &out[start..]);
                }
                false => out.truncate(start),
            }
            return changed;
        }
        out.truncate(start);
        if self.scan(value, layer, out) {
            return true;
        }
        let changed = is_on("opaque-atom") && self.opaque(value, out);
        // A principal may be anything that a service calls so.
        if changed && kind != Kind::PrincipalId {
            self.note_trait(kind, &out[start..], Violations::FORM);
        }
        changed
    }

    /// The map, which asks the policy about every part: the domain of an address, the ids in a job's name.
    fn seal(&self, kind: Kind, value: &str, out: &mut String) -> Result<(), NotThisKind> {
        let keeps = |kind: Kind, part: &str| match guid::parse(part) {
            Some(id) => (self.well_known)(id) || self.keeps_id(self.known(id).unwrap_or(kind)),
            None => self.keeps_id(kind),
        };
        pseudonymise_keeping(kind, value, &*self.cipher, &keeps, out)
    }

    /// A span that a pattern recognised: mapped, or left when the policy keeps the kind. With `or_opaque`, what the
    /// map refuses becomes an atom.
    pub(super) fn claimed(&self, kind: Kind, value: &str, or_opaque: bool, out: &mut String) -> bool {
        if self.is_kept(kind) || is_word(value) {
            return false;
        }
        let start = out.len();
        match self.seal(kind, value, out) {
            Ok(()) if &out[start..] != value => true,
            Ok(()) => {
                out.truncate(start);
                false
            }
            Err(_) => {
                out.truncate(start);
                or_opaque && self.opaque(value, out)
            }
        }
    }

    /// The last resort: the whole value as one atom.
    pub(super) fn opaque(&self, value: &str, out: &mut String) -> bool {
        let canonical = canonical(value);
        if canonical.is_empty() {
            return false;
        }
        let start = out.len();
        self.cipher.seal_atom(&canonical, out);
        let changed = &out[start..] != value;
        if !changed {
            out.truncate(start);
        }
        changed
    }

    /// A GUID in any spelling that the map knows.
    pub(super) fn seal_guid(&self, value: &str, out: &mut String) -> bool {
        let start = out.len();
        let done = self.seal(Kind::PrincipalId, value, out).is_ok() && &out[start..] != value;
        if !done {
            out.truncate(start);
        }
        done
    }

    /// JSON inside a string; `None` when it is no JSON.
    pub(super) fn nested(&self, duty: Duty, value: &str, layer: u8, out: &mut String) -> Option<bool> {
        if layer >= TEXT_LAYERS_MAX {
            return None;
        }
        let mut bytes = Vec::with_capacity(value.len() + 32);
        let manner = Manner { is_file: duty.file.is_some(), ..Manner::default() };
        let here = Here { gate: self, text: value, layer: layer + 1, manner };
        let root = duty.file.unwrap_or(self.rules.file());
        let changed = Pass::over(here, &mut bytes, None).document(root, duty, None).ok()?;
        if changed {
            out.push_str(std::str::from_utf8(&bytes).ok()?);
        }
        Some(changed)
    }

    fn removed(&self, mark: &str, value: &str, out: &mut String) -> bool {
        if value.starts_with("[REMOVED:") {
            return false;
        }
        out.push_str(&self.removal_mark(mark, value));
        true
    }

    fn addresses(&self, value: &str, layer: u8, out: &mut String) -> bool {
        let mut changed = false;
        let mut rebuilt = String::new();
        let mut part = String::new();
        for piece in value.split_inclusive([',', ';', ' ']) {
            let address = piece.trim_end_matches([',', ';', ' ']);
            part.clear();
            if self.typed(Kind::Ip, address, layer, &mut part) {
                changed = true;
                rebuilt.push_str(&part);
            } else {
                rebuilt.push_str(address);
            }
            rebuilt.push_str(&piece[address.len()..]);
        }
        if changed {
            out.push_str(&rebuilt);
        }
        changed
    }

    /// A URL: the host by its kind, user information removed, the rest scanned.
    fn url(&self, value: &str, layer: u8, out: &mut String) -> bool {
        let Some((scheme, rest)) = value.split_once("://") else { return self.scan(value, layer, out) };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (user, host_port) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
        let (host, port) = match host_port.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, &host_port[host.len()..]),
            _ => (host_port, ""),
        };
        let mut new_host = String::new();
        let bare = host.trim_matches(['[', ']']);
        let host_changed = if host.is_empty() || scheme.eq_ignore_ascii_case("api") || guid::parse(host).is_some() {
            self.scan(host, layer, &mut new_host)
        } else if bare.parse::<std::net::IpAddr>().is_ok() {
            self.typed(Kind::Ip, bare, layer, &mut new_host)
        } else {
            self.typed(Kind::Host, host, layer, &mut new_host)
        };
        let mut new_tail = String::new();
        let tail_changed = self.scan(tail, layer, &mut new_tail);
        if !host_changed && !tail_changed && user.is_empty() {
            return false;
        }
        out.push_str(scheme);
        out.push_str("://");
        if !user.is_empty() {
            out.push_str(&self.removal_mark("url-credentials", user));
            out.push('@');
        }
        match (host_changed, bare.len() == host.len()) {
            (true, true) => out.push_str(&new_host),
            (true, false) => out.extend(["[", &new_host, "]"]),
            (false, _) => out.push_str(host),
        }
        out.push_str(port);
        out.push_str(if tail_changed { &new_tail } else { tail });
        true
    }
}

/// `2.5.76.0`; what begins with a number that no version begins with is rather an address.
fn is_dotted(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && value.find('.').is_none_or(|first| first < 3)
}

pub(super) fn inner_action(action: Action) -> Action {
    match action {
        Action::Kind(_)
        | Action::Drop
        | Action::KeyMaterial
        | Action::IpList
        | Action::IpRanges
        | Action::RuleExpression
        | Action::RegistryKey
        | Action::Version
        | Action::IdChain => action,
        Action::Json | Action::Named | Action::Scan => Action::Scan,
    }
}

/// Whether a text may be JSON with something inside that is worth opening.
pub(super) fn starts_like_json(value: &str) -> bool {
    matches!(value.trim_ascii_start().as_bytes().first(), Some(b'{' | b'[' | b'"'))
}

/// Kinds whose values are GUIDs.
fn is_id(kind: Kind) -> bool {
    identifiers().get(kind as usize).is_some_and(|row| row.shape == Shape::Guid)
}

/// Words that stand in identifier fields and identify nobody.
fn is_word(value: &str) -> bool {
    value.trim().is_empty()
        || value.len() < 32 && identifier_words().iter().any(|word| word.eq_ignore_ascii_case(value))
}

/// Whether a value looks like what its kind promises. Shapes that could hide a name are none.
pub(super) fn has_shape(shape: Shape, value: &str) -> bool {
    use base64::Engine;
    match shape {
        Shape::None => false,
        Shape::Guid => guid::parse(value).is_some(),
        Shape::Hex => value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_hexdigit()),
        Shape::Number => !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()),
        Shape::Mail => value.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.')),
        Shape::Dns => {
            value.contains('.') && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        }
        Shape::Ip => value.parse::<std::net::IpAddr>().is_ok(),
        Shape::IpRange => value.split_once('/').is_some_and(|(ip, length)| {
            ip.parse::<std::net::IpAddr>().is_ok() && length.parse::<u8>().is_ok_and(|length| length <= 128)
        }),
        Shape::Sid => {
            value.strip_prefix("S-1-").is_some_and(|rest| rest.split('-').all(|part| has_shape(Shape::Number, part)))
        }
        Shape::Base64Guid => {
            base64::engine::general_purpose::STANDARD.decode(value).is_ok_and(|bytes| bytes.len() == 16)
        }
    }
}

/// Coordinates to the whole degree, about 100 km.
fn rounded(value: &str, out: &mut String) -> bool {
    let Ok(degrees) = value.trim().parse::<f64>() else { return false };
    if degrees.fract() == 0.0 && degrees.abs() <= 180.0 {
        return false;
    }
    let text = format!("{:.0}", degrees.clamp(-180.0, 180.0));
    let text = if text == "-0" { "0" } else { text.as_str() };
    out.push_str(text);
    true
}
