//! The network room: signing in, and (beside it) the client that speaks to the services.

pub mod auth;
pub mod transport;
