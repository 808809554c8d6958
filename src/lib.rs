//! The rooms of entra-bundle, in the order in which data passes them.
//!
//! A room imports only rooms that stand above it in this list (`tests/rooms.rs` checks it);
//! ARCHITECTURE.md draws the picture. `limits`, `clock`, `json` and `xml` are the ground floor.

pub mod limits;

pub mod clock;
pub mod json;
pub mod xml;

pub mod catalog;
pub mod record;

pub mod net;
pub mod source;

pub mod directory;

pub mod files;
pub mod host;
pub mod import;

pub mod pseudonym;

pub mod spool;

pub mod sweep;

pub mod summary;

pub mod archive;
pub mod manifest;
pub mod report;

pub mod tenant;

pub mod commands;
