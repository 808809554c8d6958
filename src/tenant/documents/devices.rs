//! Devices, their owners, deleted devices and LAPS metadata.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/device>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::users;
use crate::tenant::world::{Class, Device, TrustType, World, stamp};

/// Intune's application id.
const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";

/// A device with everything a list has.
pub(super) fn device(world: &World, device: &Device) -> Value {
    let owner = world.user(device.owner);
    let managed = device.is_managed.unwrap_or(false);
    let hybrid = (device.trust_type == TrustType::ServerAd).then_some(true);
    let registered = stamp(device.registered);
    let mut body = json!({
        "id": device.id,
        "deletedDateTime": null,
        "accountEnabled": device.is_enabled,
        "approximateLastSignInDateTime": stamp(device.last_seen),
        "complianceExpirationDateTime": null,
        "createdDateTime": registered,
        "deviceCategory": null,
        "deviceId": device.device_id,
        "deviceMetadata": null,
        "deviceOwnership": if managed { Some("Company") } else { None },
        "deviceVersion": 2,
        "displayName": device.display_name,
        "domainName": null,
        "enrollmentProfileName": null,
        "enrollmentType": enrollment_type(device),
        "externalSourceName": null,
        "isCompliant": device.is_compliant,
        "isManaged": device.is_managed,
        "isRooted": null,
        "managementType": managed.then_some("MDM"),
        "manufacturer": device.manufacturer,
        "mdmAppId": managed.then_some(INTUNE),
        "model": device.model,
        "onPremisesLastSyncDateTime": hybrid.map(|_| stamp(world.ago_s(1_260))),
        "onPremisesSecurityIdentifier": device.sid,
        "onPremisesSyncEnabled": hybrid,
        "operatingSystem": device.os,
        "operatingSystemVersion": device.os_version,
        "physicalIds": physical_ids(world, device, &owner.id),
        "profileType": "RegisteredDevice",
        "registrationDateTime": registered,
        "sourceType": null,
        "systemLabels": [],
        "trustType": device.trust_type.object_text(),
        "alternativeSecurityIds": [{"type": 2, "identityProvider": null, "key": security_key(world, device)}],
    });
    let attributes = users::extension_attributes([json!(owner.site.name), json!(device.serial_number)]);
    users::merge(&mut body, [json!({"extensionAttributes": attributes})]);
    body
}

fn enrollment_type(device: &Device) -> Option<&'static str> {
    match (device.is_managed, device.trust_type) {
        (None, _) => None,
        (_, TrustType::ServerAd) => Some("GroupPolicyAutoEnrollment"),
        _ => Some("AzureDomainJoined"),
    }
}

fn physical_ids(world: &World, device: &Device, owner_id: &str) -> Vec<String> {
    let hardware = |n| world.id(Class::Hardware, device.index.wrapping_mul(4) % (1 << 50) + n);
    // HWID: `h:` and a Microsoft account style number; GID: `g:` likewise. Both name the machine.
    let number = |purpose| 6_000_000_000_000_000 + world.draw(purpose, device.index) % 900_000_000_000_000;
    let mut ids = vec![
        format!("[USER-GID]:{owner_id}:{}", number("gid")),
        format!("[GID]:g:{}", number("gid")),
        format!("[USER-HWID]:{owner_id}:{}", number("hwid")),
        format!("[HWID]:h:{}", number("hwid")),
    ];
    if device.trust_type == TrustType::AzureAd {
        ids.push(format!("[ZTDID]:{}", hardware(0)));
    }
    ids
}

/// `X509:<SHA1-TP-PUBKEY>`, the thumbprint and the hash of the key, as UTF-16LE in base64.
fn security_key(world: &World, device: &Device) -> String {
    let key_hash = STANDARD.encode(format!("{:016x}{:016x}", world.draw("key-a", device.index), device.index));
    let text = format!("X509:<SHA1-TP-PUBKEY>{}{key_hash}", device.thumbprint);
    STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
}

/// Story 5: the device whose registration was deleted.
pub(super) fn lost(world: &World) -> Value {
    let mut body = device(world, &world.lost_device());
    body["deletedDateTime"] = json!(stamp(world.ago_s(2 * 86_400)));
    body["accountEnabled"] = json!(false);
    body
}

/// LAPS metadata of a joined Windows device: never a password.
pub(super) fn local_credential(world: &World, index: u64) -> Value {
    // Joined Windows devices are the first six of every ten.
    let device = world.device(index / 6 * 10 + index % 6);
    json!({
        "id": device.device_id,
        "deviceName": device.display_name,
        "lastBackupDateTime": stamp(world.past("laps", index, 1, 29)),
        "refreshDateTime": stamp(world.now() + time::Duration::days(9)),
    })
}

/// Number of LAPS entries.
pub(super) fn local_credential_count(world: &World) -> u64 {
    let devices = world.device_count();
    devices / 10 * 6 + (devices % 10).min(6)
}
