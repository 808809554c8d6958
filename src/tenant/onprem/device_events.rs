//! Saved events of a domain computer (device registration, sign-in broker) and of the AD FS server.
//!
//! Sources: entra-docs troubleshoot-hybrid-join-windows-current (ids and texts), ad-fs troubleshooting pages (411, 364).

use super::events::{Event, saved};
use super::{FEDERATION_HOST, FEDERATION_SERVICE, Server, ServerFile, stories};
use crate::tenant::world::{Device, TrustType};

const REGISTRATION: &str = "Microsoft-Windows-User Device Registration";
const BROKER: &str = "Microsoft-Windows-AAD";
const INFORMATION: u8 = 4;
const WARNING: u8 = 3;
const ERROR: u8 = 2;

/// The computer that the device files are from: the lost one in the story, else the first hybrid joined one.
pub(super) fn machine(server: &Server) -> Device {
    let sound = || {
        let mut devices = (0..server.world.device_count()).map(|index| server.world.device(index));
        devices.find(|device| device.trust_type == TrustType::ServerAd)
    };
    match server.is_planted() {
        true => server.world.lost_device(),
        false => sound().unwrap_or_else(|| server.world.lost_device()),
    }
}

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let device = machine(server);
    let host = device.display_name.clone();
    let named =
        |channel: &str, bytes: Vec<u8>| ServerFile::new(format!("EventLogs/{}.xml", channel.replace('/', "%4")), bytes);
    let admin = format!("{REGISTRATION}/Admin");
    let operational = format!("{BROKER}/Operational");
    vec![
        named(&admin, saved(&admin, &host, registration(server, &device))),
        named(&operational, saved(&operational, &host, broker(server, &device))),
        named("AD FS/Admin", saved("AD FS/Admin", FEDERATION_HOST, federation(server))),
    ]
}

fn registration(server: &Server, device: &Device) -> Vec<Event<'static>> {
    let system = Some("S-1-5-18".to_owned());
    let event = |id, level, age, data, message: String| Event {
        provider: REGISTRATION,
        id,
        level,
        at: server.ago_s(age),
        user: system.clone(),
        data,
        message: Some(message),
    };
    if !server.is_planted() {
        let text = "The complete join response was successfully processed.".to_owned();
        let data = vec![("DeviceId", device.device_id.clone()), ("TenantId", server.world.tenant_id())];
        return vec![event(306, INFORMATION, 40_000, data, text)];
    }
    let missing = format!("The device object by the given id ({}) is not found.", device.device_id);
    vec![
        event(
            304,
            ERROR,
            7_200,
            vec![
                ("ExitCode", stories::JOIN_ERROR.to_owned()),
                ("ServerErrorMessage", missing.clone()),
                ("TenantType", "Managed".to_owned()),
                ("RegistrationType", "sync".to_owned()),
                ("Phase", "join".to_owned()),
            ],
            format!(
                "Automatic registration failed at join phase. Exit code: Unknown HResult Error code: {}. Server error: {missing}",
                stories::JOIN_ERROR
            ),
        ),
        event(
            204,
            ERROR,
            7_201,
            vec![
                ("ErrorCode", stories::JOIN_ERROR.to_owned()),
                ("ServerErrorSubcode", "error_missing_device".to_owned()),
                ("ServerErrorMessage", missing),
            ],
            "The get join response operation callback failed with exit code: Unknown HResult.".to_owned(),
        ),
    ]
}

fn broker(server: &Server, device: &Device) -> Vec<Event<'static>> {
    let owner = server.world.user(device.owner);
    let text = format!(
        "Http transport error. Status: Unknown HResult Error code: 0xcaa10001. Correlation ID: {}. User: {}",
        server.world.named_id("broker-correlation"),
        owner.upn
    );
    vec![
        Event::text(BROKER, 1_084, WARNING, server.ago_s(6_000), text),
        Event {
            user: owner.sid.clone(),
            ..Event::text(
                BROKER,
                1_006,
                INFORMATION,
                server.ago_s(5_000),
                "Start renewing the primary token.".to_owned(),
            )
        },
    ]
}

fn federation(server: &Server) -> Vec<Event<'static>> {
    let mut events = vec![Event::text(
        "AD FS",
        100,
        INFORMATION,
        server.ago_s(86_000),
        format!("The Federation Service started successfully. Service host: {FEDERATION_SERVICE}"),
    )];
    if server.is_planted() {
        let text = format!(
            "The token-signing certificate ends in {} days and automatic rollover is off.",
            stories::SIGNING_DAYS_LEFT
        );
        events.push(Event::text("AD FS", 385, WARNING, server.ago_s(40_000), text));
    }
    events
}
