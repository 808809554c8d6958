//! What the directory's typed values teach: terms, domains, ids.
//!
//! Single words are only taken when they can hardly be anything else: five letters or more, or with a digit, and
//! not in the stop list. Measured on documentation: fourteen short account names alone gave 1,054 false hits a MB.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hashbrown::{HashMap, HashSet};

use super::freezing::trimmed;
use super::term::Needs;
use super::{Dictionary, names, words};
use crate::catalog::Kind;
use crate::json;
use crate::pseudonym::cipher::guid_kept;
use crate::pseudonym::guid;

/// Longest text that is looked for, bytes: the longest attribute that names somebody (256).
const TERM_BYTES_MAX: usize = 256;
/// Shortest telephone number that is looked for, digits.
const PHONE_DIGITS_MIN: usize = 7;

/// Towns that are called like a word.
const TOWNS: [&str; 14] = [
    "boulder",
    "buffalo",
    "derby",
    "enterprise",
    "flint",
    "independence",
    "lincoln",
    "mobile",
    "orange",
    "phoenix",
    "providence",
    "split",
    "stone",
    "tours",
];

/// What a text stands for.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: Box<str>,
    pub(super) kind: Kind,
    /// Whether its separators matter.
    pub(super) exact: bool,
    pub(super) needs: Needs,
}

/// Values learnt so far.
#[derive(Default, Clone)]
pub(in crate::pseudonym) struct Learning {
    pub(super) ids: HashMap<u128, Kind, foldhash::fast::RandomState>,
    pub(super) domains: HashSet<Box<str>, foldhash::fast::RandomState>,
    /// What is looked for, by the lower-case text to find.
    pub(super) terms: HashMap<Box<str>, Entry, foldhash::fast::RandomState>,
}

impl Learning {
    /// Whether values of a kind teach anything: those that [`Learning::value`] has no line for do not.
    pub(in crate::pseudonym) fn takes(kind: Kind) -> bool {
        use Kind::{
            AppName, ConfigName, Coordinates, Dn, GroupName, Ip, IpRange, Job, PrincipalId, RequestId, Sid, Url,
        };
        !matches!(
            kind,
            PrincipalId
                | RequestId
                | Dn
                | Sid
                | Ip
                | IpRange
                | Job
                | Coordinates
                | GroupName
                | AppName
                | ConfigName
                | Url
        )
    }

    /// Learns a typed value.
    pub(in crate::pseudonym) fn value(&mut self, kind: Kind, value: &str) {
        let value = value.trim();
        // The name of an object that has none: an id is found as an id.
        if matches!(kind, Kind::Account | Kind::Name | Kind::Serial | Kind::EmployeeId) && is_like_guid(value) {
            return;
        }
        match kind {
            Kind::UserId
            | Kind::DeviceId
            | Kind::GroupId
            | Kind::ServicePrincipalId
            | Kind::AppId
            | Kind::TenantId
            | Kind::ConfigId => self.id(kind, value),
            Kind::Name => self.name(value, value),
            Kind::OrgName if value.contains('.') && !value.contains(' ') => self.domain(value),
            Kind::OrgName => self.term(value, value, kind, false),
            Kind::Upn | Kind::Mail | Kind::ProxyAddress => self.address(value),
            // Extension attributes hold all sorts of words; a personal number has a digit.
            Kind::EmployeeId if !value.contains(|symbol: char| symbol.is_numeric()) => {}
            Kind::Account | Kind::EmployeeId | Kind::Serial | Kind::Puid | Kind::Thumbprint => {
                self.term(value, value, kind, true);
            }
            Kind::ImmutableId => self.immutable_id(value),
            // Post codes of digits only are too many things.
            Kind::Place if value.contains(char::is_alphabetic) => {
                let is_word = TOWNS.iter().any(|town| town.eq_ignore_ascii_case(value));
                self.entry(value, value, kind, false, if is_word { Needs::Capital } else { Needs::Nothing });
            }
            Kind::Phone => self.phone(value),
            Kind::Host => {
                self.term(value, value, kind, true);
                // `intranet` or `cdn` is a word, `pc-0412` is a machine.
                let is_machine = |label: &str| label.contains(|symbol: char| symbol == '-' || symbol.is_numeric());
                if let Some((label, _)) = value.split_once('.').filter(|(label, _)| is_machine(label)) {
                    self.term(label, label, kind, true);
                }
            }
            Kind::Domain => self.domain(value),
            Kind::DomainUser => {
                if let Some((_, account)) = value.split_once('\\') {
                    self.term(account, account, Kind::Account, true);
                }
            }
            _ => {}
        }
    }

