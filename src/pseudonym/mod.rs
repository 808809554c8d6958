//! (room under construction)

mod clean;

pub use clean::{CleanBatch, CleanText};
