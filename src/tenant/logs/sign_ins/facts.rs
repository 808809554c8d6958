//! Everything that one user sign-in says, before it is written.
//!
//! Takes a [`Part`], gives [`Facts`]: borrowed fragments and small numbers, drawn from (seed, kind, index).

use super::super::super::instant::Ticks;
use super::super::super::world::{Class, FIRST_PARTY, guid_bits, mix, stories};
use super::super::actors::{Actor, Actors};
use super::super::addresses::Network;
use super::super::agents::{self, AGENTS, Agent, LEGACY_AGENT, Outcome};
use super::super::{event_number, loose_guid};
use super::Kind;
use super::plan::{PARTNERS, Part, STRANGERS};
use super::stage::{Fragment, Program, Stage};

/// How the user proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Password against the hash in the cloud.
    Password,
    /// Password, then a push to the Authenticator.
    Push,
    /// Password, then a code to the phone.
    Phone,
    /// An earlier token held the claim.
    Claim,
    /// Windows Hello for Business.
    Hello,
    /// AD FS did it.
    Federated,
}

/// Who signs in.
#[derive(Debug)]
pub(super) enum Who<'a> {
    /// A user of the tenant.
    Actor(&'a Actor),
    /// Somebody else: name, sign-in name, whether a partner's technician.
    Outsider(&'static str, &'static str, bool),
}

/// One sign-in.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) kind: Kind,
    pub(super) id: u128,
    pub(super) at: Ticks,
    pub(super) draw: u64,
    pub(super) who: Who<'a>,
    pub(super) app: &'a Program,
    pub(super) resource: &'a Program,
    pub(super) network: Network,
    pub(super) client_app: &'static str,
    pub(super) agent: &'static Agent,
    pub(super) outcome: &'static Outcome,
    /// A failure text that names somebody, where the outcome has one.
    pub(super) reason: Option<String>,
    pub(super) access: &'static str,
    pub(super) policies: Option<&'a [Fragment; 2]>,
    pub(super) device: Option<&'a [u8]>,
    pub(super) site: usize,
    pub(super) is_risky: bool,
    pub(super) is_lost: bool,
    pub(super) proof: Proof,
}

/// Places in [`FIRST_PARTY`] of applications that people open, and of resources.
const APPS: [usize; 12] = [5, 8, 9, 10, 11, 15, 16, 17, 18, 21, 23, 29];
const SILENT_APPS: [usize; 8] = [8, 9, 11, 21, 22, 29, 10, 20];
const RESOURCES: [usize; 6] = [0, 0, 1, 2, 3, 4];
/// Place of the Entra Connect application.
const CONNECT: usize = 19;

impl<'a> Facts<'a> {
    pub(super) fn new(
        stage: &'a Stage,
        actors: &'a mut Actors,
        at: Ticks,
        (kind, index): (Kind, u64),
        part: Part,
    ) -> Self {
        let seed = stage.world.seed();
        let number = event_number(kind.number(), index);
        let draw = mix(seed ^ 0xFAC7, number);
        let who = match part {
            Part::Stranger(place, _) => STRANGERS.get(place).map(|one| Who::Outsider(one.upn, one.upn, false)),
            Part::Partner(place, _) => PARTNERS.get(place).map(|one| Who::Outsider(one.name, one.upn, true)),
            Part::Ordinary(user, _)
            | Part::FieldCrew(user, _)
            | Part::SprayTry(user, _)
            | Part::SpraySuccess(user, _)
            | Part::LostDevice(user, _)
            | Part::Risky(user, _)
            | Part::PendingGuest(user, _)
            | Part::Federated(user, _) => Some(Who::Actor(actors.of(user))),
        };
        let who = who.unwrap_or(Who::Outsider("", "", false));
        let home = if let Who::Actor(actor) = &who { actor.site } else { 0 };
        let device = match &who {
            Who::Actor(actor) if draw & 3 != 0 => {
                Some(actor.device_detail.as_slice()).filter(|_| actor.device.is_some())
            }
            _ => None,
        };
        let (app, resource) = programs(stage, kind, part, draw);
        let network = part.network().seen_from(home);
        let mut facts = Self {
            kind,
            id: guid_bits(seed, Class::Event, number),
            at,
            draw,
            who,
            app,
            resource,
            network,
            client_app: if draw >> 60 < 9 { "Browser" } else { "Mobile Apps and Desktop clients" },
            agent: agent(draw),
            outcome: &agents::SUCCESS,
            reason: None,
            access: "success",
            policies: Some(&stage.policies.satisfied),
            device,
            site: part.network().site(home),
            is_risky: false,
            is_lost: false,
            proof: proof(draw),
        };
        facts.tell(stage, part);
        facts
    }

