//! Requests and replies: the one HTTP client, its budgets, its patience and its guards.
//!
//! Takes an [`Ask`], gives the reply's parsed body or a [`Failure`]. Sends a bearer token to the origin that was
//! configured and to no other, follows no redirect, reads no more than a cap, asks for no path that holds
//! secrets. Never writes to disk, never logs an address or a body.
//! Source: Microsoft Graph "throttling guidance", "throttling limits", "best practices" (learn.microsoft.com/graph).

mod ask;
mod attempt;
pub mod auth;
mod body;
mod client;
mod exchange;
mod failure;
mod guard;
mod id;
#[cfg(test)]
pub(crate) mod mock;
#[cfg(test)]
pub(crate) mod mock_tls;
mod nap;
mod pace;
mod probe;
mod rate;
mod recovery;
mod setup;
mod shared_key;
mod status;
#[cfg(test)]
mod tests;
mod throttle;
mod tls;
pub mod transport;
mod xml;

pub use ask::{Answer, Ask, Proof};
pub use client::{ClientOptions, NetError, http_client};
pub use exchange::Client;
pub(crate) use exchange::UnderWay;
pub use failure::{Failure, FailureKind, Fault, Refusal};
pub use guard::{Denied, Endpoints, Target, endpoint};
pub use nap::Retrying;
pub use probe::{Reached, probe};
pub use rate::{Rate, RateError};
pub(crate) use recovery::{Recovery, recovery};
pub use setup::{Patience, Setup};
pub use shared_key::SharedKey;
pub use status::Status;
pub use throttle::{ClassStatus, WaitReason};
pub(crate) use tls::{Opinion, tls_config};
