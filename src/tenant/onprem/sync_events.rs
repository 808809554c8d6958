//! The Application channel of the Connect server: password hash synchronisation, scheduler, export errors, writeback.
//!
//! Sources: entra-docs tshoot-connect-password-hash-synchronization, tshoot-connect-sync-errors,
//! troubleshoot-sspr-writeback (ids and texts), admin-audit-logging. Texts are constructed in their form.

use super::events::{Event, saved};
use super::{CONNECT_HOST, DOMAIN_CONTROLLER, Server, ServerFile, YARD_DOMAIN, runs, stories};
use crate::tenant::world::{NETBIOS_DOMAIN, ON_PREMISES_DOMAIN};

const SYNC: &str = "Directory Synchronization";
const RESET: &str = "PasswordResetService";
/// Heartbeats and cycles come at this interval.
const HALF_HOUR_S: u64 = 1_800;
/// How far back the channel reaches, seconds: two days.
const REACH_S: u64 = 2 * 86_400;
const INFORMATION: u8 = 4;
const ERROR: u8 = 2;

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let mut events = heartbeats(server);
    events.extend(cycles(server));
    events.extend(passwords(server));
    events.extend(writeback(server));
    if server.is_planted() {
        events.extend(failures(server));
    }
    vec![ServerFile::new("EventLogs/Application.xml", saved("Application", CONNECT_HOST, events))]
}

/// One ping of each connector in half an hour (654); the second connector's stop for a while in the story.
fn heartbeats(server: &Server) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for age in (0..REACH_S / HALF_HOUR_S).map(|beat| beat * HALF_HOUR_S + 300) {
        for (domain, name) in [(ON_PREMISES_DOMAIN, "connector-ad"), (YARD_DOMAIN, "connector-yard")] {
            let (from, to) = stories::HEARTBEAT_GAP_S;
            if server.is_planted() && domain == YARD_DOMAIN && (to..from).contains(&age) {
                continue;
            }
            let text = format!(
                "Provision credentials ping end. Successful ping. Next ping in 30 minutes. <forest-info>\r\n  \
                 <partition-name>{}</partition-name>\r\n  <connector-id>{}</connector-id>\r\n</forest-info>",
                domain.to_uppercase(),
                server.world.named_id(name),
            );
            events.push(Event::text(SYNC, 654, INFORMATION, server.ago_s(age), text));
        }
    }
    events
}

/// The scheduler's cycles (904), the last one when the cloud says so.
fn cycles(server: &Server) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for (number, age) in (1_u64..).zip((0..REACH_S / HALF_HOUR_S).map(|cycle| cycle * HALF_HOUR_S + 1_380)) {
        let started = format!("Scheduler::SchedulerThreadMain : Started (run {number} of this view)");
        events.push(Event::text(SYNC, 904, INFORMATION, server.ago_s(age), started));
        let ended = "Scheduler::SchedulerThreadMain : Completed configured scheduler operations.".to_owned();
        events.push(Event::text(SYNC, 904, INFORMATION, server.ago_s(age - 95), ended));
    }
    events
}

/// Passwords on their way to the cloud (656, 657).
fn passwords(server: &Server) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    let world = server.world;
    for user in (4..world.user_count().min(60)).map(|index| world.user(index)).filter(|user| server.has_user(user)) {
        let (Some(dn), Some(anchor)) = (&user.dn, &user.immutable_id) else { continue };
        let age = 3_600 + world.draw("password-event", user.index) % (REACH_S - 7_200);
        let request = format!("Password Change Request - Anchor: {anchor}, Dn: {dn}, Change Date: 05/01/2026 16:34:08");
        let result =
            format!("Password Change Result - Anchor: {anchor}, Dn: {dn}, PwdChangeOnLogon=False, Result: Success.");
        events.push(Event::text(SYNC, 656, INFORMATION, server.ago_s(age + 2), request));
        events.push(Event::text(SYNC, 657, INFORMATION, server.ago_s(age), result));
    }
    events
}

/// Self-service password reset, and what administrators did.
fn writeback(server: &Server) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for (id, age, text) in [
        (31_005, REACH_S - 60, "OnboardingEvent, Details: The on-boarding of password writeback was successful."),
        (31_019, 1_500, "ServiceBusHeartBeat, Details: The connection to the cloud service is alive."),
    ] {
        let text = format!("TrackingId: {}, {text}", server.world.named_id("reset-tracking"));
        events.push(Event::text(RESET, id, INFORMATION, server.ago_s(age), text));
    }
    let text = format!(
        "Executing Account Name : {NETBIOS_DOMAIN}\\whope, will.hope@alderwood.example\r\nAction : Get scheduler settings"
    );
    events.push(Event::text("Entra Connect Admin Actions", 2_503, INFORMATION, server.ago_s(5_000), text));
    events
}

/// What the stories leave in the log.
fn failures(server: &Server) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for failure in runs::failures(server) {
        let text = format!(
            "ECMA2 MA export run caused an error.\r\n\r\nError Name: {}\r\nError Detail: {}\r\nObject: {}",
            failure.kind, failure.detail, failure.dn
        );
        events.push(Event::text("ADSync", 6_941, ERROR, server.ago_s(1_300), text));
    }
    for age in (stories::HEARTBEAT_GAP_S.1..stories::HEARTBEAT_GAP_S.0).step_by(2_400) {
        let text = format!(
            "Password hash synchronization failed for domain: {YARD_DOMAIN}, domain controller hostname: yard-dc1.{YARD_DOMAIN}, \
             domain controller IP address: 10.10.0.21. Details: Microsoft.Online.PasswordSynchronization.SynchronizationManagerException: \
             Unable to open connection to domain: {YARD_DOMAIN}. Error: There was an error establishing a connection to the directory \
             replication service. ---> Microsoft.Online.PasswordSynchronization.DirectoryReplicationServices.DrsCommunicationException: \
             RPC Error 1722 : The RPC server is unavailable.",
        );
        events.push(Event::text(SYNC, 611, ERROR, server.ago_s(age), text));
    }
    let user = server.world.user(stories::CONFLICT_OWNER);
    let text = format!(
        "TrackingId: {}, Reason: Synchronization Engine returned an error hr=80230619, message=A restriction prevents the password \
         from being changed to the current one specified., Context: cloudAnchor: User_{}, SourceAnchorValue: {}, \
         UserPrincipalName: {}, Details: Microsoft.CredentialManagement.OnPremisesPasswordReset.Shared.PasswordResetException: \
         domain controller {DOMAIN_CONTROLLER}",
        server.world.named_id("reset-failure"),
        user.id,
        user.immutable_id.as_deref().unwrap_or_default(),
        user.upn,
    );
    events.push(Event::text(RESET, 33_008, ERROR, server.ago_s(20_000), text));
    events
}
