//! Users, groups, computers and contacts as Active Directory holds them.
//!
//! Takes the world's objects, adds what only the directory has (objectGUID, mS-DS-ConsistencyGuid, account control) and
//! what [`stories`] says is wrong; gives LDIF entries. Source of the attributes: entra-docs
//! reference-connect-sync-attributes-synchronized.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::ldif::{Ldif, sid_bytes};
use super::{Server, instant, stories};
use crate::tenant::world::{
    Class, Contact, DOMAIN, Device, Group, GroupKind, Member, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN, TrustType, User,
    guid_bits, guid_windows_bytes,
};

/// The naming context of the forest.
pub(super) const ROOT: &str = "DC=ad,DC=alderwood,DC=local";
/// Serial numbers of objectGUIDs: groups, contacts and people outside the cloud begin here, users at 0.
const GROUPS: u64 = 1 << 41;
const CONTACTS: u64 = 1 << 42;
const OTHERS: u64 = 1 << 43;
/// Relative ids of people outside the cloud begin here.
const OTHER_RID: u64 = 40_000_001;
const PERSON: [&str; 4] = ["top", "person", "organizationalPerson", "user"];
/// Account control: normal, normal and disabled, workstation (\[MS-ADTS\] 2.2.16).
const NORMAL: &str = "512";
const DISABLED: &str = "514";
const WORKSTATION: &str = "4096";

impl Server {
    /// The objectGUID of an object of the directory, as its bytes.
    pub(super) fn object_guid(&self, serial: u64) -> [u8; 16] {
        guid_windows_bytes(guid_bits(self.world.seed(), Class::OnPremises, serial))
    }

    /// The distinguished name of a group.
    pub(super) fn group_dn(&self, group: &Group) -> String {
        format!("CN={},OU=Groups,{ROOT}", group.name)
    }

    /// The distinguished name of a domain computer.
    pub(super) fn computer_dn(&self, device: &Device) -> String {
        format!("CN={},OU=Workstations,{ROOT}", device.display_name)
    }

    /// Whether Active Directory still has this synchronised user.
    pub(super) fn has_user(&self, user: &User) -> bool {
        user.is_synced && !(self.is_planted() && user.index == stories::CLOUD_ONLY)
    }

    /// The UPN on premises.
    pub(super) fn upn(&self, user: &User) -> String {
        match &user.on_premises_upn {
            Some(upn) if self.is_planted() => upn.clone(),
            Some(upn) => upn.replace(ON_PREMISES_DOMAIN, DOMAIN),
            None => user.upn.clone(),
        }
    }

    /// Adds a user, if the directory has it.
    pub(super) fn write_user(&self, index: u64, ldif: &mut Ldif) {
        let user = self.world.user(index);
        let (true, Some(dn), Some(anchor)) = (self.has_user(&user), &user.dn, anchor(&user)) else { return };
        let is_migrated = self.is_planted() && index == stories::MIGRATED;
        let guid = if is_migrated { self.object_guid(OTHERS + index) } else { anchor };
        let changed = self.world.past("ad-changed", index, 0, 60);
        let name = dn.split(",OU=").next().unwrap_or_default().trim_start_matches("CN=").replace("\\,", ",");
        ldif.entry(dn, &PERSON).add("cn", &name).some("sn", user.surname.as_deref());
        ldif.some("givenName", user.given_name.as_deref()).add("displayName", &user.display_name);
        ldif.bytes("objectGUID", &guid).bytes("objectSid", &sid_bytes(user.sid.as_deref().unwrap_or_default()));
        // Half of the accounts were written back by the engine; who was moved always was.
        if index.is_multiple_of(2) || is_migrated {
            ldif.bytes("mS-DS-ConsistencyGuid", &anchor);
        }
        ldif.add("userPrincipalName", &self.upn(&user)).some("sAMAccountName", user.sam.as_deref());
        ldif.some("mail", user.mail.as_deref()).add("mailNickname", &user.mail_nickname);
        for address in &user.proxy_addresses {
            ldif.add("proxyAddresses", address);
        }
        if self.is_planted() && index == stories::CONFLICT_USER {
            ldif.add("proxyAddresses", &format!("smtp:{}", stories::CONFLICT_ADDRESS));
        }
        ldif.add("userAccountControl", if user.is_enabled { NORMAL } else { DISABLED });
        ldif.add("pwdLastSet", &instant::interval(self.world.past("password", index, 2, 200)).to_string());
        ldif.add("accountExpires", "9223372036854775807").add("primaryGroupID", "513");
        ldif.add("whenCreated", &instant::generalised(user.created));
        ldif.add("whenChanged", &instant::generalised(changed));
        ldif.add("uSNChanged", &(40_000 + index * 7).to_string());
        self.write_profile(&user, ldif);
    }

