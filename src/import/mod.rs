//! Files that the customer already has, into datasets.
//!
//! Takes `Inputs` and the datasets of the plan; recognises records by their content (portal downloads, exports of Azure
//! Monitor and Log Analytics, unified audit searches, saved Graph pages), gives them to the sink in the shape of their
//! dataset, and an account of every file: each record is imported, a duplicate, outside the window, covered by another
//! place, not asked for, or rejected with its line and the reason. Files that hold anything else are named as plain, for
//! the road of `redact`. Never writes, never changes a value that it does not understand.
//! Source: <https://learn.microsoft.com/entra/identity/monitoring-health/howto-download-logs>,
//! `/azure/azure-monitor/essentials/resource-logs-schema`, `/purview/audit-log-export-records`.

mod account;
mod audit;
mod deliver;
#[cfg(feature = "fuzz-doors")]
pub mod doors;
mod earlier;
mod graph;
mod incident;
mod instant;
mod kind;
mod lookup;
mod portal;
mod reader;
mod rename;
mod server;
mod sorter;
mod table;
#[cfg(test)]
mod tests;
mod units;

pub use account::{FileAccount, Imported, Rejected};
pub use deliver::import;
pub use earlier::Earlier;
pub use incident::{BadIncident, Incident};
