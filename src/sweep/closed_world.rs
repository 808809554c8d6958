//! The closed world: whatever has the form of an identifier must be a pseudonym of this key, or public.
//!
//! Takes readings of texts, gives the forms that failed, never the values. It needs no list of identifiers, so it finds
//! what nobody put into a dictionary. What it accepts follows the map of the pseudonyms ([`reveal_as`]); what it finds
//! is searched for with regular expressions, not with the gate's scanner.

use hashbrown::HashSet;

use super::shapes::{ACCOUNT, DN, EXCHANGE_DN, HOST, MAIL, NO_DOMAINS, Shape};
use super::views::{AT, BACKSLASH, DOT, EQUALS, View};
use crate::limits::VERIFIED_MAX;
use crate::pseudonym::cipher::Cipher;
use crate::pseudonym::map::{reads_as_host, reveal_as};

/// What speaks against chance, in bits, before an address in opened bytes is one: at least eight symbols. It has two
/// signs that must stand right, so it comes by chance in one of 10^8 tokens.
const MAIL_BITS: u32 = 20;
/// The same for a host or an account, which have one such sign: at least twelve symbols.
const HOST_BITS: u32 = 30;

/// The judge of one key.
pub struct ClosedWorld<'c> {
    cipher: &'c dyn Cipher,
    shapes: Vec<Shape>,
    /// Candidates that were sound: the same few thousand stand in every log.
    verified: HashSet<Box<str>, foldhash::fast::RandomState>,
    /// Spans of the text at hand that a longer form has answered for.
    taken: Vec<(usize, usize)>,
    opened: String,
}

impl<'c> ClosedWorld<'c> {
    /// A judge for the forms that the policy leaves no real values of ([`super::covered`]).
    pub fn new(cipher: &'c dyn Cipher, shapes: Vec<Shape>) -> Self {
        Self { cipher, shapes, verified: HashSet::default(), taken: Vec::new(), opened: String::new() }
    }

    /// The forms that are judged.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// Judges one reading; `leak` is called for every form that is no pseudonym.
    pub fn judge(&mut self, view: View<'_>, leak: &mut dyn FnMut(Shape)) {
        if !view.has(AT | DOT | EQUALS | BACKSLASH) || view.text.len() < 4 {
            return;
        }
        self.taken.clear();
        let text = view.text;
        if !view.is_meant(MAIL_BITS) {
            return;
        }
        if view.has(EQUALS) {
            self.names(text, leak);
        }
        if view.has(AT) && view.has(DOT) {
            self.addresses(text, leak);
        }
        if !view.is_meant(HOST_BITS) {
            return;
        }
        if view.has(BACKSLASH) {
            self.accounts(text, leak);
        }
        if view.has(DOT) {
            self.hosts(text, leak);
        }
    }

    fn is_free(&self, start: usize, end: usize) -> bool {
        self.taken.iter().all(|taken| end <= taken.0 || taken.1 <= start)
    }

    fn ask(&mut self, shape: Shape, candidate: &str, leak: &mut dyn FnMut(Shape)) {
        if !self.shapes.contains(&shape) || self.verified.contains(candidate) {
            return;
        }
        self.opened.clear();
        if reveal_as(shape.kind(), candidate, self.cipher, &mut self.opened).is_err() {
            return leak(shape);
        }
        if self.verified.len() >= VERIFIED_MAX {
            self.verified.clear();
        }
        self.verified.insert(candidate.into());
    }

    fn names(&mut self, text: &str, leak: &mut dyn FnMut(Shape)) {
        for found in EXCHANGE_DN.find_iter(text.as_bytes()) {
            self.taken.push((found.start(), found.end()));
            self.ask(Shape::ExchangeDn, slice(text, found.start(), found.end()).trim_end(), leak);
        }
        for found in DN.captures_iter(text.as_bytes()).filter_map(|found| found.get(1)) {
            if self.is_free(found.start(), found.end()) {
                self.taken.push((found.start(), found.end()));
                self.ask(Shape::Dn, slice(text, found.start(), found.end()).trim_end_matches(' '), leak);
            }
        }
    }

    fn addresses(&mut self, text: &str, leak: &mut dyn FnMut(Shape)) {
        let is_edge = |symbol: char| !symbol.is_alphanumeric() && symbol != '_';
        for found in MAIL.find_iter(text.as_bytes()) {
            let candidate = slice(text, found.start(), found.end()).trim_matches(is_edge);
            let Some((local, domain)) = candidate.rsplit_once('@') else { continue };
            if !self.is_free(found.start(), found.end())
                || is_annotation(domain)
                || is_service_id(local, domain)
                || is_version(domain)
            {
                continue;
            }
            self.taken.push((found.start(), found.end()));
            let guest = local.len() > 5 && local.to_ascii_uppercase().ends_with("#EXT#");
            self.ask(if guest { Shape::Guest } else { Shape::Mail }, candidate, leak);
        }
    }

