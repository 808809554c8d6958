//! The rules: what IdFix and directory synchronisation object to, and a few more that hide an identifier from a join.
//!
//! Takes a kind and a value, gives the rules that it breaks. Sources:
//! learn.microsoft.com/microsoft-365/enterprise/prepare-for-directory-synchronization (characters and lengths by
//! attribute), github.com/microsoft/idfix (rules),
//! learn.microsoft.com/troubleshoot/windows-server/active-directory/naming-conventions-for-computer-domain-site-ou.

use crate::catalog::Kind;
use crate::pseudonym::guid;
use crate::pseudonym::map::public_suffix;

/// A set of rules that a value breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::pseudonym) struct Violations(u32);

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $text:literal;)*) => {
        impl Violations {
            $($(#[$doc])* pub(in crate::pseudonym) const $name: Self = Self(1 << $bit);)*
            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$name, $text)),*];
        }
    };
}

rules! {
    /// A blank before the first character.
    LEADING_BLANK = 0, "leading-blank";
    /// A blank behind the last character.
    TRAILING_BLANK = 1, "trailing-blank";
    /// A blank in a name that may have none.
    BLANK = 2, "blank-inside";
    /// A dot at the start or the end of the name, before `@` included.
    EDGE_DOT = 3, "leading-or-trailing-dot";
    /// Two dots in a row.
    DOUBLE_DOT = 4, "double-dot";
    /// A character that the attribute must not have.
    CHARACTER = 5, "illegal-character";
    /// A character beyond ASCII (diacritics) where only ASCII works everywhere.
    NON_ASCII = 6, "non-ascii";
    /// Zero-width characters, soft hyphens, direction marks.
    INVISIBLE = 7, "invisible-character";
    /// Control characters.
    CONTROL = 8, "control-character";
    /// Longer than the attribute may be.
    TOO_LONG = 9, "too-long";
    /// Longer than a NetBIOS name may be; the rest is cut off in older protocols.
    NETBIOS = 10, "too-long-for-netbios";
    /// No `@`, or no name or domain beside it.
    NO_DOMAIN = 11, "no-domain";
    /// More than one `@`.
    SEVERAL_AT = 12, "several-at-signs";
    /// The domain does not end in a public suffix: it cannot be verified in the tenant.
    NON_ROUTABLE = 13, "non-routable-domain";
    /// Small and capital hexadecimal digits in one id.
    MIXED_CASE = 14, "mixed-case-id";
    /// The value has not the form of its kind; it became one opaque token.
    FORM = 15, "not-of-its-kind";
    /// Two objects hold the same value in an attribute that must be unique.
    DUPLICATE = 16, "duplicate-between-objects";
    /// Two objects hold values that differ in case only.
    DUPLICATE_CASE = 17, "case-only-duplicate";
    /// Two objects hold values that differ in blanks, width or invisible characters only; they share this pseudonym.
    DUPLICATE_FORM = 18, "duplicate-after-normalisation";
    /// A rule compares a part of a value with this literal, which cannot be evaluated on pseudonyms.
    IN_PART = 19, "rule-cannot-be-evaluated-on-pseudonyms";
    /// A range whose bounds could not be mapped so that membership stays the same.
    RANGE = 20, "membership-not-kept";
    /// There are more than are listed.
    MORE = 21, "more-than-listed";
}

