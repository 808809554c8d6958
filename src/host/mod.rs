//! What lies on the customer's servers: files of Entra Connect, its agents, AD FS and Windows, read into records.
//!
//! Takes [`RawStretch`](crate::record::RawStretch)es of files that were recognised, gives raw records of the datasets of
//! the group `onprem`. Never changes a value, never writes.

pub mod reading;
