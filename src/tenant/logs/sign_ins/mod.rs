//! The four kinds of sign-ins: who takes part in which record, and the records themselves.
//!
//! Takes the index of a record, gives its JSON in the shape of Graph `beta` (all properties) or `v1.0` (29 of
//! interactive sign-ins). Source: graph/api/resources/signin (beta 2024-11, v1.0), msgraph-metadata.

mod details;
mod facts;
mod lean;
mod plan;
mod service;
mod stage;
mod token;
mod user;

pub(crate) use plan::{PARTNERS, Part, STRANGERS, part};
pub(crate) use service::network as service_network;
pub(crate) use stage::Stage;
pub(crate) use token::{Token, correlation, service_token, user_token};

use super::actors::Actors;
use super::timeline::Timeline;
use facts::Facts;

/// A kind of sign-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A user at a screen.
    Interactive,
    /// A program on behalf of a user.
    NonInteractive,
    /// A service principal.
    ServicePrincipal,
    /// A managed identity.
    ManagedIdentity,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Interactive, Self::NonInteractive, Self::ServicePrincipal, Self::ManagedIdentity];

    /// The member of `signInEventTypes`.
    pub fn event_type(self) -> &'static str {
        match self {
            Self::Interactive => "interactiveUser",
            Self::NonInteractive => "nonInteractiveUser",
            Self::ServicePrincipal => "servicePrincipal",
            Self::ManagedIdentity => "managedIdentity",
        }
    }

    pub(crate) fn number(self) -> u64 {
        self as u64
    }
}

/// The federation service of `emea.alderwood.example`.
pub(crate) const FEDERATION_HOST: &str = "sts.alderwood.example";
/// The AD FS server that answered.
pub(crate) const FEDERATION_SERVER: &str = "AWM-ADFS01.ad.alderwood.local";

/// Consecutive records that share their users, and how many those are: people come back within minutes.
pub(crate) const ROOM: u64 = 1_024;
/// Users of a room.
pub(crate) const ROOM_USERS: u64 = 64;

/// Appends one sign-in.
pub(crate) fn write(
    stage: &Stage,
    actors: &mut Actors,
    timeline: &Timeline,
    (kind, is_beta): (Kind, bool),
    index: u64,
    out: &mut Vec<u8>,
) {
    match kind {
        Kind::Interactive | Kind::NonInteractive => {
            let plan = plan::part(&stage.world, kind, index, timeline.count());
            let facts = Facts::new(stage, actors, timeline.at(index), (kind, index), plan);
            if is_beta {
                user::write(stage, &facts, out);
            } else {
                lean::write(stage, &facts, out);
            }
        }
        Kind::ServicePrincipal | Kind::ManagedIdentity => {
            service::write(stage, timeline.at(index), (kind, index), timeline.count(), out);
        }
    }
}
