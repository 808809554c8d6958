//! What the directory's typed values teach: terms, domains, ids.
//!
//! Single words are only taken when they can hardly be anything else: five letters or more, or with a digit, and
//! not in the stop list. Measured on documentation: fourteen short account names alone gave 1,054 false hits a MB.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hashbrown::{HashMap, HashSet};

use super::Dictionary;
use super::glued::Glued;
use super::names;
use super::stop::StopList;
use super::term::{Needs, Term};
use super::truncated::Beginnings;
use super::words::{self, Words};
use crate::catalog::Kind;
use crate::json;
use crate::limits::TERM_WORDS_MAX;
use crate::pseudonym::cipher::guid_kept;
use crate::pseudonym::guid;
use crate::pseudonym::memory::next_epoch;

/// Shortest single word without a digit, letters.
const WORD_LETTERS_MIN: usize = 5;
/// Longest text that is looked for, bytes: the longest attribute that names somebody (256).
const TERM_BYTES_MAX: usize = 256;
/// Shortest single word of digits only: shorter ones are error codes, ports and years.
const NUMBER_DIGITS_MIN: usize = 8;

/// Shortest single word with letters beyond ASCII: `José` is hardly an English word.
const FOREIGN_LETTERS_MIN: usize = 3;
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
struct Entry {
    value: Box<str>,
    kind: Kind,
    /// Whether its separators matter.
    exact: bool,
    needs: Needs,
}

/// Values learnt so far.
#[derive(Default, Clone)]
pub(in crate::pseudonym) struct Learning {
    ids: HashMap<u128, Kind, foldhash::fast::RandomState>,
    domains: HashSet<Box<str>, foldhash::fast::RandomState>,
    /// What is looked for, by the lower-case text to find.
    terms: HashMap<Box<str>, Entry, foldhash::fast::RandomState>,
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

    /// A text to find and the value that it stands for. Where two values claim a text, the one that is spelt so wins,
    /// then the lesser one; an initial that two people share stands for neither. The order of learning never matters.
    fn entry(&mut self, text: &str, value: &str, kind: Kind, exact: bool, needs: Needs) {
        if text.is_empty() || text.len() > TERM_BYTES_MAX {
            return;
        }
        let text = text.to_lowercase();
        let Some(known) = self.terms.get_mut(text.as_str()) else {
            self.terms.insert(text.into(), Entry { value: value.into(), kind, exact, needs });
            return;
        };
        let rank = |value: &str, kind: Kind| (value.to_lowercase() != text, kind, value.to_owned());
        let is_shared = needs == Needs::Initials && known.needs == needs && *known.value != *value;
        if is_shared {
            known.value = text.as_str().into();
        } else if rank(value, kind) < rank(&known.value, known.kind) {
            (known.value, known.kind) = (value.into(), kind);
        }
        // What is found with any separators, and anywhere, is the wider net.
        known.exact &= exact;
        known.needs = known.needs.min(needs);
    }

    /// Learns everything that another one learnt.
    pub(in crate::pseudonym) fn absorb(&mut self, other: Self) {
        for (id, kind) in other.ids {
            self.known_id(kind, id);
        }
        self.domains.extend(other.domains);
        for (text, entry) in other.terms {
            self.entry(&text, &entry.value, entry.kind, entry.exact, entry.needs);
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

    /// Builds the dictionary. `vocabulary`: words of the schema, which are never terms on their own.
    pub(in crate::pseudonym) fn freeze<'v>(self, vocabulary: impl Iterator<Item = &'v str>) -> Dictionary {
        let stop = StopList::new(vocabulary);
        let hash = Words::default();
        let mut labels: HashSet<Box<str>, foldhash::fast::RandomState> = HashSet::default();
        for domain in &self.domains {
            labels.extend(domain.split('.').next().map(Box::from));
        }
        let mut dictionary = Dictionary {
            epoch: next_epoch(),
            words: hash.clone(),
            firsts: HashMap::default(),
            sequences: HashMap::with_capacity_and_hasher(self.terms.len(), foldhash::fast::FixedState::default()),
            terms: Vec::with_capacity(self.terms.len()),
            glued: Glued::default(),
            beginnings: Beginnings::default(),
            stop,
            ids: self.ids,
            domains: self.domains,
            labels,
        };
        let mut entries: Vec<_> = self.terms.into_iter().collect();
        entries.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        for (text, entry) in entries {
            if !dictionary.add(&text, entry) {
                break;
            }
        }
        dictionary.glued.seal();
        dictionary
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

    /// Adds a text, in order. False: the dictionary is full.
    fn add(&mut self, text: &str, entry: Entry) -> bool {
        let Entry { value, kind, exact, needs } = entry;
        let parts = words::split(text);
        if !(1..=TERM_WORDS_MAX).contains(&parts.len()) || !is_telling(&parts, text.is_ascii(), &self.stop) {
            return true;
        }
        let Ok(position) = u32::try_from(self.terms.len()) else { return false };
        let mut hashes = parts.iter().map(|part| self.words.of(part));
        let Some(first) = hashes.next() else { return true };
        let sequence = hashes.fold(words::start(first), words::extend);
        let longest = self.firsts.entry(first).or_insert(0);
        *longest = (*longest).max(u8::try_from(parts.len()).unwrap_or(u8::MAX));
        match parts.as_slice() {
            [word] if matches!(kind, Kind::Account) => self.glued.add(word, position),
            _ => {}
        }
        if needs == Needs::Nothing && matches!(kind, Kind::Account | Kind::Name) {
            self.beginnings.add(text, position);
        }
        let exact = exact.then(|| trimmed(text)).filter(|exact| parts.len() > 1 || !exact.is_ascii());
        let next = self.sequences.insert(sequence, position);
        self.terms.push(Term { value, kind, exact, needs, next });
        true
    }
}

/// Four dashes between hexadecimal digits, right or wrong in their number.
fn is_like_guid(value: &str) -> bool {
    let value = value.trim_matches(['{', '}']);
    (32..=40).contains(&value.len())
        && value.bytes().filter(|byte| *byte == b'-').count() == 4
        && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The text from its first to its last word: what stands around the words is not part of a match.
fn trimmed(text: &str) -> Box<str> {
    text.trim_matches(|symbol: char| !symbol.is_alphanumeric()).into()
}

/// Whether words say enough to be looked for.
fn is_telling(words: &[String], is_ascii: bool, stop: &StopList) -> bool {
    match words {
        [word] if word.bytes().all(|byte| byte.is_ascii_digit()) => word.len() >= NUMBER_DIGITS_MIN,
        [word] => {
            let has_digit = word.len() >= 3 && word.chars().any(char::is_numeric);
            let least = if is_ascii { WORD_LETTERS_MIN } else { FOREIGN_LETTERS_MIN };
            (word.chars().count() >= least || has_digit) && !stop.contains(word)
        }
        words => words.iter().any(|word| word.chars().count() >= 2 && !stop.contains(word)),
    }
}
