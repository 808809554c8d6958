//! Typed rows, compiled into the binary: what can be collected, with what permission, for whom and why.
//!
//! Takes the TOML files beside this one, gives `&'static` rows. No I/O, no logic about any single row:
//! a new endpoint is a new row (CONTRIBUTING.md). Tests iterate over the rows.

mod dataset;
mod kind;

pub use dataset::{Dataset, ForEach, Group, NotFound, Permission, Service, Shape, Throttle, TimeFilter, Where};
pub use kind::Kind;
