//! The tenant's logs as Azure Monitor writes them: the envelope of exports and hubs, the rows of Log Analytics.
//!
//! Takes a record in Graph's shape, gives the same event in the other shapes. Sources: learn.microsoft.com/azure/
//! azure-monitor/reference/tables, platform/resource-logs-schema.
pub(crate) mod envelope;
pub(crate) mod table;
