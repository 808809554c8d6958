//! Who belongs to a group: a list and, behind it, an arithmetic pattern, so that the n-th member is found at once.
//!
//! Notation of `groups.txt`: `u4-9` users, `g2` group, `d0` device, `s30` service principal, joined by commas; or one
//! of `all`, `guests`, `windows`, `dept3`.

use super::cast::{CAST, Origin};
use super::sites::DEPARTMENTS;
use super::{World, accounts, machines};

/// A member of a group or an administrative unit, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Member {
    /// A user.
    User(u64),
    /// A nested group.
    Group(u64),
    /// A device.
    Device(u64),
    /// A service principal.
    ServicePrincipal(u64),
}

/// The listed members, then the pattern's.
#[derive(Debug, Clone)]
pub(super) struct Members {
    listed: Vec<Member>,
    pattern: Option<Pattern>,
}

/// Of every `block` indices from `first` on, the first `picks`; below `end`.
#[derive(Debug, Clone, Copy)]
struct Pattern {
    member: fn(u64) -> Member,
    first: u64,
    block: u64,
    picks: u64,
    end: u64,
}

impl Pattern {
    fn count(&self) -> u64 {
        let reach = self.end.saturating_sub(self.first);
        reach / self.block * self.picks + (reach % self.block).min(self.picks)
    }

    fn at(&self, place: u64) -> Member {
        (self.member)(self.first + place / self.picks * self.block + place % self.picks)
    }
}

impl Members {
    pub(super) fn listed(listed: Vec<Member>) -> Self {
        Self { listed, pattern: None }
    }

    pub(super) fn count(&self) -> u64 {
        self.listed.len() as u64 + self.pattern.map_or(0, |pattern| pattern.count())
    }

    pub(super) fn at(&self, place: u64) -> Option<Member> {
        let behind = place.checked_sub(self.listed.len() as u64);
        match (behind, &self.pattern) {
            (None, _) => self.listed.get(place as usize).copied(),
            (Some(behind), Some(pattern)) if behind < pattern.count() => Some(pattern.at(behind)),
            _ => None,
        }
    }

    pub(super) fn parse(notation: &str, world: &World) -> Self {
        let users = world.user_count();
        let cast = CAST.len() as u64;
        let of_cast = |wanted: &dyn Fn(&super::cast::Part) -> bool| {
            let places = (0_u64..).zip(CAST.iter()).filter(|(_, part)| wanted(part));
            places.map(|(index, _)| Member::User(index)).collect()
        };
        let member = Member::User;
        match notation {
            "all" => {
                Self { listed: Vec::new(), pattern: Some(Pattern { member, first: 0, block: 1, picks: 1, end: users }) }
            }
            "guests" => {
                let block = accounts::GUEST_EVERY;
                let first = (cast..cast + block).find(|index| accounts::is_guest_place(*index)).unwrap_or(users);
                Self {
                    listed: of_cast(&|part| part.origin == Origin::Guest),
                    pattern: Some(Pattern { member, first, block, picks: 1, end: users }),
                }
            }
            "windows" => Self {
                listed: Vec::new(),
                pattern: Some(Pattern {
                    member: Member::Device,
                    first: 0,
                    block: machines::BLOCK,
                    picks: machines::WINDOWS_IN_BLOCK,
                    end: world.device_count(),
                }),
            },
            _ => match notation.strip_prefix("dept").and_then(|number| number.parse::<u64>().ok()) {
                Some(department) => {
                    let block = DEPARTMENTS.len() as u64;
                    let first = (cast..cast + block).find(|index| index % block == department).unwrap_or(users);
                    Self {
                        listed: of_cast(&|part| part.department as u64 == department),
                        pattern: Some(Pattern { member, first, block, picks: 1, end: users }),
                    }
                }
                None => Self::listed(notation.split(',').flat_map(single).collect()),
            },
        }
    }
}

/// `u4-9` or `g2`.
fn single(entry: &str) -> Vec<Member> {
    let make: fn(u64) -> Member = match entry.chars().next() {
        Some('u') => Member::User,
        Some('g') => Member::Group,
        Some('d') => Member::Device,
        _ => Member::ServicePrincipal,
    };
    let numbers = entry.get(1..).unwrap_or_default();
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => (first..=last).map(make).collect(),
        _ => Vec::new(),
    }
}
