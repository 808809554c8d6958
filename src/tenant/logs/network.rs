//! Global Secure Access: traffic and the health of remote networks (Graph `beta`).
//!
//! Source: graph/api/networkaccess-logs-list-traffic (2024-08), entra-docs how-to-remote-network-health-logs.

use serde_json::json;

use super::super::instant::{self, Ticks};
use super::super::world::{Class, SITES, User, World, guid_bits, mix};
use super::actors::Actor;
use super::addresses::Network;
use super::{event_number, guid_text, loose_guid};

const HEALTH_LOG: u64 = 12;

/// Who causes traffic record `index`.
pub(crate) fn traffic_user(world: &World, index: u64) -> u64 {
    mix(world.seed() ^ 0x7AF, index) % world.user_count()
}

/// From where traffic record `index` comes.
pub(crate) fn traffic_network(world: &World, index: u64) -> Network {
    let draw = mix(world.seed() ^ 0x7AF, index);
    if draw >> 32 & 3 == 0 {
        Network::Home(traffic_user(world, index))
    } else {
        Network::Carrier((draw >> 40 & 0xFF) as u8)
    }
}

/// How OneDrive names the folder of a user: the sign-in name with underscores.
pub(crate) fn personal_folder(user: &User) -> String {
    user.upn.replace(['@', '.'], "_").to_lowercase()
}

/// The address inside the site from which traffic record `index` came.
pub(crate) fn private_address(world: &World, index: u64, user: &User) -> String {
    user.site.private_address(mix(world.seed() ^ 0x7AF, index))
}

/// Where traffic record `index` goes: an address inside the service.
pub(crate) fn destination(world: &World, index: u64) -> String {
    let draw = mix(world.seed() ^ 0x7AF, index);
    format!("100.64.{}.{}", draw >> 8 & 15, draw >> 14 & 15)
}

/// Appends a traffic record.
pub(crate) fn write_traffic(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    let draw = mix(world.seed() ^ 0x7AF, index);
    let Actor { user, device, .. } = Actor::new(world, traffic_user(world, index));
    let hosts =
        ["alderwoodmarine.sharepoint.com", "outlook.office365.com", "AWM-APP03.ad.alderwood.local", "www.example.org"];
    let host = hosts[(draw >> 20) as usize & 3];
    let folder = personal_folder(&user);
    let source = traffic_network(world, index).text(world);
    let record = json!({
        "tenantId": world.tenant_id(),
        "createdDateTime": instant::text(at),
        "transactionId": guid_text(loose_guid(world.seed() ^ 0x7A1, draw)),
        "connectionId": format!("{}.{}", guid_text(loose_guid(world.seed() ^ 0x7A2, draw >> 3)), draw & 7),
        "sessionId": guid_text(loose_guid(world.seed() ^ 0x7A3, user.index)),
        "trafficType": if draw & 8 == 0 { "microsoft365" } else { "private" },
        "deviceCategory": "client",
        "destinationIp": destination(world, index),
        "destinationPort": 443,
        "destinationFQDN": host,
        "destinationUrl": format!("https://{host}/personal/{folder}/_layouts/15/onedrive.aspx?login_hint={}", user.upn.replace('#', "%23").replace('@', "%40")),
        "sourceIp": source,
        "sourcePort": 49_152 + draw % 16_000,
        "deviceOperatingSystem": "Windows 11 Enterprise",
        "deviceOperatingSystemVersion": "10.0.26100",
        "agentVersion": "2.8.45",
        "deviceId": device.map_or_else(String::new, |device| device.device_id),
        "userId": user.id,
        "userPrincipalName": user.upn,
        "transportProtocol": "tcp",
        "networkProtocol": if source.contains(':') { "iPv6" } else { "iPv4" },
        "action": if draw & 0xF00 == 0 { "block" } else { "allow" },
        "policyRule": {"@odata.type": "microsoft.graph.networkaccess.policyRule", "id": world.named_id("filtering-rule")},
        "policy": {"@odata.type": "microsoft.graph.networkaccess.policy", "id": world.named_id("filtering-policy")},
        "sentBytes": draw >> 44,
        "receivedBytes": draw >> 40,
        "headers": {
            "referrer": format!("https://alderwoodmarine-my.sharepoint.com/personal/{folder}"),
            "origin": "https://alderwoodmarine.sharepoint.com",
            "xForwardedFor": private_address(world, index, &user),
        },
    });
    super::append(&record, out);
}

/// Appends a health event of a remote network.
pub(crate) fn write_health(world: &World, at: Ticks, index: u64, out: &mut Vec<u8>) {
    let draw = mix(world.seed() ^ 0x4EA1, index);
    let site = &SITES[1]; // the one branch of the configuration
    let (status, description) = match draw % 12 {
        0 => (
            "tunnelDisconnected",
            "DisconnectReason: Main mode SA assumed to be invalid because peer stopped responding. ",
        ),
        1 => ("tunnelConnected", ""),
        2 => ("bgpDisconnected", ""),
        _ => ("remoteNetworkAlive", ""),
    };
    let record = json!({
        "id": guid_text(guid_bits(world.seed(), Class::Event, event_number(HEALTH_LOG, index))),
        "remoteNetworkId": world.named_id("branch-bergen"),
        "createdDateTime": instant::text(at),
        "status": status,
        "sourceIp": site.public_address(0),
        "destinationIp": Network::DataCentre(3).text(world),
        "description": description,
        "bgpRoutesAdvertisedCount": draw >> 8 & 31,
        "sentBytes": draw >> 40,
        "receivedBytes": draw >> 41,
    });
    super::append(&record, out);
}
