//! Pseudonyms, and the gate between raw and clean.
//!
//! Takes raw records and texts, gives clean ones; the only room that can make a [`CleanBatch`], [`CleanText`] or
//! [`CleanName`]. Three detectors in series: rules by field, decoders and patterns, a dictionary of every identifier
//! the directory named. An unknown field is scanned, never passed. Keys, cipher, the map from kinds to pseudonyms and
//! the way back live here too. Never touches the network, never logs a value.

mod clean;
mod decode;
mod dictionary;
mod duty;
mod envelope;
mod expression;
mod form;
mod gate;
mod guid;
mod lesson;
mod memory;
#[cfg(feature = "gate-mutants")]
pub mod mutant;
#[cfg(not(feature = "gate-mutants"))]
mod mutant;
mod policy;
mod ranges;
mod remember;
mod repair;
mod rewrite;
mod rules;
mod scan;
mod secret;
mod settled;
mod traits;
mod values;
mod walk;

pub mod canonical;
pub mod cipher;
pub mod key;
pub mod key_folder;
pub mod map;
pub mod reveal;
pub mod reveal_log;

pub use clean::{CleanBatch, CleanName, CleanText, GateError, Refusal, RefusalCause};
pub use dictionary::Dictionary;
pub use gate::{Gate, WellKnown};
pub use policy::{Policy, PolicyError};
pub use remember::digest;
pub use rules::Rules;
pub use traits::NotedTrait;

#[cfg(test)]
mod tests;
