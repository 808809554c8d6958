//! The storage client: against a real Azurite, and against the storage account of the embedded tenant.
//!
//! Azurite needs Node and the packages of `tests/azurite/package.json` in `target/azurite`, https also openssl. Without
//! them those tests pass with a note; where `CI=true`, a missing server is a failure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod big;
mod contract;
mod real;
#[path = "../workspace/scale.rs"]
mod scale;
mod server;
#[path = "../support/service.rs"]
mod service;
#[path = "../workspace/stand.rs"]
#[allow(dead_code, reason = "written for the tests of the workspace")]
mod stand;
#[path = "../support/mod.rs"]
mod support;