    fn tell(&mut self, stage: &'a Stage, part: Part) {
        match part {
            Part::Ordinary(..) | Part::Partner(..) => self.ordinary(stage),
            Part::FieldCrew(..) => {
                self.client_app = ["Exchange ActiveSync", "IMAP4", "Authenticated SMTP"][(self.draw % 3) as usize];
                self.agent = &LEGACY_AGENT;
                self.fail(&agents::BLOCKED, "failure", Some(&stage.policies.blocked));
                (self.device, self.proof) = (None, Proof::Password);
            }
            Part::SprayTry(..) => {
                self.fail(&agents::BAD_PASSWORD, "notApplied", None);
                (self.device, self.client_app, self.proof) = (None, "Other clients", Proof::Password);
                self.agent = &LEGACY_AGENT;
            }
            Part::SpraySuccess(..) => {
                (self.device, self.is_risky, self.proof) = (None, true, Proof::Password);
                self.client_app = "Browser";
            }
            Part::Risky(..) => (self.device, self.is_risky, self.proof) = (None, true, Proof::Phone),
            Part::LostDevice(..) => {
                self.fail(&agents::DEVICE_GONE, "notApplied", None);
                (self.device, self.is_lost) = (Some(stage.lost_device.as_slice()), true);
            }
            Part::PendingGuest(..) => {
                self.fail(&NO_GUEST, "notApplied", None);
                if let Who::Actor(actor) = &self.who {
                    self.reason = Some(format!(
                        "User account '{}' from identity provider 'https://sts.windows.net/' does not exist in tenant '{}' and cannot access the application '{}' in that tenant. The account needs to be added as an external user in the tenant first.",
                        actor.user.sign_in_name,
                        super::super::super::world::ORGANISATION,
                        self.app.app_id
                    ));
                }
            }
            Part::Federated(..) => self.proof = Proof::Federated,
            Part::Stranger(..) => {
                self.fail(&NO_USER, "notApplied", None);
                if let Who::Outsider(_, upn, _) = self.who {
                    let domain = super::super::super::world::DOMAIN;
                    self.reason = Some(format!(
                        "The user account {upn} does not exist in the {domain} directory. To sign into this application, the account must be added to the directory."
                    ));
                }
            }
        }
    }

    fn ordinary(&mut self, stage: &'a Stage) {
        let table: &'static [Outcome] =
            if self.kind == Kind::Interactive { &agents::INTERACTIVE } else { &agents::SILENT };
        match agents::choose(table, self.draw >> 8) {
            Some(outcome) if matches!(outcome.code, 50_074 | 50_076 | 500_121 | 53_000) => {
                self.fail(outcome, "failure", Some(&stage.policies.unsatisfied));
            }
            Some(outcome) => self.fail(outcome, "notApplied", None),
            None if self.proof == Proof::Claim => self.outcome = &agents::SUCCESS_MFA,
            None => {}
        }
    }

    fn fail(&mut self, outcome: &'static Outcome, access: &'static str, policies: Option<&'a [Fragment; 2]>) {
        (self.outcome, self.access, self.policies) = (outcome, access, policies);
    }

    /// A GUID of this sign-in for a purpose; several sign-ins of a user share session and correlation ids.
    pub(super) fn guid(&self, seed: u64, purpose: u64) -> u128 {
        loose_guid(seed ^ purpose, self.draw)
    }
}

static NO_GUEST: Outcome = Outcome {
    code: 50_020,
    reason: "User account from identity provider does not exist in tenant and cannot access the application in that tenant.",
    details: "",
    share: 0,
};
static NO_USER: Outcome =
    Outcome { code: 50_034, reason: "The user account does not exist in the directory.", details: "", share: 0 };

fn agent(draw: u64) -> &'static Agent {
    AGENTS.get((draw >> 20) as usize % AGENTS.len()).unwrap_or(&LEGACY_AGENT)
}

fn proof(draw: u64) -> Proof {
    match draw >> 32 & 0xF {
        0..=3 => Proof::Claim,
        4..=7 => Proof::Push,
        8..=9 => Proof::Phone,
        10..=12 => Proof::Hello,
        _ => Proof::Password,
    }
}

fn programs(stage: &Stage, kind: Kind, part: Part, draw: u64) -> (&Program, &Program) {
    let own = stage.first_managed - FIRST_PARTY.len();
    let resource = stage.program(RESOURCES[(draw >> 40) as usize % RESOURCES.len()]);
    match part {
        Part::Ordinary(stories::SYNC_ACCOUNT, _) => (stage.program(CONNECT), stage.program(1)),
        Part::FieldCrew(..) | Part::SprayTry(..) => (stage.program(2), stage.program(2)),
        _ if draw >> 44 & 7 == 0 && own > 0 => {
            let app = stage.program(FIRST_PARTY.len() + (draw >> 48) as usize % own);
            (app, app)
        }
        _ if kind == Kind::Interactive => (stage.program(APPS[(draw >> 48) as usize % APPS.len()]), resource),
        _ => (stage.program(SILENT_APPS[(draw >> 48) as usize % SILENT_APPS.len()]), resource),
    }
}