    fn write_profile(&self, user: &User, ldif: &mut Ldif) {
        let manager = user.manager.map(|index| self.world.user(index)).filter(|boss| self.has_user(boss));
        ldif.add("department", user.department)
            .add("title", user.job_title)
            .some("telephoneNumber", user.phone.as_deref());
        ldif.some("mobile", user.mobile.as_deref()).some("employeeID", user.employee_id.as_deref());
        ldif.add("physicalDeliveryOfficeName", &user.office).add("l", user.site.city).add("co", user.site.country);
        ldif.add("c", user.site.country_code).some("manager", manager.and_then(|boss| boss.dn).as_deref());
        let account = user.sam.as_ref().map(|sam| format!("{NETBIOS_DOMAIN}\\{sam}"));
        ldif.some("extensionAttribute1", account.as_deref());
        ldif.some("extensionAttribute2", user.employee_id.as_deref());
        ldif.add("msExchRecipientTypeDetails", "2147483648");
        ldif.add("msDS-ExternalDirectoryObjectId", &format!("User_{}", user.id));
    }

    /// People who are in Active Directory only, and a clone.
    pub(super) fn write_others(&self, ldif: &mut Ldif) {
        if !self.is_planted() {
            return;
        }
        for (serial, (given, family, sam)) in (0..).zip([stories::STRANDED, stories::UNMATCHED]) {
            let mail = format!("{}.{}@{DOMAIN}", given.to_lowercase(), family.to_lowercase());
            let dn = format!("CN={given} {family},OU=Sales,OU=People,{ROOT}");
            ldif.entry(&dn, &PERSON).add("cn", &format!("{given} {family}")).add("sn", family).add("givenName", given);
            ldif.add("displayName", &format!("{given} {family}"))
                .bytes("objectGUID", &self.object_guid(OTHERS + (1 << 20) + serial));
            ldif.bytes("objectSid", &sid_bytes(&self.world.on_premises_sid(OTHER_RID + serial)));
            ldif.add("userPrincipalName", &mail).add("sAMAccountName", sam).add("mail", &mail);
            ldif.add("proxyAddresses", &format!("SMTP:{mail}")).add("userAccountControl", NORMAL);
        }
        let user = self.world.user(stories::CLONED);
        let dn = format!("CN={} (old),OU=Leavers,{ROOT}", user.display_name);
        ldif.entry(&dn, &PERSON).add("cn", &format!("{} (old)", user.display_name));
        ldif.bytes("objectGUID", &self.object_guid(OTHERS + (1 << 20) + 2));
        ldif.bytes("objectSid", &sid_bytes(&self.world.on_premises_sid(OTHER_RID + 2)));
        ldif.bytes("mS-DS-ConsistencyGuid", &anchor(&user).unwrap_or_default());
        ldif.add("userPrincipalName", &format!("{}@{DOMAIN}", stories::CLONE_ACCOUNT));
        ldif.add("sAMAccountName", stories::CLONE_ACCOUNT).add("userAccountControl", DISABLED);
    }