impl Violations {
    /// The rules that a value of this kind breaks.
    pub(super) fn of(kind: Kind, value: &str) -> Self {
        let mut broken = Self::default();
        let trimmed = value.trim();
        if trimmed.len() != value.len() {
            broken.add(Self::LEADING_BLANK, value.starts_with(char::is_whitespace));
            broken.add(Self::TRAILING_BLANK, value.ends_with(char::is_whitespace));
        }
        if !value.is_ascii() {
            broken.add(Self::INVISIBLE, value.contains(is_invisible));
        }
        broken.add(Self::CONTROL, value.contains(char::is_control));
        match kind {
            Kind::Upn => broken.address(trimmed, UPN_CHARS, 113),
            Kind::Mail => broken.address(trimmed, MAIL_CHARS, 256),
            Kind::ProxyAddress => match trimmed.split_once(':') {
                Some((prefix, address)) if prefix.eq_ignore_ascii_case("smtp") => {
                    broken.address(address, MAIL_CHARS, 256);
                }
                _ => broken.add(Self::TOO_LONG, value.chars().count() > 256),
            },
            Kind::Account if trimmed.contains('@') => broken.address(trimmed, UPN_CHARS, 113),
            Kind::Account if is_guest(trimmed) => {}
            Kind::Account => broken.account(trimmed),
            // What people call their telephones is no computer name.
            Kind::Host if trimmed.contains(' ') => {}
            Kind::Host => broken.host(trimmed),
            Kind::Domain if !trimmed.contains('.') => {}
            Kind::Domain => broken.domain(trimmed),
            Kind::Name | Kind::Job | Kind::Place | Kind::OrgName => {
                broken.add(Self::TOO_LONG, value.chars().count() > 256);
            }
            // A principal may be anything that a service calls so; a user's name has capitals.
            _ if guid::parse(trimmed).is_some() => {
                let has = |test: fn(&u8) -> bool| value.bytes().any(|byte| test(&byte));
                broken.add(Self::MIXED_CASE, has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase));
            }
            _ => {}
        }
        broken
    }

    /// The rules that a directory attribute sets beyond its kind: most characters, and which characters never.
    pub(super) fn of_attribute(value: &str, chars_max: usize, never: &str) -> Self {
        let mut broken = Self::default();
        broken.add(Self::TOO_LONG, value.chars().count() > chars_max);
        broken.add(Self::CHARACTER, value.contains(|symbol| never.contains(symbol)));
        broken
    }

    fn address(&mut self, address: &str, allowed: &str, chars_max: usize) {
        self.add(Self::TOO_LONG, address.chars().count() > chars_max);
        let Some((local, domain)) = address.rsplit_once('@') else {
            self.add(Self::NO_DOMAIN, true);
            return;
        };
        self.add(Self::NO_DOMAIN, local.is_empty() || domain.is_empty());
        self.add(Self::SEVERAL_AT, local.contains('@'));
        self.add(Self::TOO_LONG, local.chars().count() > 64 && !is_guest(local));
        let is_wrong =
            |symbol: char| symbol.is_ascii_graphic() && !symbol.is_ascii_alphanumeric() && !allowed.contains(symbol);
        self.add(Self::CHARACTER, local.contains(is_wrong));
        self.text(local);
        self.domain(domain);
    }

    fn account(&mut self, name: &str) {
        self.add(Self::CHARACTER, name.contains(|symbol| "\"/\\[]:;|=,+*?<>@".contains(symbol)));
        self.add(Self::TOO_LONG, name.chars().count() > 64);
        self.dots(name);
        self.add(Self::NON_ASCII, has_letters_beyond_ascii(name));
    }

    fn host(&mut self, name: &str) {
        let is_wrong = |symbol: char| symbol.is_ascii_graphic() && !symbol.is_ascii_alphanumeric() && symbol != '-';
        let label = name.split('.').next().unwrap_or(name);
        self.add(Self::CHARACTER, name.contains(|symbol| symbol != '.' && is_wrong(symbol)));
        self.add(Self::NETBIOS, label.chars().count() > 15);
        self.add(Self::TOO_LONG, name.split('.').any(|label| label.chars().count() > 63));
        self.text(name);
    }

    fn domain(&mut self, name: &str) {
        self.text(name);
        let lower = name.trim_end_matches('.').to_lowercase();
        self.add(Self::NON_ROUTABLE, !lower.is_empty() && !public_suffix::is_routable(&lower));
        self.add(Self::TOO_LONG, name.split('.').any(|label| label.chars().count() > 63));
    }

    /// What no address, host or domain may have.
    fn text(&mut self, name: &str) {
        self.dots(name);
        self.add(Self::BLANK, name.contains(char::is_whitespace));
        self.add(Self::NON_ASCII, has_letters_beyond_ascii(name));
    }

    fn dots(&mut self, name: &str) {
        self.add(Self::EDGE_DOT, name.starts_with('.') || name.ends_with('.'));
        self.add(Self::DOUBLE_DOT, name.contains(".."));
    }

    fn add(&mut self, rule: Self, is_broken: bool) {
        if is_broken {
            self.0 |= rule.0;
        }
    }

    /// Both sets.
    pub(super) fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether no rule is broken.
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names of the rules, in a fixed order.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().filter(move |(rule, _)| self.0 & rule.0 != 0).map(|(_, name)| *name)
    }
}

/// What a user principal name may have before the `@`, beside letters and digits.
const UPN_CHARS: &str = "'.-_!#^~";
/// The same for an SMTP address (RFC 5322 atext and the dot).
const MAIL_CHARS: &str = "!#$%&'*+-/=?^_`{|}~.";

/// A guest's name carries its own marks and is made by the service.
fn is_guest(local: &str) -> bool {
    local.to_ascii_uppercase().ends_with("#EXT#")
}

fn has_letters_beyond_ascii(text: &str) -> bool {
    !text.is_ascii() && text.contains(|symbol: char| !symbol.is_ascii() && !is_invisible(symbol))
}

/// Characters that leave no ink.
fn is_invisible(symbol: char) -> bool {
    matches!(symbol, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}
