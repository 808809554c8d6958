//! The embedded tenant: an invented Microsoft Entra tenant that answers over HTTP like Microsoft Graph.
//!
//! Takes [`TenantSettings`], gives a running server on a loopback address ([`server::serve`]) and the truth about
//! what it holds ([`logs::truth`]). `collect --demo` and `simulate` run the same code. It never leaves loopback, holds no
//! real data, and computes every record from (seed, index), so its size costs no memory.

mod instant;
pub mod logs;
pub mod server;
mod settings;

pub use settings::{BadLicence, BadLimits, Licence, Limits, TenantSettings};
