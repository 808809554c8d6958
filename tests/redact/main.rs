//! `redact` and the gate behind it, on a corpus with planted identifiers: nothing of them is left, everything else is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]
#![cfg_attr(feature = "gate-off", allow(unused_imports, dead_code, reason = "most of it needs the gate"))]

#[path = "../corpus/mod.rs"]
mod corpus;
#[path = "../support/mod.rs"]
mod support;

mod blind;
mod planted;
mod properties;
mod shared;
