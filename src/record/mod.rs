//! The value types that pass between the rooms: what a source gives, and how it ended.
//!
//! Takes nothing, does nothing. A [`RawRecord`] and a [`RawText`] hold what the service sent: they have no
//! `Debug`, no `Display` and no `Serialize`, so that a raw value cannot reach a log, an error or a file.
//! Only the `pseudonym` room reads them out (`tests/rooms.rs` checks who calls `expose`).

mod outcome;
mod raw;

pub use outcome::{Outcome, ServiceError, Verdict};
pub use raw::{Key, RawBatch, RawRecord, RawText};
