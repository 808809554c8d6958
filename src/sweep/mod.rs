//! The second pass: repairs clean blocks, and looks through a finished bundle for what should not be in it.
//!
//! Takes the spool's clean blocks and gives repaired ones ([`repair`]); takes the bytes of finished files and gives
//! places, never values ([`LeakScan`]). The leak check shares no search code with the gate: it decodes
//! on its own ([`views`]) and finds shapes with regular expressions. Never touches the network.

mod bytes;
mod closed_world;
mod decode;
mod dictionary;
mod leak_crew;
mod leak_scan;
mod repair;
mod shapes;
mod sound;
pub mod views;

pub use closed_world::ClosedWorld;
pub use dictionary::Known;
pub use leak_crew::{LeakCrew, with_crew};
pub use leak_scan::{Finding, LeakScan};
pub use repair::{Repaired, repair, repair_block};
pub use shapes::{SHAPES, Shape, covered};

#[cfg(test)]
mod tests;
