//! Object and configuration replies of the tenant, in Microsoft's shapes.

use serde_json::Value;

use super::world::World;

/// Which surface is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Graph `v1.0`.
    V1,
    /// Graph `beta`.
    Beta,
    /// Azure Resource Manager.
    Arm,
}

/// What stands behind a path. Bodies hold no `@odata.context`: the server knows its own address.
pub enum Documents {
    /// One object: the whole body.
    Singleton(Value),
    /// A list: the server cuts pages and wraps them into `{"value": […]}`.
    Collection {
        /// Number of items.
        count: u64,
        /// The item at a place below `count`.
        item: Box<dyn Fn(u64) -> Value + Send + Sync>,
    },
    /// 404 with this `error.code`.
    NotFound(&'static str),
}

/// What stands behind `path` (no version, no query, keys percent-decoded); `None`: the tenant knows no such path.
/// Records are whole: the server drops what `$select` does not name and [`expandable`] members that are not expanded.
pub fn list(world: &World, version: Version, path: &str) -> Option<Documents> {
    let _ = (world, version, path);
    None
}

/// Members of the records of `path` that the service sends only when `$expand` names them.
pub fn expandable(path: &str) -> &'static [&'static str] {
    let _ = path;
    &[]
}

/// The properties that the service sends when there is no `$select`; `None`: all.
pub fn default_properties(path: &str) -> Option<&'static [&'static str]> {
    let _ = path;
    None
}

/// Whether the service answers 400 unless there is a `$filter` (role management policies).
pub fn filter_required(path: &str) -> bool {
    path.starts_with("/policies/roleManagementPolic")
}