    /// Learns the orders of a person's name from a directory record: given and family name stand for the display name.
    pub(in crate::pseudonym) fn person(&mut self, record: &[u8]) {
        let Ok(members) = json::members(record, json::skip_space(record, 0)) else { return };
        let (mut display, mut given, mut family) = (None, None, None);
        for (key, span) in members.map_while(Result::ok) {
            let slot = match key {
                b"displayName" => &mut display,
                b"givenName" => &mut given,
                b"surname" => &mut family,
                _ => continue,
            };
            let raw = &record[span];
            *slot = raw
                .strip_prefix(b"\"")
                .and_then(|raw| raw.strip_suffix(b"\""))
                .and_then(|raw| json::unescape(raw).ok())
                .filter(|text| !text.trim().is_empty());
        }
        if let (Some(display), Some(given), Some(family)) = (display, given, family) {
            self.names(&display, &given, &family);
        }
    }

    /// Learns that a given and a family name, in either order, stand for a display name.
    pub(in crate::pseudonym) fn names(&mut self, display: &str, given: &str, family: &str) {
        for way in names::ways_of_parts(given.trim(), family.trim()) {
            self.entry(&way.text, display, Kind::Name, way.exact, way.needs);
        }
    }

    /// An id that was ever a person's or a device's stays one; the order of learning never matters.
    fn id(&mut self, kind: Kind, value: &str) {
        if let Some(id) = guid::parse(value) {
            self.known_id(kind, id);
        }
    }

    fn known_id(&mut self, kind: Kind, id: u128) {
        // Services write the nil GUID where there is no object.
        if guid_kept(id) {
            return;
        }
        let slot = self.ids.entry(id).or_insert(kind);
        *slot = (*slot).min(kind);
    }

    /// The on-premises objectGUID of a person, which logs also write with dashes.
    fn immutable_id(&mut self, value: &str) {
        let bytes = STANDARD.decode(value).ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        match bytes {
            Some(bytes) => self.known_id(Kind::ImmutableId, guid::from_mixed_endian(bytes)),
            None => self.term(value, value, Kind::ImmutableId, true),
        }
    }

    /// A name in all ways of writing it. `value` is what the field holds.
    fn name(&mut self, name: &str, value: &str) {
        for way in names::ways(name) {
            self.entry(&way.text, value, Kind::Name, way.exact, way.needs);
        }
    }

    /// A telephone number, with the country code and without, with the blanks of the field and without any.
    fn phone(&mut self, value: &str) {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        if digits(value).len() < PHONE_DIGITS_MIN {
            return;
        }
        let local = value.strip_prefix('+').and_then(|rest| rest.split_once(|symbol: char| !symbol.is_ascii_digit()));
        let local = local.map(|(_, local)| local.trim_start_matches(|symbol: char| !symbol.is_ascii_digit()));
        let local = local.filter(|local| digits(local).len() > PHONE_DIGITS_MIN).map(str::to_owned);
        let trunk = local.as_ref().map(|local| format!("0{local}"));
        for text in [Some(value.to_owned()), local, trunk].into_iter().flatten() {
            self.term(&digits(&text), value, Kind::Phone, false);
            self.term(&text, value, Kind::Phone, false);
        }
    }

    fn address(&mut self, value: &str) {
        let address = value.split_once(':').map_or(value, |(_, address)| address);
        let Some((local, _)) = address.rsplit_once('@') else { return };
        let local = local.split("#EXT#").next().unwrap_or(local);
        // A guest's local part ends in the home domain: `ada_partner.example`.
        let account = if address.contains("#EXT#") {
            local.rsplit_once('_').map_or(local, |(account, _)| account)
        } else {
            local
        };
        self.term(account, account, Kind::Account, true);
    }

