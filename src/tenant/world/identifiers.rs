//! The truth: every identifier the tenant holds, for `simulate --truth` and the leak tests.
//!
//! Left out on purpose: given names, family names, departments and jobs that are ordinary words in ASCII letters
//! ("Rose", "Field", "Finance"). They must be replaced in their fields too, but a search of a whole bundle for them
//! finds the same word in names that are kept ("Field Crew") and would prove nothing. Their bearers' display names,
//! addresses and accounts are all here. Left out as well: post codes of digits only, which stand in ids by chance, and the name
//! that Microsoft gives the synchronisation account of every tenant.

use super::id::{Class, cloud_sid, guid_bits};
use super::{Device, FIRST_PARTY, NETBIOS_DOMAIN, SITES, User, World, stories};
use crate::catalog::Kind;

/// Source: learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-accounts-permissions.
const SYNC_ACCOUNT_NAME: &str = "On-Premises Directory Synchronization Service Account";

/// What policy `standard` does with an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Must not stand in a bundle.
    Replaced,
    /// Must not stand in a bundle either, but stands in fields that no dataset asks for: it may come in a log or not at all.
    Unasked,
    /// May stand in a bundle.
    Kept,
}

type Visit<'a> = &'a mut dyn FnMut(Kind, &str, Kept);

impl World {
    /// Shows every identifier the tenant holds: its kind, the value as the replies spell it, and what `standard` does.
    /// A value that several objects share may come more than once.
    pub fn identifiers(&self, visit: Visit<'_>) {
        visit(Kind::TenantId, &self.tenant_id(), Kept::Kept);
        (0..self.user_count()).for_each(|index| person(&self.user(index), false, visit));
        for index in 0..self.deleted_user_count() {
            let user = self.deleted_user(index);
            person(&user, true, visit);
            visit(Kind::Upn, &user.deleted_upn(), Kept::Replaced);
        }
        (0..self.device_count()).for_each(|index| machine(&self.device(index), visit));
        machine(&self.lost_device(), visit);
        self.outsiders(visit);
        self.teams(visit);
        self.services(visit);
        surroundings(visit);
    }

    fn outsiders(&self, visit: Visit<'_>) {
        for index in 0..self.contact_count() {
            let contact = self.contact(index);
            visit(Kind::PrincipalId, &contact.id, Kept::Replaced);
            visit(Kind::Name, &contact.display_name, Kept::Replaced);
            visit(Kind::Mail, &contact.mail, Kept::Replaced);
            visit(Kind::Account, &contact.mail_nickname, Kept::Replaced);
            visit(Kind::Phone, &contact.phone, Kept::Unasked);
        }
    }

    fn teams(&self, visit: Visit<'_>) {
        for index in 0..self.group_count() {
            let group = self.group(index);
            visit(Kind::GroupId, &group.id, Kept::Kept);
            visit(Kind::GroupName, &group.name, Kept::Kept);
            group.mail.iter().for_each(|mail| visit(Kind::Mail, mail, Kept::Replaced));
            group.sid.iter().for_each(|sid| visit(Kind::Sid, sid, Kept::Replaced));
            visit(Kind::Sid, &cloud_sid(guid_bits(self.seed(), Class::Group, index)), Kept::Kept);
        }
    }

    fn services(&self, visit: Visit<'_>) {
        for index in 0..self.application_count() {
            let app = self.application(index);
            visit(Kind::ServicePrincipalId, &app.id, Kept::Kept);
            visit(Kind::Host, &format!("{}.{}", app.host, super::DOMAIN), Kept::Replaced);
        }
        for index in 0..self.service_principal_count() {
            let principal = self.service_principal(index);
            visit(Kind::ServicePrincipalId, &principal.id, Kept::Kept);
            visit(Kind::AppId, &principal.app_id, Kept::Kept);
            visit(Kind::AppName, &principal.name, Kept::Kept);
        }
        FIRST_PARTY.iter().for_each(|(app_id, _)| visit(Kind::AppId, app_id, Kept::Kept));
        for (id, name) in [
            (stories::POLICY_BLOCK_FIELD, stories::POLICY_BLOCK_FIELD_NAME),
            (stories::POLICY_REQUIRE_MFA, stories::POLICY_REQUIRE_MFA_NAME),
            (stories::POLICY_COMPLIANT_DEVICE, stories::POLICY_COMPLIANT_DEVICE_NAME),
        ] {
            visit(Kind::ConfigId, &self.named_id(id), Kept::Kept);
            visit(Kind::ConfigName, name, Kept::Kept);
        }
    }
}