    fn accounts(&mut self, text: &str, leak: &mut dyn FnMut(Shape)) {
        for found in ACCOUNT.captures_iter(text.as_bytes()) {
            let (Some(whole), Some(more)) = (found.get(1), found.get(2)) else { continue };
            let candidate = slice(text, whole.start(), whole.end()).trim_end_matches(['.', '-']);
            let domain = candidate.split('\\').next().unwrap_or_default();
            // `LINUX\0`, `SS\u06EB`: an escape.
            let user = candidate.split('\\').nth(1).unwrap_or_default();
            let is_escape = user.len() < 2 || !user.contains(|symbol: char| symbol.is_alphabetic()) || is_unit(user);
            let is_path = is_escape || !more.is_empty() || domain.len() < 2 || candidate.ends_with('\\');
            if !is_path && self.is_free(whole.start(), whole.end()) && !NO_DOMAINS.contains(&domain) {
                self.taken.push((whole.start(), whole.end()));
                self.ask(Shape::Account, candidate, leak);
            }
        }
    }

    fn hosts(&mut self, text: &str, leak: &mut dyn FnMut(Shape)) {
        for found in HOST.find_iter(text.as_bytes()) {
            let candidate = slice(text, found.start(), found.end()).trim_end_matches(['.', '-', '_']);
            if !candidate.contains('.') || !self.is_free(found.start(), found.start() + candidate.len()) {
                continue;
            }
            let before = slice(text, 0, found.start());
            let candidate = own_part(before, candidate);
            if reads_as_host(candidate, before.ends_with("//") || before.ends_with("\\\\")) {
                self.ask(Shape::Host, candidate, leak);
            }
        }
    }
}

/// The part of a host name that must be a pseudonym: without the `40` of a quoted-printable `@` before it, and without a
/// label that is a mapped address in dashes (`dsl-203-0-113-27.…`).
fn own_part<'t>(before: &str, host: &'t str) -> &'t str {
    let is_escape = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    let host = match host.split_at_checked(2) {
        Some((digits, rest)) if before.ends_with('=') && is_escape(digits) => rest,
        _ => host,
    };
    match host.split_once('.') {
        Some((label, domain)) if is_dashed_address(label) => domain,
        _ => host,
    }
}

/// What providers write before an address in a name.
const BEFORE_ADDRESSES: [&str; 16] = [
    "", "adsl", "cable", "client", "cpe", "cust", "dhcp", "dsl", "dyn", "ec2", "host", "ip", "nat", "pool", "ppp",
    "static",
];

fn is_dashed_address(label: &str) -> bool {
    let start = label.find(|symbol: char| symbol.is_ascii_digit()).filter(|at| *at == 0 || label[..*at].ends_with('-'));
    // `ec2` ends with a digit itself.
    let start = if label.starts_with("ec2-") { Some(4) } else { start };
    start.is_some_and(|at| {
        BEFORE_ADDRESSES.contains(&label[..at].trim_end_matches('-'))
            && label[at..].replace('-', ".").parse::<std::net::Ipv4Addr>().is_ok()
    })
}

/// `u0646`, and what follows it.
fn is_unit(user: &str) -> bool {
    let digits = user.strip_prefix('u').and_then(|rest| rest.get(..4));
    digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// `main@0.1.0`: a package with its version.
fn is_version(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    last.starts_with(|digit: char| digit.is_ascii_digit()) && domain.parse::<std::net::Ipv4Addr>().is_err()
}

/// The patterns begin and end at ASCII or whole characters.
fn slice(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// `members@odata.bind`, `x@microsoft.graph.y`: annotations of OData.
fn is_annotation(domain: &str) -> bool {
    domain.starts_with("odata.") || domain.starts_with("microsoft.")
}

/// `19:meeting_…@thread.v2`: ids of conversations. `10030000a1b2c3d4@live.com`: the number of an account, which the map
/// turns into another number.
fn is_service_id(local: &str, domain: &str) -> bool {
    const CONVERSATIONS: [&str; 4] = ["thread.v2", "thread.tacv2", "thread.skype", "unq.gbl.spaces"];
    let is_number = || local.len() == 16 && local.bytes().all(|byte| byte.is_ascii_hexdigit());
    CONVERSATIONS.contains(&domain) || domain.eq_ignore_ascii_case("live.com") && is_number()
}
