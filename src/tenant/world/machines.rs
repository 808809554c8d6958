//! Devices, computed from (seed, index): seven Windows, two phones and a Mac in every ten.

use time::OffsetDateTime;

use super::id::{Class, mix_text};
use super::{World, stories};

/// The mix of devices repeats after this many.
pub(super) const BLOCK: u64 = 10;
/// The first of a block run Windows.
pub(super) const WINDOWS_IN_BLOCK: u64 = 7;
/// Relative ids of on-premises computers begin here.
const COMPUTER_RID: u64 = 20_000_000;
/// The index of the deleted device of story 5, far behind all others.
const LOST: u64 = 1 << 40;

/// How a device is known to the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustType {
    /// Entra joined.
    AzureAd,
    /// Entra hybrid joined: also a computer of the on-premises domain.
    ServerAd,
    /// Registered by its user.
    Workplace,
}

impl TrustType {
    /// As `trustType` of a device object.
    pub fn object_text(self) -> &'static str {
        match self {
            Self::AzureAd => "AzureAd",
            Self::ServerAd => "ServerAd",
            Self::Workplace => "Workplace",
        }
    }

    /// As `deviceDetail.trustType` of a sign-in.
    pub fn sign_in_text(self) -> &'static str {
        match self {
            Self::AzureAd => "Azure AD joined",
            Self::ServerAd => "Hybrid Azure AD joined",
            Self::Workplace => "Azure AD registered",
        }
    }
}

/// A device.
#[derive(Debug, Clone)]
pub struct Device {
    /// Position in the tenant.
    pub index: u64,
    /// Object id.
    pub id: String,
    /// Device id: what clients and sign-in logs show.
    pub device_id: String,
    /// Name, such as `LT-ASMITH-03`.
    pub display_name: String,
    /// `Windows`, `iOS`, `Android`, `MacMDM`.
    pub os: &'static str,
    /// Version of the operating system.
    pub os_version: &'static str,
    /// How it is known to the directory.
    pub trust_type: TrustType,
    /// Index of the owner (user).
    pub owner: u64,
    /// On-premises SID (hybrid joined devices).
    pub sid: Option<String>,
    /// Compliance, as far as management said.
    pub is_compliant: Option<bool>,
    /// Managed by Intune.
    pub is_managed: Option<bool>,
    /// May be used to sign in.
    pub is_enabled: bool,
    /// Maker.
    pub manufacturer: &'static str,
    /// Model.
    pub model: &'static str,
    /// Serial number.
    pub serial_number: String,
    /// SHA-1 thumbprint of the device certificate, 40 upper-case hexadecimal digits.
    pub thumbprint: String,
    /// When it was registered.
    pub registered: OffsetDateTime,
    /// When it was last seen, to the day.
    pub last_seen: OffsetDateTime,
}

/// Operating system, version, trust, maker, model, prefix of the name; by place in the block.
const MODELS: [(&str, &str, TrustType, &str, &str, &str); BLOCK as usize] = {
    use TrustType::{AzureAd, ServerAd, Workplace};
    [
        ("Windows", "10.0.26100.4652", AzureAd, "LENOVO", "21F6CTO1WW", "LT"),
        ("Windows", "10.0.22631.5624", AzureAd, "Dell Inc.", "Latitude 7440", "LT"),
        ("Windows", "10.0.22631.5624", ServerAd, "HP", "HP EliteBook 840 G9", "LT"),
        ("Windows", "10.0.19045.6093", ServerAd, "Dell Inc.", "OptiPlex 7010", "WS"),
        ("Windows", "10.0.26100.4652", ServerAd, "LENOVO", "30GS0012US", "WS"),
        ("Windows", "10.0.26100.4652", AzureAd, "Microsoft Corporation", "Surface Pro 10", "LT"),
        ("Windows", "10.0.19045.6093", Workplace, "ASUSTeK COMPUTER INC.", "Vivobook 15", "DESKTOP"),
        ("iOS", "18.5", Workplace, "Apple", "iPhone15,2", "iPhone"),
        ("Android", "15", Workplace, "Google", "Pixel 8", "Pixel"),
        ("MacMDM", "15.5", AzureAd, "Apple", "MacBook Pro", "MB"),
    ]
};

