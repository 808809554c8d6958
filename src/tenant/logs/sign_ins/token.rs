//! The token that a sign-in gave: what later records of other logs name it by.
//!
//! Takes an instant, gives the newest sign-in before it that succeeded for a resource. A request to Graph carries its
//! `uniqueTokenIdentifier` as `signInActivityId`. Source: graph/microsoft-graph-activity-logs-overview.

use std::ops::Range;

use super::super::super::instant::Ticks;
use super::super::super::world::{Class, guid_bits, mix};
use super::super::actors::Actors;
use super::super::addresses::Network;
use super::super::timeline::Timeline;
use super::super::{event_number, loose_guid};
use super::facts::{Facts, Who};
use super::stage::Stage;
use super::{Kind, plan, service, user};

/// Sign-ins that are looked at, back from the instant: about every fourth succeeds for Graph, every twentieth for
/// SharePoint.
const LOOKED_AT: u64 = 200;

/// A token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// The sign-in's `uniqueTokenIdentifier`.
    pub(crate) identifier: String,
    /// When it was issued.
    pub(crate) issued: Ticks,
    /// Whose it is: index of the user; `None`: the service principal's own.
    pub(crate) user: Option<u64>,
    /// Application id of the client.
    pub(crate) app_id: String,
    /// Object id of its service principal.
    pub(crate) principal: String,
    /// From where the sign-in came.
    pub(crate) network: Network,
    /// What the client called itself.
    pub(crate) agent: &'static str,
    /// `deviceDetail.deviceId` of the sign-in.
    pub(crate) device: Option<String>,
    /// The session of the sign-in.
    pub(crate) session: u128,
}

/// `correlationId` of a user's sign-in.
pub(crate) fn correlation(seed: u64, kind: Kind, index: u64) -> u128 {
    loose_guid(seed ^ 1, mix(seed ^ 0xFAC7, event_number(kind.number(), index)))
}

/// The newest silent sign-in of `candidates` (newest first) by which a user of the tenant got a token for the resource
/// with this application id.
pub(crate) fn user_token(
    stage: &Stage,
    actors: &mut Actors,
    timeline: &Timeline,
    candidates: Range<u64>,
    resource: &str,
) -> Option<Token> {
    let kind = Kind::NonInteractive;
    for index in candidates.take(LOOKED_AT as usize) {
        let part = plan::part(&stage.world, kind, index, timeline.count());
        let facts = Facts::new(stage, actors, timeline.at(index), (kind, index), part);
        let Who::Actor(actor) = &facts.who else { continue };
        if facts.outcome.code != 0 || facts.resource.app_id != resource {
            continue;
        }
        let session = facts.guid(stage.world.seed(), 2);
        return Some(Token {
            identifier: identifier(facts.id ^ session),
            issued: facts.at,
            user: Some(actor.user.index),
            app_id: facts.app.app_id.clone(),
            principal: facts.app.id.clone(),
            network: facts.network,
            agent: facts.agent.header,
            device: facts.device.and(actor.device.as_ref()).map(|device| device.device_id.clone()),
            session,
        });
    }
    None
}

/// The newest sign-in of `candidates` by which a service principal got a token for Microsoft Graph.
pub(crate) fn service_token(stage: &Stage, timeline: &Timeline, mut candidates: Range<u64>) -> Option<Token> {
    let (kind, seed) = (Kind::ServicePrincipal, stage.world.seed());
    candidates.end = candidates.end.min(candidates.start.saturating_add(LOOKED_AT));
    candidates.find_map(|index| {
        let (draw, program) = service::graph_token(stage, kind, index, timeline.count())?;
        let id = guid_bits(seed, Class::Event, event_number(kind.number(), index));
        Some(Token {
            identifier: identifier(id ^ u128::from(draw)),
            issued: timeline.at(index),
            user: None,
            app_id: program.app_id.clone(),
            principal: program.id.clone(),
            network: service::network(seed, kind, index)?,
            agent: "python-requests/2.32.3",
            device: None,
            session: 0,
        })
    })
}

fn identifier(bits: u128) -> String {
    let mut text = Vec::with_capacity(22);
    user::token_identifier(bits, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
