//! Typed rows, compiled into the binary: what can be collected, with what permission, for whom and why.
//!
//! Takes the TOML files beside this one, gives `&'static` rows. No I/O, no logic about any single row:
//! a new endpoint is a new row (CONTRIBUTING.md). Tests iterate over the rows.

mod dataset;
mod field;
mod identifier;
mod kind;
mod secret;

pub use dataset::{Dataset, ForEach, Group, NotFound, Permission, Service, Shape, Throttle, TimeFilter, Where};
pub use field::{Action, FieldRule, ParentKey, When, fields, parent_keys};
pub use identifier::{Identifier, Shape as IdentifierShape, Treatment, identifier_words, identifiers};
pub use kind::Kind;
pub use secret::{SecretRule, secrets};
