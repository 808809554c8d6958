//! The embedded tenant as a server on loopback: Graph, Azure Resource Manager and the token endpoint in one.
//!
//! Takes `TenantSettings` and a listening socket, gives [`Running`]. HTTP/1.1 and HTTP/2 with prior knowledge. It
//! refuses every address that is not loopback, keeps no state but throttle windows and device codes, and computes
//! replies as they are asked for. Paths: `/v1.0`, `/beta` (Graph), `/{tenant}/oauth2/v2.0/…` (sign-in),
//! `/providers/microsoft.aadiam/…` (ARM), and those of services.rs.

mod activity;
mod answer;
mod batch;
mod blobs;
mod documents;
mod evaluate;
mod expression;
mod fault;
mod listen;
mod log_page;
mod login;
mod mishaps;
mod page;
mod position;
mod query;
mod reply;
mod routing;
mod service_mishaps;
mod services;
mod sets;
mod throttle;
mod wire;
mod workspace;

pub(crate) use answer::Tenant;
pub use listen::{NotServed, Running, serve};
pub use throttle::ClassCount;

#[cfg(test)]
mod mishap_tests;
#[cfg(test)]
mod tests;
