//! Accounts: what a person is called in the directory, from the cast or from the name lists.

use super::cast::{Origin, Part, namesakes};
use super::id::Class;
use super::names::full_name;
use super::sites::{DEPARTMENTS, SITES};
use super::{DOMAIN, FEDERATED_DOMAIN, INITIAL_DOMAIN, World};

/// One generated user in this many is a guest.
pub(super) const GUEST_EVERY: u64 = 20;

/// Whether the generated user with this index is a guest.
pub(super) fn is_guest_place(index: u64) -> bool {
    index % GUEST_EVERY == 11
}

/// Home domains of generated guests.
pub(super) const PARTNER_DOMAINS: [&str; 4] =
    ["tidewater-labs.example", "harbour-supply.example", "lloydsgate.example", "post.example"];

/// Names, origin and place of a person.
pub(super) struct Account {
    pub(super) given: Option<String>,
    pub(super) family: Option<String>,
    pub(super) display: String,
    pub(super) upn: String,
    pub(super) mail: Option<String>,
    pub(super) sam: Option<String>,
    pub(super) origin: Origin,
    pub(super) site: usize,
    pub(super) department: usize,
}

impl World {
    /// The account of somebody outside the cast.
    pub(super) fn invent(&self, class: Class, index: u64) -> Account {
        let deleted = class == Class::DeletedUser;
        let name = full_name(self.seed() ^ u64::from(deleted), index);
        let (given, family) = (&name.given.text, &name.family.text);
        let plain = format!("{}.{}", name.given.ascii, name.family.ascii);
        let mut number = name.number + namesakes(&plain);
        if deleted {
            number += 900; // numbers of their own: nobody inherits the address of a person who has left
        }
        let number = if number == 1 { String::new() } else { number.to_string() };
        let site = self.draw("site", index) as usize % (SITES.len() + 4) % SITES.len();
        let origin = match index % GUEST_EVERY {
            _ if is_guest_place(index) => Origin::Guest,
            3 | 7 | 13 | 17 => Origin::Cloud,
            _ => Origin::Synced,
        };
        let local = format!("{plain}{number}");
        let domain = if SITES[site].is_federated && origin == Origin::Synced { FEDERATED_DOMAIN } else { DOMAIN };
        let mail = format!("{local}@{domain}");
        let (upn, mail) = match (origin, index % 10) {
            (Origin::Guest, _) => {
                let home = PARTNER_DOMAINS[index as usize / 20 % PARTNER_DOMAINS.len()];
                (format!("{local}_{home}#EXT#@{INITIAL_DOMAIN}"), format!("{local}@{home}"))
            }
            // Mixed case: joins that compare bytes fail.
            (_, 2) => {
                (format!("{}.{}{number}@{domain}", capital(&name.given.ascii), capital(&name.family.ascii)), mail)
            }
            // Mail is not the UPN.
            (_, 6) => (format!("{}_{}{number}@{domain}", name.family.ascii, name.given.ascii), mail),
            _ => (mail.clone(), mail),
        };
        Account {
            display: if index % 9 == 5 { format!("{family}, {given}") } else { format!("{given} {family}") },
            sam: (origin == Origin::Synced).then(|| sam(&name.given.ascii, &name.family.ascii, index, deleted)),
            given: Some(given.clone()),
            family: Some(family.clone()),
            upn,
            mail: Some(mail),
            origin,
            site,
            department: index as usize % DEPARTMENTS.len(),
        }
    }
}

/// The account of a member of the cast.
pub(super) fn from_cast(part: &Part) -> Account {
    Account {
        given: part.given.map(str::to_owned),
        family: part.family.map(str::to_owned),
        display: part.display.to_owned(),
        upn: part.upn.to_owned(),
        mail: part.mail.map(str::to_owned),
        sam: part.sam.map(str::to_owned),
        origin: part.origin,
        site: part.site,
        department: part.department,
    }
}

/// First letter, eight letters of the family name and the index: at most 20 characters, unique in the domain.
fn sam(given: &str, family: &str, index: u64, deleted: bool) -> String {
    let letters = family.chars().filter(char::is_ascii_alphabetic).take(8);
    let initial = given.chars().next().unwrap_or('x');
    let mark = if deleted { "z" } else { "" };
    format!("{initial}{}{mark}{index}", letters.collect::<String>())
}

fn capital(ascii: &str) -> String {
    let mut letters = ascii.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