    /// Adds a group that comes from the directory.
    pub(super) fn write_group(&self, group: &Group, ldif: &mut Ldif) {
        ldif.entry(&self.group_dn(group), &["top", "group"]).add("cn", &group.name).add("displayName", &group.name);
        ldif.add("description", &group.description).some("sAMAccountName", group.sam.as_deref());
        ldif.bytes("objectGUID", &self.object_guid(GROUPS + group.index));
        ldif.bytes("objectSid", &sid_bytes(group.sid.as_deref().unwrap_or_default()));
        // Global security group, global distribution group ([MS-ADTS] 2.2.12).
        ldif.add("groupType", if group.kind == GroupKind::Distribution { "2" } else { "-2147483646" });
        if let Some(mail) = &group.mail {
            ldif.add("mail", mail).add("mailNickname", &group.nickname).add("proxyAddresses", &format!("SMTP:{mail}"));
        }
        for member in group.members() {
            match member {
                Member::User(index) => {
                    let user = self.world.user(index);
                    ldif.some("member", user.dn.as_deref().filter(|_| self.has_user(&user)));
                }
                Member::Device(_) | Member::Group(_) | Member::ServicePrincipal(_) => {}
            }
        }
        ldif.add("whenCreated", &instant::generalised(group.created));
    }

    /// Adds a hybrid joined device: its objectGUID is the device id of the cloud.
    pub(super) fn write_computer(&self, device: &Device, ldif: &mut Ldif) {
        if device.trust_type != TrustType::ServerAd {
            return;
        }
        let host = format!("{}.{ON_PREMISES_DOMAIN}", device.display_name.to_lowercase());
        let classes = ["top", "person", "organizationalPerson", "user", "computer"];
        ldif.entry(&self.computer_dn(device), &classes).add("cn", &device.display_name);
        ldif.bytes(
            "objectGUID",
            &guid_windows_bytes(crate::tenant::world::guid_of(&device.device_id).unwrap_or_default()),
        );
        ldif.bytes("objectSid", &sid_bytes(device.sid.as_deref().unwrap_or_default()));
        ldif.add("sAMAccountName", &format!("{}$", device.display_name)).add("dNSHostName", &host);
        ldif.add("servicePrincipalName", &format!("HOST/{host}")).add("userAccountControl", WORKSTATION);
        ldif.add("operatingSystem", "Windows 11 Enterprise").add("operatingSystemVersion", "10.0 (22631)");
        ldif.bytes("userCertificate", format!("certificate of CN={}, without a key", device.device_id).as_bytes());
        // What Windows LAPS leaves on a computer: nobody may collect it.
        if device.index % 10 == 2 {
            let credential = format!("{{\"n\":\"Administrator\",\"t\":\"1db0\",\"p\":\"{}\"}}", super::SECRETS[1]);
            ldif.add("msLAPS-Password", &credential);
        }
        ldif.add("whenCreated", &instant::generalised(device.registered));
    }

    /// Adds a contact.
    pub(super) fn write_contact(&self, index: u64, contact: &Contact, ldif: &mut Ldif) {
        let dn = format!("CN={},OU=Contacts,{ROOT}", contact.display_name);
        ldif.entry(&dn, &["top", "person", "organizationalPerson", "contact"]).add("cn", &contact.display_name);
        ldif.add("displayName", &contact.display_name)
            .add("givenName", &contact.given_name)
            .add("sn", &contact.surname);
        ldif.bytes("objectGUID", &self.object_guid(CONTACTS + index)).add("mail", &contact.mail);
        ldif.add("mailNickname", &contact.mail_nickname).add("targetAddress", &format!("SMTP:{}", contact.mail));
        ldif.add("proxyAddresses", &format!("SMTP:{}", contact.mail)).add("company", contact.company);
        ldif.add("telephoneNumber", &contact.phone);
    }
}

/// The bytes behind the immutable id.
pub(super) fn anchor(user: &User) -> Option<[u8; 16]> {
    STANDARD.decode(user.immutable_id.as_ref()?).ok()?.try_into().ok()
}
