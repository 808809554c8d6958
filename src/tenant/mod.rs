//! The embedded tenant: an invented organisation behind real HTTP, for `--demo`, `simulate` and the tests.
//!
//! Takes [`TenantSettings`]; gives a running server on a loopback address ([`server::serve`]), objects, configuration
//! and logs in Microsoft's shapes, and the truth about what they hold ([`logs::truth`]). Every record is computed from
//! (seed, index), so size costs no memory. Imports only the ground floor and `catalog`, so that it cannot share a
//! mistake with the rooms it tests.

mod accept;
pub mod documents;
pub mod faults;
mod hub;
mod instant;
pub mod logs;
mod monitor;
pub mod onprem;
pub mod server;
mod settings;
pub mod world;

pub use hub::HubSettings;
pub use settings::{BadLicence, BadLimits, BadRouting, Licence, Limits, Routing, TenantSettings};