fn person(user: &User, is_deleted: bool, visit: Visit<'_>) {
    let mut hide = |kind, value: &str| {
        let fate = match kind {
            Kind::DomainUser | Kind::Phone | Kind::Place | Kind::Puid | Kind::EmployeeId | Kind::Job => Kept::Unasked,
            Kind::Dn | Kind::Sid if is_deleted => Kept::Unasked,
            _ => Kept::Replaced,
        };
        visit(kind, value, fate);
    };
    hide(Kind::UserId, &user.id);
    hide(Kind::Upn, &user.upn);
    hide(Kind::Upn, &user.sign_in_name);
    if user.display_name != SYNC_ACCOUNT_NAME {
        hide(Kind::Name, &user.display_name);
    }
    hide(Kind::Account, &user.mail_nickname);
    hide(Kind::Sid, &user.cloud_sid);
    hide(Kind::Puid, &user.puid);
    hide(Kind::Place, &user.office);
    let names = [&user.given_name, &user.surname].into_iter().flatten();
    names.filter(|name| is_distinctive(name)).for_each(|name| hide(Kind::Name, name));
    if is_distinctive(user.job_title) {
        hide(Kind::Job, user.job_title);
    }
    let single = [
        (Kind::Mail, &user.mail),
        (Kind::Account, &user.sam),
        (Kind::ImmutableId, &user.immutable_id),
        (Kind::Sid, &user.sid),
        (Kind::Dn, &user.dn),
        (Kind::Upn, &user.on_premises_upn),
        (Kind::Phone, &user.phone),
        (Kind::Phone, &user.mobile),
        (Kind::EmployeeId, &user.employee_id),
    ];
    single.iter().for_each(|(kind, value)| value.iter().for_each(|value| hide(*kind, value)));
    user.sam.iter().for_each(|sam| hide(Kind::DomainUser, &format!("{NETBIOS_DOMAIN}\\{sam}")));
    user.proxy_addresses.iter().for_each(|address| hide(Kind::ProxyAddress, address));
    user.other_mails.iter().for_each(|mail| hide(Kind::Mail, mail));
}

fn machine(device: &Device, visit: Visit<'_>) {
    visit(Kind::DeviceId, &device.id, Kept::Replaced);
    visit(Kind::DeviceId, &device.device_id, Kept::Replaced);
    visit(Kind::Host, &device.display_name, Kept::Replaced);
    visit(Kind::Serial, &device.serial_number, Kept::Replaced);
    visit(Kind::Thumbprint, &device.thumbprint, Kept::Unasked);
    device.sid.iter().for_each(|sid| visit(Kind::Sid, sid, Kept::Replaced));
}

/// Sites, their networks, and what stands in the text of the configuration.
fn surroundings(visit: Visit<'_>) {
    // The named locations hold the networks of four offices.
    for (number, site) in SITES.iter().enumerate() {
        let fate = if number < 4 { Kept::Replaced } else { Kept::Unasked };
        [site.name, site.city, site.state].iter().for_each(|place| visit(Kind::Place, place, Kept::Replaced));
        visit(Kind::Place, site.street, Kept::Unasked);
        if !site.postal_code.bytes().all(|byte| byte.is_ascii_digit()) {
            visit(Kind::Place, site.postal_code, Kept::Unasked);
        }
        visit(Kind::IpRange, &site.public_range(), fate);
        (0..14).for_each(|host| visit(Kind::Ip, &site.public_address(host), Kept::Replaced));
        visit(Kind::Ip, &site.private_address(11), Kept::Unasked);
    }
    visit(Kind::Mail, stories::CONFLICT_ADDRESS, Kept::Replaced);
    for (kind, value) in include_str!("fixtures.txt").lines().filter_map(|line| line.split_once('|')) {
        // A tilde: only in documents that no dataset asks for.
        let (kind, fate) = match kind.strip_prefix('~') {
            Some(kind) => (kind, Kept::Unasked),
            None => (kind, Kept::Replaced),
        };
        let kind = match kind {
            "host" => Kind::Host,
            "domain" => Kind::Domain,
            "mail" => Kind::Mail,
            "phone" => Kind::Phone,
            "domain-user" => Kind::DomainUser,
            "ip" => Kind::Ip,
            "ip-range" => Kind::IpRange,
            "dn" => Kind::Dn,
            "name" => Kind::Name,
            "account" => Kind::Account,
            "upn" => Kind::Upn,
            _ => Kind::OrgName,
        };
        visit(kind, value, fate);
    }
}

/// More than one word of ASCII letters.
fn is_distinctive(text: &str) -> bool {
    !text.chars().all(|c| c.is_ascii_alphabetic())
}