impl World {
    /// The device with this index (below [`World::device_count`]).
    pub fn device(&self, index: u64) -> Device {
        let mut owner = 4 + index % (self.user_count() - 4);
        while self.is_no_device_owner(owner) {
            owner = if owner + 1 < self.user_count() { owner + 1 } else { 4 };
        }
        self.device_of(index, owner)
    }

    /// Story 5: the device that was deleted in Entra while its client still presents it.
    pub fn lost_device(&self) -> Device {
        self.device_of(LOST, stories::LOST_DEVICE_OWNER)
    }

    /// The index of the device with this object id.
    pub fn device_index_by_id(&self, id: &str) -> Option<u64> {
        self.index(Class::Device, id).filter(|index| *index < self.device_count())
    }

    /// The meeting room and the guests of the cast, and every generated guest.
    fn is_no_device_owner(&self, user: u64) -> bool {
        user == 27 || (21..=23).contains(&user) || (user >= 30 && super::accounts::is_guest_place(user))
    }

    fn device_of(&self, index: u64, owner: u64) -> Device {
        // A block has ten models; the lost device is a hybrid joined laptop.
        let place = if index == LOST { 2 } else { index % BLOCK };
        let (os, os_version, trust_type, manufacturer, model, prefix) = MODELS[place as usize];
        let hex = |purpose, n| self.draw(purpose, index.wrapping_mul(3).wrapping_add(n));
        let is_managed = (trust_type != TrustType::Workplace).then_some(true);
        let last_seen = if index == LOST { self.ago_s(90_000) } else { self.past("device-seen", index, 0, 40) };
        Device {
            index,
            id: self.id(Class::Device, index),
            device_id: self.id(Class::DeviceRegistration, index),
            display_name: self.device_name(prefix, index, owner),
            os,
            os_version,
            trust_type,
            owner,
            sid: (trust_type == TrustType::ServerAd).then(|| self.on_premises_sid(COMPUTER_RID + index % LOST)),
            is_compliant: is_managed.map(|_| !self.draw("compliant", index).is_multiple_of(8)),
            is_managed,
            is_enabled: index % 47 != 46,
            manufacturer,
            model,
            serial_number: format!("5CG{:07X}", hex("serial", 0) & 0xFFF_FFFF),
            thumbprint: format!("{:016X}{:016X}{:08X}", hex("print", 0), hex("print", 1), hex("print", 2) >> 32),
            registered: self.past("device-registered", index, 41, 900),
            last_seen: last_seen.replace_time(time::Time::MIDNIGHT),
        }
    }

    /// `LT-ASMITH-03`; phones and private machines are named as their makers do.
    fn device_name(&self, prefix: &str, index: u64, owner: u64) -> String {
        let owner = self.user(owner);
        let given = owner.given_name.as_deref().unwrap_or("Crew");
        match prefix {
            "iPhone" => format!("{given}’s iPhone"),
            "Pixel" => format!("{}_Android_{}_{}", owner.puid.to_lowercase(), self.now().year(), index),
            "DESKTOP" => format!("DESKTOP-{:07X}", mix_text(self.draw("desktop", index), "") & 0xFFF_FFFF),
            _ => {
                let account = owner.sam.unwrap_or(owner.mail_nickname).to_uppercase();
                let letters: String = account.chars().filter(char::is_ascii_alphabetic).take(7).collect();
                format!("{prefix}-{letters}-{}", short_number(if index == LOST { 77 } else { index }))
            }
        }
    }
}

/// Two digits below 100, then base 36 with at least three: the two never meet.
fn short_number(index: u64) -> String {
    if index < 100 {
        return format!("{index:02}");
    }
    let mut rest = index + 36 * 36;
    let mut text = Vec::new();
    while rest > 0 {
        text.push(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(rest % 36) as usize]);
        rest /= 36;
    }
    text.iter().rev().map(|byte| char::from(*byte)).collect()
}
