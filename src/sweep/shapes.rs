//! What identifies somebody by its form alone, and how each form is found and judged.
//!
//! Takes a text, gives candidates. A candidate is sound when every part of it either opens with the key (the check
//! symbols of a name token verify) or is public: a public suffix, a service's domain, a constant of every directory.
//! GUIDs, SIDs, telephone numbers and IP addresses carry no check symbols: they are outside this world, and the
//! dictionary half looks for them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::catalog::Kind;

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `name@host`: mail, user principal name.
    Mail,
    /// `name_host#EXT#@host`.
    Guest,
    /// `CN=…,DC=…`, two parts or more.
    Dn,
    /// `/o=…/cn=…`.
    ExchangeDn,
    /// `DOMAIN\user`.
    Account,
    /// A host or domain name.
    Host,
    /// An identifier that the run itself has seen, of any form.
    Known,
}

/// The forms that are judged by form.
pub const SHAPES: [Shape; 6] = [Shape::Mail, Shape::Guest, Shape::Dn, Shape::ExchangeDn, Shape::Account, Shape::Host];

impl Shape {
    /// What a reader calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail address or user principal name",
            Self::Guest => "guest user principal name",
            Self::Dn => "distinguished name",
            Self::ExchangeDn => "legacyExchangeDN",
            Self::Account => "DOMAIN\\user",
            Self::Host => "host or domain name",
            Self::Known => "identifier of the tenant",
        }
    }

    /// The kind as which the pseudonym is opened.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Mail | Self::Guest => Kind::Upn,
            Self::Dn | Self::ExchangeDn => Kind::Dn,
            Self::Account => Kind::DomainUser,
            Self::Host | Self::Known => Kind::Host,
        }
    }

    /// The kinds that make it up: when a policy keeps one, real values of the form are no leak.
    fn made_of(self) -> &'static [Kind] {
        match self {
            Self::Mail | Self::Guest => &[Kind::Upn, Kind::Mail, Kind::ProxyAddress, Kind::Account, Kind::Domain],
            Self::Dn | Self::ExchangeDn => &[Kind::Dn, Kind::Name, Kind::Account, Kind::Domain],
            Self::Account => &[Kind::DomainUser, Kind::Account, Kind::Domain],
            Self::Host | Self::Known => &[Kind::Host, Kind::Domain, Kind::Url],
        }
    }
}

/// The forms that can be judged when a policy keeps these kinds.
pub fn covered(kept: &BTreeSet<Kind>) -> Vec<Shape> {
    SHAPES.into_iter().filter(|shape| shape.made_of().iter().all(|kind| !kept.contains(kind))).collect()
}

#[expect(clippy::expect_used, reason = "the patterns are written below, and the tests compile them")]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the leak check")
}

pub(super) static MAIL: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?-u)[A-Za-z0-9._+\-#'~!$&^*\x80-\xff]+@[A-Za-z0-9_\-\x80-\xff]+(?:\.[A-Za-z0-9_\-\x80-\xff]+)+")
});
pub(super) static HOST: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?-u)[A-Za-z0-9_\x80-\xff][A-Za-z0-9._\-\x80-\xff]*"));
pub(super) static DN: LazyLock<Regex> = LazyLock::new(|| {
    // A label of a domain has no blank, so that a name ends where a sentence goes on behind it.
    let label = r"dc=[a-z0-9_\-\x80-\xff]+";
    let part = r#"(?:cn|ou|o|l|st|c|uid|e|serialnumber)=(?:\\.|[^\\,;"'<>)\]|\n\r\t]|'[a-z\x80-\xff])*"#;
    compiled(&format!(r"(?i-u)(?:^|[^a-z0-9\x80-\xff])((?:(?:{label}|{part}),\x20*)+(?:{label}|{part}))"))
});
pub(super) static EXCHANGE_DN: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"(?i-u)/o=[^"';,<>\n\r]*/(?:ou|cn)=[^"';,<>\n\r]*"#));
pub(super) static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?-u)(?:^|[^A-Za-z0-9_.\-\\:/\x80-\xff])([A-Z0-9_-]*[A-Z][A-Z0-9_-]*\\[A-Za-z0-9._$\-\x80-\xff]+)(\\?)")
});

/// First halves that belong to the system, to the registry or to paths, not to a domain.
pub(super) const NO_DOMAINS: [&str; 20] = [
    "APPPOOL",
    "AUTHORITY",
    "BUILTIN",
    "CERT",
    "DEVICE",
    "HKCR",
    "HKCU",
    "HKEY_CURRENT_USER",
    "HKEY_LOCAL_MACHINE",
    "HKLM",
    "HKU",
    "MACHINE",
    "MICROSOFT",
    "REGISTRY",
    "SERVICE",
    "SOFTWARE",
    "SYSTEM",
    "USERS",
    "WINDOWS",
    "WORKGROUP",
];
