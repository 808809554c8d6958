//! The on-premises side of the embedded tenant: what lies on its servers, as files.
//!
//! Takes [`TenantSettings`] and a [`Health`], gives [`ServerFile`]s one after another: a copied `%ProgramData%`, exports of the
//! synchronisation engine, saved events, command output, an LDIF export of Active Directory. The same people, devices,
//! groups, ids and addresses as on the cloud side; [`stories`] says what is wrong. A few files that nobody may collect lie
//! among them. Files are text in the shapes that the documentation and public samples show, constructed here, not copied.
//! Never reads a clock, a file or the network.

mod adfs;
mod agents;
mod configuration;
mod denied;
mod device;
mod device_events;
mod directory;
mod events;
mod forest;
mod instant;
mod items;
mod ldif;
mod objects;
mod registry;
mod runs;
mod space;
mod state;
pub mod stories;
mod sync_events;
mod trace;

pub use denied::SECRETS;

use time::OffsetDateTime;

use super::TenantSettings;
use super::world::{Settings, World};

/// Host name of the server that Entra Connect runs on.
pub const CONNECT_HOST: &str = "AWM-CONNECT01";
/// The domain controller that everything was read from.
const DOMAIN_CONTROLLER: &str = "AWM-DC01.ad.alderwood.local";
/// Host name of the AD FS server.
const FEDERATION_HOST: &str = "AWM-ADFS01";
/// The DNS name that AD FS answers to.
const FEDERATION_SERVICE: &str = "sts.alderwood.example";
/// A second forest, which a second connector reads.
const YARD_DOMAIN: &str = "yard.alderwood.local";
/// The account that the engine reads the directory with.
const CONNECTOR_ACCOUNT: &str = "MSOL_4f2c9a81b3de";

/// Whether the planted stories are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// With everything that [`stories`] lists.
    Planted,
    /// Nothing is wrong.
    Sound,
}

/// A file of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFile {
    /// Path with `/` below the folder that everything was copied to.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl ServerFile {
    fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// What all writers share.
#[derive(Clone, Copy)]
struct Server {
    world: World,
    health: Health,
}

impl Server {
    fn is_planted(&self) -> bool {
        self.health == Health::Planted
    }

    fn ago_s(&self, age_s: u64) -> OffsetDateTime {
        self.world.ago_s(age_s)
    }
}

/// Gives every file of the servers of a tenant, one at a time; memory is bounded by the largest one (`limits`).
///
/// # Errors
/// What `give` returns ends the walk.
pub fn server_folder<E>(
    settings: &TenantSettings,
    health: Health,
    give: &mut dyn FnMut(ServerFile) -> Result<(), E>,
) -> Result<(), E> {
    let world = World::new(Settings { seed: settings.seed, users: settings.users, now: settings.now });
    let server = Server { world, health };
    let small: [fn(&Server) -> Vec<ServerFile>; 13] = [
        trace::files,
        configuration::files,
        runs::files,
        space::files,
        sync_events::files,
        device_events::files,
        agents::files,
        adfs::files,
        device::files,
        registry::files,
        state::files,
        items::files,
        denied::files,
    ];
    for files in small {
        files(&server).into_iter().try_for_each(&mut *give)?;
    }
    directory::files(&server).try_for_each(give)
}

#[cfg(test)]
mod tests;
