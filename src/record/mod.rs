//! The value types that pass between the rooms: what a source gives, and how it ended.
//!
//! Takes nothing, does nothing. A [`RawRecord`], a [`RawText`] and a [`RawStretch`] hold what the service sent or a file
//! says: they have no `Debug`, no `Display` and no `Serialize`, so that a raw value cannot reach a log, an error or a
//! file. Only the `pseudonym` room reads them out (`tests/rooms.rs` checks who calls `expose`).

mod outcome;
mod raw;
mod stretch;

pub use outcome::{Outcome, ServiceError, Verdict};
pub use raw::{Key, RawBatch, RawRecord, RawText};
pub use stretch::{Context, Encoding, Form, Open, RawStretch};
