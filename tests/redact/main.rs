//! `redact` and the gate behind it, on a corpus with planted identifiers: nothing of them is left, everything else is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

#[path = "../corpus/mod.rs"]
mod corpus;
#[path = "../support/mod.rs"]
mod support;

mod blind;
mod planted;
mod properties;
mod shared;