    /// A domain of the customer. Its own word is the label before the public suffix (or `onmicrosoft.com`).
    fn domain(&mut self, value: &str) {
        let lower = value.to_lowercase();
        let own = match lower.strip_suffix(".onmicrosoft.com") {
            Some(tenant) => tenant.split('.').next(),
            None => psl::domain_str(&lower).and_then(|domain| domain.split('.').next()),
        };
        let label = own.or_else(|| lower.split('.').rev().nth(1)).unwrap_or(&lower);
        self.term(label, label, Kind::Account, true);
        if lower.contains('.') {
            self.domains.insert(lower.into());
        }
    }

    fn term(&mut self, text: &str, value: &str, kind: Kind, exact: bool) {
        self.entry(text, value, kind, exact, Needs::Nothing);
    }

    /// A text to find and the value that it stands for.
    fn entry(&mut self, text: &str, value: &str, kind: Kind, exact: bool, needs: Needs) {
        if !text.is_empty() && text.len() <= TERM_BYTES_MAX {
            self.put(text.to_lowercase().into(), Entry { value: value.into(), kind, exact, needs });
        }
    }

    /// The same for a text in small letters. Where two values claim it, the one that is spelt so wins, then the lesser one;
    /// an initial that two people share stands for neither. The order of learning never matters.
    fn put(&mut self, text: Box<str>, entry: Entry) {
        let Some(known) = self.terms.get_mut(&text) else {
            self.terms.insert(text, entry);
            return;
        };
        let rank = |one: &Entry| (one.value.to_lowercase() != *text, one.kind);
        if entry.needs == Needs::Initials && known.needs == entry.needs && known.value != entry.value {
            known.value = text;
        } else if known.value != entry.value || known.kind != entry.kind {
            let (new, old) = (rank(&entry), rank(known));
            if (new, &entry.value) < (old, &known.value) {
                (known.value, known.kind) = (entry.value, entry.kind);
            }
        }
        // What is found with any separators, and anywhere, is the wider net.
        known.exact &= entry.exact;
        known.needs = known.needs.min(entry.needs);
    }

    /// Learns everything that another one learnt.
    pub(in crate::pseudonym) fn absorb(&mut self, other: Self) {
        for (id, kind) in other.ids {
            self.known_id(kind, id);
        }
        self.domains.extend(other.domains);
        for (text, entry) in other.terms {
            self.put(text, entry);
        }
    }

    /// Forgets what a dictionary finds anyway: a guest's address teaches the account that the directory taught.
    pub(in crate::pseudonym) fn forget(&mut self, known: &Dictionary) {
        self.ids.retain(|id, kind| known.is_known(*id).is_none_or(|known| *kind < known));
        self.domains.retain(|domain| !known.domains.contains(domain));
        self.terms.retain(|text, entry| !known.finds(text, entry));
    }

    /// Whether nothing was learnt.
    pub(in crate::pseudonym) fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.terms.is_empty() && self.domains.is_empty()
    }
}

impl Dictionary {
    /// Whether a text is found wherever the entry would find it.
    fn finds(&self, text: &str, entry: &Entry) -> bool {
        // Accounts are also found glued into words, accounts and names where they are cut off.
        let is_anywhere = matches!(entry.kind, Kind::Account | Kind::Name);
        self.same_texts(text).is_some_and(|mut terms| {
            terms.any(|term| {
                term.needs <= entry.needs
                    && (!is_anywhere || term.kind == entry.kind)
                    && term.exact.as_deref().is_none_or(|exact| entry.exact && words::is_same(exact, &trimmed(text)))
            })
        })
    }
}

/// Four dashes between hexadecimal digits, right or wrong in their number.
fn is_like_guid(value: &str) -> bool {
    let value = value.trim_matches(['{', '}']);
    (32..=40).contains(&value.len())
        && value.bytes().filter(|byte| *byte == b'-').count() == 4
        && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
