//! A user as the logs see one: fragments of JSON that are written over and over.
//!
//! Takes a user of the world, gives an [`Actor`]; [`Actors`] remembers the ones of the current page.

use super::super::world::{Device, SITES, User, World, guid_of, mix};
use super::ink::Ink;

/// A user with everything that sign-ins repeat.
#[derive(Debug)]
pub(crate) struct Actor {
    /// The directory's record.
    pub(crate) user: User,
    /// Place of the user's site in [`SITES`].
    pub(crate) site: usize,
    /// The device the user works on.
    pub(crate) device: Option<Device>,
    /// `"userDisplayName":…,"userPrincipalName":…,"userId":…`
    pub(crate) person: Vec<u8>,
    /// `"signInIdentifier":…,…,"alternateSignInName":…`
    pub(crate) signed_in_as: Vec<u8>,
    /// `"homeTenantId":…,"homeTenantName":…,"userType":…,"crossTenantAccessType":…`
    pub(crate) home: Vec<u8>,
    /// `deviceDetail` of the registered device.
    pub(crate) device_detail: Vec<u8>,
    /// Last two digits of the phone that receives codes.
    pub(crate) phone_tail: u64,
}

impl Actor {
    /// The user with this index.
    pub(crate) fn new(world: &World, index: u64) -> Self {
        let user = world.user(index);
        let site = site_of(&user);
        let device = device_of(world, index);
        let mut person = Vec::with_capacity(200);
        person.raw("\"userDisplayName\":").quoted(&user.display_name);
        person.raw(",\"userPrincipalName\":").quoted(&user.sign_in_name).raw(",\"userId\":\"").raw(&user.id).raw("\"");
        let mut signed_in_as = Vec::with_capacity(160);
        // What was typed: the mail address now and then, in the case its owner likes.
        let typed = if index % 7 == 3 { user.mail.as_deref().unwrap_or(&user.upn) } else { &user.upn };
        let typed = if user.is_guest { &user.sign_in_name } else { typed };
        let kind = if typed == user.upn { "userPrincipalName" } else { "proxyAddress" };
        signed_in_as.raw("\"signInIdentifier\":").quoted(typed).raw(",\"signInIdentifierType\":").quoted(kind);
        signed_in_as.raw(",\"alternateSignInName\":").maybe(user.mail.as_deref().filter(|_| !user.is_guest));
        let mut device_detail = Vec::with_capacity(240);
        device_detail_of(device.as_ref(), &mut device_detail);
        let home = home_of(world, &user);
        let phone_tail = mix(world.seed() ^ 0xF0, index) % 90 + 10;
        Self { user, site, device, person, signed_in_as, home, device_detail, phone_tail }
    }
}

/// Place of a user's site in [`SITES`].
pub(crate) fn site_of(user: &User) -> usize {
    SITES.iter().position(|site| std::ptr::eq(site, user.site)).unwrap_or(0)
}

/// The first device of a user, if there is one.
fn device_of(world: &World, user: u64) -> Option<Device> {
    let device = user.checked_sub(4).filter(|&index| index < world.device_count()).map(|index| world.device(index))?;
    (device.owner == user).then_some(device)
}

/// The `deviceDetail` of a registered device; of an unknown one without.
pub(crate) fn device_detail_of(device: Option<&Device>, out: &mut Vec<u8>) {
    let Some(device) = device else {
        out.raw("{\"deviceId\":\"\",\"displayName\":\"\",\"operatingSystem\":\"Windows10\",\"browser\":\"\",\"browserId\":null,\"isCompliant\":false,\"isManaged\":false,\"trustType\":\"\"}");
        return;
    };
    let flag = |value: Option<bool>| if value == Some(true) { "true" } else { "false" };
    let system = match device.os {
        "Windows" if device.os_version.starts_with("10.0.1") => "Windows10",
        "Windows" => "Windows11",
        "MacMDM" => "MacOs",
        "iOS" => "Ios 18.5",
        _ => "Android 15",
    };
    let browser = if device.os == "Windows" { "Edge 139.0.0" } else { "Mobile Safari" };
    out.raw("{\"deviceId\":\"").raw(&device.device_id).raw("\",\"displayName\":").quoted(&device.display_name);
    out.raw(",\"operatingSystem\":\"").raw(system).raw("\",\"browser\":\"").raw(browser);
    out.raw("\",\"browserId\":null,\"isCompliant\":").raw(flag(device.is_compliant)).raw(",\"isManaged\":");
    out.raw(flag(device.is_managed)).raw(",\"trustType\":\"").raw(device.trust_type.sign_in_text()).raw("\"}");
}

/// The tenant id of a guest's home domain: the same for all guests of one partner.
pub(crate) fn home_tenant(world: &World, address: &str) -> u128 {
    let domain = address.rsplit('@').next().unwrap_or(address);
    guid_of(&world.named_id(&format!("home-tenant-{domain}"))).unwrap_or_default()
}

fn home_of(world: &World, user: &User) -> Vec<u8> {
    let mut home = Vec::with_capacity(160);
    home.raw("\"homeTenantId\":\"");
    if user.is_guest {
        home.guid(home_tenant(world, &user.sign_in_name)).raw("\",\"homeTenantName\":\"\",\"userType\":\"guest\"");
        home.raw(",\"crossTenantAccessType\":\"b2bCollaboration\"");
    } else {
        home.raw(&world.tenant_id()).raw("\",\"homeTenantName\":\"\",\"userType\":\"member\"");
        home.raw(",\"crossTenantAccessType\":\"none\"");
    }
    home
}

/// How many users are remembered: a page of 1,000 records takes about [`super::sign_ins::ROOM_USERS`] at a time.
const REMEMBERED: usize = 1_024;

/// The actors of the current pages, by index. Reused from page to page: neighbours share their users.
#[derive(Debug)]
pub(crate) struct Actors {
    world: World,
    known: std::collections::HashMap<u64, Actor, foldhash::fast::FixedState>,
}

impl Actors {
    pub(crate) fn new(world: &World) -> Self {
        Self { world: *world, known: std::collections::HashMap::default() }
    }

    /// The actor of a user.
    pub(crate) fn of(&mut self, user: u64) -> &Actor {
        if self.known.len() > REMEMBERED {
            self.known.clear();
        }
        self.known.entry(user).or_insert_with(|| Actor::new(&self.world, user))
    }
}
