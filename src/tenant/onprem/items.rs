//! Files that tell no story: one for each further item of the catalogue, so that every kind of file occurs.
//!
//! Texts stand in `items.txt` (`@@ name`, then the content with `{…}` for the tenant's own values). Every event channel of
//! the catalogue that has no file of its own gets routine events.

use super::device_events::machine;
use super::events::{Event, saved};
use super::{CONNECT_HOST, FEDERATION_HOST, FEDERATION_SERVICE, Server, ServerFile, adfs};
use crate::catalog::host::{Origin, items};
use crate::tenant::world::stories::{HELPDESK, SYNC_ACCOUNT};

/// Channels whose files are made elsewhere.
const TOLD: [&str; 4] = [
    "Application",
    "AD FS/Admin",
    "Microsoft-Windows-AAD/Operational",
    "Microsoft-Windows-User Device Registration/Admin",
];

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let values = values(server);
    let fill = |text: &str| values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
    let texts = include_str!("items.txt").split("@@ ").filter_map(|part| part.split_once('\n'));
    let texts = texts.map(|(name, text)| ServerFile::new(name, fill(text).replace('\n', "\r\n")));
    texts.chain(channels(server)).collect()
}

fn values(server: &Server) -> Vec<(&'static str, String)> {
    let world = server.world;
    let (admin, user, device) = (world.user(HELPDESK), world.user(4), machine(server));
    vec![
        ("{HOST}", CONNECT_HOST.to_owned()),
        ("{FEDERATION}", FEDERATION_HOST.to_owned()),
        ("{MACHINE}", device.display_name),
        ("{DEVICE}", device.device_id),
        ("{TENANT}", world.tenant_id()),
        ("{ADMINSID}", admin.sid.unwrap_or_default()),
        ("{SYNCUPN}", world.user(SYNC_ACCOUNT).upn),
        ("{UPN}", user.upn),
        ("{USERID}", user.id),
        ("{ANCHOR}", user.immutable_id.unwrap_or_default()),
        ("{THUMBPRINT}", adfs::thumbprint(server, "Service-Communications")),
    ]
}

/// Routine events of the channels that are in no other file.
fn channels(server: &Server) -> impl Iterator<Item = ServerFile> + '_ {
    let of_channel = items().iter().filter_map(|item| match &item.from {
        Origin::Events { channel, providers, ids } if !TOLD.contains(&channel.as_str()) => {
            Some((channel.as_str(), providers.first(), ids.first().copied().unwrap_or(100)))
        }
        _ => None,
    });
    of_channel.map(|(channel, provider, id)| {
        let is_federation = channel == "Security";
        let host = if is_federation { FEDERATION_HOST } else { CONNECT_HOST };
        let own = channel.split('/').next().unwrap_or(channel);
        let provider = provider.map_or(own, String::as_str);
        let user = server.world.user(8);
        let event = |age_s: u64| Event {
            user: user.sid.clone().filter(|_| is_federation),
            ..Event::text(
                provider,
                id,
                4,
                server.ago_s(age_s),
                match is_federation {
                    true => format!(
                        "The Federation Service issued a valid token. User: {}. Service: {FEDERATION_SERVICE}",
                        user.upn
                    ),
                    false => "The component works as it should.".to_owned(),
                },
            )
        };
        let name = format!("EventLogs/{}.xml", channel.replace('/', "%4"));
        ServerFile::new(name, saved(channel, host, vec![event(80_000), event(20_000)]))
    })
}
