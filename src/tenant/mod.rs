//! The embedded tenant: an invented organisation behind real HTTP, for `--demo`, `simulate` and the tests.
//!
//! Takes a seed, a number of users and an instant; gives objects, configuration and logs in Microsoft's shapes.
//! Imports only the ground floor and `catalog`, so that it cannot share a mistake with the rooms it tests.

pub mod documents;
pub mod world;
