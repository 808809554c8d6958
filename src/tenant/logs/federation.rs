//! Sign-ins at AD FS, as Connect Health reports them (category `ADFSSignInLogs`).
//!
//! The farm of the federated sites: people at their desks come with private addresses, people elsewhere through the
//! proxy. A sign-in at AD FS that led to one in Entra has its correlation id. Source: the documented export of
//! Azure Monitor, learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-health-ad-fs-sign-in.

use serde_json::{Value, json};

use super::super::instant;
use super::super::world::{Class, SITES, World, guid_bits, mix, stories};
use super::actors::{Actor, Actors};
use super::addresses::Network;
use super::sign_ins::{self, FEDERATION_HOST, FEDERATION_SERVER, Part};
use super::{Kind, Log, Logs, event_number, guid_text, loose_guid};

/// The second server of the farm.
pub(crate) const SECOND_SERVER: &str = "AWM-ADFS02.ad.alderwood.local";
/// Users that are looked at for one of a federated site: two of six are.
const TRIES: u64 = 24;

/// Relying parties: name, identifier.
pub(crate) const RELYING_PARTIES: [(&str, &str); 4] = [
    ("Microsoft Office 365 Identity Platform", "urn:federation:MicrosoftOnline"),
    ("Legacy Intranet", "https://legacy-intranet.alderwood.example/"),
    ("Crew Roster", "https://crew-roster.alderwood.example/adfs/ls"),
    ("Device Registration Service", "urn:ms-drs:sts.alderwood.example"),
];

fn draw(world: &World, index: u64) -> u64 {
    mix(world.seed() ^ 0xADF5, index)
}

/// The sign-in at Entra that AD FS sign-in `index` was for.
fn followed_by(logs: &Logs, index: u64) -> Option<u64> {
    let (at, kind) = (logs.at(Log::FederationSignIns, index), Kind::Interactive);
    let until = index.checked_sub(1).map_or(i64::MAX, |newer| logs.at(Log::FederationSignIns, newer) - 1);
    let (log, count) = (Log::SignIns(kind), logs.count(Log::SignIns(kind)));
    let mut between = logs.within(log, at, until).rev();
    between.find(|&index| matches!(sign_ins::part(logs.world(), kind, index, count), Part::Federated(..)))
}

/// Who signs in.
pub(crate) fn user(logs: &Logs, index: u64) -> u64 {
    if followed_by(logs, index).is_some() {
        return stories::LOST_DEVICE_OWNER;
    }
    let world = logs.world();
    let tried = (0..TRIES).map(|turn| mix(draw(world, index), turn) % world.user_count());
    let federated = |&user: &u64| {
        let user = world.user(user);
        user.site.is_federated && user.is_synced
    };
    tried.into_iter().find(federated).unwrap_or(stories::LOST_DEVICE_OWNER)
}

/// From where: a private address of the site, or one outside.
pub(crate) fn network(logs: &Logs, index: u64) -> Option<Network> {
    let draw = draw(logs.world(), index);
    (draw >> 16 & 3 == 0).then_some(Network::Carrier((draw >> 20 & 0xFF) as u8))
}

/// The private address of a sign-in from inside.
pub(crate) fn private_address(logs: &Logs, index: u64, site: usize) -> String {
    SITES.get(site).map(|site| site.private_address(draw(logs.world(), index) >> 24)).unwrap_or_default()
}

/// Appends the record.
pub(crate) fn write(logs: &Logs, actors: &mut Actors, index: u64, out: &mut Vec<u8>) {
    let world = logs.world();
    let (draw, at) = (draw(world, index), instant::text(logs.at(Log::FederationSignIns, index)));
    let actor = actors.of(user(logs, index));
    let address =
        network(logs, index).map_or_else(|| private_address(logs, index, actor.site), |network| network.text(world));
    let correlation = match followed_by(logs, index) {
        Some(sign_in) => sign_ins::correlation(world.seed(), Kind::Interactive, sign_in),
        None => loose_guid(world.seed() ^ 0xADF6, draw),
    };
    let (party, identifier) = RELYING_PARTIES[(draw >> 8 & 3) as usize];
    let failed = followed_by(logs, index).is_none() && draw >> 32 & 7 == 0;
    let record = json!({
        "id": guid_text(guid_bits(world.seed(), Class::Event, event_number(Log::FederationSignIns.number(), index))),
        "createdDateTime": at,
        "userDisplayName": actor.user.display_name,
        "userPrincipalName": actor.user.sign_in_name,
        "userId": actor.user.id,
        "appId": identifier,
        "appDisplayName": party,
        "ipAddress": address,
        "clientAppUsed": if network(logs, index).is_some() { "Extranet" } else { "Intranet" },
        "correlationId": guid_text(correlation),
        "isInteractive": true,
        "tokenIssuerName": FEDERATION_HOST,
        "tokenIssuerType": "ADFederationServices",
        "riskDetail": "hidden",
        "riskLevelAggregated": "hidden",
        "resourceDisplayName": party,
        "resourceId": identifier,
        "homeTenantId": world.tenant_id(),
        "tenantId": world.tenant_id(),
        "userType": "Member",
        "signInIdentifier": signed_in_as(actor, draw),
        "alternateSignInName": actor.user.mail,
        "signInEventTypes": ["interactiveUser"],
        "uniqueTokenIdentifier": guid_text(loose_guid(world.seed() ^ 0xADF7, draw)).replace('-', "")[..22],
        "userAgent": super::agents::AGENTS[(draw >> 44) as usize % super::agents::AGENTS.len()].header,
        "status": status(failed, &actor.user.sign_in_name),
        "appliedConditionalAccessPolicies": [],
        "authenticationDetails": [{
            "authenticationStepDateTime": at,
            "authenticationMethod": if draw >> 40 & 1 == 0 { "Windows Integrated Authentication" } else { "Password" },
            "authenticationMethodDetail": "Forms Authentication",
            "succeeded": !failed,
            "authenticationStepRequirement": "",
            "StatusSequence": 0,
            "RequestSequence": 1,
        }],
        "authenticationProcessingDetails": [
            {"key": "Server name", "value": if draw & 1 == 0 { FEDERATION_SERVER } else { SECOND_SERVER }},
            {"key": "IP Addresses Involved in Auth Flow", "value": flow(logs, index, actor.site, &address)},
        ],
    });
    super::append(&record, out);
}

/// What was typed: the account with its domain, or the address.
fn signed_in_as(actor: &Actor, draw: u64) -> String {
    match &actor.user.sam {
        Some(sam) if draw >> 36 & 3 == 0 => format!("{}\\{sam}", super::super::world::NETBIOS_DOMAIN),
        _ => actor.user.upn.clone(),
    }
}

fn status(failed: bool, who: &str) -> Value {
    if failed {
        json!({
            "errorCode": 300_030,
            "failureReason": format!("MSIS3173: The user name or password is incorrect: {who}"),
        })
    } else {
        json!({"errorCode": 0})
    }
}

/// The addresses on the way: outside, then the proxy's own.
fn flow(logs: &Logs, index: u64, site: usize, address: &str) -> String {
    match network(logs, index) {
        Some(_) => format!("{address},{}", private_address(logs, index, site)),
        None => address.to_owned(),
    }
}
