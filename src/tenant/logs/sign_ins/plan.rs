//! Who takes part in which user sign-in.
//!
//! Takes an index, gives a [`Part`]: an ordinary user, or one of the stories (`world::stories`). Stories return at a
//! fixed distance, so that every tenant tells them whatever its size; nothing is drawn that depends on the clock.

use super::super::super::world::{World, mix, stories};
use super::super::addresses::Network;
use super::{Kind, ROOM, ROOM_USERS};

/// A person who is no user of the tenant.
#[derive(Debug)]
pub(crate) struct Outsider {
    /// Display name.
    pub(crate) name: &'static str,
    /// Sign-in name.
    pub(crate) upn: &'static str,
}

/// Names that somebody typed and that no account has (50034).
pub(crate) static STRANGERS: [Outsider; 4] = [
    Outsider { name: "", upn: "harbourmaster.ret@alderwood.example" },
    Outsider { name: "", upn: "wil.hope@alderwood.example" },
    Outsider { name: "", upn: "quentin.ashdown@alderwood.example" },
    Outsider { name: "", upn: "sean.obrian@alderwood.example" },
];

/// Technicians of a partner who administer the tenant without an account in it.
pub(crate) static PARTNERS: [Outsider; 3] = [
    Outsider { name: "Tomasz Wolny", upn: "tomasz.wolny@harbour-supply.example" },
    Outsider { name: "Fenella Craddock", upn: "f.craddock@harbour-supply.example" },
    Outsider { name: "Íñigo Barrenetxea", upn: "inigo.barrenetxea@lloydsgate.example" },
];

/// What happens in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Somebody works, from somewhere.
    Ordinary(u64, Network),
    /// Story 1: an old mail program of the field crew is blocked.
    FieldCrew(u64, Network),
    /// Story 4: a guess at somebody's password.
    SprayTry(u64, Network),
    /// Story 4: the guess that was right.
    SpraySuccess(u64, Network),
    /// Story 5: the client presents a deleted device.
    LostDevice(u64, Network),
    /// Story 7: a risky sign-in.
    Risky(u64, Network),
    /// Story 8: the guest who cannot redeem.
    PendingGuest(u64, Network),
    /// AD FS issued the token.
    Federated(u64, Network),
    /// An unknown name (index into [`STRANGERS`]).
    Stranger(usize, Network),
    /// A partner's technician (index into [`PARTNERS`]).
    Partner(usize, Network),
}

impl Part {
    /// The address.
    pub(crate) fn network(self) -> Network {
        match self {
            Self::Ordinary(_, network)
            | Self::FieldCrew(_, network)
            | Self::SprayTry(_, network)
            | Self::SpraySuccess(_, network)
            | Self::LostDevice(_, network)
            | Self::Risky(_, network)
            | Self::PendingGuest(_, network)
            | Self::Federated(_, network)
            | Self::Stranger(_, network)
            | Self::Partner(_, network) => network,
        }
    }
}

/// Logs below this many records are too short for the spray.
const SPRAY_LOG_MIN: u64 = 200;

/// What happens in record `index` of `count`.
pub(crate) fn part(world: &World, kind: Kind, index: u64, count: u64) -> Part {
    let draw = mix(world.seed() ^ (kind.number() << 40), index);
    if kind == Kind::Interactive && count >= SPRAY_LOG_MIN {
        let targets = stories::SPRAY_TARGETS.end - stories::SPRAY_TARGETS.start;
        let tries = if count >= 1_000 { 3 * targets } else { targets };
        let newest = count * 3 / 10;
        match index.checked_sub(newest) {
            Some(0) => return Part::SpraySuccess(stories::SPRAY_VICTIM, Network::Spray(77)),
            Some(step) if step <= tries => {
                let user = stories::SPRAY_TARGETS.start + (step - 1) % targets;
                return Part::SprayTry(user, Network::Spray((draw % 200 + 20) as u8));
            }
            _ => {}
        }
    }
    let stride = (count / 40).max(25);
    let turn = index / stride;
    let carrier = Network::Carrier((draw >> 24 & 0xFF) as u8);
    match (index % stride, kind) {
        (3, Kind::Interactive) => {
            let crew = stories::FIELD_CREW.end - stories::FIELD_CREW.start;
            Part::FieldCrew(stories::FIELD_CREW.start + turn % crew, carrier)
        }
        (5, _) => Part::LostDevice(stories::LOST_DEVICE_OWNER, Network::office(1, turn)),
        (7, Kind::Interactive) => Part::PendingGuest(stories::PENDING_GUEST, carrier),
        (9, Kind::Interactive) => Part::Risky(stories::RISKY_USER, Network::Spray(77)),
        (11, Kind::Interactive) => Part::Stranger(turn as usize % STRANGERS.len(), carrier),
        (13, _) => Part::Partner(turn as usize % PARTNERS.len(), carrier),
        (15, Kind::Interactive) => Part::Federated(stories::LOST_DEVICE_OWNER, Network::office(1, turn)),
        (4, Kind::NonInteractive) => Part::Ordinary(stories::SYNC_ACCOUNT, Network::office(0, 3)),
        _ => {
            let user = ordinary_user(world, index, draw);
            Part::Ordinary(user, whereabouts(user, draw))
        }
    }
}

fn ordinary_user(world: &World, index: u64, draw: u64) -> u64 {
    let place = (draw & 0xFFFF) % ROOM_USERS;
    let user = mix(world.seed() ^ 0xB10C, index / ROOM * ROOM_USERS + place) % world.user_count();
    match user {
        stories::SYNC_ACCOUNT | stories::BREAK_GLASS | stories::PENDING_GUEST => stories::HELPDESK,
        user => user,
    }
}

fn whereabouts(user: u64, draw: u64) -> Network {
    match draw >> 16 & 0xFF {
        0..=140 => Network::OwnOffice((draw >> 32 & 0xF) as u8),
        141..=215 => Network::Home(user),
        216..=245 => Network::Carrier((draw >> 32 & 0xFF) as u8),
        _ => Network::NextOffice((draw >> 32 & 0xF) as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::world;
    use super::*;

    fn parts(kind: Kind, count: u64) -> Vec<Part> {
        let world = world(120);
        (0..count).map(|index| part(&world, kind, index, count)).collect()
    }

    #[test]
    fn every_story_is_told_at_every_size() {
        for count in [200, 1_500, 40_000] {
            let parts = parts(Kind::Interactive, count);
            let tells = |wanted: fn(&Part) -> bool| parts.iter().filter(|part| wanted(part)).count();
            assert!(tells(|part| matches!(part, Part::FieldCrew(..))) >= 6);
            assert!(tells(|part| matches!(part, Part::LostDevice(..))) > 0);
            assert!(tells(|part| matches!(part, Part::PendingGuest(..))) > 0);
            assert!(tells(|part| matches!(part, Part::Risky(..))) > 0);
            assert_eq!(tells(|part| matches!(part, Part::SpraySuccess(..))), 1);
            assert!(tells(|part| matches!(part, Part::SprayTry(..))) >= 36);
        }
    }

    #[test]
    fn the_spray_comes_from_one_network_before_its_success() {
        let parts = parts(Kind::Interactive, 1_500);
        let success = parts.iter().position(|part| matches!(part, Part::SpraySuccess(..))).unwrap();
        assert!(
            parts[success + 1..success + 109].iter().all(|part| matches!(part, Part::SprayTry(_, Network::Spray(_))))
        );
    }
}
