//! Users and organisational contacts, computed from (seed, index).
//!
//! A user is a member of the cast or generated from the name lists. About 70 % come from the on-premises directory,
//! 20 % were made in the cloud, 5 % are guests.

use base64::Engine;
use time::OffsetDateTime;

use super::accounts::{Account, PARTNER_DOMAINS, from_cast, is_guest_place};
use super::cast::{CAST, Origin};
use super::id::{Class, cloud_sid, guid_bits, guid_text, guid_windows_bytes};
use super::names::full_name;
use super::sites::{DEPARTMENTS, SITES, Site};
use super::{INITIAL_DOMAIN, ON_PREMISES_DOMAIN, World, stories};

/// Relative ids of on-premises users begin here.
const USER_RID: u64 = 1_104;
/// A user. Text is as the directory holds it.
#[derive(Debug, Clone)]
pub struct User {
    /// Position in the tenant.
    pub index: u64,
    /// Object id.
    pub id: String,
    /// User principal name, with the case its owner gave it; guests have `…#EXT#@…`.
    pub upn: String,
    /// Display name.
    pub display_name: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub surname: Option<String>,
    /// Primary mail address; not always the UPN.
    pub mail: Option<String>,
    /// Mail nickname.
    pub mail_nickname: String,
    /// On-premises account name (synced users).
    pub sam: Option<String>,
    /// Base64 of the on-premises objectGUID (synced users).
    pub immutable_id: Option<String>,
    /// On-premises SID (synced users).
    pub sid: Option<String>,
    /// `S-1-12-1-…`, derived from the object id.
    pub cloud_sid: String,
    /// On-premises distinguished name (synced users).
    pub dn: Option<String>,
    /// The UPN on premises; its suffix may not be routable (synced users).
    pub on_premises_upn: Option<String>,
    /// Invited from elsewhere.
    pub is_guest: bool,
    /// Comes from the on-premises directory.
    pub is_synced: bool,
    /// May sign in.
    pub is_enabled: bool,
    /// What sign-in logs call the user: the UPN in lower case; for guests the home address in lower case.
    pub sign_in_name: String,
    /// Department.
    pub department: &'static str,
    /// Job title.
    pub job_title: &'static str,
    /// Where the user works.
    pub site: &'static Site,
    /// Room or desk.
    pub office: String,
    /// Business phone.
    pub phone: Option<String>,
    /// Mobile phone.
    pub mobile: Option<String>,
    /// `SMTP:`, `smtp:`, `sip:` … addresses.
    pub proxy_addresses: Vec<String>,
    /// Private or former addresses.
    pub other_mails: Vec<String>,
    /// Employee number.
    pub employee_id: Option<String>,
    /// 16 hexadecimal digits that other services know the user by.
    pub puid: String,
    /// When the account was made.
    pub created: OffsetDateTime,
    /// Index of the manager.
    pub manager: Option<u64>,
}

impl User {
    /// The UPN that the directory gives to a deleted user: the object id without dashes, then the old UPN.
    pub fn deleted_upn(&self) -> String {
        format!("{}{}", self.id.replace('-', ""), self.upn)
    }
}

/// An organisational contact.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Object id.
    pub id: String,
    /// Display name.
    pub display_name: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub surname: String,
    /// Address outside the tenant.
    pub mail: String,
    /// Mail nickname.
    pub mail_nickname: String,
    /// Company of the contact.
    pub company: &'static str,
    /// Phone.
    pub phone: String,
}

impl World {
    /// The user with this index (below [`World::user_count`]).
    pub fn user(&self, index: u64) -> User {
        self.person(Class::User, index)
    }

    /// The index of the user with this object id.
    pub fn user_index_by_id(&self, id: &str) -> Option<u64> {
        self.index(Class::User, id).filter(|index| *index < self.user_count())
    }

    /// A soft-deleted user (below [`World::deleted_user_count`]).
    pub fn deleted_user(&self, index: u64) -> User {
        self.person(Class::DeletedUser, index)
    }

    /// The contact with this index (below [`World::contact_count`]).
    pub fn contact(&self, index: u64) -> Contact {
        let name = full_name(!self.seed(), index);
        let company = index as usize % PARTNER_DOMAINS.len();
        let nickname = format!("{}.{}.{index}", name.given.ascii, name.family.ascii);
        Contact {
            id: self.id(Class::Contact, index),
            display_name: format!("{} {} (external)", name.given.text, name.family.text),
            given_name: name.given.text.clone(),
            surname: name.family.text.clone(),
            mail: format!("{nickname}@{}", PARTNER_DOMAINS[company]),
            mail_nickname: nickname,
            company: ["Tidewater Labs", "Harbour Supply", "Lloydsgate", "Post"][company],
            phone: format!("+44 20 7946 {:04}", self.draw("contact-phone", index) % 10_000),
        }
    }

    fn person(&self, class: Class, index: u64) -> User {
        let account = match CAST.get(index as usize).filter(|_| class == Class::User) {
            Some(part) => from_cast(part),
            None => self.invent(class, index),
        };
        let site = &SITES[account.site];
        let (department, jobs) = DEPARTMENTS[account.department];
        let bits = guid_bits(self.seed(), class, index);
        let serial = if class == Class::User { index } else { index + (1 << 40) };
        let is_synced = account.origin == Origin::Synced;
        let is_guest = account.origin == Origin::Guest;
        let is_person = account.given.is_some();
        let local = account.upn.split('@').next().unwrap_or_default();
        let on_premises = guid_windows_bytes(guid_bits(self.seed(), Class::OnPremises, serial));
        let sign_in_name = if is_guest { account.mail.as_deref().unwrap_or(local) } else { &account.upn };
        let phone = |purpose| format!("{} {:06}", site.phone_prefix, self.draw(purpose, serial) % 900_000 + 100_000);
        User {
            index,
            id: guid_text(bits),
            cloud_sid: cloud_sid(bits),
            mail_nickname: local.replace('\'', ""),
            immutable_id: is_synced.then(|| base64::engine::general_purpose::STANDARD.encode(on_premises)),
            sid: is_synced.then(|| self.on_premises_sid(USER_RID + serial)),
            dn: is_synced.then(|| distinguished_name(&account, department, serial)),
            on_premises_upn: is_synced.then(|| on_premises_upn(&account)),
            is_guest,
            is_synced,
            is_enabled: index % 53 != 28,
            sign_in_name: sign_in_name.to_lowercase(),
            department,
            job_title: jobs[self.draw("job", serial) as usize % jobs.len()],
            site,
            office: format!("{} {}.{:02}", site.name, serial % 7 + 1, self.draw("desk", serial) % 60),
            phone: (is_person && !is_guest).then(|| phone("phone")),
            mobile: (is_person && !self.draw("has-mobile", serial).is_multiple_of(3)).then(|| phone("mobile")),
            proxy_addresses: proxy_addresses(&account, is_guest, serial),
            other_mails: other_mails(&account, is_guest, serial),
            employee_id: (is_person && !is_guest).then(|| format!("AW{:07}", (serial * 7_919 + 1_009) % 9_999_991)),
            puid: format!("10032{:011X}", self.draw("puid", serial) >> 20),
            created: self.past("created", serial, 31, 2_400),
            manager: (is_person && !is_guest && class == Class::User && index != stories::ADMIN)
                .then(|| manager(index)),
            display_name: account.display,
            given_name: account.given,
            surname: account.family,
            mail: account.mail,
            sam: account.sam,
            upn: account.upn,
        }
    }
}

fn distinguished_name(account: &Account, department: &str, serial: u64) -> String {
    let name = account.display.replace(',', "\\,");
    let number = if account.sam.as_deref().is_some_and(|sam| sam.ends_with(|c: char| c.is_ascii_digit())) {
        format!(" {serial}")
    } else {
        String::new()
    };
    format!("CN={name}{number},OU={department},OU=People,DC=ad,DC=alderwood,DC=local")
}

/// A routable UPN is the same on both sides; the others fell back to the initial domain in the cloud.
fn on_premises_upn(account: &Account) -> String {
    match account.upn.split_once('@') {
        Some((local, INITIAL_DOMAIN)) => format!("{local}@{ON_PREMISES_DOMAIN}"),
        _ => account.upn.clone(),
    }
}

fn proxy_addresses(account: &Account, is_guest: bool, serial: u64) -> Vec<String> {
    let Some(mail) = &account.mail else { return Vec::new() };
    let mut addresses = vec![format!("SMTP:{mail}")];
    if is_guest {
        return addresses;
    }
    let local = mail.split('@').next().unwrap_or_default();
    addresses.push(format!("smtp:{local}@{INITIAL_DOMAIN}"));
    addresses.push(format!("sip:{}", mail.to_lowercase()));
    if serial == stories::CONFLICT_OWNER {
        addresses.push(format!("smtp:{}", stories::CONFLICT_ADDRESS));
    }
    if serial.is_multiple_of(6) {
        let cn = format!("{:08x}-{local}", serial.wrapping_mul(2_654_435_761) & 0xFFFF_FFFF);
        addresses.push(format!(
            "x500:/o=AlderwoodOrg/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={cn}"
        ));
    }
    addresses
}

fn other_mails(account: &Account, is_guest: bool, serial: u64) -> Vec<String> {
    match (&account.mail, is_guest) {
        (Some(mail), true) => vec![mail.clone()],
        (Some(mail), false) if serial % 11 == 4 => {
            vec![format!("{}@post.example", mail.split('@').next().unwrap_or_default())]
        }
        _ => Vec::new(),
    }
}

/// Eight people to a manager; nobody reports to a guest or a service account.
fn manager(index: u64) -> u64 {
    let above = match index {
        stories::HELPDESK => stories::ADMIN,
        0..40 => stories::HELPDESK,
        _ => 24 + (index - 40) / 8,
    };
    match above {
        27 => 26,
        above if above >= 30 && is_guest_place(above) => above - 1,
        above => above,
    }
}
